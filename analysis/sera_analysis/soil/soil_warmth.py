"""Warmth by day: temperature sums with their method named, and days of frost and heat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidOrderError
from sera_analysis.thresholds import EXTREME_HOURS_LEAST, FROST_CEL, HEAT_CEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray

MEAN_FIRST: Final = 1
EXTREMES_FIRST: Final = 2
METHOD_NAMES: Final = {
    MEAN_FIRST: "method 1: mean of the day's extremes, then floored at the base",
    EXTREMES_FIRST: "method 2: each of the day's extremes floored at the base, then their mean",
}
BASE_CEL: Final = 5.0


def hourly_extremes(readings: NDArray[np.int32], total: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest hourly mean of each day, each of shape (..., days); not a number under 20 hours.

    Parameters
    ----------
    readings : array of int, shape (..., days, hours)
        Number of readings in each hour.
    total : array, shape (..., days, hours)
        Their sum [degC].

    Notes
    -----
    Means of hours, so that a node that reads every minute finds no colder nights than one that reads each
    quarter of an hour.
    """
    there = readings > 0
    means = divided(total, readings.astype(np.float64), 0.0)
    enough = there.sum(axis=-1) >= EXTREME_HOURS_LEAST.value
    low = np.where(there, means, np.inf).min(axis=-1, initial=np.inf)
    high = np.where(there, means, -np.inf).max(axis=-1, initial=-np.inf)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def day_degrees(
    highest: FloatArray,
    lowest: FloatArray,
    *,
    base: float = BASE_CEL,
    upper: float | None = None,
    method: int = MEAN_FIRST,
) -> FloatArray:
    """Warmth above a base temperature by day [degC d], shape of the extremes.

    Parameters
    ----------
    highest, lowest : array, shape (...)
        The day's highest and lowest temperature [degC].
    base
        Temperature from which development is reckoned [degC].
    upper
        Temperature above which more warmth adds nothing [degC], or None.
    method
        1: the mean of the extremes, then floored at the base; 2: each extreme first capped and floored. They
        differ on days that cross a limit, by as much as 3.5 degC d, so a sum without its method says little.

    Raises
    ------
    InvalidOrderError
        Where the method is neither 1 nor 2.

    References
    ----------
    G. S. McMaster and W. W. Wilhelm, "Growing degree-days: one equation, two interpretations," Agricultural
    and Forest Meteorology 87, 291-300, 1997, doi 10.1016/S0168-1923(97)00027-0.

    Examples
    --------
    >>> [day_degrees(np.array(14.0), np.array(-2.0), method=method).item() for method in (1, 2)]
    [1.0, 4.5]
    """
    if method not in METHOD_NAMES:
        raise InvalidOrderError(f"temperature sum: method {method!r} is not known; expected 1 or 2")
    if method == EXTREMES_FIRST:
        high, low = (
            np.clip(extreme, base, np.inf if upper is None else upper) for extreme in (highest, lowest)
        )
        return (high + low) / 2 - base
    mean = (highest + lowest) / 2
    return np.clip(mean, base, np.inf if upper is None else upper) - base


def frost_days(lowest: FloatArray) -> FloatArray:
    """Count days with frost, below 0 degC; missing days are not counted; shape (..., days) to (...)."""
    days: FloatArray = (lowest < FROST_CEL.value).sum(axis=-1).astype(np.float64)
    return days


def heat_days(highest: FloatArray) -> FloatArray:
    """Count days of heat, 30 degC and more; missing days are not counted; shape (..., days) to (...)."""
    days: FloatArray = (highest >= HEAT_CEL.value).sum(axis=-1).astype(np.float64)
    return days
