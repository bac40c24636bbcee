"""The InfluxDB follower on a real server: what is written is what is read, also after revisions."""

import gzip
import json
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import strategies
from influx.points import rows_in, same
from real_parts import Bucket, InfluxDB
from sera_store.errors import FollowerPausedError
from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget
from sera_store.outputs.influxdb_server import InfluxServer
from sera_store.records.rows import Record
from sera_store.results.results import Result
from sera_store.store import Store
from sera_words.statements import Reason

HOUR_S = 3600
AIR = Record(
    "node-a",
    "9f2c01aa",
    1,
    1,
    "air",
    "avon",
    "elm-yard",
    60,
    1_750_000_000,
    2,
    0,
    ("air_temperature", "air_humidity"),
    (14.5, 60.0),
    (1, 1),
    None,
    1,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


def follower(store: Store, at: Bucket, /, **changes: str) -> InfluxFollower:
    target = {"url": at.url, "org": at.organisation, "bucket": at.name, "token": at.token}
    return InfluxFollower(store, InfluxTarget(**(target | changes)))


def follow(store: Store, bucket: Bucket) -> None:
    following = follower(store, bucket)
    while following.step():
        pass
    following.close()


def append(store: Store, *records: Record) -> list[int]:
    with store.ledger() as writes:
        return writes.records.append(
            [(record, record.node.encode() + bytes([record.seq % 256])) for record in records]
        )


def test_influxdb_equals_the_store_at_the_cursor(store: Store, influx_bucket: Bucket) -> None:
    append(store, *(replace(AIR, seq=seq, values=(seq / 7, None), quality=(1, 9)) for seq in range(1, 2500)))

    follow(store, influx_bucket)

    assert len(rows_in(influx_bucket, "air")) == 2499
    assert same(store, influx_bucket, "air")
    assert store.cursors.position("influxdb") == 2499


def test_following_again_from_the_beginning_changes_nothing(store: Store, influx_bucket: Bucket) -> None:
    append(store, *(replace(AIR, seq=seq) for seq in range(1, 20)))
    follow(store, influx_bucket)

    store.cursors.move("influxdb", 0)
    follow(store, influx_bucket)

    assert same(store, influx_bucket, "air")


@pytest.mark.parametrize(
    "revision",
    [
        {"time_s": 1_750_003_600},
        {"garden": "rose-court"},
        {"values": (14.5, None), "quality": (1, 9)},
        {"values": (15.5, 61.0)},
    ],
    ids=["another time", "another garden", "a value gone", "other values"],
)
def test_a_revision_is_at_one_place_only(
    store: Store, influx_bucket: Bucket, revision: dict[str, Any]
) -> None:
    [first, _] = append(store, AIR, replace(AIR, seq=2))
    follow(store, influx_bucket)

    with store.ledger() as writes:
        writes.records.supersede(first, replace(AIR, **revision))
    follow(store, influx_bucket)

    assert len(rows_in(influx_bucket, "air")) == 2
    assert same(store, influx_bucket, "air")


def test_an_undated_record_comes_once_it_is_dated(store: Store, influx_bucket: Bucket) -> None:
    [number] = append(store, replace(AIR, time_s=None))
    follow(store, influx_bucket)
    assert rows_in(influx_bucket, "air") == []

    with store.ledger() as writes:
        writes.records.supersede(number, AIR)
    follow(store, influx_bucket)

    assert same(store, influx_bucket, "air")


def test_a_line_the_server_refuses_is_kept_and_holds_nothing_up(store: Store, influx_bucket: Bucket) -> None:
    append(store, AIR)
    follow(store, influx_bucket)
    # The field is a float by now, so a text in it is refused.
    at = influx_bucket
    other = InfluxServer(
        InfluxTarget(url=at.url, org=at.organisation, bucket=at.name, token=at.token), "other"
    )
    other.write(gzip.compress(b'soil,node=x soil_ph="text" 1750000000000000000'))
    append(
        store,
        replace(AIR, seq=2, series="soil", columns=("soil_ph@1",), values=(7.0,), quality=(1,)),
        replace(AIR, seq=3),
    )
    follow(store, influx_bucket)
    other.close()

    assert [refused.record for refused in store.rejected_lines.list("influxdb")] == [2]
    assert len(rows_in(influx_bucket, "air")) == 2
    assert store.cursors.position("influxdb") == 3


def test_a_line_that_a_mixed_request_stored_is_not_listed_as_refused(
    store: Store, influxdb: InfluxDB, influx_bucket: Bucket
) -> None:
    now_s = int(time.time())
    # Shards of an hour, of which the oldest that is still kept holds older points too.
    influxdb.keep_for(influx_bucket.name, 2 * HOUR_S, HOUR_S)
    append(store, *(replace(AIR, seq=seq, time_s=now_s - 4 * HOUR_S + 60 * seq) for seq in range(1, 239)))
    follow(store, influx_bucket)

    there = {row["time"] for row in rows_in(influx_bucket, "air")}
    listed = [int(line.line.rsplit(" ", 1)[1]) for line in store.rejected_lines.list("influxdb")]
    assert len(there) >= 118
    assert len(listed) + len(there) == 238
    assert there.isdisjoint(listed)


@pytest.mark.parametrize(("changes", "status"), [({"token": "wrong"}, "401"), ({"bucket": "absent"}, "404")])
def test_a_server_that_refuses_us_pauses_the_follower(
    store: Store, influx_bucket: Bucket, changes: dict[str, str], status: str
) -> None:
    append(store, AIR)
    following = follower(store, influx_bucket, **changes)

    with pytest.raises(FollowerPausedError, match=status) as refused:
        following.step()
    following.close()

    assert "wrong" not in str(refused.value)
    assert store.cursors.position("influxdb") == 0


def test_a_result_becomes_an_index_point_with_its_reason(store: Store, influx_bucket: Bucket) -> None:
    store.results.put(
        [
            Result(
                scope="garden",
                scope_id="elm-yard",
                index="visits_per_hour",
                period="day",
                start_s=1_750_000_000,
                end_s=1_750_086_400,
                unit="1/h",
                method="standard_day",
                version="1",
                reason=Reason.of("residents_missing", districts=['docks "old"', "yard"]),
            )
        ]
    )

    follow(store, influx_bucket)

    [row] = rows_in(influx_bucket, "index")
    assert row["reason"] == "residents_missing"
    assert json.loads(row["reason_arguments"]) == {"districts": ['docks "old"', "yard"]}
    assert row["scope_id"] == "elm-yard"
    assert same(store, influx_bucket, "index")


def figure(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "scope": "garden",
        "scope_id": "elm-yard",
        "index": "visits_per_hour",
        "period": "day",
        "start_s": 1_750_000_000,
        "end_s": 1_750_086_400,
        "unit": "1/h",
        "method": "standard_day",
        "version": "1",
        "value": 3.5,
        "interval_reason": Reason.of("one_unit", count=1, units="nodes"),
    }
    return Result(**(fields | changes))


def test_a_result_that_loses_its_value_leaves_none_and_takes_no_other_result_with_it(
    store: Store, influx_bucket: Bucket
) -> None:
    store.results.put([figure(), figure(group="wasps", parts={"wasps": 0.25}), figure(start_s=1_750_000_001)])
    follow(store, influx_bucket)
    assert same(store, influx_bucket, "index")

    store.results.put([figure(value=None, interval_reason=None, reason=Reason.of("no_camera"))])
    follow(store, influx_bucket)

    assert same(store, influx_bucket, "index")
    first = [row for row in rows_in(influx_bucket, "index") if row["time"] == 1_750_000_000 * 10**9]
    assert {row["group"]: row["value"] for row in first} == {None: None, "wasps": 3.5}


def test_a_garden_that_moves_as_a_whole_is_at_its_new_place_only(store: Store, influx_bucket: Bucket) -> None:
    records = [replace(AIR, seq=seq, time_s=AIR.time_s + seq * 900) for seq in range(1, 301)]
    stays = replace(AIR, seq=400, time_s=AIR.time_s + 400 * 900)
    numbers = append(store, *records, stays)
    follow(store, influx_bucket)

    with store.ledger() as writes:
        for number, record in zip(numbers, records, strict=False):
            writes.records.supersede(number, replace(record, garden="rose-court"))
    follow(store, influx_bucket)

    assert same(store, influx_bucket, "air")
    assert [row["garden"] for row in rows_in(influx_bucket, "air")].count("elm-yard") == 1


def test_a_part_of_a_garden_that_moves_leaves_the_rest(store: Store, influx_bucket: Bucket) -> None:
    records = [replace(AIR, seq=seq, time_s=AIR.time_s + seq * 900) for seq in range(1, 7)]
    numbers = append(store, *records)
    follow(store, influx_bucket)

    with store.ledger() as writes:
        for place in (0, 2, 4):
            writes.records.supersede(numbers[place], replace(records[place], garden="rose-court"))
    follow(store, influx_bucket)

    assert same(store, influx_bucket, "air")


# Without shrinking: each deletion takes the server some 20 ms.
@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.booleans(), strategies.records(node="node-a", epoch="9f2c01aa")),
        min_size=1,
        max_size=20,
    )
)
def test_after_any_appends_and_revisions_influxdb_equals_the_store(
    influxdb: InfluxDB, done: list[tuple[int, bool, Record]]
) -> None:
    bucket = influxdb.make_bucket(f"bucket-{uuid.uuid4().hex[:12]}")
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for seq, is_time_to_follow, drawn in done:
            record = replace(drawn, seq=seq)
            with store.ledger() as writes:
                value = writes.keys.states(record.node, record.epoch, [seq]).get(seq)
                if value is None:
                    writes.records.append([(record, b"hash")])
                elif value.record is not None:
                    writes.records.supersede(value.record, record)
            if is_time_to_follow:
                follow(store, bucket)
        follow(store, bucket)
        for measurement in {name for name, _ in strategies.LAYOUTS}:
            assert same(store, bucket, measurement)
    influxdb.remove_bucket(bucket.name)


texts = st.text(st.characters(codec="utf-8"), max_size=12) | st.text("\\\\,= \"'a\n", max_size=6)


@settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=20))
def test_any_text_comes_back_as_it_was_and_can_be_taken_back(
    influxdb: InfluxDB, drawn: list[tuple[str, str, str]]
) -> None:
    bucket = influxdb.make_bucket(f"bucket-{uuid.uuid4().hex[:12]}")
    soil = replace(AIR, series="soil", columns=("soil_temperature@1",), values=(9.5,), quality=(1,))
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        records = [
            replace(soil, seq=seq, detail={"probe@1": serial, name: text})
            for seq, (serial, name, text) in enumerate(drawn, 1)
        ]
        numbers = append(store, *records)
        follow(store, bucket)
        assert same(store, bucket, "soil")

        with store.ledger() as writes:
            for number, record in zip(numbers, records, strict=True):
                writes.records.supersede(number, replace(record, time_s=None))
        follow(store, bucket)
        assert rows_in(bucket, "soil") == []
        assert store.rejected_lines.list() == []
    influxdb.remove_bucket(bucket.name)


def test_the_token_is_never_shown() -> None:
    assert "secret" not in repr(InfluxTarget("http://host", "sera", "sera", "secret"))
