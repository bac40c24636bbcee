"""Water that plants can take, from calibrated moisture; and how fast wetted soil dries."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.thresholds import DRYING_DAYS_LEAST, DRYING_RUN_LEAST_D, RAIN_DAY_LEAST_MM
from sera_words.statements import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray
    from sera_quality.soil_texture import WaterLimits


def topp_moisture(permittivity: FloatArray) -> FloatArray:
    """Soil moisture [m3/m3] from apparent relative permittivity, after Topp; shape of permittivity.

    Parameters
    ----------
    permittivity : array, shape (...)
        Apparent relative permittivity, about 3 to 40 in mineral soil.

    Notes
    -----
    Fitted to time-domain reflectometry in mineral soils. It is wrong in peat, heavy clay and salty soil, and
    for probes that work near 70 MHz unless these were calibrated for themselves. Below 3 it runs below 0,
    which is given as it is: a probe in air is no soil.

    References
    ----------
    G. C. Topp, J. L. Davis and A. P. Annan, "Electromagnetic determination of soil water content," Water
    Resources Research 16, 574-582, 1980, doi 10.1029/WR016i003p00574.

    Examples
    --------
    >>> topp_moisture(np.array([5.0, 20.0, 30.0])).round(4).tolist()
    [0.0798, 0.3454, 0.4441]
    """
    e = np.asarray(permittivity, dtype=np.float64)
    moisture: FloatArray = -5.3e-2 + 2.92e-2 * e - 5.5e-4 * e**2 + 4.3e-6 * e**3
    return moisture


def plant_available_water(moisture: FloatArray, limits: WaterLimits) -> FloatArray:
    """Share of the water that plants can take, 0 at the wilting point to 1 at field capacity.

    Parameters
    ----------
    moisture : array, shape (...)
        Calibrated soil moisture [m3/m3].
    limits
        Of this soil.

    Examples
    --------
    >>> from sera_quality.soil_texture import WaterLimits
    >>> plant_available_water(np.array([0.1, 0.21, 0.4]), WaterLimits(0.137, 0.2796)).round(4).tolist()
    [0.0, 0.5119, 1.0]
    """
    share = (moisture - limits.wilting_point) / (limits.field_capacity - limits.wilting_point)
    return np.clip(share, 0.0, 1.0)


class Drying(NamedTuple):
    """Loss a day after wettings, or not a number with the reason; days and wettings behind it."""

    rate: float
    days: int
    wettings: int
    reason: Reason | None


def wet_days(rain_mm: FloatArray, watered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flag days with rain of 1 mm or more, or watering; unmeasured rain counts as none; shape (days,)."""
    return (np.nan_to_num(rain_mm) >= RAIN_DAY_LEAST_MM.value) | watered


def drying_rate(daily: FloatArray, wetted: NDArray[np.bool_]) -> Drying:
    """Mean loss a day on the days after rain or watering until the next.

    Parameters
    ----------
    daily : array, shape (days,)
        Daily means of moisture [m3/m3] or of relative wetness, not a number where missing.
    wetted : array of bool, shape (days,)
        Days with rain or watering.

    Returns
    -------
    Drying
        Positive where the soil dries. The day of the wetting and the next, when water still drains, are left
        out; runs end with the next wetting, a missing day, or after ten days, when plants begin to hold back.

    Notes
    -----
    Of each run the loss from its first to its last day, summed over runs, divided by the days. At least two
    days a run and six in all. A wetting that is not known (a neighbour's hose) makes the rate too small.

    Examples
    --------
    >>> wetted = np.array([True] + [False] * 9)
    >>> moisture = np.array([0.20, 0.32, 0.30, 0.29, 0.28, 0.27, 0.26, 0.25, 0.24, 0.23])
    >>> found = drying_rate(moisture, wetted)
    >>> round(found.rate, 4), found.days, found.wettings
    (0.01, 7, 1)
    """
    lost, days, wettings = 0.0, 0, 0
    for start, end in _runs(daily, wetted):
        if end - start >= DRYING_RUN_LEAST_D.value:
            lost += float(daily[start] - daily[end])
            days += end - start
            wettings += 1
    if days < DRYING_DAYS_LEAST.value:
        reason = Reason.of("drying_days_too_few", days=days, needed=DRYING_DAYS_LEAST.value)
        return Drying(np.nan, days, wettings, reason)
    return Drying(lost / days, days, wettings, None)


# Two days for draining, and ten in which evaporation is not yet held back much.
_DRAINING_D, _RUN_MOST_D = 2, 10


def _runs(daily: FloatArray, wetted: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last day of each run of drying after a wetting."""
    runs = []
    for wet in np.flatnonzero(wetted).tolist():
        start = wet + _DRAINING_D
        if wetted[wet + 1 : start + 1].any() or start >= daily.size or np.isnan(daily[start]):
            continue
        end = start
        while (
            end + 1 < min(daily.size, start + _RUN_MOST_D + 1)
            and not wetted[end + 1]
            and not np.isnan(daily[end + 1])
        ):
            end += 1
        runs.append((start, end))
    return runs
