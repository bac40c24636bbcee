"""Which insect groups came on how many watched days, and the effective number of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.hill import effective_numbers
from sera_analysis.diversity.samples import Incidence, divided
from sera_analysis.thresholds import INCIDENCE_BLOCK_D, NODE_DAY_EFFORT_LEAST_H, NODE_DAYS_LEAST
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_analysis.diversity.samples import FloatArray, Statistic


def effort_days(daylight_h: FloatArray) -> NDArray[np.bool_]:
    """Return which node-days were watched long enough by daylight to speak about groups; same shape."""
    return daylight_h >= NODE_DAY_EFFORT_LEAST_H.value


def unit_frequencies(visits: FloatArray, has_effort: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Count, by unit, the watched days on which each group came, and the watched days.

    Parameters
    ----------
    visits : array, shape (units, days, groups)
        Visits by group.
    has_effort : array of bool, shape (units, days)
        Which days count.

    Returns
    -------
    frequencies : array, shape (units, groups)
        Days with the group.
    days : array, shape (units,)
        Days watched.
    """
    present = (visits > 0) & has_effort[..., np.newaxis]
    return present.sum(axis=1).astype(np.float64), has_effort.sum(axis=1).astype(np.float64)


def blocked_units(
    visits: FloatArray, has_effort: NDArray[np.bool_], length_d: int = int(INCIDENCE_BLOCK_D.value)
) -> Incidence:
    """Merge the node-days of one place into units that are nearly independent.

    Parameters
    ----------
    visits : array, shape (nodes, days, groups)
        Visits by group.
    has_effort : array of bool, shape (nodes, days)
        Which node-days count.
    length_d
        Days in a block.

    Returns
    -------
    Incidence
        Blocks of days in which any node watched; a group is in a block if it came to any node on any of its
        watched days. `units` is the effective number of units. Chao2, ICE and coverage take a sample like
        this one: nodes of a garden see the same insects, and neighbouring days the same spell, so that plain
        node-days would pass for many more looks than they are.

    Examples
    --------
    >>> import numpy as np
    >>> blocks = blocked_units(np.ones((3, 20, 2)), np.ones((3, 20), dtype=bool))
    >>> blocks.units.item(), blocks.frequencies.tolist()
    (4.0, [4.0, 4.0])
    """
    begins = np.arange(0, has_effort.shape[1], length_d)
    if not begins.size:
        return Incidence(np.zeros(visits.shape[-1]), np.array(0.0))
    present = ((visits > 0) & has_effort[..., np.newaxis]).any(axis=0)
    came = np.logical_or.reduceat(present, begins, axis=0)
    units = independent_units(has_effort, length_d)
    return Incidence(came.sum(axis=0).astype(np.float64), np.array(float(units)))


def independent_units(has_effort: NDArray[np.bool_], length_d: int = int(INCIDENCE_BLOCK_D.value)) -> int:
    """Count the units of `blocked_units`, whatever came in them."""
    begins = np.arange(0, has_effort.shape[1], length_d)
    if not begins.size:
        return 0
    return int(np.count_nonzero(np.logical_or.reduceat(has_effort.any(axis=0), begins)))


def group_incidence(frequencies: FloatArray, days: FloatArray) -> Statistic:
    """Share of all watched days on which each group came, as a function of unit weights.

    Notes
    -----
    The share is the sum of the units' days with the group over the sum of their days watched.
    """
    return lambda weights: divided(weights @ frequencies, (weights @ days)[:, np.newaxis])


def effective_groups(frequencies: FloatArray, orders: Sequence[float]) -> Statistic:
    """Effective number of insect groups of some orders q, as a function of unit weights.

    Notes
    -----
    The Hill number of the groups' incidence frequencies, summed over the units; see `hill.hill_number`.
    It is never extrapolated, and it says nothing about species. Not a number where no group came. The
    statistic returns shape (replicates, orders).

    References
    ----------
    A. Chao et al., "Rarefaction and extrapolation with Hill numbers," Ecological Monographs 84, 45-67,
    2014, doi 10.1890/13-0133.1.

    Examples
    --------
    >>> import numpy as np
    >>> effective_groups(np.array([[4.0, 4.0, 0.0]]), (1, 2))(np.ones((1, 1))).round(6).tolist()
    [[2.0, 2.0]]
    """

    def numbers(weights: FloatArray) -> FloatArray:
        total = weights @ frequencies
        effective = effective_numbers(total, orders)
        return np.where(total.sum(axis=-1, keepdims=True) > 0, effective, np.nan)

    return numbers


def no_frequency_reason(days: float, *, units: str = "node_days_watched") -> Reason | None:
    """Return how many watched days are missing, or None where there are enough."""
    if days >= NODE_DAYS_LEAST.value:
        return None
    return Reason.of("units_too_few", count=days, units=units, needed=NODE_DAYS_LEAST.value)
