"""One owner of a data folder: whoever runs its broker or gateway, or writes its journal, until it ends."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from sera_gateway.errors import FolderInUseError, FolderUnwritableError
from sera_gateway.process.leftovers import end_leftover
from sera_gateway.process.logs import json_log
from sera_store.private_files import make_private, tighten, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_gateway.process.logs import JsonLog


LOCK_FILE: Final = "owner.sqlite"
OWNER_FILE: Final = "owner.json"
# What an owner may leave behind when it is killed: number, and settings that its command line names.
_GATEWAY: Final = ("gateway.pid", "gateway.toml")
_BROKER: Final = ("broker/broker.pid", "broker/nats.conf")


@contextmanager
def owned(folder: Path, verb: str, log: JsonLog | None = None) -> Iterator[None]:
    """Own a data folder while the body runs; the first thing done to it, before anything starts or ends.

    Parameters
    ----------
    folder
        The data folder, made where there is none; closed to other users where it was open to them.
    verb
        What runs here, for whoever is refused meanwhile: `up`, `gateway run`, `demo`, `ingest`.
    log
        Where it is reported what a killed owner left running, and that the folder was open to others.

    Raises
    ------
    FolderInUseError
        Another process owns the folder; nothing in it was changed.
    FolderUnwritableError
        The folder cannot be made or written.
    LeftoverError
        A broker or gateway that a killed owner left running cannot be ended.
    """
    folder, log = folder.absolute(), log or json_log()
    with closing(_lock(folder)):
        restrict_access(folder, log)
        write_private(folder / OWNER_FILE, json.dumps({"verb": verb, "pid": os.getpid()}) + "\n")
        try:
            for pid_file, settings_file in (_GATEWAY, _BROKER):
                end_leftover(folder / pid_file, folder / settings_file, log)
            yield
        finally:
            with suppress(OSError):
                (folder / OWNER_FILE).unlink()


def restrict_access(folder: Path, log: JsonLog | None = None) -> None:
    """Close a data folder to other users of the machine, and warn where it was open to them."""
    before = tighten(folder)
    if before is not None:
        log = log or json_log()
        log.warning("folder_was_open_to_others", folder=str(folder), mode=f"{before:04o}", now="0700")


def take_lock(path: Path) -> sqlite3.Connection | None:
    """Lock a file until the connection is closed or this process ends; None where another one has it.

    Raises
    ------
    sqlite3.Error
        The file cannot be made or opened.
    """
    # An open transaction on a file of its own: the system lets go of it when the process dies, everywhere.
    lock = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return None
        raise
    except BaseException:
        lock.close()
        raise
    return lock


def _lock(folder: Path) -> sqlite3.Connection:
    try:
        make_private(folder)
        lock = take_lock(folder / LOCK_FILE)
    except (OSError, sqlite3.Error) as error:
        raise FolderUnwritableError(
            f"{folder} cannot be used ({getattr(error, 'strerror', None) or error}); "
            "name a folder that this user may write to with --data"
        ) from error
    if lock is None:
        raise FolderInUseError(folder, *_owner(folder))
    return lock


def _owner(folder: Path) -> tuple[str, int]:
    """Read who owns the folder; an owner that starts or ends just now says nothing."""
    try:
        owner = json.loads((folder / OWNER_FILE).read_text(encoding="utf-8"))
        return str(owner["verb"]), int(owner["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", 0
