"""Two gardens side by side: the difference of the same days, within one comparability class, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import (
    REPLICATES,
    Interval,
    no_interval,
    these_nodes_interval,
    weighted_mean,
)
from sera_analysis.thresholds import (
    PAIRED_DAY_EFFORT_LEAST_H,
    PAIRED_DAYS_LEAST,
    PART_EFFORT_LEAST_H,
    PARTS_SHARED_LEAST,
)
from sera_words.statements import Reason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray


class Difference(NamedTuple):
    """Mean difference of the same days, first minus second, or None with its reason; days compared."""

    value: float | None
    interval: Interval
    days: int
    reason: Reason | None


def class_mismatch_reason(first: tuple[str, ...], second: tuple[str, ...]) -> Reason | None:
    """Return in what two comparability classes differ, or None where they are one.

    Examples
    --------
    >>> class_mismatch_reason(("camera", "optics=4mm"), ("camera", "optics=6mm")).arguments
    {'first': ['optics=4mm'], 'second': ['optics=6mm']}
    """
    if first == second:
        return None
    return Reason.of(
        "classes_differ", first=sorted(set(first) - set(second)), second=sorted(set(second) - set(first))
    )


def same_day_differences(
    first_visits: FloatArray, first_h: FloatArray, second_visits: FloatArray, second_h: FloatArray
) -> FloatArray:
    """Difference of two gardens' rates by day, over the parts of the day that both watched.

    Parameters
    ----------
    first_visits, first_h, second_visits, second_h : array, shape (nodes, days, 12)
        Visits and hours in flight weather by node, day and part of the day; nodes of each garden on its own.

    Returns
    -------
    array, shape (days,)
        First minus second [1/h]; not a number on days with under 3 shared parts or 2 shared hours.

    Notes
    -----
    A garden's rate in a part is the mean of its nodes that watched it. Only parts watched in both count, so
    that a garden awake at noon is not compared with another's mornings.
    """
    first_rates, first_part_h = _part_rates(first_visits, first_h)
    second_rates, second_part_h = _part_rates(second_visits, second_h)
    both = ~np.isnan(first_rates) & ~np.isnan(second_rates)
    shared = both.sum(axis=-1)
    hours = np.where(both, np.minimum(first_part_h, second_part_h), 0.0).sum(axis=-1)
    total = np.where(both, first_rates - second_rates, 0.0).sum(axis=-1)
    enough = (shared >= PARTS_SHARED_LEAST.value) & (hours >= PAIRED_DAY_EFFORT_LEAST_H.value)
    return np.where(enough, divided(total, shared.astype(np.float64)), np.nan)


def _part_rates(visits: FloatArray, hours: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean rate of the nodes that watched, and their hours, by day and part; shape (days, 12)."""
    # A day's part lasts an hour or so, half of it awake at best, so half a season's least effort will do.
    enough = hours >= PART_EFFORT_LEAST_H.value / 2
    rates = np.where(enough, divided(visits, hours, 0.0), 0.0).sum(axis=0)
    return divided(rates, enough.sum(axis=0).astype(np.float64)), np.where(enough, hours, 0.0).sum(axis=0)


def paired_difference(differences: FloatArray, *, seed: int, replicates: int = REPLICATES) -> Difference:
    """Mean of same-day differences with its interval over moving blocks of days.

    Parameters
    ----------
    differences : array, shape (days,)
        As `same_day_differences` gives them.
    seed, replicates
        Of the interval.

    Returns
    -------
    Difference
        Refused under 14 shared days; the interval needs 48 of them.
    """
    if differences.ndim != 1:
        raise InvalidSampleError(f"differences: found shape {differences.shape}; expected one number a day")
    shared_days = differences[~np.isnan(differences)]
    if shared_days.size < PAIRED_DAYS_LEAST.value:
        reason = Reason.of("shared_days_too_few", days=shared_days.size, needed=PAIRED_DAYS_LEAST.value)
        return Difference(None, no_interval(reason), shared_days.size, reason)
    interval = these_nodes_interval(
        weighted_mean(shared_days), shared_days.size, seed=seed, replicates=replicates
    )
    return Difference(float(shared_days.mean()), interval, shared_days.size, None)
