"""Intervals: what they are made of, what they refuse, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from sera_analysis.errors import InvalidOrderError
from sera_analysis.incidence import effective_groups
from sera_analysis.intervals import (
    block_length,
    jackknife_t,
    moving_block_weights,
    these_nodes_interval,
    unit_interval,
    weighted_mean,
)


def _mean_interval(values: np.ndarray, seed: int = 0) -> tuple[float | None, float | None, str]:
    found = unit_interval(
        weighted_mean(values), values.size, unit_name="nodes", seed=seed, linear=True, replicates=400
    )
    return found.low, found.high, found.method


def test_three_nodes_give_students_interval() -> None:
    # t(0.975, 2) = 4.302653, s = 1, n = 3.
    low, high, method = _mean_interval(np.array([4.0, 5.0, 6.0]))
    assert (low, high) == pytest.approx((5 - 4.302653 / 3**0.5, 5 + 4.302653 / 3**0.5), rel=1e-6)
    assert method == "t over 3 nodes"


def test_one_node_has_no_interval_and_the_reason_says_so() -> None:
    found = unit_interval(weighted_mean(np.array([4.0])), 1, unit_name="nodes", seed=0)
    assert (found.low, found.high) == (None, None)
    assert found.reason == "1 node with a figure; an interval needs at least 2"


def test_units_that_agree_exactly_give_no_interval_of_width_zero() -> None:
    found = unit_interval(weighted_mean(np.array([0.1, 0.1, 0.1])), 3, unit_name="gardens", seed=0)
    assert found.low is None
    assert "agree" in (found.reason or "")


def test_ends_are_cut_at_what_is_possible() -> None:
    found = unit_interval(
        weighted_mean(np.array([0.1, 2.0])), 2, unit_name="nodes", seed=0, within=(0.0, np.inf)
    )
    assert found.low == 0


def test_from_twenty_units_on_the_bootstrap_is_used_and_its_seed_gives_the_same_ends() -> None:
    values = np.random.default_rng(3).gamma(2.0, 1.0, 20)
    first, again, other = (_mean_interval(values, seed) for seed in (7, 7, 8))
    assert first == again != other
    assert first[2] == "BCa bootstrap over 20 nodes"
    assert first[0] is not None
    assert first[1] is not None
    assert first[0] < values.mean() < first[1]


def test_the_jackknife_of_a_mean_is_students_interval_in_disguise() -> None:
    values = np.array([1.0, 4.0, 9.0, 2.5])
    low, high = jackknife_t(weighted_mean(values), 4)
    # t(0.975, 3) = 3.182446.
    reach = 3.182446 * values.std(ddof=1) / 2
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), rel=1e-6)


def test_blocks_hold_runs_of_days_and_as_many_days_as_there_were() -> None:
    weights = moving_block_weights(30, 200, seed=1)
    assert block_length(30) == 3
    assert (weights.sum(axis=1) == 30).all()
    assert weights[:, 10:20].mean() == pytest.approx(1.0, abs=0.1)


def test_fewer_than_eight_blocks_of_days_give_no_interval() -> None:
    found = these_nodes_interval(weighted_mean(np.arange(14.0)), 14, seed=0)
    assert found.low is None
    assert found.reason == "14 days make 7 blocks of 2; about 16 days needed"


def test_good_and_bad_weeks_widen_the_interval_of_these_nodes() -> None:
    rng = np.random.default_rng(5)
    loose = rng.normal(10, 1, 64)
    lasting = np.repeat(rng.normal(10, 1, 16), 4)
    width = []
    for days in (loose, lasting):
        found = these_nodes_interval(weighted_mean(days), 64, seed=0)
        assert found.low is not None
        assert found.high is not None
        width.append((found.high - found.low) / days.std())
    assert width[1] > 1.3 * width[0]


@pytest.mark.parametrize("nodes", [2, 3, 5, 10])
def test_students_interval_holds_the_mean_of_a_garden_about_as_often_as_it_says(nodes: int) -> None:
    rng = np.random.default_rng(nodes)
    truth, held, trials = 5.0, 0, 1000
    for _ in range(trials):
        # Nodes of a garden differ by a factor, and their rates are right-skewed.
        low, high, _ = _mean_interval(rng.gamma(8.0, truth / 8.0, nodes))
        assert low is not None
        assert high is not None
        held += low <= truth <= high
    assert 0.91 <= held / trials <= 0.98


@pytest.mark.parametrize(("nodes", "least"), [(3, 0.88), (5, 0.88), (10, 0.88)])
def test_the_jackknife_interval_holds_the_effective_number_of_groups(nodes: int, least: float) -> None:
    rng = np.random.default_rng(nodes)
    daily = np.array([0.9, 0.8, 0.5, 0.2, 0.8, 0.8, 0.3, 0.3, 0.6, 0.2])
    days, trials, held = 40, 400, 0

    def drawn(number: int) -> np.ndarray:
        odds = daily / (1 - daily) * np.exp(rng.normal(0, 0.5, (number, 10)))
        return rng.binomial(days, odds / (1 + odds)).astype(float)

    truth = effective_groups(drawn(20_000), 1)(np.ones((1, 20_000)))[0]
    for _ in range(trials):
        found = unit_interval(effective_groups(drawn(nodes), 1), nodes, unit_name="nodes", seed=0)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert least <= held / trials <= 0.99


@pytest.mark.parametrize("wrong", [{"confidence": 1.0}, {"replicates": 1}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidOrderError):
        unit_interval(weighted_mean(np.arange(3.0)), 3, unit_name="nodes", seed=0, **wrong)  # type: ignore[arg-type]


def test_moving_blocks_hold_the_mean_of_days_that_hang_together() -> None:
    rng = np.random.default_rng(11)
    held, trials, days = 0, 200, 64
    for trial in range(trials):
        noise = rng.normal(0, 1, days + 30)
        for day in range(1, noise.size):
            noise[day] += 0.5 * noise[day - 1]
        found = these_nodes_interval(weighted_mean(10 + noise[30:]), days, seed=trial, replicates=300)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 10 <= found.high
    # Blocks of four days miss some of a correlation of 0.5: nominal 95 %, held 92.5 %.
    assert 0.82 <= held / trials <= 0.97
