"""All rules, and what they find in a dashboard."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sera_dashboards.lint import colours, layout, public, queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sera_dashboards.style import Json

RULES: Final[tuple[Callable[[Json], Iterator[str]], ...]] = (
    layout.identity,
    layout.refresh,
    layout.described,
    layout.units,
    layout.decimals,
    layout.legends,
    layout.numbered,
    layout.placed,
    queries.data_source,
    queries.time_bound,
    queries.escaped,
    queries.declared_variables,
    public.no_variable,
    public.no_place,
    public.annotated,
    public.claims,
    colours.states_apart,
)


def findings(dashboard: Json) -> list[str]:
    """Check a dashboard against all rules and return the findings; none for a good dashboard."""
    return [f"{rule.__name__}: {finding}" for rule in RULES for finding in rule(dashboard)]


def all_findings(dashboards: Mapping[str, Json]) -> list[str]:
    """Check dashboards by name, each by itself and all of them beside one another."""
    uids = Counter(dashboard.get("uid") for dashboard in dashboards.values())
    twice = [f"identity: {times} dashboards have the uid {uid}" for uid, times in uids.items() if times > 1]
    return twice + [
        f"{name}: {problem}" for name, dashboard in dashboards.items() for problem in findings(dashboard)
    ]
