"""`sera mapping`: tables that say what other makers' devices mean."""

from __future__ import annotations

import json as json_format
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Site
from sera_command.installation.moments import Since, since_s
from sera_command.terminal import echo, echo_json
from sera_gateway.decode.mapping_files import read, shipped, shipped_names
from sera_vocabulary import topic_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sera_store.registry.mappings import Mapping

app = typer.Typer(no_args_is_help=True, help="Enter tables for other makers' devices.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


@app.command("add")
def add(
    table: Annotated[str, typer.Argument(help="Name of a table that Sera ships, or a TOML file.")],
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Check a table and enter it in the registry."""
    mapping = read(Path(table)) if Path(table).suffix == ".toml" else shipped(table)
    from_s = since_s(since)
    with Site(data).store() as store:
        entered = store.registry.mappings()
        _check_version(mapping, next((existing for existing in entered if existing.id == mapping.id), None))
        other_mappings = [existing for existing in entered if existing.id != mapping.id]
        store.registry.put(mapping, since_s=from_s, by=BY)
    begins = "now" if since is None else f"{datetime.fromtimestamp(from_s, UTC):%Y-%m-%d %H:%M:%S} (UTC)"
    echo(f"Mapping {mapping.id} version {mapping.version} holds for what arrives from {begins} on.")
    echo(f"The gateway hears it with subscribe = [{json_format.dumps(mapping.filter)}] in [gateway].")
    for advice in _advice(mapping, other_mappings):
        echo(advice, err=True)


@app.command("list")
def list_tables(data: Data = DEFAULT_FOLDER, json: Json = False) -> None:
    """List the tables of the registry, and those that Sera ships."""
    with open_store(data) as store:
        entered = store.registry.mappings()
    if json:
        echo_json(json_format.dumps({"entered": msgspec.to_builtins(entered), "shipped": shipped_names()}))
        return
    for mapping in entered:
        echo(f"{mapping.id} {mapping.version}  {mapping.topic}")
    echo(f"shipped: {', '.join(shipped_names())}")


def _check_version(mapping: Mapping, existing: Mapping | None) -> None:
    """Refuse another table under a version that is taken: records name the version they were read by."""
    if existing is not None and existing != mapping and mapping.version <= existing.version:
        raise BadInputError(
            f"mapping {mapping.id} has version {existing.version} with other content; give yours version "
            f"{existing.version + 1} or more"
        )


def _advice(mapping: Mapping, other_mappings: Iterable[Mapping]) -> Iterator[str]:
    """Name what a broker cannot do with a mapping's topics, and which other mappings read some of them."""
    if character := topic_filters.nats_problem(mapping.filter):
        yield (
            f"Its topic holds {character}. NATS, the broker of `sera up`, takes none in a topic and ends the "
            "device's connection: let the device use another topic, or run Mosquitto."
        )
    for other in other_mappings:
        if topic_filters.overlap(mapping.filter, other.filter):
            wide = next(iter(topic_filters.merge([mapping.filter, other.filter])))
            yield (
                f"Mapping {other.id} reads some of its topics too; {min(mapping.id, other.id)} is asked "
                f"first. With both filters the gateway subscribes to {json_format.dumps(wide)}, so that each "
                "message comes once."
            )
