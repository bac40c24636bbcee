"""The whole way on real parts: virtual nodes on real MicroPython, both brokers, the gateway, both stores."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from influx.points import rows_in
from real_parts import wait_until
from season_way import DAYS, Way
from sera_firmware import VERSION
from sera_gateway.journal.journal import JournalReader
from sera_store.outputs.line_protocol import points

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Bucket
    from sera_store.store import Store


@pytest.fixture(params=["mosquitto", "nats"])
def port(request: pytest.FixtureRequest) -> int:
    """The MQTT port of each real broker in turn."""
    return int(request.getfixturevalue(request.param).port)


def test_every_record_reaches_both_stores_once(
    tmp_path: Path, port: int, micropython: Path, influx_bucket: Bucket
) -> None:
    way = Way(tmp_path, port, influx_bucket)
    with way.store, way.gateway(), way.boards(micropython) as boards:
        way.await_home(boards)
        last = max(row.id for row in way.store.records.changes(0, 100_000))
        wait_until(lambda: way.store.cursors.position("influxdb") >= last, label="InfluxDB to follow")
        account = way.account()
        assert account.closes, account
        assert account.made > 1000
        expected = Counter(point.key.measurement for row in current(way.store) for point in points(row))
        # How things stand is written beside them, in measurements of its own.
        assert {name: len(rows_in(influx_bucket, name)) for name in expected} == expected
        # What each says of itself came by the same way.
        statuses = way.store.statuses()
        assert statuses.keys() == {node.id for node in way.season.nodes}
        assert {status.firmware for status in statuses.values()} == {VERSION}
        assert all(status.heard_s and status.next_contact_s for status in statuses.values())


def test_a_gateway_killed_while_nodes_send_loses_and_doubles_nothing(
    tmp_path: Path, port: int, micropython: Path
) -> None:
    way = Way(tmp_path, port)
    with way.store, ExitStack() as running:
        # Its session on the broker must be there before the first message; from then on it may die.
        with way.gateway():
            pass
        boards = running.enter_context(way.boards(micropython))
        for share in (0.1, 0.3, 0.6):
            with way.gateway() as process:
                record_count = len(way.season.nodes) * DAYS * 24 * 4 * 3 * share
                wait_until(
                    lambda enough=record_count: way.arrived() >= enough or boards.are_done,
                    label="some records",
                )
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
        with way.gateway():
            way.await_home(boards)
        account = way.account()
        assert account.closes, account
        with JournalReader(way.settings.data.journal) as journal:
            assert not journal.verify().problems


def current(store: Store) -> list[Any]:
    rows = store.records.changes(0, 100_000)
    superseded = {row.supersedes for row in rows}
    return [row for row in rows if row.id not in superseded]
