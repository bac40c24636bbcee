"""What a window says about one column: sums, extremes, counts by flag and effort; pure functions on numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_vocabulary.quality import FAIL, GOOD, MISSING, SUSPECT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_store.records.series_tables import Table

CELL: Final = np.dtype(
    [
        ("sum", "<f8"),
        ("minimum", "<f8"),
        ("maximum", "<f8"),
        ("effort_s", "<f8"),
        ("watched_sum", "<f8"),
        ("records", "<u4"),
        ("count", "<u4"),
        ("good", "<u4"),
        ("failed", "<u4"),
        ("suspect", "<u4"),
        ("uncertainty_s", "<u4"),
    ]
)
"""One column in one window.

sum, minimum, maximum: of the usable values (not null, flag neither fail nor missing); extremes NaN without
any. effort_s, watched_sum: seconds awake of the records whose value is usable, and the sum of those values
alone, so that a rate is watched_sum / effort_s. records: how many had the column; count: how many were
usable; good, suspect: how many of those by flag, the rest was not checked. failed: how many of the others
failed a check, or could not be taken; the rest was missing. uncertainty_s: the largest uncertainty of their
times [s].
"""

_ADDED: Final = ("sum", "effort_s", "watched_sum", "records", "count", "good", "failed", "suspect")
# The form of stored cells: in the first `failed` was how many were not checked.
FORM: Final = 2
_UNCERTAINTY_MOST: Final = 2**32 - 1


def cells_of(
    table: Table, keys: tuple[str, ...], awake_s: NDArray[np.float64], starts: NDArray[np.intp]
) -> NDArray[Any]:
    """Roll records up into windows.

    Parameters
    ----------
    table
        Records in order of time; at least one.
    keys
        Wire keys of the columns.
    awake_s : array of float, shape (records,)
        Seconds awake of each record [s], NaN where not reported.
    starts : array of int, shape (windows,)
        Where each window begins in the table; no window is empty.

    Returns
    -------
    array of CELL, shape (windows, columns)
    """
    cells = np.empty((len(starts), len(keys)), CELL)
    for index, key in enumerate(keys):
        cells[:, index] = _column_cells(table, key, awake_s, starts)
    return cells


def _column_cells(
    table: Table, key: str, awake_s: NDArray[np.float64], starts: NDArray[np.intp]
) -> NDArray[Any]:
    values, flags = table.values[key], table.quality[key]
    usable = np.isfinite(values) & (flags != FAIL) & (flags != MISSING) & (flags != 0)
    has_effort = usable & (awake_s > 0)
    cells = np.empty(len(starts), CELL)
    cells["sum"] = np.add.reduceat(np.where(usable, values, 0.0), starts)
    cells["minimum"] = _extreme(np.minimum, values, usable, starts)
    cells["maximum"] = _extreme(np.maximum, values, usable, starts)
    cells["effort_s"] = np.add.reduceat(np.where(has_effort, awake_s, 0.0), starts)
    cells["watched_sum"] = np.add.reduceat(np.where(has_effort, values, 0.0), starts)
    cells["records"] = np.add.reduceat((flags != 0).astype(np.uint32), starts)
    cells["count"] = np.add.reduceat(usable.astype(np.uint32), starts)
    cells["failed"] = np.add.reduceat((flags == FAIL).astype(np.uint32), starts)
    for name, flag in (("good", GOOD), ("suspect", SUSPECT)):
        cells[name] = np.add.reduceat((usable & (flags == flag)).astype(np.uint32), starts)
    uncertainty = np.where(usable, np.clip(table.uncertainty_s, 0, _UNCERTAINTY_MOST), 0)
    cells["uncertainty_s"] = np.maximum.reduceat(uncertainty, starts)
    return cells


def _extreme(
    kind: np.ufunc, values: NDArray[np.float64], usable: NDArray[np.bool_], starts: NDArray[np.intp]
) -> NDArray[np.float64]:
    # fmin and fmax pass over NaN, so that a window without usable values stays NaN.
    extreme = np.fmin if kind is np.minimum else np.fmax
    extremes: NDArray[np.float64] = extreme.reduceat(np.where(usable, values, np.nan), starts)
    return extremes


def merged(cells: NDArray[Any], starts: NDArray[np.intp]) -> NDArray[Any]:
    """Merge neighbouring windows into larger ones; what comes out is what their records would have given.

    Parameters
    ----------
    cells : array of CELL, shape (windows, ...)
    starts : array of int
        Where each larger window begins; none is empty.
    """
    larger = np.empty((len(starts), *cells.shape[1:]), CELL)
    for name in _ADDED:
        larger[name] = np.add.reduceat(cells[name], starts, axis=0)
    larger["minimum"] = np.fmin.reduceat(cells["minimum"], starts, axis=0)
    larger["maximum"] = np.fmax.reduceat(cells["maximum"], starts, axis=0)
    larger["uncertainty_s"] = np.maximum.reduceat(cells["uncertainty_s"], starts, axis=0)
    return larger


def no_cells(shape: int | tuple[int, ...]) -> NDArray[Any]:
    """Return cells of windows in which nothing had the column."""
    cells = np.zeros(shape, CELL)
    cells["minimum"] = cells["maximum"] = np.nan
    return cells
