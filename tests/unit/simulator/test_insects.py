"""Insects fly by day and in fair weather only, and detectors count on average what the truth says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_simulator.world.chance import generator
from sera_simulator.world.detectors import (
    beam_events,
    camera_counts,
    confusion,
    expected_camera_counts,
    noticed_share,
)
from sera_simulator.world.insects import (
    GROUPS,
    HABITS,
    FlightConditions,
    flight_weather,
    insects_present,
    phenology,
    visit_rates,
)
from sera_vocabulary.measurements import INSECT_GROUPS
from strategies import examples


def conditions(**changed: float) -> FlightConditions:
    """One step on a fine day at the end of June, with some of it changed."""
    fine = {
        "day_of_year": 180.0,
        "solar_hour": 12.5,
        "elevation_deg": 60.0,
        "temperature_c": 21.0,
        "cloud": 0.2,
        "rain_mm": 0.0,
        "flowers": 1.0,
    }
    return FlightConditions(**{name: np.array([value]) for name, value in (fine | changed).items()})


def test_every_group_has_its_habit_and_its_place_in_the_detector() -> None:
    assert len(HABITS) == GROUPS == len(INSECT_GROUPS) == len(noticed_share())
    assert confusion().shape == (GROUPS, GROUPS)
    np.testing.assert_allclose(confusion().sum(axis=1), 1)


def test_every_group_flies_on_a_fine_summer_day() -> None:
    assert np.all(visit_rates(conditions(), 51.0) > 0)


@settings(max_examples=examples(60))
@given(
    st.sampled_from([{"elevation_deg": -0.1}, {"rain_mm": 0.01}, {"temperature_c": 6.9}]),
    st.floats(1, 366),
    st.floats(0, 23.9),
    st.floats(-60, 66),
)
def test_nothing_flies_at_night_in_rain_or_in_the_cold(
    hindered: dict[str, float], day: float, hour: float, latitude: float
) -> None:
    rates = visit_rates(conditions(day_of_year=day, solar_hour=hour, **hindered), latitude)
    assert np.all(rates == 0)


@pytest.mark.parametrize(
    ("temperature", "cloud", "rain", "flyable"),
    [
        (13.0, 0.4, 0.0, True),
        (12.9, 0.4, 0.0, False),
        (14.9, 0.6, 0.0, False),
        (15.0, 0.6, 0.0, True),
        (20.0, 0.1, 0.1, False),
    ],
)
def test_flight_weather_is_that_of_the_monitoring_scheme(
    temperature: float, cloud: float, rain: float, flyable: bool
) -> None:
    weather = flight_weather(np.array([temperature]), np.array([cloud]), np.array([rain]))
    assert bool(weather[0]) is flyable


def test_the_southern_season_is_half_a_year_later() -> None:
    day = np.arange(1.0, 366.0)
    for habit in HABITS:
        apart = abs(int(np.argmax(phenology(day, habit, 51))) - int(np.argmax(phenology(day, habit, -51))))
        assert apart in range(181, 185)


def test_more_flowers_bring_more_insects() -> None:
    few, many = (visit_rates(conditions(flowers=amount), 51.0).sum() for amount in (0.5, 1.5))
    assert many > few


def test_insects_come_as_often_as_expected_and_in_company() -> None:
    rates = np.full((40_000, 1), 6.0)
    present = insects_present(rates, 900, generator(1, "test"))
    # Negative binomial of mean 1.5 and shape 2: variance 1.5 + 1.5^2 / 2 = 2.625.
    assert present.mean() == pytest.approx(1.5, abs=5 * np.sqrt(2.625 / 40_000))
    assert present.var() == pytest.approx(2.625, rel=0.06)


def test_a_camera_counts_on_average_what_the_truth_says() -> None:
    rates = np.tile(np.linspace(0.5, 8.0, GROUPS), (30_000, 1))
    awake_s = np.where(np.arange(30_000) % 2, 450.0, 0.0)
    present = insects_present(rates, 900, generator(7, "present"))
    counts = camera_counts(present, awake_s / 900, generator(7, "camera"))
    expected = expected_camera_counts(rates, awake_s)
    error = counts.std(axis=0) / np.sqrt(len(counts))
    assert np.all(np.abs(counts.mean(axis=0) - expected.mean(axis=0)) < 4.5 * error)
    assert counts[awake_s == 0].sum() == 0


def test_a_camera_never_counts_more_insects_than_came() -> None:
    present = insects_present(np.full((500, GROUPS), 20.0), 900, generator(3, "present"))
    counts = camera_counts(present, np.ones(500), generator(3, "camera"))
    assert np.all(counts.sum(axis=1) <= present.sum(axis=1))


def test_wind_interrupts_a_beam_where_no_insect_came() -> None:
    nobody, awake_s = np.zeros((4000, GROUPS), dtype=np.int64), np.full(4000, 900.0)
    calm = beam_events(nobody, np.zeros(4000), awake_s, generator(1, "beam"))
    windy = beam_events(nobody, np.full(4000, 4.0), awake_s, generator(1, "beam"))
    assert calm.passages.sum() == calm.false_triggers.sum() == 0
    # Six an hour at 4 m/s over 1000 hours, four of five recognised.
    assert windy.false_triggers.sum() == pytest.approx(4800, rel=0.06)
    assert windy.passages.sum() == pytest.approx(1200, rel=0.12)
