"""The values of many stretches that are a measure for one another, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_quality.limits import LIMITS, REACH_S
from sera_vocabulary import quality
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sera_quality.limits import Limit
    from sera_store.ledger.neighbour_rows import Stretches

RECORDS_AWAY: Final = 8


class Neighbours(NamedTuple):
    """The values of one column that do not fail by themselves, one stretch after another.

    Parameters
    ----------
    key, limit
        Wire key, and the limits of its measurement.
    rows, values, times_s
        Index of the row in the stretches, value, and Unix time [s].
    near
        Whether a value and the next one are neighbours: among eight records and within two hours.
    began_s
        Unix time [s] of a value's own, or since when it is known to have stood still where what is before it
        is not here.
    """

    key: str
    limit: Limit
    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    times_s: NDArray[np.int64]
    near: NDArray[np.bool_]
    began_s: NDArray[np.int64]


def find_neighbours(stretches: Stretches) -> Iterator[Neighbours]:
    """Iterate over the columns that have limits."""
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
            yield Neighbours(key, LIMITS[parsed[0]], rows, column.values[rows], times, near, times)
