"""Flag the values that stand still for longer than their quantity does; find where to read on for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_quality.stillness import equal_runs, stillness
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_gateway.checks.neighbours import Neighbours
    from sera_quality.limits import Limit


def flat_line_flags(column: Neighbours, limit: Limit) -> NDArray[np.uint8]:
    """Flag each value of a run that lasts too long."""
    if limit.still_s is None:
        return np.full(len(column.rows), quality.NOT_EVALUATED, np.uint8)
    return stillness(equal_runs(column.values, column.times_s, column.near, column.began_s), *limit.still_s)


def open_stretches(
    column: Neighbours, sizes: Sequence[int], checked: NDArray[np.bool_], is_open: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Find the stretches with a checked value in a run that is too long, or may go on beyond its stretch.

    Parameters
    ----------
    sizes
        How many rows each stretch has.
    checked
        Which rows are to be flagged.
    is_open : array, shape (stretches, 2)
        Whether there may be more rows before and after each stretch.
    """
    shortest_s = min([limit.still_s[0] for limit, _ in column.limits if limit.still_s], default=None)
    if shortest_s is None or not len(column.rows):
        return np.zeros(0, np.intp)
    stretch = np.repeat(np.arange(len(sizes)), sizes)[column.rows]
    runs = equal_runs(column.values, column.times_s, column.near)
    first, last = runs.starts, runs.starts + runs.sizes - 1
    begins = np.diff(stretch, prepend=-1) != 0
    ends = np.diff(stretch, append=len(sizes)) != 0
    of = stretch[first]
    may_go_on = (begins[first] & is_open[of, 0]) | (ends[last] & is_open[of, 1])
    is_checked = np.logical_or.reduceat(checked[column.rows], first)
    return np.unique(of[is_checked & (may_go_on | (runs.durations_s >= shortest_s))])
