"""The course of a day and of a season, from nodes that do not watch all the time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.errors import InvalidSampleError
from sera_analysis.visits.activity import activity_curve, half_time, half_time_of_nodes
from sera_analysis.visits.phenology import no_season_reason, quantile_days, weekly_index

BELL = np.exp(-0.5 * ((np.arange(12) + 0.5 - 6) / 2) ** 2)
NAN = float("nan")


def test_the_curve_is_the_mean_of_nodes_however_long_each_watched() -> None:
    hours = np.stack([np.full(12, 1.0), np.full(12, 30.0)])
    rates = np.stack([BELL, 3 * BELL])
    assert activity_curve(rates * hours, hours) == pytest.approx(2 * BELL)


def test_a_part_that_nobody_watched_is_no_rate() -> None:
    hours = np.full((1, 12), 2.0)
    hours[0, 3] = 0.4
    curve = activity_curve(hours * 5, hours)
    assert np.isnan(curve[3])
    assert curve[4] == 5


def test_an_even_day_has_its_half_at_noon_and_an_early_one_before() -> None:
    assert half_time(np.ones(12)) == 6
    early = np.roll(BELL, -2)
    early[-2:] = 0
    assert half_time(early) < 5


@given(st.lists(st.floats(0.1, 50), min_size=12, max_size=12), st.floats(0.01, 100))
def test_half_time_does_not_ask_how_many_came(rates: list[float], factor: float) -> None:
    curve = np.array(rates)
    result = half_time(curve)
    assert half_time(curve * factor) == pytest.approx(result.item())
    assert 0 < result < 12
    # The other half comes after it.
    assert 12 - half_time(curve[::-1]) == pytest.approx(result.item())


def test_nine_parts_make_no_half_time() -> None:
    curve = BELL.copy()
    curve[:2] = NAN
    assert half_time(curve) == pytest.approx(6, abs=0.2)
    curve[2] = NAN
    assert np.isnan(half_time(curve))
    assert np.isnan(half_time(np.zeros(12)))


def test_leaving_a_node_out_gives_the_other_nodes_half_time() -> None:
    hours = np.full((2, 12), 2.0)
    rates = np.stack([BELL, np.roll(BELL, 2)])
    statistic = half_time_of_nodes(rates * hours, hours)
    both, first = statistic(np.array([[1.0, 1.0], [1.0, 0.0]]))
    assert first == pytest.approx(6)
    assert both > first


WEEKS = np.exp(-0.5 * ((np.arange(20) - 9) / 3) ** 2)


def _season(nodes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    view = np.array([1.0, 4.0, 0.5])[:nodes, np.newaxis]
    hours = np.full((nodes, 20), 30.0)
    return 5 * view * WEEKS * hours, hours


def test_the_course_of_a_season_comes_back() -> None:
    visits, hours = _season()
    assert weekly_index(visits, hours).weeks == pytest.approx(WEEKS / WEEKS.mean(), rel=1e-9)


def test_the_strongest_node_falling_silent_does_not_pull_the_season_down() -> None:
    visits, hours = _season()
    hours[1, 8:] = 0
    visits[1, 8:] = 0
    assert weekly_index(visits, hours).weeks == pytest.approx(WEEKS / WEEKS.mean(), rel=1e-6)


def test_a_doubled_node_changes_nothing() -> None:
    visits, hours = _season()
    doubled = weekly_index(np.vstack([visits, visits[1:2]]), np.vstack([hours, hours[1:2]])).weeks
    assert doubled == pytest.approx(weekly_index(visits, hours).weeks, rel=1e-6)


def test_a_week_without_watching_is_a_gap_and_one_without_a_visit_is_zero() -> None:
    visits, hours = _season()
    hours[:, 5] = 0
    visits[:, 5] = 0
    visits[:, 0] = 0
    weeks = weekly_index(visits, hours).weeks
    assert np.isnan(weeks[5])
    assert weeks[0] == 0


def test_a_node_dead_all_season_changes_nothing() -> None:
    visits, hours = _season()
    dead = np.zeros((1, 20))
    result = weekly_index(np.vstack([visits, dead]), np.vstack([hours, dead]))
    assert result.weeks == pytest.approx(weekly_index(visits, hours).weeks)
    assert result.nodes[-1] == 0


def test_the_dates_of_a_bell_are_those_of_the_normal_distribution() -> None:
    # Weeks stand for their middle: 10, 50, 90 % of a bell with a deviation of 3 weeks around week 9.5.
    result = quantile_days(WEEKS)
    assert result == pytest.approx(7 * (9.5 + 3 * np.array([-1.2816, 0, 1.2816])), abs=1)


def test_a_quarter_of_missing_weeks_is_bridged_and_more_is_refused_with_the_share() -> None:
    weeks = WEEKS.copy()
    weeks[[2, 6, 10, 14, 17]] = NAN
    assert quantile_days(weeks)[1] == pytest.approx(66.5, abs=2)
    weeks[4] = NAN
    assert np.isnan(quantile_days(weeks)).all()
    assert str(no_season_reason(weeks)) == (
        "6 of 20 weeks were not watched (30\u00a0%); at most 25\u00a0% may be missing"
    )


def test_a_season_that_was_under_way_has_no_dates() -> None:
    assert "begins in the midst" in str(no_season_reason(WEEKS[8:]))
    assert "ends in the midst" in str(no_season_reason(WEEKS[:12]))


def test_a_short_or_empty_season_has_no_dates() -> None:
    assert str(no_season_reason(np.ones(7))) == "7 weeks watched; 8 needed"
    assert str(no_season_reason(np.zeros(20))) == "no insect came in any watched week"


def test_weeks_without_activity_in_between_do_not_stop_the_dates() -> None:
    weeks = np.array([0, 2, 2, 0, 0, 0, 2, 2, 0.0])
    assert quantile_days(weeks, (0.25, 0.5, 0.75)).tolist() == [14, 21, 49]


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidSampleError, match="nodes by weeks"):
        weekly_index(np.ones((2, 3)), np.ones((3, 2)))
