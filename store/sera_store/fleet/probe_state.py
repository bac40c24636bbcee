"""What is at each position of a node: by its own word, by the registry, and how it is calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sera_store.registry.entities import ProbePlace
from sera_vocabulary.measurements import SOIL_MOISTURE_RAW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.registry.registry import Registry
    from sera_store.store import Store


@dataclass(frozen=True, slots=True)
class ProbeState:
    """One position of a node.

    Parameters
    ----------
    node_serial
        Serial that the node names there; where it names one that the registry does not, that one.
    registry_serial
        Serial that the registry has there; where it has one that the node does not name, that one.
    is_raw
        Whether a raw count of soil moisture comes from there.
    calibrated_s
        From when on the calibration of its raw count holds that holds now, Unix time [s]; None without one.
    """

    position: int
    node_serial: str
    registry_serial: str
    is_raw: bool
    calibrated_s: int | None


def probes_since_s(registry: Registry, at_s: int) -> dict[tuple[str, int], int]:
    """Return by node and position since when, Unix time [s], the probe is there that is there at a time [s].

    Of several chips at one position the newest decides.
    """
    since_s: dict[tuple[str, int], int] = {}
    for place in registry.probes(at_s=at_s):
        if place.node is not None:
            where = place.node, place.position
            since_s[where] = max(_placed_s(registry, place, at_s), since_s.get(where, 0))
    return since_s


def _placed_s(registry: Registry, place: ProbePlace, at_s: int) -> int:
    first_s = 0
    entries = [entry for entry in registry.history("probe", place.id) if entry.since_s <= at_s]
    # What was entered last holds of two entries for one date.
    for entry in sorted(entries, key=lambda entry: (entry.since_s, entry.number)):
        is_there = isinstance(entry.entity, ProbePlace) and (entry.entity.node, entry.entity.position) == (
            place.node,
            place.position,
        )
        if not is_there:
            first_s = 0
        elif not first_s:
            first_s = entry.since_s
    return first_s


def probe_states(store: Store, node: str, at_s: int, raw_positions: Iterable[int]) -> tuple[ProbeState, ...]:
    """Return what is at each position of a node at a time [s]."""
    node_serials: dict[int, set[str]] = {}
    for probe in store.node_probes(node):
        if probe.serial:
            node_serials.setdefault(probe.position, set()).add(probe.serial)
    registry_serials: dict[int, set[str]] = {}
    for place in store.registry.probes(node, at_s):
        registry_serials.setdefault(place.position, set()).add(place.serial)
    raw = frozenset(raw_positions)
    return tuple(
        [
            _probe_state(
                store,
                at_s,
                position,
                node_serials.get(position, set()),
                registry_serials.get(position, set()),
                position in raw,
            )
            for position in sorted({*node_serials, *registry_serials, *raw})
        ]
    )


def _probe_state(
    store: Store, at_s: int, position: int, node_serials: set[str], registry_serials: set[str], is_raw: bool
) -> ProbeState:
    # Several chips may share a position: one that both name differs in nothing.
    node_only, registry_only = (
        sorted(node_serials - registry_serials),
        sorted(registry_serials - node_serials),
    )
    differs = bool(node_only and registry_only)
    calibrated = [
        calibration.valid_from_s
        for serial in (node_serials or registry_serials)
        for calibration in store.registry.calibrations(serial, at_s)
        if calibration.source == SOIL_MOISTURE_RAW
    ]
    return ProbeState(
        position,
        node_only[0] if differs else min(node_serials & registry_serials or node_serials, default=""),
        registry_only[0] if differs else min(node_serials & registry_serials or registry_serials, default=""),
        is_raw,
        max(calibrated, default=None),
    )
