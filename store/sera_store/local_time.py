"""Days and hours of a garden's own clock as spans of Unix time, right across summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY_S: Final = 86_400
HOUR_S: Final = 3_600
# Every zone's offset since 1970 is a whole number of these, or was so briefly that no garden met it.
_QUARTER_S: Final = 900
_EPOCH: Final = date(1970, 1, 1)
# Times outside are no times of readings; dates far beyond would not fit the calendar.
TIME_FIRST_S: Final = 0
TIME_LAST_S: Final = 7_258_118_400


def epoch_day(when: date) -> int:
    """Tell a date's number: its days since 1970-01-01, as numpy's datetime64[D] does."""
    return (when - _EPOCH).days


@lru_cache(maxsize=1 << 16)
def day_start_s(timezone: str, day: int) -> int:
    """Tell when a local date begins, Unix time [s].

    Parameters
    ----------
    timezone
        IANA name.
    day
        Days since 1970-01-01.
    """
    when = _EPOCH + timedelta(days=day)
    return int(datetime(when.year, when.month, when.day, tzinfo=ZoneInfo(timezone)).timestamp())


@lru_cache(maxsize=1 << 14)
def hour_starts_s(timezone: str, day: int) -> NDArray[np.int64]:
    """Tell when each hour of a local date begins, Unix time [s]; 23, 24 or 25 where clocks change by an hour.

    An hour that comes twice is two hours; one in which clocks change by less begins and ends there.
    """
    start, end = day_start_s(timezone, day), day_start_s(timezone, day + 1)
    if end - start == DAY_S and _offset_s(timezone, start) == _offset_s(timezone, end - 1):
        return np.arange(start, end, HOUR_S, dtype=np.int64)
    found, before = [start], _offset_s(timezone, start)
    for time_s in range(start + _QUARTER_S, end, _QUARTER_S):
        offset = _offset_s(timezone, time_s)
        if (time_s + offset) % HOUR_S == 0 or offset != before:
            found.append(time_s)
        before = offset
    return np.array(found, np.int64)


def _offset_s(timezone: str, time_s: int) -> int:
    offset = datetime.fromtimestamp(time_s, UTC).astimezone(ZoneInfo(timezone)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def local_days(timezone: str, time_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tell the local dates of some moments, as days since 1970-01-01.

    Parameters
    ----------
    time_s
        Unix times [s], from `TIME_FIRST_S` to before `TIME_LAST_S`.
    """
    if not len(time_s):
        return np.empty(0, np.int64)
    first, last = int(time_s.min()) // DAY_S - 1, int(time_s.max()) // DAY_S + 2
    starts = np.array([day_start_s(timezone, day) for day in range(first, last + 1)], np.int64)
    return first + np.searchsorted(starts, time_s, side="right") - 1
