"""Tables of timed watches as people keep them, read with the traps that were seen in real ones."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.visits.surveys import Surveys
from sera_command.errors import BadInputError
from sera_command.importers.amounts import read_amounts
from sera_command.importers.survey_repeats import SurveyColumns, SurveyRow, check_repeats
from sera_store.errors import TableError
from sera_store.plain_text import spreadsheet_text
from sera_store.tables.dates import check_dates_alike
from sera_store.tables.names import fold_name
from sera_store.tables.numbers import parse_number
from sera_store.tables.reader import read_table
from sera_store.tables.table import MISSING
from sera_store.tables.totals import find_sums
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.table import Table

_TOLERANCE: Final = 1e-6


class Columns(NamedTuple):
    """Which columns say what: names of a watch, visits and effort (None: 1 a row, 1 a watch), group.

    `none` are words in the group's column that mean that no insect came; `total` is a group that sums the
    others up; `required` are columns whose rows are left out where nothing was noted; `divisions` are columns
    whose rows belong to one survey, such as a species below its group.
    """

    watch: tuple[str, ...]
    visits: str | None = None
    effort: str | None = None
    group: str | None = None
    none: frozenset[str] = frozenset()
    total: str | None = None
    required: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()


class SurveyTable(NamedTuple):
    """The watches of a table, and what a reader must know of how it was read."""

    watches: Surveys
    notes: tuple[TableNote, ...]


class _Row(NamedTuple):
    """A row of a table, by its place among the rows below the columns' names."""

    place: int
    line: int
    watch: tuple[str, ...]
    group: str
    visits: float
    effort: float
    cells: dict[str, str]


def read_watches(path: Path, columns: Columns, *, decimal: DecimalMark | None = None) -> SurveyTable:
    """Read a table of watches.

    Raises
    ------
    TableError, BadInputError
        Where a column is missing, a number is invalid, one watch has two efforts or two observers, or a total
        is not the sum, or is not stated; the message names row and column.
    """
    table = read_table(path, decimal=decimal)
    columns = _titles(table, columns)
    notes, count = table.notes, len(table.rows)
    table = _without_missing(table, columns)
    if len(table.rows) < count:
        notes.append(
            TableNote.of("rows_not_noted", rows=count - len(table.rows), columns=_column_names(columns))
        )
    for name in columns.watch:
        check_dates_alike(table, table.titles.index(name))
    rows = _rows(table, columns)
    unknown = {row.watch for row in rows if math.isnan(row.visits) or math.isnan(row.effort)}
    if unknown:
        notes.append(TableNote.of("watches_not_noted", watches=len(unknown)))
    rows = [row for row in rows if row.watch not in unknown]
    if columns.total is not None:
        total, watches = _check_total(table, rows, columns)
        notes.append(TableNote.of("total_group_left_out", group=total, watches=watches))
        rows = [row for row in rows if row.group != total]
    if fractions := sum(not row.visits.is_integer() for row in rows):
        notes.append(TableNote.of("counts_not_whole", counts=fractions))
    surveys = [SurveyRow(row.line, row.watch, row.group, row.cells) for row in rows]
    gathered = _gather_watches(table, rows, columns)
    notes += check_repeats(path, surveys, _survey_columns(columns))
    notes += _name_variants(rows, columns)
    _check_totals(table, gathered, rows, columns)
    return SurveyTable(gathered, tuple(notes))


def _survey_columns(columns: Columns) -> SurveyColumns:
    single = [name for name in (columns.visits, columns.effort, columns.group) if name is not None]
    stated = (*columns.watch, *columns.required, *single)
    return SurveyColumns(columns.divisions, stated, columns.visits is not None)


def _titles(table: Table, columns: Columns) -> Columns:
    """Return the columns by their titles in the table, which may differ in case, blanks and a unit."""
    names_by_option = {
        "--watch": columns.watch,
        "--visits": (columns.visits,),
        "--effort": (columns.effort,),
        "--group": (columns.group,),
        "--required": columns.required,
        "--division": columns.divisions,
    }
    absent = {
        name: option
        for option, names in names_by_option.items()
        for name in names
        if name is not None and table.find(name) is None
    }
    if len(absent) > 1:
        raise TableError(
            table.source,
            f"row {table.row_numbers[0]} has no column "
            + ", ".join(f"{name!r} ({option})" for name, option in absent.items())
            + f"; its columns are {', '.join(map(repr, table.titles))}. Give the names that the table has",
        )

    def title(name: str) -> str:
        return table.titles[table.column(name)]

    def perhaps(name: str | None) -> str | None:
        return None if name is None else title(name)

    return columns._replace(
        watch=tuple(map(title, columns.watch)),
        visits=perhaps(columns.visits),
        effort=perhaps(columns.effort),
        group=perhaps(columns.group),
        required=tuple(map(title, columns.required)),
        divisions=tuple(map(title, columns.divisions)),
    )


def _without_missing(table: Table, columns: Columns) -> Table:
    """Leave out rows without a name of their watch, or without what is required."""
    places = [table.titles.index(name) for name in (*columns.required, *columns.watch)]
    for name in columns.watch:
        _refuse_lost_insects(table, columns, name)
    return table.without(
        rows=[row for row, cells in enumerate(table.rows) if any(cells[place] in MISSING for place in places)]
    )


def _refuse_lost_insects(table: Table, columns: Columns, name: str) -> None:
    """Raise where a row with insects does not say its survey, unless such rows are to be left out."""
    if name in columns.required:
        return
    place = table.titles.index(name)
    visits, group = (
        None if title is None else table.titles.index(title) for title in (columns.visits, columns.group)
    )
    none_names = {fold_name(word) for word in columns.none}
    for row, cells in enumerate(table.rows):
        if cells[place] not in MISSING or any(
            cells[table.titles.index(title)] in MISSING for title in columns.required
        ):
            continue
        counts = group is None or (cells[group] not in MISSING and fold_name(cells[group]) not in none_names)
        if counts and (visits is None or (cells[visits] not in MISSING and parse_number(cells[visits]) != 0)):
            raise table.not_expected(
                row,
                place,
                "what tells its survey, since the row has insects. A cell that was merged over several rows "
                "names its first one only; write it in each row, or leave such rows out with "
                f"--required {name!r}",
            )


def _rows(table: Table, columns: Columns) -> list[_Row]:
    """Read the rows that are left."""
    visits, effort = (
        np.ones(len(table.rows))
        if name is None
        else read_amounts(table, [table.titles.index(name)], missing=True)[:, 0]
        for name in (columns.visits, columns.effort)
    )
    absences = {fold_name(word) for word in columns.none}
    rows = []
    for index, row in enumerate(table.rows):
        cells = dict(zip(table.titles, row, strict=True))
        group = cells[columns.group] if columns.group is not None else "all"
        count = float(visits[index])
        if fold_name(group) in absences:
            if columns.visits is not None and count > 0:
                raise table.error(
                    index,
                    table.titles.index(columns.visits),
                    f"found {count:g} insects of {group!r}, which means nobody; expected 0",
                )
            group, count = "", count if math.isnan(count) else 0.0
            if columns.visits is None:
                count = 0.0
        watch = tuple([cells[name] for name in columns.watch])
        rows.append(
            _Row(index, table.row_numbers[index + 1], watch, group, count, float(effort[index]), cells)
        )
    return rows


def _check_total(table: Table, rows: list[_Row], columns: Columns) -> tuple[str, int]:
    """Check that a group that sums the others up does, and return its name and in how many watches."""
    total = next((row.group for row in rows if fold_name(row.group) == fold_name(columns.total or "")), None)
    if total is None:
        raise BadInputError(f"{table.source}: no row has the group {columns.total!r} that --total names")
    sums: dict[tuple[str, ...], float] = {}
    totals: dict[tuple[str, ...], _Row] = {}
    for row in rows:
        if row.group == total:
            totals[row.watch] = row
        else:
            sums[row.watch] = sums.get(row.watch, 0.0) + row.visits
    for watch, row in totals.items():
        if abs(sums.get(watch, 0.0) - row.visits) > _TOLERANCE:
            raise table.error(
                row.place,
                table.titles.index(columns.group or ""),
                f"{total} is {row.visits:g}, its groups sum to {sums.get(watch, 0.0):g}; "
                "mend the table, or leave --total out if it is a group of its own",
            )
    return total, len(totals)


def _check_totals(table: Table, surveys: Surveys, rows: list[_Row], columns: Columns) -> None:
    """Refuse a group that is a total by its name and its numbers, and note what may be one."""
    if columns.group is None or columns.total is not None:
        return
    column = table.titles.index(columns.group)
    first = {row.group: row.place for row in reversed(rows)}
    sums = find_sums(surveys.visits, surveys.groups)
    for place in sums.totals:
        name = surveys.groups[place]
        raise table.error(
            first[name],
            column,
            f"{name!r} is the sum of the other groups in every watch, and would count everything twice; "
            f"add --total {name!r}",
        )
    if sums.wrong is not None:
        name = surveys.groups[sums.wrong[1]]
        table.notes.append(
            TableNote.of("total_group_counted", group=name, cell=table.reference(first[name], column))
        )
    for place, parts in (*((place, ()) for place in sums.certain), *sums.possible):
        name = surveys.groups[place]
        members = parts or tuple(other for other in range(len(surveys.groups)) if other != place)
        table.notes.append(
            TableNote.of(
                "sum_of_others",
                name=name,
                cell=table.reference(first[name], column),
                parts=[surveys.groups[other] for other in members],
            )
        )


def _name_variants(rows: list[_Row], columns: Columns) -> list[TableNote]:
    """Note groups and names of watches that differ only in what nobody means."""
    notes = []
    for column in (*columns.watch, *([columns.group] if columns.group is not None else [])):
        first: dict[str, str] = {}
        for name in dict.fromkeys(row.cells[column] for row in rows):
            before = first.setdefault(fold_name(name), name)
            if before != name:
                notes.append(TableNote.of("name_variants", name=before, variant=name, column=column))
    return notes


def _gather_watches(table: Table, rows: list[_Row], columns: Columns) -> Surveys:
    """Put rows together by watch; effort belongs to the watch and is never summed over its rows."""
    efforts: dict[tuple[str, ...], _Row] = {}
    for row in rows:
        first = efforts.setdefault(row.watch, row)
        if first.effort != row.effort:
            raise table.error(
                row.place,
                table.titles.index(columns.effort or ""),
                f"{row.effort:g}, but {first.effort:g} in row {first.line} of the same watch "
                f"({', '.join(row.watch)}); name all columns that tell watches apart",
            )
    if not efforts:
        raise BadInputError(
            f"{table.source}: no watch is left: in every row its name, its count or its effort is not noted; "
            "name other columns, or write what was counted"
        )
    names = tuple(efforts)
    groups = tuple(sorted({row.group for row in rows} - {""}))
    bout_index = {name: number for number, name in enumerate(names)}
    group_index = {group: number for number, group in enumerate(groups)}
    visits = np.zeros((len(names), len(groups)))
    for row in rows:
        if row.group:
            visits[bout_index[row.watch], group_index[row.group]] += row.visits
    return Surveys(names, np.array([row.effort for row in efforts.values()]), groups, visits)


def _column_names(columns: Columns) -> str:
    return " or ".join(dict.fromkeys((*columns.watch, *columns.required)))


def incidence_text(watches: Surveys, unit: tuple[int, ...]) -> str:
    """Write which group came in which sampling unit, as `sera diversity --incidence` reads it.

    `unit` are the places of the columns that name a unit: all watches that share them are one.
    """
    units: dict[tuple[str, ...], list[int]] = {}
    for number, name in enumerate(watches.names):
        units.setdefault(tuple([name[index] for index in unit]), []).append(number)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("unit", *map(spreadsheet_text, watches.groups)))
    for label, bouts in units.items():
        writer.writerow(
            (
                spreadsheet_text(" ".join(label)),
                *(watches.visits[bouts] > 0).any(axis=0).astype(int).tolist(),
            )
        )
    return text.getvalue()
