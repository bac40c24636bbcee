"""Totals that would count everything twice: left out, refused or named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sera_store.errors import TableError
from sera_store.tables.reader import table_of
from sera_store.tables.totals import find_sums, leave_totals_out

if TYPE_CHECKING:
    from sera_store.tables.table import Table


def without(text: str) -> tuple[Table, list[list[float]]]:
    table = table_of(text.encode(), "t.csv")
    table, values = leave_totals_out(table, table.numbers(range(1, len(table.titles))))
    return table, values.tolist()


@pytest.mark.parametrize(
    "name", ["Total", "sum", "Summe", "all_insects_total", "TOTAL (all)", "Gesamt", "somme"]
)
def test_a_total_by_name_and_numbers_is_left_out_with_a_note(name: str) -> None:
    table, values = without(f"site,bees,flies,{name}\nelm,3,4,7\noak,1,2,3\n{name},4,6,10\n")
    assert table.titles == ["site", "bees", "flies"]
    assert table.cells(0) == ["elm", "oak"]
    assert values == [[3, 4], [1, 2]]
    assert [(note.code, note.arguments["cell"]) for note in table.notes] == [
        ("total_left_out", "D1"),
        ("total_left_out", "A4"),
    ]


def test_a_total_by_name_that_is_not_the_sum_is_refused_where_it_differs() -> None:
    with pytest.raises(
        TableError, match=r"column 'Total' \(D3\): 'Total' is named as a total and is 4, but .* 3"
    ):
        without("site,bees,flies,Total\nelm,3,4,7\noak,1,2,4\n")
    with pytest.raises(TableError, match=r"column 'flies' \(C4\)"):
        without("site,bees,flies\nelm,3,4\noak,1,2\nTotal,4,7\n")


def test_a_sum_of_all_others_beyond_chance_is_refused_without_a_name() -> None:
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 40, (6, 4))
    rows = [f"s{index}," + ",".join(map(str, [*row, row.sum()])) for index, row in enumerate(counts)]
    with pytest.raises(TableError, match=r"\(F1\): 'n' is the sum of all others throughout"):
        without("\n".join(["site,a,b,c,d,n", *rows]))
    columns = zip(*([row.split(",") for row in ["site,a,b,c,d,n", *rows]]), strict=True)
    with pytest.raises(TableError, match=r"\(A6\): 'n' is the sum of all others"):
        without("\n".join(",".join(column) for column in columns))


def test_a_sum_that_may_be_chance_is_named_and_stays() -> None:
    table, values = without("site,a,b,c\nelm,3,4,7\noak,1,2,3\n")
    assert values == [[3, 4, 7], [1, 2, 3]]
    assert [(note.code, note.arguments["name"], note.arguments["parts"]) for note in table.notes] == [
        ("sum_of_others", "c", ["a", "b"])
    ]


@pytest.mark.parametrize("names", ["common or arctic,common,arctic,roseate", "x,common,y,arctic"])
def test_a_sum_of_two_others_is_named(names: str) -> None:
    columns = {
        "common or arctic": (998, 900), "x": (998, 900), "common": (817, 700), "arctic": (181, 200),
        "roseate": (250, 260), "y": (11, 12),
    }  # fmt: skip
    rows = [",".join(str(columns[name][row]) for name in names.split(",")) for row in range(2)]
    table, _ = without(f"year,{names}\ny2020,{rows[0]}\ny2021,{rows[1]}\n")
    (note,) = table.notes
    assert note.arguments["name"] == names.split(",", maxsplit=1)[0]
    assert note.arguments["parts"] == ["common", "arctic"]


def test_a_sum_of_some_that_stand_side_by_side_is_named() -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(1, 60, (5, 6)).astype(float)
    counts[:, 0] = counts[:, 2:5].sum(axis=1)
    assert find_sums(counts, list("abcdef")).possible == [(0, (2, 3, 4))]


def test_counts_without_a_total_are_left_alone() -> None:
    """Neither zeros nor rare kinds nor equal columns make a sum."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        counts = rng.poisson(rng.gamma(0.5, 8, (1, 20)), (8, 20)).astype(float)
        sums = find_sums(counts, [f"k{index}" for index in range(20)])
        assert sums.totals == sums.certain == sums.possible == []
    zeros = np.zeros((3, 4))
    assert find_sums(zeros, list("abcd")).possible == []
    assert find_sums(np.array([[5.0, 5.0, 0.0]] * 4), list("abc")).possible == []
