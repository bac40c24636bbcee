"""Which nodes may be compared: those of one class, by what detects and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_store.registry.entities import Node

Comparability = tuple[str, ...]


def comparability(node: Node) -> Comparability:
    """Return a node's comparability class, so that equal classes are equal."""
    return (node.detector, *(f"{key}={value}" for key, value in sorted(node.comparability.items())))
