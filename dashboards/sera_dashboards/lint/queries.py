"""Rules of queries: quoted, bounded in time, with the data source and variables that are there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sera_dashboards.lint.reading import (
    VARIABLE,
    annotation_queries_of,
    drawn,
    is_public,
    queries_of,
    variables_in,
)
from sera_dashboards.panels.targets import FIXED_SOURCE, SOURCE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_dashboards.style import Json

_TIME_BOUND: Final = "$timeFilter"
_FIXED_TIME: Final = re.compile(r"\btime\s*[<>=]|\bnow\s*\(", re.IGNORECASE)
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_NAMES: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_PATTERNS: Final = re.compile(r"/(?:[^/\\]|\\.)*/")
_KEYWORDS: Final = frozenset(
    "select from where and or group by time fill null none tz sum mean last count max min as "  # noqa: SIM905
    "non_negative_derivative".split()
)


def data_source(dashboard: Json) -> Iterator[str]:
    """Take the data source from the variable; public dashboards name the one that is provisioned."""
    expected = FIXED_SOURCE if is_public(dashboard) else SOURCE_VARIABLE
    for panel in drawn(dashboard):
        sources = [panel.get("datasource"), *(target.get("datasource") for target in panel["targets"])]
        if any(source != expected for source in sources):
            yield f"panel {panel['title']!r} has another data source than {expected['uid']}"
    for annotation in dashboard["annotations"]["list"]:
        if annotation["datasource"] != expected:
            yield f"annotation {annotation['name']!r} has another data source than {expected['uid']}"
    kinds = {variable["name"]: variable["type"] for variable in dashboard["templating"]["list"]}
    if expected is SOURCE_VARIABLE and kinds.get("datasource") != "datasource":
        yield "the dashboard has no variable for its data source"


def time_bound(dashboard: Json) -> Iterator[str]:
    """Each query is bounded by the dashboard's time range, and by no time of its own."""
    for title, query in (*queries_of(dashboard), *annotation_queries_of(dashboard)):
        if _TIME_BOUND not in query:
            yield f"a query of {title!r} has no bound in time: {query}"
        bare = _NAMES.sub("", query.replace(_TIME_BOUND, ""))
        if _FIXED_TIME.search(bare):
            yield f"a query of {title!r} has a time of its own: {query}"


def escaped(dashboard: Json) -> Iterator[str]:
    """Names stand in double quotes, and what people choose in single quotes or, as a regex, in a pattern."""
    for title, query in (*queries_of(dashboard), *annotation_queries_of(dashboard)):
        bare = _QUOTED.sub("", query)
        for pattern in _PATTERNS.findall(bare):
            if "$" in pattern and ":regex}" not in pattern:
                yield f"a query of {title!r} has a choice in a pattern that is not escaped: {query}"
        bare = _NAMES.sub("", _PATTERNS.sub("", bare))
        loose = variables_in(bare)
        words = {word.lower() for word in re.findall(r"[A-Za-z_]{2,}", VARIABLE.sub("", bare))} - _KEYWORDS
        if loose or words:
            yield f"a query of {title!r} has unquoted {', '.join(sorted({*loose, *words}))}: {query}"


def declared_variables(dashboard: Json) -> Iterator[str]:
    """Every variable in a query is one of the dashboard's."""
    declared = {variable["name"] for variable in dashboard["templating"]["list"]}
    variable_queries = [
        (variable["name"], variable["query"])
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    ]
    for title, query in (*queries_of(dashboard), *annotation_queries_of(dashboard), *variable_queries):
        for used in sorted(variables_in(query) - declared):
            yield f"a query of {title!r} uses the variable {used}, which the dashboard has not"
