"""Cells of a table from its text: the separator is the one that splits all rows alike."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
# What cells are split by where a table has one column: no text that people write has it.
_NONE: Final = "\x1f"
# Excel's first line `sep=;`, perhaps quoted, perhaps with separators behind it. No spreadsheet shows it.
_DECLARATION: Final = re.compile(r'\s*"?sep=([^\r\n"])"?\1*[ ]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
# A comma that separates nothing: before a blank, as in `Linnaeus, 1758`, or inside a number.
_COMMA_IN_CELL: Final = re.compile(r",(?=\s|$)|(?<=\d),(?=\d)")


class Rows(NamedTuple):
    """Cells of all rows that hold anything, and where they stand.

    `rows` have one length; `numbers` and `columns` count from 1, as a spreadsheet does; `blank_rows` and
    `blank_columns` are how many were skipped.
    """

    rows: list[list[str]]
    numbers: list[int]
    columns: list[int]
    blank_rows: int
    blank_columns: int
    separator: str


class Parsed(NamedTuple):
    """A text split by one separator: every row, blank ones too, and the error that ended it."""

    separator: str
    rows: list[list[str]]
    error: str | None

    @property
    def filled(self) -> list[tuple[int, list[str]]]:
        """Rows that hold anything, with their numbers."""
        return [(number, row) for number, row in enumerate(self.rows, 1) if any(row)]

    @property
    def width(self) -> int:
        """Columns that the first filled row has, without blank ones at its end."""
        return _used(self.filled[0][1]) if self.filled else 0

    def uneven_row(self) -> tuple[int, list[str]] | None:
        """Return the first row that has more cells than the first, or lacks some."""
        width = self.width
        uneven = ((number, row) for number, row in self.filled if _used(row) > width or len(row) < width)
        return next(uneven, None)


def split(text: str, source: str) -> Rows:
    """Split a text into cells.

    Parameters
    ----------
    text
        A table, with or without a first line `sep=;`. Line ends of all systems; quotes as in RFC 4180.
    source
        The file's name, for messages.

    Returns
    -------
    Rows
        Cells without blanks at their ends. Rows and columns without any content are skipped.

    Raises
    ------
    TableError
        The table is empty; a quote does not end; no separator splits all rows alike, or two do.
    """
    text, declared = without_declaration(text, source)
    parsed = _split_as_declared(text, declared, source) if declared else _split_by_agreement(text, source)
    if not parsed.filled:
        raise TableError(source, "the table is empty; expected a row of names and rows below it")
    return _without_blanks(parsed)


def without_declaration(text: str, source: str) -> tuple[str, str]:
    """Return a text without a first line `sep=;`, and the separator that it names, or nothing.

    Raises
    ------
    TableError
        It names what separates nothing.
    """
    declaration = _DECLARATION.match(text)
    if declaration is None:
        return text, ""
    separator = declaration.group(1)
    if separator.isalnum() or separator in "+-.":
        raise TableError(source, f"row 1 says sep={separator}, which separates nothing; expected sep=;")
    return text[declaration.end() :], separator


def separator_name(separator: str) -> str:
    """Return what a separator is called, for messages: `semicolon`."""
    return SEPARATORS.get(separator, repr(separator))


def _split_as_declared(text: str, separator: str, source: str) -> Parsed:
    parsed = parse(text, separator)
    if parsed.error is None and parsed.width == 1:
        rivals = [other for other in SEPARATORS if other != separator and _is_even(parse(text, other))]
        if rivals:
            raise TableError(
                source,
                f"its first line says sep={separator}, but the rows are split by the "
                f"{separator_name(rivals[0])}; mend the first line, or leave it out",
            )
    return _checked(parsed, source)


def _split_by_agreement(text: str, source: str) -> Parsed:
    """Split by the one separator that splits all rows alike."""
    first = next((line for line in io.StringIO(text, newline=None) if line.strip(" \t\r\n,;|")), "")
    if not first:
        return Parsed(",", [], None)
    # A quote that is open at the line's end: the first row goes on, and has its separators below.
    head = first if first.count('"') % 2 == 0 else text
    candidates = [parse(text, separator) for separator in SEPARATORS if separator in head]
    empty = [parsed for parsed in candidates if parsed.width < 2 and parsed.error is None]
    candidates = [parsed for parsed in candidates if parsed not in empty]
    if not candidates:
        return next((parsed for parsed in empty if parsed.uneven_row() is None), _one_column(text, source))
    even = [parsed for parsed in candidates if _is_even(parsed)]
    if not even:
        return _checked(max(candidates, key=_agreement), source)
    if len(even) == 1:
        return even[0]
    rivals = [parsed for parsed in even if parsed.separator != ","]
    if len(rivals) == 1 and not any(_is_split_by_comma(cell) for row in rivals[0].rows for cell in row):
        return rivals[0]
    names = " and the ".join(separator_name(parsed.separator) for parsed in even)
    raise TableError(
        source,
        f"the {names} both split all rows alike, so it is not clear which separates the cells; quote cells "
        "that hold one of them, or write a first line such as sep=;",
    )


def _one_column(text: str, source: str) -> Parsed:
    """Take each row as one cell, and refuse a row below the first that a separator splits."""
    parsed = parse(text, _NONE)
    for separator in SEPARATORS:
        if separator not in text:
            continue
        candidate = parse(text, separator)
        for row, cells in zip(parsed.rows, candidate.rows, strict=False):
            is_split = _used(cells) > 1 and (separator != "," or _is_split_by_comma(row[0]))
            if is_split:
                return _checked(candidate, source)
    return _checked(parsed, source)


def _is_split_by_comma(cell: str) -> bool:
    """Return whether a comma stands where neither a number nor a name with its author has one."""
    return "," in _COMMA_IN_CELL.sub("", cell)


def parse(text: str, separator: str) -> Parsed:
    """Split a text by one separator, up to where it is no CSV."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=separator != " ")
    rows: list[list[str]] = []
    try:
        rows.extend([cell.strip() for cell in row] for row in reader)
    except csv.Error as error:
        return Parsed(separator, rows, str(error))
    return Parsed(separator, rows, None)


def _is_even(parsed: Parsed) -> bool:
    return parsed.error is None and parsed.width > 1 and parsed.uneven_row() is None


def _agreement(parsed: Parsed) -> tuple[bool, int, int]:
    """Rank separators of which none splits all rows alike, to name the likeliest in the message."""
    widths = [len(row) for _, row in parsed.filled if len(row) > 1]
    alike = max((widths.count(width) for width in set(widths)), default=0)
    return parsed.error is None, alike, parsed.width


def _checked(parsed: Parsed, source: str) -> Parsed:
    """Return what was split if all its rows are alike, and refuse the first row that is not."""
    if parsed.error is not None:
        raise TableError(
            source,
            f"row {len(parsed.rows) + 1} is no CSV ({parsed.error}); a quoted cell ends with a quote and "
            "then a separator, and a quote inside it is written twice",
        )
    uneven = parsed.uneven_row()
    if uneven is None:
        return parsed
    width, (head_number, head) = parsed.width, parsed.filled[0]
    below = {max(_used(row), min(len(row), width)) for _, row in parsed.filled[1:]}
    by = f"cells are separated by {separator_name(parsed.separator)}s"
    if len(below) == 1 and len(parsed.filled) > 2:
        raise TableError(
            source,
            f"row {head_number} has {_cells(width)} where all rows below have {_cells(below.pop())}; "
            f"expected a name for each column in the first row ({by}). Leave titles above it out, and quote "
            f"{'numbers with a decimal comma, and ' if parsed.separator == ',' else ''}names that hold the "
            "separator",
        )
    number, row = uneven
    length = max(_used(row), min(len(row), width))
    raise TableError(
        source,
        f"row {number} ({row[0]!r}) has {_cells(length)}; expected {width}, as row {head_number} "
        f"({by}); they part at column {min(length, width) + 1}"
        + (f", where row {head_number} has {head[length]!r}" if length < width else "")
        + f"; {_uneven_advice(parsed.separator, is_short=length < width)}",
    )


def _uneven_advice(separator: str, *, is_short: bool) -> str:
    """Advise what to do with a row that has more cells than the first, or fewer."""
    if is_short:
        return (
            "the file may have been cut off here, or the row is a title or note: complete it, or leave it out"
        )
    numbers = "a number with a decimal comma, or " if separator == "," else ""
    return f"quote {numbers}a name that holds the separator"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _used(row: Sequence[str]) -> int:
    """Count the cells of a row without the blank ones at its end."""
    return max((index for index, cell in enumerate(row, 1) if cell), default=0)


def _without_blanks(parsed: Parsed) -> Rows:
    filled, width = parsed.filled, parsed.width
    # At its end a file may have empty lines, which are no rows of a table.
    last = filled[-1][0]
    blank = [number for number, row in enumerate(parsed.rows, 1) if not any(row) and (row or number < last)]
    rows = [row + [""] * (width - len(row)) for _, row in filled]
    used = _used_columns(rows, width)
    longest = max(len(row) for row in parsed.rows)
    return Rows(
        [[row[index] for index in used] for row in rows],
        [number for number, _ in filled],
        [index + 1 for index in used],
        len(blank),
        longest - len(used),
        parsed.separator,
    )


def _used_columns(rows: Iterable[Sequence[str]], width: int) -> list[int]:
    empty = set(range(width))
    for row in rows:
        empty = {index for index in empty if not row[index]}
        if not empty:
            break
    return [index for index in range(width) if index not in empty]
