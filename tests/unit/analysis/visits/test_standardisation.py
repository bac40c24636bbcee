"""Rates of a standard day: neither how long nor when a node was awake makes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.aggregates.effort import PIECE_S, Bouts, day_tally, split_bouts
from sera_analysis.aggregates.sun import NIGHT, solar_part
from sera_analysis.aggregates.weather import FLIGHT, Weather
from sera_analysis.visits.standardisation import no_rate_reason, standardised_rate

HOURS = np.full(12, 2.0)


def test_each_part_of_the_day_weighs_the_same_however_long_it_was_watched() -> None:
    visits_per_hour = np.arange(12.0)
    effort = np.array([1, 9, 2, 3, 1, 1, 5, 2, 2, 2, 4, 8.0])
    result = standardised_rate(visits_per_hour * effort, effort)
    assert result.rate == pytest.approx(visits_per_hour.mean())
    assert result.hours == effort.sum()


@given(st.lists(st.floats(2.0, 50.0), min_size=12, max_size=12), st.floats(0.01, 100))
def test_a_constant_rate_comes_back_from_any_effort(effort: list[float], rate: float) -> None:
    hours = np.array(effort)
    assert standardised_rate(rate * hours, hours).rate == pytest.approx(rate, rel=1e-9)


def test_watching_only_noon_is_refused_though_the_hours_are_many() -> None:
    effort = np.zeros(12)
    effort[4:8] = 40.0
    result = standardised_rate(effort * 3, effort)
    assert np.isnan(result.rate)
    assert str(no_rate_reason(result.hours.item(), result.parts.item(), 14)) == (
        "4 of 12 parts of the day watched for half an hour; 10 needed"
    )


def test_a_part_watched_for_under_half_an_hour_does_not_count() -> None:
    effort = 2 * HOURS
    effort[:3] = 0.49
    assert np.isnan(standardised_rate(effort, effort).rate)
    effort[2] = 0.5
    assert standardised_rate(effort, effort).rate == pytest.approx(1)


def test_too_few_hours_are_refused_with_the_days_that_are_missing() -> None:
    effort = np.ones(12)
    result = standardised_rate(effort, effort)
    assert np.isnan(result.rate)
    assert str(no_rate_reason(12, 12, 6)) == "12 h watched in flight weather; 20 h needed; about 4 more days"
    assert str(no_rate_reason(19, 12, 19)) == "19 h watched in flight weather; 20 h needed; about 1 more day"


def test_no_effort_gives_no_rate_rather_than_zero() -> None:
    assert np.isnan(standardised_rate(np.zeros(12), np.zeros(12)).rate)
    assert str(no_rate_reason(0, 0, 0)) == "0 h watched; 20 h needed"


def test_watching_without_a_visit_is_a_rate_of_zero() -> None:
    assert standardised_rate(np.zeros(12), HOURS).rate == 0


def test_enough_effort_is_not_refused() -> None:
    assert no_rate_reason(24, 12, 5) is None


def _watch(time_s: float, awake_s: float, visits: float) -> Bouts:
    return Bouts(("n-1", "n-2"), np.array([0]), np.array([time_s]), np.array([awake_s]), np.array([[visits]]))


DAY_S = 86_400
MIDNIGHTS = np.array([0, DAY_S, 2 * DAY_S])
# The sun is up from 6 to 18 o'clock, so that each part lasts an hour.
SUN = np.array([[21_600.0, 64_800.0], [21_600.0 + DAY_S, 64_800.0 + DAY_S]])
DRY = np.zeros(96, dtype=bool)
FINE = Weather(np.arange(96), np.full(96, FLIGHT), DRY, DRY)


def test_a_long_watch_is_shared_out_over_the_parts_it_touches() -> None:
    tally = day_tally(_watch(9 * 3600.0, 2 * 3600.0, 8.0), MIDNIGHTS, SUN, FINE)
    assert tally.flight_h[0, 0].tolist() == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert tally.flight_visits[0, 0, 1:3].tolist() == [4, 4]
    assert tally.effort_h.tolist() == [[2, 0], [0, 0]]


def test_a_watch_that_ends_at_midnight_belongs_to_the_day_before() -> None:
    tally = day_tally(_watch(float(DAY_S), 900.0, 1.0), MIDNIGHTS, SUN, FINE)
    assert tally.effort_h[0].tolist() == [0.25, 0]
    assert tally.daylight_h.sum() == 0


@given(st.floats(1, 20_000), st.floats(0, 500))
def test_pieces_keep_seconds_and_visits(awake_s: float, visits: float) -> None:
    bouts = split_bouts(_watch(50_000.0, awake_s, visits))
    assert bouts.awake_s.sum() == pytest.approx(awake_s)
    assert bouts.visits.sum() == pytest.approx(visits)
    assert bouts.awake_s.max() <= PIECE_S * (1 + 1e-9)
    assert bouts.time_s.min() > 50_000 - awake_s


def test_the_parts_are_twelve_equal_ones_between_sunrise_and_sunset() -> None:
    times = np.array([21_599.0, 21_600.0, 25_199.0, 25_200.0, 64_799.0, 64_800.0])
    assert solar_part(times, np.zeros(6, dtype=np.int64), SUN).tolist() == [NIGHT, 0, 0, 1, 11, NIGHT]


def test_a_day_without_sunrise_has_no_parts() -> None:
    sun = np.full((1, 2), np.nan)
    assert solar_part(np.array([40_000.0]), np.zeros(1, dtype=np.int64), sun).tolist() == [NIGHT]


def test_weather_that_nobody_measured_is_counted_apart_and_enters_no_rate() -> None:
    empty = np.empty(0, dtype=np.int64)
    weather = Weather(empty, empty, empty.astype(bool), empty.astype(bool))
    tally = day_tally(_watch(9 * 3600.0, 7200.0, 8.0), MIDNIGHTS, SUN, weather)
    assert tally.flight_h.sum() == 0
    assert tally.unknown_weather_h[0, 0] == 2
