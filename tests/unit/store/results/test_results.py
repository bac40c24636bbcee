"""Results among the records: written once for the same content, superseded by what differs."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies as own
from sera_store.errors import InvalidEntryError
from sera_store.results.result_rows import result_of, row_of
from sera_store.results.results import Result, StoredResult
from sera_store.store import RECORDS_FILE, Store
from sera_words.statements import Note, Reason
from store_parts import seqs_in
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import Record

    Append = Callable[..., list[int]]


ONE_NODE = Reason.of("one_unit", count=1, units="nodes")
TOO_FEW = Reason.of("flight_hours_too_few", hours=12.0, needed=20.0, more_days=4)


def figure(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "scope": "garden",
        "scope_id": "elm-yard",
        "index": "visits_per_hour",
        "period": "day",
        "start_s": 86_400,
        "end_s": 172_800,
        "unit": "1/h",
        "method": "standard_day",
        "version": "1",
        "value": 3.5,
        "interval_reason": ONE_NODE,
    }
    return Result(**(fields | changes))


def test_the_same_result_again_writes_nothing(store: Store) -> None:
    assert store.results.put([figure(), figure(group="wasps")]) == 2
    assert store.results.put([figure(group="wasps"), figure()]) == 0
    assert store.records.last_change() == 2


def test_the_results_of_one_place_are_found_without_reading_those_of_others(store: Store) -> None:
    statements: list[str] = []
    connection = sqlite3.connect(store.folder / RECORDS_FILE)
    store.results._database.connection.set_trace_callback(statements.append)
    store.results.current(scope="garden", scope_id="elm-yard", index="visits_per_hour", period="day")
    with closing(connection):
        plan = [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statements[-1]}")]
    assert plan == [
        "SEARCH h USING PRIMARY KEY (scope=? AND scope_id=? AND name=? AND period=?)",
        "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)",
    ]


def test_a_result_that_differs_supersedes_the_one_of_its_key(store: Store) -> None:
    store.results.put([figure()])

    assert store.results.put([figure(value=None, interval_reason=None, reason=TOO_FEW)]) == 1

    [current] = store.results.current()
    assert current.reason == TOO_FEW
    first, second = store.records.changes(0, 10)
    assert isinstance(first, StoredResult)
    assert (first.supersedes, second.supersedes) == (None, first.id)
    assert store.records.row(first.id).result == figure()


def test_a_result_that_comes_back_to_an_older_figure_is_written_again(store: Store) -> None:
    for value in (1.0, 2.0, 1.0):
        assert store.results.put([figure(value=value)]) == 1

    assert [result.value for result in store.results.current()] == [1.0]


def test_results_share_the_change_numbers_of_records(store: Store, append: Append, air: Record) -> None:
    append(air)
    store.results.put([figure()])

    record, result = store.records.changes(0, 10)

    assert (record.id, result.id) == (1, 2)
    assert store.records.counts().stored == 1
    assert seqs_in(store) == [1]


def test_results_are_chosen_by_what_is_asked(store: Store) -> None:
    day = 86_400
    store.results.put(
        [
            figure(),
            figure(start_s=2 * day, end_s=3 * day),
            figure(index="effort"),
            figure(scope="community", scope_id="avon"),
            figure(period="week", end_s=8 * day),
        ]
    )

    def count(**filters: Any) -> int:
        return len(store.results.current(**filters))

    assert count() == 5
    assert count(scope="garden") == 4
    assert count(scope="garden", scope_id="elm-yard", index="visits_per_hour", period="day") == 2
    assert count(period="day", start_s=day, end_s=2 * day) == 3
    assert count(start_s=2 * day) == 1
    assert count(index="absent") == 0


def test_results_inside_a_ledger_transaction_go_with_it(store: Store) -> None:
    def fail_midway() -> None:
        with store.ledger():
            store.results.put([figure()])
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        fail_midway()

    assert store.results.current() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "planet"},
        {"period": "minute"},
        {"value": None},
        {"reason": TOO_FEW},
        {"low": 1.0},
        {"interval_reason": None},
    ],
    ids=lambda wrong: str(*wrong),
)
def test_a_result_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidEntryError):
        figure(**wrong)


@pytest.mark.slow
@settings(max_examples=examples(50))
@given(st.lists(own.results(), max_size=20))
def test_the_last_result_of_each_key_is_current(results: list[Result]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for result in results:
            store.results.put([result])
        last = {result.key: result for result in results}

        assert {result.key: result for result in store.results.current()} == last
        assert len(store.results.current()) == len(last)
        assert store.results.put(last.values()) == 0


def test_plain_sql_reads_figures_with_codes_and_numbers(store: Store) -> None:
    note = Note.of("residents_source", source="a census")
    store.results.put(
        [
            figure(value=3.5, notes=(note,), parts={"bees": 1.0}, inputs={"records": 2}),
            figure(group="wasps", value=None, interval_reason=None, reason=TOO_FEW),
        ]
    )

    assert raw(
        store,
        "SELECT scope_id, index_name, group_name, value, reason, "
        "json_extract(detail, '$.parts.bees'), json_extract(detail, '$.reason.arguments.more_days'), "
        "json_extract(detail, '$.notes[0].arguments.source') FROM current_results ORDER BY group_name",
    ) == [
        ("elm-yard", "visits_per_hour", "", 3.5, None, 1.0, None, "a census"),
        ("elm-yard", "visits_per_hour", "wasps", None, "flight_hours_too_few", None, 4, None),
    ]


def test_no_sentence_is_stored_with_a_figure(store: Store) -> None:
    store.results.put([figure(notes=(Note.of("detection_not_individual"),))])

    stored = raw(store, "SELECT * FROM results")

    assert "individual, and a group" not in str(stored)
    assert "detection_not_individual" in str(stored)


def test_figures_are_never_changed_and_go_only_with_their_change(store: Store) -> None:
    store.results.put([figure()])

    for statement in ("UPDATE results SET value = 9", "DELETE FROM results"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw(store, statement)
    raw(store, "DROP TRIGGER records_never_go")
    raw(store, "DELETE FROM records WHERE layout IS NULL")
    assert raw(store, "SELECT count(*) FROM results") == [(0,)]


def raw(store: Store, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
    with closing(sqlite3.connect(store.folder / RECORDS_FILE)) as connection, connection:
        return connection.execute(statement, values).fetchall()


@given(own.results())
def test_a_result_is_read_back_from_its_row(result: Result) -> None:
    assert result_of(row_of(result)) == result


@given(own.results())
def test_a_result_is_read_back_from_its_json(result: Result) -> None:
    assert Result.from_json(result.to_json()) == result
    assert msgspec.json.decode(result.to_json()).keys() == set(Result.__struct_fields__)
