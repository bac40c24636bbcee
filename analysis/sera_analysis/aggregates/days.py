"""A run of local dates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sera_store.calendar import day_starts_s, epoch_day, first_of_month

if TYPE_CHECKING:
    from datetime import date

    from sera_analysis.diversity.samples import IntArray


class Days(NamedTuple):
    """A run of local dates: the first, and how many there are."""

    first: date
    number: int

    @property
    def after(self) -> date:
        """The date after the last."""
        return self.first + timedelta(days=self.number)

    def starts_s(self, timezone: str) -> IntArray:
        """Return when each date begins in a time zone, and when the last ends, Unix time [s]."""
        return day_starts_s(timezone, epoch_day(self.first), self.number)

    @classmethod
    def of_month(cls, month: int) -> Days:
        """Return the days of a month by its number, twelve a year."""
        return cls.between(first_of_month(month), first_of_month(month + 1))

    @classmethod
    def between(cls, first: date, after: date) -> Days:
        """Return the days from a date to before another, at least one."""
        return cls(first, max((after - first).days, 1))


def one_day(days: slice) -> int | None:
    """Return which day a slice of a table of days is, as most windows are one; None for more days or none."""
    first: int = days.start
    return first if days.stop - first == 1 else None
