"""What leaves of small groups, and what can be found out by subtraction: nothing of fewer than agreed."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from sera_coalition.bundles.aggregation import GardenSum, released_groups
from strategies import examples

CELLS = [(51.455, -2.595, 0.01), (51.465, -2.595, 0.01), (51.475, -2.595, 0.01), None]


def sums(*counts: int) -> list[GardenSum]:
    """So many gardens in each of the cells, the last of them hidden."""
    return [
        GardenSum(f"g{cell}-{number}", CELLS[cell], mean=float(number))
        for cell, count in enumerate(counts)
        for number in range(count)
    ]


def gardens(counts: tuple[int, ...], smallest: int = 3) -> dict[object, int]:
    return {cell: group.gardens for cell, group in released_groups(sums(*counts), smallest).items()}


def test_a_cell_of_fewer_gardens_than_agreed_is_left_out() -> None:
    assert gardens((4, 2)) == {None: 6}
    assert gardens((4, 3)) == {CELLS[0]: 4, CELLS[1]: 3, None: 7}
    assert gardens((2,)) == {}


def test_what_is_left_out_cannot_be_found_by_subtraction() -> None:
    # The two gardens left out would be what the community has more than both other cells.
    assert gardens((5, 3, 2)) == {CELLS[0]: 5, None: 10}
    assert gardens((5, 2, 2)) == {CELLS[0]: 5, None: 9}


def test_gardens_whose_place_is_hidden_are_found_by_no_subtraction_either() -> None:
    assert gardens((4, 3, 0, 1)) == {CELLS[0]: 4, None: 8}
    assert gardens((4, 0, 0, 3)) == {CELLS[0]: 4, None: 7}


def test_one_person_who_counts_in_many_gardens_is_one_person() -> None:
    own = [garden._replace(persons=frozenset({"p1"})) for garden in sums(5)]
    assert released_groups(own, 3) == {}
    shared = [garden._replace(persons=frozenset({f"p{number % 3}"})) for number, garden in enumerate(sums(5))]
    assert released_groups(shared, 3)[None].persons == 3


@settings(max_examples=examples(200), deadline=None)
@given(counts=st.tuples(*[st.integers(0, 7)] * 4), smallest=st.integers(3, 5))
def test_no_sums_and_differences_of_rows_are_about_fewer_than_agreed(
    counts: tuple[int, ...], smallest: int
) -> None:
    groups = released_groups(sums(*counts), smallest)
    whole = {member.garden for member in groups[None].members} if groups else set()
    cells = [
        {member.garden for member in group.members} for cell, group in groups.items() if cell is not None
    ]
    for number in range(len(cells) + 1):
        for selected in combinations(cells, number):
            rest = whole.difference(*selected)
            assert not rest or len(rest) >= smallest
    assert all(len(cell) >= smallest for cell in cells)
    assert bool(groups) == (sum(counts) >= smallest)
