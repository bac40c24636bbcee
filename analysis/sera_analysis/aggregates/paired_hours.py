"""People who counted beside a camera, by local day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.aggregates.effort import split_bouts
from sera_analysis.aggregates.node_days import NodeDays
from sera_store.calendar import intervals_of
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from sera_analysis.aggregates.effort import Bouts
    from sera_analysis.aggregates.readings import People
    from sera_analysis.diversity.samples import FloatArray, IntArray

# A count of ten minutes is set beside what cameras saw from a quarter of an hour before to one after it.
_BESIDE_S: Final = 900.0


@dataclass(frozen=True, eq=False)
class Pairs(NodeDays):
    """People's counts at a known hour beside cameras, by place of counting and day.

    Parameters
    ----------
    people, people_h, detected, detected_h : array, shape (places, days)
        Visits and hours of people, and of the cameras that watched within a quarter of an hour of them.
    """

    people: FloatArray
    people_h: FloatArray
    detected: FloatArray
    detected_h: FloatArray


def pairs(people: People, cameras: Bouts, midnights: IntArray) -> Pairs:
    """Set people's counts beside what cameras saw at the time; counts without an hour have no pair.

    Parameters
    ----------
    people
        What people counted; a count's time is its end.
    cameras
        Bouts of the garden's cameras.
    midnights : array of int, shape (days + 1,)
        Unix times at which the local days begin [s].
    """
    if not people.certain.any() or not cameras.node.size:
        zeros = np.zeros((len(people.nodes), midnights.size - 1))
        return Pairs(people.nodes, zeros, zeros, zeros, zeros)
    segments = split_bouts(cameras)
    middle_s = segments.time_s - segments.awake_s / 2
    order = np.argsort(middle_s, kind="stable")
    time_s = middle_s[order]
    visits = np.concatenate([[0.0], np.cumsum(segments.visits[order].sum(axis=1))])
    hours = np.concatenate([[0.0], np.cumsum(segments.awake_s[order] / HOUR_S)])
    first = np.searchsorted(time_s, people.time_s - people.hours * HOUR_S - _BESIDE_S)
    last = np.maximum(np.searchsorted(time_s, people.time_s + _BESIDE_S, side="right"), first)
    beside_h = hours[last] - hours[first]
    day = intervals_of(midnights, people.time_s, amounts=True)
    is_paired = people.certain & (beside_h > 0) & (day >= 0) & (day < midnights.size - 1)
    shape = (len(people.nodes), midnights.size - 1)

    def added(values: FloatArray) -> FloatArray:
        table = np.zeros(shape)
        np.add.at(table, (people.node[is_paired], day[is_paired]), values[is_paired])
        return table

    camera_visits = visits[last] - visits[first]
    return Pairs(
        people.nodes,
        added(people.visits.sum(axis=1)),
        added(people.hours),
        added(camera_visits),
        added(beside_h),
    )
