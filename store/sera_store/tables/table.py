"""A table that has been read: its cells, where each of them stands, and its columns as numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_store.errors import TableError
from sera_store.tables.names import fold_name, split_unit
from sera_store.tables.no_numbers import explain_no_number
from sera_store.tables.numbers import DecimalMark, mark_usage, parse_number
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

# What people, R, pandas and spreadsheets write where nothing was noted; never a zero.
MISSING: Final = frozenset(
    ("", "NA", "N/A", "na", "n/a", "NaN", "nan", "null", "NULL", "<NA>", "#N/A", "#NV", "#NA")
)
_NO_WORDS: Final[dict[str, float]] = {}
_CELL_SHOWN_MOST: Final = 80
# What to do where a name is missing: above a column (False), or before a row (True).
_NO_NAME: Final = {
    False: "A cell that was merged over several columns names its first one only; write one name above each",
    True: (
        "A cell that was merged over several rows names its first one only; write the name in each row, and "
        "leave a second row of columns' names, or notes below the table, out"
    ),
}


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a table, row by row, the names of its columns first.

    Parameters
    ----------
    source
        The file, for messages.
    grid
        Cells without blanks at their ends, rows of one length; the first row names the columns.
    row_numbers, column_numbers
        What a spreadsheet calls the rows and columns of `grid`, from 1.
    notes
        What a reader must know: what was skipped or taken for granted. Reading numbers adds to them.
    decimal
        What stands before decimals, if somebody has said so.
    turned
        Rows of `grid` are columns of the file.
    """

    source: str
    grid: list[list[str]]
    row_numbers: list[int]
    column_numbers: list[int]
    notes: list[TableNote] = field(default_factory=list)
    decimal: DecimalMark | None = None
    turned: bool = False

    @property
    def titles(self) -> list[str]:
        """Names of the columns, with their units."""
        return self.grid[0]

    @property
    def rows(self) -> list[list[str]]:
        """Rows below the names of the columns."""
        return self.grid[1:]

    def transpose(self) -> Table:
        """Return the table with its rows as columns; messages still say where the file has a cell."""
        return replace(
            self,
            grid=[list(cells) for cells in zip(*self.grid, strict=True)],
            row_numbers=self.column_numbers,
            column_numbers=self.row_numbers,
            turned=not self.turned,
        )

    def without(self, rows: Sequence[int] = (), columns: Sequence[int] = ()) -> Table:
        """Return the table without some rows, counted below the names, and columns."""
        omitted_rows, omitted_columns = {*rows}, {*columns}
        lines = [index for index in range(len(self.grid)) if index - 1 not in omitted_rows]
        places = [index for index in range(len(self.titles)) if index not in omitted_columns]
        return replace(
            self,
            grid=[[self.grid[line][place] for place in places] for line in lines],
            row_numbers=[self.row_numbers[line] for line in lines],
            column_numbers=[self.column_numbers[place] for place in places],
        )

    def cells(self, column: int) -> list[str]:
        """Return the cells of one column."""
        return [row[column] for row in self.rows]

    def find(self, name: str) -> int | None:
        """Find a column by its name, with or without its unit, whatever the case.

        Returns
        -------
        int or None
            None where no column has the name.

        Raises
        ------
        TableError
            Two columns have the name.
        """
        folded = fold_name(name)
        places = [index for index, title in enumerate(self.titles) if fold_name(title) == folded]
        if not places:
            names = [fold_name(split_unit(title).name) for title in self.titles]
            places = [index for index, title in enumerate(names) if title == folded]
        if len(places) > 1:
            raise self.repeat_error((-1, places[0]), (-1, places[1]))
        return places[0] if places else None

    def column(self, name: str, purpose: str = "") -> int:
        """Find a column that must be there; see `find`. `purpose` says what it is for, in the message."""
        place = self.find(name)
        if place is None:
            raise TableError(
                self.source,
                f"row {self.row_numbers[0]} has no column {name!r}{purpose}; its columns are "
                f"{', '.join(map(repr, self.titles))}",
            )
        return place

    def unit(self, column: int) -> str:
        """Return the unit that a column's title has behind its name, or the empty text."""
        return split_unit(self.titles[column]).unit

    def place(self, row: int, column: int) -> str:
        """Name a cell as spreadsheets do: `row 7, column 'count' (C7)`; row -1 has the columns' names."""
        line, position = self.row_numbers[row + 1], self.column_numbers[column]
        title = self.titles[column]
        if self.turned:
            line, position, title = position, line, self.grid[row + 1][0]
        is_title = column == 0 if self.turned else row < 0
        name = f" {title!r}" if title and not is_title else f" {position}"
        return f"row {line}, column{name} ({self.reference(row, column)})"

    def reference(self, row: int, column: int) -> str:
        """Return what a spreadsheet calls a cell: `C7`; row -1 has the columns' names."""
        line, position = self.row_numbers[row + 1], self.column_numbers[column]
        if self.turned:
            line, position = position, line
        return f"{_letters(position)}{line}"

    def error(self, row: int, column: int, problem: str) -> TableError:
        """Make an error about one cell; row -1 has the columns' names."""
        return TableError(self.source, f"{self.place(row, column)}: {problem}")

    def repeat_error(self, first: tuple[int, int], second: tuple[int, int]) -> TableError:
        """Make an error about two cells, each (row, column), that hold one name."""
        names = [self.grid[row + 1][column] for row, column in (first, second)]
        alike = "" if names[0] == names[1] else ", but for case, blanks or the form of Unicode"
        return self.error(
            *second,
            f"{names[1]!r} repeats the name {names[0]!r} of {self.place(*first)}{alike}; "
            "rename one of the two, or add them up",
        )

    def check_names(self) -> None:
        """Raise unless each row has a name in the first column, each other column a title, and none repeats.

        Names that differ only in case, blanks or the form of Unicode are one name.

        Raises
        ------
        TableError
            Of the first that is empty or repeats another.
        """
        titles = [(-1, column) for column in range(1, len(self.titles))]
        for cells in ([(row, 0) for row in range(len(self.rows))], titles):
            places: dict[str, tuple[int, int]] = {}
            for row, column in cells:
                name = self.grid[row + 1][column]
                if not name:
                    raise self.error(row, column, f"it is empty; expected a name. {_NO_NAME[row >= 0]}")
                first = places.setdefault(fold_name(name), (row, column))
                if first != (row, column):
                    raise self.repeat_error(first, (row, column))

    def numbers(
        self,
        columns: Sequence[int],
        *,
        expected: str = "a number",
        words: Mapping[str, float] = _NO_WORDS,
        missing: bool = False,
    ) -> NDArray[np.float64]:
        """Read columns that hold one quantity as numbers.

        Parameters
        ----------
        columns
            Their places. What stands before decimals is settled by all their cells together.
        expected
            What a cell should hold, for messages.
        words
            What words mean, by their folded name: `{"x": 1.0}`.
        missing
            Cells of `MISSING` become not a number (NaN); otherwise they are refused.

        Returns
        -------
        array, shape (rows, columns)

        Raises
        ------
        TableError
            A cell is no number; it has two readings that no other cell decides between; or cells contradict
            one another in what stands before decimals.
        """
        mark = self._decimal_mark(columns, words)
        values = np.empty((len(self.rows), len(columns)))
        for row, cells in enumerate(self.rows):
            for index, column in enumerate(columns):
                cell = cells[column]
                value = parse_number(cell, mark)
                if math.isnan(value) or math.isinf(value):
                    value = words.get(fold_name(cell), math.nan)
                    if math.isnan(value) and not (missing and cell in MISSING):
                        raise self._no_number(row, column, expected)
                values[row, index] = value
        return values

    def _no_number(self, row: int, column: int, expected: str) -> TableError:
        """Make an error about a cell without a number, which says what it holds instead and what to write."""
        cell = self.grid[row + 1][column]
        if len(self.titles) > 2 and not any(self.rows[row][1:]):
            lone = f"{self.rows[row][0]!r} has nothing beside it; leave titles and notes out"
            return self.not_expected(row, column, f"{expected}. {lone}")
        what = explain_no_number(cell)
        return self.not_expected(row, column, f"{expected}. It is {what}" if what else expected)

    def not_expected(self, row: int, column: int, expected: str) -> TableError:
        """Make an error about a cell that holds something else than was expected."""
        # Cut, or what was expected would be cut off behind a cell of thousands of characters.
        cell = self.grid[row + 1][column]
        cell = cell if len(cell) <= _CELL_SHOWN_MOST else f"{cell[:_CELL_SHOWN_MOST]}..."
        return self.error(
            row, column, f"found {repr(cell) if cell else 'an empty cell'}; expected {expected}"
        )

    def _decimal_mark(self, columns: Sequence[int], words: Mapping[str, float]) -> DecimalMark:
        """Settle what stands before decimals in some columns."""
        if self.decimal is not None:
            return self.decimal
        cells = [row[column] for row in self.rows for column in columns]
        usage = mark_usage("" if words and fold_name(cell) in words else cell for cell in cells)

        def at(index: int) -> tuple[int, int]:
            return index // len(columns), columns[index % len(columns)]

        if usage.point is not None and usage.comma is not None:
            raise self.error(
                *at(usage.comma),
                f"{cells[usage.comma]!r} has a comma before decimals or points between thousands, but "
                f"{cells[usage.point]!r} in {self.place(*at(usage.point))} has them the other way; write all "
                "numbers of the column alike",
            )
        mark = DecimalMark.COMMA if usage.comma is not None else DecimalMark.POINT
        if usage.ambiguous is None:
            return mark
        cell = cells[usage.ambiguous]
        place = self.place(*at(usage.ambiguous))
        readings = {reading: parse_number(cell, reading) for reading in DecimalMark}
        if usage.point is None and usage.comma is None:
            raise self.error(
                *at(usage.ambiguous),
                f"{cell!r} can be read as {max(readings.values(), key=abs):.12g} or as "
                f"{min(readings.values(), key=abs):.12g}, and no other cell of the column tells which; "
                "write it without a mark between thousands, or with more or fewer than three decimals, or "
                "say which mark stands before decimals, as --decimal comma does",
            )
        if cell != f"{readings[mark]:.3f}":
            self.notes.append(
                TableNote.of("two_readings", place=place, cell=cell, number=f"{readings[mark]:.12g}")
            )
        return mark


def _letters(position: int) -> str:
    """Return what a spreadsheet calls a column: A for 1, AA for 27."""
    letters = ""
    while position:
        position, digit = divmod(position - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
