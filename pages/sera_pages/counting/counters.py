"""Counters: the drawn id under which a person's entries in one garden travel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.registry.entities import PAGES_WAY, PERSON, Node
from sera_store.registry.simulation import simulation_of
from sera_store.release.persons import draw_counter_id

if TYPE_CHECKING:
    from sera_store.registry.registry import Person, Registry


def counter_of(registry: Registry, person: str, garden: str, at_s: int, by: str) -> str:
    """Return the counter id of a person in a garden, drawn and entered where there is none.

    Parameters
    ----------
    registry
        Where it is entered.
    person, garden
        Id of the person whose entries they are, and where; the empty id is that of the command line.
    at_s
        Time of an entry, Unix time [s], from which on the counter has to be known.
    by
        Who enters it.
    """
    node = _existing_counter(registry, person, garden)
    if node is not None and registry.node(node.id, at_s) is not None:
        return node.id
    # A phone may send its first entry twice at once: under two counters it would be two entries.
    with registry.transaction():
        node = _existing_counter(registry, person, garden)
        if node is None:
            # What somebody enters of a garden that is a model speaks of no real one.
            simulated = simulation_of(registry, garden).is_whole
            node = Node(
                draw_counter_id(), garden, PERSON, way_in=PAGES_WAY, person=person, simulated=simulated
            )
        if registry.node(node.id, at_s) is None:
            registry.put(node, since_s=at_s, by=by)
    return node.id


def _existing_counter(registry: Registry, person: str, garden: str) -> Node | None:
    nodes = registry.nodes(garden)
    return next((node for node in nodes if is_counter(node) and node.person == person), None)


def is_counter(node: Node) -> bool:
    """Return whether a node is a counter whose entries come from pages or from the command line."""
    return node.detector == PERSON and node.way_in == PAGES_WAY


def counters_of(registry: Registry, person: Person) -> dict[str, str]:
    """Return the gardens of a person's counters by counter id."""
    return {
        node.id: node.garden
        for node in registry.nodes()
        if node.person == person.id and node.garden is not None
    }
