"""Small cells are not shown, nor those from which a small one could be reckoned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_analysis.thresholds import DISTRICT_NODES_LEAST

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sera_analysis.diversity.samples import BoolArray


def hidden_cells(counts: ArrayLike, least: float = DISTRICT_NODES_LEAST.value) -> BoolArray:
    """Return which cells of a table with a known total are not shown.

    Parameters
    ----------
    counts : array, shape (n,)
        How many units (nodes, people) are behind each cell.
    least
        Fewer than so many, and more than none, make a cell small.

    Returns
    -------
    array of bool, shape (n,)
        True for small cells. Where what is hidden would follow from the total, because it is one cell or
        all hidden ones together are small, the next smallest cells are hidden too. That a cell is empty is
        no secret: cells of 0 are shown, and protect nothing.

    References
    ----------
    A. Hundepool et al., "Statistical Disclosure Control," Wiley, 2012, chapter 4,
    doi 10.1002/9781118348239.

    Examples
    --------
    >>> hidden_cells([12, 3, 0, 7]).tolist()
    [False, True, False, True]
    """
    number = np.asarray(counts, dtype=np.float64)
    hidden: BoolArray = (number > 0) & (number < least)
    if not hidden.any():
        return hidden
    order = [cell for cell in np.argsort(number, kind="stable").tolist() if number[cell] > 0]
    for cell in order:
        if hidden.sum() >= 2 and number[hidden].sum() >= least:
            break
        hidden[cell] = True
    return hidden
