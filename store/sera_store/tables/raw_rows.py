"""Rows of a file that a machine wrote: perhaps without names, with lines above them, or cut off in a row.

`read_table` refuses a file of which one row has another number of cells. A logger's file is evidence that
nobody can take again, so here each row comes as it is, and its reader says what is wrong with which.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sera_store.errors import TableError
from sera_store.tables.encoding import decode
from sera_store.tables.splitting import SEPARATORS, parse, without_declaration

if TYPE_CHECKING:
    from sera_words.statements import TableNote


class RawRow(NamedTuple):
    """The cells of one row, without blanks at their ends; `number` counts rows from 1, blank ones too."""

    number: int
    cells: list[str]


class RawRows(NamedTuple):
    """All rows of a file, blank ones too, with what separates their cells."""

    source: str
    rows: list[RawRow]
    separator: str
    notes: list[TableNote]


def raw_rows_of(data: bytes, source: str) -> RawRows:
    """Split the bytes of a file into rows, whatever each of them holds.

    Parameters
    ----------
    data
        Text in any encoding that `decode` knows, with or without a first line `sep=;`.
    source
        What messages call the file.

    Returns
    -------
    RawRows
        Split by the separator that gives at least half of the rows one number of cells; where the comma and
        another one do, by the other, since numbers hold commas; of two others by what splits more rows alike.

    Raises
    ------
    TableError
        It is no text, or a quoted cell does not end.
    """
    text, notes = decode(data, source)
    text, declared = without_declaration(text, source)
    separators = [declared] if declared else [mark for mark in SEPARATORS if mark in text] or [","]
    parsed = {separator: parse(text, separator) for separator in separators}
    separator = max(separators, key=lambda mark: _agreement(parsed[mark].rows, is_comma=mark == ","))
    best = parsed[separator]
    if best.error is not None:
        raise TableError(
            source,
            f"row {len(best.rows) + 1} is no CSV ({best.error}); a quoted cell ends with a quote and then a "
            "separator",
        )
    rows = [RawRow(number, cells) for number, cells in enumerate(best.rows, 1)]
    return RawRows(source, rows, separator, notes)


def _agreement(rows: list[list[str]], *, is_comma: bool) -> tuple[bool, bool, int, int]:
    """Rank a separator: half of the rows alike; no comma, which numbers hold; rows alike; cells."""
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    if not widths:
        return False, False, 0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return 2 * count >= sum(map(any, rows)), not is_comma, count, width
