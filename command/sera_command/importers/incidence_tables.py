"""Tables of sampling units: one assemblage or several, units in rows or counted already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_command.importers.site_tables import COUNT, MARKS, check_counts, sites_of
from sera_store.errors import TableError
from sera_store.tables.dates import check_dates_alike
from sera_store.tables.names import fold_name
from sera_store.tables.reader import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from sera_analysis.diversity.samples import FloatArray
    from sera_command.importers.site_tables import SiteTable
    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.table import Table
    from sera_words.statements import TableNote

_PRESENCE_CELLS: Final = frozenset(("0", "1", "", *MARKS))


class IncidenceTable(NamedTuple):
    """In how many sampling units of each assemblage each kind was found.

    `frequencies` has shape (assemblages, kinds), `units` (assemblages,).
    """

    names: list[str]
    kinds: list[str]
    frequencies: FloatArray
    units: FloatArray
    notes: tuple[TableNote, ...] = ()


def read_units(
    path: Path,
    *,
    transpose: bool = False,
    assemblage: str | None = None,
    decimal: DecimalMark | None = None,
) -> IncidenceTable:
    """Read a table of sampling units in rows and kinds in columns, with what was present.

    Parameters
    ----------
    path
        A text file of any dialect.
    transpose
        Units are in columns and kinds in rows.
    assemblage
        Column (a row if transposed) that says to which assemblage a unit belongs; None: all are one, named
        after the file. Units of two assemblages may have one name.

    Raises
    ------
    TableError
        As `read_site_table`; or a unit has no assemblage.
    """
    table = read_table(path, decimal=decimal)
    table = table.transpose() if transpose else table
    if assemblage is None:
        read = sites_of(table, presence=True)
        units = np.array([float(len(read.rows))])
        return IncidenceTable([path.stem], read.columns, read.counts.sum(axis=0)[None], units, read.notes)
    column = table.column(assemblage, " for the assemblages")
    rows = rows_by_name(table, column)
    named_units_table = _units_with_names(table, column)
    read = sites_of(named_units_table, presence=True)
    _no_total_row(named_units_table, read)
    frequencies = np.array([read.counts[lines].sum(axis=0) for lines in rows.values()])
    units = np.array([float(len(lines)) for lines in rows.values()])
    return IncidenceTable(list(rows), read.columns, frequencies, units, read.notes)


def read_frequencies(
    path: Path, *, transpose: bool = False, decimal: DecimalMark | None = None
) -> IncidenceTable:
    """Read a table of incidence frequencies, as iNEXT's `incidence_freq` has them.

    Parameters
    ----------
    path
        Assemblages in rows; the first number of each is how many sampling units it has, the others in how
        many of them each kind was found.
    transpose
        Assemblages are in columns and the numbers of units in the first row of numbers, as in iNEXT.

    Raises
    ------
    TableError
        As `read_site_table`; or a kind was found in more units than there are.

    References
    ----------
    Hsieh, Ma and Chao 2016, iNEXT, Methods in Ecology and Evolution 7, 1451-1456,
    doi 10.1111/2041-210X.12613.
    """
    table = read_table(path, decimal=decimal)
    table = table.transpose() if transpose else table
    if len(table.titles) < 3:
        raise TableError(
            table.source,
            "there is one number an assemblage; expected its number of sampling units, and then in how many "
            "of them each kind was found (with kinds in rows, add --transpose)",
        )
    units = _units(table)
    read = sites_of(table.without(columns=[1]))
    _no_total_row(table, read)
    above = np.argwhere(read.counts > units[:, np.newaxis])
    if len(above):
        row, kind = (int(place) for place in above[0])
        raise table.error(
            row,
            table.titles.index(read.columns[kind]),
            f"found in {read.counts[row, kind]:.0f} of {units[row]:.0f} sampling units, which the number "
            f"{table.reference(row, 1)} says there are; mend one of the two (with kinds in rows and units in "
            "the first of them, add --transpose)",
        )
    return IncidenceTable(read.rows, read.columns, read.counts, units, read.notes)


def _units(table: Table) -> FloatArray:
    """Read the numbers of sampling units, one or more each."""
    units = table.numbers([1], expected=COUNT)
    check_counts(table, units, COUNT)
    for row, number in enumerate(units[:, 0].tolist()):
        if number < 1:
            raise table.not_expected(row, 1, "a number of sampling units, 1 or more")
    return units[:, 0]


def rows_by_name(table: Table, column: int) -> dict[str, list[int]]:
    """Collect the rows of each name in a column.

    Raises
    ------
    TableError
        A cell is empty, or differs from another only in case, blanks, the form of Unicode or of its date.
    """
    check_dates_alike(table, column)
    rows: dict[str, list[int]] = {}
    first: dict[str, int] = {}
    names = table.cells(column)
    for row, name in enumerate(names):
        if not name:
            raise table.not_expected(
                row,
                column,
                "a name. A cell that was merged over several rows names its first one only; write the name "
                "in each",
            )
        other = names[first.setdefault(fold_name(name), row)]
        if other != name:
            raise table.error(
                row,
                column,
                f"{name!r} and {other!r} of {table.place(first[fold_name(name)], column)} differ only in "
                "case, blanks or the form of Unicode; write them alike",
            )
        rows.setdefault(name, []).append(row)
    return rows


def _units_with_names(table: Table, column: int) -> Table:
    """Return the table without the column of assemblages, whose name stands before each unit's instead."""
    places = [index for index in range(len(table.titles)) if index != column]
    names = table.cells(places[0]) if len(places) > 1 else []
    if all(fold_name(name) in _PRESENCE_CELLS for name in names):
        raise table.error(
            -1,
            places[0],
            f"{table.titles[places[0]]!r} holds only marks of presence; expected the names of the sampling "
            "units in the first column beside that of the assemblages, and kinds behind it",
        )
    grid = [[row[place] for place in places] for row in table.grid]
    for cells, row in zip(grid[1:], table.rows, strict=True):
        cells[0] = f"{row[column]}: {cells[0]}" if cells[0] else ""
    return replace(table, grid=grid, column_numbers=[table.column_numbers[place] for place in places])


def _no_total_row(table: Table, read: SiteTable) -> None:
    """Raise if a row was left out as a total: it is no unit or assemblage, and has perhaps no other cells."""
    missing = [row for row, name in enumerate(table.cells(0)) if name not in read.rows]
    if missing:
        raise table.error(missing[0], 0, "the row is the total of all others; leave it out")
