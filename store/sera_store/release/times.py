"""The one function through which every time of a reading leaves: the hour it belongs to, or only the day.

Hours and days are those of the garden's own clock in every output, so that no two outputs put together say
more than one of them.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np

from sera_store.calendar import day_start_s, hour_starts_s, intervals_of, local_days
from sera_store.local_clock import local_time
from sera_vocabulary.durations import DAY_S, HOUR_S
from sera_vocabulary.measurements import SOUND_LEVEL


class Resolution(IntEnum):
    """How closely a time leaves [s]."""

    HOUR = HOUR_S
    DAY = DAY_S


def resolution_of(measurement: str, *, by_person: bool) -> Resolution:
    """Choose how closely a reading's time leaves.

    Parameters
    ----------
    measurement
        Its name, without position.
    by_person
        Whether a person counted it.

    Returns
    -------
    Resolution
        The day for what persons count and for the level of sound, which both show when people were at home;
        the hour for everything else.
    """
    return Resolution.DAY if by_person or measurement == SOUND_LEVEL else Resolution.HOUR


@lru_cache(maxsize=1 << 12)
def released_time_s(time_s: int, timezone: str, resolution: Resolution, *, amount: bool = False) -> int:
    """Return when the local hour or day begins to which a reading belongs, Unix time [s].

    Parameters
    ----------
    amount
        Whether it is an amount that ends at its time, rather than a state.

    Examples
    --------
    >>> released_time_s(1_780_000_001, "Europe/London", Resolution.HOUR) % 3600
    0
    """
    day = int(local_days(timezone, np.array([time_s], np.int64), amounts=amount)[0])
    if resolution is Resolution.DAY:
        return day_start_s(timezone, day)
    hours = hour_starts_s(timezone, day)
    return int(hours[intervals_of(hours, np.array([time_s]), amounts=amount)[0]])


@lru_cache(maxsize=1 << 12)
def released_time(time_s: int, timezone: str, resolution: Resolution, *, amount: bool = False) -> str:
    """Write the local hour or day to which a reading belongs after ISO 8601.

    Examples
    --------
    >>> released_time(1_780_000_001, "Europe/London", Resolution.HOUR)
    '2026-05-28T21:00:00+01:00'
    >>> released_time(1_780_000_001, "Europe/London", Resolution.DAY)
    '2026-05-28'
    """
    begin_s = released_time_s(time_s, timezone, resolution, amount=amount)
    local = local_time(begin_s, timezone)
    return local.date().isoformat() if resolution is Resolution.DAY else local.isoformat()


def released_uncertainty_s(uncertainty_s: int, resolution: Resolution) -> int:
    """Return how far a released time may be off, in whole hours or days [s]; never 0."""
    return max(1, -(-uncertainty_s // resolution)) * resolution
