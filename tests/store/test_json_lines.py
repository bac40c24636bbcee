"""The file of JSON lines: every row once and in order, whatever was cut off."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sera_store.errors import InvalidEntryError, StoreUnusableError
from sera_store.json_lines import JsonLinesFollower
from sera_store.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_store.records import Record
    from sera_store.store import Store

    Append = Callable[..., list[int]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.jsonl"


def ids(path: Path) -> list[int]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_each_row_is_a_line_records_revisions_and_results_alike(
    store: Store, append: Append, air: Record, path: Path
) -> None:
    [old] = append(replace(air, values=(None, 60.0), detail={"note": "é\n"}))
    with store.ledger() as writes:
        writes.supersede(old, air)
    store.results.put(
        [
            Result(
                scope="garden",
                scope_id="elm-yard",
                index="visits_per_hour",
                period="day",
                start_s=0,
                end_s=86_400,
                unit="1/h",
                method="m",
                version="1",
                reason="0 h watched",
            )
        ]
    )

    assert JsonLinesFollower(store, path).step() == 3

    first, second, third = [json.loads(line) for line in path.read_text().splitlines()]
    assert (first["id"], first["record"]["values"], first["record"]["detail"]) == (
        1,
        [None, 60.0],
        {"note": "é\n"},
    )
    assert (second["supersedes"], second["record"]["time_s"]) == (1, air.time_s)
    assert third["result"]["reason"] == "0 h watched"


def test_it_goes_on_where_the_file_ends(store: Store, append: Append, air: Record, path: Path) -> None:
    append(air, replace(air, seq=2))
    JsonLinesFollower(store, path).step()
    append(replace(air, seq=3))

    again = JsonLinesFollower(store, path)

    assert (again.step(), again.step()) == (1, 0)
    assert ids(path) == [1, 2, 3]
    assert store.cursors.position("json_lines") == 3


@pytest.mark.parametrize("kept", [1, 40, 70_000, 140_000])
def test_a_line_that_was_cut_off_is_written_anew(
    store: Store, append: Append, air: Record, path: Path, kept: int
) -> None:
    append(air, replace(air, seq=2, detail={"note": "x" * 150_000}))
    JsonLinesFollower(store, path).step()
    first = path.read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(path.read_bytes()[: len(first) + kept])

    JsonLinesFollower(store, path).step()

    assert ids(path) == [1, 2]


def test_a_last_line_longer_than_the_tail_is_read_whole(
    store: Store, append: Append, air: Record, path: Path
) -> None:
    append(air, replace(air, seq=2, detail={"note": "x" * 300_000}))
    JsonLinesFollower(store, path).step()

    assert JsonLinesFollower(store, path).step() == 0
    assert ids(path) == [1, 2]


def test_a_removed_file_begins_again(store: Store, append: Append, air: Record, path: Path) -> None:
    append(air)
    JsonLinesFollower(store, path).step()
    path.unlink()

    JsonLinesFollower(store, path).step()

    assert ids(path) == [1]


@pytest.mark.parametrize("content", ['{"id": 7}\n', "no JSON\n"], ids=["another store", "another file"])
def test_a_file_of_something_else_is_left_alone(
    store: Store, append: Append, air: Record, path: Path, content: str
) -> None:
    append(air)
    path.write_text(content)

    with pytest.raises(InvalidEntryError, match="name another file"):
        JsonLinesFollower(store, path)

    assert path.read_text() == content


def test_a_file_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError, match="absent"):
        JsonLinesFollower(store, tmp_path / "absent" / "records.jsonl")
