"""What is simulated: a property of a node for ever, and of a garden in which nothing else has ever stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sera_store.registry.entities import Node
    from sera_store.registry.registry import Registry


class Simulation(NamedTuple):
    """How far a garden is simulated.

    Parameters
    ----------
    is_whole
        Whether every node that ever stood there is simulated, and there is one.
    beside_real
        Ids of simulated nodes that stand, or stood, beside real ones: what they say enters no figure.
    """

    is_whole: bool = False
    beside_real: tuple[str, ...] = ()


REAL = Simulation()


def simulation_by_garden(registry: Registry) -> dict[str, Simulation]:
    """Return how far gardens are simulated, by id; those without a simulated node are not among them."""
    nodes: dict[str, list[Node]] = {}
    for garden, node in registry.standings():
        nodes.setdefault(garden, []).append(node)
    return {
        garden: _simulation(standing)
        for garden, standing in nodes.items()
        if any(node.simulated for node in standing)
    }


def simulation_of(registry: Registry, garden: str) -> Simulation:
    """Return how far a garden is simulated."""
    return simulation_by_garden(registry).get(garden, REAL)


def _simulation(nodes: list[Node]) -> Simulation:
    if all(node.simulated for node in nodes):
        return Simulation(is_whole=True)
    return Simulation(beside_real=tuple(sorted({node.id for node in nodes if node.simulated})))
