"""The day in a community, on the clock of its first garden, as its figures have it; pages need no numpy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sera_store.registry.registry import Registry

_NO_GARDEN: Final = "UTC"


def community_timezone(registry: Registry, community: str) -> str:
    """Return the IANA time zone of a community: that of its first garden by id; UTC while it has none."""
    return next((garden.timezone for garden in registry.gardens(community)), _NO_GARDEN)


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
    zone = ZoneInfo(community_timezone(registry, community))
    return datetime.fromtimestamp(time_s, UTC).astimezone(zone).date()
