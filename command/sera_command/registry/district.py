"""`sera district`: parts of a city, with how many live there and how deprived they are."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sera_command.errors import BadInputError
from sera_command.importers.district_areas import DistrictColumns, read_areas
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, now_s, since_s
from sera_command.registry.consequences import consequences
from sera_command.terminal import echo, quantity_text
from sera_store.registry.entities import District
from sera_store.release.places import gardens_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry

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
    if (residents_from or deprivation_from) and not source:
        raise BadInputError("residents and deprivation need their source; say where they are from: --source")
    columns = DistrictColumns(id_from, title_from, residents_from, deprivation_from)
    with Installation.existing(data).store() as store:
        if store.registry.community(community) is None:
            raise BadInputError(
                f"community {community!r} is not registered; first: sera community new {community}"
            )
        areas = read_areas(file, community, columns, source)
        from_s = since_s(since)
        entries: list[tuple[Entity, int]] = [(area.district, from_s) for area in areas]
        members = {area.district.id: gardens_within(store.registry, community, area.rings) for area in areas}
        if assign:
            entries += _assigned(store.registry, members, from_s)
        count = store.registry.put_all(entries, by=BY)
        lines = consequences(store, entries) if count else []
    echo(f"{file.name}: {quantity_text(len(areas), 'districts')} of {community}; {count} entries new.")
    for name, gardens_inside in members.items():
        if gardens_inside:
            verb = "lie" if assign else "would lie (--assign enters it)"
            echo(f"{', '.join(gardens_inside)} {verb} in {name}")
    for line in lines:
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


def _assigned(
    registry: Registry, members: Mapping[str, Sequence[str]], from_s: int
) -> list[tuple[Entity, int]]:
    """Make the entries of gardens that lie in districts; one in two of them is refused."""
    districts: dict[str, str] = {}
    entries: list[tuple[Entity, int]] = []
    for district, gardens_inside in members.items():
        for name in gardens_inside:
            if name in districts:
                raise BadInputError(f"{name} lies in {districts[name]} and in {district}; mend the outlines")
            districts[name] = district
            garden = registry.garden(name)
            if garden is not None:
                entries.append((msgspec.structs.replace(garden, district=district), from_s))
    return entries
