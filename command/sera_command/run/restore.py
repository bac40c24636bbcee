"""`sera restore`: check backups and bring them back as a data folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from sera_command.backups.container import KEYS, RECORDS
from sera_command.backups.encryption import Secrets
from sera_command.backups.restoration import restore_backups
from sera_command.backups.secrets import passphrase_from, read_private_key
from sera_command.terminal import echo

app = typer.Typer()


@app.command()
def restore(
    backups: Annotated[
        list[Path],
        typer.Argument(help="File that `sera backup` wrote, and that of the keys where it is apart."),
    ],
    data: Annotated[
        Path, typer.Option("--data", help="Data folder to make; it must not be there, or be empty.")
    ],
    without_records: Annotated[
        bool,
        typer.Option("--without-records", help="Leave the records out: the gateway makes them again."),
    ] = False,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Private key of the recipient, from `sera backup-key`.")
    ] = None,
) -> None:
    """Check every byte of a backup, then restore it; nodes send again what came after it."""
    secrets = Secrets(
        partial(passphrase_from, passphrase_file, is_new=False), read_private_key(key) if key else None
    )
    manifests = restore_backups(backups, data, secrets, records=not without_records)
    main = next(manifest for manifest in manifests if manifest.holds != KEYS)
    files = sum(manifest.files for manifest in manifests)
    behind = main.journal_last - (0 if without_records else main.ledger_position)
    echo(f"{data}: {files} files are as they were backed up; the journal has no holes")
    if all(manifest.holds == RECORDS for manifest in manifests):
        echo("it has no keys: a gateway makes an authority of its own, which no node trusts")
        echo("where boards are to be kept, restore it together with the backup of the keys")
    echo(f"start the gateway: it makes records of {behind} more messages, and asks nodes for later ones")
