"""The weather of a community, hour by hour, and of each of its gardens up to small differences."""

from typing import NamedTuple

import numpy as np

from sera_simulator.world.chance import Floats, Integers, Truths, autoregression, generator
from sera_simulator.world.sun import day_of_year, sun_position
from sera_vocabulary.durations import DAY_S, HOUR_S

_YEAR_D = 365.25


class Climate(NamedTuple):
    """What the weather of a place swings around; see docs/simulator.md for the numbers' origin."""

    temperature_mean_c: float
    temperature_half_range_c: float
    warmest_day: float
    wet_share_mean: float = 0.37
    wet_share_half_range: float = 0.06
    wet_persistence: float = 0.30
    rain_mean_mm: float = 5.6
    rain_shape: float = 0.75
    anomaly_deviation_c: float = 2.6
    anomaly_persistence: float = 0.72
    wind_median_m_s: float = 2.2
    pressure_mean_hpa: float = 1014.0


class Weather(NamedTuple):
    """Hourly weather: instantaneous at `time_s`, but rainfall within the hour that begins there.

    Every array has shape (hours,): Unix time [s], temperature [degree Celsius], cloud cover [0 to 1],
    rainfall [mm], wind speed [m/s], relative humidity [%], pressure [hPa].
    """

    time_s: Integers
    temperature_c: Floats
    cloud: Floats
    rain_mm: Floats
    wind_m_s: Floats
    humidity_percent: Floats
    pressure_hpa: Floats


class Days(NamedTuple):
    """Daily weather, each of shape (days,), for blocks of 24 hours from the first hour on."""

    wet: Truths
    rain_mm: Floats
    temperature_c: Floats
    diurnal_range_c: Floats
    cloud_logit: Floats
    dew_point_c: Floats
    wind_m_s: Floats
    pressure_hpa: Floats


class Surroundings(NamedTuple):
    """How a garden differs from its community: warmer or colder, wetter, shaded, sheltered."""

    temperature_offset_c: float
    rain_factor: float
    light_factor: float
    wind_factor: float


def climate(latitude_deg: float) -> Climate:
    """Describe the maritime climate of a latitude, set by eye after western Europe near sea level."""
    mean = 28.0 * float(np.cos(np.radians(latitude_deg))) ** 2
    warmest = 203.0 if latitude_deg >= 0 else 203.0 - _YEAR_D / 2
    return Climate(mean, 0.125 * abs(latitude_deg), warmest)


def _season(day: Floats, peak_day: float) -> Floats:
    """Follow a wave through the year, 1 at the peak day and -1 half a year later."""
    return np.cos(2 * np.pi * (day - peak_day) / _YEAR_D)


def wet_days(day: Floats, place: Climate, seed: int) -> Truths:
    """Draw which days are wet by a two-state Markov chain whose wet share follows the season.

    References
    ----------
    Richardson, C.W. (1981), Stochastic simulation of daily precipitation, temperature, and solar
    radiation, Water Resources Research 17, 182-190, doi 10.1029/WR017i001p00182.
    """
    share = place.wet_share_mean - place.wet_share_half_range * _season(day, place.warmest_day)
    chances = generator(seed, "weather", "wet").random(len(day))
    wet = np.zeros(len(day), dtype=np.bool_)
    before = False
    for place_of_day, chance in enumerate(chances.tolist()):
        base = float(share[place_of_day])
        keep = place.wet_persistence
        before = chance < (base + keep * (1 - base) if before else base * (1 - keep))
        wet[place_of_day] = before
    return wet


def _rain_by_day(wet: Truths, place: Climate, seed: int) -> Floats:
    """Rain of each day [mm], gamma distributed on wet days."""
    source = generator(seed, "weather", "rain")
    amount = source.gamma(place.rain_shape, place.rain_mean_mm / place.rain_shape, len(wet))
    return np.where(wet, np.maximum(amount, 0.2), 0.0)


def daily_weather(start_s: int, days: int, latitude_deg: float, seed: int) -> Days:
    """Draw the weather of days in a row.

    Parameters
    ----------
    start_s
        Unix time [s] at which the first day begins.
    days
        How many days.
    latitude_deg
        Latitude of the community [degree].
    seed
        Seed of the season.
    """
    place = climate(latitude_deg)
    noon_s = start_s + DAY_S * np.arange(days) + DAY_S // 2
    day = day_of_year(noon_s)
    wet = wet_days(day, place, seed)

    def wander(name: str, persistence: float) -> Floats:
        return autoregression(generator(seed, "weather", name), days, persistence)

    cloud_logit = -0.1 + 1.9 * wet + 1.1 * wander("cloud", 0.4)
    anomaly = place.anomaly_deviation_c * wander("temperature", place.anomaly_persistence)
    season = place.temperature_half_range_c * _season(day, place.warmest_day)
    mean = place.temperature_mean_c + season + anomaly - 0.6 * wet
    highest_sun = 90 - np.abs(latitude_deg - 23.44 * _season(day, 172.5))
    height = 0.5 + 0.5 * np.clip(highest_sun / 60, 0, 1)
    diurnal_range = (3.5 + 8.0 * (1 - _logistic(cloud_logit))) * height
    dew = mean - diurnal_range / 2 - 0.5 - 1.2 * np.abs(wander("dew", 0.5)) * ~wet
    wind = place.wind_median_m_s * np.exp(0.45 * wander("wind", 0.6))
    pressure = place.pressure_mean_hpa - 5.0 * wet + 8.0 * wander("pressure", 0.7)
    return Days(wet, _rain_by_day(wet, place, seed), mean, diurnal_range, cloud_logit, dew, wind, pressure)


def _logistic(value: Floats) -> Floats:
    return 1 / (1 + np.exp(-value))


def _rain_by_hour(days: Days, seed: int) -> Floats:
    """Spread each day's rain over neighbouring hours; the hours of a day add up to the day."""
    showers = autoregression(generator(seed, "weather", "showers"), 24 * len(days.wet), 0.75).reshape(-1, 24)
    hours = np.clip(np.rint(2 + 0.6 * days.rain_mm), 2, 14).astype(np.int64)
    lowest = np.take_along_axis(np.sort(showers, axis=1), (23 - hours)[:, None], axis=1)
    weight = np.maximum(showers - lowest, 0)
    return np.ravel(days.rain_mm[:, None] * weight / weight.sum(axis=1, keepdims=True))


def saturation_pressure_hpa(temperature_c: Floats) -> Floats:
    """Saturation vapour pressure over water [hPa].

    References
    ----------
    Alduchov, O.A., Eskridge, R.E. (1996), Improved Magnus form approximation of saturation vapor
    pressure, Journal of Applied Meteorology 35, 601-609.
    """
    return 6.1094 * np.exp(17.625 * temperature_c / (temperature_c + 243.04))


def hourly_weather(start_s: int, days: int, latitude_deg: float, longitude_deg: float, seed: int) -> Weather:
    """Draw the weather of a community, hour by hour.

    Parameters
    ----------
    start_s, days
        Unix time [s] at which the first day begins, and how many days.
    latitude_deg, longitude_deg
        Centre of the community [degree].
    seed
        Seed of the season.

    Returns
    -------
    Weather
        24 hours a day. More days begin with the same hours, but for the last twelve.
    """
    daily = daily_weather(start_s, days, latitude_deg, seed)
    time_s = start_s + HOUR_S * np.arange(24 * days)
    noon_s = start_s + DAY_S * np.arange(days) + DAY_S // 2

    def through_days(values: Floats) -> Floats:
        return np.interp(time_s, noon_s, values)

    def flicker(name: str) -> Floats:
        return autoregression(generator(seed, "weather", "hourly", name), 24 * days, 0.85)

    rain = _rain_by_hour(daily, seed)
    solar_hour = sun_position(time_s, latitude_deg, longitude_deg).solar_hour
    swing = np.cos(2 * np.pi * (solar_hour - 15) / 24)
    cloud = _logistic(through_days(daily.cloud_logit) + 0.8 * flicker("cloud"))
    cloud = np.where(rain > 0, np.maximum(cloud, 0.85), cloud)
    temperature = through_days(daily.temperature_c) + 0.5 * through_days(daily.diurnal_range_c) * swing
    temperature += 0.4 * flicker("temperature") - 0.5 * (rain > 0)
    vapour = saturation_pressure_hpa(through_days(daily.dew_point_c))
    humidity = 100 * vapour / saturation_pressure_hpa(temperature)
    humidity = np.where(rain > 0, np.maximum(humidity, 92.0), humidity)
    wind = through_days(daily.wind_m_s) * (1 + 0.3 * swing) * np.exp(0.15 * flicker("wind"))
    pressure = through_days(daily.pressure_hpa)
    return Weather(time_s, temperature, cloud, rain, wind, np.clip(humidity, 15, 100), pressure)


def surroundings(garden: str, seed: int) -> Surroundings:
    """Draw how a garden differs from its community."""
    source = generator(seed, "surroundings", garden)
    offset, rain, light, wind = source.standard_normal(4).tolist()
    return Surroundings(
        temperature_offset_c=0.4 * offset,
        rain_factor=float(np.exp(0.06 * rain)),
        light_factor=float(np.clip(0.85 + 0.1 * light, 0.5, 1.0)),
        wind_factor=float(np.exp(0.2 * wind)),
    )


def garden_weather(community: Weather, around: Surroundings) -> Weather:
    """Turn the weather of the community into that of one garden.

    Notes
    -----
    Humidity follows the temperature offset with the vapour pressure unchanged.
    """
    temperature = community.temperature_c + around.temperature_offset_c
    ratio = saturation_pressure_hpa(community.temperature_c) / saturation_pressure_hpa(temperature)
    return community._replace(
        temperature_c=temperature,
        rain_mm=community.rain_mm * around.rain_factor,
        wind_m_s=community.wind_m_s * around.wind_factor,
        humidity_percent=np.clip(community.humidity_percent * ratio, 15, 100),
    )


def weather_at(weather: Weather, time_s: Integers | Floats, step_s: int) -> Weather:
    """Read the weather at the ends of steps.

    Parameters
    ----------
    weather
        Hourly weather that spans the times.
    time_s
        Unix times [s] at which steps end, shape (rows,).
    step_s
        Length of a step [s]; steps do not cross an hour.

    Returns
    -------
    Weather
        Instantaneous values between the hours by straight lines; `rain_mm` is the rain of the step that
        ends at the time.
    """
    hour = (np.asarray(time_s) - step_s // 2 - weather.time_s[0]) // HOUR_S
    columns = {
        name: np.interp(time_s, weather.time_s, values)
        for name, values in weather._asdict().items()
        if name not in ("time_s", "rain_mm")
    }
    rain = weather.rain_mm[hour.astype(np.int64)] * step_s / HOUR_S
    return Weather(time_s=np.asarray(time_s, dtype=np.int64), rain_mm=rain, **columns)
