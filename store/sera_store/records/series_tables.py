"""Current dated records as columns of numpy, for whoever computes with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sera_store.records.columns import Column, lay_out

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sera_store.database.names import Names

# Rows fetched at once, which bounds the memory that is not yet in arrays.
_CHUNK: Final = 50_000

_READ: Final = (
    "SELECT r.id, t.time_s, r.uncertainty_s, r.flags, r.layout, r.body FROM timeline t "
    "CROSS JOIN records r ON r.id = t.id WHERE t.origin=? AND t.time_s>=? AND t.time_s<? "
    "ORDER BY t.time_s, t.id"
)


@dataclass(frozen=True, slots=True)
class Table:
    """Current dated records of one series, sorted by node and time, one element a record.

    Parameters
    ----------
    nodes
        Names of the nodes, in order.
    node
        int32, index into `nodes`.
    time_s, uncertainty_s
        int64, Unix time and its uncertainty [s].
    id
        int64, change number.
    flags
        int32, the node's flags.
    values
        By wire key, float64; NaN where null or where the record has no such column.
    quality
        By wire key, uint8; 0 where the record has no such column.
    """

    nodes: tuple[str, ...]
    node: NDArray[np.int32]
    time_s: NDArray[np.int64]
    uncertainty_s: NDArray[np.int64]
    id: NDArray[np.int64]
    flags: NDArray[np.int32]
    values: dict[str, NDArray[np.float64]]
    quality: dict[str, NDArray[np.uint8]]

    def __len__(self) -> int:
        return len(self.id)

    def rows(self, selection: slice | NDArray[np.bool_]) -> Table:
        """Return some of the rows, in their order."""
        return Table(
            self.nodes,
            self.node[selection],
            self.time_s[selection],
            self.uncertainty_s[selection],
            self.id[selection],
            self.flags[selection],
            {key: column[selection] for key, column in self.values.items()},
            {key: column[selection] for key, column in self.quality.items()},
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows of one origin."""

    fixed: NDArray[np.int64]
    columns: dict[str, Column]


def read_table(
    connection: sqlite3.Connection,
    names: Names,
    origins: Sequence[tuple[int, str]],
    columns: Sequence[str] | None,
    span_s: tuple[int, int],
) -> Table:
    """Read the rows of some origins, given as (id, node), into one table; None for all columns."""
    nodes = tuple(sorted({node for _, node in origins}))
    place = {node: number for number, node in enumerate(nodes)}
    parts: list[_Part] = []
    node_parts: list[NDArray[np.int32]] = []
    for rows, counts in _together(connection, origins, span_s):
        parts.append(_part(rows, names, columns))
        of_nodes = np.array([place[node] for node, _ in counts], np.int32)
        node_parts.append(np.repeat(of_nodes, [count for _, count in counts]))
    node_column = np.concatenate([np.empty(0, np.int32), *node_parts])
    fixed = np.concatenate([np.empty((4, 0), np.int64), *[part.fixed for part in parts]], axis=1)
    values, quality = _columns(parts)
    order = _order(node_column, fixed)
    if order is not None:
        node_column, fixed = node_column[order], fixed[:, order]
        values = {key: column[order] for key, column in values.items()}
        quality = {key: column[order] for key, column in quality.items()}
    number, time_s, uncertainty_s, flags = fixed
    return Table(nodes, node_column, time_s, uncertainty_s, number, flags.astype(np.int32), values, quality)


def _together(
    connection: sqlite3.Connection, origins: Sequence[tuple[int, str]], span_s: tuple[int, int]
) -> Iterator[tuple[list[Any], list[tuple[str, int]]]]:
    """Read the rows of origins by node, many at once; with each node how many are its own."""
    gathered: list[Any] = []
    counts: list[tuple[str, int]] = []
    for origin, node in sorted(origins, key=lambda pair: (pair[1], pair[0])):
        for rows in _chunks(connection, origin, span_s):
            gathered += rows
            counts.append((node, len(rows)))
            if len(gathered) >= _CHUNK:
                yield gathered, counts
                gathered, counts = [], []
    if gathered:
        yield gathered, counts


def _chunks(connection: sqlite3.Connection, origin: int, span_s: tuple[int, int]) -> Iterator[list[Any]]:
    cursor = connection.execute(_READ, (origin, *span_s))
    while rows := cursor.fetchmany(_CHUNK):
        yield rows


def _part(rows: list[Any], names: Names, selected_columns: Sequence[str] | None) -> _Part:
    number, time_s, uncertainty_s, flags, layouts, bodies = zip(*rows, strict=True)
    fixed = np.array([number, time_s, uncertainty_s, flags], np.int64)
    return _Part(fixed, lay_out(layouts, bodies, names, selected_columns))


def _columns(parts: list[_Part]) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.uint8]]]:
    keys = sorted({key for part in parts for key in part.columns})
    values, quality = {}, {}
    for key in keys:
        absent = [
            (np.full(part.fixed.shape[1], np.nan), np.zeros(part.fixed.shape[1], np.uint8)) for part in parts
        ]
        cells = [part.columns.get(key, empty) for part, empty in zip(parts, absent, strict=True)]
        values[key] = np.concatenate([cell[0] for cell in cells])
        quality[key] = np.concatenate([cell[1] for cell in cells])
    return values, quality


def _order(node: NDArray[np.int32], fixed: NDArray[np.int64]) -> NDArray[np.intp] | None:
    """Return the order by node, time and row; None where the rows are in order, as with one epoch a node."""
    time_s = fixed[1]
    if len(node) < 2 or bool(np.all((np.diff(node) > 0) | ((np.diff(node) == 0) & (np.diff(time_s) >= 0)))):
        return None
    return np.lexsort((fixed[0], time_s, node))
