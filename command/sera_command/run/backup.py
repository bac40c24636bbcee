"""`sera backup`: copy journal, store and keys while the gateway runs, by a timer too, and try the copies."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from typer.core import TyperGroup

from sera_command.backups.container import ALL, KEYS, RECORDS, read_head
from sera_command.backups.creation import back_up
from sera_command.backups.drill import note_drill, try_backup
from sera_command.backups.encryption import Secrets, lock_for_recipient, lock_with_passphrase
from sera_command.backups.rotation import RotationRule, dated_backups, free_name, newest_backup, surplus
from sera_command.backups.secrets import passphrase_from, read_private_key, read_recipient
from sera_command.errors import BadInputError, ExitCode
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.terminal import echo, echo_json, quantity_text, warn
from sera_gateway.config import DataSettings
from sera_store.store import Store

if TYPE_CHECKING:
    from typer._click import Context

    from sera_command.backups.drill import Drill
    from sera_command.backups.encryption import Locked
    from sera_command.backups.rotation import DatedBackup

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Encrypt = Annotated[
    bool,
    typer.Option(
        "--encrypt", help="Encrypt it with a passphrase: of a file, SERA_BACKUP_PASSPHRASE, or asked."
    ),
]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase.")
]
Recipient = Annotated[
    Path | None,
    typer.Option("--recipient", help="Public key from `sera backup-key`: only its private key opens it."),
]
WithoutKeys = Annotated[
    bool, typer.Option("--without-keys", help="Leave out the authority's and the boards' keys.")
]
_CREATE: Final = "create"


class _BackupVerbs(TyperGroup):
    """The group of verbs, where a file alone means `create`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put the usual command in front of words that name none."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [_CREATE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_BackupVerbs,
    no_args_is_help=True,
    help="Back up an installation while it runs; `sera backup FILE` is `sera backup create FILE`.",
)


@app.command(_CREATE)
def create(
    to: Annotated[Path, typer.Argument(help="File to write; it must not be there.")],
    data: Data = DEFAULT_FOLDER,
    encrypt: Encrypt = False,
    passphrase_file: PassphraseFile = None,
    recipient: Recipient = None,
    without_keys: WithoutKeys = False,
    only_keys: Annotated[bool, typer.Option("--only-keys", help="Copy those keys and nothing else.")] = False,
) -> None:
    """Copy journal, store, and the keys that nodes trust, into one file, while the gateway runs.

    The copy holds exact places, and keys that let their holder stand in for the installation: encrypt it.
    """
    if without_keys and only_keys:
        raise BadInputError("--without-keys and --only-keys leave nothing; name one of them")
    locked = _create_lock(recipient, passphrase_file, encrypt=encrypt)
    holds = RECORDS if without_keys else KEYS if only_keys else ALL
    _back_up(data, to, int(time.time()), holds, locked)


@app.command()
def rotate(
    folder: Annotated[Path, typer.Argument(help="Folder of dated backups; it must be there.")],
    data: Data = DEFAULT_FOLDER,
    encrypt: Encrypt = False,
    passphrase_file: PassphraseFile = None,
    recipient: Recipient = None,
    without_keys: WithoutKeys = False,
    days: Annotated[int, typer.Option(min=0, help="Keep the newest of so many days.")] = 7,
    weeks: Annotated[int, typer.Option(min=0, help="Keep the newest of so many weeks.")] = 5,
    months: Annotated[int, typer.Option(min=0, help="Keep the newest of so many months.")] = 12,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make and remove nothing; list what is kept today.")
    ] = False,
) -> None:
    """Make one more backup in a folder, then remove those that the rule keeps no longer.

    Days, weeks and months without a backup do not count. Nothing is removed unless the new one is whole.
    """
    rule, now = RotationRule(days, weeks, months), datetime.now(UTC).replace(microsecond=0)
    if dry_run:
        _list_rotation(dated_backups(folder), rule)
        return
    dated_backups(folder)
    locked = _create_lock(recipient, passphrase_file, encrypt=encrypt)
    holds = RECORDS if without_keys else ALL
    _back_up(data, folder / free_name(folder, now), int(now.timestamp()), holds, locked)
    backups = dated_backups(folder)
    with Store.open(DataSettings(folder=str(data)).store) as store:
        for backup in surplus(backups, rule):
            _remove(store, backup.path)
    echo(f"{folder}: {len(dated_backups(folder))} backups kept")


@app.command()
def drill(
    backups: Annotated[
        list[Path],
        typer.Argument(help="Backup, and that of the keys where it is apart; of a folder the newest."),
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="The installation it is of, to compare with it.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Private key of the recipient, from `sera backup-key`.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Restore a backup into a folder that goes again, read it as a gateway would, and compare.

    Nothing of the installation is changed; `sera doctor` says when the last drill was. Exit 1 where the
    backup is not what it should be.
    """
    if data is not None and not DataSettings(folder=str(data)).store.is_dir():
        raise BadInputError(f"{data} holds no store; name the data folder of a gateway with --data")
    secrets = Secrets(
        partial(passphrase_from, passphrase_file, is_new=False), read_private_key(key) if key else None
    )
    files = [newest_backup(path) if path.is_dir() else path for path in backups]
    result = try_backup(files, secrets, int(time.time()), data)
    if json:
        echo_json(msgspec.json.encode(result).decode())
    else:
        _show_drill(result, is_compared=data is not None)
    if result.differences:
        raise typer.Exit(ExitCode.CHECK_FAILED)
    if data is not None:
        note_drill(data, result)


def _back_up(data: Path, to: Path, now_s: int, holds: str, locked: Locked | None) -> None:
    left_out: list[str] = []
    manifest = back_up(data, to, now_s, holds=holds, locked=locked, on_left_out=left_out.append)
    for name in left_out:
        echo(f"left out, since no file of Sera is named so: {name!r}", err=True)
    echo(
        f"{to}: backup {manifest.id}, {manifest.files} files, journal up to message {manifest.journal_last}, "
        f"records up to message {manifest.ledger_position}; {'encrypted' if locked else 'not encrypted'}"
    )


def _remove(store: Store, path: Path) -> None:
    """Remove a backup, and no longer name it among those that hold a person's records."""
    try:
        with path.open("rb") as file:
            id = read_head(file, str(path))[0].id  # noqa: A001
    except BadInputError as error:
        echo(f"left where it is, since it is no backup: {error}", err=True)
        return
    path.unlink()
    store.backups.forget(id)
    echo(f"removed {path}")


def _list_rotation(backups: list[DatedBackup], rule: RotationRule) -> None:
    goes = {backup.path for backup in surplus(backups, rule)}
    for backup in backups:
        echo(f"{'goes' if backup.path in goes else 'stays'}  {backup.path}", most=None)
    echo(f"{len(backups) - len(goes)} stay, {len(goes)} go")


def _show_drill(drill: Drill, *, is_compared: bool) -> None:
    echo(
        f"backup {drill.backup} comes back whole: {quantity_text(drill.messages, 'messages')} "
        f"without holes, {quantity_text(drill.records, 'rows of records')}, "
        f"{quantity_text(drill.entries, 'entries of the registry')}"
    )
    echo(f"the ledger read {drill.read_on} more messages in it, as a gateway would at its start")
    for difference in drill.differences:
        warn(difference)
    if is_compared and not drill.differences:
        echo("it agrees with the installation")


def _create_lock(recipient: Path | None, passphrase_file: Path | None, *, encrypt: bool) -> Locked | None:
    """Make the lock that the words ask for, None for none."""
    if recipient is not None:
        if encrypt or passphrase_file is not None:
            raise BadInputError("--recipient takes no passphrase; name either a recipient or a passphrase")
        return lock_for_recipient(read_recipient(recipient))
    if encrypt or passphrase_file is not None:
        return lock_with_passphrase(passphrase_from(passphrase_file, is_new=True))
    return None
