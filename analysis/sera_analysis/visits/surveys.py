"""Timed surveys by people, from any table: rates per unit of effort, shares of surveys, use of sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.statistics.bouts import bout_rate
from sera_analysis.statistics.intervals import no_interval
from sera_analysis.statistics.occupancy import no_group_use_reason, no_use_reason, site_use, use_interval
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray
    from sera_analysis.statistics.bouts import BoutRate
    from sera_analysis.statistics.intervals import Interval


_NAMES_MOST = 10


@dataclass(frozen=True, eq=False)
class Surveys:
    """Surveys with their effort and what came, a row a survey.

    Parameters
    ----------
    names : tuple of tuple of str
        What names each survey: its square and date, its plant and period.
    effort : array, shape (surveys,)
        Effort in one unit: hours, flower units times minutes, ten-minute counts, or 1 a survey.
    groups : tuple of str
        Groups or species.
    visits : array, shape (surveys, groups)
        Insects counted.
    """

    names: tuple[tuple[str, ...], ...]
    effort: FloatArray
    groups: tuple[str, ...]
    visits: FloatArray

    def select(self, is_selected: NDArray[np.bool_]) -> Surveys:
        """Select some of the surveys."""
        rows = np.flatnonzero(is_selected).tolist()
        names = tuple([self.names[row] for row in rows])
        return Surveys(names, self.effort[rows], self.groups, self.visits[rows])

    def with_effort(self) -> Surveys:
        """Select the surveys that were made: a survey without effort is none, whatever stands in it."""
        return self.select(self.effort > 0)

    def without_effort(self) -> Surveys:
        """Select the surveys without effort, to name them."""
        return self.select(self.effort <= 0)

    def merged_by(self, columns: tuple[int, ...]) -> Surveys:
        """Merge surveys that share some of the columns that name them: effort and visits added up."""
        names: dict[tuple[str, ...], int] = {}
        for name in self.names:
            names.setdefault(tuple([name[column] for column in columns]), len(names))
        at = np.array(
            [names[tuple([name[column] for column in columns])] for name in self.names], dtype=np.int64
        )
        effort, visits = np.zeros(len(names)), np.zeros((len(names), len(self.groups)))
        np.add.at(effort, at, self.effort)
        np.add.at(visits, at, self.visits)
        return Surveys(tuple(names), effort, self.groups, visits)


def without_effort_notes(surveys: Surveys) -> list[TableNote]:
    """Return how many surveys have no effort, and which of them have insects all the same.

    Examples
    --------
    >>> surveys = Surveys((("a",), ("b",)), np.array([0.0, 1.0]), ("fly",), np.array([[2.0], [1.0]]))
    >>> [note.code for note in without_effort_notes(surveys)]
    ['surveys_without_effort', 'insects_without_effort']
    """
    idle = surveys.without_effort()
    if not idle.names:
        return []
    notes = [TableNote.of("surveys_without_effort", surveys=len(idle.names))]
    insects = idle.visits.sum(axis=1)
    if insects.any():
        names = [" ".join(idle.names[row]) for row in np.flatnonzero(insects).tolist()]
        listed = names[:_NAMES_MOST] + ["…"] * (len(names) > _NAMES_MOST)
        notes.append(TableNote.of("insects_without_effort", insects=float(insects.sum()), surveys=listed))
    return notes


class GroupSummary(NamedTuple):
    """One group: its rate, and the share of surveys on which it came."""

    rate: BoutRate
    share_of_watches: float


class SiteUse(NamedTuple):
    """Share of sites that a group used, or None with the reason in the interval.

    `naive` is the share at which the group was noticed, over the same `sites`: those with two surveys or
    more. None where there is no such site.
    """

    value: float | None
    interval: Interval
    naive: float | None
    sites: int


def overall(surveys: Surveys) -> BoutRate:
    """Rate of all insects together per unit of effort; see `bouts.bout_rate`.

    Examples
    --------
    >>> visits = np.array([[3.0, 1.0], [0.0, 0.0]])
    >>> overall(Surveys((("a",), ("b",)), np.array([2.0, 2.0]), ("bee", "fly"), visits)).rate
    1.0
    """
    return bout_rate(surveys.visits.sum(axis=1), surveys.effort)


def by_group(surveys: Surveys, units: Surveys) -> dict[str, GroupSummary]:
    """Rate of each group, its interval over independent units, and its share of surveys.

    Parameters
    ----------
    surveys
        All surveys.
    units
        The same put together into units that are independent of one another, or the surveys themselves.

    Returns
    -------
    dict
        Surveys without effort are in no rate and no share.
    """
    surveys = surveys.with_effort()
    number = max(surveys.effort.size, 1)
    return {
        group: GroupSummary(
            bout_rate(units.visits[:, column], units.effort),
            float(np.count_nonzero(surveys.visits[:, column])) / number,
        )
        for column, group in enumerate(surveys.groups)
    }


def by_level(surveys: Surveys, column: int) -> dict[str, BoutRate]:
    """Rate of all insects for each value of one of the columns that name a survey."""
    levels = np.array([name[column] for name in surveys.names])
    return {str(level): overall(surveys.select(levels == level)) for level in np.unique(levels)}


def by_sites(surveys: Surveys, column: int) -> dict[str, SiteUse]:
    """Share of sites that each group used, from surveys of the same site as repeated visits.

    Parameters
    ----------
    column
        Which of the columns that name a survey is the site.

    Returns
    -------
    dict
        Refused under 20 sites with two surveys or more; a survey without effort is none.
    """
    surveys = surveys.with_effort()
    sites = np.array([name[column] for name in surveys.names])
    site_names, at = np.unique(sites, return_inverse=True)
    visits = np.bincount(at, minlength=site_names.size).astype(np.float64)
    enough = visits >= 2
    uses = {}
    for number, group in enumerate(surveys.groups):
        detected = (surveys.visits[:, number] > 0).astype(np.float64)
        came = np.bincount(at, weights=detected, minlength=site_names.size).astype(np.float64)
        uses[group] = _use(came[enough], visits[enough])
    return uses


def _use(came: FloatArray, visits: FloatArray) -> SiteUse:
    naive = float((came > 0).mean()) if came.size else None
    reason = no_use_reason(came.size) or no_group_use_reason(came, visits)
    if reason is not None:
        return SiteUse(None, no_interval(reason), naive, came.size)
    use = site_use(came, visits)
    return SiteUse(use.used, use_interval(use), naive, came.size)
