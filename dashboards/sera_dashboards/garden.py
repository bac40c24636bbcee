"""The garden dashboard: what nodes of one garden measured and noticed, and how far it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_dashboards import frame, style
from sera_dashboards.panels import drawn, targets
from sera_dashboards.panels.grid import Row
from sera_dashboards.panels.targets import target
from sera_dashboards.queries import figures, readings, status
from sera_dashboards.queries.influxql import SELECTION
from sera_vocabulary import figure_codes, indices, series, status_series
from sera_vocabulary import measurements as m
from sera_words.dashboard_words import dashboard_words
from sera_words.statements import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_dashboards.style import Json
    from sera_words.dashboard_words import DashboardWords

THIS_GARDEN: Final = tuple(figures.scope(figures.GARDEN, SELECTION.garden))
_NODE_ALIAS: Final = "$tag_node"
_PROBE_ALIAS: Final = "$tag_node $tag_probe $tag_depth"


def dashboard(words: DashboardWords | None = None, zones: Sequence[str] = frame.ZONES) -> Json:
    """Make the garden dashboard.

    Parameters
    ----------
    words
        Texts; English by default.
    zones
        IANA time zones to choose from; days on the dashboard are local to the chosen one.
    """
    w = words or dashboard_words()
    around = frame.Frame(
        frame.GARDEN,
        "garden",
        "now-14d",
        [
            frame.source_variable(w),
            frame.community_variable(w),
            frame.garden_variable(w),
            frame.zone_variable(w, zones),
            frame.period_variable(w),
        ],
        frame.marks(w, SELECTION, garden=True),
        frame.links(w, frame.ANALYST, frame.OPERATIONS),
    )
    rows = [
        Row(w.say("row.soil"), [[soil_moisture(w), soil_temperature(w)]], 9),
        Row(w.say("row.air"), [[air(w, name) for name in _AIR]]),
        Row(w.say("row.visits"), [[visit_rate(w), visits_by_hour(w)], [visits_by_day(w), passages(w)]], 9),
        Row(w.say("row.watching"), [[hours_watched(w), missing_figures(w)]]),
        Row(w.say("row.figures"), [[banded(w, name) for name in _FIGURES]]),
        Row(w.say("row.quality"), [[doubted_share(w), nodes(w)]]),
        Row(w.say("row.nodes"), [[node_fact(w, *fact) for fact in _NODE_FACTS]]),
    ]
    return frame.dashboard(around, w, rows)


_AIR: Final = (m.AIR_TEMPERATURE, m.AIR_HUMIDITY, m.ILLUMINANCE)
_NODE_FACTS: Final = (
    ("garden.battery", status_series.BATTERY_V, style.fact(status_series.BATTERY_V)),
    ("garden.queue_age", status_series.QUEUE_AGE_S, style.SECONDS),
    ("garden.signal", status_series.SIGNAL_DBM, style.fact(status_series.SIGNAL_DBM)),
)
_FIGURES: Final = (indices.EFFECTIVE_GROUPS_Q1, indices.PASSAGES_PER_HOUR, indices.RELATIVE_WETNESS)


def soil_moisture(words: DashboardWords) -> Json:
    """Show soil moisture by probe and depth, between the limits of its water."""
    limits = target(readings.water_limits(), ref="B", alias="$col")
    dashes = {"custom__lineStyle": {"fill": "dash", "dash": [10, 10]}, "custom__spanNulls": True}
    names = {
        status_series.WILTING_POINT: (words.column("wilting_point"), style.URGENT_COLOUR),
        status_series.FIELD_CAPACITY: (words.column("field_capacity"), style.PLAIN_COLOUR),
    }
    return drawn.series(
        words.panel("garden.soil_moisture"),
        style.measurement(m.SOIL_MOISTURE),
        [target(readings.soil(m.SOIL_MOISTURE), alias=_PROBE_ALIAS), limits],
        overrides=[
            style.override(field, displayName=name, color=style.fixed(colour), **dashes)
            for field, (name, colour) in names.items()
        ],
    )


def soil_temperature(words: DashboardWords) -> Json:
    """Show soil temperature by probe and depth."""
    return drawn.series(
        words.panel("garden.soil_temperature"),
        style.measurement(m.SOIL_TEMPERATURE),
        [target(readings.soil(m.SOIL_TEMPERATURE), alias=_PROBE_ALIAS)],
    )


def air(words: DashboardWords, measurement: str) -> Json:
    """Show one quantity of the air by node."""
    return drawn.series(
        words.panel(f"garden.{measurement}"),
        style.measurement(measurement),
        [target(readings.air(measurement), alias=_NODE_ALIAS)],
    )


def visit_rate(words: DashboardWords) -> Json:
    """Show visits per hour with their interval, over the hours of watching that they rest on."""
    query = figures.banded(indices.VISITS_PER_HOUR, figures.PERIOD, THIS_GARDEN, effort=True)
    effort = style.column_style(
        figures.EFFORT_H,
        style.index(indices.EFFORT),
        displayName=words.column("effort_h"),
        color=style.fixed(style.EFFORT_COLOUR),
        custom__drawStyle="line",
        custom__lineInterpolation="stepAfter",
        custom__fillOpacity=35,
        custom__lineWidth=0,
        custom__axisPlacement="right",
        custom__showPoints="never",
    )
    return drawn.series(
        words.panel("garden.visit_rate"),
        style.index(indices.VISITS_PER_HOUR),
        [target(query, alias="$col")],
        overrides=[*band(words), effort],
    )


def visits_by_hour(words: DashboardWords) -> Json:
    """Show activity hour by hour, by insect group."""
    return _visits(words, "garden.visits_by_hour", readings.visits_by_hour(), interval=frame.HOURLY)


def visits_by_day(words: DashboardWords) -> Json:
    """Show visits day by day, by insect group."""
    return _visits(words, "garden.visits_by_day", readings.visits_by_day())


def _visits(words: DashboardWords, text: str, query: str, **more: Any) -> Json:
    return drawn.series(
        words.panel(text),
        style.COUNT,
        [target(query, alias=f"$tag_{series.TAG_GROUP}")],
        custom=style.bar_style(stacked=True),
        summary=style.TOTAL,
        overrides=groups(words),
        **more,
    )


def groups(words: DashboardWords) -> list[Json]:
    """Name insect groups in words, each in the colour that it has in murals too."""
    return [
        style.override(group, displayName=words.figures.name(group), color=style.fixed(colour))
        for group, colour in style.GROUP_COLOURS.items()
    ]


def passages(words: DashboardWords) -> Json:
    """Show how often something passed a beam."""
    return drawn.series(
        words.panel("garden.passages"),
        style.measurement(m.PASSAGES),
        [target(readings.passages_by_day(), alias=_NODE_ALIAS)],
        custom=style.bar_style(stacked=False),
        summary=style.TOTAL,
    )


def hours_watched(words: DashboardWords) -> Json:
    """Show hours of watching day by day."""
    return drawn.series(
        words.panel("garden.hours_watched"),
        style.index(indices.EFFORT),
        [target(figures.hours_watched(THIS_GARDEN), alias=words.column("effort_h"))],
        custom=style.bar_style(stacked=False),
        summary=style.TOTAL,
        overrides=[style.override(words.column("effort_h"), color=style.fixed(style.EFFORT_COLOUR))],
    )


def banded(words: DashboardWords, index: str) -> Json:
    """Show one figure with its interval as a band."""
    query = figures.banded(index, figures.PERIOD, THIS_GARDEN)
    return drawn.series(
        words.panel(f"garden.{index}"),
        style.index(index),
        [target(query, alias="$col")],
        overrides=band(words),
    )


def band(words: DashboardWords) -> list[Json]:
    """Draw an interval as a band and its value as points; what has no value leaves none."""
    return [
        *style.band((figures.LOW, words.column("low")), (figures.HIGH, words.column("interval"))),
        style.override(
            figures.VALUE,
            displayName=words.column("value"),
            color=style.fixed(style.PLAIN_COLOUR),
            custom__showPoints="always",
            custom__pointSize=7,
        ),
    ]


def missing_figures(words: DashboardWords) -> Json:
    """Show what cannot be said yet, and why."""
    headings = {
        series.TAG_INDEX: words.column("figure"),
        figures.REASON: words.column("reason"),
        "Time": words.column("since"),
    }
    return drawn.table(
        words.panel("garden.missing_figures"),
        targets.tables(figures.missing(figures.PERIOD, THIS_GARDEN)),
        [
            targets.without_empty(figures.REASON),
            targets.columns([series.TAG_INDEX, figures.REASON, "Time"], headings),
        ],
        [
            style.override(headings[series.TAG_INDEX], mappings=index_words(words), custom__minWidth=200),
            style.override(headings[figures.REASON], mappings=reason_words(words), custom__minWidth=320),
            style.override(headings["Time"], unit="dateTimeAsLocal", custom__width=200),
        ],
    )


def index_words(words: DashboardWords) -> list[Json]:
    """Name figures in words."""
    return style.word_mapping({row.name: words.figures.name(row.name) for row in indices.INDICES})


def reason_words(words: DashboardWords) -> list[Json]:
    """Write the sentence of each reason, with dots in the places of its numbers."""
    return style.word_mapping({code: words.figures.outline(Reason, code) for code in figure_codes.REASONS})


def doubted_share(words: DashboardWords) -> Json:
    """Show which share of the soil's values the checks doubt."""
    share = words.column("doubted_share")
    doubted, checked = readings.doubted_by_day(m.SOIL_MOISTURE), readings.checked_by_day(m.SOIL_MOISTURE)
    return drawn.series(
        words.panel("garden.doubted_share"),
        style.PART,
        [target(doubted, ref="A", alias="doubted"), target(checked, ref="B", alias="all")],
        custom=style.bar_style(stacked=False),
        summary=style.MEAN,
        overrides=[style.override(share, color=style.fixed(style.PLAIN_COLOUR))],
        transformations=[targets.joined_by_time(), targets.divided("doubted", "all", share)],
    )


def nodes(words: DashboardWords) -> Json:
    """Show the garden's expected nodes, the silent ones too."""
    fields = (status_series.HEARD_MS, status_series.BATTERY_V, status_series.MISSING)
    order = [series.TAG_NODE, status_series.SEVERITY, *fields]
    headings = {name: words.column(name) for name in order}
    return drawn.table(
        words.panel("garden.nodes"),
        targets.tables(status.garden_fleet(fields, SELECTION)),
        [targets.columns(order, headings, ["Time"])],
        [
            severity_column(words),
            moment_column(words),
            style.override(headings[series.TAG_NODE], custom__minWidth=140),
            style.column_style(words.column(status_series.BATTERY_V), style.fact(status_series.BATTERY_V)),
        ],
        sort=(words.column(status_series.SEVERITY), True),
        **frame.NOW,
    )


def node_fact(words: DashboardWords, text: str, fact: str, quantity: style.Quantity) -> Json:
    """Show one fact of each node of the garden, a line a node."""
    return drawn.series(
        words.panel(text),
        quantity,
        [target(status.garden_fleet_over_time(fact, SELECTION), alias=_NODE_ALIAS)],
        interval=frame.HOURLY,
    )


def severity_column(words: DashboardWords) -> Json:
    """Show how bad it is as a coloured word."""
    rows = {
        str(severity): (words.say(f"severity.{severity}"), colour)
        for severity, colour in {**style.SEVERITY_COLOURS, 1: style.WELL_COLOUR}.items()
    }
    return style.override(
        words.column(status_series.SEVERITY),
        mappings=style.coloured_words(rows),
        custom__cellOptions={"type": "color-background", "mode": "basic"},
        custom__width=110,
    )


def moment_column(words: DashboardWords) -> Json:
    """Show when a node was heard, from now."""
    return style.override(words.column(status_series.HEARD_MS), unit=style.MOMENT, custom__minWidth=140)
