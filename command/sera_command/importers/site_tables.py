"""Tables of sites by kinds as people keep them in spreadsheets, read with an exact word on what is wrong."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_command.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from sera_analysis.diversity.samples import FloatArray

_SEPARATORS: Final = ",;\t"
_CELL_MOST: Final = 1 << 20
_EXACT_MOST: Final = float(1 << 53)


class SiteTable(NamedTuple):
    """Names of the rows and columns, and whole numbers of shape (rows, columns)."""

    rows: list[str]
    columns: list[str]
    counts: FloatArray


class _Lines(NamedTuple):
    """Cells of a file with the line each row begins on."""

    path: Path
    header: list[str]
    cells: list[list[str]]
    numbers: list[int]

    def place(self, row: int, column: int) -> str:
        """Name a cell as a spreadsheet shows it: row, its name, column, its name."""
        names = f"row {self.numbers[row]} ({self.cells[row][0]!r}), column {column + 1}"
        return f"{self.path}: {names} ({self.header[column]!r})"


def read_site_table(path: Path, *, transpose: bool = False, presence: bool = False) -> SiteTable:
    """Read a table whose first row names the columns and whose first column names the rows.

    Parameters
    ----------
    path
        A text file in UTF-8 (with or without byte order mark), separated by commas, semicolons or tabs.
    transpose
        The file has kinds in rows and sites in columns.
    presence
        Only 0 and 1 are allowed.

    Returns
    -------
    SiteTable
        Sites in rows.

    Raises
    ------
    BadInputError
        Where the table is empty, has rows of unequal length, names twice, or a cell that is no whole number
        of 0 or more; the message names row and column.
    """
    lines = _without_empty_columns(_read(path))
    _check_shape(lines)
    _check_names(lines)
    counts = _counts(lines, presence)
    rows, columns = [row[0] for row in lines.cells], lines.header[1:]
    return SiteTable(columns, rows, counts.T) if transpose else SiteTable(rows, columns, counts)


def _read(path: Path) -> _Lines:
    """Split a file into cells; empty lines are left out."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{path}: byte {error.start} is not UTF-8; save the table as 'CSV UTF-8' and try again"
        ) from error
    csv.field_size_limit(_CELL_MOST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    rows, numbers, last = [], [], 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                numbers.append(last + 1)
            last = reader.line_num
    except csv.Error as error:
        raise BadInputError(
            f"{path}: row {last + 1}: {error}; a quoted cell must end with a quote and then a separator"
        ) from error
    if not rows:
        raise BadInputError(f"{path}: the table is empty; expected a row of names and at least one site")
    return _Lines(path, rows[0], rows[1:], numbers[1:])


def separator(text: str) -> str:
    """Choose the separator that stands most often in the first line that holds anything, outside quotes."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    bare = "".join(first.split('"')[::2])
    return max(_SEPARATORS, key=bare.count)


def _without_empty_columns(lines: _Lines) -> _Lines:
    """Leave out columns at the right that hold nothing at all, as spreadsheets write them."""
    width = max(len(row) for row in (lines.header, *lines.cells))
    used = max(index + 1 for row in (lines.header, *lines.cells) for index, cell in enumerate(row) if cell)
    if used == width or len(lines.header) != width:
        return lines
    return lines._replace(header=lines.header[:used], cells=[row[:used] for row in lines.cells])


def _check_shape(lines: _Lines) -> None:
    if not lines.cells:
        raise BadInputError(
            f"{lines.path}: one row only; expected a row of names and at least one row of numbers below it"
        )
    if len(lines.header) < 2:
        raise BadInputError(
            f"{lines.path}: row 1 has one column; expected names in the first column and numbers in others, "
            "separated by commas, semicolons or tabs"
        )
    for row, number in zip(lines.cells, lines.numbers, strict=True):
        if len(row) != len(lines.header):
            place = min(len(row), len(lines.header)) + 1
            raise BadInputError(
                f"{lines.path}: row {number} ({row[0]!r}) has {len(row)} columns where the first row has "
                f"{len(lines.header)}; they part at column {place}"
            )


def _check_names(lines: _Lines) -> None:
    rows = [
        (row[0], f"row {number}, column 1") for row, number in zip(lines.cells, lines.numbers, strict=True)
    ]
    columns = [(name, f"row 1, column {place}") for place, name in enumerate(lines.header[1:], 2)]
    for names in (rows, columns):
        places: dict[str, str] = {}
        for name, place in names:
            if not name:
                raise BadInputError(f"{lines.path}: {place} is empty; expected a name")
            if name in places:
                raise BadInputError(
                    f"{lines.path}: {place} repeats the name {name!r} of {places[name]}; "
                    "give each its own name, or add the two up"
                )
            places[name] = place


def _counts(lines: _Lines, presence: bool) -> FloatArray:
    """Turn cells into numbers and refuse the first that is no count."""
    expected = "0 or 1, as --incidence asks for" if presence else "a whole number of 0 or more"
    counts = np.empty((len(lines.cells), len(lines.header) - 1))
    for row, cells in enumerate(lines.cells):
        for column, cell in enumerate(cells[1:], 1):
            count = _number(cell)
            if not _is_count(count, presence):
                content = repr(cell) if cell else "an empty cell"
                more = "" if cell else "; write 0 for none found"
                raise BadInputError(f"{lines.place(row, column)}: found {content}; expected {expected}{more}")
            counts[row, column - 1] = count
    return counts


def _number(cell: str) -> float:
    """Read a number; what is none becomes not a number."""
    try:
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def _is_count(count: float, presence: bool) -> bool:
    if presence:
        return count in {0.0, 1.0}
    return 0 <= count <= _EXACT_MOST and count == math.floor(count)
