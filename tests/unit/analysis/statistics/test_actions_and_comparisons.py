"""What an action changed, and gardens side by side."""

from __future__ import annotations

import numpy as np
import pytest

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.action import action_effect
from sera_analysis.statistics.comparison import class_mismatch_reason, paired_difference, same_day_differences

NAN = float("nan")
DAYS, DAY = 80, 40


def _gardens(seed: int, effect: float = 0.0, correlation: float = 0.0) -> np.ndarray:
    """Five gardens under one weather; the first changes on day 40."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(5, DAYS))
    for day in range(1, DAYS):
        own[:, day] = correlation * own[:, day - 1] + np.sqrt(1 - correlation**2) * own[:, day]
    weather = 3 * np.sin(np.arange(DAYS) / 9) + np.linspace(0, 4, DAYS)
    table = 10 + weather + own
    table[0, DAY:] += effect
    return table


def test_a_known_effect_comes_back_though_the_season_moves_all_gardens_more() -> None:
    gardens = _gardens(1, effect=4.0)
    effect = action_effect(gardens[0], gardens[1:], DAY)
    assert effect.value == pytest.approx(4.0, abs=0.6)
    assert effect.interval.low is not None
    assert effect.interval.high is not None
    assert effect.interval.low < effect.value < effect.interval.high
    assert effect.chance is not None
    assert effect.chance <= 0.05
    # Without controls, half of the season's rise would be the action's.
    assert gardens[0, DAY:].mean() - gardens[0, :DAY].mean() > 5


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_where_nothing_was_done_one_date_in_twenty_looks_like_it_and_intervals_hold(
    correlation: float,
) -> None:
    effects = [
        action_effect(gardens[0], gardens[1:], DAY)
        for gardens in (_gardens(seed, 1.0, correlation) for seed in range(150))
    ]
    coverage = np.mean(
        [(effect.interval.low or -9) <= 1.0 <= (effect.interval.high or 9) for effect in effects]
    )
    assert 0.88 <= coverage <= 0.99
    null = [
        action_effect(gardens[0], gardens[1:], DAY).chance or 1.0
        for gardens in (_gardens(seed, 0.0, correlation) for seed in range(150))
    ]
    assert np.mean(np.array(null) <= 0.05) <= 0.12


def test_the_interval_moves_with_the_effect_and_grows_with_its_unit() -> None:
    gardens = _gardens(2, 1.0)
    first = action_effect(gardens[0], gardens[1:], DAY)
    assert first.interval.low is not None
    raised = gardens.copy()
    raised[0, DAY:] += 5
    second = action_effect(raised[0], raised[1:], DAY)
    assert second.interval.low == pytest.approx(first.interval.low + 5)
    third = action_effect(10 * gardens[0], 10 * gardens[1:], DAY)
    assert third.interval.low == pytest.approx(10 * first.interval.low)
    assert third.chance == first.chance


def test_a_control_that_watches_on_half_of_the_days_does_not_pull_the_effect() -> None:
    gardens = _gardens(3)
    whole = action_effect(gardens[0], gardens[1:], DAY).value
    gardens[1] += 50
    gardens[1, DAY:] = NAN
    assert action_effect(gardens[0], gardens[1:], DAY).value == pytest.approx(whole or 0.0, abs=0.5)


def test_two_controls_are_one_too_few() -> None:
    gardens = _gardens(0)
    effect = action_effect(gardens[0], gardens[1:3], DAY)
    assert effect.value is None
    assert str(effect.reason) == "2 comparable gardens without the action; 3 needed"


def test_nine_days_before_or_thirty_nine_in_all_are_too_few() -> None:
    gardens = _gardens(0)
    assert str(action_effect(gardens[0], gardens[1:], 9).reason) == (
        "9 days with figures before and 71 after; 10 of each needed"
    )
    short = str(action_effect(gardens[0, :39], gardens[1:, :39], 20).reason)
    assert short == "39 days; 40 needed for enough other dates to try"


def test_days_on_which_the_garden_slept_are_no_zeros() -> None:
    gardens = _gardens(4, 2.0)
    gardens[0, 10:25] = NAN
    effect = action_effect(gardens[0], gardens[1:], DAY)
    assert effect.before == 25
    assert effect.value == pytest.approx(2.0, abs=0.7)


def test_a_date_outside_of_the_days_is_refused() -> None:
    gardens = _gardens(0)
    with pytest.raises(InvalidSampleError, match="expected 1 to 79"):
        action_effect(gardens[0], gardens[1:], 80)


def test_gardens_of_two_classes_are_not_compared() -> None:
    own_class = ("camera", "algorithm=2", "optics=4mm")
    assert class_mismatch_reason(own_class, own_class) is None
    assert str(class_mismatch_reason(own_class, ("camera", "algorithm=3", "optics=4mm"))) == (
        "not comparable: algorithm=2 against algorithm=3"
    )
    assert str(class_mismatch_reason(own_class, ("beam",))) == (
        "not comparable: algorithm=2, camera, optics=4mm against beam"
    )


def _visits_and_hours(days: int, rate: float, nodes: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Visits and hours: a bell over the day and a weather of its own each day."""
    bell = np.exp(-0.5 * ((np.arange(12) - 5.5) / 3) ** 2)
    weather = 1 + 0.5 * np.sin(np.arange(days))
    hours = np.full((nodes, days, 12), 0.5)
    return rate * weather[:, np.newaxis] * bell * hours, hours


def test_a_garden_against_itself_differs_by_nothing_though_it_has_more_nodes() -> None:
    effects = same_day_differences(*_visits_and_hours(20, 6), *_visits_and_hours(20, 6, nodes=3))
    assert effects == pytest.approx(np.zeros(20), abs=1e-12)


def test_a_garden_that_sleeps_in_the_morning_is_compared_over_the_afternoons_alone() -> None:
    visits, hours = _visits_and_hours(20, 6)
    late, late_h = visits.copy(), hours.copy()
    late[..., :6] = 0
    late_h[..., :6] = 0
    assert same_day_differences(visits, hours, late, late_h) == pytest.approx(np.zeros(20), abs=1e-12)


def test_days_that_only_one_garden_watched_are_not_compared() -> None:
    first, second = _visits_and_hours(20, 6), _visits_and_hours(20, 4)
    second[1][:, :7] = 0
    effects = same_day_differences(*first, *second)
    assert np.isnan(effects[:7]).all()
    assert str(paired_difference(effects, seed=0).reason) == (
        "13 days watched by both in flight weather; 14 needed"
    )


def test_the_weather_of_a_day_cancels_from_the_difference() -> None:
    rng = np.random.default_rng(2)
    weather = rng.gamma(2, 2, 60)
    differences = (weather + 3 + rng.normal(0, 0.3, 60)) - weather
    effects = paired_difference(differences, seed=1, replicates=300)
    assert effects.value == pytest.approx(3, abs=0.2)
    assert effects.interval.low is not None
    assert effects.interval.high is not None
    assert effects.interval.high - effects.interval.low < 0.6
