"""Rows of several layouts as columns of numpy: one array of values and one of quality for each wire key."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sera_vocabulary.messages import POSITION_MARK

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from sera_store.database.names import Names


class Column(NamedTuple):
    """One wire key of many rows, one element a row.

    Parameters
    ----------
    values
        float64; NaN where null or where the row has no such column.
    quality
        uint8; 0 where the row has no such column.
    """

    values: NDArray[np.float64]
    quality: NDArray[np.uint8]


@lru_cache(maxsize=256)
def body_type(count: int) -> np.dtype[Any]:
    """Describe the body of a row with `count` columns to numpy: `values` and `quality`."""
    return np.dtype([("values", "<f8", (count,)), ("quality", "u1", (count,))])


def lay_out(
    layouts: Sequence[int], bodies: Sequence[bytes], names: Names, selection: Collection[str] | None
) -> dict[str, Column]:
    """Lay out the bodies of rows as columns, those of `is_wanted` only."""
    kinds = set(layouts)
    layout_of = np.array(layouts) if len(kinds) > 1 else None
    columns: dict[str, Column] = {}
    for kind in sorted(kinds):
        keys = names.columns_of(kind)
        members = [(index, key) for index, key in enumerate(keys) if is_wanted(key, selection)]
        if not members:
            continue
        where = slice(None) if layout_of is None else np.flatnonzero(layout_of == kind)
        own_bodies = bodies if isinstance(where, slice) else [bodies[row] for row in where.tolist()]
        cells = np.frombuffer(b"".join(own_bodies), body_type(len(keys)))
        for place, key in members:
            if key not in columns:
                columns[key] = Column(np.full(len(bodies), np.nan), np.zeros(len(bodies), np.uint8))
            columns[key].values[where] = cells["values"][:, place]
            columns[key].quality[where] = cells["quality"][:, place]
    return columns


def is_wanted(key: str, selection: Collection[str] | None) -> bool:
    """Return whether a column is asked for: by wire key, by measurement, or with all others (None)."""
    return selection is None or key in selection or key.partition(POSITION_MARK)[0] in selection
