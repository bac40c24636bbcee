"""Means over draws without replacement: how often a kind is in a smaller sample, to full precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_analysis.diversity.samples import FloatArray, IntArray

# Beyond this many standard deviations, plus a few counts for the skewed ones, less than 1e-12 is left.
_REACH: Final = 7.5
_FEW: Final = 8.0
# Numbers in one table of probabilities; larger tables fall out of the processor's cache.
_TABLE_MOST: Final = 200_000


def hypergeometric_mean(
    size: FloatArray,
    times: FloatArray,
    draw: FloatArray,
    functions: tuple[Callable[[FloatArray], FloatArray], ...],
) -> FloatArray:
    """Mean of functions of the share that a kind has in a draw without replacement.

    Parameters
    ----------
    size, times, draw : arrays that broadcast to shape (...)
        Whole numbers: individuals (or units) in all, those of the kind, those drawn; draw from 1 to size.
    functions
        Each takes shares, shape (pairs, counts), and gives numbers of the same shape.

    Returns
    -------
    array, shape (functions, ...)
        The means.

    Notes
    -----
    Chances follow from one another by the ratio of neighbours, start anywhere, and are divided by their sum;
    nothing overflows within the window that is kept, and no difference of large numbers is taken.
    """
    size, times, draw = np.broadcast_arrays(size, times, draw)
    n, x, m = size.ravel(), times.ravel(), draw.ravel()
    low, width = _windows(n, x, m)
    means = np.empty((len(functions), n.size))
    order = np.argsort(width)
    for rows in _chunks(order, width):
        weight, count = _weights(n[rows], x[rows], m[rows], low[rows], int(width[rows[-1]]))
        whole = weight.sum(axis=1)
        count /= m[rows, np.newaxis]
        for index, function in enumerate(functions):
            means[index, rows] = np.einsum("rk,rk->r", weight, function(count)) / whole
    return means.reshape(len(functions), *size.shape)


def _windows(n: FloatArray, x: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First count of each window, and how many counts it holds."""
    mean = x * m / n
    spread = np.sqrt(mean * (1 - x / n) * (n - m) / np.maximum(n - 1, 1))
    reach = _REACH * spread + _FEW
    low = np.maximum(np.maximum(0, x + m - n), np.floor(mean - reach))
    high = np.minimum(np.minimum(x, m), np.ceil(mean + reach))
    return low, high - low + 1


def _chunks(order: IntArray, width: FloatArray) -> list[IntArray]:
    """Cut pairs, ordered by width, into tables of a bounded size whose widths differ by at most a half."""
    chunks, start = [], 0
    widths = width[order]
    while start < len(order):
        most = max(widths[start] * 1.5, widths[start] + 4)
        stop = int(np.searchsorted(widths, most, side="right"))
        stop = min(stop, start + max(1, int(_TABLE_MOST // most)))
        chunks.append(order[start:stop])
        start = stop
    return chunks


def _weights(
    n: FloatArray, x: FloatArray, m: FloatArray, low: FloatArray, width: int
) -> tuple[FloatArray, FloatArray]:
    """Chances of the counts of a window up to one factor, and the counts; shapes (pairs, width)."""
    count = low[:, np.newaxis] + np.arange(width)
    before = count[:, :-1]
    weight = np.ones(count.shape)
    # Where a window ends before the widest of the table, the factor is 0 at the last possible count, and so
    # is every chance after it.
    ratio = weight[:, 1:]
    np.subtract(x[:, np.newaxis], before, out=ratio)
    ratio *= m[:, np.newaxis] - before
    ratio /= before + 1
    ratio /= before + (n - x - m + 1)[:, np.newaxis]
    np.cumprod(weight, axis=1, out=weight)
    return weight, count
