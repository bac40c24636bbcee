"""How rules walk through a dashboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_dashboards.style import Json

VARIABLE: Final = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
# Filled by Grafana, and no variable of a dashboard.
BUILT_IN: Final = frozenset({"timeFilter", "__interval"})
PUBLIC_UID: Final = re.compile(r"sera-community-[a-z0-9-]+")


def drawn(dashboard: Json) -> Iterator[Json]:
    """Iterate over the panels that show data."""
    yield from (panel for panel in dashboard["panels"] if panel["type"] != "row")


def queries_of(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Iterate over (title of the panel, query)."""
    for panel in drawn(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["query"]


def annotation_queries_of(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Iterate over (name of the annotation, query)."""
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], annotation["target"]["query"]


def variables_in(text: str) -> set[str]:
    """Return the variables that a text names, without those that Grafana fills itself."""
    return {a or b for a, b in VARIABLE.findall(text)} - BUILT_IN


def is_public(dashboard: Json) -> bool:
    """Return whether a dashboard is meant to be shared with everybody."""
    return PUBLIC_UID.fullmatch(dashboard["uid"]) is not None
