"""Identifiers that must be unique and references that must lead somewhere, in memory that rows bound.

Of each identifier only a hash of 64 bits is kept; what that makes doubtful is read again and compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sera_workshop.archives.checks.report import Report
from sera_workshop.archives.checks.rows import blocks
from sera_workshop.archives.checks.sentences import add

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_workshop.archives.checks.container import Container
    from sera_workshop.archives.checks.table import Reference, Table

_EMPTY = hash("")


def column_values(table: Table, name: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the values of a column of some rows, defaults filled in; it is in the table."""
    column = next(column for column in table.columns if name in (column.term, column.label))
    if column.index is None:
        return [column.default] * len(rows)
    index, default = column.index, column.default
    return [row[index] or default for row in rows] if default else [row[index] for row in rows]


class KeyChecks:
    """Hashes of the key columns of all tables, gathered while they are read once."""

    def __init__(self, tables: Sequence[Table], report: Report) -> None:
        self._tables = {table.name: table for table in tables}
        self._report = report
        self._parts: dict[tuple[str, str], list[NDArray[np.int64]]] = {}
        self._folded: dict[tuple[str, str], list[NDArray[np.int64]]] = {}
        self._wanted = self._key_columns(tables)

    def _key_columns(self, tables: Sequence[Table]) -> dict[str, set[str]]:
        wanted: dict[str, set[str]] = {table.name: set(table.unique) for table in tables}
        for table in tables:
            for reference in table.references:
                wanted[table.name].add(reference.column)
                if reference.table in wanted:
                    wanted[reference.table].add(reference.key)
        return wanted

    def gather(self, table: Table, rows: Sequence[Sequence[str]]) -> None:
        """Note the keys of a block of a table."""
        for name in self._wanted[table.name]:
            values = column_values(table, name, rows)
            self._parts.setdefault((table.name, name), []).append(_hashes(values))
            if name in table.unique:
                folded = [value.casefold() for value in values]
                self._folded.setdefault((table.name, name), []).append(_hashes(folded))

    def check(self, container: Container) -> None:
        """Note all duplicates and orphans, once every table has been read."""
        for table in self._tables.values():
            for name in table.unique:
                self._check_unique(container, table, name)
            for reference in table.references:
                self._check_reference(container, table, reference)

    def _check_unique(self, container: Container, table: Table, name: str) -> None:
        doubtful = _repeated(self._folded.pop((table.name, name), []))
        if not len(doubtful):
            return
        suspects = set(doubtful.tolist())
        exact: set[str] = set()
        cases: set[str] = set()
        for block in blocks(container, table, Report()):
            for line, value in zip(block.lines, column_values(table, name, block.rows), strict=True):
                folded = value.casefold()
                if not value or hash(folded) not in suspects:
                    continue
                if value in exact:
                    add(self._report, "duplicate_id", block.file, line=line, term=name, value=value)
                elif folded in cases:
                    add(self._report, "duplicate_id_case", block.file, line=line, term=name, value=value)
                exact.add(value)
                cases.add(folded)

    def _check_reference(self, container: Container, table: Table, reference: Reference) -> None:
        values = self._all(table.name, reference.column)
        keys = np.unique(self._all(reference.table, reference.key))
        values = values[values != _EMPTY]
        if not len(values):
            return
        missing = values[~np.isin(values, keys)]
        if not len(missing):
            return
        suspects = set(np.unique(missing).tolist())
        is_parent = reference.column in {"parentEventID", "parentEvent_fk"} and not reference.key.endswith(
            "_pk"
        )
        for block in blocks(container, table, Report()):
            column = column_values(table, reference.column, block.rows)
            for line, value in zip(block.lines, column, strict=True):
                if value and hash(value) in suspects:
                    code = "parent_elsewhere" if is_parent else "orphan"
                    add(self._report, code, block.file, line=line, term=reference.column, value=value,
                        where=reference.table)  # fmt: skip

    def _all(self, table: str, name: str) -> NDArray[np.int64]:
        return _joined(self._parts.get((table, name), []))


def _hashes(values: Sequence[str]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, values), np.int64, len(values))


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _repeated(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    hashes = np.sort(_joined(parts))
    repeated: NDArray[np.int64] = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    marked: NDArray[np.int64] = repeated[repeated != _EMPTY]
    return marked
