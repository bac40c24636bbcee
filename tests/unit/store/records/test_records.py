"""Reading the table of records: every change in order, and tables that say what the rows say."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from sera_store.errors import InvalidEntryError
from sera_store.records.rows import Record, StoredRecord, pack, unpack
from sera_store.store import Store
from store_parts import AIR
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sera_store.records.records import Table

KEYS_A_STORE = 12
Key = tuple[str, str, int]


class Step(NamedTuple):
    """One thing a ledger does: bring a record, whatever is known of its key."""

    record: Record
    revise: bool


class Model:
    """What a store must hold, in plain lists and dictionaries."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.current: dict[Key, int] = {}

    def take(self, step: Step) -> None:
        key = key_of(step.record)
        if key in self.current and not step.revise:
            return
        self.rows.append(step.record)
        self.current[key] = len(self.rows)


def key_of(record: Record) -> Key:
    return (record.node, record.epoch, record.seq)


def take(store: Store, step: Step) -> None:
    """Do one step as a ledger does it: ask what is known, then append, supersede or count a repeat."""
    node, epoch, seq = key_of(step.record)
    with store.ledger() as writes:
        state = writes.keys.states(node, epoch, [seq]).get(seq)
        if state is None:
            writes.records.append([(step.record, b"hash")])
        elif step.revise:
            assert state.record is not None
            writes.records.supersede(state.record, step.record)
        else:
            writes.delivery.add_repeats(node, epoch, 1)


steps = st.lists(
    st.builds(
        Step, st.integers(1, KEYS_A_STORE).flatmap(lambda seq: strategies.records(seq=seq)), st.booleans()
    ),
    max_size=25,
)


def filled(folder: str, done: Iterable[Step]) -> tuple[Store, Model]:
    store, model = Store.open(Path(folder)), Model()
    for step in done:
        take(store, step)
        model.take(step)
    return store, model


@settings(max_examples=examples(30))
@given(steps, st.integers(1, 9))
def test_changes_gives_every_row_in_order_however_few_at_a_time(done: list[Step], limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, model = filled(folder, done)
        with store:
            read_rows: list[StoredRecord] = []
            while some := store.records.changes(read_rows[-1].id if read_rows else 0, limit):
                assert len(some) <= limit
                read_rows += [stored for stored in some if isinstance(stored, StoredRecord)]
            assert [stored.record for stored in read_rows] == model.rows
            assert [stored.id for stored in read_rows] == list(range(1, len(model.rows) + 1))
            superseded = {stored.supersedes for stored in read_rows} - {None}
            assert superseded == set(range(1, len(model.rows) + 1)) - set(model.current.values())


def naive(current: list[StoredRecord], columns: tuple[str, ...]) -> dict[str, list[tuple[float, int]]]:
    """Read columns cell by cell: the value and its quality of each row, NaN and 0 where it has none."""
    keys = {
        key
        for stored in current
        for key in stored.record.columns
        if key in columns or key.split("@")[0] in columns
    }
    cells: dict[str, list[tuple[float, int]]] = {key: [] for key in keys}
    for stored, key in itertools.product(current, keys):
        record, cell = stored.record, (math.nan, 0)
        if key in record.columns:
            place = record.columns.index(key)
            value = record.values[place]
            cell = (math.nan if value is None else value, record.quality[place])
        cells[key].append(cell)
    return cells


@settings(max_examples=examples(30))
@given(
    steps,
    st.sampled_from(("soil", "air", "clock")),
    st.sampled_from((("soil_moisture_raw",), ("soil_moisture_raw@2", "air_temperature"), ("air_humidity",))),
    st.sampled_from((None, "elm-yard")),
    st.sampled_from((None, "node-b")),
)
def test_a_table_equals_a_reading_row_by_row(
    done: list[Step], series: str, expected: tuple[str, ...], garden: str | None, node: str | None
) -> None:
    span = {"start_s": strategies.FIRST_S + 100, "end_s": strategies.LAST_S}
    with tempfile.TemporaryDirectory() as folder:
        store, _ = filled(folder, done)
        with store:
            table = store.records.table(series, expected, garden=garden, node=node, **span)
            current = list(store.records.current(series=series, garden=garden, node=node, **span))
    place = {number: where for where, number in enumerate(table.id.tolist())}
    current.sort(key=lambda stored: place[stored.id])
    assert_same(table, current, expected)


def assert_same(table: Table, current: list[StoredRecord], columns: tuple[str, ...]) -> None:
    assert table.id.tolist() == [stored.id for stored in current]
    order = [(stored.record.node, stored.record.time_s) for stored in current]
    assert [table.nodes[number] for number in table.node] == [node for node, _ in order]
    assert table.time_s.tolist() == [time_s for _, time_s in order]
    assert order == sorted(order)
    assert table.flags.tolist() == [stored.record.flags for stored in current]
    assert table.uncertainty_s.tolist() == [stored.record.uncertainty_s for stored in current]
    expected = naive(current, columns)
    assert table.values.keys() == table.quality.keys() == expected.keys()
    for key, cells in expected.items():
        np.testing.assert_array_equal(table.values[key], [value for value, _ in cells])
        assert table.quality[key].tolist() == [flag for _, flag in cells]


def test_a_node_that_moved_to_and_fro_is_in_order_of_time_all_the_same(store: Store) -> None:
    for seq, (garden, time_s) in enumerate((("elm-yard", 10), ("oak-yard", 20), ("elm-yard", 30)), 1):
        take(
            store, Step(replace(AIR, seq=seq, garden=garden, time_s=time_s, values=(seq, None)), revise=False)
        )
    table = store.records.table("air", ["air_temperature"], start_s=0, end_s=100)
    assert table.time_s.tolist() == [10, 20, 30]
    assert table.id.tolist() == table.values["air_temperature"].tolist() == [1, 2, 3]


def test_a_table_of_nothing_has_no_rows_and_no_columns(store: Store) -> None:
    table = store.records.table("soil", ["soil_moisture"], start_s=0, end_s=2**40)
    assert len(table) == 0
    assert (table.nodes, table.values, table.quality) == ((), {}, {})


@settings(max_examples=examples(100))
@given(strategies.records())
def test_values_and_quality_come_back_from_a_row_s_body(record: Record) -> None:
    assert unpack(pack(record)) == (record.values, record.quality)


def test_a_span_holds_its_start_and_not_its_end(store: Store) -> None:
    for seq, time_s in enumerate((100, 200, 300), 1):
        take(store, Step(replace(AIR, seq=seq, time_s=time_s), revise=False))
    times = [stored.record.time_s for stored in store.records.current(series="air", start_s=100, end_s=300)]
    assert times == [100, 200]
    assert store.records.table("air", ["air_temperature"], start_s=100, end_s=300).time_s.tolist() == times
    assert store.records.span_s("air") == (100, 300)
    assert store.records.span_s("air", garden="oak-yard") is None


def test_a_revision_that_moves_a_record_to_another_garden_leaves_none_behind(store: Store) -> None:
    take(store, Step(AIR, revise=False))
    take(store, Step(replace(AIR, garden="oak-yard", series="soil"), revise=True))
    for series, garden, values in (("air", "elm-yard", []), ("soil", "oak-yard", [2])):
        rows = store.records.current(series=series, garden=garden, start_s=0, end_s=2**40)
        assert [stored.id for stored in rows] == values


def test_a_row_that_is_not_there_is_named_with_the_last(store: Store) -> None:
    take(store, Step(AIR, revise=False))
    with pytest.raises(InvalidEntryError, match="no row 7; its last is 1"):
        store.records.row(7)


# Says that it is ready, then reads until the last revision is there; ends with 1 on any other count than one.
READER = """
import sys
from pathlib import Path
from sera_store.store import Store

store, last, seen = Store.open(Path(sys.argv[1])), int(sys.argv[2]), 0
print("ready", flush=True)
while seen != last:
    rows = list(store.records.current(series="air", start_s=0, end_s=2**40))
    table = store.records.table("air", ["air_temperature"], start_s=0, end_s=2**40)
    if len(rows) != 1 or len(table) != 1 or rows[0].id < seen or table.id[0] < rows[0].id:
        sys.exit(f"{len(rows)} rows, {len(table)} in the table")
    seen = rows[0].id
"""


@pytest.mark.slow
def test_a_reader_in_another_process_sees_each_revision_or_what_it_revises(store: Store) -> None:
    take(store, Step(AIR, revise=False))
    with subprocess.Popen(
        [sys.executable, "-c", READER, store.folder, "200"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        for number in range(2, 201):
            garden = ("elm-yard", "oak-yard")[number % 2]
            take(store, Step(replace(AIR, garden=garden, time_s=number), revise=True))
        _, output = reader.communicate(timeout=120)
    assert (reader.returncode, output) == (0, "")


def test_the_newest_usable_value_of_each_column_is_found(
    store: Store, append: Callable[..., list[int]], air: Record
) -> None:
    append(
        replace(air, values=(1.0, 60.0)),
        replace(air, seq=2, time_s=air.time_s + 60, values=(2.0, None), quality=(3, 9)),
        replace(air, seq=3, time_s=air.time_s + 120, values=(99.0, None), quality=(4, 9)),
        replace(air, node="node-b", garden="oak-yard", values=(7.0, None), quality=(1, 9)),
        replace(air, node="node-c", time_s=None),
    )

    values = store.records.latest("air")

    assert [
        (value.node, value.name, value.value, value.time_s - air.time_s, value.flag) for value in values
    ] == [
        ("node-a", "air_humidity", 60.0, 0, 1),
        ("node-a", "air_temperature", 2.0, 60, 3),
        ("node-b", "air_temperature", 7.0, 0, 1),
    ]
    assert [value.node for value in store.records.latest("air", ["air_temperature"], garden="oak-yard")] == [
        "node-b"
    ]
    assert store.records.latest("air", node="node-c") == []


def test_of_records_of_one_second_the_later_one_is_the_newest_whatever_was_revised_last(
    store: Store, append: Callable[..., list[int]], air: Record
) -> None:
    first, _ = append(replace(air, values=(1.0, 60.0)), replace(air, seq=2, values=(2.0, 61.0)))
    with store.ledger() as writes:
        writes.records.supersede(first, replace(air, values=(1.0, 60.0), quality=(3, 3)))

    assert [value.value for value in store.records.latest("air")] == [61.0, 2.0]


def test_the_newest_value_is_of_where_the_node_stands_now(
    store: Store, append: Callable[..., list[int]], air: Record
) -> None:
    append(air, replace(air, epoch="00000001", garden="oak-yard", time_s=air.time_s + 60, values=(3.0, 4.0)))

    assert {(value.garden, value.value) for value in store.records.latest("air")} == {
        ("oak-yard", 3.0),
        ("oak-yard", 4.0),
    }
