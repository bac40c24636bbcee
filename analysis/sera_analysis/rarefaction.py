"""Hill numbers that a smaller or a larger sample of the same assemblage would show, by size.

For lists that people have verified: comparing two lists is fair at one size or at one coverage only.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.asymptotic import asymptotic_hill_number, unseen_kinds
from sera_analysis.coverage import checked_sizes, mean_singleton_share
from sera_analysis.factorials import binomial_ratio
from sera_analysis.hill import hill_number
from sera_analysis.hypergeometric import hypergeometric_mean
from sera_analysis.power_sums import checked_order, hill_from_sum, power_term
from sera_analysis.samples import divided, incidences_per_unit
from sera_analysis.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from sera_analysis.samples import FloatArray, Sample


def expected_hill_numbers(sample: Sample, sizes: ArrayLike, orders: Sequence[float]) -> FloatArray:
    """Hill numbers expected of samples of other sizes.

    Parameters
    ----------
    sample : Abundance or Incidence, shape (..., kinds)
        Individuals or units drawn at random.
    sizes : array, shape (sizes,) or (..., sizes)
        Numbers of individuals or sampling units, 1 or more. Between whole numbers below the sample's own size
        the line between them is taken. Beyond twice the sample's size order 0 is guesswork.
    orders : sequence of float
        Orders, finite and 0 or more.

    Returns
    -------
    array, shape (..., sizes, orders)
        Hill numbers; not a number for an empty site or an order that is undefined.

    Notes
    -----
    Below n: kinds found k times in a draw of m have the expected number
    f_k(m) = sum_i C(x_i, k) C(n-x_i, m-k) / C(n, m), and D = (sum_k (k/m)^q f_k(m))^(1/(1-q)); all terms are
    summed. Beyond n: order 0, S + f0 (1-(1-A)^(m-n)); order 2, 1/D = 1/m + (m-1)/m sum x(x-1)/(n(n-1));
    other orders, D(n) + (D(inf) - D(n)) (1-(1-b)^(m-n)) with b = (D(n)-D(n-1)) / (D(inf)-D(n-1)). For
    incidence k/m becomes k over the expected incidences of m units.

    References
    ----------
    A. Chao et al., "Rarefaction and extrapolation with Hill numbers," Ecological Monographs 84, 45-67,
    2014, doi 10.1890/13-0133.1.

    Examples
    --------
    >>> from sera_analysis.samples import Abundance
    >>> expected_hill_numbers(Abundance([12, 6, 2, 1, 1]), [5, 22, 44], (0, 2)).round(4).tolist()
    [[2.6904, 2.0662], [5.0, 2.6022], [6.223, 2.7054]]
    """
    wanted, sites = checked_sizes(sizes), sample.reshaped(-1)
    n = sites.size[:, np.newaxis]
    m = np.broadcast_to(wanted, (*sample.size.shape, wanted.shape[-1])).reshape(len(n), -1)
    draws = wanted if wanted.ndim == 1 else m
    orders = tuple(checked_order(q) for q in orders)
    numbers = np.stack([_observed(sites, q, m) for q in orders], axis=-1)
    within = m < n
    if within.any():
        numbers = np.where(within[..., np.newaxis], _interpolated(sites, draws, orders), numbers)
    beyond = m > n
    if beyond.any():
        further = np.stack([_extrapolated(sites, np.maximum(m, n), q) for q in orders], axis=-1)
        numbers = np.where(beyond[..., np.newaxis], further, numbers)
    return numbers.reshape(*sample.size.shape, -1, len(orders))


def _observed(sites: Sample, q: float, m: FloatArray) -> FloatArray:
    """Hill number of the sample as it is, shape (sites, sizes); not a number for an empty site."""
    number = np.where(sites.n > 0, hill_number(sites, q), np.nan)
    return np.broadcast_to(number[:, np.newaxis], m.shape)


def _interpolated(sites: Sample, draws: FloatArray, orders: tuple[float, ...]) -> FloatArray:
    """Hill numbers of smaller samples on the line between whole sizes; shape (sites, sizes, orders)."""
    floor = np.floor(draws)
    low = rarefied_hill_numbers(sites, floor, orders)
    part = (draws - floor)[..., np.newaxis]
    if not part.any():
        return low
    return low + part * (rarefied_hill_numbers(sites, floor + 1, orders) - low)


def rarefied_hill_numbers(sites: Sample, draws: FloatArray, orders: Sequence[float]) -> FloatArray:
    """Hill numbers of draws without replacement; draws beyond the sample's size give the sample's own.

    Parameters
    ----------
    sites : Abundance or Incidence, shape (sites, kinds)
        The samples.
    draws : array, shape (sizes,) or (sites, sizes)
        Whole sizes of 1 or more.
    orders : sequence of float
        Orders, finite and 0 or more.

    Returns
    -------
    array, shape (sites, sizes, orders)
    """
    powers = tuple(q for q in orders if q not in (0, 2))

    def terms(size: FloatArray, times: FloatArray, draw: FloatArray) -> FloatArray:
        m = np.minimum(draw, size)
        found = 1.0 - binomial_ratio(size, times, m)
        rates = times / size
        pairs = (m - 1) / m * rates * divided(times - 1, size - 1, 0.0) + rates / m
        functions = tuple(partial(power_term, q=q) for q in powers)
        others = hypergeometric_mean(size, times, m, functions) if powers else np.empty((0, *m.shape))
        return np.concatenate([found[np.newaxis], pairs[np.newaxis], others])

    found, pairs, *others = Tally.of(sites).apply(sites.size, draws, terms)
    sums = {2.0: pairs, **dict(zip(powers, others, strict=True))}
    mean = incidences_per_unit(sites)[:, np.newaxis]
    known = np.where(mean > 0, found, np.nan)
    numbers = [known if q == 0 else hill_from_sum(sums[q], q, mean) for q in orders]
    return np.stack(np.broadcast_arrays(*numbers), axis=-1)


def _extrapolated(sites: Sample, m: FloatArray, q: float) -> FloatArray:
    """Hill number of larger samples, shape (sites, sizes)."""
    n = sites.size[:, np.newaxis]
    if q == 2:
        x = sites.frequencies
        rates = (x / np.maximum(n, 1) * divided(x - 1, n - 1, 0.0)).sum(axis=-1)[:, np.newaxis]
        mean = incidences_per_unit(sites)[:, np.newaxis]
        return np.where(n > 1, hill_from_sum(mean / m + (m - 1) / m * rates, q, mean), np.nan)
    now = _observed(sites, q, m)
    if q == 0:
        _, others = mean_singleton_share(sites)
        return now + unseen_kinds(sites)[:, np.newaxis] * (1 - others[:, np.newaxis] ** (m - n))
    limit = asymptotic_hill_number(sites, q)[:, np.newaxis]
    before = rarefied_hill_numbers(sites, np.maximum(n - 1, 1), (q,))[..., 0]
    rate = divided(now - before, limit - before, 0.0)
    return now + (limit - now) * (1 - (1 - rate) ** (m - n))
