"""Seconds of watching that a node can really have had: never more than time itself.

The one answer to how long something watched: figures and roll-ups both ask here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_store.records.series_tables import Table

# No bout lasts longer, so that no record matters for one that is farther away.
WATCH_MOST_S: Final = 86_400.0
# What clocks and whole seconds take from a record is no cut that anybody needs to hear of.
JITTER_S: Final = 60.0


def bounded_awake_s(
    node: NDArray[np.int64], time_s: NDArray[np.int64], awake_s: NDArray[np.float64], *, regular: bool = True
) -> NDArray[np.float64]:
    """Bound each record's seconds of watching by the time since the same node's record before.

    Parameters
    ----------
    node : array of int, shape (n,)
        Which node made the record; rows are sorted by node and time, all of one stream.
    time_s : array of int, shape (n,)
        When it was made, Unix time [s].
    awake_s : array, shape (n,)
        Seconds that it says it watched, up to its time; not a number where it does not say.
    regular
        Whether nodes report at intervals; a person's counts come as they come.

    Returns
    -------
    array, shape (n,)
        0 for a second record of the same second.

    Notes
    -----
    A record without another in the day before it is bounded by its node's interval of reporting, the time to
    the record after it, where that is within a day; alone it may claim a day. So the bounds of a node add up
    to no more than time, and depend on records within a day of each alone.

    Examples
    --------
    >>> times, claimed = np.array([900, 1800, 2100]), np.array([86_400.0, 900.0, 900.0])
    >>> bounded_awake_s(np.zeros(3, int), times, claimed).tolist()
    [900.0, 900.0, 300.0]
    """
    if not time_s.size:
        return awake_s
    gap_s = np.diff(time_s).astype(np.float64)
    gap_s[np.diff(node) != 0] = np.inf
    before_s = np.concatenate([[np.inf], gap_s])
    after_s = np.concatenate([gap_s, [np.inf]])
    # Of records of one second the first has the time before them, and all the time after them.
    after_s[after_s == 0] = np.nan
    after_s = _filled_backwards(after_s)
    is_single = before_s > WATCH_MOST_S
    interval_s = np.where(after_s <= WATCH_MOST_S, after_s, WATCH_MOST_S) if regular else WATCH_MOST_S
    return np.minimum(awake_s, np.where(is_single, interval_s, before_s))


def bounded_effort_s(
    table: Table, awake_s: NDArray[np.float64], usable: NDArray[np.bool_], *, regular: bool = True
) -> NDArray[np.float64]:
    """Bound the seconds of the usable rows of a table by one another, as `bounded_awake_s` does.

    Parameters
    ----------
    table
        Records of one stream, with those within a day around the rows that matter.
    awake_s : array, shape (rows,)
        Seconds that each says it watched; not a number where it does not say.
    usable : array of bool, shape (rows,)
        A row that is left out takes no time from others, and stays as it is.
    regular
        Whether nodes report at intervals.

    Returns
    -------
    array, shape (rows,)
    """
    bounded_s = awake_s.copy()
    bounded_s[usable] = bounded_awake_s(
        table.node[usable].astype(np.int64), table.time_s[usable], awake_s[usable], regular=regular
    )
    return bounded_s


def _filled_backwards(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill what is not a number with the next number; the last is one."""
    indices = np.where(np.isnan(values), values.size, np.arange(values.size))
    return values[np.minimum.accumulate(indices[::-1])[::-1]]


def cut_s(
    claimed_s: NDArray[np.float64], bounded_s: NDArray[np.float64], used: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Seconds by which used records claimed more than time allows; 0 where it is jitter of clocks."""
    more = np.where(used, claimed_s - bounded_s, 0.0)
    return np.where(more > JITTER_S, more, 0.0)
