"""Soil water in a bucket, soil temperature by depth, and what a capacitive probe makes of the water."""

from typing import NamedTuple

import numpy as np

from sera_simulator.world.chance import Floats
from sera_simulator.world.sun import extraterrestrial_radiation
from sera_simulator.world.weather import Weather
from sera_vocabulary.durations import DAY_S, HOUR_S

_THERMAL_DIFFUSIVITY_M2_S = 0.5e-6
_MEGAJOULES_TO_MM = 0.408
COUNTS_HIGHEST = 4095


class Soil(NamedTuple):
    """A layer of soil: thickness [m], water contents [m3/m3], drainage time [h], crop coefficient [1]."""

    thickness_m: float = 0.25
    wilting: float = 0.12
    field_capacity: float = 0.30
    saturation: float = 0.45
    drainage_time_h: float = 18.0
    crop_coefficient: float = 0.85


class SoilWater(NamedTuple):
    """Water of one layer: content at each hour's end [m3/m3], and flows within each hour [mm]."""

    moisture: Floats
    evapotranspiration_mm: Floats
    drainage_mm: Floats
    runoff_mm: Floats


class Calibration(NamedTuple):
    """A polynomial from raw counts to soil moisture [m3/m3], coefficients lowest order first."""

    coefficients: tuple[float, ...]
    valid_from_s: int
    uncertainty: float


def reference_evapotranspiration(weather: Weather, latitude_deg: float, elevation_deg: Floats) -> Floats:
    """Evapotranspiration of short grass, each day's amount spread over its daylight.

    Parameters
    ----------
    weather
        Hourly weather of whole days.
    latitude_deg
        Latitude [degree].
    elevation_deg
        Solar elevation [degree] in the middle of each hour, shape (hours,).

    Returns
    -------
    numpy.ndarray
        Evapotranspiration [mm] in each hour, shape (hours,); 0 where the sun stays down all day.

    References
    ----------
    Hargreaves, G.H., Samani, Z.A. (1985), Reference crop evapotranspiration from temperature, Applied
    Engineering in Agriculture 1, 96-99, doi 10.13031/2013.26773, as FAO 56 equation 52.
    """
    by_day = weather.temperature_c.reshape(-1, 24)
    radiation_mm = _MEGAJOULES_TO_MM * extraterrestrial_radiation(weather.time_s[12::24], latitude_deg)
    spread = np.sqrt(by_day.max(axis=1) - by_day.min(axis=1))
    daily = np.maximum(0.0023 * (by_day.mean(axis=1) + 17.8) * spread * radiation_mm, 0)
    light = np.maximum(np.sin(np.radians(elevation_deg)), 0).reshape(-1, 24)
    total = light.sum(axis=1, keepdims=True)
    share = np.divide(light, total, out=np.zeros_like(light), where=total > 0)
    return np.ravel(daily[:, None] * share)


def soil_water(water_mm: Floats, evapotranspiration_mm: Floats, soil: Soil, start: float) -> SoilWater:
    """Follow the water of one layer hour by hour.

    Parameters
    ----------
    water_mm
        Rain and watering that reach the layer in each hour [mm], shape (hours,).
    evapotranspiration_mm
        Reference evapotranspiration in each hour [mm], shape (hours,).
    soil
        The layer.
    start
        Water content before the first hour [m3/m3].

    Returns
    -------
    SoilWater
        Content and flows. The bucket closes: the content gained equals water in minus evapotranspiration,
        drainage and runoff.

    Notes
    -----
    What exceeds saturation runs off. Evapotranspiration falls in a straight line from half-way between
    wilting point and field capacity to nothing at the wilting point (FAO 56 equation 84, p = 0.5). What
    exceeds field capacity drains with a time constant.
    """
    depth_mm = 1000 * soil.thickness_m
    full, capacity, dry = (depth_mm * part for part in (soil.saturation, soil.field_capacity, soil.wilting))
    leak = 1 - float(np.exp(-1 / soil.drainage_time_h))
    easy = 0.5 * (capacity - dry)
    content = depth_mm * start
    rows = []
    for water, demand in zip(water_mm.tolist(), evapotranspiration_mm.tolist(), strict=True):
        content += water
        runoff = max(content - full, 0.0)
        content -= runoff
        stress = min(max((content - dry) / easy, 0.0), 1.0)
        used = min(soil.crop_coefficient * demand * stress, max(content - dry, 0.0))
        content -= used
        drained = max(content - capacity, 0.0) * leak
        content -= drained
        rows.append((content / depth_mm, used, drained, runoff))
    return SoilWater(*np.array(rows).reshape(-1, 4).T)


def soil_temperature(air_temperature_c: Floats, depth_m: float) -> Floats:
    """Air temperature [degree Celsius], hour by hour, as it arrives at a depth in the soil.

    Notes
    -----
    A first-order low-pass whose time constant damps the daily wave exactly as conduction does at this
    depth, exp(-z / d) with d = sqrt(2 D / omega) and D = 0.5e-6 m2/s; slower waves are damped less than
    conduction would, and the lag is shorter.

    References
    ----------
    Hillel, D. (1998), Environmental Soil Physics, Academic Press, chapter 12.
    """
    omega = 2 * np.pi / DAY_S
    damping_depth_m = np.sqrt(2 * _THERMAL_DIFFUSIVITY_M2_S / omega)
    time_constant_s = float(np.sqrt(np.exp(2 * depth_m / damping_depth_m) - 1) / omega)
    follow = 1 - float(np.exp(-HOUR_S / time_constant_s)) if time_constant_s else 1.0
    air = air_temperature_c.tolist()
    value = float(np.mean(air_temperature_c[:24]))
    arrived = []
    for temperature in air:
        value += follow * (temperature - value)
        arrived.append(value)
    return np.array(arrived)


def raw_counts(moisture: Floats, calibration: Calibration, noise: Floats) -> Floats:
    """Turn soil moisture into the counts that a probe of this calibration would give.

    Parameters
    ----------
    moisture
        Soil moisture [m3/m3].
    calibration
        Polynomial that falls over the whole span of counts.
    noise
        Noise to add [counts], same shape.

    Returns
    -------
    numpy.ndarray
        Whole counts, 0 to 4095.
    """
    counts = np.arange(COUNTS_HIGHEST + 1, dtype=np.float64)
    read = np.polynomial.polynomial.polyval(counts, calibration.coefficients)
    return np.clip(np.rint(np.interp(-moisture, -read, counts) + noise), 0, COUNTS_HIGHEST)
