"""The course of a day: how visits are spread between sunrise and sunset, and when half of them have come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.thresholds import PART_EFFORT_LEAST_H, PARTS_LEAST, PARTS_OF_DAY

if TYPE_CHECKING:
    from sera_analysis.diversity.samples import FloatArray, Statistic


def activity_curve(visits: FloatArray, effort_h: FloatArray) -> FloatArray:
    """Visits per hour by part of the day, mean of the nodes; shape (..., 12).

    Parameters
    ----------
    visits, effort_h : array, shape (..., nodes, 12)
        Visits and hours watched in flight weather, by part of the day between sunrise and sunset.

    Returns
    -------
    array, shape (..., 12)
        Not a number in parts that no node watched for half an hour.

    Notes
    -----
    Parts are twelfths of the time from sunrise to sunset, so that days of different length lie upon one
    another. Nodes weigh the same however long they watched.
    """
    has_effort = effort_h >= PART_EFFORT_LEAST_H.value
    rates = np.where(has_effort, divided(visits, effort_h, 0.0), 0.0)
    return divided(rates.sum(axis=-2), has_effort.sum(axis=-2).astype(np.float64))


def half_time(curve: FloatArray) -> FloatArray:
    """Part of the day by which half of a standard day's visits have come; 0 is sunrise, 12 sunset.

    Parameters
    ----------
    curve : array, shape (..., 12)
        Visits per hour by part; parts not watched lie on the straight line between their neighbours.

    Returns
    -------
    array, shape (...)
        Not a number with fewer than 10 parts watched, or without a visit.

    Examples
    --------
    >>> half_time(np.array([0, 0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 0.0])).item()
    6.0
    """
    flat = np.atleast_2d(curve)
    return np.array([_half_time(row) for row in flat.reshape(-1, PARTS_OF_DAY)]).reshape(curve.shape[:-1])


def _half_time(curve: FloatArray) -> float:
    has_effort = ~np.isnan(curve)
    if has_effort.sum() < PARTS_LEAST.value or not np.nansum(curve) > 0:
        return np.nan
    parts = np.arange(PARTS_OF_DAY)
    filled = np.interp(parts, parts[has_effort], curve[has_effort])
    gathered = np.concatenate([[0.0], np.cumsum(filled)])
    half = gathered[-1] / 2
    part = int(np.searchsorted(gathered, half, side="left")) - 1
    return float(part + (half - gathered[part]) / filled[part])


def half_time_of_nodes(visits: FloatArray, effort_h: FloatArray) -> Statistic:
    """Return the statistic of node weights: part of the day by which half the nodes' mean visits have come.

    Parameters
    ----------
    visits, effort_h : array, shape (nodes, 12)
        As in `activity_curve`.
    """
    has_effort = effort_h >= PART_EFFORT_LEAST_H.value
    rates = np.where(has_effort, divided(visits, effort_h, 0.0), 0.0)

    def time(weights: FloatArray) -> FloatArray:
        return half_time(divided(weights @ rates, weights @ has_effort.astype(np.float64)))

    return time
