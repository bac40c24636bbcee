"""ACE and ICE: the number of kinds from the coverage of the rare ones, for lists that people verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.diversity.coverage import mean_singleton_share
from sera_analysis.diversity.estimates import (
    defined,
    delta_variance,
    either,
    log_interval,
    observed_interval,
    observed_richness,
)
from sera_analysis.diversity.samples import Incidence, divided, frequency_counts

if TYPE_CHECKING:
    from sera_analysis.diversity.estimates import Estimate
    from sera_analysis.diversity.samples import FloatArray, Sample

RARE_MOST: Final = 10


class _Rare(NamedTuple):
    """Sums over the rare kinds: their number, finds, coverage and its derivatives by f_1, f_2, ..."""

    counts: FloatArray
    kinds: FloatArray
    finds: FloatArray
    pairs: FloatArray
    coverage: FloatArray
    coverage_slopes: FloatArray
    factor: FloatArray


def rare_coverage_estimate(sample: Sample, rare_most: int = RARE_MOST) -> Estimate:
    """ACE of counts, ICE of incidence: kinds found more than 10 times are complete, the rest is estimated.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        The sample.
    rare_most : int
        How often a rare kind is found at most.

    Returns
    -------
    Estimate
        Not a number where all rare kinds are singletons, which leaves the coverage of the rare ones at 0.
        Where nothing is added, standard error and interval are those of the number found.

    Notes
    -----
    S_abundant + S_rare/C + f1/C g with g = max(S_rare/C a / (N (N-1)) - 1, 0), a = sum i (i-1) f_i and N the
    finds of the rare kinds. ACE has C = 1 - f1/N; ICE has C = 1 - Q1/N (1-A), A as in
    `coverage.mean_singleton_share`, and g with the further factor t/(t-1). The variance is by the delta
    method.

    References
    ----------
    A. Chao and S.-M. Lee, JASA 87, 210-217, 1992, doi 10.1080/01621459.1992.10475194. S.-M. Lee and A. Chao,
    "Estimating population size via sample coverage for closed capture-recapture models," Biometrics 50,
    88-97, 1994, doi 10.2307/2533199.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> rare_coverage_estimate(Abundance([12, 6, 2, 1, 1])).value.round(4).item()
    7.9444
    """
    rare = _rare(sample, rare_most)
    observed = observed_richness(sample)
    once = rare.counts[..., 0]
    base = divided(rare.kinds, rare.coverage, 0.0)
    drawn = rare.finds * (rare.finds - 1)
    variation = np.maximum(rare.factor * base * divided(rare.pairs, drawn, 0.0) - 1, 0.0)
    value = observed - rare.kinds + base + divided(once, rare.coverage, 0.0) * variation
    rest = observed - rare.kinds
    classes = np.concatenate([rare.counts, rest[..., np.newaxis]], axis=-1)
    slopes = np.concatenate([_slopes(rare, variation), np.ones((*rest.shape, 1))], axis=-1)
    variance = delta_variance(classes, slopes, value)
    more = value > observed + 1e-9
    estimate = either(log_interval(observed, value, variance), observed_interval(sample), more)
    is_defined = (rare.coverage > 0) | (rare.kinds == 0)
    return defined(estimate, is_defined & (observed > 0) & (sample.size > 1))


def _rare(sample: Sample, most: int) -> _Rare:
    """Add up the kinds found at most `most` times."""
    times = np.arange(1, most + 1, dtype=np.float64)
    counts = frequency_counts(sample, most)
    once = counts[..., 0]
    finds = (times * counts).sum(axis=-1)
    pairs = (times * (times - 1) * counts).sum(axis=-1)
    t = sample.size
    if isinstance(sample, Incidence):
        _, unseen = mean_singleton_share(sample)
        unseen_slopes = _unseen_slopes(counts, t)
        factor = divided(t, t - 1, 0.0)
    else:
        unseen, unseen_slopes, factor = np.ones(t.shape), np.zeros(counts.shape), np.ones(t.shape)
    coverage = np.where(finds > 0, 1 - divided(once, finds, 0.0) * unseen, 0.0)
    slopes = (
        _ratio(once * unseen, finds**2)[..., np.newaxis] * times
        - unseen_slopes * _ratio(once, finds)[..., np.newaxis]
    )
    slopes[..., 0] -= _ratio(unseen, finds)
    return _Rare(counts, counts.sum(axis=-1), finds, pairs, coverage, slopes, factor)


def _unseen_slopes(counts: FloatArray, t: FloatArray) -> FloatArray:
    """Differentiate 1 - A by the counts of kinds found once and twice; shape of counts."""
    once, twice = counts[..., 0], counts[..., 1]
    slopes = np.zeros(counts.shape)
    paired = ((t - 1) * once + 2 * twice) ** 2
    lone = ((t - 1) * (once - 1) + 2) ** 2
    slopes[..., 0] = np.where(twice > 0, _ratio(2 * (t - 1) * twice, paired), _ratio(2 * (t - 1), lone))
    slopes[..., 1] = np.where(twice > 0, -_ratio(2 * (t - 1) * once, paired), 0.0)
    return slopes


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Divide, with 0 where the bottom is 0."""
    return divided(top, bottom, 0.0)


def _slopes(rare: _Rare, variation: FloatArray) -> FloatArray:
    """Differentiate the estimate by the counts of rare kinds, shape (..., rare_most)."""
    times = np.arange(1, rare.counts.shape[-1] + 1, dtype=np.float64)
    once, coverage = rare.counts[..., 0, np.newaxis], rare.coverage[..., np.newaxis]
    kinds, finds = rare.kinds[..., np.newaxis], rare.finds[..., np.newaxis]
    pairs, g = rare.pairs[..., np.newaxis], variation[..., np.newaxis]
    first = np.zeros(rare.counts.shape)
    first[..., 0] = 1.0
    fall = _ratio(rare.coverage_slopes, coverage)
    base = _ratio(np.ones(1), coverage) - _ratio(kinds, coverage) * fall
    # g + 1 is a product, so that its derivative is itself times the sum of its factors' relative ones.
    grows = (
        _ratio(np.ones(1), kinds)
        - fall
        + _ratio(times * (times - 1), pairs)
        - _ratio((2 * finds - 1) * times, finds * (finds - 1))
    )
    varies = np.where(g > 0, (g + 1) * grows, 0.0)
    return (
        base
        + _ratio(first, coverage) * g
        - _ratio(once, coverage) * fall * g
        + _ratio(once, coverage) * varies
    )
