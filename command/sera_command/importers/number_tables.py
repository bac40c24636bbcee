"""Tables with named columns, as people keep them in spreadsheets: cells and numbers, column by column."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, NamedTuple

from sera_command.errors import BadInputError
from sera_command.importers.site_tables import separator

if TYPE_CHECKING:
    from pathlib import Path


class NumberTable(NamedTuple):
    """Names of the columns, cells by row with the rows' lines, and whether a comma may stand for a point."""

    path: Path
    header: list[str]
    lines: list[int]
    rows: list[list[str]]
    comma: bool

    def cells(self, column: str) -> list[str]:
        """Take one column."""
        index = self.header.index(column)
        return [row[index] for row in self.rows]

    def numbers(self, column: str) -> list[float]:
        """Take one column as numbers of 0 or more.

        Raises
        ------
        BadInputError
            Where a cell is none; it names file, row and column.
        """
        return [
            self.number(line, column, cell) for line, cell in zip(self.lines, self.cells(column), strict=True)
        ]

    def number(self, line: int, column: str, cell: str) -> float:
        """Read one cell; see `numbers`."""
        try:
            number = float(cell.replace(",", ".") if self.comma else cell)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number >= 0) or "_" in cell:
            raise BadInputError(
                f"{self.path}: row {line}, column {column}: {cell!r} is no number of 0 or more; "
                "write one with a point for decimals, or leave the row out"
            )
        return number


def read_number_table(path: Path) -> NumberTable:
    """Read a table in UTF-8, separated by commas, semicolons or tabs; empty lines are left out.

    With semicolons or tabs a comma may stand before decimals.

    Raises
    ------
    BadInputError
        Where it is empty, no CSV, not in UTF-8, or has rows of unequal length; it names file and row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{path}: byte {error.start + 1} is no UTF-8; save the table as CSV in UTF-8"
        ) from error
    delimiter = separator(text)
    lines, rows = _split(path, text, delimiter)
    if not rows:
        raise BadInputError(f"{path}: the table is empty; expected a row of names and a row for each unit")
    if len(rows) == 1:
        raise BadInputError(f"{path}: no row below the columns' names; expected a row for each unit")
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise BadInputError(
                f"{path}: row {line} has {len(row)} cells; expected {len(rows[0])}, as row 1 names columns"
            )
    return NumberTable(path, rows[0], lines[1:], rows[1:], comma=delimiter != ",")


def _split(path: Path, text: str, delimiter: str) -> tuple[list[int], list[list[str]]]:
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
        filled_rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise BadInputError(f"{path}: row {reader.line_num} is no CSV ({error}); mend its quotes") from error
    filled_rows = [(line, row) for line, row in filled_rows if any(row)]
    return [line for line, _ in filled_rows], [row for _, row in filled_rows]
