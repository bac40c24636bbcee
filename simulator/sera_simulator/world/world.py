"""One garden's world: its weather, soil water, flowers and insects, put together from the models."""

import datetime as dt
from typing import NamedTuple

import numpy as np

from sera_simulator.world.actions import Action, flowers, plan_actions, watering_by_hour
from sera_simulator.world.chance import Floats, Integers
from sera_simulator.world.garden import Garden
from sera_simulator.world.insects import FlightConditions, day_of_activity, visit_rates
from sera_simulator.world.soil import reference_evapotranspiration
from sera_simulator.world.sun import (
    clear_sky_illuminance,
    clear_sky_irradiance,
    cloud_transmission,
    day_of_year,
    sun_position,
)
from sera_simulator.world.weather import Surroundings, Weather, garden_weather, surroundings, weather_at
from sera_vocabulary.durations import DAY_S, HOUR_S

# Days before the season in which soil water and soil temperature forget how they began.
SPIN_UP_D = 40


class Timeline(NamedTuple):
    """The steps of a season: first local day, Unix time [s] of the first row, step [s], rows, days."""

    start: dt.date
    start_s: int
    step_s: int
    rows: int
    days: int

    @property
    def time_s(self) -> Integers:
        """Unix times of the rows [s], shape (rows,)."""
        return self.start_s + self.step_s * np.arange(self.rows)

    @property
    def weather_start_s(self) -> int:
        """Unix time at which the weather begins, well before the first row."""
        return self.start_s - SPIN_UP_D * DAY_S

    @property
    def weather_days(self) -> int:
        """Days of weather, to the day after the last row's; a day more where clocks change."""
        return SPIN_UP_D + self.rows * self.step_s // DAY_S + 2


class GardenWorld(NamedTuple):
    """A garden through a season. Hourly arrays begin before the season; the others are by step.

    `hourly` and `steps` are the garden's weather; `water_mm`, `evapotranspiration_mm`, `irradiance_w_m2`
    and `daylight` (sun up in the middle of the hour) are hourly; `elevation_deg` (middle of the step),
    `illuminance_lx` (its end) and `rates_per_h` (rows, groups) are by step.
    """

    garden: Garden
    around: Surroundings
    actions: tuple[Action, ...]
    hourly: Weather
    water_mm: Floats
    evapotranspiration_mm: Floats
    irradiance_w_m2: Floats
    daylight: Floats
    steps: Weather
    elevation_deg: Floats
    illuminance_lx: Floats
    rates_per_h: Floats


def _illuminance(garden: Garden, steps: Weather, around: Surroundings) -> Floats:
    sun = sun_position(steps.time_s, garden.latitude, garden.longitude)
    return clear_sky_illuminance(sun.elevation_deg) * cloud_transmission(steps.cloud) * around.light_factor


def _insect_rates(
    garden: Garden, timeline: Timeline, hourly: Weather, actions: tuple[Action, ...], seed: int
) -> tuple[Floats, Floats]:
    """Solar elevation in the middle of each step, and the visits per hour of each group in it."""
    middle_s = timeline.time_s - timeline.step_s // 2
    sun = sun_position(middle_s, garden.latitude, garden.longitude)
    rain = weather_at(hourly, timeline.time_s, timeline.step_s).rain_mm
    conditions = FlightConditions(
        day_of_year=day_of_year(middle_s),
        solar_hour=sun.solar_hour,
        elevation_deg=sun.elevation_deg,
        temperature_c=np.interp(middle_s, hourly.time_s, hourly.temperature_c),
        cloud=np.interp(middle_s, hourly.time_s, hourly.cloud),
        rain_mm=rain,
        flowers=flowers(garden, middle_s, actions, seed),
    )
    days = day_of_activity(garden.id, timeline.days + 2, seed)
    today = np.maximum((middle_s - timeline.start_s) // DAY_S, 0)
    rates = visit_rates(conditions, garden.latitude) * np.array(garden.character.suits)
    return sun.elevation_deg, rates * days[today]


def garden_world(garden: Garden, timeline: Timeline, community: Weather, seed: int) -> GardenWorld:
    """Simulate a garden through a season.

    Parameters
    ----------
    garden
        The garden.
    timeline
        The season's steps.
    community
        Hourly weather of the community, over the timeline's days of weather.
    seed
        Seed of the season.
    """
    around = surroundings(garden.id, seed)
    hourly = garden_weather(community, around)
    actions = plan_actions(garden, hourly, timeline.start, timeline.days, seed)
    middle = sun_position(hourly.time_s + HOUR_S // 2, garden.latitude, garden.longitude).elevation_deg
    clear = clear_sky_irradiance(middle) * around.light_factor
    steps = weather_at(hourly, timeline.time_s, timeline.step_s)
    elevation, rates = _insect_rates(garden, timeline, hourly, actions, seed)
    return GardenWorld(
        garden=garden,
        around=around,
        actions=actions,
        hourly=hourly,
        water_mm=hourly.rain_mm + watering_by_hour(actions, hourly.time_s),
        evapotranspiration_mm=reference_evapotranspiration(hourly, garden.latitude, middle),
        irradiance_w_m2=clear * cloud_transmission(hourly.cloud),
        daylight=(middle > 0).astype(np.float64),
        steps=steps,
        elevation_deg=elevation,
        illuminance_lx=_illuminance(garden, steps, around),
        rates_per_h=rates,
    )
