"""Where watching time went: effort and visits by node, local day and part of the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.aggregates.node_days import NodeDays
from sera_analysis.aggregates.sun import NIGHT, solar_part
from sera_analysis.aggregates.weather import FLIGHT, UNKNOWN
from sera_analysis.thresholds import PARTS_OF_DAY
from sera_store.calendar import intervals_of
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from sera_analysis.aggregates.weather import Weather
    from sera_analysis.diversity.samples import FloatArray, IntArray

# A bout longer than this is shared out evenly, so that it does not fall into one part of the day.
PIECE_S = 900.0


@dataclass(frozen=True, eq=False)
class Bouts:
    """Bouts of one garden by nodes of one kind, a row each.

    Parameters
    ----------
    nodes : tuple of str
        The nodes that could have watched, also those that never did.
    node : array of int, shape (n,)
        Which of them watched.
    time_s : array, shape (n,)
        Unix time of the bout's end [s].
    awake_s : array, shape (n,)
        Seconds really watched, taken as the seconds before the end.
    visits : array, shape (n, kinds)
        What was counted, by kind: ten insect groups, or passages alone.
    """

    nodes: tuple[str, ...]
    node: IntArray
    time_s: FloatArray
    awake_s: FloatArray
    visits: FloatArray


@dataclass(frozen=True, eq=False)
class DayTally(NodeDays):
    """Effort [h] and visits by node and local day; a day without effort is missing, not zero.

    Parameters
    ----------
    nodes : tuple of str
        The nodes, in the order of the first axis.
    effort_h, daylight_h, unknown_weather_h : array, shape (nodes, days)
        Hours watched in all, by daylight, and by daylight in weather that was not measured.
    flight_h, flight_visits : array, shape (nodes, days, 12)
        Hours and visits in flight weather by part of the day.
    visits, daylight_visits : array, shape (nodes, days, kinds)
        Visits by kind in all, and by daylight.
    """

    effort_h: FloatArray
    daylight_h: FloatArray
    unknown_weather_h: FloatArray
    flight_h: FloatArray
    flight_visits: FloatArray
    visits: FloatArray
    daylight_visits: FloatArray


def split_bouts(bouts: Bouts) -> Bouts:
    """Share long bouts out into pieces of at most 15 minutes, effort and visits evenly; drop empty ones.

    A piece's time is its end, as a bout's is.
    """
    parts = np.ceil(bouts.awake_s / PIECE_S).astype(np.int64)
    row = np.repeat(np.arange(parts.size), parts)
    nth = np.arange(row.size) - np.repeat(np.cumsum(parts) - parts, parts)
    length = bouts.awake_s[row] / parts[row]
    # From the bout's own end, so that the last piece of a bout that ends at midnight ends there too.
    end_s = bouts.time_s[row] - (parts[row] - 1 - nth) * length
    return Bouts(bouts.nodes, bouts.node[row], end_s, length, bouts.visits[row] / parts[row][:, np.newaxis])


def day_tally(bouts: Bouts, midnights: IntArray, sun: FloatArray, weather: Weather) -> DayTally:
    """Add bouts up by node, local day, and part of the day in flight weather.

    Parameters
    ----------
    bouts
        The bouts; those outside the days are left out, and a piece over midnight belongs to the day that
        it ends.
    midnights : array of int, shape (days + 1,)
        Unix times at which the local days begin [s].
    sun : array, shape (days, 2)
        Sunrise and sunset [s].
    weather
        The garden's weather.

    Returns
    -------
    DayTally
        All zeros for nodes that never watched: effort 0, which is no observation of zero visits.
    """
    segments = split_bouts(bouts)
    day = intervals_of(midnights, segments.time_s, amounts=True)
    inside = (day >= 0) & (day < midnights.size - 1)
    # The sun and the weather of a piece are those of its middle.
    node, day, time_s = segments.node[inside], day[inside], (segments.time_s - segments.awake_s / 2)[inside]
    hours, visits = segments.awake_s[inside] / HOUR_S, segments.visits[inside]
    part = solar_part(time_s, day, sun)
    flight = weather.at(time_s)
    shape = (len(bouts.nodes), midnights.size - 1)
    light = part != NIGHT
    flying = light & (flight == FLIGHT)
    cell = node * shape[1] + day
    slot = cell * PARTS_OF_DAY + np.maximum(part, 0)
    parts_shape = (*shape, PARTS_OF_DAY)
    return DayTally(
        bouts.nodes,
        _add(cell, hours, shape),
        _add(cell, hours * light, shape),
        _add(cell, hours * (light & (flight == UNKNOWN)), shape),
        _add(slot, hours * flying, parts_shape),
        _add(slot, visits.sum(axis=1) * flying, parts_shape),
        _add_kinds(cell, visits, shape),
        _add_kinds(cell, visits * light[:, np.newaxis], shape),
    )


def _add(cell: IntArray, values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Sum values into cells of a table."""
    size = int(np.prod(shape))
    total: FloatArray = np.bincount(cell, weights=values, minlength=size).astype(np.float64)
    return total.reshape(shape)


def _add_kinds(cell: IntArray, values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Sum rows of kinds into cells of a table, kinds as the last axis."""
    return np.stack([_add(cell, values[:, kind], shape) for kind in range(values.shape[1])], axis=-1)
