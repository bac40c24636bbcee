"""Runs of the very same value: how long a sensor has stood still, as pure functions.

`checks.flat_line` (QARTOD test 8) looks back from each value, so that the first hours of a flat line stay
good. Here a run is taken as a whole, which is what a figure needs that leaves a stuck probe out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_vocabulary import quality

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Runs(NamedTuple):
    """Longest stretches of equal values, in order; a value that stands alone is a run of one.

    Parameters
    ----------
    starts, sizes
        Index of the first value, and number of values.
    durations_s
        From the first value to the last [s].
    """

    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]
    durations_s: NDArray[np.int64]


def equal_runs(
    values: NDArray[np.float64],
    times_s: NDArray[np.int64],
    near: NDArray[np.bool_] | None = None,
    began_s: NDArray[np.int64] | None = None,
) -> Runs:
    """Split a series into runs of equal values.

    Parameters
    ----------
    values : array, shape (n,)
        One series; NaN, for a missing value, equals nothing.
    times_s : array, shape (n,)
        Unix time [s], in order.
    near : array, shape (n - 1,)
        Whether a value and the next one are neighbours; all are where it is left out.
    began_s : array, shape (n,)
        Unix time [s] since when each value has stood still if it is the first one here; its own time where it
        is left out.

    Examples
    --------
    >>> equal_runs(np.array([5.0, 7.0, 7.0, 7.0]), np.array([0, 900, 1800, 2700])).durations_s.tolist()
    [0, 1800]
    """
    if not len(values):
        empty = np.zeros(0, np.intp)
        return Runs(empty, empty, np.zeros(0, np.int64))
    is_same = values[1:] == values[:-1]
    if near is not None:
        is_same &= near
    starts = np.concatenate(([0], np.flatnonzero(~is_same) + 1))
    sizes = np.diff(starts, append=len(values))
    since_s = times_s if began_s is None else began_s
    return Runs(starts, sizes, times_s[starts + sizes - 1] - since_s[starts])


def stillness(runs: Runs, suspect_s: float, fail_s: float) -> NDArray[np.uint8]:
    """Flag the values of each run by how long it lasts: all of it, from its first value on.

    Examples
    --------
    >>> runs = equal_runs(np.array([5.0, 7.0, 7.0, 7.0]), np.array([0, 900, 1800, 2700]))
    >>> stillness(runs, suspect_s=1800, fail_s=3600).tolist()
    [1, 3, 3, 3]
    """
    flags = np.full(len(runs.sizes), quality.GOOD, np.uint8)
    flags[runs.durations_s >= suspect_s] = quality.SUSPECT
    flags[runs.durations_s >= fail_s] = quality.FAIL
    return np.repeat(flags, runs.sizes)
