"""Moments on the clock of a garden or of a community, and dates in UTC; pages need no numpy for them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sera_store.registry.registry import Registry

CLOCK_SET_FROM_S: Final = 1_767_225_600
"""The beginning of 2026, Unix time [s]; a machine without a battery begins in 1970, until it hears more."""
NO_TIMEZONE: Final = "UTC"
"""The clock of a garden that is not registered, and of a community without one."""


def local_time(time_s: float, timezone: str) -> datetime:
    """Return a Unix time [s] as the clock of a place showed it; `timezone` is an IANA name."""
    return datetime.fromtimestamp(time_s, UTC).astimezone(ZoneInfo(timezone))


def local_date(time_s: float, timezone: str) -> date:
    """Return the local date of a Unix time [s]."""
    return local_time(time_s, timezone).date()


def utc_date(time_s: float) -> date:
    """Return the date of a Unix time [s] in UTC."""
    return datetime.fromtimestamp(time_s, UTC).date()


def community_timezone(registry: Registry, community: str) -> str:
    """Return the IANA time zone of a community: that of its first garden by id; UTC while it has none."""
    return next((garden.timezone for garden in registry.gardens(community)), NO_TIMEZONE)


def community_day(registry: Registry, community: str, time_s: float) -> date:
    """Return which day it is in a community.

    Parameters
    ----------
    registry
        Where its gardens are.
    community
        Its id.
    time_s
        Unix time [s].
    """
    return local_date(time_s, community_timezone(registry, community))
