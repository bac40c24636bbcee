"""Advice that can be followed with a finger: which months and insect groups have flowers, what adds some.

No search for an optimum. A cell of the table (a month, a group) counts taxa of the design that flower in the
month and at whose flowers the group was seen; it is full with two. The cover is the weighted mean of how full
cells are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_commons.plants.table import load_plants
from sera_vocabulary.measurements import INSECT_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sera_commons.designs.document import Bed
    from sera_commons.plants.table import Plant

ENOUGH: Final = 2
"""Taxa with which a cell is full: with one, a bad year of that plant empties it."""
WEIGHT_MOST: Final = 5
GROUPS: Final = tuple(group.name for group in INSECT_GROUPS[:-2])
"""Groups that a source can name: the last two of a count hold what is small, or none of the others."""
MONTHS: Final = tuple(range(2, 12))
"""Months with flowers or insects in the table's countries: February to November."""


class Weights(NamedTuple):
    """How much each group and each month matters, from 0 to `WEIGHT_MOST`; what is not named matters 1."""

    groups: Mapping[str, int]
    months: Mapping[int, int]

    def of(self, month: int, group: str) -> int:
        """Return the weight of one cell."""
        return self.groups.get(group, 1) * self.months.get(month, 1)


EVEN: Final = Weights({}, {})


class Cover(NamedTuple):
    """Which taxa fill each cell, and the share of all that is full.

    Parameters
    ----------
    cells
        Taxa by month and group.
    share
        Weighted share of full cells, 0 to 1; None where every weight is zero.
    unknown
        Taxa of the design without months or groups in the table: they count nowhere.
    """

    cells: Mapping[tuple[int, str], tuple[str, ...]]
    share: float | None
    unknown: tuple[str, ...]


class Proposal(NamedTuple):
    """A taxon that would add something, and why.

    Parameters
    ----------
    taxon
        The taxon.
    gain
        By how much it raises the share.
    fills
        Cells that it fills further, the weightiest first.
    against
        Codes of what speaks against it: `light`, `water`, `poison`, `width_unknown`.
    """

    taxon: str
    gain: float
    fills: tuple[tuple[int, str], ...]
    against: tuple[str, ...]


def cover(taxa: Iterable[str], weights: Weights = EVEN) -> Cover:
    """Return which months and groups a set of taxa covers.

    Parameters
    ----------
    taxa
        Taxa of the table; one that is named twice counts once.
    weights
        What matters how much.
    """
    plants = load_plants()
    names = sorted(set(taxa))
    cells = {
        (month, group): tuple(name for name in names if _feeds(plants[name], month, group))
        for month in MONTHS
        for group in GROUPS
    }
    unknown = tuple(
        name for name in names if not plants[name].flower_months or not plants[name].insect_groups
    )
    return Cover(cells, _share(cells, weights), unknown)


def proposals(
    taxa: Iterable[str], bed: Bed | None = None, weights: Weights = EVEN, most: int = 8
) -> list[Proposal]:
    """List taxa that would raise the cover, the largest gain first.

    Parameters
    ----------
    taxa
        Taxa that are in the design.
    bed
        Its bed, whose light and water may speak against a taxon.
    weights
        What matters how much.
    most
        How many to list.

    Returns
    -------
    list of Proposal
        At equal gain what has less against it comes first, then by name.
    """
    planted = set(taxa)
    before = cover(planted, weights)
    if before.share is None:
        return []
    candidates = [
        _proposal(plant, before, bed, weights) for name, plant in load_plants().items() if name not in planted
    ]
    useful = [proposal for proposal in candidates if proposal.gain > 0]
    return sorted(
        useful, key=lambda proposal: (-round(proposal.gain, 9), len(proposal.against), proposal.taxon)
    )[:most]


def _proposal(plant: Plant, before: Cover, bed: Bed | None, weights: Weights) -> Proposal:
    cells = [cell for cell in before.cells if _feeds(plant, *cell) and len(before.cells[cell]) < ENOUGH]
    cells = [cell for cell in cells if weights.of(*cell)]
    total = sum(weights.of(*cell) for cell in before.cells)
    gain = sum(weights.of(*cell) for cell in cells) / (ENOUGH * total)
    fills = sorted(cells, key=lambda cell: (len(before.cells[cell]), -weights.of(*cell), cell))
    return Proposal(plant.taxon, gain, tuple(fills), _against(plant, bed))


def _against(plant: Plant, bed: Bed | None) -> tuple[str, ...]:
    reasons = []
    if bed is not None and bed.light is not None and plant.sun and bed.light not in plant.sun:
        reasons.append("light")
    if bed is not None and bed.water is not None and plant.water and bed.water not in plant.water:
        reasons.append("water")
    if plant.poison is not None:
        reasons.append("poison")
    if plant.width_m is None:
        reasons.append("width_unknown")
    return tuple(reasons)


def _feeds(plant: Plant, month: int, group: str) -> bool:
    return month in plant.flower_months and group in plant.insect_groups


def _share(cells: Mapping[tuple[int, str], tuple[str, ...]], weights: Weights) -> float | None:
    total = sum(weights.of(*cell) for cell in cells)
    if not total:
        return None
    full = sum(weights.of(*cell) * min(len(taxa), ENOUGH) for cell, taxa in cells.items())
    return full / (ENOUGH * total)
