"""Dates after ISO 8601-1 as Darwin Core writes them: a year, month, day or moment, or an interval of two."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?|-(\d{3})|-W(\d{2})(?:-(\d))?)?"
    r"(?:T(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?"
)
_HOURS, _MINUTES = 24, 60


def date_span(text: str) -> tuple[date, date] | None:
    """Return the first and last day that a date or interval touches; None where it is not one.

    Examples
    --------
    >>> date_span("2026-02")
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    >>> date_span("2026-02-30") is None
    True
    """
    begin, slash, end = text.partition("/")
    first = _span(begin)
    if first is None or not slash:
        return first
    last = _span(end) or _span(_completed(begin, end))
    return None if last is None else (first[0], last[1])


def moments(text: str) -> tuple[str, str] | None:
    """Return both ends of an interval that can be compared as texts: both full moments of one offset."""
    begin, slash, end = text.partition("/")
    matches = _DATE.fullmatch(begin), _DATE.fullmatch(end)
    if not slash or matches[0] is None or matches[1] is None:
        return None
    if matches[0][7] is None or matches[1][7] is None or matches[0][10] != matches[1][10]:
        return None
    return begin, end


def _completed(begin: str, end: str) -> str:
    """Complete an abbreviated end, as in `2026-05-04/06`, by what it shares with the beginning."""
    return begin[: len(begin) - len(end)] + end if 0 < len(end) < len(begin) else end


def _span(text: str) -> tuple[date, date] | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, ordinal, week, weekday, hour, minute, second, _ = match.groups()
    if hour is not None and (day or ordinal or weekday) is None:
        return None
    if int(hour or 0) > _HOURS or int(minute or 0) >= _MINUTES or int(second or 0) > _MINUTES:
        return None
    try:
        return _days(int(year), month, day, ordinal, week, weekday)
    except ValueError:
        return None


def _days(
    year: int, month: str | None, day: str | None, ordinal: str | None, week: str | None, weekday: str | None
) -> tuple[date, date]:
    if ordinal is not None:
        only = date(year, 1, 1) + timedelta(days=int(ordinal) - 1)
        if only.year != year:
            raise ValueError(ordinal)
        return only, only
    if week is not None:
        first = date.fromisocalendar(year, int(week), int(weekday or 1))
        return first, first if weekday else first + timedelta(days=6)
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, int(month), 1), date(year, int(month), monthrange(year, int(month))[1])
    only = date(year, int(month), int(day))
    return only, only
