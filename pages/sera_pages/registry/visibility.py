"""What a steward sees of the registry: what belongs to their community, or to the installation as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.registry.belonging import community_of
from sera_store.registry.entities import KINDS, PERSON, Node

if TYPE_CHECKING:
    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry


def is_visible(registry: Registry, entity: Entity, community: str) -> bool:
    """Return whether a steward of a community sees an entry.

    The drawn ids under which people count are not among them: beside a person they would say who counted
    what.
    """
    if isinstance(entity, Node) and entity.detector == PERSON:
        return False
    return community_of(registry, entity) in (None, community)


def visible_entities(registry: Registry, kind: str, community: str) -> list[Entity]:
    """List the entries of a kind that a steward of a community sees, as last entered, by id."""
    return [entity for entity in registry.entities(kind) if is_visible(registry, entity, community)]


def visible_entity(registry: Registry, kind: str, name: str, community: str) -> Entity | None:
    """Find an entry by its id, as last entered; None where there is none, or it is not to be seen."""
    if kind not in KINDS:
        return None
    entity = registry.entity(kind, name)
    return entity if entity is not None and is_visible(registry, entity, community) else None
