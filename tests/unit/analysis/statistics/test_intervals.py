"""Intervals: what they are made of, what they refuse, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.errors import InvalidOrderError
from sera_analysis.statistics.intervals import (
    block_length,
    mean_interval,
    moving_block_weights,
    these_nodes_interval,
    unit_interval,
    unit_intervals,
    weighted_mean,
)
from sera_analysis.statistics.student import jackknife_t


def _mean_interval(values: np.ndarray, seed: int = 0) -> tuple[float | None, float | None, str]:
    result = unit_interval(
        weighted_mean(values), values.size, unit_name="nodes", seed=seed, linear=True, replicates=400
    )
    return result.low, result.high, str(result.method)


def test_three_nodes_give_students_interval() -> None:
    # t(0.975, 2) = 4.302653, s = 1, n = 3.
    low, high, method = _mean_interval(np.array([4.0, 5.0, 6.0]))
    assert (low, high) == pytest.approx((5 - 4.302653 / 3**0.5, 5 + 4.302653 / 3**0.5), rel=1e-6)
    assert method == "t over 3 nodes, in these days"


@given(st.lists(st.floats(0, 1e6), max_size=25), st.integers(0, 3))
def test_an_interval_of_a_mean_is_that_of_the_linear_figure_however_few_the_units(
    values: list[float], seed: int
) -> None:
    of_mean = mean_interval(values, unit_name="nodes", seed=seed, replicates=50, within=(0.0, 1e6))
    linear = unit_interval(
        weighted_mean(np.array(values)),
        len(values),
        unit_name="nodes",
        seed=seed,
        linear=True,
        replicates=50,
        within=(0.0, 1e6),
    )
    assert of_mean[2:] == linear[2:]
    if linear.low is not None:
        assert of_mean[:2] == pytest.approx(linear[:2], rel=1e-9, abs=1e-6)


def test_one_node_has_no_interval_and_the_reason_says_so() -> None:
    result = unit_interval(weighted_mean(np.array([4.0])), 1, unit_name="nodes", seed=0)
    assert (result.low, result.high) == (None, None)
    assert str(result.reason) == "1 node with a figure; an interval needs at least 2"


def test_units_that_agree_exactly_give_no_interval_of_width_zero() -> None:
    result = unit_interval(weighted_mean(np.array([0.1, 0.1, 0.1])), 3, unit_name="gardens", seed=0)
    assert result.low is None
    assert "agree" in str(result.reason)


def test_ends_are_cut_at_what_is_possible() -> None:
    result = unit_interval(
        weighted_mean(np.array([0.1, 2.0])), 2, unit_name="nodes", seed=0, within=(0.0, np.inf)
    )
    assert result.low == 0


def test_from_twenty_units_on_the_bootstrap_is_used_and_its_seed_gives_the_same_ends() -> None:
    values = np.random.default_rng(3).gamma(2.0, 1.0, 20)
    first, again, other = (_mean_interval(values, seed) for seed in (7, 7, 8))
    assert first == again != other
    assert first[2] == "BCa bootstrap over 20 nodes, in these days"
    assert first[0] is not None
    assert first[1] is not None
    assert first[0] < values.mean() < first[1]


def test_the_jackknife_of_a_mean_is_students_interval_in_disguise() -> None:
    values = np.array([1.0, 4.0, 9.0, 2.5])
    # t(0.975, 3) = 3.182446.
    reach = 3.182446 * values.std(ddof=1) / 2
    expected = pytest.approx((values.mean() - reach, values.mean() + reach), rel=1e-6)
    ((low, high),) = jackknife_t(lambda weights: weighted_mean(values)(weights)[:, np.newaxis], 4)
    assert (low, high) == expected
    for linear in (True, False):
        result = unit_interval(weighted_mean(values), 4, unit_name="nodes", seed=0, linear=linear)
        assert (result.low, result.high) == expected


@pytest.mark.parametrize("units", [5, 30])
def test_several_figures_at_once_have_the_intervals_of_each_alone(units: int) -> None:
    values = np.random.default_rng(units).gamma(2, 1, (units, 3))
    at_once = unit_intervals(
        lambda weights: weights @ values / weights.sum(axis=1, keepdims=True),
        units,
        unit_name="nodes",
        seed=3,
    )
    single = [unit_interval(weighted_mean(item), units, unit_name="nodes", seed=3) for item in values.T]
    for interval, other in zip(at_once, single, strict=True):
        assert (interval.low, interval.high) == pytest.approx((other.low, other.high), rel=1e-12)
        assert interval.method == other.method


def test_blocks_hold_runs_of_days_and_as_many_days_as_there_were() -> None:
    weights = moving_block_weights(50, 400, seed=1)
    assert block_length(50) == 6
    assert (weights.sum(axis=1) == 50).all()
    assert weights[:, 10:40].mean() == pytest.approx(1.0, abs=0.15)
    assert (np.diff(weights, axis=1) == 0).mean() > 0.6


def test_fewer_than_eight_blocks_of_six_days_give_no_interval() -> None:
    result = these_nodes_interval(weighted_mean(np.arange(47.0)), 47, seed=0)
    assert result.low is None
    assert str(result.reason) == "47 days watched; 48 needed for 8 blocks of 6 days"


def test_days_of_one_long_spell_are_worth_too_few_days() -> None:
    spells = np.repeat([1.0, 9.0, 2.0], 20) + np.random.default_rng(0).normal(0, 0.1, 60)
    result = these_nodes_interval(weighted_mean(spells), 60, seed=0)
    assert result.low is None
    assert result.reason is not None
    assert str(result.reason).startswith("60 days watched hang together so much (correlation 0.9")


def test_an_interval_that_falls_short_says_by_how_much() -> None:
    days = np.random.default_rng(5).normal(10, 1, 150)
    assert these_nodes_interval(weighted_mean(days), 150, seed=0).note is None
    short = these_nodes_interval(weighted_mean(days[:64]), 64, seed=0)
    assert "as few as 85 %" in str(short.note)


def test_the_same_seed_gives_the_same_bytes_and_the_number_of_replicates_is_honoured() -> None:
    days = np.random.default_rng(5).normal(10, 1, 64)
    sizes: list[int] = []

    def mean(weights: np.ndarray) -> np.ndarray:
        sizes.append(len(weights))
        return weights @ days / weights.sum(axis=-1)

    first, again, other = (these_nodes_interval(mean, 64, seed=seed, replicates=123) for seed in (4, 4, 5))
    assert first == again != other
    assert sizes.count(123) == 3


def test_good_and_bad_weeks_widen_the_interval_of_these_nodes() -> None:
    rng = np.random.default_rng(5)
    loose = rng.normal(10, 1, 64)
    lasting = np.repeat(rng.normal(10, 1, 16), 4)
    width = []
    for days in (loose, lasting):
        result = these_nodes_interval(weighted_mean(days), 64, seed=0)
        assert result.low is not None
        assert result.high is not None
        width.append((result.high - result.low) / days.std())
    assert width[1] > 1.3 * width[0]


@pytest.mark.parametrize("wrong", [{"confidence": 1.0}, {"replicates": 1}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidOrderError):
        unit_interval(weighted_mean(np.arange(3.0)), 3, unit_name="nodes", seed=0, **wrong)  # type: ignore[arg-type]
