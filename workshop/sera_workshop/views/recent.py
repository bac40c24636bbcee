"""What a page of an installation shows of its last weeks: weather, hours of the day, what was noticed.

As the page of the demo, of days that everybody may see: what is live is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sera_store.local_clock import local_date
from sera_vocabulary.durations import DAY_S
from sera_workshop.views.days import days_of
from sera_workshop.views.diary import diary
from sera_workshop.views.noticed import REFUSED, noticed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_store.results.result_set import ResultSet
    from sera_store.store import Store
    from sera_workshop.views.days import Day
    from sera_workshop.views.diary import Diary
    from sera_workshop.views.facts import GardenFacts
    from sera_workshop.views.noticed import Noticed

# As long as the demo's fortnight: what is older is in figures.
DAYS: Final = 14


@dataclass(slots=True)
class RecentDays:
    """What a page shows beside figures, by garden id: days, their weather and hours; and what was noticed."""

    days: dict[str, Sequence[Day]] = field(default_factory=dict)
    diaries: dict[str, Diary] = field(default_factory=dict)
    noticed: list[Noticed] = field(default_factory=list)


def recent_days(
    store: Store,
    gardens: Sequence[GardenFacts],
    results: ResultSet,
    until_s: Mapping[str, int | None],
    now_s: int,
) -> RecentDays:
    """Read the last fortnight of each garden that everybody may see.

    Parameters
    ----------
    store
        Where roll-ups, flags and health are read.
    gardens
        The gardens.
    results
        Their figures.
    until_s
        Until when each may be seen, Unix time [s], as `sera_store.release.delay` answers; None for no limit.
    now_s
        Present Unix time [s].
    """
    recent = RecentDays()
    ends_s: dict[str, int] = {}
    for result in results:
        ends_s[result.scope_id] = max(result.end_s, ends_s.get(result.scope_id, 0))
    for garden in gardens:
        limit = until_s.get(garden.id)
        end_s = min(now_s if limit is None else limit, ends_s.get(garden.id, now_s))
        # A day of which a part is live is left out whole.
        is_live = limit is not None and end_s == limit
        last = local_date(end_s - 1, garden.timezone) - timedelta(days=is_live)
        first = last - timedelta(days=DAYS - 1)
        entries = diary(store, garden, first, last)
        days = [
            day
            for day in days_of(results, garden) or entries.passages
            if first.isoformat() <= day.date <= last.isoformat()
        ]
        # Before the first reading nothing was missed.
        begun = next((index for index, day in enumerate(days) if day.visits is not None), len(days))
        recent.days[garden.id] = days[begun:]
        recent.diaries[garden.id] = entries
        seen = noticed(store, [garden], recent.days, end_s - DAYS * DAY_S, end_s)
        # Refused messages have no time of their own, so that they would say what came today.
        recent.noticed += [one for one in seen if limit is None or one.code != REFUSED]
    return recent
