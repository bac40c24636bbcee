"""Rates over bouts, people beside detectors, and what is said of a group that was not noticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.bouts import bout_rate, exact_poisson
from sera_analysis.statistics.paired import calibration_ratio
from sera_analysis.visits.absence import absence

COUNTS = st.lists(st.integers(0, 50), min_size=2, max_size=30)


def test_one_bout_has_the_exact_poisson_interval() -> None:
    # Garwood's table: a count of 10 has 4.795 to 18.390.
    rate = bout_rate(np.array([10.0]), np.array([2.0]))
    assert (rate.rate, rate.dispersion) == (5.0, None)
    assert rate.interval.low == pytest.approx(4.7954 / 2, abs=1e-4)
    assert rate.interval.high == pytest.approx(18.3904 / 2, abs=1e-4)
    assert str(rate.interval.method) == "exact Poisson, one bout"


def test_more_bouts_are_never_called_exact() -> None:
    rate = bout_rate(np.array([30.0, 40.0]), np.array([1.0, 1.0]))
    assert str(rate.interval.method) == "quasi-Poisson over 2 bouts"


@given(COUNTS, st.floats(0.1, 10))
def test_the_rate_is_visits_over_effort_and_lies_in_its_interval(counts: list[int], hours: float) -> None:
    visits = np.array(counts, dtype=np.float64)
    rate = bout_rate(visits, np.full(visits.size, hours))
    assert rate.rate == pytest.approx(visits.sum() / (hours * visits.size))
    if rate.interval.low is not None:
        assert rate.interval.high is not None
        assert rate.interval.low < rate.rate < rate.interval.high


@given(COUNTS, st.floats(0.1, 10), st.floats(0.1, 10))
def test_another_unit_of_effort_scales_rate_and_interval_alike(
    counts: list[int], hours: float, factor: float
) -> None:
    visits, effort = np.array(counts, dtype=np.float64), np.full(len(counts), hours)
    unscaled, other = bout_rate(visits, effort), bout_rate(visits, effort * factor)
    assert other.rate * factor == pytest.approx(unscaled.rate)
    if unscaled.interval.low is not None and other.interval.low is not None:
        assert other.interval.low * factor == pytest.approx(unscaled.interval.low)


def test_clumped_counts_have_a_wider_interval_than_even_ones_of_the_same_sum() -> None:
    hours = np.ones(8)
    even, clumped = (bout_rate(np.array(counts, dtype=float), hours) for counts in ([5] * 8, [10, 0] * 4))
    assert even.rate == clumped.rate
    assert even.interval.high is not None
    assert clumped.interval.high is not None
    assert clumped.interval.high > 1.5 * even.interval.high
    assert even.dispersion == 0


@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_quasi_poisson_holds_the_rate_of_clumped_counts_and_plain_poisson_would_not(shape: float) -> None:
    rng = np.random.default_rng(8)
    hits = plain = 0
    for _ in range(400):
        counts = rng.poisson(4 * rng.gamma(shape, 1 / shape, 25)).astype(float)
        interval = bout_rate(counts, np.ones(25)).interval
        hits += interval.low is not None and interval.low <= 4 <= (interval.high or 0)
        low, high = exact_poisson(counts.sum())
        plain += low <= 100 <= high
    assert hits / 400 > 0.88
    assert plain / 400 < 0.85


def test_bouts_without_a_visit_have_a_rate_of_zero_and_no_interval() -> None:
    rate = bout_rate(np.zeros(9), np.full(9, 1 / 3))
    assert rate.rate == 0
    assert rate.interval.low is None
    # Minus the logarithm of 0.025, over three hours.
    assert "up to 1.23" in str(rate.interval.reason)


@pytest.mark.parametrize(
    ("visits", "effort", "message"),
    [
        # t = 12.706 at one degree of freedom: exp(12.706 sqrt(4 / 4)) is 330,000 either way.
        (
            [4.0, 0.0],
            [10.0, 10.0],
            "2 bouts with so few insects leave it open by a factor of more than 10",
        ),
        ([3.0, 4.0], [1.0, 1.0], "2 bouts"),
        # One count of 0.01 on 40 bouts: exp(2.0227 sqrt(1 / 0.01)) is 6e8 either way.
        ([0.01] + [0.0] * 39, [10.0] * 40, "40 bouts"),
        ([1e-9, 0.0], [1.0, 1.0], "2 bouts"),
        ([0.01], [10.0], "1 bout"),
    ],
)
def test_an_interval_of_many_powers_of_ten_is_none(
    visits: list[float], effort: list[float], message: str
) -> None:
    estimate = bout_rate(np.array(visits), np.array(effort))
    assert estimate.rate == pytest.approx(sum(visits) / sum(effort))
    assert estimate.interval[:3] == (None, None, None)
    assert message in str(estimate.interval.reason)


@pytest.mark.slow
@given(st.lists(st.floats(0, 60), min_size=2, max_size=30))
def test_an_interval_is_given_where_it_stays_within_ten_times_either_way(counts: list[float]) -> None:
    from scipy.stats import t  # a second of its own, which nobody who runs other tests should wait for

    visits = np.array(counts)
    total = visits.sum()
    if not total > 1e-6:
        return
    mean = total / visits.size
    dispersion = max(((visits - mean) ** 2 / mean).sum() / (visits.size - 1), 1.0)
    reach = t.ppf(0.975, visits.size - 1) * (dispersion / total) ** 0.5
    interval = bout_rate(visits, np.ones(visits.size)).interval
    if abs(reach - np.log(10)) < 1e-9:
        return
    assert (interval.low is not None) == (reach <= np.log(10))
    if interval.low is not None:
        assert interval.low == pytest.approx(mean * np.exp(-reach))
        assert interval.high == pytest.approx(mean * np.exp(reach))


def test_a_ratio_of_pairs_that_hardly_agree_has_no_interval() -> None:
    people = np.array([100.0, 1, 0, 0, 0, 0, 0, 1])
    camera = np.array([0.0, 100, 1, 0, 0, 0, 0, 0])
    ratio = calibration_ratio(people, np.ones(8), camera, np.ones(8), seed=0)
    assert ratio.value == pytest.approx(102 / 101)
    assert ratio.interval.low is None
    assert "8 pairs with so few insects" in str(ratio.interval.reason)


def test_bouts_without_effort_are_no_bouts() -> None:
    assert np.isnan(bout_rate(np.array([0.0]), np.array([0.0])).rate)
    assert bout_rate(np.array([4.0, 9.0]), np.array([2.0, 0.0])).bouts == 1


@pytest.mark.parametrize(
    ("visits", "effort", "message"),
    [([1.0, -2.0], [1.0, 1.0], "visits of bout 1 is -2"), ([1.0], [1.0, 1.0], "one of each a bout")],
)
def test_impossible_bouts_are_named(visits: list[float], effort: list[float], message: str) -> None:
    with pytest.raises(InvalidSampleError, match=message):
        bout_rate(np.array(visits), np.array(effort))


def test_a_known_ratio_of_people_to_camera_comes_back_with_its_interval() -> None:
    rng = np.random.default_rng(3)
    rate = rng.gamma(4, 5, 30)
    people, camera = rng.poisson(rate / 6), rng.poisson(0.4 * rate / 6)
    hours = np.full(30, 1 / 6)
    ratio = calibration_ratio(people, hours, camera, hours, seed=0)
    assert ratio.pairs == 30
    assert ratio.interval.low is not None
    assert ratio.interval.high is not None
    assert ratio.interval.low < 2.5 < ratio.interval.high
    assert ratio.interval.low > 1


def test_seven_pairs_are_one_too_few_and_pairs_without_effort_are_none() -> None:
    eight, hours = np.arange(1.0, 9.0), np.full(8, 0.2)
    assert calibration_ratio(eight, hours, eight, hours, seed=0).value == 1
    hours[3] = 0
    ratio = calibration_ratio(eight, hours, eight, np.full(8, 0.2), seed=0)
    assert ratio.value is None
    assert str(ratio.interval.reason) == "7 paired counts; 8 needed"


def test_a_camera_that_saw_nothing_beside_people_has_no_ratio() -> None:
    hours = np.full(8, 0.2)
    assert calibration_ratio(np.ones(8), hours, np.zeros(8), hours, seed=0).value is None


def test_without_a_measured_recall_only_effort_is_told() -> None:
    probability = absence("wasps", 230, None)
    assert probability.visits_per_hour_most is None
    assert "never measured" in str(probability.note)
    assert "230 h" in str(probability.note)


def test_a_poor_recall_bounds_less() -> None:
    good, poor = (absence("wasps", 100, recall).visits_per_hour_most or 0 for recall in (0.8, 0.2))
    assert good == pytest.approx(-np.log(0.05) / 80)
    assert poor == pytest.approx(4 * good)


def test_no_sentence_says_that_there_are_none() -> None:
    for recall in (None, 0.0, 1.0):
        assert " no " not in str(absence("beetles", 10, recall).note)


def test_absence_without_effort_is_refused() -> None:
    with pytest.raises(InvalidSampleError, match="expected effort above 0"):
        absence("wasps", 0, None)
