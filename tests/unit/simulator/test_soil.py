"""Soil water is neither made nor lost, depth damps soil temperature, a probe reads what is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_simulator.world.soil import (
    COUNTS_HIGHEST,
    Calibration,
    Soil,
    raw_counts,
    reference_evapotranspiration,
    soil_temperature,
    soil_water,
)
from sera_simulator.world.sun import sun_position
from sera_simulator.world.weather import hourly_weather
from strategies import examples

amounts = st.lists(st.floats(0, 60), min_size=1, max_size=60)


@settings(max_examples=examples(100))
@given(amounts, st.floats(0, 1.2), st.floats(0.12, 0.45))
def test_the_bucket_closes(water: list[float], demand: float, start: float) -> None:
    soil, water_mm = Soil(), np.array(water)
    flow = soil_water(water_mm, np.full(len(water), demand), soil, start)
    gained = 1000 * soil.thickness_m * (flow.moisture[-1] - start)
    left = flow.evapotranspiration_mm.sum() + flow.drainage_mm.sum() + flow.runoff_mm.sum()
    assert gained == pytest.approx(water_mm.sum() - left, abs=1e-7)


@settings(max_examples=examples(100))
@given(amounts, st.floats(0, 1.2), st.floats(0.12, 0.45))
def test_soil_water_stays_between_wilting_and_saturation(
    water: list[float], demand: float, start: float
) -> None:
    soil = Soil()
    flow = soil_water(np.array(water), np.full(len(water), demand), soil, start)
    assert np.all(flow.moisture >= soil.wilting - 1e-12)
    assert np.all(flow.moisture <= soil.saturation + 1e-12)
    assert np.all(np.array(flow[1:]) >= 0)


def test_watering_makes_soil_wetter_for_days() -> None:
    watered = np.zeros(72)
    watered[10] = 10.0
    demand = np.full(72, 0.1)
    dry, wet = (soil_water(water, demand, Soil(), 0.2).moisture for water in (np.zeros(72), watered))
    assert np.all(wet[:10] == dry[:10])
    assert wet[-1] > dry[-1] + 0.02


def test_a_summer_day_in_bristol_evaporates_a_few_millimetres() -> None:
    weather = hourly_weather(1_748_736_000, 60, 51.46, -2.59, seed=1)
    middle = sun_position(weather.time_s + 1800, 51.46, -2.59).elevation_deg
    used = reference_evapotranspiration(weather, 51.46, middle)
    assert 2.5 < used.sum() / 60 < 5.5
    assert np.all(used[middle <= 0] == 0)


def test_the_daily_wave_is_damped_with_depth_as_by_conduction() -> None:
    hours = np.arange(24 * 40)
    air = 15 + 5 * np.sin(2 * np.pi * hours / 24)
    damping_depth_m = np.sqrt(2 * 0.5e-6 * 86400 / (2 * np.pi))
    for depth_m in (0.05, 0.10, 0.30):
        wave = soil_temperature(air, depth_m)[-24:]
        assert np.ptp(wave) / 10 == pytest.approx(np.exp(-depth_m / damping_depth_m), rel=0.25)


def test_a_probe_reads_the_moisture_that_is_there() -> None:
    calibration = Calibration((0.9, -4.5e-4, 5e-8), 0, 0.02)
    moisture = np.linspace(0.12, 0.45, 200)
    counts = raw_counts(moisture, calibration, np.zeros(200))
    back = np.polynomial.polynomial.polyval(counts, calibration.coefficients)
    np.testing.assert_allclose(back, moisture, atol=2.5e-4)


@given(st.floats(-2, 3), st.floats(-1e6, 1e6))
def test_counts_are_whole_and_within_the_converter(moisture: float, noise: float) -> None:
    calibration = Calibration((0.9, -4.5e-4, 5e-8), 0, 0.02)
    [counts] = raw_counts(np.array([moisture]), calibration, np.array([noise]))
    assert counts == int(counts)
    assert 0 <= counts <= COUNTS_HIGHEST
