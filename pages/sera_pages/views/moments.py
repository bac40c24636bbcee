"""Moments in words, on the clock of the garden or the community that they are about."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from babel.dates import format_time, get_datetime_format

from sera_store.local_clock import local_time

if TYPE_CHECKING:
    from datetime import time

    from babel import Locale

    from sera_pages.views.visit import Visit


def moment_words(visit: Visit, time_s: int, timezone: str, *, with_hour: bool = True) -> str:
    """Write a moment, Unix time [s], on a clock: its day, and its hour where that is to be known."""
    moment = local_time(time_s, timezone)
    locale, day = visit.words.figures.locale, visit.words.figures.date(moment.date())
    if not with_hour:
        return day
    zone = " UTC" if timezone == "UTC" else ""
    hour = f"{hour_words(moment.time(), locale)}{zone}"
    return str(get_datetime_format("medium", locale)).format(hour, day)


def hour_words(hour: time, locale: Locale) -> str:
    """Write an hour and its minutes as a language does; what says morning or afternoon stays beside it."""
    return re.sub(r"\s", "\u00a0", str(format_time(hour, format="short", locale=locale)))


def timezone_of(visit: Visit, community: str, garden: str = "") -> str:
    """Return the time zone of a garden, else the one of most gardens of a community, else UTC."""
    registry = visit.installation.registry
    entity = registry.garden(garden) if garden else None
    if entity is not None:
        return entity.timezone
    zones = Counter(entity.timezone for entity in registry.gardens(community))
    return zones.most_common(1)[0][0] if zones else "UTC"
