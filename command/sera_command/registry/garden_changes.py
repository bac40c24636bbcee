"""`sera garden list` and `set`: which gardens there are, and what changes of one from a date on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import structs
from rich.table import Table

from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.installation.entering import registered_garden
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.registration.consequences import consequences
from sera_command.terminal import echo, echo_json
from sera_pages.report_folder import REPORT_FOLDER, remove_drawings
from sera_quality.soil_texture import TEXTURES
from sera_store.coarse_grid import ConsentLevel  # noqa: TC001 - Typer reads the annotations
from sera_store.licence import Licence  # noqa: TC001 - Typer reads the annotations
from sera_store.registry.entities import Delay  # noqa: TC001 - Typer reads the annotations
from sera_store.registry.garden_metadata import GardenSoil
from sera_store.release.handouts import handouts_of
from sera_store.release.places import released_gardens

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry

GardenId = Annotated[str, typer.Argument(help="Id of the garden.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array for machines.")]


def list_gardens(data: Data = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """List the gardens, with their places as their hosts let them be known."""
    with Installation.existing(data).store() as store:
        rows = _garden_rows(store.registry)
    if as_json:
        echo_json(json.dumps(rows))
        return
    if not rows:
        echo("no garden is registered; sera garden new GARDEN --help registers one")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for index, name in enumerate(("garden", "title", "community", "district", "nodes", "known as")):
        table.add_column(name, overflow="fold", no_wrap=index == 0)
    for row in rows:
        place = f"{row['consent']}, within {row['place_uncertainty_m']} m"
        table.add_row(
            row["garden"],
            row["title"],
            row["community"],
            row["district"] or "-",
            str(row["nodes"]),
            "hidden" if row["place_latitude"] is None else place,
        )
    plain_console().print(table)


def set_garden(
    name: GardenId,
    consent: Annotated[
        ConsentLevel | None, typer.Option(help="How exactly its place may be published.")
    ] = None,
    delay: Annotated[
        Delay | None, typer.Option(help="How much later than its host others see what is live.")
    ] = None,
    licence: Annotated[
        Licence | None, typer.Option(help="Under which licence its host gives what is of it.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Name for people.")] = None,
    place: Annotated[
        str | None,
        typer.Option(metavar="LATITUDE,LONGITUDE", help="Exact place [degree]; leaves only coarse."),
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA time zone: Europe/London.")] = None,
    soil: Annotated[
        str | None, typer.Option(help="Texture of its soil: loam; for shares: garden soil.")
    ] = None,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Change what is registered of a garden, from a date on.

    Consent and licence hold at once for all that is written from now on, also of days before; what was handed
    out before stays with whoever has it.
    """
    from_s = since_s(since)
    values: dict[str, Any] = {
        "consent": consent,
        "delay": delay,
        "licence": licence,
        "name": title,
        "timezone": timezone,
    }
    values = {key: value for key, value in values.items() if value is not None}
    if place is not None:
        values |= _coordinates(place)
    if soil is not None and soil not in TEXTURES:
        raise BadInputError(f"texture {soil!r} is not known; expected one of {', '.join(TEXTURES)}")
    if not values and soil is None:
        raise BadInputError(
            "nothing to change; name --consent, --delay, --licence, --title, --place, --timezone or --soil"
        )
    with Installation.existing(data).store() as store:
        before = registered_garden(store, name)
        entries: list[tuple[Entity, int]] = []
        if values:
            entries.append((structs.replace(before, **values), from_s))
        if soil is not None:
            shares = TEXTURES[soil]
            entries.append((GardenSoil(name, shares.sand, shares.clay, source=soil), from_s))
        count = store.registry.put_all(entries, by=BY)
        lines = consequences(store, entries) if count else []
        if values and count:
            # None shows longer what may be seen no more.
            remove_drawings(data / REPORT_FOLDER, before.community, name)
    echo(f"Garden {name} is changed." if count else f"Garden {name} was so already; nothing changed.")
    if count and (consent is not None or licence is not None):
        lines += _release_changes(data, name, consent, licence)
    for line in lines:
        echo(line)


def _release_changes(
    data: Path, name: str, consent: ConsentLevel | None, licence: Licence | None
) -> list[str]:
    """Explain what a new consent or licence means, and what was handed out before it."""
    sentences = []
    if consent is not None:
        sentences.append(f"Pages and files made from now on show its place as {consent.value}.")
    if licence is not None:
        sentences.append(f"Files made from now on give it under {licence.deed.title} alone.")
    sentences.append(
        "Packs, exports and pages that were handed out before keep what they say: ask for them back where "
        "the host withdraws consent."
    )
    lines = [" ".join(sentences)]
    if listed := handouts_of(data, name):
        names = ", ".join(dict.fromkeys(handout.name for handout in listed))
        lines.append(f"Handed out so far: {names}; see: sera handouts --garden {name}")
    return lines


def _garden_rows(registry: Registry) -> list[dict[str, Any]]:
    entries = {garden.id: garden for garden in registry.gardens()}
    return [
        {
            "garden": garden.id,
            "title": garden.name,
            "community": garden.community,
            "district": garden.district,
            "timezone": garden.timezone,
            "nodes": len(registry.nodes(garden.id)),
            "consent": entries[garden.id].consent.value,
            "delay": entries[garden.id].delay.value,
            "licence": entries[garden.id].licence.value,
            "place_latitude": None if garden.place is None else garden.place.latitude,
            "place_longitude": None if garden.place is None else garden.place.longitude,
            "place_uncertainty_m": None if garden.place is None else garden.place.uncertainty_m,
        }
        for garden in released_gardens(registry)
    ]


def _coordinates(place: str) -> dict[str, float]:
    parts = place.split(",")
    try:
        latitude, longitude = map(float, parts)
    except ValueError as error:
        raise BadInputError(
            f"--place {place!r} is no place; expected latitude and longitude in degrees: 51.501,-0.142"
        ) from error
    return {"latitude": latitude, "longitude": longitude}
