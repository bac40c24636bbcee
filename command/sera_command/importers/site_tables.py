"""Tables of sites by kinds: what `sera diversity` and `sera dissimilarity` make of a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_store.errors import TableError
from sera_store.tables.names import fold_name
from sera_store.tables.numbers import parse_number
from sera_store.tables.purposes import names_rows, says_when_or_where
from sera_store.tables.reader import read_table
from sera_store.tables.table import MISSING
from sera_store.tables.totals import leave_totals_out
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sera_analysis.diversity.samples import FloatArray
    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.table import Table

COUNT: Final = "a whole number of 0 or more, and 0 where none was found"
_PRESENCE: Final = "0 or 1, as --incidence asks for, or a mark such as x or yes"
_LONG: Final = "; if each row is one site and one kind, name their columns with --site, --kind and --count"
_EXACT_MOST: Final = float(1 << 53)
_PRESENT: Final = ("x", "yes", "y", "true", "present", "+", "\N{CHECK MARK}", "ja", "oui", "si", "s\u00ed")
_ABSENT: Final = ("no", "n", "false", "absent", "-", "\N{EN DASH}", "nein", "non")
# What words in a table of presence mean.
MARKS: Final = dict.fromkeys(_PRESENT, 1.0) | dict.fromkeys(_ABSENT, 0.0)


class SiteTable(NamedTuple):
    """Names of the rows and columns, whole numbers of shape (rows, columns), and how the table was read."""

    rows: list[str]
    columns: list[str]
    counts: FloatArray
    notes: tuple[TableNote, ...] = ()


def read_site_table(
    path: Path, *, transpose: bool = False, presence: bool = False, decimal: DecimalMark | None = None
) -> SiteTable:
    """Read a table whose first row names the columns and whose first column names the rows.

    Parameters
    ----------
    path
        A text file of any dialect, see `sera_store.tables.reader.read_table`.
    transpose
        The file has kinds in rows and sites in columns.
    presence
        Cells say whether a kind was there: 0 and 1, or marks such as x and yes. Empty cells are absences if
        nothing else marks them.
    decimal
        What stands before decimals, if somebody says so.

    Returns
    -------
    SiteTable
        Sites in rows. Totals are left out, with a note.

    Raises
    ------
    TableError
        Where the table is empty, has rows of unequal length, names twice, a cell that is no whole number of 0
        or more, or a total that is wrong; the message names row and column.
    """
    table = read_table(path, decimal=decimal)
    return sites_of(table.transpose() if transpose else table, presence=presence)


def sites_of(table: Table, *, presence: bool = False) -> SiteTable:
    """Take a table that has been read as sites by kinds; see `read_site_table`."""
    if len(table.titles) < 2:
        raise TableError(
            table.source,
            "row 1 has one column; expected names in the first column and numbers in others, separated by "
            "commas, semicolons or tabs",
        )
    _refuse_other_columns(table)
    table.check_names()
    words = _marks(table) if presence else {}
    columns = range(1, len(table.titles))
    expected = f"{COUNT}{_LONG if _holds_names(table, 1) else ''}"
    counts = table.numbers(columns, expected=_PRESENCE if presence else expected, words=words)
    check_counts(table, counts, _PRESENCE if presence else COUNT)
    table, counts = leave_totals_out(table, counts, by_numbers=not presence)
    if presence:
        check_counts(table, counts, _PRESENCE, most=1.0)
        _note_empty_cells(table)
    return SiteTable(table.cells(0), table.titles[1:], counts, tuple(table.notes))


def _refuse_other_columns(table: Table) -> None:
    """Raise where columns are named as what no kind is: their numbers would be counted as individuals."""
    places = [
        column
        for column in range(1, len(table.titles))
        if names_rows(table.titles[column]) or says_when_or_where(table.titles[column])
    ]
    if not places:
        return
    names = ", ".join(repr(table.titles[column]) for column in places)
    numbers_rows = not table.titles[0] and names_rows(table.titles[places[0]])
    numbered = (
        ". The first column has no name: if it only numbers the rows, leave that one out"
        if numbers_rows
        else ""
    )
    raise table.error(
        -1,
        places[0],
        f"{names} would be counted as individuals of a kind, and no kind is named so; leave out columns that "
        f"hold no counts, or rename what is a kind{numbered}{_LONG}",
    )


def check_counts(table: Table, counts: FloatArray, expected: str, *, most: float = _EXACT_MOST) -> None:
    """Raise for the first number that is no count; `counts` are all columns but the first."""
    wrong = (counts < 0) | (counts > most) | (counts != np.floor(counts))
    if wrong.any():
        row, column = (int(place) for place in np.argwhere(wrong)[0])
        raise table.not_expected(row, column + 1, expected)


def _marks(table: Table) -> Mapping[str, float]:
    """Return what words mean; an empty cell is an absence if no cell marks one."""
    cells = {fold_name(cell) for row in table.rows for cell in row[1:]}
    return MARKS if cells & {"0", *_ABSENT} else MARKS | {"": 0.0}


def _holds_names(table: Table, column: int) -> bool:
    """Return whether a column of several rows holds words throughout, as that of kinds in a long table."""
    cells = table.cells(column)
    return len(cells) > 1 and not any(
        cell in MISSING or fold_name(cell) in MARKS or not math.isnan(parse_number(cell)) for cell in cells
    )


def _note_empty_cells(table: Table) -> None:
    empty = sum(row[1:].count("") for row in table.rows)
    if empty:
        table.notes.append(TableNote.of("empty_is_absent", cells=empty))
