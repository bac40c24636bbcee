"""Who can reach a garden or an outlet: two-step floating catchment areas, plain and by zones of distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.equity import ginis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import FloatArray

# Upper ends of zones as shares of the reach, and how much of those who live there go (Luo and Qi 2009).
PLAIN_ZONES: Final = ((1.0, 1.0),)
ENHANCED_ZONES: Final = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))
# Mean radius of the Earth, IUGG [m].
_EARTH_RADIUS_M: Final = 6_371_008.8
# So many cells of a table of chance are held at once.
_CELLS_MOST: Final = 4_000_000


class AccessBounds(NamedTuple):
    """Access of each place, and the least and most that it can be, each an array of shape (places,)."""

    access: FloatArray
    low: FloatArray
    high: FloatArray


def great_circle_m(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Distances along the ground between places [m], as if no house stood between them.

    Parameters
    ----------
    first : array, shape (n, 2)
        Latitude and longitude [degree].
    second : array, shape (m, 2)
        Latitude and longitude [degree].

    Returns
    -------
    array, shape (n, m)
        On a sphere of the Earth's mean radius: at most 0.6 % off those on WGS 84.

    Examples
    --------
    >>> great_circle_m([[0, 0]], [[0, 1], [1, 0]]).round().tolist()
    [[111195.0, 111195.0]]
    """
    here = np.radians(np.asarray(first, dtype=np.float64).reshape(-1, 2))[:, np.newaxis, :]
    there = np.radians(np.asarray(second, dtype=np.float64).reshape(-1, 2))[np.newaxis, :, :]
    half = np.sin((there - here) / 2) ** 2
    chord = half[..., 0] + np.cos(here[..., 0]) * np.cos(there[..., 0]) * half[..., 1]
    distance: FloatArray = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return distance


def floating_catchment(
    supply: ArrayLike, residents: ArrayLike, distance_m: ArrayLike, *, reach_m: float
) -> FloatArray:
    """Access of each place of residents: supply within reach, each shared out among all who reach it.

    Parameters
    ----------
    supply : array, shape (gardens,)
        What each garden offers: places, hours open, square metres.
    residents : array, shape (places,)
        How many live at each place.
    distance_m : array, shape (places, gardens)
        Distance of each place from each garden [m].
    reach_m
        How far people go [m].

    Returns
    -------
    array, shape (places,)
        Supply a resident; 0 where no garden is within reach. The mean over residents is all supply that
        anybody reaches, over all residents.

    Raises
    ------
    InvalidSampleError
        Where a number is negative or not finite, or the shapes do not fit.

    Notes
    -----
    Step one: R_j = S_j / sum of P_k over places k within reach of garden j. Step two: A_i = sum of R_j over
    gardens j within reach of place i. No one goes farther than the reach, and all within go alike.

    References
    ----------
    W. Luo and F. Wang, "Measures of spatial accessibility to health care in a GIS environment," Environment
    and Planning B 30, 865-884, 2003, doi 10.1068/b29120.

    Examples
    --------
    >>> floating_catchment([10.0], [100, 300, 50], [[200], [400], [900]], reach_m=500).tolist()
    [0.025, 0.025, 0.0]
    """
    return weighted_catchment(supply, residents, zone_weights(distance_m, reach_m=reach_m))


def zone_weights(
    distance_m: ArrayLike, *, reach_m: float, zones: Sequence[tuple[float, float]] = PLAIN_ZONES
) -> FloatArray:
    """Weight of each distance: that of the zone in which it lies, and 0 beyond the reach.

    Parameters
    ----------
    distance_m : array
        Distances [m].
    reach_m
        How far people go [m].
    zones
        Upper end of each zone as a share of the reach, rising, and its weight from 0 to 1, falling.

    Returns
    -------
    array
        Of the shape of the distances.

    Raises
    ------
    InvalidSampleError
        Where a distance is negative or not finite.

    References
    ----------
    W. Luo and Y. Qi, "An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
    accessibility to primary care physicians," Health & Place 15, 1100-1107, 2009,
    doi 10.1016/j.healthplace.2009.06.002.

    Examples
    --------
    >>> zone_weights([100, 400, 900, 901], reach_m=900, zones=ENHANCED_ZONES).tolist()
    [1.0, 0.68, 0.22, 0.0]
    """
    distance = _amounts("distance_m", distance_m)
    ends = np.array([share * reach_m for share, _ in zones])
    weights = np.array([*[weight for _, weight in zones], 0.0])
    chosen: FloatArray = weights[np.searchsorted(ends, distance)]
    return chosen


def weighted_catchment(supply: ArrayLike, residents: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Access of each place where those who live farther away go less often.

    Parameters
    ----------
    supply : array, shape (gardens,)
        What each garden offers.
    residents : array, shape (places,)
        How many live at each place.
    weights : array, shape (places, gardens)
        How much of those at a place go to a garden, from 0 to 1.

    Returns
    -------
    array, shape (places,)
        Supply a resident; 0 where no garden has a weight.

    Raises
    ------
    InvalidSampleError
        Where a number is negative or not finite, or the shapes do not fit.

    Notes
    -----
    R_j = S_j / sum_k W_kj P_k, and A_i = sum_j W_ij R_j, as Luo and Qi 2009 have it.

    Examples
    --------
    >>> weighted_catchment([10.0], [100, 300], [[1.0], [0.5]]).tolist()
    [0.04, 0.02]
    """
    offered, people, weight = _checked(supply, residents, weights)
    access: FloatArray = weight @ divided(offered, people @ weight, 0.0)
    return access


def catchment_bounds(
    supply: ArrayLike, residents: ArrayLike, weights: ArrayLike, least: ArrayLike, most: ArrayLike
) -> AccessBounds:
    """Access of each place, and between what it lies whatever the true weights are.

    Parameters
    ----------
    supply, residents, weights
        As for `weighted_catchment`.
    least, most : array, shape (places, gardens)
        Between what each weight lies: those of the longest and of the shortest that a distance can be.

    Returns
    -------
    AccessBounds
        No weights between the bounds give a place less than `low` or more than `high`.

    Raises
    ------
    InvalidSampleError
        Where a number is negative or not finite, the shapes do not fit, a weight lies outside its bounds, or
        a place has no residents.

    Notes
    -----
    What place i gets of garden j is W_ij S_j / (W_ij P_i + D_ij), D_ij being what all others demand. It
    rises with its own weight and falls with those of the others, so its least value has the least W_ij and
    the most of all others, and its highest the other way round.
    """
    offered, people, weight = _checked(supply, residents, weights)
    _, _, low = _checked(supply, residents, least)
    _, _, high = _checked(supply, residents, most)
    if not (people > 0).all():
        raise InvalidSampleError("a place has no residents; leave it out: nobody there reaches anything")
    if not ((low <= weight) & (weight <= high)).all():
        raise InvalidSampleError("a weight lies outside its bounds; expected least <= weight <= most")
    return AccessBounds(
        weighted_catchment(offered, people, weight),
        _own_against_others(offered, people, low, high),
        _own_against_others(offered, people, high, low),
    )


def chance_ginis(
    supply: ArrayLike,
    residents: ArrayLike,
    weights: ArrayLike,
    *,
    draws: int,
    seed: int,
) -> FloatArray:
    """Gini coefficients over residents that chance alone would give: each garden where somebody lives.

    Parameters
    ----------
    supply : array, shape (gardens,)
        What each garden offers.
    residents : array, shape (places,)
        How many live at each place.
    weights : array, shape (places, places)
        How much of those at a place go to a garden that stands at another place.
    draws, seed
        How many times all gardens are placed, and the seed of the random numbers.

    Returns
    -------
    array, shape (draws,)
        Not a number where nothing is offered.

    Notes
    -----
    Each garden is put at a place at random, as residents are; what it offers goes with it.
    """
    offered = _amounts("supply", supply)
    _, people, weight = _checked(np.zeros(np.size(residents)), residents, weights)
    ratio = divided(np.ones(people.shape), people @ weight, 0.0)
    share = people / people.sum()
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS_MOST // max(people.size, 1))
    drawn = []
    for first in range(0, draws, step):
        number = min(step, draws - first)
        places = rng.choice(people.size, size=(number, offered.size), p=share)
        cell = np.arange(number)[:, np.newaxis] * people.size + places
        loads = np.broadcast_to(offered, places.shape).ravel()
        placed = np.bincount(cell.ravel(), weights=loads, minlength=number * people.size)
        access = (placed.reshape(number, people.size) * ratio) @ weight.T
        drawn.append(ginis(access[:, people > 0], people[people > 0]))
    return np.concatenate(drawn)


def _own_against_others(
    offered: FloatArray, people: FloatArray, own: FloatArray, others: FloatArray
) -> FloatArray:
    """Access with one's own weights on the one side and those of all others on the other."""
    demand = own * people[:, np.newaxis] + (people @ others - others * people[:, np.newaxis])
    ratio = divided(np.broadcast_to(offered, own.shape), demand, 0.0)
    access: FloatArray = (own * ratio).sum(axis=1)
    return access


def _checked(
    supply: ArrayLike, residents: ArrayLike, weights: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    offered, people = _amounts("supply", supply), _amounts("residents", residents)
    weight = _amounts("weights", weights)
    if weight.shape != (people.size, offered.size):
        raise InvalidSampleError(
            f"distances or weights of shape {weight.shape}; expected {people.size} places by {offered.size} "
            "gardens"
        )
    return offered, people, weight


def _amounts(name: str, numbers: ArrayLike) -> FloatArray:
    values = np.asarray(numbers, dtype=np.float64)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise InvalidSampleError(f"{name} has a number that is negative or not finite")
    return values
