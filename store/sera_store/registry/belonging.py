"""To which community an entry of the registry belongs, and which communities a node has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.errors import InvalidEntryError
from sera_store.registry.check_limits import CheckLimit
from sera_store.registry.entities import (
    KIND_OF,
    Calibration,
    Community,
    District,
    Garden,
    Node,
    ProbePlace,
    RecordedSource,
)
from sera_store.registry.garden_metadata import GardenSoil, Verification
from sera_store.registry.mappings import Mapping
from sera_store.registry.persons import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry


def community_of(registry: Registry, entity: Entity) -> str | None:
    """Return the id of the community that an entry belongs to.

    Returns
    -------
    str or None
        None for what belongs to the installation as a whole (mappings), and for a node or probe that has
        never been in a garden.
    """
    if isinstance(entity, Community):
        return entity.id
    if isinstance(entity, District | Garden | Person):
        return entity.community
    if isinstance(entity, Mapping):
        return None
    return _of_garden(registry, _garden_of(registry, entity))


def check_community(
    registry: Registry, community: str, pairs: Iterable[tuple[Entity, Entity | None]]
) -> None:
    """Refuse entries by which a steward of one community would change what belongs to another.

    Parameters
    ----------
    community
        Whose steward enters them.
    pairs
        Each new entity with what holds before it, or None.

    Raises
    ------
    InvalidEntryError
        One belongs to another community, was there, or would go there.
    """
    for after, before in pairs:
        for entity in (after, before):
            home = None if entity is None else community_of(registry, entity)
            if home not in (None, community):
                raise InvalidEntryError(
                    f"{KIND_OF[type(after)]} {after.id}: belongs to another community, {home}; its stewards "
                    "change it, or the command on the machine that serves"
                )


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


def _garden_of(registry: Registry, entity: Entity) -> str | None:
    """Return the garden of what stands in one, or the last in which it stood."""
    if isinstance(entity, Node):
        return entity.garden or _last_garden(registry, entity.id)
    if isinstance(entity, ProbePlace):
        return _garden_of_node(registry, entity.node or _last_node(registry, entity.serial))
    if isinstance(entity, Calibration):
        probe = registry.probe(entity.serial)
        return _garden_of(registry, probe) if probe is not None else None
    if isinstance(entity, RecordedSource | GardenSoil | Verification | CheckLimit):
        return entity.garden
    return None


def _garden_of_node(registry: Registry, name: str | None) -> str | None:
    node = registry.node(name) if name is not None else None
    return _garden_of(registry, node) if node is not None else None


def _last_garden(registry: Registry, node: str) -> str | None:
    entities = [entry.entity for entry in reversed(registry.history("node", node))]
    return next((entity.garden for entity in entities if isinstance(entity, Node) and entity.garden), None)


def _last_node(registry: Registry, serial: str) -> str | None:
    entities = [entry.entity for entry in reversed(registry.history("probe", serial))]
    return next((entity.node for entity in entities if isinstance(entity, ProbePlace) and entity.node), None)


def _of_garden(registry: Registry, name: str | None) -> str | None:
    garden = registry.garden(name) if name is not None else None
    return garden.community if garden is not None else None
