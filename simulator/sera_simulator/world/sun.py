"""Where the sun stands and how bright a clear sky is, for a place and a time.

A model of its own on purpose, after other equations than the analysis takes: what is wrong in one of them
shows in the figures of a simulated garden.
"""

from typing import NamedTuple

import numpy as np

from sera_simulator.world.chance import Floats, Integers
from sera_vocabulary.durations import DAY_S

# 2000-01-01T12:00:00Z, the epoch J2000.0 that the equations count from.
_J2000_S = 946728000
_YEAR_2000_S = 946684800
_CENTURY_S = 36525.0 * DAY_S
_SOLAR_CONSTANT_MJ_M2_MIN = 0.0820
_LUMENS_PER_WATT = 112.0
_SUNSET_LX = 400.0
_TWILIGHT_DECADES_PER_DEGREE = 0.345


class SunPosition(NamedTuple):
    """Solar elevation [degree] and true solar hour [h, 12 at noon], each of the shape of the times."""

    elevation_deg: Floats
    solar_hour: Floats


def _declination_and_equation_of_time(time_s: Integers | Floats) -> tuple[Floats, Floats]:
    """Declination [rad] and equation of time [min] after the equations of NOAA (Meeus, chapters 25, 28)."""
    century = (np.asarray(time_s, dtype=np.float64) - _J2000_S) / _CENTURY_S
    mean_longitude = np.radians((280.46646 + century * (36000.76983 + century * 0.0003032)) % 360)
    mean_anomaly = np.radians(357.52911 + century * (35999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre = (
        np.sin(mean_anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + np.sin(2 * mean_anomaly) * (0.019993 - 0.000101 * century)
        + np.sin(3 * mean_anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * century)
    longitude = mean_longitude + np.radians(centre - 0.00569 - 0.00478 * np.sin(node))
    seconds = 21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))
    obliquity = np.radians(23 + (26 + seconds / 60) / 60 + 0.00256 * np.cos(node))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    y = np.tan(obliquity / 2) ** 2
    equation = (
        y * np.sin(2 * mean_longitude)
        - 2 * eccentricity * np.sin(mean_anomaly)
        + 4 * eccentricity * y * np.sin(mean_anomaly) * np.cos(2 * mean_longitude)
        - 0.5 * y * y * np.sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * np.sin(2 * mean_anomaly)
    )
    return declination, 4 * np.degrees(equation)


def sun_position(time_s: Integers | Floats, latitude_deg: float, longitude_deg: float) -> SunPosition:
    """Place the sun in the sky.

    Parameters
    ----------
    time_s
        Unix times [s].
    latitude_deg, longitude_deg
        Place [degree], north and east positive.

    Returns
    -------
    SunPosition
        Elevation of the sun's centre without refraction, and true solar hour.

    References
    ----------
    NOAA Global Monitoring Laboratory, Solar Calculation Details; Meeus, J. (1998), Astronomical
    Algorithms, 2nd edition, Willmann-Bell.
    """
    declination, equation_min = _declination_and_equation_of_time(time_s)
    clock_hour = (np.asarray(time_s, dtype=np.float64) % DAY_S) / 3600
    solar_hour = (clock_hour + longitude_deg / 15 + equation_min / 60) % 24
    hour_angle = np.radians(15 * (solar_hour - 12))
    latitude = np.radians(latitude_deg)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
        hour_angle
    )
    return SunPosition(np.degrees(np.arcsin(np.clip(sine, -1, 1))), solar_hour)


def clear_sky_irradiance(elevation_deg: Floats) -> Floats:
    """Global horizontal irradiance under a clear sky [W/m2], 0 below the horizon.

    References
    ----------
    Haurwitz, B. (1945), Insolation in relation to cloudiness and cloud density, Journal of Meteorology
    2, 154-166, in the form 1098 sin(h) exp(-0.057 / sin(h)).
    """
    sine = np.sin(np.radians(np.maximum(elevation_deg, 0.01)))
    return np.where(elevation_deg > 0, 1098 * sine * np.exp(-0.057 / sine), 0.0)


def clear_sky_illuminance(elevation_deg: Floats) -> Floats:
    """Horizontal illuminance under a clear sky [lx], daylight and twilight.

    Notes
    -----
    Irradiance times a luminous efficacy of 112 lm/W, plus 400 lx at sunset that fade by a factor of
    ten every 2.9 degrees the sun sinks, which leaves about 3.4 lx at the end of civil twilight.
    """
    twilight = _SUNSET_LX * 10 ** (_TWILIGHT_DECADES_PER_DEGREE * np.minimum(elevation_deg, 0))
    return clear_sky_irradiance(elevation_deg) * _LUMENS_PER_WATT + twilight


def cloud_transmission(cloud: Floats) -> Floats:
    """Share of the clear-sky irradiance that passes a cloud cover of 0 to 1.

    References
    ----------
    Kasten, F., Czeplak, G. (1980), Solar and terrestrial radiation dependent on the amount and type of
    cloud, Solar Energy 24, 177-189, doi 10.1016/0038-092X(80)90391-6.
    """
    return 1 - 0.75 * np.clip(cloud, 0, 1) ** 3.4


def extraterrestrial_radiation(time_s: Integers | Floats, latitude_deg: float) -> Floats:
    """Daily radiation above the atmosphere [MJ/m2/d] for the days that hold the times.

    References
    ----------
    Allen, R.G., Pereira, L.S., Raes, D., Smith, M. (1998), Crop evapotranspiration, FAO Irrigation and
    Drainage Paper 56, equations 21 to 25.
    """
    angle = 2 * np.pi * day_of_year(time_s) / 365.25
    distance = 1 + 0.033 * np.cos(angle)
    declination = 0.409 * np.sin(angle - 1.39)
    latitude = np.radians(latitude_deg)
    sunset = np.arccos(np.clip(-np.tan(latitude) * np.tan(declination), -1, 1))
    light = sunset * np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.sin(
        sunset
    )
    radiation: Floats = DAY_S / 60 / np.pi * _SOLAR_CONSTANT_MJ_M2_MIN * distance * light
    return np.maximum(radiation, 0)


def day_of_year(time_s: Integers | Floats) -> Floats:
    """Day of the year of Unix times, 1 at the start of 1 January, on a mean year of 365.25 days."""
    days: Floats = (np.asarray(time_s, dtype=np.float64) - _YEAR_2000_S) / DAY_S
    return 1 + np.mod(days, 365.25)
