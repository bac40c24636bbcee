"""The values of many stretches that are a measure for one another, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_gateway.checks.limits_in_force import table_limit
from sera_quality.limits import REACH_S
from sera_vocabulary import quality
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_quality.limits import Limit
    from sera_store.ledger.neighbour_rows import Stretches

RECORDS_AWAY: Final = 8


class Neighbours(NamedTuple):
    """The values of one column that do not fail by themselves, one stretch after another.

    Parameters
    ----------
    key, name
        Wire key, and name of its measurement.
    limits
        Limits that hold for some of the values, each with those for which it does.
    rows, values, times_s
        Index of the row in the stretches, value, and Unix time [s].
    near
        Whether a value and the next one are neighbours: among eight records and within two hours.
    began_s
        Unix time [s] of a value's own, or since when it is known to have stood still where what is before it
        is not here.
    """

    key: str
    name: str
    limits: list[tuple[Limit, NDArray[np.bool_]]]
    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    times_s: NDArray[np.int64]
    near: NDArray[np.bool_]
    began_s: NDArray[np.int64]

    def between(self, start: int, end: int) -> Neighbours:
        """Return those of the rows from one index to before another."""
        first, last = np.searchsorted(self.rows, (start, end)).tolist()
        limits = [(limit, holds[first:last]) for limit, holds in self.limits]
        near = self.near[first : max(first, last - 1)]
        return Neighbours(
            self.key,
            self.name,
            limits,
            self.rows[first:last],
            self.values[first:last],
            self.times_s[first:last],
            near,
            self.began_s[first:last],
        )


def find_neighbours(
    stretches: Stretches, gardens: Sequence[str], limits: LimitsInForce
) -> Iterator[Neighbours]:
    """Iterate over the columns that have limits.

    Parameters
    ----------
    stretches
        Rows, as they were read.
    gardens
        The garden of each stretch.
    limits
        Which limits hold there.
    """
    # Stretches are so far apart that no row is a neighbour of another one's.
    stretch = np.repeat(np.arange(len(stretches.sizes)), stretches.sizes)
    distances = np.arange(len(stretch)) + RECORDS_AWAY * stretch
    times_s = np.array(stretches.times_s)
    for key, column in stretches.columns.items():
        parsed = parse_column(key)
        if parsed is not None:
            rows = np.flatnonzero((column.quality == quality.GOOD) | (column.quality == quality.SUSPECT))
            times = times_s[rows]
            near = (np.diff(distances[rows]) <= RECORDS_AWAY) & (np.diff(times) <= REACH_S)
            in_force = _limits_of(parsed[0], gardens, stretch[rows], times, limits)
            yield Neighbours(key, parsed[0], in_force, rows, column.values[rows], times, near, times)


def flags_by_limit(
    column: Neighbours, check: Callable[[Neighbours, Limit], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """Flag the values of a column, each by the limit that holds for it."""
    flags = np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    for limit, holds in column.limits:
        flags[holds] = check(column, limit)[holds]
    return flags


def _limits_of(
    name: str,
    gardens: Sequence[str],
    stretch: NDArray[np.intp],
    times_s: NDArray[np.int64],
    limits: LimitsInForce,
) -> list[tuple[Limit, NDArray[np.bool_]]]:
    """Find which limits hold for which rows; in the ordinary case one for all."""
    own = [limits.has_own(garden, name) for garden in gardens]
    if not any(own):
        return [(table_limit(name), np.ones(len(times_s), bool))]
    result = [(table_limit(name), ~np.array(own)[stretch])]
    for garden in sorted({garden for garden, is_own in zip(gardens, own, strict=True) if is_own}):
        is_there = (np.array(gardens) == garden)[stretch]
        result += [(limit, holds & is_there) for limit, holds in limits.find(garden, name, times_s)]
    return [(limit, holds) for limit, holds in result if holds.any()]
