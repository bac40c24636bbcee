"""Hill numbers, entropies and coverage: identities, properties, and small cases with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_analysis.diversity.coverage import sample_coverage
from sera_analysis.diversity.hill import (
    berger_parker,
    gini_simpson,
    hill_number,
    hill_profile,
    observed,
    shannon,
)
from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.errors import InvalidOrderError, InvalidSampleError
from strategies import examples

ORDERS = (0, 0.5, 1, 1.5, 2, 3, 10, math.inf)
counts = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any)
orders = st.floats(0, 50)


def test_equally_common_kinds_count_fully_at_every_order() -> None:
    assert hill_profile(Abundance([7, 7, 7, 7]), ORDERS) == pytest.approx(4, rel=1e-12)


def test_one_kind_alone_is_one_effective_kind() -> None:
    assert hill_profile(Abundance([17, 0, 0]), ORDERS) == pytest.approx(1, rel=1e-12)


def test_an_empty_site_has_no_kinds_and_does_not_disturb_its_neighbour() -> None:
    sites = Abundance([[0, 0, 0], [5, 5, 0]])
    for q in ORDERS:
        assert hill_number(sites, q) == pytest.approx([0, 2], rel=1e-12)
    assert shannon(sites) == pytest.approx([0, math.log(2)])
    assert gini_simpson(sites) == pytest.approx([0, 0.5])
    assert berger_parker(sites) == pytest.approx([0, 0.5])


def test_the_entropies_agree_with_the_hill_numbers() -> None:
    sample = Abundance([30, 12, 8, 5, 3, 2, 2, 0])
    assert np.exp(shannon(sample)) == pytest.approx(hill_number(sample, 1), rel=1e-12)
    assert 1 / (1 - gini_simpson(sample)) == pytest.approx(hill_number(sample, 2), rel=1e-12)
    assert 1 / berger_parker(sample) == pytest.approx(hill_number(sample, math.inf), rel=1e-12)
    assert observed(sample) == 7


@given(counts, orders)
def test_a_hill_number_lies_between_one_and_the_number_of_kinds(row: list[int], q: float) -> None:
    sample = Abundance(row)
    assert 1 - 1e-9 <= hill_number(sample, q) <= observed(sample) * (1 + 1e-9)


@given(counts, orders, orders)
def test_a_hill_number_does_not_rise_with_its_order(row: list[int], order: float, other: float) -> None:
    low, high = sorted((order, other))
    sample = Abundance(row)
    assert hill_number(sample, low) >= hill_number(sample, high) * (1 - 1e-9)


@given(counts, orders, st.integers(2, 5))
def test_copies_of_a_community_without_shared_kinds_multiply_it(
    row: list[int], q: float, copies: int
) -> None:
    assert hill_number(Abundance(row * copies), q) == pytest.approx(
        copies * hill_number(Abundance(row), q), rel=1e-9
    )


@given(counts, orders, st.randoms(use_true_random=False))
def test_order_of_kinds_absent_kinds_and_scale_change_nothing(
    row: list[int], q: float, random: object
) -> None:
    mixed = [3 * count for count in row] + [0, 0]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert hill_number(Abundance(mixed), q) == pytest.approx(hill_number(Abundance(row), q), rel=1e-9)


@given(counts, st.floats(-1e-6, 1e-6))
@settings(max_examples=examples(50))
def test_orders_beside_one_meet_the_limit_at_one(row: list[int], distance: float) -> None:
    sample = Abundance(row)
    assert hill_number(sample, 1 + distance) == pytest.approx(hill_number(sample, 1), rel=1e-4)


def test_a_hundredth_of_a_billionth_beside_one_loses_no_digits() -> None:
    sample = Abundance([9, 5, 1])
    assert hill_number(sample, 1 + 1e-11) == pytest.approx(hill_number(sample, 1), rel=1e-10)


def test_many_sites_at_once_give_what_each_gives_alone() -> None:
    table = np.random.default_rng(1).integers(0, 40, (20, 9))
    for q in ORDERS:
        assert hill_number(Abundance(table), q) == pytest.approx(
            [hill_number(Abundance(row), q).item() for row in table], rel=1e-12
        )


def test_incidence_counts_units_not_insects() -> None:
    sample = Incidence.of_units([[90, 0, 1], [1, 0, 0]])
    assert (sample.frequencies.tolist(), sample.units.item()) == ([2, 0, 1], 2)
    assert hill_number(sample, 2) == pytest.approx(9 / 5)


@pytest.mark.parametrize(
    ("counts", "coverage"),
    [
        ([10, 10], 1.0),
        # Without doubletons, by hand: n = 2, f1 = 2.
        ([1, 1], 1 - 2 / 2 * (1 * 1) / (1 * 1 + 2)),
        # Chao and Jost 2012, equation 4a by hand: n = 6, f1 = 2, f2 = 2.
        ([1, 1, 2, 2], 1 - 2 / 6 * (5 * 2) / (5 * 2 + 2 * 2)),
    ],
)
def test_coverage_follows_the_singletons(counts: list[int], coverage: float) -> None:
    assert sample_coverage(Abundance(counts)).item() == pytest.approx(coverage, rel=1e-12)


def test_an_empty_sample_has_no_coverage() -> None:
    assert np.isnan(sample_coverage(Abundance([0, 0])))


@pytest.mark.parametrize("wrong", [[1, -1], [0.5, 2], [math.nan], [math.inf]])
def test_what_is_no_count_is_refused_with_its_place(wrong: list[float]) -> None:
    with pytest.raises(InvalidSampleError, match="at place"):
        Abundance(wrong)


def test_a_group_in_more_units_than_there_are_is_refused() -> None:
    with pytest.raises(InvalidSampleError, match="5 units of 4"):
        Incidence([5, 1], 4)


@pytest.mark.parametrize("q", [-1, math.nan])
def test_an_order_below_zero_is_refused(q: float) -> None:
    with pytest.raises(InvalidOrderError, match="0 or more"):
        hill_number(Abundance([1, 2]), q)
