"""Timed watches of people, from any table: rates per unit of effort, shares of watches, use of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.statistics.bouts import bout_rate
from sera_analysis.statistics.intervals import no_interval
from sera_analysis.statistics.occupancy import group_use_refusal, site_use, use_interval, use_refusal

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray
    from sera_analysis.statistics.bouts import BoutRate
    from sera_analysis.statistics.intervals import Interval


@dataclass(frozen=True, eq=False)
class Watches:
    """Watches with their effort and what came, a row a watch.

    Parameters
    ----------
    names : tuple of tuple of str
        What names each watch: its square and date, its plant and period.
    effort : array, shape (watches,)
        Effort in one unit: hours, flower units times minutes, ten-minute counts, or 1 a watch.
    groups : tuple of str
        Groups or species.
    visits : array, shape (watches, groups)
        Insects counted.
    """

    names: tuple[tuple[str, ...], ...]
    effort: FloatArray
    groups: tuple[str, ...]
    visits: FloatArray

    def only(self, kept: FloatArray) -> Watches:
        """Keep some of the watches."""
        places = np.flatnonzero(kept).tolist()
        names = tuple([self.names[place] for place in places])
        return Watches(names, self.effort[places], self.groups, self.visits[places])

    def together(self, places: tuple[int, ...]) -> Watches:
        """Put watches together that share some of the columns that name them: effort and visits added up."""
        names: dict[tuple[str, ...], int] = {}
        for name in self.names:
            names.setdefault(tuple([name[place] for place in places]), len(names))
        at = np.array(
            [names[tuple([name[place] for place in places])] for name in self.names], dtype=np.int64
        )
        effort, visits = np.zeros(len(names)), np.zeros((len(names), len(self.groups)))
        np.add.at(effort, at, self.effort)
        np.add.at(visits, at, self.visits)
        return Watches(tuple(names), effort, self.groups, visits)


class GroupSummary(NamedTuple):
    """One group: its rate, and the share of watches on which it came."""

    rate: BoutRate
    share_of_watches: float


class SiteUse(NamedTuple):
    """Share of sites that a group used, or None with the reason in the interval; naive share; sites."""

    value: float | None
    interval: Interval
    naive: float
    sites: int


def overall(watches: Watches) -> BoutRate:
    """Rate of all insects together per unit of effort; see `bouts.bout_rate`.

    Examples
    --------
    >>> visits = np.array([[3.0, 1.0], [0.0, 0.0]])
    >>> overall(Watches((("a",), ("b",)), np.array([2.0, 2.0]), ("bee", "fly"), visits)).rate
    1.0
    """
    return bout_rate(watches.visits.sum(axis=1), watches.effort)


def by_group(watches: Watches, units: Watches) -> dict[str, GroupSummary]:
    """Rate of each group, its interval over independent units, and its share of watches.

    Parameters
    ----------
    watches
        All watches.
    units
        The same put together into units that are independent of one another, or the watches themselves.
    """
    number = max(watches.effort.size, 1)
    return {
        group: GroupSummary(
            bout_rate(units.visits[:, place], units.effort),
            float(np.count_nonzero(watches.visits[:, place])) / number,
        )
        for place, group in enumerate(watches.groups)
    }


def by_level(watches: Watches, place: int) -> dict[str, BoutRate]:
    """Rate of all insects for each value of one of the columns that name a watch."""
    levels = np.array([name[place] for name in watches.names])
    return {str(level): overall(watches.only(levels == level)) for level in np.unique(levels)}


def by_sites(watches: Watches, place: int) -> dict[str, SiteUse]:
    """Share of sites that each group used, from watches of the same site as repeated visits.

    Parameters
    ----------
    place
        Which of the columns that name a watch is the site.

    Returns
    -------
    dict
        Refused under 20 sites with two watches or more.
    """
    sites = np.array([name[place] for name in watches.names])
    known, at = np.unique(sites, return_inverse=True)
    made = np.bincount(at, minlength=known.size).astype(np.float64)
    enough = made >= 2
    found = {}
    for number, group in enumerate(watches.groups):
        there = (watches.visits[:, number] > 0).astype(np.float64)
        came = np.bincount(at, weights=there, minlength=known.size).astype(np.float64)
        naive = float((came > 0).mean()) if known.size else 0.0
        found[group] = _use(came[enough], made[enough], naive)
    return found


def _use(came: FloatArray, made: FloatArray, naive: float) -> SiteUse:
    reason = use_refusal(came.size) or group_use_refusal(came, made)
    if reason is not None:
        return SiteUse(None, no_interval(reason), naive, came.size)
    use = site_use(came, made)
    return SiteUse(use.used, use_interval(use), naive, came.size)
