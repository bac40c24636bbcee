"""`sera district`: parts of a city, with how many live there and how deprived they are."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import now_s
from sera_command.terminal import echo
from sera_store.registry.entities import District

app = typer.Typer(no_args_is_help=True, help="Districts: parts of a city, with residents and deprivation.")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Id: 3 to 32 of a-z, 0-9 and -.")],
    community: Annotated[str, typer.Option(help="Id of its community.")],
    residents: Annotated[int | None, typer.Option(min=1, help="How many live there.")] = None,
    deprivation: Annotated[
        float | None, typer.Option(help="How deprived, more being worse, by one measure for all districts.")
    ] = None,
    source: Annotated[str, typer.Option(help="Where both numbers are from: Census 2021, IMD 2019.")] = "",
    title: Annotated[str, typer.Option(help="Name for people.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a district, or change what is registered of it."""
    if (residents is not None or deprivation is not None) and not source:
        raise BadInputError("residents and deprivation need their source; say where they are from: --source")
    entity = District(name, community, title or name, residents, deprivation, source)
    with Installation.existing(data).store() as store:
        store.registry.put(entity, since_s=now_s(), by=BY)
    echo(f"District {name} is registered. Next: sera district gardens {name} GARDEN ...")


@app.command("gardens")
def gardens(
    name: Annotated[str, typer.Argument(help="Id of the district.")],
    garden: Annotated[list[str], typer.Argument(help="Ids of gardens that lie in it.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter which gardens lie in a district."""
    with Installation.existing(data).store() as store:
        if store.registry.district(name) is None:
            raise BadInputError(f"district {name!r} is not registered; first: sera district new {name}")
        unknown = [garden_id for garden_id in garden if store.registry.garden(garden_id) is None]
        if unknown:
            raise BadInputError(f"gardens {', '.join(unknown)} are not registered; first: sera garden new")
        for garden_id in garden:
            existing = store.registry.garden(garden_id)
            if existing is not None:
                entity = msgspec.structs.replace(existing, district=name)
                store.registry.put(entity, since_s=now_s(), by=BY)
    echo(f"{len(garden)} gardens lie in {name}.")
