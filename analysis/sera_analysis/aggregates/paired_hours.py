"""What stands beside a garden's insects by local day: its air, and people who counted beside a camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.aggregates.effort import pieces
from sera_analysis.aggregates.node_days import NodeDays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_analysis.aggregates.effort import Watch
    from sera_analysis.aggregates.readings import People
    from sera_analysis.aggregates.weather import AirReadings
    from sera_analysis.diversity.samples import FloatArray, IntArray

HOURS_MOST: Final = 25
_HOUR_S: Final = 3_600
# A count of ten minutes is set beside what cameras saw from a quarter of an hour before to one after it.
_BESIDE_S: Final = 900.0


@dataclass(frozen=True, eq=False)
class AirHours(NodeDays):
    """Air by node and day: temperature by hour since local midnight, and rain.

    Parameters
    ----------
    readings : array of int, shape (nodes, days, 25)
        Number of readings of temperature.
    total : array, shape (nodes, days, 25)
        Their sum [degC].
    rain, rain_readings : array, shape (nodes, days)
        Rain [mm], and how many readings it comes from.
    """

    readings: NDArray[np.int32]
    total: FloatArray
    rain: FloatArray
    rain_readings: FloatArray


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


def air_hours(air: AirReadings, midnights: IntArray) -> AirHours:
    """Add a garden's air up by node, local day and hour.

    Parameters
    ----------
    air
        Readings, also outside the days.
    midnights : array of int, shape (days + 1,)
        Unix times at which the local days begin [s].
    """
    days, nodes = midnights.size - 1, len(air.nodes)
    day = np.searchsorted(midnights, air.time_s, side="left") - 1
    inside = (day >= 0) & (day < days)
    day, node, time_s = day[inside], air.node[inside], air.time_s[inside]
    hour = np.minimum((time_s - 1 - midnights[day]) // _HOUR_S, HOURS_MOST - 1).astype(np.int64)
    cell, place = (node * days + day) * HOURS_MOST + hour, node * days + day

    def added(values: FloatArray, at: IntArray, size: int) -> tuple[FloatArray, FloatArray]:
        known = ~np.isnan(values)
        total = np.bincount(at[known], weights=values[known], minlength=size)
        return np.bincount(at[known], minlength=size).astype(np.float64), total.astype(np.float64)

    shape = (nodes, days, HOURS_MOST)
    readings, total = added(air.temperature_cel[inside], cell, nodes * days * HOURS_MOST)
    rain_readings, rain = added(air.rainfall_mm[inside], place, nodes * days)
    return AirHours(
        air.nodes,
        readings.reshape(shape).astype(np.int32),
        total.reshape(shape),
        rain.reshape(shape[:2]),
        rain_readings.reshape(shape[:2]),
    )


def pairs(people: People, cameras: Watch, midnights: IntArray) -> Pairs:
    """Set people's counts beside what cameras saw at the time; counts without an hour have no pair.

    Parameters
    ----------
    people
        What people counted; a count's time is its end.
    cameras
        Watches of the garden's cameras.
    midnights : array of int, shape (days + 1,)
        Unix times at which the local days begin [s].
    """
    if not people.certain.any() or not cameras.node.size:
        nothing = np.zeros((len(people.nodes), midnights.size - 1))
        return Pairs(people.nodes, nothing, nothing, nothing, nothing)
    each = pieces(cameras)
    order = np.argsort(each.time_s, kind="stable")
    time_s = each.time_s[order]
    visits = np.concatenate([[0.0], np.cumsum(each.visits[order].sum(axis=1))])
    hours = np.concatenate([[0.0], np.cumsum(each.awake_s[order] / _HOUR_S)])
    first = np.searchsorted(time_s, people.time_s - people.hours * _HOUR_S - _BESIDE_S)
    last = np.maximum(np.searchsorted(time_s, people.time_s + _BESIDE_S, side="right"), first)
    beside_h = hours[last] - hours[first]
    day = np.searchsorted(midnights, people.time_s, side="left") - 1
    kept = people.certain & (beside_h > 0) & (day >= 0) & (day < midnights.size - 1)
    shape = (len(people.nodes), midnights.size - 1)

    def added(values: FloatArray) -> FloatArray:
        table = np.zeros(shape)
        np.add.at(table, (people.node[kept], day[kept]), values[kept])
        return table

    seen = visits[last] - visits[first]
    return Pairs(
        people.nodes, added(people.visits.sum(axis=1)), added(people.hours), added(seen), added(beside_h)
    )
