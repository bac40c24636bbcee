"""What a change of the registry will have made again, and when: told to whoever enters it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sera_command.terminal import quantity_text
from sera_gateway.ledger.revision import affected_from_s, affected_nodes
from sera_store.registry.check_limits import CheckLimit
from sera_store.registry.entities import District, Garden, Node
from sera_store.registry.garden_metadata import GardenSoil, Verification
from sera_store.registry.mappings import Mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry
    from sera_store.store import Store

_NAMES_MOST: Final = 3


def consequences(store: Store, entries: Sequence[tuple[Entity, int]]) -> list[str]:
    """Describe what entries of the registry make again, in sentences for a person.

    Parameters
    ----------
    store
        The store with the registry in which they are by now.
    entries
        Each with from when on it holds, Unix time [s].
    """
    first_s = _first_times(store, entries)
    lines = []
    if first_s:
        count = sum(store.records.count_since(node, from_s) for node, from_s in first_s.items())
        lines.append(_records_line(count, first_s))
    if any(isinstance(entity, Node | Mapping) for entity, _ in entries):
        waiting = sum(store.dead_letters.counts().values())
        if waiting:
            lines.append(
                f"{quantity_text(waiting, 'messages')} rejected and waiting: those that it mends come home "
                "in the same way."
            )
    gardens = _gardens(store.registry, [entity for entity, _ in entries], first_s)
    if gardens:
        lines.append(
            f"Figures of {_some(gardens)}, and of what {'they belong' if len(gardens) > 1 else 'it belongs'} "
            "to, are made again where their days change: by `sera up` every ten minutes, or by "
            "`sera analyse run`."
        )
    return lines


def _first_times(store: Store, entries: Sequence[tuple[Entity, int]]) -> dict[str, int]:
    """Return the nodes whose records are looked at again, and from which time [s] on."""
    first_s: dict[str, int] = {}
    with store.ledger() as transaction:
        for entity, since_s in entries:
            from_s = affected_from_s(entity, since_s, store.registry)
            for node in affected_nodes(entity, transaction, store.registry):
                first_s[node] = min(from_s, first_s.get(node, from_s))
    return first_s


def _records_line(count: int, first_s: dict[str, int]) -> str:
    if not count:
        return f"No record of {_some(first_s)} from then on is here yet: nothing is made again."
    day = datetime.fromtimestamp(max(0, min(first_s.values())), UTC).strftime("%Y-%m-%d %H:%M")
    return (
        f"{quantity_text(count, 'records')} of {_some(first_s)} from {day} on: looked at again, and made "
        "anew where they differ, at once by the gateway that runs, else by the next one that starts."
    )


def _gardens(registry: Registry, entities: Iterable[Entity], nodes: Iterable[str]) -> list[str]:
    """List the gardens whose figures may change."""
    gardens: set[str] = set()
    for entity in entities:
        if isinstance(entity, Garden):
            gardens.add(entity.id)
        elif isinstance(entity, District):
            gardens |= {garden.id for garden in registry.gardens() if garden.district == entity.id}
        elif isinstance(entity, GardenSoil | Verification | CheckLimit):
            gardens.add(entity.garden)
    for node in nodes:
        entries = [entry.entity for entry in registry.history("node", node)]
        gardens |= {entry.garden for entry in entries if isinstance(entry, Node) and entry.garden}
    return sorted(gardens)


def _some(names: Iterable[str]) -> str:
    ordered = sorted(names)
    text = ", ".join(ordered[:_NAMES_MOST])
    return text if len(ordered) <= _NAMES_MOST else f"{text} and {len(ordered) - _NAMES_MOST} more"
