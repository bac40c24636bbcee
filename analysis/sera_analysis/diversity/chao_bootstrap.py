"""Chao's bootstrap: standard errors of published diversity figures, from an estimated assemblage.

It speaks about other samples of the same size from the same assemblage, drawn at random: not about other
days, other gardens or other observers. Intervals of Sera's own figures come from units and days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri

from sera_analysis.diversity.asymptotic import unseen_kinds
from sera_analysis.diversity.coverage import sample_coverage
from sera_analysis.diversity.samples import Abundance, Incidence, divided, incidences_per_unit
from sera_analysis.errors import InvalidOrderError

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, IntArray, Sample

# Beyond this share of replicates without a value there is no standard error.
UNDEFINED_MOST = 0.05


class Assemblage(NamedTuple):
    """Rates of the kinds found, shape (kinds,), and of each of the kinds not found."""

    rates: FloatArray
    unseen: int
    unseen_rate: float


class Spread(NamedTuple):
    """Standard error and interval, each of the statistic's shape, and the replicates that had no value."""

    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    undefined: IntArray


def estimated_assemblage(sample: Sample) -> Assemblage:
    """Estimate the assemblage behind one sample of shape (kinds,).

    Notes
    -----
    With n individuals (units) and coverage C, a kind found x times gets x/n (1 - w (1-x/n)^n), w such that
    the kinds found have C of the whole; the rest is shared alike by f0, rounded up, kinds not found. For
    incidence the whole is the mean number of kinds in a unit.

    References
    ----------
    A. Chao et al., "Rarefaction and extrapolation with Hill numbers," Ecological Monographs 84, 45-67, 2014,
    doi 10.1890/13-0133.1, appendix G.
    """
    x = sample.frequencies[sample.frequencies > 0]
    n = float(sample.size)
    share = x / n
    fade = (1 - share) ** n
    lost = float(incidences_per_unit(sample) * (1 - sample_coverage(sample)))
    weight = divided(np.array(lost), (share * fade).sum(), 0.0)
    # A guard against 1.0000000000000002 kinds, which are one.
    unseen = int(np.ceil(float(unseen_kinds(sample)) - 1e-9))
    return Assemblage(share * (1 - weight * fade), unseen, lost / unseen if unseen else 0.0)


def resampled(sample: Sample, replicates: int, rng: np.random.Generator) -> Sample:
    """Draw samples of the same size from the estimated assemblage.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (kinds,)
        One site, not empty.
    replicates : int
        How many to draw, 2 or more.
    rng : numpy.random.Generator
        Where chance comes from: the same state gives the same samples.

    Returns
    -------
    Abundance or Incidence, shape (replicates, kinds)
        The samples; the kinds not found stand after those found.
    """
    if replicates < 2:
        raise InvalidOrderError(f"replicates: found {replicates!r}; expected at least 2")
    if not sample.n > 0:
        raise InvalidOrderError("bootstrap: the sample is empty; nothing can be drawn from it")
    assemblage = estimated_assemblage(sample)
    if isinstance(sample, Incidence):
        return _units(assemblage, int(sample.units), replicates, rng)
    rates = np.append(assemblage.rates, assemblage.unseen * assemblage.unseen_rate)
    drawn = rng.multinomial(int(sample.n), rates / rates.sum(), size=replicates)
    row = np.repeat(np.arange(replicates), drawn[:, -1])
    cell = rng.integers(max(assemblage.unseen, 1), size=len(row))
    keys, times = np.unique(row * max(assemblage.unseen, 1) + cell, return_counts=True)
    return Abundance(
        np.hstack([drawn[:, :-1], _padded(keys // max(assemblage.unseen, 1), times, replicates)])
    )


def _units(assemblage: Assemblage, units: int, replicates: int, rng: np.random.Generator) -> Incidence:
    """Draw incidence frequencies: each kind is in each unit by its own rate."""
    drawn = rng.binomial(units, np.clip(assemblage.rates, 0, 1), (replicates, len(assemblage.rates)))
    rate = min(assemblage.unseen_rate, 1.0)
    noticed = -np.expm1(units * np.log1p(-min(rate, 1 - 1e-12)))
    row = np.repeat(np.arange(replicates), rng.binomial(assemblage.unseen, noticed, replicates))
    # The unit of the first find, given that there is one; further finds are free after it.
    first = np.ceil(np.log1p(-rng.random(len(row)) * noticed) / np.log1p(-min(rate, 1 - 1e-12)))
    times = 1 + rng.binomial(units - np.clip(first, 1, units).astype(np.int64), rate)
    return Incidence(np.hstack([drawn, _padded(row, times, replicates)]), np.full(replicates, float(units)))


def _padded(row: IntArray, values: IntArray, rows: int) -> IntArray:
    """Lay values, ordered by row, out as a table with zeros behind the shorter rows."""
    lengths = np.bincount(row, minlength=rows)
    table = np.zeros((rows, int(lengths.max(initial=0))), dtype=np.int64)
    table[row, np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)] = values
    return table


def spread_of(
    value: FloatArray,
    replicates: FloatArray,
    within: tuple[FloatArray | float, FloatArray | float],
    confidence: float = 0.95,
) -> Spread:
    """Turn a statistic and its replicates into standard error and interval.

    Parameters
    ----------
    value : array, shape (...)
        The statistic of the sample.
    replicates : array, shape (replicates, ...)
        The statistic of each replicate; not a number where it has none.
    within : tuple
        Lowest and highest possible value, at which the interval is cut.
    confidence : float
        Nominal coverage.

    Returns
    -------
    Spread
        The value plus and minus z standard errors; not a number where the value has none, or where more than
        a twentieth of the replicates have none.
    """
    defined = np.isfinite(replicates)
    count = defined.sum(axis=0)
    mean = divided(np.where(defined, replicates, 0.0).sum(axis=0), count)
    squares = np.where(defined, np.square(replicates - mean), 0.0).sum(axis=0)
    undefined = len(replicates) - count
    usable = np.isfinite(value) & (undefined <= UNDEFINED_MOST * len(replicates)) & (count > 1)
    error = np.where(usable, np.sqrt(divided(squares, count - 1)), np.nan)
    reach = ndtri(0.5 + confidence / 2) * error
    low, high = np.maximum(value - reach, within[0]), np.minimum(value + reach, within[1])
    return Spread(error, low, high, undefined)
