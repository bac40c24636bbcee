"""`sera district`: parts of a city, with how many live there and how deprived they are."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import msgspec
import typer

from sera_command.errors import BadInputError
from sera_command.importers.district_areas import DistrictColumns, read_areas
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, now_s, since_s
from sera_command.registration.district_maps import check_registered, check_source, enter_districts
from sera_command.terminal import echo, quantity_text
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
    check_source(source, has_numbers=residents is not None or deprivation is not None)
    entity = District(name, community, title or name, residents, deprivation, source)
    with Installation.existing(data).store() as store:
        store.registry.put(entity, since_s=now_s(), by=BY)
    echo(f"District {name} is registered. Next: sera district gardens {name} GARDEN ...")


@app.command("import")
def import_districts(
    file: Annotated[Path, typer.Argument(help="GeoJSON with a polygon a district, in WGS 84.")],
    community: Annotated[str, typer.Option(help="Id of their community.")],
    id_from: Annotated[str, typer.Option(help="Property with each district's name or code.")] = "name",
    title_from: Annotated[str | None, typer.Option(help="Property with its name for people.")] = None,
    residents_from: Annotated[str | None, typer.Option(help="Property with how many live there.")] = None,
    deprivation_from: Annotated[
        str | None, typer.Option(help="Property with how deprived, more being worse.")
    ] = None,
    source: Annotated[str, typer.Option(help="Where both numbers are from: Census 2021, IMD 2019.")] = "",
    assign: Annotated[
        bool, typer.Option("--assign", help="Enter which gardens lie in which district as well.")
    ] = False,
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register districts from a map, all or none, and find which gardens lie in which.

    A garden in a district is known to be there: without --assign its host can be asked first. Hidden gardens
    are assigned to none.
    """
    check_source(source, has_numbers=bool(residents_from or deprivation_from))
    columns = DistrictColumns(id_from, title_from, residents_from, deprivation_from)
    with Installation.existing(data).store() as store:
        check_registered(store.registry, community)
        areas = read_areas(file, community, columns, source)
        entered = enter_districts(store, community, areas, since_s(since), BY, assign=assign)
    count = quantity_text(len(areas), "districts")
    echo(f"{file.name}: {count} of {community}; {quantity_text(entered.changes, 'entries')} new.")
    for name, gardens_inside in entered.members.items():
        if gardens_inside:
            verb = "lie" if assign else "would lie (--assign enters it)"
            echo(f"{', '.join(gardens_inside)} {verb} in {name}")
    for line in entered.lines:
        echo(line)


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
