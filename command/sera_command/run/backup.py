"""`sera backup`: copy journal, store and keys while the gateway runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_command.backups.container import ALL, KEYS, RECORDS
from sera_command.backups.creation import back_up
from sera_command.backups.encryption import lock_for_recipient, lock_with_passphrase
from sera_command.backups.secrets import passphrase_from, read_recipient
from sera_command.errors import BadInputError
from sera_command.terminal import echo

if TYPE_CHECKING:
    from sera_command.backups.encryption import Locked

app = typer.Typer()


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="File to write; it must not be there.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of journal and store.")] = Path("sera-data"),
    encrypt: Annotated[
        bool,
        typer.Option(
            "--encrypt", help="Encrypt it with a passphrase: of a file, SERA_BACKUP_PASSPHRASE, or asked."
        ),
    ] = False,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase.")
    ] = None,
    recipient: Annotated[
        Path | None,
        typer.Option("--recipient", help="Public key from `sera backup-key`: only its private key opens it."),
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave out the authority's and the boards' keys.")
    ] = False,
    only_keys: Annotated[bool, typer.Option("--only-keys", help="Copy those keys and nothing else.")] = False,
) -> None:
    """Copy journal, store, and the keys that nodes trust, into one file, while the gateway runs.

    The copy holds exact places, and keys that let their holder stand in for the installation: encrypt it.
    """
    if without_keys and only_keys:
        raise BadInputError("--without-keys and --only-keys leave nothing; name one of them")
    locked = _create_lock(recipient, passphrase_file, encrypt=encrypt)
    holds = RECORDS if without_keys else KEYS if only_keys else ALL
    left_out: list[str] = []
    manifest = back_up(data, to, int(time.time()), holds=holds, locked=locked, on_left_out=left_out.append)
    for name in left_out:
        echo(f"left out, since no file of Sera is named so: {name!r}", err=True)
    echo(
        f"{to}: backup {manifest.id}, {manifest.files} files, journal up to message {manifest.journal_last}, "
        f"records up to message {manifest.ledger_position}; {'encrypted' if locked else 'not encrypted'}"
    )


def _create_lock(recipient: Path | None, passphrase_file: Path | None, *, encrypt: bool) -> Locked | None:
    """Make the lock that the words ask for, None for none."""
    if recipient is not None:
        if encrypt or passphrase_file is not None:
            raise BadInputError("--recipient takes no passphrase; name either a recipient or a passphrase")
        return lock_for_recipient(read_recipient(recipient))
    if encrypt or passphrase_file is not None:
        return lock_with_passphrase(passphrase_from(passphrase_file, is_new=True))
    return None
