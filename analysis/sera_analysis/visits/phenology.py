"""The course of a season: a weekly index from nodes that come and go, and the dates of its tenths."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError
from sera_analysis.thresholds import (
    SEASON_EDGE_MOST,
    SEASON_GAP_MOST,
    SEASON_WEEKS_LEAST,
    WEEK_EFFORT_LEAST_H,
)
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import FloatArray

DAYS_A_WEEK = 7
_ROUNDS_MOST = 500
_STILL = 1e-12


class WeeklyIndex(NamedTuple):
    """Index by week, mean 1 over weeks watched, else not a number; how strong each node's view is."""

    weeks: FloatArray
    nodes: FloatArray


def weekly_index(visits: FloatArray, effort_h: FloatArray) -> WeeklyIndex:
    """Follow a season over nodes that do not all watch all the time.

    Parameters
    ----------
    visits, effort_h : array, shape (nodes, weeks)
        Visits and hours by node and week; hours may be weighted by the part of the day they fell into.

    Returns
    -------
    WeeklyIndex
        A node that fell silent leaves its weeks to the others and pulls nothing down.

    Notes
    -----
    Visits are expected to be a_n b_w e_nw with node n's view a, week w's index b and hours e: a Poisson
    regression with node and week effects, solved by turns (b_w = sum_n v / sum_n a_n e, then a_n alike). A
    week counts as watched from 3 h. Without a visit all watched weeks are 0.

    References
    ----------
    E. B. Dennis, S. N. Freeman, T. Brereton and D. B. Roy, "Indexing butterfly abundance whilst accounting
    for missing counts and variability in seasonal pattern," Methods in Ecology and Evolution 4, 637-645,
    2013, doi 10.1111/2041-210X.12053.

    Examples
    --------
    >>> visits = np.array([[2.0, 8.0, 0.0], [1.0, 4.0, 2.0]])
    >>> effort_h = np.array([[10.0, 10.0, 0.0], [10.0, 10.0, 10.0]])
    >>> weekly_index(visits, effort_h).weeks.round(4).tolist()
    [0.4286, 1.7143, 0.8571]
    """
    visits, effort_h = np.asarray(visits, dtype=np.float64), np.asarray(effort_h, dtype=np.float64)
    if visits.shape != effort_h.shape or visits.ndim != 2:
        raise InvalidSampleError(
            f"weekly index: visits have shape {visits.shape}, effort {effort_h.shape}; expected nodes "
            "by weeks"
        )
    has_effort = effort_h.sum(axis=0) >= WEEK_EFFORT_LEAST_H.value
    visits, effort = visits[:, has_effort], effort_h[:, has_effort]
    weeks = np.full(has_effort.size, np.nan)
    index, nodes = by_turns(visits, effort)
    weeks[has_effort] = index
    return WeeklyIndex(weeks, nodes)


def by_turns(visits: FloatArray, effort: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit week and node effects; weeks scaled to a mean of 1."""
    nodes = np.ones(visits.shape[0])
    weeks = np.ones(visits.shape[1])
    if not visits.sum() > 0:
        return np.zeros(visits.shape[1]), np.zeros(visits.shape[0])
    for _ in range(_ROUNDS_MOST):
        last = weeks
        weeks = divided(visits.sum(axis=0), nodes @ effort, 0.0)
        weeks = weeks / weeks.mean()
        nodes = divided(visits.sum(axis=1), effort @ weeks, 0.0)
        if np.abs(weeks - last).max() < _STILL:
            break
    return weeks, nodes


def quantile_days(weeks: FloatArray, shares: Sequence[float] = (0.1, 0.5, 0.9)) -> FloatArray:
    """Days from the first week's beginning by which shares of a season's activity have come.

    Parameters
    ----------
    weeks : array, shape (weeks,)
        Weekly index; weeks not watched lie on the straight line between their neighbours.
    shares
        Shares of the season, between 0 and 1.

    Returns
    -------
    array, shape (shares,)
        Days [d], not a number where `no_season_reason` says why.

    Examples
    --------
    >>> quantile_days(np.array([0, 1, 2, 3, 4, 4, 3, 2, 1, 0.0]), (0.5,)).tolist()
    [35.0]
    """
    if no_season_reason(weeks) is not None:
        return np.full(len(shares), np.nan)
    number = np.arange(weeks.size)
    measured = ~np.isnan(weeks)
    filled = np.interp(number, number[measured], weeks[measured])
    gathered = np.concatenate([[0.0], np.cumsum(filled)]) / filled.sum()
    # Weeks without activity are a level stretch of the curve; a share is passed at its first day.
    rising = np.concatenate([[True], np.diff(gathered) > 0])
    days = np.arange(weeks.size + 1.0) * DAYS_A_WEEK
    share_days: FloatArray = np.interp(np.asarray(shares), gathered[rising], days[rising])
    return share_days


def no_season_reason(weeks: FloatArray) -> Reason | None:
    """Return why a season has no dates, or None where it has.

    Parameters
    ----------
    weeks : array, shape (weeks,)
        Weekly index from `weekly_index`.
    """
    measured = ~np.isnan(weeks)
    number, has_effort = weeks.size, int(measured.sum())
    if has_effort < SEASON_WEEKS_LEAST.value:
        return Reason.of("weeks_too_few", weeks=has_effort, needed=SEASON_WEEKS_LEAST.value)
    gap = 1 - has_effort / number
    if gap > SEASON_GAP_MOST.value:
        missing = number - has_effort
        return Reason.of("weeks_missing", missing=missing, of=number, share=gap, most=SEASON_GAP_MOST.value)
    most = np.nanmax(weeks)
    if not most > 0:
        return Reason.of("no_insect_in_watched_weeks")
    edges = (("season_begins_late", weeks[measured][0]), ("season_ends_early", weeks[measured][-1]))
    for code, edge in edges:
        if edge > SEASON_EDGE_MOST.value * most:
            return Reason.of(code, share=edge / most, most=SEASON_EDGE_MOST.value)
    return None
