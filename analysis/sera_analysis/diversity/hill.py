"""Hill numbers, the effective number of kinds, and the entropies behind them; for one site or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy

from sera_analysis.diversity.power_sums import NEAR_ONE
from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidOrderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import Abundance, FloatArray, Incidence

# Within this distance of q = 1 the power sum is written as 1 + a small number, or it would cancel.


def shares(frequencies: FloatArray) -> FloatArray:
    """Divide frequencies, shape (..., kinds), by their sum a site; all zeros where a site is empty."""
    total = frequencies.sum(axis=-1, keepdims=True)
    return divided(frequencies, total, 0.0)


def effective_number(frequencies: FloatArray, q: float) -> FloatArray:
    """Hill number of order q of any non-negative weights, shape (..., kinds) to (...); see `hill_number`."""
    return effective_numbers(frequencies, (q,))[..., 0]


def effective_numbers(frequencies: FloatArray, orders: Sequence[float]) -> FloatArray:
    """Hill numbers of several orders, shape (..., kinds) to (..., orders); see `hill_number`."""
    for q in orders:
        if not q >= 0:
            raise InvalidOrderError(f"order of diversity: found {q!r}; expected a number of 0 or more")
    p = shares(np.asarray(frequencies, dtype=np.float64))
    return np.stack([_number_of_order(p, q) for q in orders], axis=-1)


def _number_of_order(p: FloatArray, q: float) -> FloatArray:
    if q == 0:
        kinds: FloatArray = np.count_nonzero(p, axis=-1).astype(np.float64)
        return kinds
    empty = p.sum(axis=-1) == 0
    if np.isinf(q):
        return divided(np.ones(empty.shape), p.max(axis=-1, initial=0.0), 0.0)
    return np.where(empty, 0.0, np.exp(_renyi(p, q)))


def _renyi(p: FloatArray, q: float) -> FloatArray:
    """Renyi entropy of order q > 0 of shares p; 0 for an empty site."""
    if q == 1:
        entropy: FloatArray = -xlogy(p, p).sum(axis=-1)
        return entropy
    if abs(q - 1) < NEAR_ONE:
        logs = np.log(p, out=np.zeros_like(p), where=p > 0)
        near: FloatArray = np.log1p((p * np.expm1((q - 1) * logs)).sum(axis=-1)) / (1 - q)
        return near
    largest = p.max(axis=-1, keepdims=True, initial=0.0)
    scaled = divided(p, largest, 0.0)
    power = xlogy(q, largest)[..., 0] + np.log(np.maximum((scaled**q).sum(axis=-1), 1.0))
    return np.where(largest[..., 0] > 0, power, 0.0) / (1 - q)


def hill_number(sample: Abundance | Incidence, q: float) -> FloatArray:
    """Hill number of order q: how many equally common kinds would be as diverse as this sample.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        Counts of individuals, or in how many units each kind was found.
    q : float
        Order, 0 or more; 0 counts kinds, 1 weighs them by how common they are, 2 by the common ones,
        infinity by the commonest alone.

    Returns
    -------
    array, shape (...)
        The effective number of kinds. An empty site has 0.

    Raises
    ------
    InvalidOrderError
        Where q is negative or not a number.

    Notes
    -----
    With shares p_i of the sum of counts or of incidence frequencies, D = (sum p_i^q)^(1/(1-q)); at q = 1
    its limit, exp(-sum p_i ln p_i). Nothing is extrapolated: this is the diversity of what was observed.

    References
    ----------
    M. O. Hill, "Diversity and evenness: a unifying notation and its consequences," Ecology 54, 427-432,
    1973, doi 10.2307/1934352. A. Chao et al., "Rarefaction and extrapolation with Hill numbers,"
    Ecological Monographs 84, 45-67, 2014, doi 10.1890/13-0133.1.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> hill_number(Abundance([10, 10, 10, 0]), 2).round(6).item()
    3.0
    """
    return effective_number(sample.frequencies, q)


def hill_profile(sample: Abundance | Incidence, orders: Sequence[float]) -> FloatArray:
    """Hill numbers at several orders, shape (..., orders); see `hill_number`."""
    return effective_numbers(sample.frequencies, orders)


def observed(sample: Abundance | Incidence) -> FloatArray:
    """Count the kinds that were found at all, shape (...); the Hill number of order 0."""
    return hill_number(sample, 0)


def shannon(sample: Abundance | Incidence) -> FloatArray:
    """Shannon entropy -sum p_i ln p_i [nat], shape (...); 0 for an empty site.

    References
    ----------
    C. E. Shannon, "A mathematical theory of communication," Bell System Technical Journal 27, 379-423,
    1948, doi 10.1002/j.1538-7305.1948.tb01338.x.
    """
    # Adding 0 turns the -0.0 of a single kind into 0.0.
    return _renyi(shares(sample.frequencies), 1.0) + 0.0


def gini_simpson(sample: Abundance | Incidence) -> FloatArray:
    """Chance that two draws with replacement are of different kinds, 1 - sum p_i^2, shape (...).

    An empty site has 0.

    References
    ----------
    E. H. Simpson, "Measurement of diversity," Nature 163, 688, 1949, doi 10.1038/163688a0.
    """
    p = shares(sample.frequencies)
    return np.where(p.sum(axis=-1) > 0, 1.0 - np.square(p).sum(axis=-1), 0.0)


def berger_parker(sample: Abundance | Incidence) -> FloatArray:
    """Share of the commonest kind, shape (...); 0 for an empty site.

    References
    ----------
    W. H. Berger and F. L. Parker, "Diversity of planktonic foraminifera in deep-sea sediments,"
    Science 168, 1345-1347, 1970, doi 10.1126/science.168.3937.1345.
    """
    largest: FloatArray = shares(sample.frequencies).max(axis=-1, initial=0.0)
    return largest
