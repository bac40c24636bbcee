"""`sera garden`: a place with nodes, its soil, and what was done in it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from sera_analysis.soil.soil_water import TEXTURES, Texture, water_limits
from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, now_s, since_s
from sera_command.registry import garden_changes
from sera_command.terminal import echo
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Garden
from sera_store.registry.garden_metadata import Action, GardenSoil

app = typer.Typer(no_args_is_help=True, help="Gardens: places with nodes.")
app.command("list")(garden_changes.list_gardens)
app.command("set")(garden_changes.set_garden)
app.command("actions")(garden_changes.list_actions)
app.command("correct")(garden_changes.correct)
app.command("withdraw")(garden_changes.withdraw)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Id: 3 to 32 of a-z, 0-9 and -.")],
    community: Annotated[str, typer.Option(help="Id of its community.")],
    latitude: Annotated[float, typer.Option(help="Latitude [degree]; it leaves only made coarse.")],
    longitude: Annotated[float, typer.Option(help="Longitude [degree].")],
    timezone: Annotated[str, typer.Option(help="IANA time zone: Europe/London.")],
    title: Annotated[str, typer.Option(help="Name for people.")] = "",
    consent: Annotated[
        ConsentLevel, typer.Option(help="How exactly its place may be published.")
    ] = ConsentLevel.CITY,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a garden."""
    entity = Garden(name, community, None, title or name, latitude, longitude, timezone, consent)
    with Installation.existing(data).store() as store:
        if store.registry.garden(name):
            raise BadInputError(f"garden {name!r} is registered already")
        if store.registry.community(community) is None:
            raise BadInputError(
                f"community {community!r} is not registered; first: sera community new {community}"
            )
        store.registry.put(entity, since_s=since_s(since), by=BY)
    echo(f"Garden {name} is registered. Next: sera node new NODE --garden {name}")


@app.command("soil")
def soil(
    name: Annotated[str, typer.Argument(help="Id of the garden.")],
    texture: Annotated[str | None, typer.Option(help="Class: sand, loam, silt loam, clay ...")] = None,
    sand: Annotated[float | None, typer.Option(help="Share of sand by mass, 0 to 1.")] = None,
    clay: Annotated[float | None, typer.Option(help="Share of clay by mass, 0 to 0.6.")] = None,
    organic: Annotated[float, typer.Option(help="Organic matter [% by mass].")] = 2.5,
    source: Annotated[str, typer.Option(help="Source of the statement, and how it was measured.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """State a garden's soil, from which the water that plants can take is reckoned."""
    if texture is not None and texture not in TEXTURES:
        raise BadInputError(f"texture {texture!r} is not known; expected one of {', '.join(TEXTURES)}")
    if (texture is None) == (sand is None or clay is None):
        raise BadInputError("name the soil by --texture, or by both --sand and --clay")
    fractions = TEXTURES[texture] if texture is not None else Texture(sand or 0.0, clay or 0.0)
    entity = GardenSoil(name, fractions.sand, fractions.clay, organic, source or texture or "")
    with Installation.existing(data).store() as store:
        garden_changes.registered_garden(store, name)
        store.registry.put(entity, since_s=now_s(), by=BY)
    wilting_point, field_capacity = water_limits(fractions._replace(organic_matter_percent=organic))
    echo(
        f"Soil of {name}: plants wilt at {wilting_point:.3f}, and it holds {field_capacity:.3f} m3/m3 "
        "(Saxton "
        "and Rawls 2006)."
    )


@app.command("action")
def action(
    name: Annotated[str, typer.Argument(help="Id of the garden.")],
    kind: Annotated[str, typer.Argument(help="watering, mowing, planting or other.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="When, local time.")],
    amount: Annotated[float | None, typer.Option(help="Water [mm] or area [m2].")] = None,
    note: Annotated[str, typer.Option(help="A sentence for people.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """State that something was done in a garden."""
    with Installation.existing(data).store() as store:
        time_s = garden_changes.local_moment_s(on, garden_changes.registered_garden(store, name))
        # Withdrawn ones count, since their ids are taken.
        number = (
            sum(action.id.startswith(f"{name[:24]}-") for action in store.registry.entities("action")) + 1
        )
        entity = Action(f"{name[:24]}-{number}", name, kind, time_s, amount, note)
        store.registry.put(entity, since_s=time_s, by=BY)
    echo(f"Action {entity.id}: {kind} in {name} on {on:%Y-%m-%d}.")
