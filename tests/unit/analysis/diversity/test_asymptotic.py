"""Asymptotic Hill numbers: against the printed sums with hundreds of digits, where doubles lose theirs."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.diversity.asymptotic import asymptotic_hill_number
from sera_analysis.diversity.factorials import binomial_ratio, falling_factorial_ratio, log_falling_factorial
from sera_analysis.diversity.richness import chao
from sera_analysis.diversity.samples import Abundance, Incidence
from sera_analysis.errors import InvalidOrderError


def textbook(row: list[int], q: Fraction) -> float:
    """Chao and Jost's estimator as printed, every sum written out, with enough digits for its differences."""
    n = sum(row)
    once, twice = row.count(1), row.count(2)
    with localcontext() as context:
        context.prec = 120
        if once == 0:
            a = Decimal(1)
        elif twice:
            a = Decimal(2 * twice) / ((n - 1) * once + 2 * twice)
        else:
            a = Decimal(2) / ((n - 1) * (once - 1) + 2)
        total = sum(
            _binomial(q, k) * (-1) ** k * Decimal(x * math.comb(n - x, k)) / (n * math.comb(n - 1, k))
            for x in row
            if x
            for k in range(n - x + 1)
        )
        power = Decimal(q.numerator - q.denominator) / q.denominator
        if once and a != 1:
            rest = a**power - sum(_binomial(q, k) * (a - 1) ** k for k in range(n))
            total += Decimal(once) / n * (1 - a) ** (1 - n) * rest
        return float(total ** (-1 / power)) if total > 0 else math.nan


def _binomial(q: Fraction, k: int) -> Decimal:
    """Binomial coefficient of q - 1 over k."""
    value = Fraction(1)
    for step in range(k):
        value *= (q - 1 - step) / (step + 1)
    return Decimal(value.numerator) / value.denominator


def textbook_entropy(row: list[int]) -> float:
    """Exponential of Chao and Jost's entropy as printed, with enough digits."""
    n = sum(row)
    once, twice = row.count(1), row.count(2)
    with localcontext() as context:
        context.prec = 250
        total = sum(Decimal(x) / n * sum(Decimal(1) / k for k in range(x, n)) for x in row if x)
        a = Decimal(2 * twice) / ((n - 1) * once + 2 * twice)
        rest = -a.ln() - sum((1 - a) ** r / r for r in range(1, n))
        total += Decimal(once) / n * (1 - a) ** (1 - n) * rest
        return float(total.exp())


@pytest.mark.parametrize(
    "row",
    [
        [1] + [2] * 40,
        [1, 1] + [2] * 150 + [7] * 10,
        [1] * 30 + [2],
        [400, 1, 2],
    ],
)
def test_the_entropy_keeps_its_digits_where_the_printed_sum_cancels(row: list[int]) -> None:
    assert asymptotic_hill_number(Abundance(row), 1).item() == pytest.approx(textbook_entropy(row), rel=1e-9)


@pytest.mark.slow
@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=7),
    st.sampled_from(
        [Fraction(1, 4), Fraction(1, 2), Fraction(11, 10), Fraction(3, 2), Fraction(2), Fraction(7, 2)]
    ),
)
def test_any_order_agrees_with_the_printed_sums(row: list[int], q: Fraction) -> None:
    value = asymptotic_hill_number(Abundance(row), float(q)).item()
    assert value == pytest.approx(textbook(row, q), rel=1e-8, nan_ok=True)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=9), st.floats(-1e-5, 1e-5))
def test_orders_beside_one_meet_the_entropy(row: list[int], distance: float) -> None:
    sample = Abundance(row)
    beside, at = asymptotic_hill_number(sample, 1 + distance), asymptotic_hill_number(sample, 1)
    assert beside == pytest.approx(at, rel=1e-3)


def test_a_billionth_beside_one_loses_no_digits() -> None:
    sample = Abundance([9, 5, 2, 1, 1])
    at = asymptotic_hill_number(sample, 1).item()
    for distance in (1e-8, 1e-11):
        assert asymptotic_hill_number(sample, 1 + distance).item() == pytest.approx(at, rel=20 * distance)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=9).filter(any))
def test_order_zero_is_chao_and_order_two_is_without_bias(row: list[int]) -> None:
    sample = Abundance(row)
    assert asymptotic_hill_number(sample, 0) == pytest.approx(chao(sample).value, rel=1e-12)
    n, pairs = sum(row), sum(x * (x - 1) for x in row)
    expected = n * (n - 1) / pairs if pairs else math.nan
    assert asymptotic_hill_number(sample, 2).item() == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_the_estimator_of_order_two_is_right_on_average() -> None:
    rng = np.random.default_rng(3)
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    drawn = Abundance(rng.multinomial(30, shares, 20_000))
    inverse = 1 / asymptotic_hill_number(drawn, 2)
    assert inverse.mean() == pytest.approx((shares**2).sum(), rel=0.005)


@pytest.mark.parametrize("row", [[1], [1, 1, 1], [1, 0, 1]])
def test_singletons_alone_have_no_order_two(row: list[int]) -> None:
    assert np.isnan(asymptotic_hill_number(Abundance(row), 2))
    assert np.isfinite(asymptotic_hill_number(Abundance(row), 1))


def test_what_has_no_estimate_is_not_a_number() -> None:
    sites = Abundance([[0, 0], [3, 1]])
    assert np.isnan(asymptotic_hill_number(sites, 1)[0])
    assert np.all(np.isnan(asymptotic_hill_number(sites, math.inf)))
    assert np.isnan(asymptotic_hill_number(Abundance([2, 1]), 9))
    with pytest.raises(InvalidOrderError, match="0 or more"):
        asymptotic_hill_number(sites, -1)


def test_units_of_one_kind_each_are_individuals() -> None:
    row = [9, 5, 2, 1, 1]
    for q in (0, 0.5, 1, 1.05, 2, 2.5):
        assert asymptotic_hill_number(Incidence(row, sum(row)), q) == pytest.approx(
            asymptotic_hill_number(Abundance(row), q), rel=1e-9
        )


def test_a_million_singletons_and_one_doubleton_are_no_trap() -> None:
    sample = Abundance([1] * 2000 + [2] + [900_000, 98_000])
    for q in (0.5, 1, 1.5):
        assert np.isfinite(asymptotic_hill_number(sample, q))
    assert asymptotic_hill_number(sample, 1) >= 1


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_ratios_of_binomials_are_those_of_whole_numbers(n: int, x: int, m: int) -> None:
    x, m = min(x, n), min(m, n)
    exact = Fraction(math.comb(n - x, m), math.comb(n, m))
    ratio = binomial_ratio(np.array(float(n)), np.array(float(x)), np.array(float(m)))
    assert ratio.item() == pytest.approx(float(exact), rel=1e-11)


@pytest.mark.parametrize(("x", "q"), [(5, 2), (5, 5), (200, 3), (1_000_000, 4)])
def test_falling_factorials_of_whole_order_are_products(x: int, q: int) -> None:
    exact = math.log(math.perm(x, q))
    assert log_falling_factorial(np.array(float(x)), q).item() == pytest.approx(exact, rel=1e-13)


def test_falling_factorials_beyond_their_number_alternate_and_vanish() -> None:
    n = np.array(10.0)
    assert falling_factorial_ratio(np.array([1.0, 2.0]), n, 3).tolist() == [0, 0]
    # Gamma(2) / Gamma(-1/2) is negative.
    assert falling_factorial_ratio(np.array([1.0]), n, 2.5)[0] < 0


@pytest.mark.parametrize(("row", "q"), [([2], 2.5), ([3], 3.5), ([1], 1.75), ([2], 2.999), ([3], 3.001)])
def test_one_kind_is_one_kind_at_any_order_up_to_its_finds_and_one(row: list[int], q: float) -> None:
    assert asymptotic_hill_number(Abundance(row), q).item() == pytest.approx(1, rel=1e-12)
    assert asymptotic_hill_number(Incidence(row, row[0]), q).item() == pytest.approx(1, rel=1e-12)


def _samples_of(n: int, most: int) -> list[list[int]]:
    """All samples of n individuals, the commonest kind first."""
    if n == 0:
        return [[]]
    return [[k, *rest] for k in range(min(n, most), 0, -1) for rest in _samples_of(n - k, k)]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_small_samples_of_any_order_agree_with_the_printed_sums(n: int) -> None:
    for row in _samples_of(n, n):
        for eighths in range(1, 8 * (n + 1)):
            q = Fraction(eighths, 8)
            if q == 1:
                continue
            printed = textbook(row, q)
            # Whole orders of singletons are zero to a power, of which the printed sum leaves its last digits.
            if math.isnan(printed) or printed > 1e15:
                continue
            estimate = asymptotic_hill_number(Abundance(row), float(q)).item()
            assert estimate == pytest.approx(printed, rel=1e-8), (row, q)


def test_orders_of_n_plus_one_and_beyond_are_undefined_without_a_warning() -> None:
    sites = Abundance([[2, 0, 0], [3, 1, 1]])
    with np.errstate(all="raise"):
        for q, defined in ((3.5, [False, True]), (6, [False, False]), (1e300, [False, False])):
            assert np.isfinite(asymptotic_hill_number(sites, q)).tolist() == defined
