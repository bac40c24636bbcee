"""All dashboards by name: what is built, checked, previewed and pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards import analyst, community, districts, garden, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_dashboards.community import PublicCommunity
    from sera_dashboards.style import Json
    from sera_words.dashboard_words import DashboardWords

COMMUNITY: Final = "community"
DASHBOARDS: Final[dict[str, Callable[[DashboardWords], Json]]] = {
    COMMUNITY: community.dashboard,
    "garden": garden.dashboard,
    "analyst": analyst.dashboard,
    "operations": operations.dashboard,
    "districts": districts.dashboard,
}


def build(
    words: DashboardWords, communities: Sequence[PublicCommunity] = (), zones: Sequence[str] = ()
) -> dict[str, Json]:
    """Make all dashboards by name: the public one for each community, or for a sample without any.

    Parameters
    ----------
    words
        Their texts.
    communities
        Whose public dashboards.
    zones
        Time zones to choose from on the garden's dashboard; some by default.
    """
    dashboards = {name: make(words) for name, make in DASHBOARDS.items() if name != COMMUNITY}
    if zones:
        dashboards["garden"] = garden.dashboard(words, zones)
    if not communities:
        return {COMMUNITY: community.dashboard(words), **dashboards}
    public = {f"{COMMUNITY}-{facts.id}": community.dashboard(words, facts) for facts in communities}
    return {**public, **dashboards}
