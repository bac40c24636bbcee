"""What somebody works out who has several bundles of the same days: nothing about fewer than agreed."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_coalition.bundles.aggregation import GardenSum, RowKey
from sera_coalition.bundles.earlier import Earlier, EarlierTable, IssuedRow, read_grounds, write_grounds
from sera_coalition.bundles.subtraction import Choice, choose, grounds_of
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_coalition.bundles.tables import Row

HEAD = ("elm", "none", 0)
WEEK = (date(2027, 6, 7), date(2027, 6, 13))
FINE = [(51.455, -2.595, 0.01), (51.465, -2.595, 0.01)]
COARSE = (51.45, -2.55, 0.1)
KEY = RowKey(*WEEK, "moths")


def give(
    earlier: Earlier,
    sums: Sequence[GardenSum],
    smallest: int = 3,
    *,
    key: RowKey = KEY,
    has_hours: bool = True,
) -> Choice:
    """Give a bundle, and remember it as the giver does."""
    choice = choose({key: sums}, smallest, earlier.tables["visits"], HEAD, has_hours=has_hours)
    rows: list[Row] = [
        (*HEAD, *row.key.span, *(row.cell or (None, None, None)), row.key.name, row.group.gardens,
         row.group.total, row.group.effort_h if row.tells_hours else None)
        for row in choice.released
    ]  # fmt: skip
    earlier.add(read_grounds(write_grounds({"visits": grounds_of(choice, rows)})))
    return choice


def gardens(names: str, *, value: float = 1.0, hours: float = 7.0, cell: object = FINE[0]) -> list[GardenSum]:
    assert cell is None or isinstance(cell, tuple)
    return [GardenSum(name, cell, total=value, effort_h=hours) for name in names]


def released_hours(choice: Choice) -> list[tuple[int, bool]]:
    return [(row.group.gardens, row.tells_hours) for row in choice.released]


def test_the_same_gardens_are_given_again_and_one_more_is_not() -> None:
    earlier = Earlier()
    assert released_hours(give(earlier, gardens("abcd"))) == [(4, True), (4, True)]
    assert released_hours(give(earlier, gardens("abcd"))) == [(4, True), (4, True)]
    more = give(earlier, gardens("abcde"))
    assert (released_hours(more), len(more.again), more.left_out) == ([], 2, 0)
    assert {row.row[9] for row in more.again} == {4}
    # Three more are as many as agreed.
    assert released_hours(give(earlier, gardens("abcdefg"))) == [(7, True), (7, True)]
    fewer = give(earlier, gardens("abcdef"))
    assert (released_hours(fewer), [row.row[9] for row in fewer.again]) == ([], [4, 4])


def test_a_garden_that_said_something_else_since_is_not_found_by_the_difference() -> None:
    earlier = Earlier()
    give(earlier, gardens("abcdefg"))
    late = [*gardens("abcdef"), *gardens("g", value=9.0)]
    assert released_hours(give(earlier, late)) == []
    assert released_hours(give(earlier, gardens("abcd") + gardens("efg", value=9.0))) == [
        (7, True),
        (7, True),
    ]


def test_a_garden_that_is_gone_is_in_no_row_that_is_given_again() -> None:
    earlier = Earlier()
    give(earlier, gardens("abcd"))
    gone = give(earlier, gardens("abc"))
    assert (released_hours(gone), gone.again, gone.left_out) == ([], [], 2)


def test_a_row_is_given_again_under_the_licence_of_today_and_as_real_as_it_was() -> None:
    earlier = Earlier()
    give(earlier, gardens("abcd"))
    sums = {KEY: gardens("abcde")}
    other = choose(sums, 3, earlier.tables["visits"], ("elm", "cc0", 0), has_hours=True)
    assert {row.row[:3] for row in other.again} == {("elm", "cc0", 0)}
    forged = choose(sums, 3, earlier.tables["visits"], ("elm", "cc0", 1), has_hours=True)
    assert (forged.released, forged.again, forged.left_out) == ([], [], 2)


def test_a_person_who_keeps_to_narrower_terms_is_in_no_row_that_is_given_again() -> None:
    earlier = Earlier()
    counted = [
        garden._replace(persons=frozenset({garden.garden, f"other of {garden.garden}"}))
        for garden in gardens("abcd")
    ]
    give(earlier, counted)
    fewer = [counted[0]._replace(persons=frozenset({"a"})), *counted[1:]]
    choice = give(earlier, fewer)
    assert (choice.released, choice.again, choice.left_out) == ([], [], 2)


def test_other_cells_and_periods_of_the_same_days_tell_of_no_fewer() -> None:
    earlier = Earlier()
    give(earlier, gardens("abcdef", cell=COARSE))
    # Cells of 1 km that cut the one of 10 km in three and three, and in four and two.
    assert released_hours(give(earlier, gardens("abc") + gardens("def", cell=FINE[1])))[1:] == [
        (3, True),
        (3, True),
    ]
    assert released_hours(give(earlier, gardens("abcd") + gardens("ef", cell=FINE[1]))) == [(6, True)]
    month = RowKey(date(2027, 6, 1), date(2027, 6, 30), "moths")
    assert give(earlier, gardens("abcdef"), key=month).left_out == 2
    assert give(earlier, gardens("abcdef"), key=month._replace(name="bees")).left_out == 0


def test_three_rows_tell_together_what_no_two_do() -> None:
    earlier = Earlier()
    give(earlier, gardens("abcdef", cell=None))
    give(earlier, gardens("abc", cell=None))
    # Six less three are d, e, f: with g beside them, g would stand alone.
    assert released_hours(give(earlier, gardens("defg", cell=None))) == []


def test_of_a_bundle_of_which_nothing_is_kept_no_day_is_given_again() -> None:
    earlier = Earlier()
    earlier.add_unknown(["visits"], "2027-06-13", "2027-06-14")
    assert give(earlier, gardens("abcd")).left_out == 2
    later = KEY._replace(first=date(2027, 6, 21), last=date(2027, 6, 27))
    assert released_hours(give(earlier, gardens("abcd"), key=later)) == [(4, True), (4, True)]


def test_hours_of_two_names_tell_by_subtraction_of_nobody_alone() -> None:
    def hours(*names: list[GardenSum]) -> list[bool]:
        sums = {KEY._replace(name=f"name-{number}"): own for number, own in enumerate(names)}
        choice = choose(sums, 3, EarlierTable(), HEAD, has_hours=True)
        return [row.tells_hours for row in sorted(choice.released, key=lambda row: row.key)]

    everywhere = gardens("abcdef", cell=None)
    assert hours(everywhere, gardens("abcdef", value=3.0, cell=None)) == [True, True]
    assert hours(everywhere, gardens("abcde", cell=None)) == [True, False]
    assert hours(everywhere, gardens("abc", cell=None)) == [True, True]
    # In one garden another node watched for the second name.
    longer = gardens("bcdef", cell=None) + gardens("a", hours=9.0, cell=None)
    assert hours(everywhere, longer) == [True, False]
    # Four gardens, and the same two persons counted this name in all of them but for one.
    persons = [garden._replace(persons=frozenset({"one", "two", "three"})) for garden in everywhere]
    fewer = [garden._replace(persons=frozenset({"one", "two", garden.garden})) for garden in persons]
    assert hours(persons, fewer) == [True, True]
    one_less = [*persons[:5], persons[5]._replace(persons=frozenset({"one", "two"}))]
    assert hours(persons, one_less) == [True, False]


def test_hours_that_were_told_before_are_subtracted_from_too() -> None:
    earlier = Earlier()
    give(earlier, gardens("abcd", cell=None))
    bees = KEY._replace(name="bees")
    assert released_hours(give(earlier, gardens("abcde", cell=None), key=bees)) == [(5, False)]


def knowledge(rows: Sequence[IssuedRow]) -> np.ndarray:
    """Lay rows out as a matrix: which things that gardens said are in which."""
    contributions = sorted({(member.garden, member.value) for row in rows for member in row.members})
    return np.array([
        [part in {(member.garden, member.value) for member in row.members} for part in contributions]
        for row in rows
    ]).astype(float), [name for name, _ in contributions]  # fmt: skip


ONE_BUNDLE = st.tuples(
    st.lists(st.tuples(st.booleans(), st.integers(0, 1), st.integers(0, 2)), min_size=8, max_size=8),
    st.booleans(),
)


@settings(max_examples=examples(150), deadline=None)
@given(bundles=st.lists(ONE_BUNDLE, min_size=1, max_size=5), smallest=st.integers(3, 4))
def test_no_sum_of_rows_of_any_bundles_is_about_fewer_than_agreed(
    bundles: list[tuple[list[tuple[bool, int, int]], bool]], smallest: int
) -> None:
    """Whatever joins, leaves, moves, hides and changes between them: by linear algebra over all rows."""
    earlier = Earlier()
    for plots, is_coarse in bundles:
        sums = [
            GardenSum(f"g{number}", COARSE if is_coarse else (*FINE, None)[cell], total=float(value))
            for number, (is_here, value, cell) in enumerate(plots)
            if is_here
        ]
        give(earlier, sums, smallest, has_hours=False)
    rows = earlier.tables["visits"].rows(KEY.span, KEY.name)
    if not rows:
        return
    matrix, owners = knowledge(rows)
    rank = np.linalg.matrix_rank(matrix)
    for few in combinations(sorted(set(owners)), smallest - 1):
        others = [column for column, owner in enumerate(owners) if owner not in few]
        # Were a sum about these few alone, it would be 0 in all other columns.
        assert np.linalg.matrix_rank(matrix[:, others]) == rank


def test_the_algebra_finds_what_would_tell_of_one() -> None:
    """So that the test above can fail."""
    earlier = Earlier()
    give(earlier, gardens("abcd", cell=None))
    give(Earlier(), gardens("abcd", cell=None))
    [row] = earlier.tables["visits"].rows(KEY.span, KEY.name)
    more = Earlier()
    give(more, gardens("abcde", cell=None))
    [other] = more.tables["visits"].rows(KEY.span, KEY.name)
    matrix, owners = knowledge([row, other])
    ranks = {
        np.linalg.matrix_rank(matrix[:, [column for column, owner in enumerate(owners) if owner != one]])
        for one in set(owners)
    }
    assert ranks == {1, 2}


@pytest.mark.parametrize("pieces", [1, 3])
def test_what_rows_rest_on_is_read_as_it_was_written(pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = Earlier()
    give(earlier, gardens("abcd") + gardens("efg", cell=FINE[1]))
    rows = {"visits": earlier.tables["visits"].rows(KEY.span, KEY.name)}
    size = len(write_grounds(rows)[0])
    monkeypatch.setattr("sera_coalition.bundles.earlier._CHUNK_BYTES", -(-size // pieces))
    written = write_grounds(rows)
    assert len(written) == pieces
    assert read_grounds(written) == rows
