"""Rows of a bundle from what single gardens say: by cell and period, none about fewer than the smallest cell.

What is left out must not be found by subtraction either: beside the rows of cells stands one of the whole
community, so that the gardens that are in it and in no cell's row (left-out cells, and gardens whose host
hides the place) are none, or as many as the smallest cell. Otherwise more cells are left out, the smallest
first. Across names, bundles and agreements `subtraction` looks at the same.

References
----------
Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4 (secondary suppression).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

# A cell of the grid: latitude and longitude of its centre, and its side [degree]; None for the community.
Cell = tuple[float, float, float] | None


class RowKey(NamedTuple):
    """A period, by its days, and what is said of it."""

    first: date
    last: date
    name: str

    @property
    def span(self) -> tuple[str, str]:
        """First and last day, ISO 8601."""
        return self.first.isoformat(), self.last.isoformat()


class GardenSum(NamedTuple):
    """What one garden says of one period and one name.

    Parameters
    ----------
    garden
        What stands for it: its id, or what `given.salts` makes of that; it leaves in no row.
    cell
        Where it is; None where its host hides it.
    persons
        What stands for those who counted there; empty where nodes did.
    mean
        Mean over days, for what is averaged; None for what is added up.
    total, effort_h
        Sum of what was noticed, and the hours watched for it [h].
    """

    garden: str
    cell: Cell
    persons: frozenset[str] = frozenset()
    mean: float | None = None
    total: float = 0.0
    effort_h: float = 0.0


@dataclass(slots=True)
class Group:
    """The gardens behind one row."""

    members: list[GardenSum] = field(default_factory=list)

    def add(self, members: Iterable[GardenSum]) -> None:
        """Take gardens in."""
        self.members.extend(members)

    @property
    def gardens(self) -> int:
        """How many gardens it is about."""
        return len({member.garden for member in self.members})

    @property
    def persons(self) -> int:
        """How many persons it is about; 0 where nodes watched."""
        return len(frozenset[str]().union(*(member.persons for member in self.members)))

    @property
    def size(self) -> int:
        """The fewer of gardens and persons."""
        return min(self.gardens, self.persons) if self.persons else self.gardens

    @property
    def mean(self) -> float:
        """Mean over its gardens, each with the same weight; in order, so that it is the same each time."""
        means = sorted(member.mean for member in self.members if member.mean is not None)
        return fmean(means)

    @property
    def total(self) -> int:
        """Sum over its gardens."""
        return round(sum(sorted(member.total for member in self.members)))

    @property
    def effort_h(self) -> float:
        """Hours watched, over its gardens [h]."""
        return round(sum(sorted(member.effort_h for member in self.members)), 2)


def released_groups(sums: Iterable[GardenSum], smallest: int) -> dict[Cell, Group]:
    """Choose the rows that may leave of one period and one name.

    Parameters
    ----------
    sums
        What each garden says, at most once a garden.
    smallest
        Fewest gardens, and fewest persons, behind a row.

    Returns
    -------
    dict of Group
        By cell, None for the community; empty where even that is too small.
    """
    whole = Group(list(sums))
    if whole.size < smallest:
        return {}
    cells: defaultdict[Cell, Group] = defaultdict(Group)
    for member in whole.members:
        cells[member.cell].add([member])
    rest = cells.pop(None, Group())
    for cell in [cell for cell, group in cells.items() if group.size < smallest]:
        rest.add(cells.pop(cell).members)
    while cells and rest.members and rest.size < smallest:
        least = min(cells, key=lambda cell: (cells[cell].size, cell))
        rest.add(cells.pop(least).members)
    return {**cells, None: whole}


def released_rows(
    sums: Mapping[RowKey, Iterable[GardenSum]], smallest: int
) -> dict[RowKey, dict[Cell, Group]]:
    """Choose the rows that may leave, by period and name."""
    released = {key: released_groups(members, smallest) for key, members in sums.items()}
    return {key: groups for key, groups in released.items() if groups}
