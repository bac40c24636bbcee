"""Find the values that stand out of their series, in many stretches of rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_quality.checks import spike
from sera_quality.limits import LIMITS, REACH_S
from sera_vocabulary import quality
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sera_store.ledger.neighbour_rows import Stretches
    from sera_store.records.columns import Column

RECORDS_AWAY: Final = 8


def find_spikes(stretches: Stretches) -> Iterator[tuple[NDArray[np.intp], str, NDArray[np.uint8]]]:
    """Find by column the rows whose values stand out, with their flags.

    A value stands out of the good one before and after it, among eight records and within two hours.
    """
    # Stretches are so far apart that no row is a neighbour of another one's.
    number = np.repeat(np.arange(len(stretches.sizes)), stretches.sizes)
    places = np.arange(len(number)) + RECORDS_AWAY * number
    times_s = np.array(stretches.times_s)
    for key, column in stretches.columns.items():
        parsed = parse_column(key)
        if parsed is not None:
            rows = _measures(column)
            flags = _flags(column.values[rows], parsed[0])
            flags[~_are_near(places[rows], times_s[rows])] = quality.NOT_EVALUATED
            standing_out = (flags == quality.SUSPECT) | (flags == quality.FAIL)
            yield rows[standing_out], key, flags[standing_out]


def _measures(column: Column) -> NDArray[np.intp]:
    """Find the rows whose values are a measure for others: those that fail by themselves are none."""
    return np.flatnonzero((column.quality == quality.GOOD) | (column.quality == quality.SUSPECT))


def _flags(values: NDArray[np.float64], name: str) -> NDArray[np.uint8]:
    limit = LIMITS[name]
    # By differences: against the mean of its neighbours a good value beside a spike would stand out too.
    return spike(values, limit.suspect_spike, limit.fail_spike, "differential")


def _are_near(places: NDArray[np.intp], times_s: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which values have both neighbours near them."""
    steps = (np.diff(places) <= RECORDS_AWAY) & (np.diff(times_s) <= REACH_S)
    near = np.zeros(len(places), bool)
    near[1:-1] = steps[:-1] & steps[1:]
    return near
