"""Figures of a community beside rows of its gardens, in any bundles: no sum of them is about few."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_coalition.bundles.aggregation import GardenSum, RowKey
from sera_coalition.bundles.earlier import Earlier, IssuedRow, read_grounds, write_grounds
from sera_coalition.bundles.figures.beside_rows import CAMERAS, Figure, RowsAndFigures, choose_figures
from sera_coalition.bundles.subtraction import Choice, choose, grounds_of, member_of
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = ("elm", "none", 0)
WEEK = (date(2027, 6, 7), date(2027, 6, 13))
SPAN = (WEEK[0].isoformat(), WEEK[1].isoformat())
MONTH = ("2027-06-01", "2027-06-30")


def gardens(names: str, total: float = 1.0) -> list[GardenSum]:
    return [GardenSum(name, None, total=total, effort_h=7.0) for name in names]


def rows(earlier: Earlier, sums: dict[str, Sequence[GardenSum]], smallest: int = 3) -> Choice:
    """Give rows of gardens in a bundle of their own, and remember them as the giver does."""
    known = RowsAndFigures(smallest, earlier)
    choice = choose(
        {RowKey(*WEEK, name): own for name, own in sums.items()},
        smallest,
        earlier.tables["visits"],
        HEAD,
        has_hours=False,
        figures=lambda key, members: known.admits_row("visits", key.name, key.span, members),
    )
    cells = [
        (*HEAD, *row.key.span, None, None, None, row.key.name, row.group.gardens, row.group.total, None)
        for row in choice.released
    ]
    earlier.add(read_grounds(write_grounds({"visits": grounds_of(choice, cells)})))
    return choice


def figure(
    names: str, value: float = 2.0, span: tuple[str, str] = SPAN, index: str = "total_activity"
) -> Figure:
    members = frozenset(map(member_of, gardens(names, 0.0)))
    cells = (*HEAD, *span, index, "", "", "1", len(names), value, None, None, None)
    return Figure(IssuedRow(*span, f"{index}   0", cells, members), CAMERAS)


def figures(earlier: Earlier, *candidates: Figure, smallest: int = 3) -> tuple[int, int, int]:
    """Give figures in a bundle of their own; how many leave, leave as they were, and stay."""
    choice, released = choose_figures(
        candidates, RowsAndFigures(smallest, earlier), earlier.tables["indices"]
    )
    earlier.add(read_grounds(write_grounds({"indices": released})))
    return len(released) - len(choice.again), len(choice.again), choice.left_out


def test_a_figure_of_the_gardens_of_the_rows_leaves_and_one_of_a_garden_more_or_less_stays() -> None:
    for names, leaves in (("abcd", 1), ("abcde", 0), ("abc", 0), ("abcdefg", 1)):
        earlier = Earlier()
        rows(earlier, {"bumblebees": gardens("abcd")})
        assert figures(earlier, figure(names)) == (leaves, 0, 1 - leaves)


def test_a_row_that_comes_after_a_figure_is_held_against_it_too() -> None:
    for names, left_out in (("abcd", 0), ("abcde", 1), ("abc", 1)):
        earlier = Earlier()
        figures(earlier, figure("abcd"))
        assert rows(earlier, {"bumblebees": gardens(names)}).left_out == left_out
        # Passages are noticed by others than cameras.
        assert rows(earlier, {"passages": gardens("abcde")}).left_out == 0


def test_names_that_tell_of_one_garden_together_leave_no_figure() -> None:
    earlier = Earlier()
    rows(earlier, {"bumblebees": gardens("abc"), "hoverflies": gardens("abcd")})
    assert figures(earlier, figure("abcd")) == (0, 0, 1)


def test_of_other_days_neither_leaves() -> None:
    earlier = Earlier()
    figures(earlier, figure("abcd", span=MONTH))
    assert rows(earlier, {"bumblebees": gardens("abcd")}).left_out == 1
    earlier = Earlier()
    rows(earlier, {"bumblebees": gardens("abcd")})
    assert figures(earlier, figure("abcd", span=MONTH)) == (0, 0, 1)
    assert figures(earlier, figure("abcd"), figure("abcd", span=MONTH, index="group_use")) == (1, 0, 1)


@pytest.mark.parametrize("table", ["visits", "indices"])
def test_beside_a_bundle_of_which_nothing_is_kept_neither_leaves(table: str) -> None:
    earlier = Earlier()
    earlier.add_unknown([table], *SPAN)
    left_out = rows(earlier, {"bumblebees": gardens("abcd")}).left_out, figures(earlier, figure("abcd"))[2]
    assert left_out == (1, 1)


def test_a_figure_is_given_as_it_was_while_its_gardens_are_there() -> None:
    earlier = Earlier()
    assert figures(earlier, figure("abcd")) == (1, 0, 0)
    assert figures(earlier, figure("abcd")) == (1, 0, 0)
    assert figures(earlier, figure("abcdefg", 2.5)) == (0, 1, 0)
    assert {row.row[10] for row in earlier.tables["indices"].all()} == {2.0}
    # One of them is there no longer.
    assert figures(earlier, figure("abc", 2.5)) == (0, 0, 1)


SUBSETS = st.sets(st.sampled_from("abcdefgh"), min_size=1).map(lambda names: "".join(sorted(names)))


@settings(max_examples=examples(200), deadline=None)
@given(
    bundles=st.lists(st.tuples(st.sampled_from(["bumblebees", "hoverflies", "figure"]), SUBSETS), max_size=7),
    smallest=st.integers(3, 4),
)
def test_no_sum_of_rows_and_figures_of_any_bundles_is_about_few(
    bundles: list[tuple[str, str]], smallest: int
) -> None:
    """By linear algebra, with all names taken for one, since a figure is of all of them."""
    earlier = Earlier()
    for number, (what, names) in enumerate(bundles):
        if what == "figure":
            indices = ("total_activity", "group_use", "visits_per_hour")
            if len(names) >= smallest:
                figures(earlier, figure(names, index=indices[number % 3]), smallest=smallest)
        else:
            rows(earlier, {what: gardens(names, float(number))}, smallest)
    if not earlier.tables["indices"].all():
        return
    known = [row for table in ("visits", "indices") for row in earlier.tables[table].all()]
    owners = sorted({member.garden for row in known for member in row.members})
    matrix = np.array([[any(m.garden == own for m in row.members) for own in owners] for row in known])
    matrix = matrix.astype(float)
    rank = np.linalg.matrix_rank(matrix)
    for few in combinations(range(len(owners)), smallest - 1):
        others = [column for column in range(len(owners)) if column not in few]
        assert np.linalg.matrix_rank(matrix[:, others]) == rank
