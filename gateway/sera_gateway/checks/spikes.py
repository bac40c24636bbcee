"""Flag the values that stand out of their series, or change faster than they can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_quality.checks import rate_of_change, spike
from sera_vocabulary import quality
from sera_vocabulary.durations import HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_gateway.checks.neighbours import Neighbours
    from sera_quality.limits import Limit


def spike_flags(column: Neighbours, limit: Limit) -> NDArray[np.uint8]:
    """Flag each value that stands out of the good one before and after it."""
    # By differences: against the mean of its neighbours a good value beside a spike would stand out too.
    flags = spike(column.values, limit.suspect_spike, limit.fail_spike, "differential")
    has_both = np.zeros(len(flags), bool)
    has_both[1:-1] = column.near[:-1] & column.near[1:]
    flags[~has_both] = quality.NOT_EVALUATED
    return flags


def rate_flags(column: Neighbours, limit: Limit) -> NDArray[np.uint8]:
    """Flag each value that moved too fast since the one before it, and not only back from a spike."""
    flags = change_flags(column, limit)
    flags[1:][_stands_out(column, limit)[:-1]] = quality.NOT_EVALUATED
    return flags


def change_flags(column: Neighbours, limit: Limit) -> NDArray[np.uint8]:
    """Flag each value that moved too fast since the one before it, whatever that was."""
    flags = np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    if limit.suspect_rate is None and limit.fail_rate is None:
        return flags
    rates = [None if rate is None else rate / HOUR_S for rate in (limit.suspect_rate, limit.fail_rate)]
    change = rate_of_change(column.values, column.times_s, *rates, least_step_s=HOUR_S)
    is_after = column.near.copy()
    if limit.rises_at_will:
        is_after &= np.diff(column.values) < 0
    flags[1:][is_after] = change[1:][is_after]
    return flags


def _stands_out(column: Neighbours, limit: Limit) -> NDArray[np.bool_]:
    flags = spike_flags(column, limit)
    return np.isin(flags, (quality.SUSPECT, quality.FAIL))
