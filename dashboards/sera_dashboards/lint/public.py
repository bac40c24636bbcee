"""Rules of what everybody may see: no variable, no precise place, no text of people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from sera_dashboards.lint.reading import annotation_queries_of, is_public, queries_of, variables_in
from sera_vocabulary import measurements, status_series
from sera_vocabulary.indices import INDICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_dashboards.style import Json

# Degrees with three decimals are a street: no output of ours is that close.
_COORDINATE: Final = re.compile(r"(?<![\w.])-?\d{1,3}\.\d{3,}(?![\w.])")
_PLACE_FIELDS: Final = re.compile(r'"(?:lat|lon|latitude|longitude|geohash|coordinates?)"', re.IGNORECASE)
_FIELD: Final = re.compile(r'"(\w+)"')
# What an annotation may show: none of these is a text of people.
_ANNOTATED: Final = frozenset({measurements.GARDEN_ACTION, status_series.TEXT})


def no_variable(dashboard: Json) -> Iterator[str]:
    """Use no variable where everybody may see the dashboard: Grafana shows it without them."""
    if not is_public(dashboard):
        return
    for variable in dashboard["templating"]["list"]:
        yield f"a public dashboard has the variable {variable['name']}"
    for title, query in queries_of(dashboard):
        if variables_in(query):
            yield f"a query of the public {title!r} has a variable: {query}"


def no_place(dashboard: Json) -> Iterator[str]:
    """Neither a coordinate nor a field of one stands in a dashboard."""
    for title, query in (*queries_of(dashboard), *annotation_queries_of(dashboard)):
        if _PLACE_FIELDS.search(query):
            yield f"a query of {title!r} asks for a place: {query}"
    for number in _COORDINATE.findall(json.dumps(dashboard)):
        yield f"{number} may be a coordinate; expected at most two decimals"


def annotated(dashboard: Json) -> Iterator[str]:
    """Require annotations to show what kind of thing happened, and nothing that people wrote."""
    for name, query in annotation_queries_of(dashboard):
        fields = _FIELD.findall(query.partition(" FROM ")[0])
        if not set(fields) <= _ANNOTATED:
            yield f"annotation {name!r} shows {', '.join(sorted(set(fields) - _ANNOTATED))}"


def claims(dashboard: Json) -> Iterator[str]:
    """No dashboard counts species, which no sensor of ours names."""
    names = {row.name for row in INDICES}
    for title, query in queries_of(dashboard):
        index_names = re.findall(r"\"index\" = '(\w+)'", query)
        if unknown := sorted(set(index_names) - names):
            yield f"a query of {title!r} asks for {', '.join(unknown)}, which is no figure"
