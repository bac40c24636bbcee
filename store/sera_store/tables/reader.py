"""The one reader of tables that people keep: bytes to cells, whatever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.errors import TableError
from sera_store.tables.encoding import decode
from sera_store.tables.splitting import split
from sera_store.tables.table import Table
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.tables.numbers import DecimalMark


def read_table(path: Path, *, decimal: DecimalMark | None = None) -> Table:
    """Read a file as a table: a row of names, and rows below it.

    Parameters
    ----------
    path
        A text file separated by commas, semicolons, tabs or pipes, in any encoding that `decode` knows.
    decimal
        What stands before decimals in all its numbers; by default each column tells, see `Table.numbers`.

    Returns
    -------
    Table
        With notes on its encoding and on blank rows and columns that were skipped.

    Raises
    ------
    TableError
        It is no such file, or has no row below its names; the message says row and column, what was expected,
        and what to do.
    OSError
        It cannot be opened.
    """
    return table_of(path.read_bytes(), str(path), decimal=decimal)


def table_of(data: bytes, source: str, *, decimal: DecimalMark | None = None) -> Table:
    """Read the bytes of a file as a table; see `read_table`. `source` is what messages call it."""
    text, notes = decode(data, source)
    rows = split(text, source)
    if len(rows.rows) == 1:
        raise TableError(
            source,
            "there is no row below the columns' names, one row only; expected names in the first row and at "
            "least one row below it",
        )
    if rows.blank_rows:
        notes.append(TableNote.of("blank_rows", rows=rows.blank_rows))
    if rows.blank_columns:
        notes.append(TableNote.of("blank_columns", columns=rows.blank_columns))
    return Table(source, rows.rows, rows.numbers, rows.columns, notes, decimal)
