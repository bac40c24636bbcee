"""`sera probe`: put probes in their places, and calibrate them, each with a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.boards.probe_reading import read_samples
from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.registration.consequences import consequences
from sera_command.registry.node_changes import registered
from sera_command.terminal import echo
from sera_quality.calibration import two_points
from sera_quality.soil_texture import Texture, drained_moisture
from sera_store.local_clock import utc_date
from sera_store.registry.changes import OVEN_DRY, RELATIVE_SCALE, SampleLine, sample_calibrations, swap_probe
from sera_store.registry.entities import ProbePlace
from sera_vocabulary.messages import POSITION_MARK, parse_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_quality.calibration import Line
    from sera_store.registry.entities import Calibration
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Probes: where they are in the ground, and how they read.")

Where = Annotated[str, typer.Argument(metavar="NODE@POSITION", help="Its place, such as elm-1@1.")]
ProbeName = Annotated[
    str, typer.Argument(metavar="PROBE", help="NODE@POSITION, such as elm-1@1, or its serial.")
]


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
        list[float] | None,
        typer.Option(min=0, max=65535, help="Raw count in the dry sample; several readings by repeating it."),
    ] = None,
    wet: Annotated[
        list[float] | None,
        typer.Option(min=0, max=65535, help="Raw count in the wet sample; several readings by repeating it."),
    ] = None,
    dry_moisture: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Water content of the dry sample [m3/m3]; 0 out of an oven."),
    ] = None,
    wet_moisture: Annotated[
        float | None, typer.Option(min=0, max=1, help="Water content of the wet sample [m3/m3].")
    ] = None,
    by_texture: Annotated[
        bool,
        typer.Option(
            "--by-texture",
            help="The dry sample came out of an oven, the wet one drained for a day and holds what the "
            "garden's soil can.",
        ),
    ] = False,
    port: Annotated[
        str | None, typer.Option(metavar="PORT", help="Serial port of the board, to read it live.")
    ] = None,
    assumption: Annotated[str, typer.Option(help="What is taken for granted, for the record.")] = "",
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Calibrate a soil moisture probe by a dry and a wet sample of the garden's soil, from a date on.

    Without --dry and --wet the probe is read live over the board's USB cable, dry first. Two samples give a
    relative wetness: 0 in the dry, 1 in the wet one, for this probe alone. It is moisture [m3/m3] only where
    the water content of both samples is stated: by --dry-moisture and --wet-moisture, or --by-texture. Raw
    counts stay, and what was measured since then is calibrated again.
    """
    from_s = since_s(since)
    if (dry is None) != (wet is None):
        raise BadInputError("one sample gives no scale; name both --dry and --wet, or neither to read live")
    installation = Installation.existing(data)
    with installation.store() as store:
        probe = _probe(store, probe_name)
        moistures, assumptions = _moistures(store, probe, dry_moisture, wet_moisture, by_texture=by_texture)
        samples = (dry, wet) if dry and wet else _read_live(installation, probe, port)
        assumptions = ([assumption] if assumption else []) + assumptions
        scale, moisture = SampleLine(RELATIVE_SCALE, _line(samples, RELATIVE_SCALE)), None
        if moistures is not None:
            moisture = SampleLine(moistures, _line(samples, moistures), "; ".join(assumptions))
        calibrations = sample_calibrations(store.registry, probe.serial, samples, scale, moisture, from_s)
        entries = [(entity, from_s) for entity in calibrations]
        store.registry.put_all(entries, by=BY)
        lines = consequences(store, entries)
    names = " and ".join([entity.id for entity in calibrations])
    echo(f"Calibration {names} of probe {probe.serial}, from {utc_date(from_s)} on:")
    for text in [*_described(calibrations), *[f"Taken for granted: {part}." for part in assumptions], *lines]:
        echo(text)


def _read_live(
    installation: Installation, probe: ProbePlace, port: str | None
) -> tuple[list[float], list[float]]:
    if probe.node is None or probe.position is None:
        raise BadInputError(f"probe {probe.serial} is at no node; name its readings: --dry RAW --wet RAW")
    return read_samples(installation, probe.node, probe.position, port)


def _described(calibrations: Sequence[Calibration]) -> list[str]:
    """Describe what was entered: a relative scale alone, or with it the water content."""
    (offset, slope), uncertainty = calibrations[0].coefficients, calibrations[0].uncertainty
    lines = [
        f"wetness = {offset:.6g} {slope:+.6g} x raw; 0 in the dry sample, 1 in the wet one; for that probe"
    ]
    if len(calibrations) > 1:
        (offset, slope), uncertainty = calibrations[1].coefficients, calibrations[1].uncertainty
        lines.append(f"moisture = {offset:.6g} {slope:+.6g} x raw [m3/m3]; {calibrations[1].reference}.")
    if uncertainty is not None:
        unit = "m3/m3" if len(calibrations) > 1 else "of that scale"
        lines.append(
            f"The readings repeat within {uncertainty:.3g} {unit}; the soil itself may differ by more."
        )
    if len(calibrations) == 1:
        lines.append(
            "This is no water content. Where that of both samples is known: --dry-moisture and "
            "--wet-moisture [m3/m3], or --by-texture."
        )
    return lines


def _moistures(
    store: Store,
    probe: ProbePlace,
    dry_moisture: float | None,
    wet_moisture: float | None,
    *,
    by_texture: bool,
) -> tuple[tuple[float, float] | None, list[str]]:
    """Return the water content of both samples [m3/m3], where it is stated, and what is taken for granted."""
    if by_texture:
        if dry_moisture is not None or wet_moisture is not None:
            raise BadInputError(
                "--by-texture says the water content of both samples; leave --dry-moisture and "
                "--wet-moisture out"
            )
        capacity, source = _soil_capacity(store, probe)
        return (OVEN_DRY, capacity), [source]
    if dry_moisture is None and wet_moisture is None:
        return None, []
    if dry_moisture is None or wet_moisture is None:
        raise BadInputError(
            "the water content of one sample is not stated; name --dry-moisture (0 where it came out of an "
            "oven) and --wet-moisture, or neither for a relative scale"
        )
    return (dry_moisture, wet_moisture), []


def _line(samples: tuple[Sequence[float], Sequence[float]], values: tuple[float, float]) -> Line:
    try:
        return two_points(*samples, values)
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
            "how moist the wet sample was is not known; state the garden's soil first: "
            f"sera garden set {garden} --soil loam, or name --dry-moisture and --wet-moisture"
        )
    return drained_moisture(Texture(soil.sand, soil.clay, soil.organic_matter_percent), soil.id)


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
