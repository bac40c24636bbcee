"""What a gateway opens to follow its store, with a real InfluxDB: alarms, mending, files that cannot be."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway_parts import Log
from influx.points import rows_in
from sera_gateway.config import DataSettings, GatewaySettings, InfluxSettings, JsonLinesSettings
from sera_gateway.errors import SettingsError
from sera_gateway.followers import INFLUXDB, JSON_LINES, ROLLUPS, open_followers
from sera_gateway.status import status_follower
from sera_store.errors import StoreUnusableError
from sera_store.outputs.influxdb import InfluxTarget
from sera_store.outputs.influxdb_server import InfluxServer
from sera_store.store import Store
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from real_parts import Bucket

TOKEN = "SERA_INFLUXDB_TOKEN"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store of three records."""
    with Store.open(tmp_path / "data" / "store") as opened:
        with opened.ledger() as writes:
            writes.records.append([(replace(AIR, seq=seq), b"hash") for seq in range(1, 4)])
        yield opened


def settings(tmp_path: Path, bucket: Bucket | None = None, lines: str = "") -> GatewaySettings:
    influxdb = InfluxSettings()
    if bucket is not None:
        influxdb = InfluxSettings(url=bucket.url, org=bucket.organisation, bucket=bucket.name)
    return GatewaySettings(
        data=DataSettings(folder=str(tmp_path / "data")),
        influxdb=influxdb,
        json_lines=JsonLinesSettings(path=lines),
    )


def test_all_that_is_asked_for_follows(store: Store, tmp_path: Path, influx_bucket: Bucket) -> None:
    lines = tmp_path / "records.jsonl"
    arguments = settings(tmp_path, influx_bucket, str(lines))
    followers = open_followers(arguments, store, Log(), {TOKEN: influx_bucket.token})
    for follower in followers.values():
        follower.following.once()
        follower.close()

    assert set(followers) == {ROLLUPS, JSON_LINES, INFLUXDB, status_follower.NAME}
    assert len(rows_in(influx_bucket, "air")) == 3
    assert [json.loads(line)["id"] for line in lines.read_text().splitlines()] == [1, 2, 3]
    assert store.rollups.behind() == 0
    assert [(status.name, status.alarm) for status in store.followers.statuses()] == [
        (INFLUXDB, False),
        (status_follower.NAME, False),
        (JSON_LINES, False),
        (ROLLUPS, False),
    ]


def test_a_wrong_token_is_an_alarm_until_it_is_mended_and_nothing_is_left_out(
    store: Store, tmp_path: Path, influx_bucket: Bucket
) -> None:
    arguments, log = settings(tmp_path, influx_bucket), Log()
    refused = open_followers(arguments, store, log, {TOKEN: "wrong"})[INFLUXDB]
    assert refused.following.once() > 0
    refused.close()

    [standing] = store.followers.statuses()
    assert (standing.alarm, standing.position) == (True, 0)
    assert "401" in standing.reason
    assert "wrong" not in standing.reason
    assert [(level, fields["state"]) for level, _, fields in log.lines] == [("error", "refused")]

    mended = open_followers(arguments, store, log, {TOKEN: influx_bucket.token})[INFLUXDB]
    mended.following.once()
    mended.close()
    [standing] = store.followers.statuses()
    assert (standing.alarm, standing.behind) == (False, 0)
    assert len(rows_in(influx_bucket, "air")) == 3


def test_a_line_that_the_real_server_cannot_read_is_kept_with_its_answer(
    store: Store, tmp_path: Path, influx_bucket: Bucket
) -> None:
    # Later than a server's time reaches: the year 2300.
    with store.ledger() as writes:
        writes.records.append(
            [(replace(AIR, seq=4, time_s=10_413_792_000), b"hash"), (replace(AIR, seq=5), b"hash")]
        )
    follower = open_followers(settings(tmp_path, influx_bucket), store, Log(), {TOKEN: influx_bucket.token})
    follower[INFLUXDB].following.once()
    follower[INFLUXDB].close()

    [refused] = store.rejected_lines.list(INFLUXDB)
    assert (refused.record, refused.reason[:4]) == (4, "400 ")
    assert len(rows_in(influx_bucket, "air")) == 4
    assert store.followers.statuses()[0].behind == 0


def test_a_field_of_another_type_is_an_alarm_in_status_and_log(
    store: Store, tmp_path: Path, influx_bucket: Bucket
) -> None:
    foreign = InfluxTarget(
        influx_bucket.url, influx_bucket.organisation, influx_bucket.name, influx_bucket.token
    )
    other = InfluxServer(foreign, "other")
    other.write(gzip.compress(b"air,node=x air_temperature=21i %d" % (1_000_000_000 * (AIR.time_s or 0))))
    other.close()
    log = Log()
    follower = open_followers(settings(tmp_path, influx_bucket), store, log, {TOKEN: influx_bucket.token})
    follower[INFLUXDB].following.once()
    follower[INFLUXDB].close()

    [standing] = [status for status in store.followers.statuses() if status.name == INFLUXDB]
    assert (str(standing.state), standing.alarm, standing.behind) == ("incomplete", True, 0)
    assert "field air_temperature of air is integer in the bucket" in standing.reason
    assert ("error", "incomplete") in [(level, fields["state"]) for level, _, fields in log.lines]


def test_what_cannot_be_opened_is_said_before_anything_starts(
    store: Store, tmp_path: Path, influx_bucket: Bucket
) -> None:
    with pytest.raises(SettingsError, match="has a url but no token"):
        open_followers(settings(tmp_path, influx_bucket), store, Log(), {})
    with pytest.raises(StoreUnusableError, match="cannot be used"):
        open_followers(settings(tmp_path, lines=str(tmp_path / "absent" / "a.jsonl")), store, Log(), {})
