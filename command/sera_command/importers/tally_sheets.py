"""Tally sheets: counts written on paper, typed into a table with one row a count."""

from __future__ import annotations

import math
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_pages.counting.fields import read_count
from sera_pages.views.fields import FieldReader
from sera_store.errors import TableError
from sera_store.tables.names import is_total_name
from sera_store.tables.no_numbers import explain_no_number
from sera_store.tables.numbers import parse_number
from sera_store.tables.purposes import names_rows, says_when_or_where
from sera_store.tables.reader import read_table
from sera_store.tables.table import MISSING
from sera_vocabulary import measurements as m
from sera_vocabulary.meanings import FLOWER_MEANINGS, MEANINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from sera_pages.sending.messages import FitCount
    from sera_store.tables.table import Table

GARDEN: Final = "garden"
FLOWER: Final = "flower"
BEGUN: Final = "begun"
MINUTES: Final = "minutes"
_REQUIRED: Final = (BEGUN, FLOWER)
_OPTIONAL: Final = (
    MINUTES,
    m.FLOWER_UNITS,
    m.PATCH_AREA,
    m.AIR_TEMPERATURE,
    m.CLOUD_COVER,
    m.WIND_FORCE,
)
# What spreadsheets write: a blank between date and time, and seconds that do not exist.
_SPREADSHEET_TIME: Final = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]+([0-9]{2}:[0-9]{2})(?::00)?$")
_EXPECTED: Final = {
    BEGUN: "expected the garden's local date, or date and time, as 2026-06-30T14:30",
    FLOWER: f"expected one of {', '.join(name for name in m.TARGET_FLOWERS if name != 'unrecorded')}",
}


class TallyRow(NamedTuple):
    """One count of a sheet: its garden, what it is known by, and the count.

    `form` is made from the row's content, so that a sheet that is imported twice is entered once.
    """

    garden: str
    form: str
    fit_count: FitCount


def read_tally(
    path: Path, garden: str | None, timezone_of: Callable[[str], str], now_s: int
) -> list[TallyRow]:
    """Read a tally sheet.

    Parameters
    ----------
    path
        A table with columns `begun`, `flower`, the insect groups, and, where known, `garden`, `minutes`,
        `flower_units`, `patch_area`, `air_temperature`, `cloud_cover`, `wind_force`. An empty cell of a
        group, or a group without a column, was not looked for.
    garden
        Where all counts were made; None where a column says so.
    timezone_of
        Returns the time zone of a garden by its id.
    now_s
        Present Unix time [s].

    Raises
    ------
    TableError
        A cell is not what it must be; the message names it, and nothing of the sheet is entered.
    """
    table = read_table(path)
    columns = _columns(table, with_garden=garden is None)
    counts: dict[str, int] = {}
    rows = []
    for index, cells in enumerate(table.rows):
        fields = {
            name: "" if cells[column].strip().lower() in MISSING else cells[column].strip()
            for name, column in columns.items()
        }
        fields[BEGUN] = _SPREADSHEET_TIME.sub(r"\1T\2", fields[BEGUN])
        where = fields.pop(GARDEN, "") or garden or ""
        count = _count(table, index, columns, fields, timezone_of(where), now_s)
        digest = sha256(repr((where, sorted(fields.items()))).encode()).hexdigest()[:24]
        # Two rows alike in one sheet are two counts: two people beside one another, say.
        counts[digest] = counts.get(digest, 0) + 1
        rows.append(TallyRow(where, f"tally/{digest}/{counts[digest]}", count))
    return rows


def _columns(table: Table, *, with_garden: bool) -> dict[str, int]:
    """Find the columns by name; groups also by what people call them."""
    columns = {name: table.column(name) for name in (*_REQUIRED, *([GARDEN] if with_garden else []))}
    for name in (*_OPTIONAL, *m.GROUP_NAMES):
        place = table.find(name)
        if place is None and name in MEANINGS:
            place = table.find(MEANINGS[name].label)
        if place is not None:
            columns[name] = place
    if not set(columns) & set(m.GROUP_NAMES):
        raise TableError(
            table.source, f"no column is an insect group; expected some of {', '.join(m.GROUP_NAMES)}"
        )
    _refuse_unread_numbers(table, columns.values())
    return columns


def _count(
    table: Table, place: int, columns: dict[str, int], fields: dict[str, str], timezone: str, now_s: int
) -> FitCount:
    texts = {**fields, FLOWER: _flower(fields[FLOWER])}
    reader = FieldReader(texts)
    count = read_count(reader, timezone, now_s)
    for name, error in reader.errors.items():
        expected = _EXPECTED.get(name) or _bounds(error.arguments)
        raise table.error(
            place,
            columns.get(name, 0),
            f"{fields.get(name, '')!r} is not possible; {expected}{_hint(name, fields.get(name, ''))}",
        )
    return count


def _hint(name: str, cell: str) -> str:
    """Describe a cell that holds no number where one belongs, if it is known."""
    problem = "" if name in _EXPECTED else explain_no_number(cell)
    return f". It is {problem}" if problem else ""


def _refuse_unread_numbers(table: Table, read: Collection[int]) -> None:
    """Raise where a column holds numbers under a name that is not known: most likely a group of insects."""
    for column, title in enumerate(table.titles):
        if column in read or is_total_name(title) or names_rows(title) or says_when_or_where(title):
            continue
        numbers = [row for row, cell in enumerate(table.cells(column)) if not math.isnan(parse_number(cell))]
        if numbers:
            raise table.error(
                numbers[0],
                column,
                f"{title!r} is no name that is read here, and its numbers would be lost; name the column "
                f"as one of {', '.join((*m.GROUP_NAMES, *_OPTIONAL))}, or leave it out",
            )


def _bounds(arguments: dict[str, str]) -> str:
    return "expected a number from {low} to {high}".format_map({"low": "0", "high": "", **arguments})


def _flower(text: str) -> str:
    """Return the name of a target flower from what people call it, or the text itself."""
    by_label = {row.label.lower(): name for name, row in FLOWER_MEANINGS.items()}
    return by_label.get(text.lower(), text.lower().replace(" ", "_"))
