"""What came on each local day of a garden, and how long it was watched; no watching is a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sera_store.calendar import date_of, day_starts_s, local_days
from sera_vocabulary import indices
from sera_workshop.views.facts import GardenFacts, names_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sera_store.results.result_set import ResultSet
    from sera_store.results.results import Result


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: what was counted and the hours of watching.

    Parameters
    ----------
    date
        ISO 8601, `2026-05-04`.
    visits
        Visits of insects, or passages where only beams watch; None without watching, which is not zero.
    effort_h
        Hours of watching, all nodes together [h]; 0 in a gap.
    """

    date: str
    visits: float | None
    effort_h: float


def day_bounds(start_s: int, end_s: int, timezone: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Cut a span into local days.

    Parameters
    ----------
    start_s, end_s
        Unix time [s], end exclusive.
    timezone
        IANA name; days have 23 or 25 hours where the clock changes.

    Returns
    -------
    tuple
        The dates, and the moments [s] where each begins, with the last one's end behind them.
    """
    first, last = local_days(timezone, np.array([start_s, max(start_s, end_s - 1)], np.int64)).tolist()
    dates = tuple([date_of(day).isoformat() for day in range(first, last + 1)])
    return dates, day_starts_s(timezone, first, len(dates))


def days_of(results: ResultSet, facts: GardenFacts) -> tuple[Day, ...]:
    """Take the days of a garden from its daily figures; a day that is refused or not there is a gap.

    Parameters
    ----------
    results
        Result records; only the visits counted a day of this garden are read.
    facts
        The garden; where only beams watch there are no such figures, and no days.
    """
    daily = {
        result.start_s: result for result in results.find(facts.id, indices.TOTAL_ACTIVITY, period="day")
    }
    if not daily or not names_groups(facts) or all(result.value is None for result in daily.values()):
        return ()
    last = max(result.end_s for result in daily.values())
    dates, bounds = day_bounds(min(daily), last, facts.timezone)
    return tuple(_day(date, daily.get(int(start))) for date, start in zip(dates, bounds[:-1], strict=True))


def _day(date: str, result: Result | None) -> Day:
    if result is None or result.value is None:
        return Day(date, None, 0.0)
    return Day(date, result.value, round(result.effort_h or 0.0, 2))
