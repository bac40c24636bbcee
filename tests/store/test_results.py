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
from sera_store.results.results import Result, StoredResult
from sera_store.store import RECORDS_FILE, Store
from store_parts import seqs_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import Record

    Append = Callable[..., list[int]]


def figure(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "scope": "garden",
        "scope_id": "elm-yard",
        "index": "visits_per_hour",
        "period": "day",
        "start_s": 86_400,
        "end_s": 172_800,
        "unit": "1/h",
        "method": "direct standardisation",
        "version": "1",
        "value": 3.5,
        "interval_reason": "one node",
    }
    return Result(**(fields | changes))


def test_the_same_result_again_writes_nothing(store: Store) -> None:
    assert store.results.put([figure(), figure(group="wasps")]) == 2
    assert store.results.put([figure(group="wasps"), figure()]) == 0
    assert store.records.last_change() == 2


def test_a_result_that_differs_supersedes_the_one_of_its_key(store: Store) -> None:
    store.results.put([figure()])

    assert store.results.put([figure(value=None, interval_reason=None, reason="12 h; 20 h needed")]) == 1

    [current] = store.results.current()
    assert current.reason == "12 h; 20 h needed"
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

    def count(**asked: Any) -> int:
        return len(store.results.current(**asked))

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
        {"reason": "none"},
        {"low": 1.0},
        {"interval_reason": None},
    ],
    ids=lambda wrong: str(*wrong),
)
def test_a_result_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidEntryError):
        figure(**wrong)


@settings(max_examples=50, deadline=None)
@given(st.lists(own.results(), max_size=20))
def test_the_last_result_of_each_key_is_current(results: list[Result]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for result in results:
            store.results.put([result])
        last = {result.key: result for result in results}

        assert {result.key: result for result in store.results.current()} == last
        assert len(store.results.current()) == len(last)
        assert store.results.put(last.values()) == 0


def test_figures_that_say_the_same_share_one_form(store: Store) -> None:
    days = [
        figure(start_s=day, end_s=day + 1, value=float(day), parts={"bees": 1.0 * day}) for day in range(20)
    ]
    refused = [
        figure(group="wasps", start_s=day, value=None, interval_reason=None, reason=f"{day} h; 20 h needed")
        for day in range(20)
    ]
    store.results.put([*days, *refused])

    assert len(raw(store, "SELECT text FROM forms")) == 4
    assert sorted(store.results.current(), key=lambda one: one.key) == [*days, *refused]


def test_a_figure_that_an_earlier_version_wrote_is_read_and_stands(store: Store) -> None:
    store.results.put(
        [figure(value=1.0), old := figure(group="wasps", parts={"a": 1.0}, inputs={"records": 2})]
    )
    number = store.results.heads("garden", "elm-yard")[old.key]
    rewrite(store, number, old.to_json())

    assert old in store.results.current()
    assert store.records.row(number).result == old
    assert store.results.put([old]) == 0
    assert store.results.put([figure(group="wasps", value=2.0)]) == 1


def raw(store: Store, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
    with closing(sqlite3.connect(store.folder / RECORDS_FILE)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def rewrite(store: Store, number: int, body: bytes) -> None:
    """Put another body into a row, as an earlier version had written it."""
    raw(store, "DROP TRIGGER records_never_change")
    raw(store, "UPDATE records SET body=? WHERE id=?", (body, number))


@given(own.results())
def test_a_result_is_read_back_from_its_json(result: Result) -> None:
    assert Result.from_json(result.to_json()) == result
    assert msgspec.json.decode(result.to_json()).keys() == set(Result.__struct_fields__)
