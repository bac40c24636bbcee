"""Hill numbers that a smaller or a larger sample of the same assemblage would show, by size.

For lists that people have verified: comparing two lists is fair at one size or at one coverage only.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.diversity.asymptotic import asymptotic_hill_number, unseen_kinds
from sera_analysis.diversity.coverage import checked_sizes, mean_singleton_share
from sera_analysis.diversity.factorials import binomial_ratio
from sera_analysis.diversity.frequency_table import FrequencyTable
from sera_analysis.diversity.hill import hill_number
from sera_analysis.diversity.hypergeometric import hypergeometric_mean
from sera_analysis.diversity.power_sums import checked_order, hill_from_sum, power_term
from sera_analysis.diversity.samples import Abundance, divided, incidences_per_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray, Sample


# Whole orders whose power sum at any size is a sum of falling factorials.
_MOMENTS: Final = frozenset(range(2, 21))


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
    summed. Beyond n: order 0, S + f0 (1-(1-A)^(m-n)); whole orders from 2 on by moments without bias, as at
    order 2 1/D = 1/m + (m-1)/m sum x(x-1)/(n(n-1)); other orders,
    D(n) + (D(inf) - D(n)) (1-(1-b)^(m-n)) with b = (D(n)-D(n-1)) / (D(inf)-D(n-1)). For incidence k/m becomes
    k over the expected incidences of m units.

    References
    ----------
    A. Chao et al., "Rarefaction and extrapolation with Hill numbers," Ecological Monographs 84, 45-67,
    2014, doi 10.1890/13-0133.1.

    Examples
    --------
    >>> from sera_analysis.diversity.samples import Abundance
    >>> expected_hill_numbers(Abundance([12, 6, 2, 1, 1]), [5, 22, 44], (0, 2)).round(4).tolist()
    [[2.6904, 2.0662], [5.0, 2.6022], [6.223, 2.7054]]
    """
    new_sizes, sites = checked_sizes(sizes), sample.reshaped(-1)
    n = sites.size[:, np.newaxis]
    m = np.broadcast_to(new_sizes, (*sample.size.shape, new_sizes.shape[-1])).reshape(len(n), -1)
    draws = new_sizes if new_sizes.ndim == 1 else m
    orders = tuple(checked_order(q) for q in orders)
    numbers = np.stack([_observed(sites, q, m) for q in orders], axis=-1)
    below = (m < n).any(axis=0)
    if below.any():
        fewer = _interpolated(sites, draws[..., below], orders)
        numbers[:, below] = np.where((m < n)[:, below, np.newaxis], fewer, numbers[:, below])
    above = (m > n).any(axis=0)
    if above.any():
        larger = np.maximum(m, n)[:, above]
        more = np.stack([_extrapolated(sites, larger, q) for q in orders], axis=-1)
        numbers[:, above] = np.where((m > n)[:, above, np.newaxis], more, numbers[:, above])
    if isinstance(sites, Abundance):
        # One individual is of one kind; the last digit of a sum of chances may say less.
        numbers = np.maximum(numbers, 1.0)
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
        presence = 1.0 - binomial_ratio(size, times, m)
        rates = times / size
        pairs = (m - 1) / m * rates * divided(times - 1, size - 1, 0.0) + rates / m
        functions = tuple(partial(power_term, q=q) for q in powers)
        power_terms = hypergeometric_mean(size, times, m, functions) if powers else np.empty((0, *m.shape))
        return np.concatenate([presence[np.newaxis], pairs[np.newaxis], power_terms])

    expected_kinds, pairs, *power_sums = FrequencyTable.of(sites).apply(sites.size, draws, terms)
    sums = {2.0: pairs, **dict(zip(powers, power_sums, strict=True))}
    mean = incidences_per_unit(sites)[:, np.newaxis]
    richness = np.where(mean > 0, expected_kinds, np.nan)
    numbers = [richness if q == 0 else hill_from_sum(sums[q], q, mean) for q in orders]
    return np.stack(np.broadcast_arrays(*numbers), axis=-1)


def _extrapolated(sites: Sample, m: FloatArray, q: float) -> FloatArray:
    """Hill number of larger samples, shape (sites, sizes)."""
    n = sites.size[:, np.newaxis]
    now = _observed(sites, q, m)
    if q == 0:
        _, complement = mean_singleton_share(sites)
        return now + unseen_kinds(sites)[:, np.newaxis] * (1 - complement[:, np.newaxis] ** (m - n))
    if q in _MOMENTS:
        return _extrapolated_moment(sites, m, int(q))
    limit = asymptotic_hill_number(sites, q)[:, np.newaxis]
    before = rarefied_hill_numbers(sites, np.maximum(n - 1, 1), (q,))[..., 0]
    rate = divided(now - before, limit - before, 0.0)
    return now + (limit - now) * (1 - (1 - rate) ** (m - n))


def _extrapolated_moment(sites: Sample, m: FloatArray, q: int) -> FloatArray:
    """Hill number of whole order 2 or more of larger samples, from moments without bias.

    The mean of k^q is a sum over j of Stirling numbers S(q, j) times m_(j) p^j, and x_(j) / n_(j) estimates
    p^j without bias.
    """
    n = sites.size[:, np.newaxis]
    total = np.zeros(m.shape)
    rates, draws = np.ones(sites.frequencies.shape), np.ones(m.shape)
    for j, ways in enumerate(_stirling_numbers(q), 1):
        rates = rates * divided(np.maximum(sites.frequencies - j + 1, 0), n - j + 1, 0.0)
        draws = draws * (m - j + 1) / m
        total += ways * draws * m ** float(j - q) * rates.sum(axis=-1)[:, np.newaxis]
    number = hill_from_sum(total, float(q), incidences_per_unit(sites)[:, np.newaxis])
    return np.where(n >= q, number, np.nan)


def _stirling_numbers(q: int) -> list[float]:
    """Ways to part q things into 1, 2, ... q groups."""
    ways = [1.0]
    for size in range(2, q + 1):
        ways = [
            (ways[j] * (j + 1) if j < size - 1 else 0.0) + (ways[j - 1] if j else 0.0) for j in range(size)
        ]
    return ways
