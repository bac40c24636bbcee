"""Rarefaction, extrapolation and coverage: against sums with exact fractions, and their properties."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sera_analysis.diversity.asymptotic import asymptotic_hill_number
from sera_analysis.diversity.coverage import coverage_deficit, expected_coverage, sample_coverage
from sera_analysis.diversity.coverage_standard import hill_numbers_at_coverage, size_at_coverage
from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.rarefaction import expected_hill_numbers
from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.errors import InvalidOrderError
from strategies import examples

ORDERS = (0.0, 0.5, 1.0, 1.05, 2.0, 3.0)
counts = st.lists(st.integers(0, 60), min_size=1, max_size=10).filter(any)
orders = st.sampled_from(ORDERS)


def exact_rarefied(row: list[int], m: int, q: float) -> float:
    """Hill number of a draw of m, summed with exact chances over every count of every kind."""
    n = sum(row)
    terms = []
    for x in row:
        for k in range(1, min(x, m) + 1):
            chance = Fraction(math.comb(x, k) * math.comb(n - x, m - k), math.comb(n, m))
            terms.append((float(chance), k / m))
    if q == 1:
        return math.exp(-math.fsum(chance * share * math.log(share) for chance, share in terms))
    return math.fsum(chance * share**q for chance, share in terms) ** (1 / (1 - q))


def exact_coverage(row: list[int], m: int) -> float:
    """Coverage of a draw of m below n, with exact fractions."""
    n = sum(row)
    return float(1 - sum(Fraction(x * math.comb(n - x, m), n * math.comb(n - 1, m)) for x in row))


@given(counts, st.data())
def test_a_smaller_sample_has_the_hill_number_that_exact_chances_give(
    row: list[int], data: st.DataObject
) -> None:
    m = data.draw(st.integers(1, sum(row)))
    expected = expected_hill_numbers(Abundance(row), m, ORDERS)[0]
    assert expected == pytest.approx([exact_rarefied(row, m, q) for q in ORDERS], rel=1e-9)


@given(counts, st.data())
def test_a_smaller_sample_has_the_coverage_that_exact_chances_give(
    row: list[int], data: st.DataObject
) -> None:
    assume(sum(row) > 1)
    m = data.draw(st.integers(1, sum(row) - 1))
    assert expected_coverage(Abundance(row), m).item() == pytest.approx(
        exact_coverage(row, m), rel=1e-9, abs=1e-12
    )


@given(counts)
def test_interpolation_meets_extrapolation_at_the_sample_itself(row: list[int]) -> None:
    sample = Abundance(row)
    n = sum(row)
    # Order 3 needs three individuals.
    assume(n > 2)
    expected = expected_hill_numbers(sample, n, ORDERS)[0]
    assert expected == pytest.approx([hill_number(sample, q).item() for q in ORDERS], rel=1e-9)
    beside = expected_hill_numbers(sample, [n - 1e-6, n + 1e-6], ORDERS)
    assert beside == pytest.approx(np.stack([expected, expected]), rel=1e-4)
    assert expected_coverage(sample, [n - 1e-9, n, n + 1e-9]) == pytest.approx(
        sample_coverage(sample).item(), abs=1e-6
    )


@given(counts, st.sampled_from((0.0, 0.5, 1.0)))
def test_more_individuals_show_no_less(row: list[int], q: float) -> None:
    sizes = np.unique(np.linspace(1, 3 * sum(row), 25).round())
    grown = expected_hill_numbers(Abundance(row), sizes, (q,))[:, 0]
    assert np.all(np.diff(grown) >= -1e-9 * grown[1:])
    assert grown[0] >= 1
    assert np.all(np.diff(expected_coverage(Abundance(row), sizes)) >= -1e-12)


@given(counts)
def test_curves_do_not_rise_with_the_order(row: list[int]) -> None:
    sizes = [1, max(1, sum(row) // 2), sum(row)]
    numbers = expected_hill_numbers(Abundance(row), sizes, ORDERS)
    assert np.all(np.diff(numbers, axis=-1) <= 1e-9 * numbers[:, 1:])
    assert numbers[0] == pytest.approx(1, rel=1e-9)


@given(counts, st.floats(0.01, 0.99))
def test_the_size_at_a_coverage_has_that_coverage(row: list[int], target: float) -> None:
    sample = Abundance(row)
    size = size_at_coverage(sample, target)
    assert np.all(np.isfinite(size))
    reached = expected_coverage(sample, size).item()
    least = expected_coverage(sample, 1).item()
    # One individual has some coverage already; less cannot be asked for.
    assert reached == pytest.approx(max(target, least), abs=1e-9)


@pytest.mark.slow
@given(counts, st.floats(0.3, 0.9), st.randoms(use_true_random=False))
@example([1, 1], 0.75, random.Random(1))
def test_order_of_kinds_and_absent_kinds_change_nothing(
    row: list[int], target: float, chance: random.Random
) -> None:
    mixed = [*row, 0, 0]
    chance.shuffle(mixed)
    single = hill_numbers_at_coverage(Abundance(row), target, ORDERS)
    other = hill_numbers_at_coverage(Abundance(mixed), target, ORDERS)
    # Order 3 of two individuals beyond their number is not defined, in either order of the kinds.
    assert other[0] == pytest.approx(single[0], rel=1e-9, nan_ok=True)
    assert other[1] == pytest.approx(single[1], rel=1e-9, nan_ok=True)


@pytest.mark.slow
@given(st.lists(counts, min_size=2, max_size=4), st.lists(st.integers(1, 200), min_size=1, max_size=3))
def test_many_sites_at_once_give_what_each_gives_alone(rows: list[list[int]], sizes: list[int]) -> None:
    width = max(map(len, rows))
    table = Abundance([row + [0] * (width - len(row)) for row in rows])
    joint = expected_hill_numbers(table, sizes, ORDERS)
    single_rows = np.stack([expected_hill_numbers(Abundance(row), sizes, ORDERS) for row in rows])
    assert joint == pytest.approx(single_rows, rel=1e-9, nan_ok=True)
    reached = size_at_coverage(table, [0.4, 0.8])
    assert reached == pytest.approx(
        np.stack([size_at_coverage(Abundance(row), [0.4, 0.8]) for row in rows]), rel=1e-9
    )


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8).filter(any), st.integers(1, 40))
def test_units_that_hold_one_kind_each_are_individuals(row: list[int], size: int) -> None:
    # With one kind in each unit incidence and counts are the same sample.
    units = Incidence(row, sum(row))
    assert expected_hill_numbers(units, size, ORDERS) == pytest.approx(
        expected_hill_numbers(Abundance(row), size, ORDERS), rel=1e-9, nan_ok=True
    )
    assert expected_coverage(units, size) == pytest.approx(expected_coverage(Abundance(row), size), rel=1e-9)


def exact_units(frequencies: list[int], units: int, t: int, q: float) -> float:
    """Hill number of t of the units, summed with exact chances."""
    whole = Fraction(t * sum(frequencies), units)
    terms = []
    for y in frequencies:
        for k in range(1, min(y, t) + 1):
            chance = Fraction(math.comb(y, k) * math.comb(units - y, t - k), math.comb(units, t))
            terms.append((float(chance), float(k / whole)))
    if q == 1:
        return math.exp(-math.fsum(chance * share * math.log(share) for chance, share in terms))
    return math.fsum(chance * share**q for chance, share in terms) ** (1 / (1 - q))


def test_kinds_in_every_unit_are_no_trap() -> None:
    sample = Incidence([5, 1, 1, 5, 2], 5)
    for t in range(1, 6):
        expected = expected_hill_numbers(sample, t, ORDERS)[0]
        assert expected == pytest.approx([exact_units([5, 1, 1, 5, 2], 5, t, q) for q in ORDERS], rel=1e-9)
    assert sample_coverage(sample).item() == pytest.approx(1 - 2 / 14 * (4 * 2) / (4 * 2 + 2))
    size, numbers = hill_numbers_at_coverage(sample, [0.9, 0.99], (0, 1, 2))
    assert expected_coverage(sample, size) == pytest.approx([0.9, 0.99], rel=1e-12)
    assert np.all(np.isfinite(numbers))
    assert np.all(np.isfinite([asymptotic_hill_number(sample, q) for q in ORDERS]))


def test_every_unit_full_is_complete_and_even() -> None:
    full = Incidence([4, 4, 4], 4)
    assert sample_coverage(full) == 1
    assert expected_hill_numbers(full, [1, 3, 8], (0, 1, 2)) == pytest.approx(3)


@pytest.mark.parametrize(
    ("row", "target", "size"),
    [([9, 5, 1], 0.95, 14.25), ([1, 1], 0.5, 1.75), ([17], 0.3, 1.0), ([9, 5, 1], 1.0, 15.0)],
)
def test_the_size_at_a_coverage_is_exact(row: list[int], target: float, size: float) -> None:
    assert size_at_coverage(Abundance(row), target).item() == pytest.approx(size, rel=1e-12)


def test_one_individual_and_one_species_stay_one() -> None:
    for row in ([1], [17, 0]):
        numbers = expected_hill_numbers(Abundance(row), [1, 5, 40], (0, 1))
        assert numbers == pytest.approx(1)
    assert np.isnan(expected_hill_numbers(Abundance([1]), 2, (2,)).item())
    assert expected_hill_numbers(Abundance([17]), 40, (2,)) == pytest.approx(1)


def test_an_empty_site_has_nothing_and_does_not_disturb_its_neighbour() -> None:
    sites = Abundance([[0, 0, 0], [9, 5, 1]])
    numbers = expected_hill_numbers(sites, [2, 40], ORDERS)
    assert np.all(np.isnan(numbers[0]))
    assert np.all(np.isfinite(numbers[1]))
    assert np.isnan(expected_coverage(sites, 3)[0])
    assert np.isnan(size_at_coverage(sites, 0.5)[0])
    assert np.isnan(coverage_deficit(sites)[0])


def test_a_coverage_of_one_is_out_of_reach_where_singletons_remain() -> None:
    assert np.isinf(size_at_coverage(Abundance([4, 2, 1, 1]), 1.0))
    _, numbers = hill_numbers_at_coverage(Abundance([4, 2, 1, 1]), 1.0, (0, 1))
    assert np.all(np.isnan(numbers))


def test_a_sample_of_a_million_keeps_its_digits() -> None:
    rng = np.random.default_rng(5)
    row = (1_000_000 * rng.dirichlet(np.full(300, 0.3))).astype(np.int64)
    sample = Abundance(row)
    n = int(sample.n)
    numbers = expected_hill_numbers(sample, [1, 2, 1000, n - 1, n], ORDERS)
    assert numbers[0] == pytest.approx(1, rel=1e-9)
    # At two individuals the chance of meeting the same kind twice is all there is.
    same = sum(x * (x - 1) for x in row.tolist()) / (n * (n - 1))
    assert numbers[1] == pytest.approx(
        [(2 - same) if q == 0 else two_drawn(same, q) for q in ORDERS], rel=1e-9
    )
    assert numbers[4] == pytest.approx([hill_number(sample, q).item() for q in ORDERS], rel=1e-9)
    assert numbers[3] == pytest.approx(numbers[4], rel=1e-4)


def two_drawn(same: float, q: float) -> float:
    """Hill number of a draw of two, which are of one kind with the chance `same`."""
    if q == 1:
        return math.exp((1 - same) * math.log(2))
    return (same + (1 - same) * 2 * 0.5**q) ** (1 / (1 - q))


def test_counts_too_large_to_be_packed_with_their_site_are_told_apart() -> None:
    row = [9_000_000_000_000_000, 5, 1]
    many = Abundance([row] * 1500)
    numbers = expected_hill_numbers(many, [2], (0, 1, 2))
    assert numbers == pytest.approx(
        np.broadcast_to(expected_hill_numbers(Abundance(row), [2], (0, 1, 2)), (1500, 1, 3))
    )
    assert asymptotic_hill_number(many, 0) == pytest.approx(3)


@pytest.mark.parametrize("size", [0, 0.5, math.inf, math.nan])
def test_a_size_below_one_is_refused(size: float) -> None:
    with pytest.raises(InvalidOrderError, match="1 or more"):
        expected_hill_numbers(Abundance([1, 2]), size, (0,))


@pytest.mark.parametrize("target", [-0.1, 1.1, math.nan])
def test_a_coverage_outside_zero_to_one_is_refused(target: float) -> None:
    with pytest.raises(InvalidOrderError, match="from 0 to 1"):
        size_at_coverage(Abundance([1, 2]), target)


@given(counts, st.integers(2, 4))
@settings(max_examples=examples(40))
def test_copies_without_shared_kinds_multiply_what_is_observed_at_any_size(
    row: list[int], copies: int
) -> None:
    # In the limit of large samples the replication principle holds for extrapolated numbers too.
    sample = Abundance([100 * count for count in row])
    many = Abundance([100 * count for count in row] * copies)
    for q in (1.0, 2.0):
        single, all_of_them = asymptotic_hill_number(sample, q).item(), asymptotic_hill_number(many, q).item()
        assert all_of_them == pytest.approx(copies * single, rel=0.03)
