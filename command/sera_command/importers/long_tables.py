"""Long tables, a row for each site and kind: put together as sites by kinds, or as units of assemblages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_command.importers.incidence_tables import IncidenceTable, rows_by_name
from sera_command.importers.site_tables import COUNT, SiteTable
from sera_store.tables.names import fold_name
from sera_store.tables.reader import read_table
from sera_store.tables.table import MISSING
from sera_store.tables.totals import find_sums
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_analysis.diversity.samples import FloatArray
    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.table import Table


class LongColumns(NamedTuple):
    """Which columns say what.

    Parameters
    ----------
    site, kind
        Site (or assemblage) and kind.
    counts
        Counts; None: a row is one individual.
    unit
        Sampling unit.
    none
        Words in the column of kinds that say that nothing was found.
    required
        Rows without a note in these columns are left out: nobody looked, which is no zero.
    adds_repeats
        Rows that are alike in every cell are two records, and are added up; otherwise they are refused.
    """

    site: str
    kind: str
    counts: str | None = None
    unit: str | None = None
    none: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    adds_repeats: bool = False


class _Records(NamedTuple):
    """A long table: rows by the name of a site and of a kind, their columns, and what each row counts."""

    table: Table
    sites: dict[str, list[int]]
    kinds: dict[str, list[int]]
    columns: tuple[int, int]
    counts: FloatArray


def read_long_sites(path: Path, columns: LongColumns, *, decimal: DecimalMark | None = None) -> SiteTable:
    """Read a long table as sites by kinds.

    Counts of one site and kind are added up, with a note. A row without a kind and with a count of 0, or with
    one of the words for none, says that a site was looked at and nothing found.

    Raises
    ------
    TableError
        A column or a name is missing; a name is written in two ways; a count is invalid; two rows are alike
        in every cell; or a kind is a total.
    """
    records = _records(read_table(path, decimal=decimal), columns)
    counts = np.zeros((len(records.sites), len(records.kinds)))
    site_of = _places(records.sites, len(records.counts))
    first: dict[tuple[int, int], int] = {}
    repeats = []
    for kind, rows in enumerate(records.kinds.values()):
        for row in rows:
            counts[site_of[row], kind] += records.counts[row]
            if first.setdefault((site_of[row], kind), row) != row:
                repeats.append((row, first[site_of[row], kind]))
    if repeats and columns.counts is not None:
        again, before = min(repeats)
        numbers = records.table.row_numbers
        records.table.notes.append(
            TableNote.of(
                "records_added", records=len(repeats), first=numbers[before + 1], again=numbers[again + 1]
            )
        )
    _check_totals(records, counts)
    return SiteTable(list(records.sites), list(records.kinds), counts, tuple(records.table.notes))


def read_long_units(
    path: Path, columns: LongColumns, *, decimal: DecimalMark | None = None
) -> IncidenceTable:
    """Read a long table as units of assemblages: a kind is in a unit if any of its rows counts more than 0.

    Parameters
    ----------
    path
        A row for each unit and kind. A unit in which nothing was found has a row with a count of 0.
    columns
        `unit` must be named; `site` is the assemblage.

    Raises
    ------
    TableError
        As `read_long_sites`.
    """
    records = _records(read_table(path, decimal=decimal), columns)
    table = records.table
    unit_cells = table.cells(table.column(columns.unit or "", " for the sampling units"))
    rows_by_name(table, table.column(columns.unit or ""))
    site_of = _places(records.sites, len(records.counts))
    kind_of = _places(records.kinds, len(records.counts))
    present = {
        (site_of[row], unit, kind_of[row])
        for row, unit in enumerate(unit_cells)
        if records.counts[row] > 0 and kind_of[row] >= 0
    }
    frequencies = np.zeros((len(records.sites), len(records.kinds)))
    for site, _, kind in present:
        frequencies[site, kind] += 1
    units = np.zeros(len(records.sites))
    for site, _ in set(zip(site_of, unit_cells, strict=True)):
        units[site] += 1
    return IncidenceTable(list(records.sites), list(records.kinds), frequencies, units, tuple(table.notes))


def _records(table: Table, columns: LongColumns) -> _Records:
    """Check the rows of a long table."""
    table = _without_missing(table, columns.required)
    site, kind = table.column(columns.site, " for the sites"), table.column(columns.kind, " for the kinds")
    counts = np.ones((len(table.rows), 1))
    if columns.counts is not None:
        count = table.column(columns.counts, " for the counts")
        counts = table.numbers([count], expected=f"{COUNT}; leave out a row of what was not counted")
        wrong = np.flatnonzero((counts[:, 0] < 0) | (counts[:, 0] != np.floor(counts[:, 0])))
        if len(wrong):
            raise table.not_expected(int(wrong[0]), count, COUNT)
        if not columns.adds_repeats:
            _check_repeats(table)
    sites = rows_by_name(table, site)
    empty = _check_empty(table, kind, counts, columns)
    omitted = {*empty}
    full = [row for row in range(len(table.rows)) if row not in omitted]
    rows_of_names = rows_by_name(table.without(rows=empty), kind)
    kinds = {name: [full[row] for row in rows] for name, rows in rows_of_names.items()}
    return _Records(table, sites, kinds, (site, kind), counts[:, 0])


def _without_missing(table: Table, required: Sequence[str]) -> Table:
    """Leave out rows in which a required column has no note."""
    places = [table.column(name) for name in required]
    missing = [
        row for row, cells in enumerate(table.rows) if any(cells[place] in MISSING for place in places)
    ]
    if missing:
        names = " or ".join(table.titles[place] for place in places)
        table.notes.append(TableNote.of("rows_not_noted", rows=len(missing), columns=names))
    if len(missing) == len(table.rows):
        raise table.error(0, places[0], "nothing is noted in this column in any row; expected one at least")
    return table.without(rows=missing)


def _check_empty(table: Table, kind: int, counts: FloatArray, columns: LongColumns) -> list[int]:
    """List the rows in which nothing was found; where a row counts one, they become 0."""
    words = {fold_name(word) for word in columns.none}
    empty = []
    for row, cell in enumerate(table.cells(kind)):
        is_none = fold_name(cell) in words
        if is_none and columns.counts is None:
            counts[row, 0] = 0.0
        if (is_none or cell in MISSING) and counts[row, 0] > 0:
            expected = "the name of a kind, or a count of 0 if nothing was found"
            if columns.counts is None:
                expected = (
                    f"the name of a kind; if {cell or 'an empty cell'} says that nothing was found, say "
                )
                expected += f"--none {cell!r}"
            raise table.not_expected(row, kind, expected)
        if is_none or cell in MISSING:
            empty.append(row)
    return empty


def _check_repeats(table: Table) -> None:
    """Refuse a row that repeats another in every cell: most likely it was entered twice."""
    first: dict[tuple[str, ...], int] = {}
    for row, cells in enumerate(table.rows):
        before = first.setdefault(tuple(cells), row)
        if before != row:
            raise table.error(
                row,
                0,
                f"the row repeats row {table.row_numbers[before + 1]} in every cell; leave one out, or, if "
                "both were counted, add a column that tells them apart or say --add-repeats",
            )


def _places(rows: dict[str, list[int]], count: int) -> list[int]:
    """Return the place of each row's name among the names; -1 for a row without one."""
    places = [-1] * count
    for index, lines in enumerate(rows.values()):
        for line in lines:
            places[line] = index
    return places


def _check_totals(records: _Records, counts: FloatArray) -> None:
    """Refuse kinds and sites that sum up the others, and note what may do so."""
    table = records.table
    site, kind = records.columns
    for values, rows, column in ((counts, records.kinds, kind), (counts.T, records.sites, site)):
        names = list(rows)
        sums = find_sums(values, names)
        totals = [*sums.totals, *sums.certain, *([sums.wrong[1]] if sums.wrong else [])]
        if totals:
            raise table.error(
                rows[names[totals[0]]][0],
                column,
                f"{names[totals[0]]!r} is a total by its name or its numbers, and would count everything "
                "twice; leave its rows out, or rename it if it is not one",
            )
        for place, parts in sums.possible:
            table.notes.append(
                TableNote.of(
                    "sum_of_others",
                    name=names[place],
                    cell=table.reference(rows[names[place]][0], column),
                    parts=[names[part] for part in parts],
                )
            )
