"""Samples compared at one coverage: the size that has it, exactly, and the Hill numbers there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.coverage import mean_singleton_share, rarefied_coverage, sample_coverage
from sera_analysis.diversity.frequency_table import FrequencyTable
from sera_analysis.diversity.rarefaction import expected_hill_numbers
from sera_analysis.diversity.samples import divided, frequency_count
from sera_analysis.errors import InvalidOrderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray, Sample


def size_at_coverage(sample: Sample, targets: ArrayLike) -> FloatArray:
    """Size of the sample that would have a coverage.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample.
    targets : array, shape (targets,)
        Coverages, 0 to 1.

    Returns
    -------
    array, shape (..., targets)
        Sizes, not whole in general, never below 1: a single individual already has some coverage. Infinite
        for a target of 1 that the sample has not reached; not a number for an empty site.

    Raises
    ------
    InvalidOrderError
        Where a target is outside 0 to 1.

    Notes
    -----
    Coverage grows with every individual, so below n the two whole sizes around the target are found by
    halving, and the size lies on the line between them: 9, 5 and 1 individuals at 0.95 give 14.25. Beyond n
    the closed form m = n + ln(n (1-C) / f1) / ln(1-A) - 1 holds. Nothing is minimised, so the asked coverage
    is met to the last digits.

    References
    ----------
    A. Chao and L. Jost, "Coverage-based rarefaction and extrapolation," Ecology 93, 2533-2547, 2012,
    doi 10.1890/11-1952.1.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> size_at_coverage(Abundance([9, 5, 1]), [0.95]).round(9).tolist()
    [14.25]
    """
    coverages = np.atleast_1d(np.asarray(targets, dtype=np.float64))
    if not np.all((coverages >= 0) & (coverages <= 1)):
        invalid = coverages[~((coverages >= 0) & (coverages <= 1))][0]
        raise InvalidOrderError(f"coverage: found {invalid:g}; expected a number from 0 to 1")
    sites = sample.reshaped(-1)
    goal = np.broadcast_to(coverages, (len(sites.size), len(coverages)))
    own = sample_coverage(sites)[:, np.newaxis]
    size = np.where(goal > own, _larger(sites, goal), sites.size[:, np.newaxis])
    if (goal < own).any():
        size = np.where(goal < own, _smaller(sites, goal), size)
    size = np.where(sites.n[:, np.newaxis] > 0, size, np.nan)
    return size.reshape(*sample.size.shape, -1)


def _larger(sites: Sample, goal: FloatArray) -> FloatArray:
    """Size beyond the sample's own at which the coverage is met; shape (sites, targets)."""
    _, complement = mean_singleton_share(sites)
    unseen = divided(frequency_count(sites, 1), sites.n)[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        further = np.log((1 - goal) / unseen) / np.log(complement)[:, np.newaxis] - 1
    return sites.size[:, np.newaxis] + np.maximum(further, 0.0)


def _smaller(sites: Sample, goal: FloatArray) -> FloatArray:
    """Size below the sample's own, by halving between 1 and n, on the line between whole sizes."""
    n = np.maximum(sites.size, 1.0)[:, np.newaxis]
    table = FrequencyTable.of(sites)
    low, high = np.ones(goal.shape), np.broadcast_to(n, goal.shape)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = rarefied_coverage(sites, middle, table) > goal
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    before = rarefied_coverage(sites, low, table)
    own = sample_coverage(sites)[:, np.newaxis]
    after = np.where(high < n, rarefied_coverage(sites, high, table), own)
    return low + np.clip(divided(goal - before, after - before, 0.0), 0.0, 1.0) * (high - low)


def hill_numbers_at_coverage(
    sample: Sample, targets: ArrayLike, orders: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    """Sizes that have the coverages, shape (..., targets), and Hill numbers there (..., targets, orders).

    See `size_at_coverage` and `rarefaction.expected_hill_numbers`. Where no size has the coverage, the
    numbers are not numbers.
    """
    sizes = size_at_coverage(sample, targets)
    met = np.isfinite(sizes)
    numbers = expected_hill_numbers(sample, np.where(met, sizes, 1.0), orders)
    return sizes, np.where(met[..., np.newaxis], numbers, np.nan)
