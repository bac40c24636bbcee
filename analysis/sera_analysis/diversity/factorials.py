"""Ratios of factorials and of binomial coefficients that keep their digits for samples of a million."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammaln, gammasgn

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray

# From here on Stirling's series with four terms is exact to the last digits of a double.
_SHIFT: Final = 20


def log_falling_factorial(x: FloatArray, q: FloatArray | float) -> FloatArray:
    """Logarithm of x (x-1) ... (x-q+1), that is of Gamma(x+1) / Gamma(x+1-q), for any real q below x + 1.

    Parameters
    ----------
    x, q : arrays that broadcast
        Numbers with x + 1 - q above zero; elsewhere the answer is minus infinity.

    Returns
    -------
    array
        The logarithm. Relative digits are kept also where q is close to zero or x is large, which the
        difference of two log-gamma functions would lose.

    Notes
    -----
    Both arguments are moved up by 20 with Gamma(z+1) = z Gamma(z) where they are small; from there on the
    difference is taken within Stirling's series.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 5.5.1 and 5.11.1, https://dlmf.nist.gov/5.11.

    Examples
    --------
    >>> np.exp(log_falling_factorial(np.array([5.0, 1e6]), 2)).round().tolist()
    [20.0, 999999000000.0]
    """
    x, q = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(q, dtype=np.float64))
    low = x + 1 - q
    defined = low > 0
    safe = np.where(defined, low, 1.0)
    order = np.where(defined, q, 0.0)
    move = safe < _SHIFT
    result = np.asarray(_stirling_difference(np.where(move, safe + _SHIFT, safe), order))
    if move.any():
        steps = np.arange(_SHIFT)
        moved = np.log1p(order[move][..., np.newaxis] / (safe[move][..., np.newaxis] + steps)).sum(axis=-1)
        result[move] -= moved
    return np.where(defined, result, -np.inf)


def _stirling_difference(low: FloatArray, step: FloatArray) -> FloatArray:
    """Log Gamma(low + step) - log Gamma(low) by Stirling's series, for low of 20 or more."""
    high = low + step
    difference: FloatArray = (low - 0.5) * np.log1p(step / low) + step * (np.log(high) - 1)
    return difference + _rest_difference(1 / high, 1 / low, step)


def _rest(z: FloatArray) -> FloatArray:
    """Stirling's terms below the logarithm, at 1/z."""
    w = z * z
    return z * (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w / 1680)))


def _rest_difference(u: FloatArray, w: FloatArray, step: FloatArray) -> FloatArray:
    """Difference of Stirling's terms z/12 - z^3/360 + z^5/1260 - z^7/1680 at u and w, u - w = -step u w.

    Each power's difference holds the factor u - w, which is taken out, so that small steps keep their digits.
    """
    if not np.any((step != 0) & (np.abs(step) < 0.5)):
        return _rest(u) - _rest(w)
    sums = np.ones_like(u)
    powers = [sums]
    for _ in range(6):
        sums = sums * u + w ** len(powers)
        powers.append(sums)
    series = 1 / 12 - powers[2] / 360 + powers[4] / 1260 - powers[6] / 1680
    return -step * u * w * series


def falling_factorial_ratio(x: FloatArray, n: FloatArray, q: float) -> FloatArray:
    """Falling factorial of x of any order q over that of n; signed where q goes beyond x + 1.

    Parameters
    ----------
    x : array
        Whole numbers of 1 or more.
    n : array that broadcasts with x
        Whole numbers not below x.
    q : float
        Order, below n + 1.
    """
    below = log_falling_factorial(n, q)
    beyond = x + 1 - q <= 0
    logs = log_falling_factorial(x, q)
    if not beyond.any():
        ratio: FloatArray = np.exp(logs - below)
        return ratio
    # Gamma has a pole at 0, -1, -2 ...: there the falling factorial holds a factor of zero.
    pole = beyond & (x + 1 - q == np.floor(x + 1 - q))
    argument = np.where(beyond & ~pole, x + 1 - q, 1.0)
    logs = np.where(beyond, gammaln(x + 1) - gammaln(argument), logs)
    sign = np.where(pole, 0.0, gammasgn(argument))
    signed: FloatArray = sign * np.exp(logs - below)
    return signed


def binomial_ratio(n: FloatArray, x: FloatArray, m: FloatArray) -> FloatArray:
    """Chance that a draw of m from n without replacement holds none of x: C(n-x, m) / C(n, m).

    Parameters
    ----------
    n, x, m : arrays that broadcast
        Whole numbers, x and m between 0 and n.
    """
    fewer, more = np.minimum(x, m), np.maximum(x, m)
    ratio: FloatArray = np.exp(log_falling_factorial(n - more, fewer) - log_falling_factorial(n, fewer))
    return np.where(fewer + more > n, 0.0, ratio)
