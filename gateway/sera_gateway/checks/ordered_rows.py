"""New rows of some origins, by origin and in order of time, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_store.records.columns import Column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from sera_store.ledger.neighbour_rows import NeighbourRows, NewRows


class OrderedRows(NamedTuple):
    """New rows of some origins, by origin and in order of time.

    Parameters
    ----------
    ids, times_s
        Change number and Unix time [s] of each row.
    columns
        Values and quality by wire key.
    origins, starts, sizes
        Each origin, the index of its first row, and number of rows.
    """

    ids: NDArray[np.int64]
    times_s: NDArray[np.int64]
    columns: Mapping[str, Column]
    origins: NDArray[np.int64]
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]

    def of_origins(self, wanted: NDArray[np.bool_]) -> OrderedRows:
        """Return the rows of some origins.

        Parameters
        ----------
        wanted : array, shape (origins,)
            Whose rows.
        """
        if wanted.all():
            return self
        rows = np.repeat(wanted, self.sizes)
        sizes = self.sizes[wanted]
        columns = {
            key: Column(column.values[rows], column.quality[rows]) for key, column in self.columns.items()
        }
        starts = np.cumsum(sizes) - sizes
        return OrderedRows(self.ids[rows], self.times_s[rows], columns, self.origins[wanted], starts, sizes)


def order_rows(neighbours: NeighbourRows, new: NewRows, selection: Collection[str]) -> OrderedRows:
    """Sort new rows, and lay out the columns of some measurements."""
    origins, times_s = np.array(new.origins, np.int64), np.array(new.times_s, np.int64)
    order = np.lexsort((times_s, origins))
    places = order.tolist()
    columns = neighbours.columns(
        [new.layouts[place] for place in places], [new.bodies[place] for place in places], selection
    )
    starts = np.flatnonzero(np.diff(origins[order], prepend=-1))
    return OrderedRows(
        np.array(new.ids, np.int64)[order],
        times_s[order],
        columns,
        origins[order[starts]],
        starts,
        np.diff(starts, append=len(order)),
    )
