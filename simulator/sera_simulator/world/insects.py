"""How many insects of each group come to the flowers, by season, hour, weather and flowers."""

from typing import NamedTuple

import numpy as np

from sera_simulator.world.chance import Floats, Integers, Truths, autoregression, generator
from sera_vocabulary.measurements import INSECT_GROUPS

GROUPS = len(INSECT_GROUPS)
_YEAR_D = 365.25
_OUTSIDE_FLIGHT_WEATHER = 0.3
_CLEAR_BELOW = 0.5
_CLEAR_FROM_C = 13.0
_CLOUDY_FROM_C = 15.0


class Habit(NamedTuple):
    """When a group flies: visits per hour of one view at its best, season, hour and temperatures."""

    visits_per_hour: float
    peak_day: float
    season_d: float
    peak_hour: float
    hours: float
    lowest_c: float
    best_c: float


# In the order of the vocabulary's INSECT_GROUPS: peak day and spread for the northern temperate zone.
HABITS = (
    Habit(6.0, 188, 48, 12.5, 4.5, 7.0, 17.0),
    Habit(5.0, 185, 52, 13.0, 3.2, 10.0, 20.0),
    Habit(2.5, 150, 38, 12.5, 2.8, 11.0, 21.0),
    Habit(0.7, 225, 32, 13.0, 3.5, 10.0, 20.0),
    Habit(5.5, 195, 45, 11.5, 3.5, 9.0, 19.0),
    Habit(5.0, 185, 60, 12.0, 4.0, 7.0, 17.0),
    Habit(1.1, 205, 40, 13.0, 2.6, 12.0, 22.0),
    Habit(1.3, 172, 32, 13.0, 3.5, 10.0, 20.0),
    Habit(3.2, 182, 50, 12.5, 4.0, 9.0, 19.0),
    Habit(0.7, 190, 60, 13.0, 4.0, 9.0, 19.0),
)


def flight_weather(temperature_c: Floats, cloud: Floats, rain_mm: Floats) -> Truths:
    """Return when it is dry and at least 13 degrees under a clear sky, or 15 degrees under a cloudy one.

    References
    ----------
    UK Pollinator Monitoring Scheme, Flower-Insect Timed Count: survey guidance (clear: less than half of
    the sky under cloud).
    """
    needed_c = np.where(cloud < _CLEAR_BELOW, _CLEAR_FROM_C, _CLOUDY_FROM_C)
    flyable: Truths = np.logical_and(temperature_c >= needed_c, rain_mm == 0)
    return flyable


def phenology(day: Floats, habit: Habit, latitude_deg: float) -> Floats:
    """Share of a group's best season on a day of the year, 0 to 1.

    Notes
    -----
    A bell over the year around the peak day; half a year later on the southern half, and fading into
    an even 0.7 towards the equator from 35 degrees on.
    """
    peak = habit.peak_day if latitude_deg >= 0 else habit.peak_day + _YEAR_D / 2
    apart = (day - peak + _YEAR_D / 2) % _YEAR_D - _YEAR_D / 2
    bell = np.exp(-0.5 * (apart / habit.season_d) ** 2)
    seasonal = min(abs(latitude_deg) / 35.0, 1.0)
    return seasonal * bell + (1 - seasonal) * 0.7


def warmth(temperature_c: Floats, habit: Habit) -> Floats:
    """Share of a group's best activity at a temperature: none below its lowest, less from 32 degrees."""
    rising = np.clip((temperature_c - habit.lowest_c) / (habit.best_c - habit.lowest_c), 0, 1)
    falling = np.clip((40.0 - temperature_c) / 8.0, 0, 1)
    return rising * falling


def day_of_activity(garden: str, days: int, seed: int) -> Floats:
    """Draw good and bad days of each group in a garden: factors of mean 1 that last, shape (days, groups)."""
    deviation = 0.35
    factors = [
        autoregression(generator(seed, "insects", garden, group.name), days, 0.6) for group in INSECT_GROUPS
    ]
    return np.exp(deviation * np.stack(factors, axis=1) - deviation**2 / 2)


class FlightConditions(NamedTuple):
    """All that decides on flight, at steps: each of shape (rows,), and the flowers' factor."""

    day_of_year: Floats
    solar_hour: Floats
    elevation_deg: Floats
    temperature_c: Floats
    cloud: Floats
    rain_mm: Floats
    flowers: Floats


def visit_rates(conditions: FlightConditions, latitude_deg: float) -> Floats:
    """Return the insects per hour [1/h] that are expected in one view of flowers, by group.

    Parameters
    ----------
    conditions
        Season, hour, weather and flowers at each step; flowers 1 is an ordinary garden in full bloom.
    latitude_deg
        Latitude [degree].

    Returns
    -------
    numpy.ndarray
        Rates, shape (rows, groups); 0 with the sun down, in rain, and below a group's lowest temperature.
    """
    flying = (conditions.elevation_deg > 0) & (conditions.rain_mm == 0)
    inside = flight_weather(conditions.temperature_c, conditions.cloud, conditions.rain_mm)
    shared = flying * np.where(inside, 1.0, _OUTSIDE_FLIGHT_WEATHER) * conditions.flowers**0.7
    columns = []
    for habit in HABITS:
        hour = np.exp(-0.5 * ((conditions.solar_hour - habit.peak_hour) / habit.hours) ** 2)
        season = phenology(conditions.day_of_year, habit, latitude_deg)
        columns.append(
            habit.visits_per_hour * shared * hour * season * warmth(conditions.temperature_c, habit)
        )
    return np.stack(columns, axis=1)


def insects_present(rates_per_h: Floats, step_s: int, source: np.random.Generator) -> Integers:
    """Draw how many insects come in each step, more scattered than by pure chance.

    Notes
    -----
    Negative binomial: a Poisson number whose mean is multiplied by a gamma number of mean 1 and shape 2
    in each step and group, since insects come in company.
    """
    company, number = source.spawn(2)
    return number.poisson(rates_per_h * company.gamma(2.0, 0.5, rates_per_h.shape) * step_s / 3600)
