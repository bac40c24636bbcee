"""Where the sun stands over a garden: sunrise and sunset, solar parts and a clear sky's light."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from astral import Observer
from astral.sun import sunrise, sunset

from sera_analysis.thresholds import PARTS_OF_DAY

if TYPE_CHECKING:
    from datetime import date

    from sera_analysis.diversity.samples import FloatArray, IntArray

NIGHT = -1


def sun_times(first: date, days: int, latitude: float, longitude: float, timezone: str) -> FloatArray:
    """Sunrise and sunset of local days as Unix times [s], shape (days, 2).

    Parameters
    ----------
    first
        The first local day.
    days
        Number of days.
    latitude, longitude
        Place [deg], north and east positive.
    timezone
        IANA name of the garden's time zone.

    Returns
    -------
    array, shape (days, 2)
        Not a number on days when the sun does not rise or does not set.
    """
    observer, zone = Observer(latitude, longitude), ZoneInfo(timezone)
    times = np.full((days, 2), np.nan)
    for i in range(days):
        day = first + timedelta(days=i)
        try:
            times[i] = (
                sunrise(observer, day, tzinfo=zone).timestamp(),
                sunset(observer, day, tzinfo=zone).timestamp(),
            )
        except ValueError:
            continue
    times[times[:, 1] <= times[:, 0]] = np.nan
    return times


def solar_part(time_s: FloatArray, day: IntArray, sun: FloatArray) -> IntArray:
    """Part of the day, 0 to 11 of 12 equal ones between sunrise and sunset; -1 at night, shape of time_s."""
    rise, fall = sun[day, 0], sun[day, 1]
    share = (time_s - rise) / (fall - rise)
    by_day = (share >= 0) & (share < 1)
    return np.where(by_day, np.floor(np.where(by_day, share, 0.0) * PARTS_OF_DAY), NIGHT).astype(np.int64)


def solar_elevation_deg(time_s: FloatArray, latitude: float, longitude: float) -> FloatArray:
    """Height of the sun above the horizon [deg], without refraction; right to about 0.1 degrees.

    References
    ----------
    The Astronomical Almanac's low-precision formulae for the sun, as in J. J. Michalsky, Solar Energy 40,
    227-235, 1988, doi 10.1016/0038-092X(88)90045-X.
    """
    n = (np.asarray(time_s, dtype=np.float64) - 946728000.0) / 86400.0
    mean_longitude = np.radians((280.460 + 0.9856474 * n) % 360.0)
    anomaly = np.radians((357.528 + 0.9856003 * n) % 360.0)
    ecliptic = mean_longitude + np.radians(1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 0.0000004 * n)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    sidereal_h = 6.697375 + 0.0657098242 * n + (n - 0.5) % 1.0 * 24.0
    hour_angle = np.radians(sidereal_h % 24.0 * 15.0 + longitude) - ascension
    phi = np.radians(latitude)
    sine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    elevation: FloatArray = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
    return elevation


def clear_sky_illuminance_lx(elevation_deg: FloatArray) -> FloatArray:
    """Light on level ground under a clear sky [lx]; 0 with the sun below the horizon.

    Notes
    -----
    Direct light 127.5 klx exp(-0.21 m) sin h through the air mass m = 1/sin h, and sky light
    (0.8 + 15.5 sin(h)^0.5) klx.

    References
    ----------
    IES Calculation Procedures Committee, "Recommended practice for the calculation of daylight
    availability," Journal of the IES 13, 381-392, 1984, doi 10.1080/00994480.1984.10748791.
    """
    sine = np.maximum(np.sin(np.radians(elevation_deg)), 0.0)
    up = sine > 0
    safe = np.where(up, sine, 1.0)
    direct = 127500.0 * np.exp(-0.21 / safe) * safe
    return np.where(up, direct + 800.0 + 15500.0 * np.sqrt(safe), 0.0)
