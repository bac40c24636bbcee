"""Who reaches what: by zones of distance, within bounds, and beside chance; against numbers of others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.equity import gini
from sera_analysis.statistics.reach import (
    ENHANCED_ZONES,
    catchment_bounds,
    chance_ginis,
    floating_catchment,
    weighted_catchment,
    zone_weights,
)
from strategies import examples


def test_weights_of_distance_give_the_numbers_of_another_program() -> None:
    # The Python package sdc-catchment 0.1.0, the first example in its documentation: three places of 100,
    # two providers of 10 on a line, weights exp(-d^2 / 2).
    distance = np.abs(np.array([[0.0], [1.0], [2.0]]) - np.array([[0.0, 2.0]]))
    access = weighted_catchment([10, 10], [100, 100, 100], np.exp(-(distance**2) / 2))
    assert access == pytest.approx([0.065179, 0.069641, 0.065179], abs=5e-7)


def test_zones_end_where_they_say_and_the_last_at_the_reach() -> None:
    weights = zone_weights([0, 300, 300.1, 600, 900, 900.1], reach_m=900, zones=ENHANCED_ZONES)
    assert weights.tolist() == [1, 1, 0.68, 0.68, 0.22, 0]


def test_the_example_of_the_methods_page_worked_by_hand() -> None:
    distance = [[200, 900], [500, 500], [900, 200]]
    plain = floating_catchment([1, 1], [200, 100, 300], distance, reach_m=600)
    assert plain == pytest.approx([1 / 300, 1 / 300 + 1 / 400, 1 / 400])
    weights = zone_weights(distance, reach_m=600, zones=ENHANCED_ZONES)
    enhanced = weighted_catchment([1, 1], [200, 100, 300], weights)
    first, second = 1 / (200 + 22), 1 / (300 + 22)
    assert enhanced == pytest.approx([first, 0.22 * (first + second), second])


@given(st.data())
@settings(max_examples=examples(60), deadline=None)
def test_no_true_distance_within_its_doubt_leads_out_of_the_bounds(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    places, gardens = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    distance = rng.uniform(0, 2_000, (places, gardens))
    doubt = rng.uniform(0, 600, (places, gardens))
    people, supply = rng.integers(1, 500, places), rng.uniform(0, 5, gardens)
    zones = ENHANCED_ZONES if data.draw(st.booleans()) else ((1.0, 1.0),)

    def weigh(lengths: np.ndarray) -> np.ndarray:
        return zone_weights(np.maximum(lengths, 0), reach_m=1_000, zones=zones)

    bounds = catchment_bounds(
        supply, people, weigh(distance), weigh(distance + doubt), weigh(distance - doubt)
    )
    for _ in range(10):
        true = distance + doubt * rng.uniform(-1, 1, distance.shape)
        access = weighted_catchment(supply, people, weigh(true))
        assert (access >= bounds.low - 1e-9).all()
        assert (access <= bounds.high + 1e-9).all()


def test_without_doubt_the_bounds_are_the_figure() -> None:
    weights = zone_weights([[100, 700], [300, 200]], reach_m=500)
    bounds = catchment_bounds([2, 1], [50, 70], weights, weights, weights)
    assert bounds.low == pytest.approx(bounds.access)
    assert bounds.high == pytest.approx(bounds.access)


def test_chance_puts_each_garden_where_somebody_lives() -> None:
    # Two places out of each other's reach: one garden is with one or the other, as residents are.
    drawn = chance_ginis([1.0], [100, 300], np.eye(2), draws=2_000, seed=5)
    near_few, near_many = gini([1 / 100, 0], [100, 300]), gini([0, 1 / 300], [100, 300])
    assert set(np.round(drawn, 9)) == set(np.round([near_few, near_many], 9))
    assert np.mean(np.isclose(drawn, near_many)) == pytest.approx(0.75, abs=0.03)
    assert (drawn == chance_ginis([1.0], [100, 300], np.eye(2), draws=2_000, seed=5)).all()


@pytest.mark.parametrize(
    ("residents", "least", "message"),
    [([0, 10], 0.0, "no residents"), ([5, 10], 2.0, "outside its bounds")],
)
def test_bounds_that_cannot_be_are_refused(residents: list[int], least: float, message: str) -> None:
    weights = np.ones((2, 1))
    with pytest.raises(InvalidSampleError, match=message):
        catchment_bounds([1], residents, weights, np.full((2, 1), least), weights)
