"""Water that plants can take, from texture and calibrated moisture; and how fast wetted soil dries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.errors import InvalidSampleError
from sera_analysis.thresholds import DRYING_DAYS_LEAST, DRYING_RUN_LEAST_D, RAIN_DAY_LEAST_MM
from sera_words.statements import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray


class Texture(NamedTuple):
    """What a soil is made of: sand and clay as shares of its fine earth, organic matter [% by mass]."""

    sand: float
    clay: float
    organic_matter_percent: float = 2.5


class WaterLimits(NamedTuple):
    """Moisture [m3/m3] at which plants wilt (1500 kPa) and which soil holds against gravity (33 kPa)."""

    wilting_point: float
    field_capacity: float


# Class centres of the texture triangle as in table 3 of Saxton and Rawls 2006, at 2.5 % organic matter.
TEXTURES: Final[dict[str, Texture]] = {
    "sand": Texture(0.88, 0.05),
    "loamy sand": Texture(0.80, 0.05),
    "sandy loam": Texture(0.65, 0.10),
    "loam": Texture(0.40, 0.20),
    "silt loam": Texture(0.20, 0.15),
    "silt": Texture(0.10, 0.05),
    "sandy clay loam": Texture(0.60, 0.25),
    "clay loam": Texture(0.30, 0.35),
    "silty clay loam": Texture(0.10, 0.35),
    "silty clay": Texture(0.10, 0.45),
    "sandy clay": Texture(0.50, 0.40),
    "clay": Texture(0.25, 0.50),
}
_CLAY_MOST, _ORGANIC_MOST_PERCENT = 0.60, 8.0


def water_limits(texture: Texture) -> WaterLimits:
    """Wilting point and field capacity of a soil from its texture, after Saxton and Rawls.

    Parameters
    ----------
    texture
        Sand, clay and organic matter.

    Returns
    -------
    WaterLimits
        Both in [m3/m3].

    Raises
    ------
    InvalidSampleError
        Outside what the equations were fitted to: clay up to 60 %, organic matter up to 8 %, and shares that
        add up to no more than 1.

    Notes
    -----
    Equations 1 and 2 of the paper: a regression on sand S, clay C and organic matter OM, then a correction
    of its own curvature. They say what such soils hold on average in North America; a single garden may
    differ by a few hundredths.

    References
    ----------
    K. E. Saxton and W. J. Rawls, "Soil water characteristic estimates by texture and organic matter for
    hydrologic solutions," Soil Science Society of America Journal 70, 1569-1578, 2006,
    doi 10.2136/sssaj2005.0117.

    Examples
    --------
    >>> [round(limit, 4) for limit in water_limits(TEXTURES["loam"])]
    [0.137, 0.2796]
    """
    s, c, om = texture
    if not (0 <= s <= 1 and 0 <= c <= _CLAY_MOST and s + c <= 1 and 0 <= om <= _ORGANIC_MOST_PERCENT):
        raise InvalidSampleError(
            f"texture: sand {s:g}, clay {c:g}, organic matter {om:g} %; expected shares that add up "
            "to at most 1, "
            "clay to 0.6 and organic matter to 8 %"
        )
    dry = -0.024 * s + 0.487 * c + 0.006 * om + 0.005 * s * om - 0.013 * c * om + 0.068 * s * c + 0.031
    wet = -0.251 * s + 0.195 * c + 0.011 * om + 0.006 * s * om - 0.027 * c * om + 0.452 * s * c + 0.299
    return WaterLimits(dry + (0.14 * dry - 0.02), wet + (1.283 * wet**2 - 0.374 * wet - 0.015))


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
