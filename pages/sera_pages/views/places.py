"""The community or garden that an address names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_pages.errors import RefusedRequestError

if TYPE_CHECKING:
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community, Garden


def community_of(visit: Visit, name: str) -> Community:
    """Return a community of the registry.

    Raises
    ------
    RefusedRequestError
        There is none (404).
    """
    entity = visit.installation.registry.community(name)
    if entity is None:
        raise RefusedRequestError(404, "refused.no_page")
    return entity


def garden_title(visit: Visit, name: str) -> str:
    """Return what people call a garden; its id where it has no title."""
    entity = visit.installation.registry.garden(name)
    return (entity.name if entity is not None else "") or name


def garden_of(visit: Visit, name: str) -> Garden:
    """Return a garden of the registry; its exact place is for nobody here.

    Raises
    ------
    RefusedRequestError
        There is none (404).
    """
    entity = visit.installation.registry.garden(name)
    if entity is None:
        raise RefusedRequestError(404, "refused.no_page")
    return entity
