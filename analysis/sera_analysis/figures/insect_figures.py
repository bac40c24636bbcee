"""Figures about insects, of one garden or of a community's gardens, over one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sera_analysis.diversity.samples import divided
from sera_analysis.figures.figures import Frame, Support, figure, missing_figure, or_none
from sera_analysis.statistics import intervals
from sera_analysis.statistics.intervals import mean_interval, no_interval
from sera_analysis.thresholds import PARTS_OF_DAY
from sera_analysis.visits import incidence, people, standardisation
from sera_analysis.visits.absence import absence
from sera_analysis.windows import WHOLE
from sera_vocabulary import indices
from sera_vocabulary.figure_codes import NOT_THESE_NODES
from sera_vocabulary.measurements import GROUP_NAMES
from sera_words.keys import Part
from sera_words.statements import Note, Reason

if TYPE_CHECKING:
    from sera_analysis.aggregates.effort import DayTally
    from sera_analysis.aggregates.gardens import Comparability, Counters
    from sera_analysis.diversity.samples import FloatArray
    from sera_store.results.results import Result

NOT_AN_ESTIMATE = Reason.of("not_an_estimate")
# A sum of what was counted is no estimate of anything else.
WITHOUT_INTERVAL = no_interval(NOT_AN_ESTIMATE)
NO_HOURS = Reason.of("no_hours")
NO_CAMERA = Reason.of("no_camera")
NO_BEAM = Reason.of("no_beam")
NO_PEOPLE = Reason.of("no_survey")
ALL_WEATHERS = Note.of("all_weathers")
DETECTIONS = Note.of("detection_not_individual")
OF_CAMERAS = Note.of("from_cameras")
NODE_DAYS = "node_days_watched"
DAYS_OF_COUNTING = "counting_days"
OF_PEOPLE = Note.of("from_people")
PARTS_MISSING = Note.of("parts_unwatched")
VISITS_AT_MOST = Part.of("visits_an_hour_most").key
LOW_END, HIGH_END = Part.of("these_nodes_low").key, Part.of("these_nodes_high").key
TEN_MINUTE_COUNTS = Part.of("ten_minute_counts").key


class Rates(NamedTuple):
    """Standardised rates of units (nodes or gardens), hours and parts behind them, days with effort.

    `unknown_h` are hours by daylight in weather that was not measured.
    """

    names: tuple[str, ...]
    rate: FloatArray
    hours: FloatArray
    parts: FloatArray
    days: int
    unknown_h: FloatArray


class Frequencies(NamedTuple):
    """Watched days with each group by unit, shape (units, groups), and watched days, shape (units,)."""

    names: tuple[str, ...]
    with_group: FloatArray
    days: FloatArray
    effort_h: float
    unit: str
    independent: int = 0


def node_rates(tally: DayTally) -> Rates:
    """Standardised rate of each node of a window."""
    standard = standardisation.standardised_rate(tally.flight_visits.sum(axis=1), tally.flight_h.sum(axis=1))
    days = int(np.count_nonzero(tally.flight_h.sum(axis=(0, 2)) > 0))
    unknown_h = tally.unknown_weather_h.sum(axis=1)
    return Rates(tally.nodes, standard.rate, standard.hours, standard.parts, days, unknown_h)


def rate_figure(
    frame: Frame,
    index: str,
    rates: Rates,
    support: Support,
    *,
    unit: str,
    missing: Reason,
    tally: DayTally | None,
) -> Result:
    """Mean rate of units that watched enough, or what the best of them lacks."""
    used = ~np.isnan(rates.rate)
    hours = float(rates.hours[used].sum()) if used.any() else float(rates.hours.sum())
    parts = {name: or_none(rate) for name, rate in zip(rates.names, rates.rate.tolist(), strict=True)}
    support = support.replace(effort_h=hours, n=int(used.sum()), n_of=unit, parts=parts)
    if not rates.names:
        return missing_figure(frame, index, missing, support)
    if not used.any():
        return missing_figure(frame, index, _best_reason(rates, unit) or missing, support)
    value = rates.rate[used]
    covered = float(rates.parts[used].mean()) / PARTS_OF_DAY
    interval = mean_interval(
        value.tolist(),
        unit_name=unit,
        seed=frame.seed,
        replicates=frame.replicates,
        within=(0.0, np.inf),
    )
    if covered < 1:
        support = support.replace(notes=(*support.notes, PARTS_MISSING))
    if tally is not None:
        node_interval = _node_interval(tally, used, frame)
        if node_interval.low is not None:
            parts |= {LOW_END: node_interval.low, HIGH_END: node_interval.high}
        note = node_interval.note
        if node_interval.reason and frame.window.period in WHOLE:
            note = Note.of(NOT_THESE_NODES + node_interval.reason.code, **node_interval.reason.arguments)
        if note:
            support = support.replace(notes=(*support.notes, note))
    return figure(frame, index, float(value.mean()), interval, support.replace(coverage=covered, parts=parts))


def _best_reason(rates: Rates, unit: str) -> Reason | None:
    """Return what the unit that watched most still lacks."""
    if unit != "nodes":
        return Reason.of("units_without_rate", count=len(rates.names), units=unit)
    best = int(np.argmax(rates.hours))
    hours, unknown = float(rates.hours[best]), float(rates.unknown_h[best])
    return standardisation.no_rate_reason(hours, float(rates.parts[best]), rates.days, unmeasured_h=unknown)


def _node_interval(tally: DayTally, used: FloatArray, frame: Frame) -> intervals.Interval:
    """Interval for these very nodes over time, from the days on which any of them watched."""
    visits, hours = tally.flight_visits[used], tally.flight_h[used]
    has_effort = (hours > 0).any(axis=(0, 2))
    visits, hours = visits[:, has_effort], hours[:, has_effort]

    def mean_rate(weights: FloatArray) -> FloatArray:
        by_part = standardisation.raw_standard_rate(
            np.tensordot(weights, visits, axes=(1, 1)), np.tensordot(weights, hours, axes=(1, 1))
        )
        mean: FloatArray = by_part.rate.mean(axis=1)
        return mean

    return intervals.these_nodes_interval(
        mean_rate, visits.shape[1], seed=frame.seed, replicates=frame.replicates, within=(0.0, np.inf)
    )


def node_frequencies(tally: DayTally) -> Frequencies:
    """Watched days with each group, by node of a window; only what came by daylight."""
    has_effort = incidence.effort_days(tally.daylight_h)
    with_group, days = incidence.unit_frequencies(tally.daylight_visits, has_effort)
    effort_h = float(tally.daylight_h[has_effort].sum())
    units = incidence.independent_units(has_effort)
    return Frequencies(tally.nodes, with_group, days, effort_h, NODE_DAYS, units)


def survey_frequencies(counters: Counters, days: slice) -> Frequencies:
    """Days with each group of all days on which people counted, by place of counting."""
    counted = counters.surveys[:, days] > 0
    with_group, number = incidence.unit_frequencies(counters.visits[:, days], counted)
    effort_h = float(counters.hours[:, days].sum())
    units = incidence.independent_units(counted)
    return Frequencies(counters.nodes, with_group, number, effort_h, DAYS_OF_COUNTING, units)


def group_figures(
    frame: Frame,
    frequencies: Frequencies,
    support: Support,
    *,
    unit: str,
    missing: Reason,
    recall: dict[str, float | None] | None = None,
) -> list[Result]:
    """Ten group frequencies and the effective number of groups of orders 1 and 2.

    `recall` has the lower ends of the groups' measured recall by cameras of one garden, for what may be said
    of a group that never came; None for people and for several gardens.
    """
    is_watched = frequencies.days > 0
    table, days = frequencies.with_group[is_watched], frequencies.days[is_watched]
    support = support.replace(effort_h=frequencies.effort_h, n=int(is_watched.sum()), n_of=unit)
    reason = (
        missing
        if not frequencies.names
        else incidence.no_frequency_reason(float(days.sum()), units=frequencies.unit)
    )
    if reason is not None:
        missing_keys = [(indices.GROUP_INCIDENCE, group) for group in GROUP_NAMES]
        missing_keys += [(indices.EFFECTIVE_GROUPS_Q1, ""), (indices.EFFECTIVE_GROUPS_Q2, "")]
        return [missing_figure(frame, index, reason, support, group=group) for index, group in missing_keys]
    shares = divided(table.sum(axis=0), days.sum())
    parts = dict(zip(GROUP_NAMES, shares.tolist(), strict=True))
    results = _group_shares(frame, (table, days), shares.tolist(), support, unit, recall)
    if frequencies.independent:
        worth = Note.of(
            "independent_units",
            count=float(days.sum()),
            units=frequencies.unit,
            independent=frequencies.independent,
        )
        support = support.replace(notes=(*support.notes, worth))
    support = support.replace(parts=parts, notes=(*support.notes, DETECTIONS))
    return results + _effective(frame, table, support, unit)


def _absent_too(group: str, support: Support, recall: dict[str, float | None] | None) -> Support:
    """Add what may be said of a group that was not noticed."""
    if not support.effort_h:
        return support
    low = None if recall is None else recall.get(group)
    statement = absence(group, support.effort_h, low, one_detector=recall is not None)
    bound = statement.visits_per_hour_most
    parts = {} if bound is None else {VISITS_AT_MOST: bound}
    return support.replace(notes=(*support.notes, statement.note), parts=parts)


def _group_shares(
    frame: Frame,
    frequencies: tuple[FloatArray, FloatArray],
    values: list[float],
    support: Support,
    unit: str,
    recall: dict[str, float | None] | None,
) -> list[Result]:
    drawn = intervals.unit_intervals(
        incidence.group_incidence(*frequencies),
        frequencies[1].size,
        unit_name=unit,
        seed=frame.seed,
        replicates=frame.replicates,
        within=(0.0, 1.0),
    )
    group_intervals = drawn if len(drawn) > 1 else drawn * len(GROUP_NAMES)
    supports = [
        support if value else _absent_too(group, support, recall)
        for group, value in zip(GROUP_NAMES, values, strict=True)
    ]
    return [
        figure(frame, indices.GROUP_INCIDENCE, value, interval, group_support, group=group)
        for group, value, interval, group_support in zip(
            GROUP_NAMES, values, group_intervals, supports, strict=True
        )
    ]


def _effective(frame: Frame, table: FloatArray, support: Support, unit: str) -> list[Result]:
    """Effective number of groups of orders 1 and 2, whose intervals come from the same draws."""
    names = (indices.EFFECTIVE_GROUPS_Q1, indices.EFFECTIVE_GROUPS_Q2)
    statistic = incidence.effective_groups(table, (1.0, 2.0))
    values = statistic(np.ones((1, table.shape[0])))[0].tolist()
    if np.isnan(values[0]):
        return [
            missing_figure(frame, index, Reason.of("no_insect_on_watched_days"), support) for index in names
        ]
    drawn = intervals.unit_intervals(
        statistic,
        table.shape[0],
        unit_name=unit,
        seed=frame.seed,
        replicates=frame.replicates,
        within=(1.0, float(len(GROUP_NAMES))),
    )
    order_intervals = drawn if len(drawn) > 1 else drawn * len(names)
    return [
        figure(frame, index, value, interval, support)
        for index, value, interval in zip(names, values, order_intervals, strict=True)
    ]


def activity_figure(
    frame: Frame, visits: list[float], effort_h: float, support: Support, missing: Reason | None
) -> Result:
    """Sum of the visits counted, by group as parts; a window without effort has none, not zero."""
    index = indices.TOTAL_ACTIVITY
    reason = missing or (NO_HOURS if effort_h <= 0 else None)
    if reason:
        return missing_figure(frame, index, reason, support.replace(effort_h=effort_h))
    support = support.replace(effort_h=effort_h, parts=dict(zip(GROUP_NAMES, visits, strict=True)))
    return figure(frame, index, sum(visits), WITHOUT_INTERVAL, support)


def survey_figure(
    frame: Frame,
    rates: FloatArray,
    surveys: float,
    support: Support,
    *,
    unit: str,
    missing: Reason = NO_PEOPLE,
) -> Result:
    """Visits per ten-minute count, mean of the counting places or gardens, or why there is none."""
    index = indices.VISITS_PER_SURVEY
    counted = rates[~np.isnan(rates)]
    support = support.replace(n=counted.size, n_of=unit)
    if not counted.size:
        return missing_figure(frame, index, missing, support)
    interval = mean_interval(
        counted.tolist(),
        unit_name=unit,
        seed=frame.seed,
        replicates=frame.replicates,
        within=(0.0, np.inf),
    )
    parts: dict[str, float | None] = {TEN_MINUTE_COUNTS: surveys}
    return figure(frame, index, float(counted.mean()), interval, support.replace(parts=parts))


def place_rates(counters: Counters, days: slice) -> FloatArray:
    """Visits per ten-minute count by place of counting, shape (places,)."""
    visits = counters.visits[:, days].sum(axis=(1, 2))
    return people.visits_per_survey(visits, counters.surveys[:, days].sum(axis=1))


def other_class_notes(
    classes: dict[str, Comparability], node_class: Comparability | None
) -> tuple[Note, ...]:
    """Return a note on which nodes are of another comparability class and therefore not in the figure."""
    other_nodes = sorted(node for node, name in classes.items() if name != node_class)
    if not other_nodes:
        return ()
    return (Note.of("other_class", nodes=other_nodes),)
