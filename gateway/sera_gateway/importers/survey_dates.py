"""Days and times of day of counts that people made, as tables have them."""

from __future__ import annotations

import re
from datetime import date, time
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.local_clock import utc_date
from sera_vocabulary.messages import UTC_FIRST_S

if TYPE_CHECKING:
    from sera_store.tables.table import Table

_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?"
_FORMS: Final = tuple(
    re.compile(rf"{day}(?:[T ]\s*{_TIME})?")
    for day in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})[/.](?P<month>\d{1,2})[/.](?P<year>\d{4})",
    )
)
_TIME_OF_DAY: Final = re.compile(_TIME)
_MONTHS: Final = 12
_EXPECTED: Final = (
    "expected year-month-day or day/month/year with four digits of the year: 2018-06-01, 1/6/2018"
)
# Days from 1900, as spreadsheets count them: 1954 to 2064.
_SERIAL: Final = re.compile(r"[2-5][0-9]{4}")
_FIRST_DAY: Final = utc_date(UTC_FIRST_S)


class Moment(NamedTuple):
    """When somebody counted, on the clock of the place; `at` is None where the table has the day alone."""

    day: date
    at: time | None


def read_moment(table: Table, row: int, day: int, clock: int | None) -> Moment:
    """Read when a row was counted.

    Parameters
    ----------
    row
        Below the names of the columns.
    day, clock
        Columns of the day and, if there is one, of the time of day. Midnight beside a day is no time of day:
        programs write it behind each date.

    Raises
    ------
    TableError
        A cell is no day or time that exists.
    """
    cell = table.rows[row][day]
    match = next((match for form in _FORMS if (match := form.fullmatch(cell))), None)
    if match is None:
        serial = ". It looks like a spreadsheet's number of days; format the column as a date there"
        hint = serial if _SERIAL.fullmatch(cell) else ""
        raise table.error(row, day, f"found {cell!r}; {_EXPECTED}{hint}")
    year, month, number = (int(match[part]) for part in ("year", "month", "day"))
    if month > _MONTHS >= number:
        raise table.error(row, day, f"{cell!r} has the month {month}; {_EXPECTED}, never the month first")
    try:
        counted = date(year, month, number)
    except ValueError as error:
        raise table.error(row, day, f"{cell!r} is no day of the calendar ({error}); {_EXPECTED}") from error
    at = _time(table, row, day, match)
    return Moment(counted, at if clock is None else _clock(table, row, clock) or at)


def day_problem(day: date, today: date | None) -> str:
    """Explain why a day cannot be that of a count, or return the empty text."""
    if today is not None and day > today:
        return f"{day} is after today, {today}; correct the year, the month or the day"
    if day < _FIRST_DAY:
        return f"{day} is before {_FIRST_DAY}, where records begin; correct the year if it was another"
    return ""


def _clock(table: Table, row: int, column: int) -> time | None:
    cell = table.rows[row][column]
    if not cell:
        return None
    match = _TIME_OF_DAY.fullmatch(cell)
    if match is None:
        raise table.error(
            row, column, f"found {cell!r}; expected hours and minutes of 24 hours with a colon: 14:30"
        )
    return _time(table, row, column, match)


def _time(table: Table, row: int, column: int, match: re.Match[str]) -> time | None:
    if match["hour"] is None:
        return None
    try:
        at = time(int(match["hour"]), int(match["minute"]))
    except ValueError as error:
        cell = table.rows[row][column]
        raise table.error(
            row,
            column,
            f"{cell!r} is no time of day; expected 00:00 to 23:59 (midnight at the end of a day is 00:00 "
            "of the next)",
        ) from error
    return at if at != time.min else None
