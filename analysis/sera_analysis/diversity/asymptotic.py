"""Hill numbers of the whole assemblage behind a sample, estimated for lists that people have verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import digamma, rgamma

from sera_analysis.diversity.coverage import mean_singleton_share
from sera_analysis.diversity.factorials import falling_factorial_ratio, log_falling_factorial
from sera_analysis.diversity.frequency_table import FrequencyTable
from sera_analysis.diversity.power_sums import checked_order, hill_from_sum, is_near_one
from sera_analysis.diversity.samples import divided, frequency_count, incidences_per_unit

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, Sample

# Nodes of the trapezoid rule for the tail, in the logarithm of the variable; see `_tail_integral`.
_STEP: Final = 0.125
_NODES: Final = np.arange(-56.0, 4.25, _STEP)


def unseen_kinds(sample: Sample) -> FloatArray:
    """Estimate, from below, how many kinds were not found; shape (...).

    Notes
    -----
    f0 = (n-1)/n * f1^2 / (2 f2); without doubletons (n-1)/n * f1 (f1-1) / 2. For incidence n is the number
    of sampling units.

    References
    ----------
    A. Chao, "Estimating the population size for capture-recapture data with unequal catchability,"
    Biometrics 43, 783-791, 1987, doi 10.2307/2531532.
    """
    once, twice = frequency_count(sample, 1), frequency_count(sample, 2)
    pairs = np.where(twice > 0, divided(once * once, 2 * twice, 0.0), once * (once - 1) / 2)
    return divided(sample.size - 1, sample.size, 0.0) * pairs


def asymptotic_hill_number(sample: Sample, q: float) -> FloatArray:
    """Estimate the Hill number of order q of the assemblage that was sampled.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        Individuals or units drawn at random; lists that people have verified.
    q : float
        Order, finite and 0 or more.

    Returns
    -------
    array, shape (...)
        The estimate; not a number for an empty site, and where the order is undefined: order 2 has none where
        every kind was found once, because no two individuals met.

    Notes
    -----
    With falling factorials of any real order, x_(q) = Gamma(x+1) / Gamma(x+1-q), the sum over shares is
    estimated by sum x_(q) / n_(q), which is without bias for q = 2, 3, ..., plus a tail for kinds not found,

        f1/n (1-A)^(1-n) (A^(q-1) - sum_(r<n) binom(q-1, r) (A-1)^r).

    That difference cancels where f2 is much larger than f1. It equals
    f1/n (1-A)/A G(q) / (Gamma(1-q) n_(q)) with G(q) = integral of exp(-v) (1 + (1-A)/A (1-exp(-v/n)))^(-q)
    over v from 0, whose terms all have one sign; that form is computed. At q = 1 the sum is the entropy
    sum x/n (digamma(n) - digamma(x)) + f1/n (1-A)/(A n) G(1). Order 0 is Chao1 (Chao2). For incidence the
    shares are detection rates, with n the number of units.

    References
    ----------
    A. Chao and L. Jost, "Estimating diversity and entropy profiles via discovery rates of new species,"
    Methods in Ecology and Evolution 6, 873-882, 2015, doi 10.1111/2041-210X.12349.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> asymptotic_hill_number(Abundance([12, 6, 2, 1, 1]), 0).round(4).item()
    6.9091
    """
    if not np.isfinite(checked_order(q)):
        return np.full(sample.size.shape, np.nan)
    sites = sample.reshaped(-1)
    if q == 0:
        number = np.count_nonzero(sites.frequencies, axis=-1) + unseen_kinds(sites)
    else:
        total = _observed_sum(sites, q) + _tail(sites, q)
        number = hill_from_sum(total, q, incidences_per_unit(sites))
    return np.where(sites.n > 0, number, np.nan).reshape(sample.size.shape)


def _observed_sum(sites: Sample, q: float) -> FloatArray:
    """Part of the sum that comes from the kinds found; shape (sites,)."""

    def term(n: FloatArray, times: FloatArray, _: FloatArray) -> FloatArray:
        if q == 1:
            entropy: FloatArray = times / n * (digamma(n) - digamma(times))
            return entropy
        if is_near_one(q):
            step = log_falling_factorial(times - 1, q - 1) - log_falling_factorial(n - 1, q - 1)
            return times / n * np.expm1(step)
        # Up to n + 1 an order has its factorial: of 3 finds of one kind, order 3.5 is 1 as all others are.
        is_defined, largest = q < n + 1, n.max(initial=0.0)
        if q >= largest + 1:
            return np.full(np.broadcast_shapes(n.shape, times.shape), np.nan)
        ratio = falling_factorial_ratio(times, np.where(is_defined, n, largest), q)
        return np.where(is_defined, ratio, np.nan)

    return FrequencyTable.of(sites).apply(sites.size, np.zeros(1), term)[:, 0]


def _tail(sites: Sample, q: float) -> FloatArray:
    """Part of the sum that stands for the kinds not found; shape (sites,)."""
    share, complement = mean_singleton_share(sites)
    once = frequency_count(sites, 1)
    size = np.maximum(sites.size, 1.0)
    tail = np.zeros(size.shape)
    some = (once > 0) & (complement > 0) & (q < size + 1)
    # Whole orders above 1 need no tail: 1 / Gamma(1 - q) is zero.
    if not some.any() or (q > 1 and q == int(q)):
        return tail
    odds = complement[some] / share[some]
    n = size[some]
    scale = 1 / n if q == 1 else rgamma(1 - q) * np.exp(-log_falling_factorial(n, q))
    tail[some] = once[some] / n * odds * scale * _tail_integral(odds, n, q)
    return tail


def _tail_integral(odds: FloatArray, n: FloatArray, q: float) -> FloatArray:
    """Integral of exp(-v) (1 + odds (1 - exp(-v/n)))^(-q) over v from 0.

    With v = exp(s) the integrand is smooth and vanishes at both ends twice exponentially, so the plain
    trapezoid rule is exact to the last digits.
    """
    v = np.exp(_NODES)
    weights = _STEP * v * np.exp(-v)
    cells = odds[:, np.newaxis] * -np.expm1(-v / n[:, np.newaxis])
    integral: FloatArray = np.exp(-q * np.log1p(cells)) @ weights
    return integral
