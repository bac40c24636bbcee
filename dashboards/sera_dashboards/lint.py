"""The rules a dashboard is held to; each is a function from a dashboard to what it finds."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Final

from sera_dashboards import panels
from sera_dashboards.panels import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sera_dashboards.style import Json

_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
_BUILT_IN: Final = frozenset({"timeFilter", "__interval"})
_FIXED_TIME: Final = re.compile(r"\btime\s*[<>=]|\bnow\s*\(", re.IGNORECASE)
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_NAMES: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORDS: Final = frozenset(
    "select from where and group by time fill null none tz sum mean last count as".split()  # noqa: SIM905
)


def drawn(dashboard: Json) -> Iterator[Json]:
    """Walk through the panels that show data."""
    yield from (panel for panel in dashboard["panels"] if panel["type"] != "row")


def queries_of(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Walk through (title of the panel, query)."""
    for panel in drawn(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["query"]


def described(dashboard: Json) -> Iterator[str]:
    """Each panel has a title, a description, a unit and words for no data."""
    for panel in drawn(dashboard):
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        texts = (panel.get("title"), panel.get("description"), defaults.get("unit"), defaults.get("noValue"))
        for text, part in zip(texts, ("title", "description", "unit", "words for no data"), strict=True):
            if not text:
                yield f"panel {panel.get('id')} ({panel.get('title')!r}) has no {part}"


def from_variable(dashboard: Json) -> Iterator[str]:
    """Panels and queries name the data source by the variable."""
    for panel in drawn(dashboard):
        sources = [panel.get("datasource"), *(target.get("datasource") for target in panel["targets"])]
        if any(source != DATASOURCE for source in sources):
            yield f"panel {panel['title']!r} does not take its data source from the variable"
    kinds = {variable["name"]: variable["type"] for variable in dashboard["templating"]["list"]}
    if kinds.get("datasource") != "datasource":
        yield "the dashboard has no variable for its data source"


def time_from_dashboard(dashboard: Json) -> Iterator[str]:
    """Take the time range of queries from the dashboard, and their days from the garden's time zone."""
    for title, query in queries_of(dashboard):
        if "$timeFilter" not in query or _FIXED_TIME.search(query.replace("$timeFilter", "")):
            yield f"a query of {title!r} does not take its time range from the dashboard: {query}"
        if not re.search(r"tz\('\$\{zone\}'\)$", query):
            yield f"a query of {title!r} does not end in the garden's time zone: {query}"


def escaped(dashboard: Json) -> Iterator[str]:
    """Names stand in double quotes, and what a person chose only in single quotes."""
    for title, query in queries_of(dashboard):
        bare = _NAMES.sub("", _QUOTED.sub("", query))
        names = [a or b for a, b in _VARIABLE.findall(bare)]
        loose = [variable for variable in names if variable not in _BUILT_IN]
        words = {word.lower() for word in re.findall(r"[A-Za-z_]{2,}", _VARIABLE.sub("", bare))} - _WORDS
        if loose or words:
            yield f"a query of {title!r} has unquoted {', '.join(sorted({*loose, *words}))}: {query}"


def declared_variables(dashboard: Json) -> Iterator[str]:
    """Every variable in a query is one of the dashboard's."""
    declared = {variable["name"] for variable in dashboard["templating"]["list"]} | _BUILT_IN
    for title, query in queries_of(dashboard):
        for used in {a or b for a, b in _VARIABLE.findall(query)} - declared:
            yield f"a query of {title!r} uses the variable {used}, which the dashboard has not"


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
        if grid["x"] < 0 or grid["w"] < 1 or grid["x"] + grid["w"] > panels.COLUMNS:
            yield f"panel {panel['title']!r} stands outside the grid"
    for first, second in combinations(dashboard["panels"], 2):
        if _overlap(first["gridPos"], second["gridPos"]):
            yield f"panels {first['title']!r} and {second['title']!r} stand over each other"


def _overlap(first: Json, second: Json) -> bool:
    apart_x = first["x"] + first["w"] <= second["x"] or second["x"] + second["w"] <= first["x"]
    apart_y = first["y"] + first["h"] <= second["y"] or second["y"] + second["h"] <= first["y"]
    return not (apart_x or apart_y)


RULES: Final[tuple[Callable[[Json], Iterator[str]], ...]] = (
    described,
    from_variable,
    time_from_dashboard,
    escaped,
    declared_variables,
    legends,
    numbered,
    placed,
)


def findings(dashboard: Json) -> list[str]:
    """Check a dashboard against all rules and return the findings; none for a good dashboard."""
    return [f"{rule.__name__}: {finding}" for rule in RULES for finding in rule(dashboard)]
