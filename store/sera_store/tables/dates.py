"""Dates as names: one day that is written in two forms would be two surveys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sera_store.tables.no_numbers import DATE_WITH_MONTH
from sera_store.tables.table import MISSING

if TYPE_CHECKING:
    from sera_store.tables.table import Table

_TIME: Final = r"(?:[T ]\s*[0-9].*)?"
_FORMS: Final = {
    "year first": re.compile(rf"[0-9]{{4}}[-./][0-9]{{1,2}}[-./][0-9]{{1,2}}{_TIME}"),
    "with strokes": re.compile(rf"[0-9]{{1,2}}/[0-9]{{1,2}}/(?:[0-9]{{4}}|[0-9]{{2}}){_TIME}"),
    "with points": re.compile(rf"[0-9]{{1,2}}\.\s?[0-9]{{1,2}}\.\s?(?:[0-9]{{4}}|[0-9]{{2}}){_TIME}"),
    "with hyphens": re.compile(rf"[0-9]{{1,2}}-[0-9]{{1,2}}-(?:[0-9]{{4}}|[0-9]{{2}}){_TIME}"),
    "without a year": re.compile(r"[0-9]{1,2}[./-]\s?[0-9]{1,2}\.?"),
    "with a month's name": re.compile(DATE_WITH_MONTH, re.IGNORECASE),
}
# What a spreadsheet makes of a day where the column is not formatted as dates: 1954 to 2064, days from 1900.
_SERIAL: Final = re.compile(r"[2-5][0-9]{4}(?:[.,][0-9]+)?")
_AS_NUMBER: Final = "as a spreadsheet's number of days"


def check_dates_alike(table: Table, column: int) -> None:
    """Raise where a column of names holds dates in more than one form.

    A column in which other words stand too is one of names, and is not looked at further than its dates.

    Raises
    ------
    TableError
        Names the first cell of the second form, and one of the first.
    """
    first: dict[str, int] = {}
    for row, cell in enumerate(table.cells(column)):
        form = None if cell in MISSING else _form(cell)
        if form is not None:
            first.setdefault(form, row)
    if not first or set(first) == {_AS_NUMBER}:
        return
    if len(first) > 1:
        (form, before), (other, row) = sorted(first.items(), key=lambda item: item[1])[:2]
        raise table.error(
            row,
            column,
            f"{table.rows[row][column]!r} is a date {other}, but {table.rows[before][column]!r} in "
            f"{table.place(before, column)} is one {form}; one day in two forms would be two, so write all "
            "dates alike, best as 2026-04-03",
        )


def _form(cell: str) -> str | None:
    """Return in which form a cell is a date; None where it is not one."""
    for form, pattern in _FORMS.items():
        if pattern.fullmatch(cell):
            return form
    return _AS_NUMBER if _SERIAL.fullmatch(cell) else None
