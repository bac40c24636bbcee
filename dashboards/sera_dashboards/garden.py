"""The garden dashboard: soil, air, visits beside effort, figures with intervals, and the health of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards import panels, queries, style
from sera_dashboards.queries import AMOUNTS_DAY, COMMUNITY, DAY, GARDEN, INTERVAL, PERIOD, equal, name, select
from sera_vocabulary import figure_codes, indices, series
from sera_vocabulary import measurements as m
from sera_words.statements import Reason
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_dashboards.style import Json

UID: Final = "sera-garden"
ZONES: Final = ("Europe/Berlin", "Europe/London", "UTC")
_PERIODS: Final = ("week", "month", "season", "span")
_GARDEN: Final = (equal(series.TAG_COMMUNITY, COMMUNITY), equal(series.TAG_GARDEN, GARDEN))
_NODE: Final = (series.TAG_NODE,)
_PROBE: Final = (series.TAG_NODE, series.TAG_PROBE)
_SUSPECT: Final = 3


def variables(zones: Sequence[str] = ZONES) -> list[Json]:
    """Make the dashboard's variables; the first time zone is the one chosen at first."""
    garden_where = equal(series.TAG_COMMUNITY, COMMUNITY)
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "influxdb"},
        _query_variable(series.TAG_COMMUNITY, "Community", queries.tag_values(series.TAG_COMMUNITY)),
        _query_variable(series.TAG_GARDEN, "Garden", queries.tag_values(series.TAG_GARDEN, garden_where)),
        _custom_variable("zone", "Time zone of the garden", zones),
        _custom_variable("period", "Figures by", _PERIODS),
    ]


def _query_variable(variable: str, label: str, query: str) -> Json:
    return {
        "name": variable, "label": label, "type": "query", "query": query, "datasource": panels.DATASOURCE,
        "refresh": 2, "sort": 1, "multi": False, "includeAll": False,
    }  # fmt: skip


def _custom_variable(variable: str, label: str, options: Sequence[str]) -> Json:
    selection = {"text": options[0], "value": options[0], "selected": True}
    return {
        "name": variable, "label": label, "type": "custom", "query": ",".join(options), "current": selection,
        "options": [{"text": o, "value": o, "selected": o == options[0]} for o in options],
        "multi": False, "includeAll": False,
    }  # fmt: skip


def _mean(measurement: str, source: str, tags: Sequence[str]) -> str:
    return select([f"mean({name(measurement)})"], [source], _GARDEN, tags, INTERVAL)


def _soil() -> list[list[Json]]:
    probes = "$tag_node probe $tag_probe"
    moisture = panels.series(
        "Soil moisture",
        "Share of the soil's volume that is water, calibrated; one line a probe. A break is a gap.",
        style.measurement_unit(m.SOIL_MOISTURE),
        [panels.target(_mean(m.SOIL_MOISTURE, series.SOIL, _PROBE), alias=probes)],
        lowest=0,
    )
    warmth = panels.series(
        "Soil temperature",
        "As the probe said it; one line a probe.",
        style.measurement_unit(m.SOIL_TEMPERATURE),
        [panels.target(_mean(m.SOIL_TEMPERATURE, series.SOIL, _PROBE), alias=probes)],
    )
    return [[moisture, warmth]]


def _air() -> list[list[Json]]:
    temperature = panels.target(_mean(m.AIR_TEMPERATURE, series.AIR, _NODE), alias="$tag_node")
    humidity = panels.target(_mean(m.AIR_HUMIDITY, series.AIR, _NODE), alias="$tag_node")
    light = panels.target(_mean(m.ILLUMINANCE, series.AIR, _NODE), alias="$tag_node")
    return [
        [
            panels.series(
                "Air temperature",
                "Mean of each window; one line a node.",
                style.measurement_unit(m.AIR_TEMPERATURE),
                [temperature],
            ),
            panels.series(
                "Air humidity",
                "Relative humidity; one line a node.",
                style.measurement_unit(m.AIR_HUMIDITY),
                [humidity],
                lowest=0,
            ),
            panels.series(
                "Light",
                "Illuminance; one line a node.",
                style.measurement_unit(m.ILLUMINANCE),
                [light],
                lowest=0,
            ),
        ]
    ]


def _visits() -> list[list[Json]]:
    passages = select([f"sum({name(m.PASSAGES)})"], [series.VISITS], _GARDEN, _NODE, AMOUNTS_DAY)
    counts = select(
        [f"sum({name(series.FIELD_COUNT)})"], [series.COUNTS], _GARDEN, [series.TAG_GROUP], AMOUNTS_DAY
    )
    colours = [
        style.override(group, color={"mode": "fixed", "fixedColor": colour})
        for group, colour in style.GROUP_COLOURS.items()
    ]
    return [
        [
            panels.series(
                "Insect visits by group and day",
                "Visits that cameras and people counted. A visit is not an animal and a group is no species. "
                "Read it beside the hours watched: a day without a bar was not watched.",
                style.unit_of("1"),
                [panels.target(counts, alias="$tag_group")],
                custom=style.bar_style(stacked=True),
                overrides=colours,
                lowest=0,
            ),
            panels.series(
                "Hours watched by day",
                "The figure of each day: hours that cameras, beams and people watched, no node longer than "
                "the clock ran. No bar: nothing watches here, or the day has not been analysed yet.",
                style.index_unit(indices.EFFORT),
                [panels.target(_effort_hours(), alias="hours")],
                custom=style.bar_style(stacked=False),
                lowest=0,
            ),
            panels.series(
                "Passages by day",
                "How often something passed a beam; a beam names no groups. Never added to visits.",
                style.measurement_unit(m.PASSAGES),
                [panels.target(passages, alias="$tag_node")],
                custom=style.bar_style(stacked=False),
                lowest=0,
            ),
        ]
    ]


def _effort_hours() -> str:
    """Select each day's figure, and no sum of `awake_s`: what nodes claim is not yet bounded by time."""
    where = [*_scope("day"), equal(series.TAG_INDEX, indices.EFFORT)]
    return select([name("value")], [series.INDEX], where)


def _figures() -> list[list[Json]]:
    figures = (
        (indices.VISITS_PER_HOUR, "Visits per hour", "Of a standard day in flight weather, from cameras."),
        (indices.PASSAGES_PER_HOUR, "Passages per hour", "Of a standard day in flight weather, from beams."),
        (
            indices.EFFECTIVE_GROUPS_Q1,
            "Effective number of insect groups",
            "Of ten groups, from cameras and people only; nothing follows from it about species.",
        ),
        (
            indices.RELATIVE_WETNESS,
            "Relative wetness",
            "0 is the driest and 1 the wettest this probe has known; not comparable between soils.",
        ),
    )
    drawn = [_banded(*row) for row in figures]
    return [drawn[:2], drawn[2:], [_refusals()]]


def _banded(index: str, title: str, description: str) -> Json:
    """Make a panel of one figure with its interval as a band; what is refused leaves no point."""
    where = [*_scope(), equal(series.TAG_INDEX, index)]
    query = select([name("value"), name("low"), name("high")], [series.INDEX], where, [series.TAG_TARGET])
    ends = {"custom__lineWidth": 0, "custom__showPoints": "never"}
    band = [
        style.override("low", **ends),
        style.override("high", **ends, custom__fillBelowTo="low", custom__fillOpacity=25),
        style.override("value", custom__showPoints="always", custom__pointSize=7),
    ]
    return panels.series(
        title,
        f"{description} The band is its 95 % interval; a period without a point was refused, see below.",
        style.index_unit(index),
        [panels.target(query, alias="$col")],
        overrides=band,
        lowest=0,
    )


def _scope(period: str = PERIOD) -> list[str]:
    return [
        equal(series.TAG_SCOPE, "garden"),
        equal(series.TAG_SCOPE_ID, GARDEN),
        equal(series.TAG_PERIOD, period),
    ]


def _refusals() -> Json:
    query = select(
        [f"last({name('reason')}) AS {name('reason')}"], [series.INDEX], _scope(), [series.TAG_INDEX]
    )
    return panels.table(
        "What cannot be said yet",
        "The latest refusal of each figure; its numbers are in the field reason_arguments, and on the page.",
        "string",
        query,
        words={code: words().outline(Reason, code) for code in figure_codes.REASONS},
    )


def _nodes() -> list[list[Json]]:
    voltage = _mean(m.BATTERY_VOLTAGE, series.HEALTH, _NODE)
    signal = _mean(m.SIGNAL_STRENGTH, series.HEALTH, _NODE)
    waiting = _mean(m.QUEUE_LENGTH, series.HEALTH, _NODE)
    return [
        [
            panels.series(
                "Battery",
                "Voltage; one line a node.",
                style.measurement_unit(m.BATTERY_VOLTAGE),
                [panels.target(voltage, alias="$tag_node")],
            ),
            panels.series(
                "Signal",
                "Strength of the radio signal; nearer to 0 is stronger.",
                style.measurement_unit(m.SIGNAL_STRENGTH),
                [panels.target(signal, alias="$tag_node")],
            ),
            panels.series(
                "Records waiting on the node",
                "Kept on flash until they have arrived; a line that climbs is a node without a broker.",
                style.measurement_unit(m.QUEUE_LENGTH),
                [panels.target(waiting, alias="$tag_node")],
                lowest=0,
            ),
        ],
        [_silence(), _flagged()],
    ]


def _silence() -> Json:
    """Make the table of last signs of life; a node that is silent has no series at all in other panels."""
    voltage = f"last({name(m.BATTERY_VOLTAGE)}) AS {name('battery')}"
    return panels.table(
        "Last sign of life of each node",
        "Over the last 365 days, whatever range the dashboard shows, so that a silent node is still "
        "listed. A node that is not here has not sent for a year.",
        style.measurement_unit(m.BATTERY_VOLTAGE),
        select([voltage], [series.HEALTH], _GARDEN, _NODE),
        overrides=[style.override("Time", unit="dateTimeFromNow", displayName="last record")],
        time_from="365d",
    )


def _flagged() -> Json:
    """Make the panel of the share of values that the checks doubt."""
    flag = m.SOIL_MOISTURE + series.FLAG_SUFFIX
    count = f"count({name(flag)})"
    doubted = select([count], [series.SOIL], [*_GARDEN, f"{name(flag)} >= {_SUSPECT}"], (), DAY)
    every = select([count], [series.SOIL], _GARDEN, (), DAY)
    share = [
        {"id": "joinByField", "options": {"byField": "Time", "mode": "outer"}},
        {
            "id": "calculateField",
            "options": {
                "mode": "binary",
                "alias": "share doubted",
                "binary": {"left": "doubted", "operator": "/", "right": "all"},
                "replaceFields": True,
            },
        },
    ]
    return panels.series(
        "Share of soil moisture values that the checks doubt",
        "Values flagged suspect (3), failed (4) or missing (9) of all of a day. A flag changes no value. "
        "A day without a bar had none to doubt, or none at all: see the soil panels.",
        "percentunit",
        [panels.target(doubted, ref="A", alias="doubted"), panels.target(every, ref="B", alias="all")],
        custom=style.bar_style(stacked=False),
        lowest=0,
        transformations=share,
    )


def dashboard(zones: Sequence[str] = ZONES) -> Json:
    """Make the garden dashboard as classic dashboard JSON.

    Parameters
    ----------
    zones
        IANA time zones to choose from; days on the dashboard are local to the chosen one.
    """
    rows = (
        ("Soil", _soil(), 8),
        ("Air", _air(), 8),
        ("Visits beside effort", _visits(), 9),
        ("Figures with their intervals", _figures(), 8),
        ("Nodes", _nodes(), 8),
    )
    return {
        "uid": UID,
        "title": "Sera: a garden",
        "description": "What the nodes of one garden measured and noticed, and how far it can be trusted.",
        "tags": ["sera"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-14d", "to": "now"},
        "timezone": "browser",
        "refresh": "5m",
        "templating": {"list": variables(zones)},
        "annotations": {"list": []},
        "links": [],
        "panels": panels.arrange(rows),
    }
