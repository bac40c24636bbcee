"""What the hosts of gardens do: watering, mowing and planting, with dates and a sentence for people."""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from sera_simulator.world.chance import Floats, Integers, generator
from sera_simulator.world.garden import Garden
from sera_simulator.world.sun import day_of_year
from sera_simulator.world.weather import Weather
from sera_vocabulary.durations import DAY_S, HOUR_S

WATERING = "watering"
MOWING = "mowing"
PLANTING = "planting"

_DRY_BELOW_MM = 2.0
_GROWING_FROM_C = 8.0
_WATERING_FROM_C = 13.0


class Action(NamedTuple):
    """One action in a garden: kind, Unix time [s], amount [mm of water, else m2] and caption."""

    garden: str
    kind: str
    time_s: int
    amount: float
    caption: str


def local_time_s(day: dt.date, hour: int, timezone: str) -> int:
    """Unix time [s] of a full hour of a day on the clocks of a time zone."""
    return int(dt.datetime.combine(day, dt.time(hour), ZoneInfo(timezone)).timestamp())


def _watering(garden: Garden, day: dt.date, amount_mm: float) -> Action:
    text = f"The host of {garden.name} watered the beds on {day.day} {day:%B} ({amount_mm:.0f} mm)."
    return Action(garden.id, WATERING, local_time_s(day, 20, garden.timezone), amount_mm, text)


def _mowing(garden: Garden, day: dt.date) -> Action:
    area = round(0.4 * garden.area_m2)
    text = f"The host of {garden.name} mowed {area} m² of grass on {day.day} {day:%B}."
    return Action(garden.id, MOWING, local_time_s(day, 11, garden.timezone), float(area), text)


def _planting(garden: Garden, day: dt.date, area_m2: int) -> Action:
    text = f"The host of {garden.name} planted {area_m2} m² of flowers on {day.day} {day:%B}."
    return Action(garden.id, PLANTING, local_time_s(day, 10, garden.timezone), float(area_m2), text)


def plan_actions(
    garden: Garden, weather: Weather, start: dt.date, days: int, seed: int
) -> tuple[Action, ...]:
    """Plan what a host does in a season.

    Parameters
    ----------
    garden
        The garden.
    weather
        Its hourly weather, from at least three days before the start on.
    start, days
        First local day and number of days.
    seed
        Seed of the season.

    Returns
    -------
    tuple of Action
        In order of time: watering on a third of the evenings when three warm days brought under 2 mm,
        mowing as often as the garden's character says and planting about every 40 days in growing weather.
    """
    source = generator(seed, "actions", garden.id)
    planned = []
    mow_in, plant_in = (int(number) for number in source.integers((3, 1), (12, 20)))
    mow_every = garden.character.mown_every_d
    mow_in = min(mow_in, mow_every)
    for index in range(days):
        day = start + dt.timedelta(days=index)
        chance, water_mm, area = source.random(3).tolist()
        rain_mm, mean_c = _last_three_days(weather, local_time_s(day, 20, garden.timezone))
        if index >= plant_in and mean_c > _GROWING_FROM_C:
            planned.append(_planting(garden, day, 2 + round(6 * area)))
            plant_in = index + 40
        if mow_every and index >= mow_in and mean_c > _GROWING_FROM_C:
            planned.append(_mowing(garden, day))
            mow_in = index + mow_every
        if rain_mm < _DRY_BELOW_MM and mean_c > _WATERING_FROM_C and chance < 1 / 3:
            planned.append(_watering(garden, day, float(round(4 + 8 * water_mm))))
    return tuple(planned)


def _last_three_days(weather: Weather, time_s: int) -> tuple[float, float]:
    """Rain [mm] and mean temperature [degree Celsius] of the 72 hours before a time."""
    end = int((time_s - weather.time_s[0]) // HOUR_S)
    span = slice(max(end - 72, 0), end)
    return float(weather.rain_mm[span].sum()), float(weather.temperature_c[span].mean())


def flowers(garden: Garden, time_s: Integers, planned: tuple[Action, ...], seed: int) -> Floats:
    """Follow the flowers of a garden: 1 is an ordinary garden in full bloom, shape of the times.

    Notes
    -----
    A bell over the year that never falls below 0.2; mowing takes half of the flowers, which come back in
    about ten days; planting adds 3 % a square metre over the same time.
    """
    chance = float(np.exp(0.25 * generator(seed, "flowers", garden.id).standard_normal()))
    abundance = chance * garden.character.flowers
    peak = 178.0 if garden.latitude >= 0 else 178.0 - 365.25 / 2
    apart = (day_of_year(time_s) - peak + 365.25 / 2) % 365.25 - 365.25 / 2
    factor = abundance * (0.2 + 0.8 * np.exp(-0.5 * (apart / 55.0) ** 2))
    for action in planned:
        since_d = (time_s - action.time_s) / DAY_S
        recovery = np.exp(-np.maximum(since_d, 0) / 10)
        if action.kind == MOWING:
            factor *= np.where(since_d >= 0, 1 - 0.5 * recovery, 1.0)
        elif action.kind == PLANTING:
            factor *= np.where(since_d >= 0, 1 + 0.03 * action.amount * (1 - recovery), 1.0)
    return factor


def watering_by_hour(planned: tuple[Action, ...], time_s: Integers) -> Floats:
    """Place a host's waterings in the hours that begin at the times [mm]."""
    watered = np.zeros(len(time_s))
    for action in planned:
        if action.kind == WATERING:
            watered[(action.time_s - int(time_s[0])) // HOUR_S] += action.amount
    return watered
