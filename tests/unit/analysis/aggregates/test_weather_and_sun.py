"""Flight weather, local days, and where the sun stands."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from astral import Observer
from astral.sun import elevation

from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.sun import (
    clear_sky_illuminance_lx,
    solar_elevation_deg,
    sun_times,
)
from sera_analysis.aggregates.weather import (
    FLIGHT,
    GROUNDED,
    UNKNOWN,
    AirReadings,
    flight_weather,
    garden_weather,
)
from sera_store.local_clock import local_date

CLEAR_LX = 80_000.0
NAN = np.nan


@pytest.mark.parametrize(
    ("temperature", "light", "rain", "expected"),
    [
        (13.0, 40_000.0, 0.0, FLIGHT),
        (12.9, 80_000.0, 0.0, GROUNDED),
        (13.0, 39_000.0, 0.0, GROUNDED),
        (15.0, 5_000.0, 0.0, FLIGHT),
        (25.0, 80_000.0, 0.2, GROUNDED),
        (14.0, NAN, 0.0, GROUNDED),
        (20.0, 80_000.0, NAN, FLIGHT),
        (NAN, 80_000.0, 0.0, UNKNOWN),
    ],
)
def test_flight_weather_is_dry_and_13_degrees_clear_or_15_cloudy(
    temperature: float, light: float, rain: float, expected: int
) -> None:
    weather = flight_weather(*(np.array([x]) for x in (temperature, light, rain, CLEAR_LX)))
    assert weather.tolist() == [expected]


def _air(rows: list[tuple[int, float, float, float, float]]) -> AirReadings:
    node, *columns = zip(*rows, strict=True)
    time_s, temperature, light, rain = (np.array(column, dtype=np.float64) for column in columns)
    return AirReadings(np.array(node), time_s, temperature, light, rain)


NOON_S = 1_780_311_600.0


def test_one_node_in_full_sun_does_not_decide_for_three() -> None:
    air = _air([(n, NOON_S, warmth, 0.0, 0.0) for n, warmth in enumerate((12.0, 12.0, 30.0))])
    assert garden_weather(air, 51.5, -2.6).at(np.array([NOON_S])).tolist() == [GROUNDED]


def test_weather_is_taken_from_within_an_hour_and_not_from_farther() -> None:
    weather = garden_weather(_air([(0, NOON_S, 20.0, 0.0, 0.0)]), 51.5, -2.6)
    assert weather.at(NOON_S + np.array([0.0, 3600.0, 3 * 3600.0])).tolist() == [FLIGHT, FLIGHT, UNKNOWN]


def test_what_was_not_measured_is_said() -> None:
    air = _air([(0, NOON_S, 20.0, NAN, 0.0), (0, NOON_S + 86_400, 20.0, 50_000.0, NAN)])
    midnights = np.array([NOON_S - 43_200, NOON_S + 43_200, NOON_S + 129_600]).astype(np.int64)
    no_rain, no_light = garden_weather(air, 51.5, -2.6).unmeasured(midnights)
    assert (no_rain.tolist(), no_light.tolist()) == ([False, True], [True, False])


def test_a_garden_without_air_readings_has_no_known_weather() -> None:
    empty_readings = AirReadings(np.empty(0, dtype=np.int64), *(np.empty(0) for _ in range(4)))
    assert garden_weather(empty_readings, 51.5, -2.6).at(np.array([NOON_S])).tolist() == [UNKNOWN]


def test_the_day_the_clocks_go_forward_has_23_hours() -> None:
    starts = Days(date(2026, 3, 28), 3).starts_s("Europe/London")
    assert (np.diff(starts) / 3600).tolist() == [24, 23, 24]
    assert local_date(float(starts[1]) - 1, "Europe/London") == date(2026, 3, 28)


@pytest.mark.parametrize(
    ("latitude", "longitude", "timezone"),
    [
        (51.5, -2.6, "Europe/London"),
        (-43.5, 172.6, "Pacific/Auckland"),
        (37.8, -122.4, "America/Los_Angeles"),
    ],
)
def test_the_sun_rises_and_sets_within_its_local_day(
    latitude: float, longitude: float, timezone: str
) -> None:
    starts = Days(date(2026, 1, 1), 365).starts_s(timezone)
    sun = sun_times(date(2026, 1, 1), 365, latitude, longitude, timezone)
    assert (sun[:, 0] > starts[:-1]).all()
    assert (sun[:, 1] < starts[1:]).all()


def test_there_is_no_sunset_in_the_polar_summer() -> None:
    assert np.isnan(sun_times(date(2026, 6, 20), 1, 69.6, 18.9, "Europe/Oslo")).all()


@pytest.mark.parametrize(("latitude", "longitude"), [(51.5, -2.6), (-33.9, 151.2), (60.2, 24.9)])
def test_the_sun_stands_where_astral_sees_it(latitude: float, longitude: float) -> None:
    times = np.arange(1_767_225_600, 1_798_761_600, 37 * 3600)
    expected = [
        elevation(Observer(latitude, longitude), datetime.fromtimestamp(t, UTC), with_refraction=False)
        for t in times.tolist()
    ]
    assert solar_elevation_deg(times, latitude, longitude) == pytest.approx(expected, abs=0.05)


def test_a_clear_sky_gives_about_a_hundred_thousand_lux_and_none_at_night() -> None:
    light = clear_sky_illuminance_lx(np.array([-10.0, 60.0]))
    assert light[0] == 0
    assert 90_000 < light[1] < 115_000
