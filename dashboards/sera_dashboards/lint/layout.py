"""Rules of panels: texts, units, legends, numbers, the grid, identity and refresh of the dashboard."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Final

from sera_dashboards.frame import SCHEMA_VERSION
from sera_dashboards.lint.reading import drawn
from sera_dashboards.panels.grid import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_dashboards.style import Json

_UID: Final = re.compile(r"sera-[a-z0-9-]{2,35}")
# Units of texts and moments.
_NO_NUMBERS: Final = ("string", "dateTime")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# Nodes send at most every five minutes.
REFRESH_LEAST_S: Final = 300
# Grafana shows two lines of a title at most in a panel of a third of the width.
_TITLE_LONGEST: Final = 80


def identity(dashboard: Json) -> Iterator[str]:
    """Require an id of ours, and the version of the schema that Grafana 12 and 13 read."""
    uid = dashboard.get("uid", "")
    if not _UID.fullmatch(uid):
        yield f"uid {uid!r}; expected sera- and up to 35 of the characters a-z, 0-9 and -"
    if dashboard.get("id") is not None:
        yield "the dashboard has a number of one server (id); expected none"
    if dashboard.get("schemaVersion") != SCHEMA_VERSION:
        yield f"schemaVersion {dashboard.get('schemaVersion')}; expected {SCHEMA_VERSION}"


def refresh(dashboard: Json) -> Iterator[str]:
    """Ask again no faster than nodes send."""
    match = re.fullmatch(r"(\d+)([smhd])", dashboard.get("refresh", ""))
    if match is None or int(match[1]) * _SECONDS[match[2]] < REFRESH_LEAST_S:
        yield f"refresh {dashboard.get('refresh')!r}; expected {REFRESH_LEAST_S} s or slower, as nodes send"


def described(dashboard: Json) -> Iterator[str]:
    """Each panel has a title, a description, a unit and words for no data."""
    for panel in drawn(dashboard):
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        texts = (panel.get("title"), panel.get("description"), defaults.get("unit"), defaults.get("noValue"))
        for text, part in zip(texts, ("title", "description", "unit", "words for no data"), strict=True):
            if not text:
                yield f"panel {panel.get('id')} ({panel.get('title')!r}) has no {part}"
        if len(panel.get("title") or "") > _TITLE_LONGEST:
            yield f"panel {panel['title']!r} has a title of more than {_TITLE_LONGEST} characters"


def units(dashboard: Json) -> Iterator[str]:
    """Write units of our own as `suffix:` without a blank behind it, which Grafana writes itself."""
    for panel in drawn(dashboard):
        for unit in units_of(panel):
            if unit.startswith("suffix: ") or not unit.strip():
                yield f"panel {panel['title']!r} has the unit {unit!r}; expected no blank after `suffix:`"


def decimals(dashboard: Json) -> Iterator[str]:
    """Require the decimals of each number: what Grafana chooses changes with the range."""
    for panel in drawn(dashboard):
        config = panel.get("fieldConfig", {})
        settings = [config.get("defaults", {})]
        settings += [
            {change["id"]: change["value"] for change in override["properties"]}
            for override in config.get("overrides", [])
        ]
        for setting in settings:
            unit = setting.get("unit") or ""
            if unit and not unit.startswith(_NO_NUMBERS) and setting.get("decimals") is None:
                yield f"panel {panel['title']!r} has the unit {unit!r} without decimals"


def units_of(panel: Json) -> list[str]:
    """Return the units of a panel and of its single series."""
    config = panel.get("fieldConfig", {})
    listed = [config.get("defaults", {}).get("unit")]
    for override in config.get("overrides", []):
        listed += [change["value"] for change in override["properties"] if change["id"] == "unit"]
    return [unit for unit in listed if unit]


def legends(dashboard: Json) -> Iterator[str]:
    """Each time series shows its legend and names its series."""
    for panel in drawn(dashboard):
        if panel["type"] != "timeseries":
            continue
        if not panel["options"]["legend"]["showLegend"]:
            yield f"panel {panel['title']!r} hides its legend"
        if any(not target["alias"] for target in panel["targets"]):
            yield f"panel {panel['title']!r} has a series without a name"


def numbered(dashboard: Json) -> Iterator[str]:
    """Panels have numbers of their own, and so have the queries of a panel."""
    for number, times in Counter(panel["id"] for panel in dashboard["panels"]).items():
        if times > 1:
            yield f"{times} panels have the number {number}"
    for panel in drawn(dashboard):
        if len({target["refId"] for target in panel["targets"]}) < len(panel["targets"]):
            yield f"two queries of panel {panel['title']!r} have the same letter"


def placed(dashboard: Json) -> Iterator[str]:
    """Panels stand within the grid, none over another."""
    for panel in dashboard["panels"]:
        grid = panel["gridPos"]
        if grid["x"] < 0 or grid["w"] < 1 or grid["x"] + grid["w"] > COLUMNS:
            yield f"panel {panel['title']!r} stands outside the grid"
    for first, second in combinations(dashboard["panels"], 2):
        if _overlap(first["gridPos"], second["gridPos"]):
            yield f"panels {first['title']!r} and {second['title']!r} stand over each other"


def _overlap(first: Json, second: Json) -> bool:
    apart_x = first["x"] + first["w"] <= second["x"] or second["x"] + second["w"] <= first["x"]
    apart_y = first["y"] + first["h"] <= second["y"] or second["y"] + second["h"] <= first["y"]
    return not (apart_x or apart_y)
