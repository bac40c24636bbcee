"""Sample coverage: the share of the assemblage's individuals or incidences that belong to kinds found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.factorials import binomial_ratio
from sera_analysis.diversity.frequency_table import FrequencyTable
from sera_analysis.diversity.samples import divided, frequency_count
from sera_analysis.errors import InvalidOrderError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray, Sample


def mean_singleton_share(sample: Sample) -> tuple[FloatArray, FloatArray]:
    """Estimate the mean relative frequency of the kinds found once, and 1 minus it; each of shape (...).

    Notes
    -----
    A = 2 f2 / ((n-1) f1 + 2 f2); without doubletons 2 / ((n-1)(f1-1) + 2); without singletons 1. Both A and
    1 - A are given because the second cannot be had from the first where A is close to 1.

    References
    ----------
    A. Chao and L. Jost, "Coverage-based rarefaction and extrapolation," Ecology 93, 2533-2547, 2012,
    doi 10.1890/11-1952.1.
    """
    once, twice = frequency_count(sample, 1), frequency_count(sample, 2)
    top = np.where(twice > 0, 2 * twice, 2.0)
    rest = np.where(twice > 0, (sample.size - 1) * once, (sample.size - 1) * (once - 1))
    rest = np.where(once > 0, rest, 0.0)
    return top / (top + rest), rest / (top + rest)


def sample_coverage(sample: Sample) -> FloatArray:
    """Estimate the coverage of a sample from its singletons and doubletons.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample, sites in leading axes.

    Returns
    -------
    array, shape (...)
        Coverage, 0 to 1; not a number for an empty site.

    Notes
    -----
    With n individuals (or t units and U incidences), f1 kinds found once and f2 found twice, in the improved
    form C = 1 - f1/n * (n-1) f1 / ((n-1) f1 + 2 f2); without doubletons
    C = 1 - f1/n * (n-1)(f1-1) / ((n-1)(f1-1) + 2). For incidence f1/n becomes Q1/U and n-1 becomes t-1.

    References
    ----------
    A. Chao and L. Jost, "Coverage-based rarefaction and extrapolation," Ecology 93, 2533-2547, 2012,
    doi 10.1890/11-1952.1.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> sample_coverage(Abundance([9, 5, 1])).round(6).item()
    1.0
    """
    _, complement = mean_singleton_share(sample)
    return 1.0 - divided(frequency_count(sample, 1), sample.n) * complement


def coverage_deficit(sample: Sample) -> FloatArray:
    """Chance that one more individual, or incidence, is of a kind not found yet; shape (...)."""
    return 1.0 - sample_coverage(sample)


def checked_sizes(sizes: ArrayLike) -> FloatArray:
    """Check that sizes of samples are finite and at least 1, with at least one axis."""
    numbers = np.atleast_1d(np.asarray(sizes, dtype=np.float64))
    wrong = ~(np.isfinite(numbers) & (numbers >= 1))
    if wrong.any():
        raise InvalidOrderError(f"sample size: found {numbers[wrong][0]:g}; expected a number of 1 or more")
    return numbers


def expected_coverage(sample: Sample, sizes: ArrayLike) -> FloatArray:
    """Coverage that a smaller or larger sample of the same assemblage would have.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample.
    sizes : array, shape (..., sizes) or (sizes,)
        Numbers of individuals or sampling units, 1 or more; between whole numbers below the sample's own
        size the line between them is taken.

    Returns
    -------
    array, shape (..., sizes)
        Coverage; not a number for an empty site.

    Notes
    -----
    Below n: 1 - sum x_i/n * C(n-x_i, m) / C(n-1, m). From n on: 1 - f1/n * (1-A)^(m-n+1). For incidence
    x_i/n becomes Y_i/U and the binomials are of sampling units.

    References
    ----------
    A. Chao and L. Jost, Ecology 93, 2533-2547, 2012, doi 10.1890/11-1952.1, equations 4 and 12.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> expected_coverage(Abundance([9, 5, 1]), [14, 14.25, 15]).round(4).tolist()
    [0.9333, 0.95, 1.0]
    """
    new_sizes = checked_sizes(sizes)
    sites = sample.reshaped(-1)
    n = sites.size[:, np.newaxis]
    m = np.broadcast_to(new_sizes, (*sample.size.shape, new_sizes.shape[-1])).reshape(len(n), -1)
    _, complement = mean_singleton_share(sites)
    unseen = divided(frequency_count(sites, 1), sites.n)[:, np.newaxis]
    beyond = 1.0 - unseen * complement[:, np.newaxis] ** np.maximum(m - n + 1, 1.0)
    below = (m < n).any(axis=0)
    if below.any():
        fewer = _between(sites, new_sizes[..., below], 1.0 - unseen * complement[:, np.newaxis])
        beyond[:, below] = np.where((m < n)[:, below], fewer, beyond[:, below])
    return beyond.reshape(*sample.size.shape, -1)


def _between(sites: Sample, draws: FloatArray, own: FloatArray) -> FloatArray:
    """Coverage below the sample's size, on the line between whole sizes; shape (sites, sizes)."""
    floor = np.floor(draws)
    low = rarefied_coverage(sites, floor)
    if (draws == floor).all():
        return low
    high = np.where(floor + 1 < sites.size[:, np.newaxis], rarefied_coverage(sites, floor + 1), own)
    return low + (draws - floor) * (high - low)


def rarefied_coverage(sites: Sample, draws: FloatArray, table: FrequencyTable | None = None) -> FloatArray:
    """Coverage expected of whole sizes below the sample's own, 0 where they are not.

    Parameters
    ----------
    sites : Abundance or Incidence, shape (sites, kinds)
        The samples.
    draws : array, shape (sizes,) or (sites, sizes)
        Whole sizes.
    table : FrequencyTable, optional
        The frequency table of the sites, for a caller who asks again and again.
    """

    def unseen(size: FloatArray, times: FloatArray, draw: FloatArray) -> FloatArray:
        return times * binomial_ratio(size - 1, times - 1, np.minimum(draw, size - 1))

    missed = (table or FrequencyTable.of(sites)).apply(sites.size, draws, unseen)
    return 1.0 - divided(missed, sites.n[:, np.newaxis], 1.0)
