"""`sera community new`: neighbours who share gardens, nodes and figures."""

from __future__ import annotations

from typing import Annotated

import typer

from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, since_s
from sera_command.registration.new_communities import register_community
from sera_command.terminal import echo
from sera_store.registry.entities import Community

app = typer.Typer(no_args_is_help=True, help="Communities: neighbours who share gardens and figures.")


@app.callback()
def _community() -> None:
    """Keep `new` a word of its own while it is the only one."""


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Id: 3 to 32 of a-z, 0-9 and -.")],
    title: Annotated[str, typer.Option(help="Name for people.")] = "",
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Register a community."""
    installation = Installation(data)
    with installation.store() as store:
        register_community(installation, store, Community(name, title or name), since_s(since), BY)
    echo(f"Community {name} is registered. Next: sera garden new GARDEN --community {name} --help")
