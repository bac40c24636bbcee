"""Lower bounds and estimates of the number of kinds, for lists that people have verified.

Chao1 and Chao2, iChao1 and iChao2, and jackknives are one function each: of counts of individuals, or of
incidence in sampling units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.asymptotic import unseen_kinds
from sera_analysis.diversity.estimates import (
    defined,
    delta_variance,
    either,
    log_interval,
    observed_interval,
    observed_richness,
)
from sera_analysis.diversity.samples import divided, frequency_count, frequency_counts

if TYPE_CHECKING:
    from sera_analysis.diversity.estimates import Estimate
    from sera_analysis.diversity.samples import FloatArray, Sample


def chao(sample: Sample) -> Estimate:
    """Chao1 of counts, Chao2 of incidence: the classic lower bound of the number of kinds.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample.

    Returns
    -------
    Estimate
        Each part of shape (...). Without singletons, or with one and no doubleton, the estimate is the number
        found, and its variance formula has no value there: standard error and interval are not numbers.

    Notes
    -----
    S + K f1^2 / (2 f2) with K = (n-1)/n, and S + K f1 (f1-1) / 2 without doubletons; n is the number of
    individuals, or of units. With r = f1/f2 the variance is f2 (K r^2/2 + K^2 r^3 + K^2 r^4/4); without
    doubletons K f1 (f1-1)/2 + K^2 f1 (2 f1-1)^2/4 - K^2 f1^4/(4 S_hat).

    References
    ----------
    A. Chao, Biometrics 43, 783-791, 1987, doi 10.2307/2531532. A. Chao and C.-H. Chiu, "Species richness:
    estimation and comparison," Wiley StatsRef, 2016, doi 10.1002/9781118445112.stat03432.pub2.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> chao(Abundance([12, 6, 2, 1, 1])).value.round(4).item()
    6.9091
    """
    once, twice = frequency_count(sample, 1), frequency_count(sample, 2)
    factor = divided(sample.size - 1, sample.size, 0.0)
    observed = observed_richness(sample)
    value = observed + unseen_kinds(sample)
    r = divided(once, twice, 0.0)
    paired = twice * (factor * r**2 / 2 + factor**2 * (r**3 + r**4 / 4))
    estimate = log_interval(observed, value, np.where(twice > 0, paired, _lone_variance(once, factor, value)))
    estimate = estimate._replace(standard_error=np.where(value > observed, estimate.standard_error, np.nan))
    return defined(estimate, observed > 0)


def _lone_variance(once: FloatArray, factor: FloatArray, value: FloatArray) -> FloatArray:
    """Variance without doubletons."""
    squares = factor**2 * (once * (2 * once - 1) ** 2 / 4 - divided(once**4, 4 * value, 0.0))
    return factor * once * (once - 1) / 2 + squares


def chao_bias_corrected(sample: Sample) -> Estimate:
    """Chao1 of counts, Chao2 of incidence, in the bias-corrected form that keeps the factor (n-1)/n.

    Notes
    -----
    S + K f1 (f1-1) / (2 (f2+1)), K = (n-1)/n. (vegan and scikit-bio leave K out.) Where nothing is added,
    standard error and interval are those of the number found; see `estimates.observed_interval`.

    References
    ----------
    A. Chao, "Species estimation and applications," Encyclopedia of Statistical Sciences, 2005,
    doi 10.1002/0471667196.ess5051.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> chao_bias_corrected(Abundance([12, 6, 2, 1, 1])).value.round(4).item()
    5.4773
    """
    once, twice = frequency_count(sample, 1), frequency_count(sample, 2)
    factor = divided(sample.size - 1, sample.size, 0.0)
    observed = observed_richness(sample)
    value = observed + factor * once * (once - 1) / (2 * (twice + 1))
    first = factor * once * (once - 1) / (2 * (twice + 1))
    second = factor**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
    third = factor**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    variance = np.where(twice > 0, first + second + third, _lone_variance(once, factor, value))
    estimate = either(log_interval(observed, value, variance), observed_interval(sample), value > observed)
    return defined(estimate, observed > 0)


def improved_chao(sample: Sample) -> Estimate:
    """iChao1 of counts, iChao2 of incidence: the lower bound raised by kinds found three and four times.

    Notes
    -----
    S_chao + k f3/(4 f4) max(f1 - l f2 f3/(2 f4), 0), f4 = 1 where it is 0. For counts k = l = 1, the form for
    large n that SpadeR uses; for incidence in t units k = (t-3)/t and l = (t-3)/(t-1). The variance is by the
    delta method with all derivatives; SpadeR's differs, as some signs of its derivatives do.

    References
    ----------
    C.-H. Chiu, Y.-T. Wang, B. A. Walther and A. Chao, "An improved nonparametric lower bound of species
    richness," Biometrics 70, 671-682, 2014, doi 10.1111/biom.12200.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> improved_chao(Abundance([9, 5, 3, 3, 2, 1, 1, 1])).value.round(4).item()
    13.32
    """
    counts = frequency_counts(sample, 4)
    once, twice, thrice, four = np.moveaxis(counts, -1, 0)
    four = np.maximum(four, 1.0)
    k, lead = _third_factors(sample)
    excess = np.maximum(once - lead * twice * thrice / (2 * four), 0.0)
    observed = observed_richness(sample)
    value = chao(sample).value + k * thrice / (4 * four) * excess
    rises = (excess > 0).astype(np.float64) * k
    slopes = _chao_slopes(sample)
    slopes[..., 0] += rises * thrice / (4 * four)
    slopes[..., 1] -= rises * lead * thrice**2 / (8 * four**2)
    slopes[..., 2] += rises * (once / (4 * four) - lead * twice * thrice / (4 * four**2))
    slopes[..., 3] += rises * (lead * twice * thrice**2 / (4 * four**3) - once * thrice / (4 * four**2))
    rest = observed - counts.sum(axis=-1)
    classes = np.concatenate([counts, rest[..., np.newaxis]], axis=-1)
    variance = delta_variance(classes, 1 + slopes, value)
    estimate = either(log_interval(observed, value, variance), chao(sample), (excess > 0) & (thrice > 0))
    return defined(estimate, observed > 0)


def _third_factors(sample: Sample) -> tuple[FloatArray, FloatArray]:
    """Factors of the third-order term: 1 for individuals, those of t units for incidence."""
    ones = np.ones(sample.size.shape)
    if not hasattr(sample, "units"):
        return ones, ones
    t = sample.size
    return np.maximum(t - 3, 0) / np.maximum(t, 1), np.maximum(t - 3, 0) / np.maximum(t - 1, 1)


def _chao_slopes(sample: Sample) -> FloatArray:
    """Differentiate the kinds not found by f1, f2, f3, f4 and the rest; shape (..., 5)."""
    once, twice = frequency_count(sample, 1), frequency_count(sample, 2)
    factor = divided(sample.size - 1, sample.size, 0.0)
    ratio = divided(once, twice, 0.0)
    slopes = np.zeros((*once.shape, 5))
    slopes[..., 0] = factor * np.where(twice > 0, ratio, once - 0.5)
    slopes[..., 1] = -factor * ratio**2 / 2
    return slopes


def jackknife(sample: Sample, order: int = 1) -> Estimate:
    """Jackknife of order 1 or 2 of the number of kinds, of counts or of incidence.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample.
    order : int
        1 or 2.

    Returns
    -------
    Estimate
        Order 2 is never below the number found. Where nothing is added, standard error and interval are those
        of the number found; see `estimates.observed_interval`.

    Notes
    -----
    S + f1 (n-1)/n, and S + f1 (2n-3)/n - f2 (n-2)^2/(n(n-1)); n individuals or units.

    References
    ----------
    K. P. Burnham and W. S. Overton, "Estimation of the size of a closed population when capture
    probabilities vary among animals," Biometrika 65, 625-633, 1978, doi 10.1093/biomet/65.3.625.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> jackknife(Abundance([12, 6, 2, 1, 1])).value.round(4).item()
    6.9091
    """
    n = np.maximum(sample.size, 1.0)
    counts = frequency_counts(sample, 2)
    observed = observed_richness(sample)
    if order == 1:
        slopes = np.stack([(n - 1) / n, np.zeros(n.shape)], axis=-1)
    else:
        slopes = np.stack([(2 * n - 3) / n, -divided((n - 2) ** 2, n * (n - 1), 0.0)], axis=-1)
    value = observed + (slopes * counts).sum(axis=-1)
    rest = observed - counts.sum(axis=-1)
    classes = np.concatenate([counts, rest[..., np.newaxis]], axis=-1)
    weights = np.concatenate([1 + slopes, np.ones((*n.shape, 1))], axis=-1)
    variance = delta_variance(classes, weights, value)
    adds = value > observed
    estimate = either(log_interval(observed, value, variance), observed_interval(sample), adds)
    return defined(estimate, observed > 0)
