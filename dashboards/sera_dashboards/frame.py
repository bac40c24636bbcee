"""What dashboards share: variables, annotations, links down the hierarchy, the frame around all panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_dashboards.panels.grid import arrange
from sera_dashboards.panels.targets import SOURCE_VARIABLE, target
from sera_dashboards.queries import influxql, readings, status
from sera_dashboards.style import EFFORT_COLOUR, PLAIN_COLOUR, SECOND_COLOUR, Json
from sera_vocabulary import series, status_series
from sera_vocabulary.measurements import GARDEN_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_dashboards.panels.grid import Row
    from sera_dashboards.queries.influxql import Place
    from sera_words.dashboard_words import DashboardWords

SCHEMA_VERSION: Final = 42
# Nodes send every quarter of an hour: nothing new is there sooner.
REFRESH: Final = "5m"
TAG: Final = "sera"
# Of panels that say how things stand now: the gateway writes each hour, so that older points are of what was.
# How often the gateway writes of itself, and of all else.
STEP: Final = "5m"
HOURLY: Final = "1h"
NOW: Final[Json] = {"timeFrom": "2h", "hideTimeOverride": True}
ZONES: Final = ("Europe/Berlin", "Europe/London", "UTC")
PERIODS: Final = ("week", "month", "season", "span")
COMMUNITY, GARDEN, ANALYST, OPERATIONS, DISTRICTS = (
    "sera-community", "sera-garden", "sera-analyst", "sera-operations", "sera-districts",
)  # fmt: skip


class Frame(NamedTuple):
    """What stands around the panels of a dashboard.

    Parameters
    ----------
    uid
        By which Grafana knows it, for ever.
    words_id
        Where its title and description stand in the catalogue.
    time_from
        How far it looks back, as `now-14d`.
    variables, annotations, links
        Made by the functions of this module.
    """

    uid: str
    words_id: str
    time_from: str
    variables: Sequence[Json] = ()
    annotations: Sequence[Json] = ()
    links: Sequence[Json] = ()
    refresh: str = REFRESH


def dashboard(frame: Frame, words: DashboardWords, rows: Sequence[Row], **title: str) -> Json:
    """Put panels into their frame; `title` fills the places of title and description."""
    return {
        "uid": frame.uid,
        "title": words.say(f"{frame.words_id}.title", **title),
        "description": words.say(f"{frame.words_id}.description", **title),
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": frame.time_from, "to": "now"},
        "timezone": "browser",
        "weekStart": "monday",
        "refresh": frame.refresh,
        "templating": {"list": list(frame.variables)},
        "annotations": {"list": list(frame.annotations)},
        "links": list(frame.links),
        "panels": arrange(rows),
    }


def source_variable(words: DashboardWords) -> Json:
    """Return the variable that chooses the data source."""
    return {
        "name": "datasource", "label": words.say("variable.datasource"), "type": "datasource",
        "query": "influxdb",
    }  # fmt: skip


def community_variable(words: DashboardWords) -> Json:
    """Return the variable that chooses a community, of those that are registered."""
    query = influxql.tag_values(series.TAG_COMMUNITY, status_series.PLACES)
    return _query_variable("community", words.say("variable.community"), query)


def garden_variable(words: DashboardWords) -> Json:
    """Return the variable that chooses a garden of the community, of those that are registered."""
    return _query_variable("garden", words.say("variable.garden"), _places_of("garden"))


def gardens_of_class_variable(words: DashboardWords) -> Json:
    """Return the variable that chooses gardens with a detector of the chosen class, all at first."""
    where = [
        influxql.equal(series.TAG_COMMUNITY, influxql.SELECTION.community),
        influxql.equal(status_series.TAG_CLASS, "${class}"),
    ]
    query = influxql.tag_values(series.TAG_GARDEN, status_series.CLASSES, where)
    return {**_query_variable("gardens", words.say("variable.gardens"), query), **_SEVERAL}


def districts_variable(words: DashboardWords) -> Json:
    """Return the variable that chooses districts of the community, all at first."""
    return {
        **_query_variable("districts", words.say("variable.districts"), _places_of("district")),
        **_SEVERAL,
    }


def class_variable(words: DashboardWords) -> Json:
    """Return the variable that chooses a comparability class: nothing is compared beyond it."""
    where = [influxql.equal(series.TAG_COMMUNITY, influxql.SELECTION.community)]
    query = influxql.tag_values(status_series.TAG_CLASS, status_series.CLASSES, where)
    return _query_variable("class", words.say("variable.class"), query)


def zone_variable(words: DashboardWords, zones: Sequence[str] = ZONES) -> Json:
    """Return the variable that chooses the garden's time zone; the first is chosen at first."""
    return choice_variable("zone", words.say("variable.zone"), dict(zip(zones, zones, strict=True)))


def period_variable(words: DashboardWords) -> Json:
    """Return the variable that chooses over which windows figures are."""
    options = {words.say(f"period.{period}"): period for period in PERIODS}
    return choice_variable("period", words.say("variable.period"), options)


def choice_variable(variable: str, label: str, options: dict[str, str]) -> Json:
    """Return a variable that chooses among texts, each with its value; the first is chosen at first."""
    listed = [
        {"text": text, "value": value, "selected": index == 0}
        for index, (text, value) in enumerate(options.items())
    ]
    query = ",".join([value if text == value else f"{text} : {value}" for text, value in options.items()])
    return {
        "name": variable, "label": label, "type": "custom", "query": query, "current": listed[0],
        "options": listed, "multi": False, "includeAll": False,
    }  # fmt: skip


_SEVERAL: Final = {"multi": True, "includeAll": True, "current": {"text": ["All"], "value": ["$__all"]}}


def _places_of(kind: str) -> str:
    where = [
        influxql.equal(series.TAG_COMMUNITY, influxql.SELECTION.community),
        influxql.equal(series.TAG_SCOPE, kind),
    ]
    return influxql.tag_values(series.TAG_SCOPE_ID, status_series.PLACES, where)


def _query_variable(variable: str, label: str, query: str) -> Json:
    return {
        "name": variable, "label": label, "type": "query", "query": query, "definition": query,
        "datasource": SOURCE_VARIABLE, "refresh": 2, "sort": 1, "multi": False, "includeAll": False,
    }  # fmt: skip


def marks(words: DashboardWords, place: Place, *, garden: bool) -> list[Json]:
    """Mark releases and calibrations, and in a garden what was done there; never a story, never a place."""
    kinds = {status_series.RELEASE: EFFORT_COLOUR, status_series.CALIBRATION: SECOND_COLOUR}
    variables = [
        _annotation(
            words.say(f"annotation.{kind}"),
            status.events(kind, place, garden=garden and kind != status_series.RELEASE),
            colour,
            status_series.TEXT,
        )
        for kind, colour in kinds.items()
    ]
    if garden:
        variables += [
            _annotation(words.say(f"action.{action}"), readings.actions(number, place), PLAIN_COLOUR)
            for number, action in enumerate(GARDEN_ACTIONS)
        ]
    return variables


def _annotation(name: str, query: str, colour: str, text: str = "") -> Json:
    request = target(query, ref="Anno")
    return {
        "name": name, "datasource": SOURCE_VARIABLE, "enable": True, "hide": False, "iconColor": colour,
        "target": {**request, "textEditor": True, "textColumn": text, "tagsColumn": ""},
    }  # fmt: skip


def links(words: DashboardWords, *uids: str) -> list[Json]:
    """Link to other dashboards, with the same time range and choices."""
    return [
        {
            "type": "link", "title": words.say(f"link.{uid}"), "url": f"/d/{uid}", "icon": "dashboard",
            "tooltip": "", "tags": [], "asDropdown": False, "targetBlank": False, "keepTime": True,
            "includeVars": True,
        }
        for uid in uids
    ]  # fmt: skip


def cell_link(title: str, uid: str, variable: str) -> list[Json]:
    """Link a cell of a table to the dashboard about what stands there."""
    choices = "${datasource:queryparam}&${community:queryparam}&${__url_time_range}"
    url = f"/d/{uid}?var-{variable}=${{__value.raw}}&{choices}"
    return [{"title": title, "url": url, "targetBlank": False}]
