"""Use of sites by groups that are sometimes missed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.occupancy import (
    no_use_reason,
    profile_log_likelihood,
    site_use,
    use_interval,
)
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path


def _histories(sites: int, visits: int, detected: int, detections: int) -> np.ndarray:
    """Some detections a site with the stated sums; the model asks for no more."""
    estimates = np.zeros(sites)
    for number in range(detections):
        estimates[number % detected] += 1
    assert estimates.max() <= visits
    return estimates


# MacKenzie et al. 2006 salamanders and two of our own, solved with 40 digits for this project's reference
# tables.
CASES = [
    (39, 5, 18, 30, 0.594622561315820486, 0.258729089433997946, 0.12259854425, -80.8792947300536848),
    (50, 4, 20, 35, 0.476236270720748321, 0.367464661469716412, 0.0908138256217, -85.8119401710543661),
    (30, 10, 25, 140, 0.833560828583331356, 0.559847164915108344, 0.0680601508213, -184.992474252319533),
]


@pytest.mark.parametrize("case", CASES)
def test_published_and_exact_estimates_come_back(case: tuple[float, ...]) -> None:
    sites, visits, detected, detections = (int(number) for number in case[:4])
    estimates = site_use(_histories(sites, visits, detected, detections), np.full(sites, visits))
    assert (estimates.used, estimates.noticed) == pytest.approx(case[4:6], rel=1e-9)
    assert estimates.used_error == pytest.approx(case[6], rel=1e-9)
    assert estimates.log_likelihood == pytest.approx(case[7], rel=1e-9)
    assert estimates.naive == detected / sites


def test_all_cases_of_the_reference_tables_come_back(shared: Path) -> None:
    text = (shared / "reference" / "soil_phenology_occupancy.json").read_text(encoding="utf-8")
    for case in json.loads(text)["occupancy"]["cases"]:
        sites, visits = case["n"], case["K"]
        counts = _histories(sites, visits, case["sites_detected"], case["detections"])
        estimates = site_use(counts, np.full(sites, visits))
        assert estimates.boundary is case["boundary"]
        for own_estimate, reference_estimate in (
            (estimates.used, "psi"),
            (estimates.noticed, "p"),
            (estimates.used_error, "se_psi"),
            (estimates.noticed_error, "se_p"),
            (estimates.log_likelihood, "loglik"),
        ):
            assert own_estimate == pytest.approx(float(case[reference_estimate]), rel=1e-9)


def _simulated(rng: np.random.Generator, sites: int = 60) -> tuple[np.ndarray, np.ndarray]:
    visits = rng.integers(2, 9, sites)
    return rng.binomial(visits, 0.35) * (rng.random(sites) < 0.6), visits


@pytest.mark.slow
def test_a_known_share_comes_back_from_sites_visited_unequally_often() -> None:
    rng = np.random.default_rng(0)
    estimates = [site_use(*_simulated(rng)) for _ in range(80)]
    assert np.mean([estimate.used for estimate in estimates]) == pytest.approx(0.6, abs=0.03)
    assert np.mean([estimate.naive for estimate in estimates]) < 0.52
    ends = [use_interval(estimate) for estimate in estimates]
    hits = [(end.low or 0) <= 0.6 <= (end.high or 1) for end in ends]
    assert np.mean(hits) >= 0.88


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=15))
def test_no_other_share_is_likelier(rows: list[tuple[int, int]]) -> None:
    visits = np.array([max(row) for row in rows], dtype=np.float64)
    detections = np.array([min(row) for row in rows], dtype=np.float64)
    if not detections.any() or visits.max() < 2:
        return
    estimates = site_use(detections, visits)
    best = estimates.log_likelihood
    d, k = detections[visits > 0], visits[visits > 0]
    for used in np.linspace(0.02, 0.98, 13):
        for noticed in np.linspace(0.02, 0.98, 13):
            likelihood = used * noticed**d * (1 - noticed) ** (k - d) + (1 - used) * (d == 0)
            assert np.log(likelihood).sum() <= best + 1e-9


def test_a_share_that_runs_to_one_has_no_error_but_a_lower_end() -> None:
    use = site_use(np.array([1, 1, 0, 1, 0, 0, 0, 1]), np.full(8, 2))
    assert use.boundary
    assert use.used == 1
    assert use.used_error is None
    interval = use_interval(use)
    assert interval.high == 1
    assert interval.low == pytest.approx(_ends_by_search([1, 1, 0, 1, 0, 0, 0, 1], [2] * 8)[0], abs=1.5e-3)


def test_where_nothing_is_missed_the_interval_is_that_of_a_binomial_share() -> None:
    # All 4 of 8 sites noticed on both visits: 2 (4 log(1/2) + 4 log(1/2) - 4 log(s) - 4 log(1-s)) = 3.8415,
    # so that s (1 - s) = exp(-3.8415 / 8) / 4; a quadratic equation.
    use = site_use(np.array([2, 2, 0, 2, 0, 0, 0, 2]), np.full(8, 2))
    reach = np.sqrt(0.25 - np.exp(-3.841458820694124 / 8) / 4)
    assert use_interval(use)[:2] == pytest.approx((0.5 - reach, 0.5 + reach), abs=1e-9)
    # All 4 of 4: -8 log(s) = 3.8415.
    everywhere = site_use(np.full(4, 2), np.full(4, 2))
    assert use_interval(everywhere)[:2] == pytest.approx((np.exp(-3.841458820694124 / 8), 1.0), abs=1e-9)


def _ends_by_search(detections: list[int], visits: list[int]) -> tuple[float, float]:
    """Find the ends by trying 1,000 shares and 1,000 chances, without any derivative."""
    chances = np.linspace(1, 999, 999) / 1000
    shares = np.linspace(1, 1000, 1000) / 1000
    total = np.zeros((shares.size, chances.size))
    histories = np.array([detections, visits]).T
    for (d, k), number in zip(*np.unique(histories, axis=0, return_counts=True), strict=True):
        likelihoods = shares[:, np.newaxis] * chances**d * (1 - chances) ** (k - d)
        total += number * np.log(likelihoods + (1 - shares[:, np.newaxis]) * (d == 0))
    profile = total.max(axis=1)
    hits = shares[2 * (profile.max() - profile) <= 3.841458820694124]
    return float(hits.min()), float(hits.max())


@pytest.mark.parametrize(
    ("detections", "visits"),
    [
        ([1] * 14 + [2] * 3 + [0] * 23, [2] * 40),
        ([3, 1, 0, 2, 0, 0, 1, 2], [5] * 8),
        ([1, 2, 0, 0, 0, 4, 0, 1, 0, 0], [2, 3, 8, 8, 1, 6, 7, 4, 9, 2]),
        ([2] * 12 + [1] * 6 + [0] * 21, [5] * 39),
    ],
)
def test_the_interval_holds_the_shares_that_a_search_finds_likely(
    detections: list[int], visits: list[int]
) -> None:
    interval = use_interval(site_use(np.array(detections), np.array(visits)))
    assert interval[:2] == pytest.approx(_ends_by_search(detections, visits), abs=1.5e-3)


def test_forty_sites_visited_twice_have_an_interval_that_begins_near_what_was_seen() -> None:
    # The interval on the logit scale went from 0.04 to 1.00 here, though 17 of 40 sites had the group.
    use = site_use(np.array([1] * 14 + [2] * 3 + [0] * 23), np.full(40, 2))
    assert use.used == pytest.approx(10 / 12)
    low, high = use_interval(use)[:2]
    assert low == pytest.approx(0.431, abs=1e-3)
    assert high == 1


@settings(max_examples=examples(40))
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), min_size=3, max_size=15))
def test_an_end_is_as_unlikely_as_it_claims_or_a_bound(rows: list[tuple[int, int]]) -> None:
    visits = np.array([max(row) for row in rows], dtype=np.float64)
    detections = np.array([min(row) for row in rows], dtype=np.float64)
    if not detections.any() or visits.max() < 2:
        return
    use = site_use(detections, visits)
    low, high = use_interval(use)[:2]
    assert low is not None
    assert high is not None
    assert 0 < low <= use.used <= high <= 1

    def deviance(share: float) -> float:
        return 2 * (use.log_likelihood - profile_log_likelihood(share, use.totals))

    assert deviance(low) == pytest.approx(3.841458820694124, abs=1e-6)
    assert deviance(low * 0.98) > 3.8414
    assert deviance(high) <= 3.8415
    assert high == 1 or deviance(high) == pytest.approx(3.841458820694124, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "chance"), [(0.3, 0.5), (0.6, 0.35), (0.9, 0.2)])
def test_intervals_of_simulated_sites_hold_the_true_share(share: float, chance: float) -> None:
    rng = np.random.default_rng(7)
    hits = []
    for _ in range(150):
        detections = rng.binomial(4, chance, 60) * (rng.random(60) < share)
        low, high = use_interval(site_use(detections, np.full(60, 4)))[:2]
        assert low is not None
        assert high is not None
        hits.append(low <= share <= high)
    # Of 150 intervals that hold 95 %, fewer than 133 hold the truth once in 1,000 times.
    assert sum(hits) >= 133


def test_nineteen_sites_are_one_too_few() -> None:
    assert str(no_use_reason(19)) == "19 sites visited at least twice; 20 needed"
    assert no_use_reason(20) is None


@pytest.mark.parametrize(
    ("detections", "visits", "message"),
    [
        ([3.0], [2.0], "3 detections on 2 visits"),
        ([0.0, 0.0], [4.0, 4.0], "noticed nowhere"),
        ([1.0, 0.0], [1.0, 1.0], "visited twice"),
        ([0.5], [2.0], "whole numbers"),
    ],
)
def test_what_cannot_be_estimated_is_refused(
    detections: list[float], visits: list[float], message: str
) -> None:
    with pytest.raises(InvalidSampleError, match=message):
        site_use(np.array(detections), np.array(visits))
