"""Values leave whole: each current value once, by node, series and time, in little memory."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strategies as own
from sera_store.errors import InvalidEntryError
from sera_store.exports import export
from sera_store.exports.export import RawValue, pieces, raw_values
from sera_store.store import Store
from store_parts import AIR
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import Record

    Append = Callable[..., list[int]]

ARRIVED_NS = 1_780_000_001_500_000_000


def arrived(number: int) -> int | None:
    return ARRIVED_NS if number < 100 else None


def test_a_value_says_where_it_came_from_and_when(store: Store, append: Append) -> None:
    append(replace(AIR, values=(14.5, None), quality=(1, 9)), replace(AIR, seq=2, journal=100, time_s=None))

    first, failed, *undated = raw_values(store, arrived)

    assert first == RawValue(
        "node-a",
        "9f2c01aa",
        1,
        "2026-05-28T20:26:41.500Z",
        "2026-05-28T20:26:40Z",
        "air",
        "air_temperature",
        14.5,
        1,
        0,
    )
    assert (failed.name, failed.value, failed.flag) == ("air_humidity", None, 9)
    assert [(value.seq, value.received, value.time) for value in undated] == [(2, None, None)] * 2


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(own.records(), own.records()), min_size=1, max_size=8))
def test_every_current_value_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[Record, Record]]
) -> None:
    with Store.open(tmp_path_factory.mktemp("store")) as store, store.ledger() as writes:
        expected = []
        for seq, (first, second) in enumerate(drawn, 1):
            record = replace(first, seq=seq)
            [number] = writes.records.append([(record, b"hash")])
            if seq % 2:
                record = replace(second, seq=seq, node=first.node, epoch=first.epoch)
                writes.records.supersede(number, record)
            expected += [
                (record.node, record.epoch, seq, record.series, name, value, flag)
                for name, value, flag in zip(record.columns, record.values, record.quality, strict=True)
            ]
        values = list(raw_values(store, arrived))

    assert sorted(map(str, expected)) == sorted(
        str((item.node, item.epoch, item.seq, item.series, item.name, item.value, item.flag))
        for item in values
    )
    dated = [(item.node, item.series, item.epoch) for item in values if item.time is not None]
    assert dated == sorted(dated)


@pytest.mark.parametrize("at_once", [1, 7, 77, 78, 79])
def test_both_formats_say_the_same_however_many_values_are_written_at_once(
    store: Store, append: Append, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(export, "_VALUES_A_PIECE", at_once)
    append(*[replace(AIR, seq=seq, values=(seq / 3, None), quality=(1, 9)) for seq in range(1, 40)])

    text = "".join(pieces(raw_values(store, arrived), "csv", RawValue))
    lines = "".join(pieces(raw_values(store, arrived), "jsonl", RawValue)).splitlines()

    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(lines) == 78
    for row, line in zip(rows, map(json.loads, lines), strict=True):
        assert list(row) == list(line) == list(RawValue._fields)
        assert row == {name: "" if value is None else str(value) for name, value in line.items()}


def test_a_node_and_a_span_can_be_asked_for(store: Store, append: Append) -> None:
    append(
        *[replace(AIR, seq=seq, time_s=1000 + seq) for seq in range(1, 6)],
        replace(AIR, node="node-b", time_s=1003),
        replace(AIR, seq=9, time_s=None),
    )

    def seqs(**filters: object) -> list[tuple[str, int]]:
        return list(
            dict.fromkeys((value.node, value.seq) for value in raw_values(store, arrived, **filters))  # type: ignore[arg-type]
        )

    assert seqs(start_s=1002, end_s=1004) == [("node-a", 2), ("node-a", 3), ("node-b", 1)]
    assert seqs(node="node-b") == [("node-b", 1)]
    assert seqs(node="node-a", start_s=1005) == [("node-a", 5)]
    assert ("node-a", 9) in seqs()


def test_what_cannot_be_exported_is_refused(store: Store, append: Append) -> None:
    append(AIR)
    with pytest.raises(InvalidEntryError, match="node 'node-x' has no records here"):
        list(raw_values(store, arrived, node="node-x"))
    with pytest.raises(InvalidEntryError, match="swap them"):
        list(raw_values(store, arrived, start_s=5, end_s=5))
    with pytest.raises(InvalidEntryError, match="expected csv or jsonl"):
        list(pieces(iter(()), "xlsx", RawValue))  # type: ignore[arg-type]


@pytest.mark.slow
def test_no_more_is_read_than_is_written(store: Store, append: Append) -> None:
    append(*[replace(AIR, seq=seq, time_s=seq, journal=seq) for seq in range(1, 20_001)])
    requests: list[int] = []
    values = raw_values(store, lambda number: requests.append(number))
    written = pieces(values, "csv", RawValue)
    next(written)
    assert requests == []
    next(written)
    assert len(requests) < 5_100
    values.close()
