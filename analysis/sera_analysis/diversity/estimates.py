"""An estimate of richness with its standard error and interval, and how they follow from frequency counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri

from sera_analysis.diversity.samples import divided

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import BoolArray, FloatArray, Sample


class Estimate(NamedTuple):
    """Value, standard error and both ends of the interval, each of shape (...); undefined is not a number."""

    value: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray


def observed_richness(sample: Sample) -> FloatArray:
    """Count the kinds found; shape (...)."""
    kinds: FloatArray = np.count_nonzero(sample.frequencies, axis=-1).astype(np.float64)
    return kinds


def delta_variance(counts: FloatArray, derivatives: FloatArray, value: FloatArray) -> FloatArray:
    """Variance of an estimate that is a function of frequency counts, by the delta method.

    Parameters
    ----------
    counts : array, shape (..., classes)
        Numbers of kinds found once, twice, and so on.
    derivatives : array, shape (..., classes)
        Derivative of the estimate by each count.
    value : array, shape (...)
        The estimate: the counts are taken as multinomial, with so many kinds in all.

    Notes
    -----
    sum d_i^2 f_i - (sum d_i f_i)^2 / S, from cov(f_i, f_j) = f_i (delta_ij - f_j / S).

    References
    ----------
    A. Chao and S.-M. Lee, "Estimating the number of classes via sample coverage," JASA 87, 210-217, 1992,
    doi 10.1080/01621459.1992.10475194.
    """
    squares: FloatArray = (derivatives**2 * counts).sum(axis=-1)
    return squares - divided((derivatives * counts).sum(axis=-1) ** 2, value, 0.0)


def log_interval(
    observed: FloatArray, value: FloatArray, variance: FloatArray, confidence: float = 0.95
) -> Estimate:
    """Interval that cannot fall below what was found: the kinds not found are taken as lognormal.

    Notes
    -----
    With T = S_hat - S and R = exp(z sqrt(ln(1 + var/T^2))): S + T/R to S + T R. Where T is 0 the interval
    does not exist; where the variance is not above 0 neither does the standard error.

    References
    ----------
    A. Chao, Biometrics 43, 783-791, 1987, doi 10.2307/2531532.
    """
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.where(variance > 0, variance, np.nan))
    missing = np.where(value > observed, value - observed, np.nan)
    ratio = np.exp(ndtri(0.5 + confidence / 2) * np.sqrt(np.log1p((error / missing) ** 2)))
    return Estimate(value, error, observed + missing / ratio, observed + missing * ratio)


def observed_interval(sample: Sample, confidence: float = 0.95) -> Estimate:
    """Estimate the interval of the observed number of kinds, where an estimate adds none to it.

    Notes
    -----
    With counts taken as Poisson of the mean that was found, a kind found i times is missed with exp(-i):
    var = sum f_i (e^-i - e^-2i) - (sum i e^-i f_i)^2 / n, P = sum f_i e^-i / S, and the interval
    S / (1-P) +- z sd / (1-P), cut at S. It is what SpadeR gives, and depends on the kinds found rarely alone.
    Where the variance is not above 0 there is none, nor where the interval would leave S out, as with a
    thousand kinds found twice each.

    References
    ----------
    R. K. Colwell, "EstimateS 9.1 user's guide," appendix B, after A. Chao, Biometrics 43, 1987,
    doi 10.2307/2531532.
    """
    x = sample.frequencies
    missed = np.where(x > 0, np.exp(-x), 0.0)
    observed = observed_richness(sample)
    spread = (x * missed).sum(axis=-1) ** 2
    variance = (missed - missed**2).sum(axis=-1) - divided(spread, sample.size, 0.0)
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.where((variance > 0) & (observed > 0), variance, np.nan))
    rest = 1 - divided(missed.sum(axis=-1), observed)
    reach = ndtri(0.5 + confidence / 2) * error / rest
    middle = observed / rest
    # An interval that leaves its own number out says nothing about it.
    around = middle - reach <= observed
    low, high = np.where(around, observed, np.nan), np.where(around, middle + reach, np.nan)
    return Estimate(np.where(observed > 0, observed, np.nan), error, low, high)


def either(first: Estimate, second: Estimate, condition: BoolArray) -> Estimate:
    """Take the first estimate where the condition holds and the second elsewhere."""
    pairs = zip(first, second, strict=True)
    return Estimate(*(np.where(condition, if_true, if_false) for if_true, if_false in pairs))


def defined(estimate: Estimate, condition: BoolArray) -> Estimate:
    """Leave an estimate where the condition holds and make it not a number elsewhere."""
    return Estimate(*(np.where(condition, part, np.nan) for part in estimate))
