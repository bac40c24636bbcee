"""Tables of timed watches as people keep them, read with the traps that were seen in real ones."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.visits.surveys import Surveys
from sera_command.errors import BadInputError
from sera_command.importers.survey_repeats import SurveyColumns, SurveyRow, check_repeats
from sera_store.plain_text import spreadsheet_text
from sera_words.words import words

if TYPE_CHECKING:
    from pathlib import Path

# What tables say where nothing was noted.
NOT_NOTED: Final = frozenset(("", "NA", "N/A", "NaN", "nan", "null"))


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


class Read(NamedTuple):
    """The watches of a table, and a sentence on each thing that a reader must know."""

    watches: Surveys
    notes: tuple[str, ...]


class _Row(NamedTuple):
    line: int
    watch: tuple[str, ...]
    group: str
    visits: float
    effort: float
    cells: dict[str, str]


def read_watches(path: Path, columns: Columns) -> Read:
    """Read a table of watches.

    Raises
    ------
    BadInputError
        Where a column is not there, a number is none, one watch has two efforts or two observers, or a total
        is not the sum.
    """
    header, lines = _lines(path)
    _has(path, header, columns)
    notes, rows = [], []
    for line, cells in lines:
        if any(cells[name] in NOT_NOTED for name in (*columns.required, *columns.watch)):
            continue
        rows.append(_row(path, line, cells, columns))
    if len(rows) < len(lines):
        notes.append(
            f"{len(lines) - len(rows)} rows left out: {_column_names(columns)} not noted; that is no zero."
        )
    unknown = {row.watch for row in rows if math.isnan(row.visits) or math.isnan(row.effort)}
    if unknown:
        notes.append(f"{len(unknown)} watches left out: a count or their effort was not noted.")
    rows = [row for row in rows if row.watch not in unknown]
    if columns.total is not None:
        notes.append(_check_total(path, rows, columns.total))
        rows = [row for row in rows if row.group != columns.total]
    if fractions := sum(not row.visits.is_integer() for row in rows):
        notes.append(f"{fractions} counts are no whole numbers; they are taken as they stand.")
    surveys = [SurveyRow(row.line, row.watch, row.group, row.cells) for row in rows]
    gathered = _gather_watches(path, rows, columns)
    notes += map(words().statement, check_repeats(path, surveys, _survey_columns(columns)))
    return Read(gathered, tuple(notes))


def _survey_columns(columns: Columns) -> SurveyColumns:
    single = [name for name in (columns.visits, columns.effort, columns.group) if name is not None]
    stated = (*columns.watch, *columns.required, *single)
    return SurveyColumns(columns.divisions, stated, columns.visits is not None)


def _lines(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text), strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"{path}: is no CSV in UTF-8 ({error}); save it as one") from error
    if len(rows) < 2:
        raise BadInputError(f"{path}: no row below the columns' names; expected one for each group or insect")
    header = [name.strip() for name in rows[0][1]]
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            raise BadInputError(
                f"{path}: row {line} has {len(cells)} cells; expected {len(header)}, as row 1"
            )
    cleaned = [(line, [cell.strip() for cell in cells]) for line, cells in rows[1:]]
    return header, [(line, dict(zip(header, cells, strict=True))) for line, cells in cleaned]


def _has(path: Path, header: list[str], columns: Columns) -> None:
    single = [name for name in (columns.visits, columns.effort, columns.group) if name is not None]
    for name in (*columns.watch, *single, *columns.required, *columns.divisions):
        if header.count(name) != 1:
            raise BadInputError(f"{path}: row 1 names no column {name!r} once; it names {', '.join(header)}")


def _row(path: Path, line: int, cells: dict[str, str], columns: Columns) -> _Row:
    group = cells[columns.group] if columns.group is not None else "all"
    is_absence = group in columns.none
    if columns.visits is None:
        visits = 0.0 if is_absence else 1.0
    else:
        visits = _number(path, line, columns.visits, cells[columns.visits])
        if is_absence and visits > 0:
            raise BadInputError(
                f"{path}: row {line}, column {columns.visits}: {visits:g} insects of {group!r}, "
                "which means nobody"
            )
    effort = 1.0 if columns.effort is None else _number(path, line, columns.effort, cells[columns.effort])
    watch = tuple([cells[name] for name in columns.watch])
    return _Row(line, watch, "" if is_absence else group, visits, effort, cells)


def _number(path: Path, line: int, column: str, cell: str) -> float:
    if cell in NOT_NOTED:
        return math.nan
    try:
        number = float(cell)
    except ValueError:
        number = -1.0
    if not (math.isfinite(number) and number >= 0) or "_" in cell:
        raise BadInputError(
            f"{path}: row {line}, column {column}: {cell!r} is no number of 0 or more; "
            "write a point for decimals"
        )
    return number


def _check_total(path: Path, rows: list[_Row], total: str) -> str:
    """Check that a group that sums the others up does, since counting it would double everything."""
    sums: dict[tuple[str, ...], float] = {}
    totals: dict[tuple[str, ...], _Row] = {}
    for row in rows:
        if row.group == total:
            totals[row.watch] = row
        else:
            sums[row.watch] = sums.get(row.watch, 0.0) + row.visits
    for watch, row in totals.items():
        if abs(sums.get(watch, 0.0) - row.visits) > 1e-6:
            raise BadInputError(
                f"{path}: row {row.line}: {total} is {row.visits:g}, "
                f"its groups sum to {sums.get(watch, 0.0):g}; "
                "mend the table, or leave --total out if it is a group of its own"
            )
    return f"{total} is the sum of its groups in all {len(totals)} watches, and was left out."


def _gather_watches(path: Path, rows: list[_Row], columns: Columns) -> Surveys:
    """Put rows together by watch; effort belongs to the watch and is never summed over its rows."""
    efforts: dict[tuple[str, ...], _Row] = {}
    for row in rows:
        first = efforts.setdefault(row.watch, row)
        if first.effort != row.effort:
            raise BadInputError(
                f"{path}: row {row.line}, column {columns.effort}: {row.effort:g}, but {first.effort:g} in "
                f"row {first.line} of the same watch ({', '.join(row.watch)}); "
                "name all columns that tell watches apart"
            )
    if not efforts:
        raise BadInputError(f"{path}: no watch is left; see which columns name one")
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
