"""`sera garden new`: a place with nodes."""

from __future__ import annotations

from typing import Annotated

import typer

from sera_command.errors import BadInputError
from sera_command.site import BY, DEFAULT_FOLDER, Data, Site, now_s
from sera_store.entities import Garden
from sera_store.places import ConsentLevel

app = typer.Typer(no_args_is_help=True, help="Gardens: places with nodes.")


@app.callback()
def _garden() -> None:
    """Keep `new` a word of its own while it is the only one."""


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Id: 3 to 32 of a-z, 0-9 and -.")],
    community: Annotated[str, typer.Option(help="Id of its community.")],
    latitude: Annotated[float, typer.Option(help="Latitude [degree]; it leaves only made coarse.")],
    longitude: Annotated[float, typer.Option(help="Longitude [degree].")],
    timezone: Annotated[str, typer.Option(help="IANA time zone: Europe/London.")],
    title: Annotated[str, typer.Option(help="Name for people.")] = "",
    consent: Annotated[ConsentLevel, typer.Option(help="How closely it may be known.")] = ConsentLevel.CITY,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a garden."""
    entity = Garden(name, community, None, title or name, latitude, longitude, timezone, consent)
    with Site(data).store() as store:
        if store.registry.garden(name):
            raise BadInputError(f"garden {name!r} is registered already")
        if store.registry.community(community) is None:
            raise BadInputError(
                f"community {community!r} is not registered; first: sera community new {community}"
            )
        store.registry.put(entity, since_s=now_s(), by=BY)
    typer.echo(f"Garden {name} is registered. Next: sera node new NODE --garden {name}")
