"""The analyst's dashboard: figures with intervals, gardens of one class side by side, effort, methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards import frame, style
from sera_dashboards.garden import band, index_words, reason_words
from sera_dashboards.panels import drawn, targets
from sera_dashboards.panels.grid import Row
from sera_dashboards.panels.targets import target
from sera_dashboards.queries import figures
from sera_dashboards.queries.influxql import SELECTION, equal, in_variable, name
from sera_vocabulary import indices, series
from sera_words.dashboard_words import dashboard_words

if TYPE_CHECKING:
    from sera_dashboards.style import Json
    from sera_words.dashboard_words import DashboardWords

_GARDENS: Final = (
    equal(series.TAG_SCOPE, figures.GARDEN),
    in_variable(series.TAG_SCOPE_ID, "gardens"),
)
_COMMUNITY: Final = tuple(figures.scope(figures.COMMUNITY, SELECTION.community))
# What nodes of one class give, so that gardens can stand side by side.
_COMPARED: Final = (indices.VISITS_PER_HOUR, indices.PASSAGES_PER_HOUR)
_COMMUNITY_FIGURES: Final = (
    indices.VISITS_PER_HOUR,
    indices.EFFECTIVE_GROUPS_Q1,
    indices.EFFECTIVE_GROUPS_Q2,
    indices.RELATIVE_WETNESS,
)
# Hours of watching in a window: none, less than a figure needs, enough.
_EFFORT_STEPS: Final = style.steps(
    (None, style.LOOK_COLOUR), (20, style.WELL_COLOUR), (100, style.PLAIN_COLOUR)
)


def dashboard(words: DashboardWords | None = None) -> Json:
    """Make the analyst's dashboard; English by default."""
    w = words or dashboard_words()
    around = frame.Frame(
        frame.ANALYST,
        "analyst",
        "now-90d",
        [
            frame.source_variable(w),
            frame.community_variable(w),
            frame.period_variable(w),
            frame.class_variable(w),
            frame.gardens_of_class_variable(w),
        ],
        frame.marks(w, SELECTION, garden=False),
        frame.links(w, frame.GARDEN, frame.DISTRICTS),
    )
    first, second = _COMMUNITY_FIGURES[:2], _COMMUNITY_FIGURES[2:]
    rows = [
        Row(
            w.say("row.community_figures"),
            [
                [community_figure(w, index) for index in first],
                [community_figure(w, index) for index in second],
            ],
        ),
        Row(w.say("row.side_by_side"), [[side_by_side(w, index) for index in _COMPARED], [compared(w)]]),
        Row(w.say("row.effort"), [[effort_map(w)]], 10),
        Row(w.say("row.methods"), [[methods(w)]], 12),
    ]
    return frame.dashboard(around, w, rows)


def community_figure(words: DashboardWords, index: str) -> Json:
    """Show one figure of the community with its interval as a band."""
    return drawn.series(
        words.panel("analyst.community_figure", figure=_title(words, index)),
        style.index(index),
        [target(figures.banded(index, figures.PERIOD, _COMMUNITY), alias="$col")],
        overrides=band(words),
    )


def _title(words: DashboardWords, index: str) -> str:
    """Return the name of a figure as a panel's title begins."""
    name = words.figures.name(index)
    return name[:1].upper() + name[1:]


def side_by_side(words: DashboardWords, index: str) -> Json:
    """Show one figure of the gardens of a class."""
    query = figures.figure(index, figures.PERIOD, _GARDENS, [series.TAG_SCOPE_ID])
    return drawn.series(
        words.panel("analyst.side_by_side", figure=_title(words, index)),
        style.index(index),
        [target(query, alias=f"$tag_{series.TAG_SCOPE_ID}")],
    )


def compared(words: DashboardWords) -> Json:
    """Show the newest visits per hour of each garden of a class, with interval, effort and reason."""
    numbers = (figures.LOW, figures.HIGH, figures.EFFORT_H, "coverage", figures.UNITS)
    query = figures.newest(
        indices.VISITS_PER_HOUR,
        figures.PERIOD,
        _GARDENS,
        [series.TAG_SCOPE_ID],
        more=[*map(name, numbers), name(figures.UNITS_OF)],
    )
    order = [series.TAG_SCOPE_ID, figures.VALUE, *numbers, figures.UNITS_OF, figures.REASON, "Time"]
    headings = {field: words.column(field) for field in order if field not in ("Time", series.TAG_SCOPE_ID)}
    headings |= {series.TAG_SCOPE_ID: words.column("garden"), "Time": words.column("since")}
    reasons = reason_words(words)
    rate = style.index(indices.VISITS_PER_HOUR)
    return drawn.table(
        words.panel("analyst.compared"),
        targets.tables(query),
        [targets.columns(order, headings)],
        [
            *[
                style.column_style(headings[field], rate, custom__minWidth=130)
                for field in (figures.VALUE, figures.LOW, figures.HIGH)
            ],
            style.column_style(headings[figures.EFFORT_H], style.index(indices.EFFORT), custom__minWidth=110),
            style.column_style(headings["coverage"], style.PART),
            style.override(headings[figures.REASON], mappings=reasons),
            style.override(headings["Time"], unit="dateTimeAsLocal", custom__width=200),
            style.override(
                headings[series.TAG_SCOPE_ID],
                links=frame.cell_link(words.say("link.sera-garden"), frame.GARDEN, "garden"),
                custom__minWidth=130,
            ),
        ],
        sort=(headings[figures.VALUE], True),
    )


def effort_map(words: DashboardWords) -> Json:
    """Show where and when something watched: a row a garden, a cell a window."""
    query = figures.hours_watched(_GARDENS, figures.PERIOD, [series.TAG_SCOPE_ID])
    return drawn.states(
        words.panel("analyst.effort_map"),
        style.Quantity(style.index(indices.EFFORT).unit, 0),
        [target(query, alias=f"$tag_{series.TAG_SCOPE_ID}")],
        _EFFORT_STEPS,
    )


def methods(words: DashboardWords) -> Json:
    """Show by which method, in which version, each figure was made last."""
    query = figures.methods(figures.PERIOD, _COMMUNITY)
    order = [series.TAG_INDEX, figures.METHOD, figures.VERSION, "Time"]
    headings = {
        series.TAG_INDEX: words.column("figure"),
        figures.METHOD: words.column(figures.METHOD),
        figures.VERSION: words.column(figures.VERSION),
        "Time": words.column("since"),
    }
    ways = style.word_mapping({row.method: words.figures.method(row.method) for row in indices.INDICES})
    return drawn.table(
        words.panel("analyst.methods"),
        targets.tables(query),
        [targets.columns(order, headings)],
        [
            style.override(headings[series.TAG_INDEX], mappings=index_words(words), custom__minWidth=260),
            style.override(headings[figures.METHOD], mappings=ways, custom__minWidth=420),
            style.override(headings[figures.VERSION], custom__width=80),
            style.override(headings["Time"], unit="dateTimeAsLocal", custom__width=200),
        ],
    )
