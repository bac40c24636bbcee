"""`sera backup-key`: generate the key pair of a recipient of encrypted backups."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from sera_command.backups.secrets import write_key_pair
from sera_command.terminal import echo

app = typer.Typer()


@app.command("backup-key")
def backup_key(
    file: Annotated[
        Path, typer.Argument(help="File for the private key; the public one gets .pub behind it.")
    ],
) -> None:
    """Create a key pair: the public key encrypts backups, and only the private key opens them.

    Do this on another machine than the gateway's, and give the gateway's machine the public key alone.
    """
    public = write_key_pair(file)
    echo(f"{public}: for `sera backup --recipient`, on the machine that makes backups")
    echo(f"{file}: for `sera restore --key`; keep it elsewhere, and a copy of it: nothing opens them without")
