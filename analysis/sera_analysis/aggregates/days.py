"""A run of local dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

_MONTHS = 12


class Days(NamedTuple):
    """A run of local dates: the first, and how many there are."""

    first: date
    number: int

    @property
    def after(self) -> date:
        """The date after the last."""
        return self.first + timedelta(days=self.number)

    @staticmethod
    def first_of_month(month: int) -> date:
        """Give the first date of a month by its number, twelve a year."""
        return date(month // _MONTHS, month % _MONTHS + 1, 1)

    @classmethod
    def of_month(cls, month: int) -> Days:
        """Give the days of a month by its number, twelve a year."""
        first, after = cls.first_of_month(month), cls.first_of_month(month + 1)
        return cls(first, (after - first).days)

    @classmethod
    def between(cls, first: date, after: date) -> Days:
        """Give the days from a date to before another, at least one."""
        return cls(first, max((after - first).days, 1))


def month_number(day: date) -> int:
    """Tell the number of a date's month, twelve a year."""
    return day.year * _MONTHS + day.month - 1


def one_day(days: slice) -> int | None:
    """Tell which day a slice of a table of days is, as most windows are one; None for more days or none."""
    first: int = days.start
    return first if days.stop - first == 1 else None
