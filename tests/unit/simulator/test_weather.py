"""The weather is plausible, stays within physics, and a garden differs from its community only a little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_simulator.world.weather import (
    climate,
    daily_weather,
    garden_weather,
    hourly_weather,
    saturation_pressure_hpa,
    surroundings,
    weather_at,
)
from strategies import examples

START_S = 1_735_689_600  # 2025-01-01T00:00:00Z
BRISTOL = (51.457, -2.588)


def test_as_many_days_are_wet_as_the_climate_says() -> None:
    wet = daily_weather(START_S, 3650, BRISTOL[0], seed=5).wet
    assert np.mean(wet) == pytest.approx(climate(BRISTOL[0]).wet_share_mean, abs=0.04)


def test_a_wet_day_follows_a_wet_day_more_often() -> None:
    wet = daily_weather(START_S, 3650, BRISTOL[0], seed=5).wet
    persistence = np.mean(wet[1:][wet[:-1]]) - np.mean(wet[1:][~wet[:-1]])
    assert persistence == pytest.approx(climate(BRISTOL[0]).wet_persistence, abs=0.06)


def test_the_hours_of_a_day_add_up_to_its_rain() -> None:
    daily = daily_weather(START_S, 400, BRISTOL[0], seed=2)
    hourly = hourly_weather(START_S, 400, *BRISTOL, seed=2)
    np.testing.assert_allclose(hourly.rain_mm.reshape(-1, 24).sum(axis=1), daily.rain_mm, atol=1e-9)


def test_steps_lose_no_rain() -> None:
    hourly = hourly_weather(START_S, 20, *BRISTOL, seed=2)
    ends = START_S + 300 * np.arange(1, 20 * 288 - 12)
    rain = weather_at(hourly, ends, 300).rain_mm
    assert rain.sum() == pytest.approx(hourly.rain_mm[:-1].sum(), abs=1e-9)


def test_summer_is_warmer_than_winter_on_both_halves_of_the_earth() -> None:
    for latitude in (51.0, -51.0):
        months = hourly_weather(START_S, 365, latitude, 0.0, seed=1).temperature_c
        january, july = months[: 31 * 24].mean(), months[181 * 24 : 212 * 24].mean()
        assert (july - january) * np.sign(latitude) > 8


def test_one_day_is_like_the_next() -> None:
    daily = daily_weather(START_S, 2000, 0.0, seed=3)
    anomaly = daily.temperature_c - daily.temperature_c.mean()
    assert np.corrcoef(anomaly[1:], anomaly[:-1])[0, 1] == pytest.approx(0.72, abs=0.08)


@settings(max_examples=examples(40))
@given(st.floats(-60, 66), st.integers(1_000_000_000, 2_100_000_000), st.integers(0, 2**32))
def test_the_weather_stays_within_physics(latitude: float, start_s: int, seed: int) -> None:
    weather = hourly_weather(start_s, 30, latitude, 10.0, seed)
    for name, values in weather._asdict().items():
        assert np.all(np.isfinite(values)), name
    assert np.all((weather.cloud >= 0) & (weather.cloud <= 1))
    assert np.all((weather.humidity_percent >= 0) & (weather.humidity_percent <= 100))
    assert np.all((weather.temperature_c > -45) & (weather.temperature_c < 50))
    assert np.all(weather.rain_mm >= 0)
    assert np.all(weather.wind_m_s > 0)
    assert np.all((weather.pressure_hpa > 940) & (weather.pressure_hpa < 1070))


def test_more_days_begin_with_the_same_hours() -> None:
    short = hourly_weather(START_S, 10, *BRISTOL, seed=4)
    long = hourly_weather(START_S, 20, *BRISTOL, seed=4)
    for few, many in zip(short, long, strict=True):
        np.testing.assert_array_equal(few[:-12], many[: len(few) - 12])


def test_a_garden_differs_from_its_community_only_a_little() -> None:
    community = hourly_weather(START_S, 30, *BRISTOL, seed=4)
    local = garden_weather(community, surroundings("rose-court", 4))
    assert 0 < np.abs(local.temperature_c - community.temperature_c).max() < 2
    assert local.rain_mm.sum() == pytest.approx(community.rain_mm.sum(), rel=0.3)


def test_saturation_pressure_agrees_with_the_table() -> None:
    # World Meteorological Organization, Guide No. 8 (2018), annex 4.B: 23.37 hPa at 20 degrees Celsius.
    assert saturation_pressure_hpa(np.array([20.0]))[0] == pytest.approx(23.37, abs=0.05)
