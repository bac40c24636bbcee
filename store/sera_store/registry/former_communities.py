"""Communities under whose topics a node spoke before: it stood there once, and stands there no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_store.registry.registry import Registry


def former_communities(registry: Registry) -> dict[str, frozenset[str]]:
    """Return by node the communities that it has left, for nodes that have left one.

    A node speaks under the community of where it was last entered, also where that entry is of a later date.
    """
    communities = {garden.id: garden.community for garden in registry.gardens()}
    former = {}
    for node, gardens in registry.gardens_ever().items():
        place = registry.place_of(node)
        stood = {communities[garden] for garden in gardens if garden in communities}
        left = stood - {place[0] if place is not None else ""}
        # One that stands nowhere may come back; its board is let in nowhere meanwhile.
        if place is not None and left:
            former[node] = frozenset(left)
    return former
