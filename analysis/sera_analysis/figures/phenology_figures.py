"""Figures about the course of a day and of a season, of one garden over one window."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_analysis.figures.figures import Frame, Support, figure, missing_figure, or_none
from sera_analysis.statistics.intervals import Interval, unit_interval
from sera_analysis.thresholds import PARTS_OF_DAY, SEASON_WEEKS_LEAST
from sera_analysis.visits.activity import activity_curve, half_time_of_nodes
from sera_analysis.visits.phenology import DAYS_A_WEEK, no_season_reason, quantile_days, weekly_index
from sera_analysis.visits.standardisation import standardised_rate
from sera_vocabulary import indices
from sera_words.keys import Part
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from sera_analysis.aggregates.effort import DayTally
    from sera_analysis.diversity.samples import FloatArray, Statistic
    from sera_store.results.results import Result

SHARES: Final = {
    indices.ACTIVITY_DAY_10: 0.1,
    indices.ACTIVITY_DAY_50: 0.5,
    indices.ACTIVITY_DAY_90: 0.9,
}
IN_FLIGHT_WEATHER: Final = Note.of("visits_in_flight_weather")
NO_NODE: Final = Reason.of("no_node_with_rate")
PART_KEYS: Final = tuple([Part.of("part_of_day", part=part).key for part in range(1, PARTS_OF_DAY + 1)])


def half_time_figure(frame: Frame, tally: DayTally, support: Support, missing: Reason) -> Result:
    """Part of the day by which half of the visits have come, with the curve as its parts.

    Parameters
    ----------
    frame, support
        What all figures here share.
    tally
        Nodes of one comparability class over the window.
    missing
        Reason where there is no node at all.
    """
    visits, hours = tally.flight_visits.sum(axis=1), tally.flight_h.sum(axis=1)
    used = ~np.isnan(standardised_rate(visits, hours).rate)
    support = support.replace(effort_h=float(hours.sum()), n=int(used.sum()), n_of="nodes")
    if not used.any():
        return missing_figure(frame, indices.ACTIVITY_HALF_TIME, NO_NODE if tally.nodes else missing, support)
    statistic = half_time_of_nodes(visits[used], hours[used])
    value = float(statistic(np.ones((1, int(used.sum()))))[0])
    if np.isnan(value):
        return missing_figure(
            frame, indices.ACTIVITY_HALF_TIME, Reason.of("no_insect_in_flight_weather"), support
        )
    curve = activity_curve(visits[used], hours[used])
    parts = {key: or_none(rate) for key, rate in zip(PART_KEYS, curve.tolist(), strict=True)}
    interval = _over_nodes(frame, statistic, int(used.sum()), (0.0, float(PARTS_OF_DAY)))
    return figure(frame, indices.ACTIVITY_HALF_TIME, value, interval, support.replace(parts=parts))


def season_figures(
    frame: Frame, tally: DayTally, support: Support, missing: Reason, begins: date
) -> list[Result]:
    """Days of the year by which a tenth, half and nine tenths of the visits had come, or why there are none.

    Parameters
    ----------
    frame, tally, support, missing
        As in `half_time_figure`.
    begins
        Date of the tally's first day: a window may begin before the readings do.
    """
    visits, hours, monday = weekly_tables(tally, begins)
    is_watched = hours.sum(axis=1) > 0
    visits, hours = visits[is_watched], hours[is_watched]
    support = support.replace(
        effort_h=float(tally.flight_h.sum()),
        n=int(is_watched.sum()),
        n_of="nodes",
        notes=(*support.notes, IN_FLIGHT_WEATHER),
    )
    weeks = weekly_index(visits, hours).weeks
    none = Reason.of("weeks_too_few", weeks=0, needed=SEASON_WEEKS_LEAST.value) if tally.nodes else missing
    reason = no_season_reason(weeks) if is_watched.any() else none
    if reason is not None:
        return [missing_figure(frame, index, reason, support) for index in SHARES]
    parts = {
        Part.of("week_of", monday=str(monday + timedelta(days=DAYS_A_WEEK * number))).key: or_none(index)
        for number, index in enumerate(weeks.tolist())
    }
    support = support.replace(parts=parts, coverage=float((~np.isnan(weeks)).mean()))
    before = (monday - date(monday.year, 1, 1)).days + 1
    results = []
    for index, share in SHARES.items():
        value = before + float(quantile_days(weeks, (share,))[0])
        interval = _over_nodes(
            frame, _quantile_day(visits, hours, share, before), int(is_watched.sum()), (1.0, np.inf)
        )
        results.append(figure(frame, index, value, interval, support))
    return results


def weekly_tables(tally: DayTally, first: date) -> tuple[FloatArray, FloatArray, date]:
    """Add visits and hours up by node and week from Monday, hours by what their part of the day is worth.

    Parameters
    ----------
    tally
        Nodes over a window.
    first
        Date of its first day in the tally.

    Returns
    -------
    visits, hours : array, shape (nodes, weeks)
        In flight weather.
    date
        The first Monday.
    """
    worth = part_worth(tally)
    shift = first.weekday()
    visits, hours = tally.flight_visits.sum(axis=-1), tally.flight_h @ worth
    week = (np.arange(visits.shape[1]) + shift) // DAYS_A_WEEK
    number = int(week[-1]) + 1 if week.size else 0
    tables = []
    for table in (visits, hours):
        weekly = np.zeros((table.shape[0], number))
        np.add.at(weekly.T, week, table.T)
        tables.append(weekly)
    return tables[0], tables[1], first - timedelta(days=shift)


def part_worth(tally: DayTally) -> FloatArray:
    """Share of a day's visits that each part usually brings, mean 1; 1 where not watched; shape (12,)."""
    curve = activity_curve(tally.flight_visits.sum(axis=1), tally.flight_h.sum(axis=1))
    mean = np.nanmean(curve) if (~np.isnan(curve)).any() else 0.0
    worth: FloatArray = np.where(np.isnan(curve), 1.0, curve / mean) if mean > 0 else np.ones(PARTS_OF_DAY)
    return worth


def _quantile_day(visits: FloatArray, hours: FloatArray, share: float, before: int) -> Statistic:
    def day(weights: FloatArray) -> FloatArray:
        days = []
        for row in weights:
            weeks = weekly_index(visits * row[:, np.newaxis], hours * row[:, np.newaxis]).weeks
            days.append(before + quantile_days(weeks, (share,))[0])
        return np.array(days)

    return day


def _over_nodes(frame: Frame, statistic: Statistic, nodes: int, within: tuple[float, float]) -> Interval:
    return unit_interval(
        statistic, nodes, unit_name="nodes", seed=frame.seed, replicates=frame.replicates, within=within
    )
