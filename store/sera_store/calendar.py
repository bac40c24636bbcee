"""The one calendar of Sera: days, hours, weeks, months and seasons on a garden's own clock.

Its one convention, which every table, figure, file and dashboard follows:

- A state (moisture, temperature, light) at an instant belongs to the interval that it begins: a reading at
  midnight belongs to the new day.
- An amount (rain, visits, seconds of watching), whose time is its end, belongs to the interval that it ends:
  rain reported at midnight belongs to the old day.
- An amount that spans the edge of an interval is not divided; it belongs whole to the interval that it ends.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from sera_store.local_clock import local_time
from sera_vocabulary.durations import DAY_S, HOUR_S
from sera_vocabulary.measurements import RAINFALL
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import COUNTS, VISITS

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

# Every zone's offset since 1970 is a whole number of these, or was so briefly that no garden met it.
_QUARTER_S: Final = 900
_EPOCH: Final = date(1970, 1, 1)
# Times outside are no times of readings; dates far beyond would not fit the calendar.
TIME_FIRST_S: Final = 0
TIME_LAST_S: Final = 7_258_118_400
# Meteorological seasons begin with these months.
_SEASON_MONTHS: Final = (3, 6, 9, 12)
_MONTHS: Final = 12


def is_amount(series: str, column: str) -> bool:
    """Return whether a column is an amount that ends at its record's time, rather than a state at that time.

    Parameters
    ----------
    series
        A survey or a record of visits is an amount with all its columns: what it says, it says of the time
        watched.
    column
        Wire key, `@position` or not.

    Examples
    --------
    >>> is_amount("air", "rainfall"), is_amount("air", "air_temperature"), is_amount("visits", "passages")
    (True, False, True)
    """
    if series in (VISITS, COUNTS):
        return True
    name, _ = parse_column(column) or (column, 0)
    return name == RAINFALL


def intervals_of(
    starts_s: NDArray[np.int64], time_s: NDArray[Any], *, amounts: bool = False
) -> NDArray[np.intp]:
    """Return in which of neighbouring intervals some times lie; -1 before the first.

    Parameters
    ----------
    starts_s : array of int, shape (intervals + 1,)
        When each begins, and when the last ends, Unix time [s].
    time_s : array, shape (n,)
        Unix times [s].
    amounts
        Whether they are the ends of amounts, rather than instants of states.

    Returns
    -------
    array of int, shape (n,)
        The number of intervals for what lies after the last.

    Examples
    --------
    >>> starts = np.array([0, 3600, 7200])
    >>> intervals_of(starts, np.array([0, 3600])).tolist()
    [0, 1]
    >>> intervals_of(starts, np.array([3600, 7200]), amounts=True).tolist()
    [0, 1]
    """
    return np.searchsorted(starts_s, time_s, side="left" if amounts else "right") - 1


def epoch_day(when: date) -> int:
    """Return a date's number: its days since 1970-01-01, as numpy's datetime64[D] does."""
    return (when - _EPOCH).days


def date_of(day: int) -> date:
    """Return the date of a number of days since 1970-01-01."""
    return _EPOCH + timedelta(days=day)


@lru_cache(maxsize=1 << 16)
def day_start_s(timezone: str, day: int) -> int:
    """Return when a local date begins, Unix time [s].

    Parameters
    ----------
    timezone
        IANA name.
    day
        Days since 1970-01-01.
    """
    when = date_of(day)
    return int(datetime(when.year, when.month, when.day, tzinfo=ZoneInfo(timezone)).timestamp())


def day_starts_s(timezone: str, first: int, days: int) -> NDArray[np.int64]:
    """Return when each of some local dates begins, and when the last ends, Unix time [s]; shape (days + 1,).

    Parameters
    ----------
    first
        The first date, in days since 1970-01-01.
    """
    return np.array([day_start_s(timezone, day) for day in range(first, first + days + 1)], np.int64)


@lru_cache(maxsize=1 << 14)
def hour_starts_s(timezone: str, day: int) -> NDArray[np.int64]:
    """Return when each hour of a local date begins, Unix time [s]; 23 or 25 where clocks change by an hour.

    An hour that comes twice is two hours; one in which clocks change by less begins and ends there.
    """
    start, end = day_start_s(timezone, day), day_start_s(timezone, day + 1)
    if end - start == DAY_S and _offset_s(timezone, start) == _offset_s(timezone, end - 1):
        return np.arange(start, end, HOUR_S, dtype=np.int64)
    starts, before = [start], _offset_s(timezone, start)
    for time_s in range(start + _QUARTER_S, end, _QUARTER_S):
        offset = _offset_s(timezone, time_s)
        if (time_s + offset) % HOUR_S == 0 or offset != before:
            starts.append(time_s)
        before = offset
    return np.array(starts, np.int64)


def _offset_s(timezone: str, time_s: int) -> int:
    offset = local_time(time_s, timezone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def local_days(timezone: str, time_s: NDArray[np.int64], *, amounts: bool = False) -> NDArray[np.int64]:
    """Return the local dates to which states or amounts of some times belong, as days since 1970-01-01.

    Parameters
    ----------
    time_s
        Unix times [s], from `TIME_FIRST_S` to before `TIME_LAST_S`.
    amounts
        Whether they are the ends of amounts, rather than instants of states.
    """
    if not len(time_s):
        return np.empty(0, np.int64)
    first, last = int(time_s.min()) // DAY_S - 2, int(time_s.max()) // DAY_S + 2
    return first + intervals_of(day_starts_s(timezone, first, last - first), time_s, amounts=amounts)


def dates_span_s(timezone: str, first: date, last: date, *, amounts: bool = False) -> tuple[int, int]:
    """Return from which Unix time [s] to before which other one the records of some dates lie.

    Parameters
    ----------
    first, last
        First and last local date, both included.
    amounts
        Whether the records are amounts: those that end at midnight belong to the date before.
    """
    shift_s = int(amounts)
    start_s = day_start_s(timezone, epoch_day(first))
    return start_s + shift_s, day_start_s(timezone, epoch_day(last) + 1) + shift_s


def week_start(day: date) -> date:
    """Return the Monday of a date's week."""
    return day - timedelta(days=day.weekday())


def month_start(day: date) -> date:
    """Return the first date of a date's month."""
    return day.replace(day=1)


def season_start(day: date) -> date:
    """Return the first date of a date's meteorological season."""
    month = max((first for first in _SEASON_MONTHS if first <= day.month), default=None)
    return date(day.year, month, 1) if month else date(day.year - 1, _SEASON_MONTHS[-1], 1)


def month_number(day: date) -> int:
    """Return the number of a date's month, twelve a year."""
    return day.year * _MONTHS + day.month - 1


def first_of_month(number: int) -> date:
    """Return the first date of a month by its number, twelve a year."""
    return date(number // _MONTHS, number % _MONTHS + 1, 1)
