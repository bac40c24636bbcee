"""Which gardens that a page is about are simulated: it says so in plain sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sera_pages.views.places import garden_title
from sera_store.registry.simulation import simulation_by_garden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_pages.views.visit import Visit


def simulated_words(visit: Visit, parts: Mapping[str, Any]) -> str:
    """Return the sentence that a page carries above everything; the empty text where all on it is real.

    Parameters
    ----------
    visit
        The request.
    parts
        What the page shows; a garden or community in its address or among its parts says what it is about.
    """
    registry = visit.installation.registry
    simulations = simulation_by_garden(registry)
    if not simulations:
        return ""
    gardens = _gardens(visit, parts)
    whole = [name for name in gardens if name in simulations and simulations[name].is_whole]
    if whole and len(whole) == len(gardens):
        return visit.words.say("simulated.all", count=len(whole))
    if whole:
        names = visit.words.figures.listed(garden_title(visit, name) for name in whole)
        return visit.words.say("simulated.some", names=names)
    beside = sum(len(simulations[name].beside_real) for name in gardens if name in simulations)
    return visit.words.say("simulated.nodes", count=beside) if beside else ""


def _gardens(visit: Visit, parts: Mapping[str, Any]) -> list[str]:
    """Name the gardens that a page is about: one, those of a community, or all."""
    registry, address = visit.installation.registry, visit.request.path_params
    garden = registry.garden(address.get("garden", "")) or _garden_of_figure(visit, parts)
    if garden is not None:
        return [garden.id]
    workshop = parts.get("workshop")
    community = address.get("community") or getattr(workshop, "community", None)
    if community is None and len(registry.communities()) == 1:
        community = registry.communities()[0].id
    return [entity.id for entity in registry.gardens(community)]


def _garden_of_figure(visit: Visit, parts: Mapping[str, Any]) -> Any:
    result = parts.get("result")
    if result is None or result.scope != "garden":
        return None
    return visit.installation.registry.garden(result.scope_id)
