"""Counts that people bring with `sera ingest`: later sheets, two observers, what cannot be right."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = "row;square;date;observer;insect group;count;surveys"


def sheet(*rows: str) -> str:
    """A sheet whose rows are numbered from 1, as spreadsheets begin again in each season."""
    return "\n".join([NAMES, *[f"{number};{row}" for number, row in enumerate(rows, 1)], ""])


@pytest.fixture
def ingest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Ingest a text and return the exit code and the answer."""

    def run(text: str, name: str = "counts.csv") -> tuple[int, Any]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        log = str(tmp_path / "log.csv")
        code = main(["ingest", str(path), "--data", str(tmp_path / "data"), "--fault-log", log, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def stored(tmp_path: Path) -> list[float]:
    """All wasps that are stored, in the order of their counts' time."""
    with Store.open(tmp_path / "data" / "store") as store:
        rows = store.records.current(series="counts", start_s=0, end_s=2**31)
        return [row.record.values[row.record.columns.index("wasps")] or 0.0 for row in rows]


def test_a_second_sheet_whose_rows_begin_at_1_again_adds_its_counts(
    tmp_path: Path, ingest: Callable[..., Any]
) -> None:
    first = sheet("J3374;2023-06-01;Ada;wasps;1;1", "J3374;2023-06-09;Ada;wasps;2;1")
    second = sheet("J3374;2024-06-01;Ada;wasps;4;1", "J3374;2024-06-09;Ada;wasps;8;1")

    ran = [ingest(text) for text in (first, second, first + second.partition("\n")[2])]
    answers = [answer for _, answer in ran]

    assert [code for code, _ in ran] == [0, 0, 0]
    assert [answer["recordings"][0]["new"] for answer in answers] == [2, 2, 0]
    assert answers[2]["recordings"][0]["already_stored"] == 4
    assert sorted(stored(tmp_path)) == [1, 2, 4, 8]
    with Store.open(tmp_path / "data" / "store") as store:
        [account] = store.completeness()
        assert (account.stored, account.missing, account.lost, account.conflict) == (4, 0, 0, 0)
        [garden] = store.registry.gardens()
        # Belfast: 54.60 N, 5.93 W.
        assert (round(garden.latitude, 1), round(garden.longitude, 1)) == (54.6, -5.9)


def test_the_same_count_with_other_insects_is_a_conflict_and_one_of_another_observer_is_none(
    tmp_path: Path, ingest: Callable[..., Any]
) -> None:
    ingest(sheet("NC0429;2023-06-01;Ada;wasps;1;1"))

    code, other = ingest(sheet("NC0429;2023-06-01;Ada;wasps;5;1"))
    assert (code, other["recordings"][0]["conflicts"]) == (3, 1)

    code, ben = ingest(sheet("NC0429;2023-06-01;Ben;wasps;7;1"))
    assert (code, ben["recordings"][0]["new"]) == (0, 1)
    assert sorted(stored(tmp_path)) == [1, 7]


def test_what_cannot_be_right_is_named_by_row_and_column_and_the_rest_goes_in(
    tmp_path: Path, ingest: Callable[..., Any]
) -> None:
    groups = (
        "bumblebees honeybees solitary_bees hoverflies other_flies butterflies_moths beetles insects_small "
    )
    zeros = [f"NC0429;2023-06-09;Ada;{name};0;1" for name in (groups + "insects_other").split()]
    rows = ["NC0429;2023-06-01;Ada;wasps;1;1", "NC0429;2203-06-02;Ada;wasps;2;1"]
    rows += [*zeros, "NC0429;2023-06-09;Ada;wasps;3;1", "NC0429;2023-06-09;Ada;total;4;1"]

    code, answer = ingest(sheet(*rows))

    assert code == 3
    assert stored(tmp_path) == [1]
    assert [(result["kind"], result["row"], result["column"]) for result in answer["findings"]] == [
        ("time_impossible", 3, "date"),
        ("total_wrong", 14, "count"),
    ]
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        log = list(csv.DictReader(file))
    assert [(row["file"], row["row"], row["value"]) for row in log] == [
        ("counts.csv", "3", "2203-06-02"),
        ("counts.csv", "14", "4"),
    ]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "code", "counts"),
    [
        ("blank-rows", 0, 1),
        ("semicolons", 0, 1),
        ("short-dates", 0, 2),
        ("future", 3, 1),
        ("wrong-total", 3, 0),
        ("header-only", 3, 0),
    ],
)
def test_reported_files_are_read_or_named(
    shared: Path, tmp_path: Path, ingest: Callable[..., Any], name: str, code: int, counts: int
) -> None:
    text = (shared / f"cases/tables/11-bad-recorded-files/{name}.csv").read_text(encoding="utf-8")

    ended, answer = ingest(text)

    assert ended == code
    assert sum(row["new"] for row in answer["recordings"]) == counts
