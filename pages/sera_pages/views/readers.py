"""Until when a visitor sees what is live: at once what they host, everything else as everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_pages.accounts.roles import Deed
from sera_store.release.delay import readable_until_s

if TYPE_CHECKING:
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden
    from sera_store.results.results import Result


def hosts(visit: Visit, garden: Garden) -> bool:
    """Return whether the person hosts this garden, or is a steward of its community."""
    person = visit.person
    return person is not None and (garden.id in person.gardens or visit.may(Deed.PEOPLE, garden.community))


def sees_live(visit: Visit, garden: Garden) -> bool:
    """Return whether the visitor sees at once, and to the hour, what is live in a garden."""
    return visit.may(Deed.SEE_LIVE, garden.community) and hosts(visit, garden)


def garden_until_s(visit: Visit, garden: Garden) -> int | None:
    """Return until when the visitor sees what is live in a garden, Unix time [s]; None for no limit."""
    installation = visit.installation
    return readable_until_s(
        installation.registry, [garden.id], installation.now_s(), is_live=sees_live(visit, garden)
    )


def gardens_until_s(visit: Visit, community: str) -> dict[str, int | None]:
    """Return until when the visitor sees what is live, by garden of a community."""
    gardens = visit.installation.registry.gardens(community)
    return {garden.id: garden_until_s(visit, garden) for garden in gardens}


def community_until_s(visit: Visit, community: str) -> int | None:
    """Return until when the visitor sees figures of a whole community; None for no limit."""
    limits = gardens_until_s(visit, community).values()
    return min([limit_s for limit_s in limits if limit_s is not None], default=None)


def may_see(visit: Visit, result: Result, number: int) -> bool:
    """Return whether the visitor may see a figure by its change number."""
    registry = visit.installation.registry
    garden = registry.garden(result.scope_id) if result.scope == "garden" else None
    if garden is not None:
        until_s = garden_until_s(visit, garden)
    else:
        district = next((entity for entity in registry.districts() if entity.id == result.scope_id), None)
        is_district = result.scope == "district" and district is not None
        community = district.community if is_district and district is not None else result.scope_id
        until_s = community_until_s(visit, community)
    return visit.installation.view.results.is_seen(number, until_s)
