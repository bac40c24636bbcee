"""Direct standardisation: rates as they would be over one declared standard day in flight weather."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.thresholds import (
    PART_EFFORT_LEAST_H,
    PARTS_LEAST,
    PARTS_OF_DAY,
    RATE_EFFORT_LEAST_H,
)
from sera_words.statements import Reason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray

# A day far too short of effort would promise "about 900 more days"; beyond this the count is left out.
_DAYS_MOST = 60


class StandardRate(NamedTuple):
    """Rates and what they rest on, each of shape (...); a rate that is missing is not a number."""

    rate: FloatArray
    hours: FloatArray
    parts: FloatArray


def standardised_rate(visits: FloatArray, effort_h: FloatArray) -> StandardRate:
    """Rate per hour of a standard day: the mean of the rates in its equal parts.

    Parameters
    ----------
    visits, effort_h : array, shape (..., 12)
        Visits and hours watched in flight weather, by part of the day between sunrise and sunset.

    Returns
    -------
    StandardRate
        The rate [1/h], not a number where the effort is too small; hours in all; parts observed.

    Notes
    -----
    With visits v_p and hours e_p in part p, the rate is the mean of v_p/e_p over the observed parts, each
    weighing the same. A part is observed from half an hour of effort. Under 10 of 12 parts, or 20 h in all,
    there is no figure. How long a node was awake, and when, does not enter otherwise: a node asleep at night
    has the rate of one that never sleeps. No effort at all gives no figure.

    References
    ----------
    B. C. K. Choi, N. A. de Guia and P. Walsh, "Look before you leap: stratify before you standardize,"
    American Journal of Epidemiology 149, 1087-1096, 1999, doi 10.1093/oxfordjournals.aje.a009762.

    Examples
    --------
    >>> import numpy as np
    >>> standardised_rate(np.full(12, 6.0), np.full(12, 2.0)).rate.item()
    3.0
    """
    rate, hours, parts = raw_standard_rate(visits, effort_h)
    enough = (parts >= PARTS_LEAST.value) & (hours >= RATE_EFFORT_LEAST_H.value)
    return StandardRate(np.where(enough, rate, np.nan), hours, parts)


def raw_standard_rate(visits: FloatArray, effort_h: FloatArray) -> StandardRate:
    """Standardise without asking for enough effort: for resampled days of nodes that had enough."""
    has_effort = effort_h >= PART_EFFORT_LEAST_H.value
    by_part = np.where(has_effort, divided(visits, effort_h, 0.0), 0.0)
    parts = has_effort.sum(axis=-1).astype(np.float64)
    total = by_part.sum(axis=-1)
    return StandardRate(divided(total, parts), effort_h.sum(axis=-1), parts)


def no_rate_reason(
    hours: float, parts: float, effort_days: int, *, unmeasured_h: float = 0.0
) -> Reason | None:
    """Return what is missing for a rate, or None where nothing is.

    Parameters
    ----------
    hours
        Hours of effort in flight weather [h].
    parts
        Parts of the day observed, of 12.
    effort_days
        Days with any such effort, from which the days still needed are reckoned.
    unmeasured_h
        Hours by daylight in weather that was not measured [h].
    """
    needed, unmeasured = RATE_EFFORT_LEAST_H.value, unmeasured_h if unmeasured_h >= 1 else None
    if hours < needed:
        if not (hours > 0 or unmeasured_h > 0):
            return Reason.of("hours_too_few", hours=hours, needed=needed)
        more = int(np.ceil((needed - hours) * effort_days / hours)) if hours > 0 and effort_days else 0
        return Reason.of(
            "flight_hours_too_few",
            hours=hours,
            needed=needed,
            more_days=more if 0 < more <= _DAYS_MOST else None,
            unmeasured=unmeasured,
        )
    if parts < PARTS_LEAST.value:
        limits = {"of": PARTS_OF_DAY, "needed": PARTS_LEAST.value}
        return Reason.of("parts_too_few", parts=parts, **limits, unmeasured=unmeasured)
    return None
