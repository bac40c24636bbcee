"""`sera room`: open the pages of a running `sera up` to phones in the room, and close them."""

from __future__ import annotations

from typing import Annotated

import typer

from sera_command.errors import BadInputError
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.terminal import echo
from sera_gateway.own_hosts import outward_address
from sera_pages.accounts.opening import checked_address, open_room, room_address
from sera_pages.errors import InvalidFieldError

app = typer.Typer(no_args_is_help=True, help="Open the pages to phones in the room, or close them.")


@app.command("open")
def open_to_room(
    address: Annotated[str, typer.Argument(help="Address of this machine; found by default.")] = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Open the pages of a running `sera up` under an address of this machine, within a second."""
    installation, requested = Installation.existing(data), address or outward_address()
    try:
        checked = checked_address(requested)
    except InvalidFieldError as error:
        raise BadInputError(
            f"{requested or 'this machine'!r}: no address of this machine in a network; name the one that "
            "the Wi-Fi gave it, as 192.168.1.20"
        ) from error
    open_room(installation.folder, checked)
    echo(f"The pages are open to the room under {checked}, as long as `sera up` runs.")


@app.command("close")
def close(data: Data = DEFAULT_FOLDER) -> None:
    """Close the pages to the room; this machine, and a public name, go on reaching them."""
    open_room(Installation.existing(data).folder, "")
    echo("The pages are closed to the room.")


@app.command("show")
def show(data: Data = DEFAULT_FOLDER) -> None:
    """Show under which address the room reaches the pages."""
    address = room_address(Installation.existing(data).folder)
    echo(f"open under {address}" if address else "closed: only this machine reaches the pages")
