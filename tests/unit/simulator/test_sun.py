"""The sun stands where astral says it does, and a clear sky is as bright as it should be."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from astral import Observer
from astral.sun import elevation
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_simulator.world.sun import (
    clear_sky_illuminance,
    clear_sky_irradiance,
    cloud_transmission,
    extraterrestrial_radiation,
    sun_position,
)
from strategies import examples

moments = st.integers(1_577_836_800, 2_208_988_800).map(
    lambda time_s: dt.datetime.fromtimestamp(time_s, dt.UTC)
)


@settings(max_examples=examples(100))
@given(moments, st.floats(-60, 66), st.floats(-179, 179))
def test_the_sun_stands_where_astral_says(moment: dt.datetime, latitude: float, longitude: float) -> None:
    own_hours = sun_position(np.array([int(moment.timestamp())]), latitude, longitude).elevation_deg[0]
    reference_hours = elevation(Observer(latitude, longitude), moment, with_refraction=False)
    assert own_hours == pytest.approx(reference_hours, abs=0.02)


@given(st.floats(-60, 66), st.integers(17_400, 24_300))
@settings(max_examples=examples(50))
def test_the_sun_is_highest_at_solar_noon(latitude: float, day: int) -> None:
    time_s = 86_400 * day + 300 * np.arange(288)
    position = sun_position(time_s, latitude, 20.0)
    assert abs(position.solar_hour[np.argmax(position.elevation_deg)] - 12) < 0.2


def test_a_clear_sky_gets_brighter_as_the_sun_rises() -> None:
    height = np.linspace(-18, 90, 500)
    assert np.all(np.diff(clear_sky_illuminance(height)) > 0)
    assert 90_000 < clear_sky_illuminance(np.array([60.0]))[0] < 110_000
    assert clear_sky_illuminance(np.array([-6.0]))[0] == pytest.approx(3.4, abs=0.1)


def test_there_is_no_irradiance_below_the_horizon() -> None:
    assert clear_sky_irradiance(np.array([-5.0, 0.0])).tolist() == [0.0, 0.0]


def test_a_full_cloud_cover_lets_a_quarter_pass() -> None:
    assert cloud_transmission(np.array([0.0, 1.0])).tolist() == [1.0, 0.25]


def test_extraterrestrial_radiation_agrees_with_the_worked_example_of_fao_56() -> None:
    # FAO Irrigation and Drainage Paper 56, example 8: 20 degrees south, 3 September, 32.2 MJ/m2/d.
    day = np.array([dt.datetime(2025, 9, 3, 12, tzinfo=dt.UTC).timestamp()])
    assert extraterrestrial_radiation(day, -20.0)[0] == pytest.approx(32.2, abs=0.2)
