"""`sera probe`: put probes in their places, and calibrate them, each with a date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.registry.consequences import consequences
from sera_command.registry.node_changes import registered
from sera_command.terminal import echo
from sera_quality.calibration import two_points
from sera_quality.soil_texture import Texture, water_limits
from sera_store.registry.changes import swap_probe, two_point_calibration
from sera_store.registry.entities import ProbePlace
from sera_vocabulary.messages import POSITION_MARK, parse_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_quality.calibration import Line
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Probes: where they are in the ground, and how they read.")

Where = Annotated[str, typer.Argument(metavar="NODE@POSITION", help="Its place, such as elm-1@1.")]
ProbeName = Annotated[
    str, typer.Argument(metavar="PROBE", help="NODE@POSITION, such as elm-1@1, or its serial.")
]
# The oven of the soil laboratory, 105 degC for a day, leaves no water by definition.
OVEN_DRY: Final = 0.0


@app.command("swap")
def swap(
    where: Where,
    serial: Annotated[str, typer.Argument(help="Serial of the probe that is there from then on.")],
    depth: Annotated[
        float | None, typer.Option(min=0, help="Depth [m]; that of the probe before by default.")
    ] = None,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter which probe is at a node's position from a date on; the one before is at none.

    The calibrations of each probe stay with its serial.
    """
    from_s = since_s(since)
    with Installation.existing(data).store() as store:
        node, position = _place(store, where)
        before = [probe for probe in store.registry.probes(node, from_s) if probe.position == position]
        entries = swap_probe(store.registry, node, position, serial, depth, from_s)
        count = store.registry.put_all(entries, by=BY)
        lines = consequences(store, entries) if count else []
        lines += _remarks(store, node, position, serial)
    previous = ", ".join(probe.serial for probe in before if probe.serial != serial)
    echo(f"Probe {serial} is at {where}" + (f" in place of {previous}." if previous else "."))
    for line in lines:
        echo(line)


@app.command("calibrate")
def calibrate(
    probe_name: ProbeName,
    dry: Annotated[
        list[float],
        typer.Option(
            min=0, max=65535, help="Raw count in the driest soil; several readings by repeating it."
        ),
    ],
    wet: Annotated[
        list[float],
        typer.Option(
            min=0, max=65535, help="Raw count in the wettest soil; several readings by repeating it."
        ),
    ],
    dry_moisture: Annotated[
        float, typer.Option(min=0, max=1, help="Its moisture [m3/m3]; 0 for soil dried in an oven.")
    ] = OVEN_DRY,
    wet_moisture: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Its moisture [m3/m3]; by default what the garden's soil holds."),
    ] = None,
    assumption: Annotated[str, typer.Option(help="What is taken for granted, for the record.")] = "",
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Calibrate a soil moisture probe by two points, a dry and a wet one, from a date on.

    Put it into a pot of the garden's own soil: once dried, once soaked and drained for a day. The raw counts
    are those of `sera readings soil_moisture_raw`. The raw values stay, and what was measured since then is
    calibrated again.
    """
    from_s = since_s(since)
    with Installation.existing(data).store() as store:
        probe = _probe(store, probe_name)
        assumptions = [assumption] if assumption else []
        if wet_moisture is None:
            wet_moisture, source = _soil_capacity(store, probe)
            assumptions.append(source)
        line = _line(dry, wet, (dry_moisture, wet_moisture))
        entity = two_point_calibration(
            store.registry,
            probe.serial,
            line,
            (dry, wet),
            (dry_moisture, wet_moisture),
            "; ".join(assumptions),
            from_s,
        )
        store.registry.put_all([(entity, from_s)], by=BY)
        lines = consequences(store, [(entity, from_s)])
    echo(f"Calibration {entity.id} of probe {probe.serial}, from {_day(from_s)} on:")
    echo(f"moisture = {line.offset:.6g} {line.slope:+.6g} x raw [m3/m3]; {entity.reference}.")
    if line.uncertainty is not None:
        echo(f"The readings repeat within {line.uncertainty:.3g} m3/m3; the soil itself may differ by more.")
    for text in [*[f"Taken for granted: {part}." for part in assumptions], *lines]:
        echo(text)


def _line(dry: Sequence[float], wet: Sequence[float], moistures: tuple[float, float]) -> Line:
    try:
        return two_points(dry, wet, moistures)
    except ValueError as error:
        raise BadInputError(str(error)) from error


def _place(store: Store, where: str) -> tuple[str, int]:
    parsed = parse_column(where)
    if parsed is None or parsed[1] == 0:
        raise BadInputError(f"{where!r} is no place of a probe; expected NODE@POSITION, such as elm-1@1")
    registered(store, parsed[0])
    return parsed


def _probe(store: Store, probe_name: str) -> ProbePlace:
    """Find a probe by its serial, or by what is at a position: as entered, or as the node itself says."""
    registered_probe = store.registry.probe(probe_name)
    if registered_probe is not None:
        return registered_probe
    if POSITION_MARK not in probe_name:
        raise BadInputError(
            f"probe {probe_name!r} is not registered; expected NODE@POSITION or a serial of "
            "`sera registry list probe`"
        )
    node, position = _place(store, probe_name)
    probes = [probe for probe in store.registry.probes(node) if probe.position == position]
    if not probes:
        serials = [probe.serial for probe in store.node_probes(node) if probe.position == position]
        probes = [ProbePlace(serial, node, position) for serial in serials if serial]
    if not probes:
        raise BadInputError(
            f"no probe is registered at {probe_name}; first: sera probe swap {probe_name} SERIAL"
        )
    if len(probes) > 1:
        serials = [probe.serial for probe in probes]
        raise BadInputError(f"{probe_name} has the probes {', '.join(serials)}; name the one by its serial")
    return probes[0]


def _soil_capacity(store: Store, probe: ProbePlace) -> tuple[float, str]:
    """Return what the garden's soil holds against gravity [m3/m3], and where that is from."""
    place = store.registry.place_of(probe.node) if probe.node else None
    soil = store.registry.soil(place[1]) if place is not None else None
    if soil is None:
        garden = place[1] if place is not None else "GARDEN"
        raise BadInputError(
            "how moist the wet soil was is not known; name it by --wet-moisture, or state the garden's soil "
            f"first: sera garden set {garden} --soil loam"
        )
    limits = water_limits(Texture(soil.sand, soil.clay, soil.organic_matter_percent))
    return round(limits.field_capacity, 4), (
        f"wet soil holds its field capacity, {limits.field_capacity:.3f} m3/m3 by the texture stated for "
        f"{soil.id} (Saxton and Rawls 2006)"
    )


def _remarks(store: Store, node: str, position: int, serial: str) -> list[str]:
    lines = []
    serials_on_board = [
        probe.serial for probe in store.node_probes(node) if probe.position == position and probe.serial
    ]
    if serials_on_board and serial not in serials_on_board:
        lines.append(
            f"The board itself names {', '.join(serials_on_board)} at that position, and that outweighs this "
            f"entry for the records that say so: write the serial {serial} into its config.json."
        )
    if not store.registry.calibrations(serial):
        lines.append(f"Probe {serial} has no calibration yet: sera probe calibrate {node}@{position} --help")
    return lines


def _day(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).date().isoformat()
