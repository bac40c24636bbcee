"""The dashboard of districts: nodes and hours first, then how evenly watching is shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards import frame, style
from sera_dashboards.garden import index_words, reason_words
from sera_dashboards.panels import drawn, targets
from sera_dashboards.panels.grid import Row
from sera_dashboards.panels.targets import target
from sera_dashboards.queries import figures, status
from sera_dashboards.queries.influxql import SELECTION_WITHOUT_ZONE, equal, in_variable
from sera_vocabulary import indices, series
from sera_vocabulary import status_series as s
from sera_words.dashboard_words import dashboard_words

if TYPE_CHECKING:
    from sera_dashboards.style import Json
    from sera_words.dashboard_words import DashboardWords

# Of Gini and its like, from 0 to 1.
_MEASURE: Final = style.Quantity(style.unit_of("1"), 3)
_DISTRICTS: Final = (
    equal(series.TAG_SCOPE, figures.DISTRICT),
    in_variable(series.TAG_SCOPE_ID, "districts"),
)


def dashboard(words: DashboardWords | None = None) -> Json:
    """Make the dashboard of districts; English by default."""
    w = words or dashboard_words()
    around = frame.Frame(
        frame.DISTRICTS,
        "districts",
        "now-1y",
        [
            frame.source_variable(w),
            frame.community_variable(w),
            frame.period_variable(w),
            frame.districts_variable(w),
        ],
        (),
        frame.links(w, frame.ANALYST, frame.OPERATIONS),
    )
    rows = [
        Row(w.say("row.by_district"), [[districts(w)], [hours_a_thousand(w)]], 9),
        Row(w.say("row.sharing"), [[lorenz(w), inequality(w)]], 11),
    ]
    return frame.dashboard(around, w, rows)


def districts(words: DashboardWords) -> Json:
    """Show nodes and hours a thousand residents of each registered district; too small ones say so."""
    figure_names = (indices.NODES, indices.EFFORT_A_THOUSAND)
    queries = [
        status.expected(figures.DISTRICT, [s.RESIDENTS], SELECTION_WITHOUT_ZONE),
        *[
            figures.newest(
                index,
                figures.PERIOD,
                _DISTRICTS,
                [series.TAG_SCOPE_ID],
                heading=index,
                reason=f"{index}_reason",
            )
            for index in figure_names
        ],
    ]
    reason = f"{indices.NODES}_reason"
    order = [series.TAG_SCOPE_ID, s.RESIDENTS, *figure_names, reason]
    headings = {index: words.figures.name(index) for index in figure_names} | {
        series.TAG_SCOPE_ID: words.column("district"),
        s.RESIDENTS: words.column(s.RESIDENTS),
        reason: words.column(figures.REASON),
    }
    hidden = ["Time", s.EXPECTED, f"{indices.EFFORT_A_THOUSAND}_reason"]
    joined_of = [s.PLACES, *[series.INDEX] * len(figure_names)]
    return drawn.table(
        words.panel("districts.districts"),
        targets.tables(*queries),
        [targets.joined(series.TAG_SCOPE_ID), targets.columns(order, headings, hidden, joined_of=joined_of)],
        [
            style.column_style(headings[s.RESIDENTS], style.COUNT),
            style.column_style(headings[indices.NODES], style.COUNT),
            style.column_style(
                headings[indices.EFFORT_A_THOUSAND],
                style.index(indices.EFFORT_A_THOUSAND),
                custom__minWidth=340,
            ),
            style.override(headings[reason], mappings=reason_words(words)),
        ],
        sort=(headings[indices.EFFORT_A_THOUSAND], True),
    )


def hours_a_thousand(words: DashboardWords) -> Json:
    """Show hours of watching for each thousand residents, window by window."""
    index = indices.EFFORT_A_THOUSAND
    query = figures.figure(index, figures.PERIOD, _DISTRICTS, [series.TAG_SCOPE_ID])
    return drawn.series(
        words.panel("districts.hours_a_thousand"),
        style.index(index),
        [target(query, alias=f"$tag_{series.TAG_SCOPE_ID}")],
    )


def lorenz(words: DashboardWords) -> Json:
    """Show which share of the watching the least watched share of residents has."""
    names = {
        s.EFFORT_SHARE: (words.column(s.EFFORT_SHARE), style.PLAIN_COLOUR),
        s.EVEN_SHARE: (words.column(s.EVEN_SHARE), style.EFFORT_COLOUR),
    }
    return drawn.curve(
        words.panel("districts.lorenz"),
        style.PART,
        targets.tables(status.lorenz(figures.PERIOD)),
        s.RESIDENTS_SHARE,
        list(names),
        overrides=[
            style.override(field, displayName=name, color=style.fixed(colour))
            for field, (name, colour) in names.items()
        ],
    )


def inequality(words: DashboardWords) -> Json:
    """Show measures of how unevenly watching is shared out, beside what chance alone would do."""
    order = [series.TAG_INDEX, s.VALUE, s.CHANCE_LOW, s.CHANCE_HIGH]
    headings = {
        series.TAG_INDEX: words.column("figure"),
        s.VALUE: words.column(s.VALUE),
        s.CHANCE_LOW: words.column(s.CHANCE_LOW),
        s.CHANCE_HIGH: words.column(s.CHANCE_HIGH),
    }
    return drawn.table(
        words.panel("districts.inequality"),
        targets.tables(status.sharing(figures.PERIOD)),
        [targets.columns(order, headings, ["Time"])],
        [
            style.override(headings[series.TAG_INDEX], mappings=index_words(words), custom__minWidth=280),
            *[
                style.column_style(headings[field], _MEASURE)
                for field in (s.VALUE, s.CHANCE_LOW, s.CHANCE_HIGH)
            ],
        ],
    )
