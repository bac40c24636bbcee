"""Rates of counts over bouts of watching: how far counts scatter decides how far their rate is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaincinv, stdtrit

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.intervals import CONFIDENCE, Interval, no_interval
from sera_analysis.statistics.log_scale import too_wide_reason, within_factor
from sera_words.statements import IntervalMethod, Reason

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray


class BoutRate(NamedTuple):
    """A rate per unit of effort with its interval; dispersion 1 is the scatter of pure chance."""

    rate: float
    interval: Interval
    dispersion: float | None
    bouts: int


def bout_rate(visits: FloatArray, effort: FloatArray, confidence: float = CONFIDENCE) -> BoutRate:
    """Rate of visits over bouts of one kind of effort, quasi-Poisson; exact Poisson for a single bout.

    Parameters
    ----------
    visits : array, shape (bouts,)
        Visits counted in each bout.
    effort : array, shape (bouts,)
        Its effort: hours, flower units times hours, or ten-minute counts. Bouts without effort are left out.
    confidence
        Nominal coverage, between 0 and 1.

    Returns
    -------
    BoutRate
        Not a number, and no interval, without any effort.

    Raises
    ------
    InvalidSampleError
        Where visits or effort are negative or not finite, or their shapes differ.

    Notes
    -----
    With visits v and effort e of n bouts the rate is r = sum v / sum e. Dispersion is Pearson's sum (v - r
    e)^2 / (r e) / (n - 1), taken as at least 1, since bouts that scatter less than chance are luck. The
    interval is r exp(+-t sqrt(dispersion / sum v)) with n - 1 degrees of freedom. A single bout tells
    nothing of the scatter; its interval is the exact Poisson one, and says so. There is none where the scale
    of logarithms fails: where it would reach beyond a factor of 10 either way (two bouts with few insects),
    and of a single bout with a count below 1.

    References
    ----------
    P. McCullagh and J. A. Nelder, Generalized Linear Models, 2nd ed., 1989, doi 10.1007/978-1-4899-3242-6.
    F. Garwood, "Fiducial limits for the Poisson distribution," Biometrika 28, 437-442, 1936,
    doi 10.1093/biomet/28.3-4.437.

    Examples
    --------
    >>> found = bout_rate(np.array([3.0, 0.0, 7.0, 2.0]), np.array([1.0, 1.0, 2.0, 1.0]))
    >>> found.rate, round(found.dispersion, 3), found.interval.method.code
    (2.4, 1.208, 'quasi_poisson')
    """
    visits, effort = np.asarray(visits, dtype=np.float64), np.asarray(effort, dtype=np.float64)
    _check(visits, effort)
    visits, effort = visits[effort > 0], effort[effort > 0]
    bouts, total, hours = visits.size, float(visits.sum()), float(effort.sum())
    if not bouts:
        return BoutRate(np.nan, no_interval(Reason.of("no_effort")), None, 0)
    rate = total / hours
    if bouts == 1:
        return BoutRate(rate, _single_bout_interval(total, hours, confidence), None, 1)
    if total == 0:
        return BoutRate(0.0, no_interval(_no_visit(bouts, hours, confidence)), None, bouts)
    expected = rate * effort
    dispersion = float(((visits - expected) ** 2 / expected).sum()) / (bouts - 1)
    error = np.sqrt(max(dispersion, 1.0) / total)
    reach = float(stdtrit(bouts - 1, 0.5 + confidence / 2) * error)
    ends = Interval(
        np.log(rate) - reach, np.log(rate) + reach, IntervalMethod.of("quasi_poisson", bouts=bouts)
    )
    return BoutRate(rate, within_factor(ends, bouts, "bouts"), dispersion, bouts)


def _single_bout_interval(total: float, hours: float, confidence: float) -> Interval:
    """Exact Poisson interval; none of a count between 0 and 1, whose lower end means nothing."""
    if 0 < total < 1:
        return no_interval(too_wide_reason(1, "bouts"))
    low, high = exact_poisson(total, confidence)
    return Interval(low / hours, high / hours, IntervalMethod.of("exact_poisson"))


def exact_poisson(total: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact interval of a Poisson mean from one count; see `bout_rate`.

    Examples
    --------
    >>> [round(end, 4) for end in exact_poisson(0)]
    [0.0, 3.6889]
    """
    tail = (1 - confidence) / 2
    low = float(gammaincinv(total, tail)) if total > 0 else 0.0
    return low, float(gammaincinv(total + 1, 1 - tail))


def _no_visit(bouts: int, effort: float, confidence: float) -> Reason:
    return Reason.of("no_visit_in_bouts", bouts=bouts, most=exact_poisson(0, confidence)[1] / effort)


def _check(visits: FloatArray, effort: FloatArray) -> None:
    if visits.shape != effort.shape or visits.ndim != 1:
        raise InvalidSampleError(
            f"bouts: visits have shape {visits.shape}, effort {effort.shape}; expected one of each a bout"
        )
    for name, values in (("visits", visits), ("effort", effort)):
        wrong = ~np.isfinite(values) | (values < 0)
        if wrong.any():
            index = int(np.argmax(wrong))
            raise InvalidSampleError(
                f"bouts: {name} of bout {index} is {values[index]:g}; expected a finite number of 0 or more"
            )
