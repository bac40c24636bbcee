"""Whether more goes to the more or the less deprived: the concentration index, and Erreygers' for shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.equity import checked

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray


def concentration_index(values: ArrayLike, rank_by: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Concentration index: twice the covariance of values and fractional rank, over the mean.

    Parameters
    ----------
    values : array, shape (n,)
        What each unit has, zero or more.
    rank_by : array, shape (n,)
        What units are ranked by, such as deprivation.
    weights : array, shape (n,)
        How many each unit stands for; equal weights by default.

    Returns
    -------
    float
        From -1, all with the lowest rank, to 1, all with the highest; 0 where the rank tells nothing. Not a
        number where all values are 0.

    Raises
    ------
    InvalidSampleError
        Where a number is not finite, a value or weight is negative, or their numbers differ.

    Notes
    -----
    C = 2 cov(x, R) / mu, with R the weighted fractional rank, which units that are ranked alike share.

    References
    ----------
    N. C. Kakwani, A. Wagstaff and E. van Doorslaer, "Socioeconomic inequalities in health," Journal of
    Econometrics 77, 87-103, 1997, doi 10.1016/S0304-4076(96)01807-6.

    Examples
    --------
    >>> concentration_index([0, 0, 0, 8], [1, 2, 3, 4])
    0.75
    """
    covariance, mean = _covariance(values, rank_by, weights)
    return 2 * covariance / mean if mean > 0 else float("nan")


def erreygers_index(
    shares: ArrayLike,
    rank_by: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    lowest: float = 0.0,
    highest: float = 1.0,
) -> float:
    """Erreygers' concentration index, for values that have a lowest and a highest.

    Parameters
    ----------
    shares, rank_by, weights : array, shape (n,)
        As for `concentration_index`.
    lowest, highest
        Ends of what a value may be.

    Returns
    -------
    float
        From -1 to 1; what is lacking has the same index with the other sign, which the plain one has not.

    Raises
    ------
    InvalidSampleError
        Where a value lies outside its ends, besides what `concentration_index` refuses.

    Notes
    -----
    E = 8 cov(x, R) / (highest - lowest).

    References
    ----------
    G. Erreygers, "Correcting the concentration index," Journal of Health Economics 28, 504-515, 2009,
    doi 10.1016/j.jhealeco.2008.02.003.
    """
    bounded = np.asarray(shares, dtype=np.float64)
    if ((bounded < lowest) | (bounded > highest)).any():
        raise InvalidSampleError(f"a value lies outside {lowest:g} to {highest:g}, the ends that were named")
    covariance, _ = _covariance(shares, rank_by, weights)
    return 8 * covariance / (highest - lowest)


def fractional_rank(rank_by: ArrayLike, weights: FloatArray) -> FloatArray:
    """Share of all weight below each unit, plus half of that ranked alike; shape (n,)."""
    by = np.asarray(rank_by, dtype=np.float64)
    _, inverse = np.unique(by, return_inverse=True)
    alike = np.bincount(inverse, weights=weights)
    below = np.cumsum(alike) - alike
    ranks: FloatArray = (below + alike / 2)[inverse] / alike.sum()
    return ranks


def _covariance(values: ArrayLike, rank_by: ArrayLike, weights: ArrayLike | None) -> tuple[float, float]:
    x, w = checked(values, weights)
    by = np.asarray(rank_by, dtype=np.float64)
    if by.shape != x.shape or not np.isfinite(by).all():
        raise InvalidSampleError(
            f"{x.size} values and a rank of shape {by.shape}; expected one finite number a value"
        )
    share = w / w.sum()
    mean = float(share @ x)
    # The mean fractional rank is a half, whatever the ties.
    return float(share @ ((x - mean) * (fractional_rank(by, w) - 0.5))), mean
