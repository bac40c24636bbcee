"""Numbers by node and local day, which can be cut, put together, and laid beside others."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class NodeDays:
    """Base of tables by node and day: every array has nodes as its first axis and days as its second.

    Parameters
    ----------
    nodes : tuple of str
        The nodes, in the order of the first axis.
    """

    nodes: tuple[str, ...]

    def arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Iterate over the arrays by name."""
        for name in self._array_names():
            yield name, getattr(self, name)

    @classmethod
    @cache
    def _array_names(cls) -> tuple[str, ...]:
        """Name the arrays, in order."""
        return tuple([field.name for field in fields(cls) if field.name != "nodes"])

    def window(self, days: slice) -> Self:
        """Cut some of the days out."""
        return self._map(lambda table: table[:, days], self.nodes)

    def select_nodes(self, nodes: tuple[str, ...]) -> Self:
        """Select some nodes, in their order; one that is not in the table is all zeros: it has no effort."""
        if nodes == self.nodes:
            return self
        row_of = {node: index for index, node in enumerate(self.nodes)}
        indices = [index for index, node in enumerate(nodes) if node in row_of]
        rows = [row_of[nodes[index]] for index in indices]

        def cut(table: NDArray[Any]) -> NDArray[Any]:
            placed = np.zeros((len(nodes), *table.shape[1:]), table.dtype)
            placed[indices] = table[rows]
            return placed

        return self._map(cut, nodes)

    def non_empty(self) -> Self:
        """Select the nodes that have anything but zeros."""
        has_values = np.zeros(len(self.nodes), dtype=bool)
        for _, table in self.arrays():
            has_values |= (table != 0).any(axis=tuple(range(1, table.ndim)))
        return self.select_nodes(
            tuple(
                [node for node, is_filled in zip(self.nodes, has_values.tolist(), strict=True) if is_filled]
            )
        )

    def days_with_any(self, days: int) -> NDArray[np.bool_]:
        """Return on which days any node has anything but zeros, shape (days,)."""
        spoke = np.zeros(days, dtype=bool)
        for _, table in self.arrays():
            spoke |= (table != 0).any(axis=(0, *range(2, table.ndim)))
        return spoke

    def _map(self, cut: Callable[[NDArray[Any]], NDArray[Any]], nodes: tuple[str, ...]) -> Self:
        return type(self)(nodes, *[cut(table) for _, table in self.arrays()])

    @classmethod
    def joined(cls, parts: Sequence[Self], day_slices: Sequence[tuple[slice, slice]], days: int) -> Self:
        """Join tables of different days.

        Parameters
        ----------
        parts
            At least one table.
        day_slices
            For each table which of its days are taken, and on which of the new days they are.
        days
            Number of new days; those that no table has are zeros.
        """
        nodes = tuple(sorted({node for part in parts for node in part.nodes}))
        row_of = {node: index for index, node in enumerate(nodes)}
        rows = [np.array([row_of[node] for node in part.nodes], dtype=np.int64) for part in parts]
        arrays: dict[str, Any] = {}
        for name, first in parts[0].arrays():
            table = np.zeros((len(nodes), days, *first.shape[2:]), first.dtype)
            for part, row, (source_days, target_days) in zip(parts, rows, day_slices, strict=True):
                table[row, target_days] = getattr(part, name)[:, source_days]
            arrays[name] = table
        return cls(nodes=nodes, **arrays)
