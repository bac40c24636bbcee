"""Days, weeks, months, seasons and the whole span, as local dates of a garden."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.calendar import day_start_s, epoch_day, month_start, season_start, week_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAY, WEEK, MONTH, SEASON, SPAN, CUSTOM = "day", "week", "month", "season", "span", "custom"

# Windows that are long enough for courses, sums and corrections.
LONG: Final = (MONTH, SEASON, SPAN, CUSTOM)
# Windows that have figures of all kinds, so that what is missing has its reason.
WHOLE: Final = (SPAN, CUSTOM)


class Window(NamedTuple):
    """One window: its kind, first local date, the date after its last, and its days in a table of days."""

    period: str
    first: date
    after: date
    days: slice

    @property
    def calendar_days(self) -> int:
        """Number of days between its dates, with readings or without."""
        return (self.after - self.first).days

    @property
    def length(self) -> int:
        """Number of days in the table that the window covers."""
        return int(self.days.stop - self.days.start)

    def bounds_s(self, timezone: str) -> tuple[int, int]:
        """Unix times [s] at which the window begins and ends in a time zone."""
        return day_start_s(timezone, epoch_day(self.first)), day_start_s(timezone, epoch_day(self.after))


class Dates(NamedTuple):
    """First local date of a window, and the date after its last."""

    first: date
    after: date


def custom_window(dates: Dates, first: date, days: int) -> Window | None:
    """Return the window of any dates over a run of days, or None where they have no day in common.

    Parameters
    ----------
    dates
        Of the window.
    first, days
        First date and number of days of the table of days.
    """
    start = max((dates.first - first).days, 0)
    stop = min((dates.after - first).days, days)
    return Window(CUSTOM, *dates, slice(start, stop)) if start < stop else None


def windows(first: date, days: int, periods: tuple[str, ...]) -> Iterator[Window]:
    """Iterate over the windows that touch a run of days.

    Parameters
    ----------
    first
        First date of the table of days.
    days
        Number of days in the table.
    periods
        Which kinds of window; those of any dates come from `custom_window`. A month or season that holds all
        the days would only repeat the span, and is left out where the span is asked for.
    """
    end = first + timedelta(days=days)
    for period in periods:
        if period == CUSTOM:
            continue
        if period == SPAN:
            yield Window(SPAN, first, end, slice(0, days))
            continue
        start = _BEGINNING[period](first)
        while start < end:
            after = _BEGINNING[period](start + _LONGEST[period])
            inside = slice(max((start - first).days, 0), min((after - first).days, days))
            if period in (DAY, WEEK) or SPAN not in periods or inside != slice(0, days):
                yield Window(period, start, after, inside)
            start = after


def _day(day: date) -> date:
    return day


_BEGINNING: Final[dict[str, Callable[[date], date]]] = {
    DAY: _day,
    WEEK: week_start,
    MONTH: month_start,
    SEASON: season_start,
}

# From a window's beginning, this far on lies in the next one and never beyond it.
_LONGEST: Final = {
    DAY: timedelta(days=1),
    WEEK: timedelta(days=7),
    MONTH: timedelta(days=31),
    SEASON: timedelta(days=92),
}
