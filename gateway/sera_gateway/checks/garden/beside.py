"""Compare values with those of other probes and sensors of the garden, and with rain and watering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_quality import checks
from sera_quality.limits import NEIGHBOURS_LEAST, PAIR_S, WATER_S
from sera_vocabulary import quality
from sera_vocabulary.measurements import (
    AIR_TEMPERATURE,
    COLUMNS,
    GARDEN_ACTION,
    GARDEN_ACTIONS,
    RAINFALL,
)
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import ACTION, AIR, SOIL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sera_gateway.checks.neighbours import Neighbours
    from sera_quality.limits import Limit

_WATERING: Final = GARDEN_ACTIONS.index("watering")

# By series: those whose checked rows its rows can change, and how far before and after them [s].
REACHES: Final[dict[str, dict[str, tuple[int, int]]]] = {
    AIR: {AIR: (PAIR_S, PAIR_S), SOIL: (PAIR_S, WATER_S)},
    SOIL: {SOIL: (PAIR_S, PAIR_S)},
    ACTION: {SOIL: (PAIR_S, WATER_S)},
}


class Source(NamedTuple):
    """What one sensor of a garden measured, in order of time.

    Parameters
    ----------
    name
        Its measurement.
    times_s, values
        Unix time [s] and value of each that does not fail by itself; at least one.
    low, high
        Lowest and highest value.
    """

    name: str
    times_s: NDArray[np.int64]
    values: NDArray[np.float64]
    low: float
    high: float

    def nearest(self, times_s: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the value nearest to each time, the earlier of two; NaN with none in half an hour."""
        after = np.searchsorted(self.times_s, times_s)
        places = np.stack([np.maximum(after - 1, 0), np.minimum(after, len(self.values) - 1)])
        apart_s = np.abs(self.times_s[places] - times_s)
        best = np.take_along_axis(places, apart_s.argmin(axis=0)[None], 0)[0]
        return np.where(apart_s.min(axis=0) <= PAIR_S, self.values[best], np.nan)

    def has(self, value: float, times_s: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether a value came in the time that explains a rise at each time."""
        moments_s = self.times_s[self.values == value]
        first = np.searchsorted(moments_s, times_s - WATER_S)
        return first < np.searchsorted(moments_s, times_s + PAIR_S, side="right")

    def sums(self, times_s: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Add up what came in the time that explains a rise at each time, and tell where it was measured."""
        total = np.concatenate(([0.0], np.cumsum(self.values)))
        first = np.searchsorted(self.times_s, times_s - WATER_S)
        last = np.searchsorted(self.times_s, times_s + PAIR_S, side="right")
        return total[last] - total[first], ~np.isnan(self.nearest(times_s))


def other_flags(
    column: Neighbours, limit: Limit, beside: Sequence[Source], same_records: Sequence[NDArray[np.float64]]
) -> NDArray[np.uint8]:
    """Flag each value that differs from the median of at least two other probes of its garden.

    Parameters
    ----------
    same_records
        What other positions of the same record measured, NaN for nothing.
    """
    sources = [source for source in beside if source.name == column.name]
    steps = limit.suspect_apart, limit.fail_apart
    return _apart(column, sources, same_records, steps, NEIGHBOURS_LEAST)


def air_flags(column: Neighbours, limit: Limit, beside: Sequence[Source]) -> NDArray[np.uint8]:
    """Flag each temperature of the ground that differs from the garden's air."""
    air = [source for source in beside if source.name == AIR_TEMPERATURE]
    return _apart(column, air, (), (limit.suspect_air, limit.fail_air), 1)


def rise_flags(column: Neighbours, limit: Limit, beside: Sequence[Source]) -> NDArray[np.uint8]:
    """Flag each rise for which there is neither rain nor watering, where rain is measured."""
    flags = np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    risen = risen_flags(column, limit)
    if (risen == quality.NOT_EVALUATED).all():
        return flags
    rains = [source.sums(column.times_s) for source in beside if source.name == RAINFALL]
    if not rains:
        return flags
    is_dry = np.any([measured for _, measured in rains], axis=0)
    is_dry &= ~np.any([fallen > 0 for fallen, _ in rains], axis=0)
    for source in beside:
        if source.name == GARDEN_ACTION:
            is_dry &= ~source.has(_WATERING, column.times_s)
    flags[is_dry] = risen[is_dry]
    return flags


def risen_flags(column: Neighbours, limit: Limit) -> NDArray[np.uint8]:
    """Flag each rise, whatever explains it."""
    flags = np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    if limit.suspect_rise is None and limit.fail_rise is None:
        return flags
    rises = np.zeros(len(column.rows))
    rises[1:] = np.where(column.near, np.diff(column.values), 0.0)
    for step, flag in ((limit.suspect_rise, quality.SUSPECT), (limit.fail_rise, quality.FAIL)):
        if step is not None:
            flags[rises > step] = flag
    return flags


def sources_of(
    times_s: NDArray[np.int64], columns: Iterable[tuple[str, NDArray[np.float64]]]
) -> list[Source]:
    """Make sources of the columns of one origin's rows; NaN is no value."""
    result = []
    for key, values in columns:
        parsed = parse_column(key)
        is_value = ~np.isnan(values)
        if parsed is not None and parsed[0] in COLUMNS and is_value.any():
            own = values[is_value]
            result.append(Source(parsed[0], times_s[is_value], own, float(own.min()), float(own.max())))
    return result


def _apart(
    column: Neighbours,
    sources: Sequence[Source],
    same_records: Sequence[NDArray[np.float64]],
    steps: tuple[float | None, float | None],
    least_count: int,
) -> NDArray[np.uint8]:
    """Flag each value that differs from the median of sources and positions by more than one step or both."""
    flags = np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    if len(sources) + len(same_records) < least_count or not _may_differ(
        column.values, sources, same_records, steps
    ):
        return flags
    further = [*same_records, *(source.nearest(column.times_s) for source in sources)]
    for greatest, flag in zip(steps, (quality.SUSPECT, quality.FAIL), strict=True):
        if greatest is not None:
            flags[checks.neighbour(column.values, further, greatest, least_count) == quality.SUSPECT] = flag
    return flags


def _may_differ(
    values: NDArray[np.float64],
    sources: Sequence[Source],
    same_records: Sequence[NDArray[np.float64]],
    steps: tuple[float | None, float | None],
) -> bool:
    """Return whether any value is farther than a step from the lowest or the highest one beside it."""
    least = min((step for step in steps if step is not None), default=np.inf)
    low = min((source.low for source in sources), default=np.inf)
    high = max((source.high for source in sources), default=-np.inf)
    for positions in same_records:
        low, high = np.fmin(low, np.fmin.reduce(positions)), np.fmax(high, np.fmax.reduce(positions))
    return bool(((values - low > least) | (high - values > least)).any())
