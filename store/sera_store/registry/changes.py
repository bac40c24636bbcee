"""What is done often to what is registered, as dated entries: the same for the command line and for pages.

Nothing is written here: `Registry.put_all` writes entries, all of them or none.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec import structs

from sera_store.errors import InvalidEntryError, UnknownNameError
from sera_store.local_clock import utc_date
from sera_store.registry.entities import KIND_OF, Calibration, Entity, Node, ProbePlace
from sera_vocabulary.measurements import SOIL_MOISTURE, SOIL_MOISTURE_RAW, SOIL_WETNESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.registry.dated_entries import Entry
    from sera_store.registry.registry import Registry

DatedEntity: TypeAlias = tuple[Entity, int]
"""An entity, and from when on it holds, Unix time [s]."""

_SERIAL_MOST: Final = 96


def swap_probe(
    registry: Registry, node: str, position: int, serial: str, depth_m: float | None, since_s: int
) -> list[DatedEntity]:
    """Return the entries by which a probe is at a node's position, and the one before it at none.

    Parameters
    ----------
    node, position, serial
        Where, and which probe.
    depth_m
        Its depth [m]; None for that of the probe before.
    since_s
        From when on, Unix time [s].
    """
    before = [probe for probe in registry.probes(node, since_s) if probe.position == position]
    if depth_m is None:
        depth_m = next((probe.depth_m for probe in before), None)
    gone = [(structs.replace(probe, node=None), since_s) for probe in before if probe.serial != serial]
    return [*gone, (ProbePlace(serial, node, position, depth_m), since_s)]


def move_node(registry: Registry, node: str, garden: str | None, since_s: int) -> list[DatedEntity]:
    """Return the entry by which a node stands in another garden, or in none.

    Raises
    ------
    UnknownNameError
        The node is not registered.
    """
    before = registry.node(node)
    if before is None:
        raise UnknownNameError(f"node {node!r} is not in the registry; add it first")
    return [(structs.replace(before, garden=garden), since_s)]


# A relative scale in the dry and in the wet sample.
RELATIVE_SCALE: Final = (0.0, 1.0)
# What the oven of the soil laboratory, 105 degC for a day, leaves of water by definition [m3/m3].
OVEN_DRY: Final = 0.0


class SampleLine(NamedTuple):
    """A straight line by raw count through a dry and a wet sample: what is known of both, and what follows.

    Parameters
    ----------
    values
        What holds in the dry sample, and in the wet one.
    line
        Offset, slope and standard uncertainty by raw count, see `two_points`.
    assumption
        What is taken for granted.
    """

    values: tuple[float, float]
    line: tuple[float, float, float | None]
    assumption: str = ""


def sample_calibrations(
    registry: Registry,
    serial: str,
    readings: tuple[Sequence[float], Sequence[float]],
    scale: SampleLine,
    moisture: SampleLine | None,
    since_s: int,
) -> list[Calibration]:
    """Return the calibrations of a soil moisture probe by two samples: its relative scale, and moisture.

    Parameters
    ----------
    serial
        The probe's.
    readings
        Raw counts in the dry and in the wet sample.
    scale
        The relative scale: 0 in the dry sample, 1 in the wet one.
    moisture
        Moisture [m3/m3]; None where the water in the samples is not known.
    since_s
        From when on they hold, Unix time [s].
    """
    entities = [two_point_scale(registry, serial, scale.line, readings, since_s)]
    if moisture is not None:
        entity = two_point_calibration(
            registry, serial, moisture.line, readings, moisture.values, moisture.assumption, since_s
        )
        name = calibration_id(registry, serial, since_s, also_taken=entities[0].id)
        entities.append(structs.replace(entity, id=name))
    return entities


def two_point_calibration(
    registry: Registry,
    serial: str,
    line: tuple[float, float, float | None],
    readings: tuple[Sequence[float], Sequence[float]],
    moistures: tuple[float, float],
    assumption: str,
    since_s: int,
) -> Calibration:
    """Return the calibration of a soil moisture probe by a dry and a wet point.

    Parameters
    ----------
    serial
        The probe's.
    line
        Offset, slope and standard uncertainty of moisture [m3/m3] by raw count, see `two_points`.
    readings
        Raw counts at the dry and at the wet point.
    moistures
        Moisture at both [m3/m3].
    assumption
        What is taken for granted.
    since_s
        From when on it holds, Unix time [s].
    """
    (dry, wet), (dry_moisture, wet_moisture) = readings, moistures
    reference = (
        f"two points: raw {statistics.fmean(dry):.6g} at {dry_moisture:g}, "
        f"{statistics.fmean(wet):.6g} at {wet_moisture:g} m3/m3 ({len(dry)} and {len(wet)} readings)"
    )
    line_of = _line_of(registry, serial, SOIL_MOISTURE, line, since_s)
    return structs.replace(line_of, reference=reference, assumption=assumption)


def two_point_scale(
    registry: Registry,
    serial: str,
    line: tuple[float, float, float | None],
    readings: tuple[Sequence[float], Sequence[float]],
    since_s: int,
) -> Calibration:
    """Return the relative scale of a soil moisture probe: 0 at a dry sample, 1 at a wet one.

    Parameters
    ----------
    serial
        The probe's.
    line
        Offset, slope and standard uncertainty of the relative wetness by raw count, see `two_points`.
    readings
        Raw counts in the dry and in the wet sample.
    since_s
        From when on it holds, Unix time [s].
    """
    dry, wet = readings
    reference = (
        f"relative scale: raw {statistics.fmean(dry):.6g} is 0, the dry sample, and "
        f"{statistics.fmean(wet):.6g} is 1, the wet one ({len(dry)} and {len(wet)} readings)"
    )
    return structs.replace(_line_of(registry, serial, SOIL_WETNESS, line, since_s), reference=reference)


def _line_of(
    registry: Registry, serial: str, target: str, line: tuple[float, float, float | None], since_s: int
) -> Calibration:
    """Return a line from raw counts of a soil moisture probe to a quantity, under an id of its own."""
    offset, slope, uncertainty = line
    return Calibration(
        id=calibration_id(registry, serial, since_s),
        serial=serial,
        source=SOIL_MOISTURE_RAW,
        target=target,
        coefficients=(offset, slope),
        valid_from_s=since_s,
        uncertainty=uncertainty,
    )


def calibration_id(registry: Registry, serial: str, since_s: int, also_taken: str = "") -> str:
    """Return an id that no calibration of a probe has, nor is to have: its serial and the day."""
    first = f"{serial[:_SERIAL_MOST]} {utc_date(since_s).isoformat()}"
    taken = {calibration.id for calibration in registry.calibrations(serial)} | {also_taken}
    number, name = 1, first
    while name in taken:
        number += 1
        name = f"{first} #{number}"
    return name


def undo_entry(registry: Registry, kind: str, name: str, number: int) -> list[DatedEntity]:
    """Return the entry that puts back what held before another one, from the date of that one on.

    Nothing is deleted: what was entered stays in the history, and the new entry holds in its place.

    Parameters
    ----------
    kind, name
        As in `Registry.history`.
    number
        Of the entry that is to be undone.

    Raises
    ------
    InvalidEntryError
        There is no such entry, or nothing held before it that could be put back.
    """
    history = registry.history(kind, name)
    entry = next((entry for entry in history if entry.number == number), None)
    if entry is None:
        raise InvalidEntryError(f"{kind} {name}: has no entry of number {number}")
    earlier = [other for other in history if _holds_before(other, entry)]
    if earlier:
        return [(max(earlier, key=lambda other: (other.since_s, other.number)).entity, entry.since_s)]
    return [(_nowhere(entry.entity), entry.since_s)]


def _holds_before(other: Entry, entry: Entry) -> bool:
    return other.number < entry.number and other.since_s <= entry.since_s


def _nowhere(entity: Entity) -> Entity:
    """Return what undoes a first entry: no place for what may have none, no time for what has a span."""
    if isinstance(entity, Node):
        return structs.replace(entity, garden=None)
    if isinstance(entity, ProbePlace):
        return structs.replace(entity, node=None)
    if isinstance(entity, Calibration):
        return structs.replace(entity, valid_to_s=entity.valid_from_s + 1)
    raise InvalidEntryError(
        f"{KIND_OF[type(entity)]} {entity.id}: this is its first entry, and nothing was before it; enter "
        "what is right in its place"
    )
