"""Copy an installation while it runs, and bring a copy back after checking every byte of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from sera_command.errors import BadInputError, CannotWriteError
from sera_gateway.config import DataSettings
from sera_gateway.journal import JournalReader
from sera_store.ledger import LEDGER_CURSOR
from sera_store.store import RECORDS_FILE, ROLLUPS_FILE, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST: Final = "backup.json"
FORM: Final = 1
# Beside journal and store: what proves us to nodes, and where the broker is reached.
_SITE: Final = ("authority", "boards", "site.json")
# The lock of a running gateway, and what SQLite keeps beside a database that is open.
_PASSING: Final = ("held.sqlite",)
_PASSING_ENDS: Final = ("-wal", "-shm", "-journal")


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: how far its journal and store reach, and the SHA-256 of each file."""

    form: int
    made_s: int
    ledger_position: int
    journal_last: int
    files: dict[str, str]


def back_up(data: Path, to: Path, now_s: int) -> Manifest:
    """Copy journal, store, and what proves us to nodes, into a folder that appears when it is whole.

    The store is copied first and the journal after it, so that the journal reaches at least as far.

    Raises
    ------
    BadInputError
        When there is no store, or something is in the way.
    CannotWriteError
        When the copy cannot be written; nothing is left of it.
    """
    settings = DataSettings(folder=str(data))
    if not settings.store.is_dir():
        raise BadInputError(f"{data} holds no store; name the data folder of a gateway with --data")
    with _appearing(to) as draft:
        with Store.open(settings.store) as store:
            store.backup(draft / "store")
        _copy_journal(settings.journal, draft / "journal")
        for name in _SITE:
            _copy(data / name, draft / name)
        manifest = _describe(draft, now_s)
        (draft / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def bring_back(backup: Path, data: Path, *, records: bool = True) -> Manifest:
    """Check a backup, and copy it into a data folder that appears when it is whole.

    Parameters
    ----------
    records
        False to leave the table of records out: the gateway makes it again from the journal.

    Raises
    ------
    BadInputError
        When the backup is none, is not what was written, or something is in the way.
    CannotWriteError
        When the data folder cannot be written; nothing is left of it.
    """
    manifest = read_manifest(backup)
    left_out = () if records else (RECORDS_FILE, ROLLUPS_FILE)
    with _appearing(data) as draft:
        for name, digest in manifest.files.items():
            if name in {f"store/{file}" for file in left_out}:
                continue
            source, goal = backup / name, draft / name
            _make_folder(goal.parent, like=source.parent)
            shutil.copy2(source, goal)
            if _digest(goal) != digest:
                raise BadInputError(f"{source} is not what was backed up; take another backup")
        _check(draft)
    return manifest


def read_manifest(backup: Path) -> Manifest:
    """Read what a backup says of itself.

    Raises
    ------
    BadInputError
        When it is no backup, one of a newer Sera, or files of it are missing.
    """
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BadInputError(
            f"{backup} is no backup: {MANIFEST} cannot be read ({error}); name a folder that `sera backup` "
            "made"
        ) from error
    if manifest.form > FORM:
        raise BadInputError(f"{backup} was made by a newer Sera (form {manifest.form}); update Sera")
    missing = [name for name in manifest.files if not (backup / name).is_file()]
    if missing:
        raise BadInputError(f"{backup} lacks {missing[0]}; take another backup")
    return manifest


@contextmanager
def _appearing(goal: Path) -> Iterator[Path]:
    """Give a draft that becomes the goal when all went well, and of which otherwise nothing is left."""
    if goal.exists() and (not goal.is_dir() or any(goal.iterdir())):
        raise BadInputError(f"{goal} is there already; name a folder that is not, or an empty one")
    draft = goal.absolute().with_name(f".{goal.absolute().name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True, mode=0o700)
        yield draft
        if goal.is_dir():
            goal.rmdir()
        draft.rename(goal)
    except (OSError, sqlite3.OperationalError) as error:
        raise CannotWriteError(
            f"{goal} cannot be written ({error}); make room, or name another folder"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _copy_journal(folder: Path, to: Path) -> None:
    """Copy all months; one that is packed meanwhile goes, and comes under another name."""
    to.mkdir()
    while True:
        lost = False
        for path in _journal_files(folder):
            goal = to / path.name
            if goal.exists() and path.suffix != ".sqlite":
                continue
            try:
                _copy_database(path, goal) if path.suffix == ".sqlite" else _copy(path, goal)
            except FileNotFoundError:
                lost = True
        if not lost:
            return


def _journal_files(folder: Path) -> list[Path]:
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [
        path
        for path in found
        if path.is_file() and path.name not in _PASSING and not path.name.endswith(_PASSING_ENDS)
        if not path.name.startswith(".")
    ]


def _copy_database(path: Path, goal: Path) -> None:
    """Copy a database as of one moment, whoever writes to it meanwhile."""
    if not path.exists():
        raise FileNotFoundError(path)
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(goal)) as target,
    ):
        source.backup(target)


def _copy(source: Path, goal: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, goal)
    elif source.exists():
        shutil.copy2(source, goal)


def _make_folder(folder: Path, *, like: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True)
        shutil.copymode(like, folder)


def _describe(folder: Path, now_s: int) -> Manifest:
    position, last = _extents(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return Manifest(
        FORM, now_s, position, last, {path.relative_to(folder).as_posix(): _digest(path) for path in files}
    )


def _extents(folder: Path) -> tuple[int, int]:
    with Store.open(folder / "store") as store, JournalReader(folder / "journal") as journal:
        return store.cursors.position(LEDGER_CURSOR), journal.last_number()


def _check(folder: Path) -> None:
    """Refuse a copy whose journal has holes, or does not reach as far as its store."""
    with JournalReader(folder / "journal") as journal:
        found = journal.verify()
    if found.problems:
        raise BadInputError(f"the backup's journal is damaged: {found.problems[0]}; take another backup")
    position, last = _extents(folder)
    if position > last:
        raise BadInputError(
            f"the backup's store has read message {position} and its journal ends with {last}: they do not "
            "belong together; restore with --without-records, and the gateway makes the records again"
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
