"""Count what came on each local day of a garden and how long somebody watched; no watching is a gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from sera_vocabulary import indices, quality, series
from sera_vocabulary.measurements import AWAKE_S, INSECT_GROUPS, PASSAGES
from sera_workshop.facts import NAMING, GardenFacts, names_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_store.records import Table
    from sera_store.results import Result
    from sera_store.store import Store

_GROUPS: Final = tuple(group.name for group in INSECT_GROUPS)
_BAD: Final = (quality.FAIL, quality.MISSING)
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: what was counted and for how long somebody watched.

    Parameters
    ----------
    date
        ISO 8601, `2026-05-04`.
    visits
        Visits of insects, or passages where only beams watch; None where nobody watched, which is not zero.
    watched_h
        Hours of watching, all nodes together [h]; 0 in a gap.
    """

    date: str
    visits: float | None
    watched_h: float


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
    zone = ZoneInfo(timezone)
    day = datetime.fromtimestamp(start_s, UTC).astimezone(zone).date()
    last = datetime.fromtimestamp(max(start_s, end_s - 1), UTC).astimezone(zone).date()
    dates = [day + timedelta(days=i) for i in range((last - day).days + 2)]
    bounds = [int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp()) for d in dates]
    return tuple(d.isoformat() for d in dates[:-1]), np.array(bounds, np.int64)


def daily_visits(store: Store, facts: GardenFacts, start_s: int, end_s: int) -> tuple[Day, ...]:
    """Count the visits of each local day of a garden, beside the hours of watching.

    Parameters
    ----------
    store
        Where the records are.
    facts
        The garden; where a camera or a person watches, what beams saw is left out, since it counts otherwise.
    start_s, end_s
        Unix time [s], end exclusive.

    Returns
    -------
    tuple of Day
        Every day of the span. Values that failed a check are left out.
    """
    dates, bounds = day_bounds(start_s, end_s, facts.timezone)
    counted, passed = (
        store.records.table(name, columns, garden=facts.id, start_s=start_s, end_s=end_s)
        for name, columns in ((series.COUNTS, (*_GROUPS, AWAKE_S)), (series.VISITS, (PASSAGES, AWAKE_S)))
    )
    of_groups = names_groups(facts) and len(counted) > 0
    if of_groups:
        nodes = _naming_nodes(store, facts, counted)
        visits = _sums(counted, _GROUPS, bounds, nodes)
        watched_s = _sums(counted, (AWAKE_S,), bounds, nodes)
        if AWAKE_S not in counted.values:
            watched_s = _sums(passed, (AWAKE_S,), bounds, nodes)
    else:
        visits = _sums(passed, (PASSAGES,), bounds, None)
        watched_s = _sums(passed, (AWAKE_S,), bounds, None)
    return tuple(
        Day(date, float(count) if seconds > 0 else None, round(float(seconds) / _HOUR_S, 2))
        for date, count, seconds in zip(dates, visits, watched_s, strict=True)
    )


def days_of(results: Sequence[Result], facts: GardenFacts) -> tuple[Day, ...]:
    """Take the days of a garden from its daily figures; a day that is refused or not there is a gap.

    Parameters
    ----------
    results
        Result records; only the visits counted a day of this garden are read.
    facts
        The garden; where only beams watch there are no such figures, and no days.
    """
    daily = {
        result.start_s: result
        for result in results
        if (result.scope_id, result.index, result.period) == (facts.id, indices.TOTAL_ACTIVITY, "day")
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


def _naming_nodes(store: Store, facts: GardenFacts, counted: Table) -> frozenset[str]:
    known = {node.id for node in store.registry.nodes(garden=facts.id) if node.detector in NAMING}
    return frozenset(known or counted.nodes)


def _sums(
    table: Table, columns: Sequence[str], bounds: NDArray[np.int64], nodes: frozenset[str] | None
) -> NDArray[np.float64]:
    """Add the good values of some columns up by day."""
    total = np.zeros(len(bounds) - 1)
    here = np.ones(len(table), bool)
    if nodes is not None:
        here = np.isin(table.node, [i for i, node in enumerate(table.nodes) if node in nodes])
    day = np.searchsorted(bounds, table.time_s, side="right") - 1
    here &= (day >= 0) & (day < len(total))
    for column in columns:
        if column in table.values:
            good = here & np.isfinite(table.values[column]) & ~np.isin(table.quality[column], _BAD)
            np.add.at(total, day[good], table.values[column][good])
    return total
