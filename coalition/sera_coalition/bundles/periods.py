"""Whole periods of an agreement: days, weeks from Monday on, months."""

from __future__ import annotations

from datetime import date, timedelta

from sera_coalition.agreements.terms import Period

_DAY = timedelta(days=1)


def period_around(day: date, period: Period) -> tuple[date, date]:
    """Return the first and the last day of the period that a day lies in."""
    if period is Period.DAY:
        return day, day
    if period is Period.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - _DAY


def first_whole(since: date, period: Period) -> date:
    """Return the first day of the first period that begins on a day or after it."""
    first, last = period_around(since, period)
    return first if first >= since else last + _DAY


def is_whole(first: date, last: date, period: Period) -> bool:
    """Return whether two days are the first and the last of one or more whole periods."""
    return (
        first <= last and period_around(first, period)[0] == first and period_around(last, period)[1] == last
    )


def last_whole(until: date, period: Period) -> date:
    """Return the last day of the last period that ends on a day or before it."""
    first, last = period_around(until, period)
    return last if last <= until else first - _DAY
