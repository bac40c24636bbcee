"""Columns of amounts in a table that has been read: numbers of 0 or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_analysis.diversity.samples import FloatArray
    from sera_store.tables.table import Table

AMOUNT: Final = "a number of 0 or more"
LEAVE_ROW_OUT: Final = "leave the row out if it is not known"


def read_amounts(
    table: Table, columns: Sequence[int], *, missing: bool = False, unknown: str = LEAVE_ROW_OUT
) -> FloatArray:
    """Read columns of one quantity, in what is 0 or more.

    Parameters
    ----------
    missing
        What was not noted becomes not a number (NaN); otherwise it is refused.
    unknown
        What to do with a cell that is not known, for the message.

    Returns
    -------
    array, shape (rows, columns)

    Raises
    ------
    TableError
        A cell holds no valid amount; the message names row and column.
    """
    expected = AMOUNT if missing else f"{AMOUNT}; {unknown}"
    values = table.numbers(columns, expected=expected, missing=missing)
    negative = np.argwhere(values < 0)
    if len(negative):
        row, index = (int(place) for place in negative[0])
        raise table.not_expected(row, columns[index], expected)
    return values
