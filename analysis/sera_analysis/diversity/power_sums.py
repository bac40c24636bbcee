"""The sums over kinds from which Hill numbers of any order are made; near q = 1 they keep their digits.

A sum is kept as entropy at q = 1; close to 1 as the power sum minus the sum of shares; elsewhere as the power
sum itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.errors import InvalidOrderError

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray

NEAR_ONE: Final = 0.1


def checked_order(q: float) -> float:
    """Check that an order of diversity is a number of 0 or more."""
    if not q >= 0:
        raise InvalidOrderError(f"order of diversity: found {q!r}; expected a number of 0 or more")
    return q


def is_near_one(q: float) -> bool:
    """Return whether the plain power sum of this order would lose digits, q = 1 itself left out."""
    return q != 1 and abs(q - 1) < NEAR_ONE


def power_term(share: FloatArray, q: float) -> FloatArray:
    """One kind's part in the sum of order q above 0, from its share; 0 for a share of 0."""
    if q == 2:
        return np.square(share)
    if q != 1 and not is_near_one(q):
        return share**q
    # The smallest number stands for 0, whose logarithm its own factor of 0 removes.
    logs = np.log(np.maximum(share, np.finfo(np.float64).tiny))
    return -share * logs if q == 1 else share * np.expm1((q - 1) * logs)


def hill_from_sum(total: FloatArray, q: float, mean: FloatArray | float = 1.0) -> FloatArray:
    """Turn a sum of `power_term` into a Hill number.

    Parameters
    ----------
    total : array
        The sum over kinds.
    q : float
        Order above 0.
    mean : array or float
        Sum of the shares themselves: 1 for individuals; the mean number of kinds in a unit for incidence,
        whose shares are detection rates.

    Returns
    -------
    array
        The Hill number; not a number where the sum is not above 0, as with an order that is undefined.

    Notes
    -----
    With rates r of sum R: D = (sum (r/R)^q)^(1/(1-q)); at q = 1, exp(H/R + ln R) with H = -sum r ln r.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if q == 1:
            number = mean * np.exp(total / mean)
        elif is_near_one(q):
            number = mean * np.exp(np.log1p(total / mean) / (1 - q))
        else:
            number = (total / np.power(mean, q)) ** (1 / (1 - q))
    return np.where(np.isfinite(number) & (np.asarray(mean) > 0), number, np.nan)
