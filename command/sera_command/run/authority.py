"""`sera authority`: replace keys that leaked, and keep the next authority's key elsewhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated, Final

import typer

from sera_command.errors import BadInputError
from sera_command.installation.installation import DEFAULT_FOLDER, Data, Installation
from sera_command.terminal import echo
from sera_vocabulary import services

app = typer.Typer(no_args_is_help=True, help="The installation's own certificates.")


class Service(StrEnum):
    """The parts of an installation that have a certificate."""

    GATEWAY = "gateway"
    BROKER = "broker"
    INGEST = "ingest"
    PAGES = "pages"
    SESSION_GUARD = "session-guard"


_HOLDERS: Final = {
    Service.GATEWAY: services.GATEWAY,
    Service.BROKER: services.BROKER,
    Service.INGEST: services.INGEST,
    Service.PAGES: services.PAGES,
    Service.SESSION_GUARD: services.SESSION_GUARD,
}


@app.command("rotate")
def rotate(
    service: Annotated[Service, typer.Argument(help="Whose key is replaced.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "rotated",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Replace a leaked key, its certificate and client id, and shut the old ones out."""
    installation = Installation.existing(data)
    holder = _HOLDERS[service]
    if not any(record.holder == holder for record in installation.authority.issued()):
        raise BadInputError(f"the {service} has no certificate yet, so there is nothing to replace")
    issued = installation.authority.rotate(holder, reason)
    installation.renew_credentials(holder)
    with installation.store() as store:
        broker_notified = installation.renew_rights(store)
    echo(f"The {service} is {issued.name} now; what was issued to it before is shut out.")
    echo(
        "The running broker was told; the gateway connects again by itself."
        if broker_notified
        else "It counts from the next `sera up` on."
    )
    echo("For a Mosquitto of your own: `sera broker files mosquitto` again, then reload it.")


@app.command("export-next")
def export_next(
    file: Annotated[Path, typer.Argument(help="Where the key goes: on a stick that is kept elsewhere.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Move the next authority's key away from this host; it is needed when the authority is changed only."""
    installation = Installation.existing(data)
    installation.authority.export_next(file.absolute())
    echo(f"The next authority's key is in {file}, and not in {installation.authority.folder} any more.")
    echo("Keep it where this machine's thief does not find it. Backups made before still hold it.")
