"""Restore backups into a data folder, after every byte of them was checked."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from sera_coalition.bundles.given.salts import note_restored
from sera_command.backups.container import KEYS, ContainerReader, Contents, read_head
from sera_command.backups.encryption import SealedReader, unlock
from sera_command.backups.names import JOURNAL, STORE
from sera_command.errors import BadInputError, CannotWriteError
from sera_gateway.journal.journal import JournalReader
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder, communities_with_chronicle
from sera_store.chronicle.verification import verify_chain, verify_contents
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.database.schema import RECORDS_FILE
from sera_store.store import ROLLUPS_FILE, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sera_command.backups.container import Manifest
    from sera_command.backups.encryption import Secrets, Source, Target

_OWN_FILE = 0o600
_REBUILT = frozenset((f"{STORE}/{RECORDS_FILE}", f"{STORE}/{ROLLUPS_FILE}"))


class OpenBackup:
    """A backup that can be read, more than once and always the same file.

    Raises
    ------
    BadInputError
        When it is no backup, or does not open.
    """

    def __init__(self, path: Path, secrets: Secrets) -> None:
        self.name = str(path)
        self._file = _open(path)
        try:
            head, self._bound = read_head(self._file, self.name)
            self.id, self._begin = head.id, self._file.tell()
            self._key = None if head.lock is None else unlock(head.lock, secrets, self.name)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, receive: Callable[[str, int], Target | None] = lambda _, __: None) -> Contents:
        """Read all of it from the beginning; see `ContainerReader.read`."""
        self._file.seek(self._begin)
        source: Source = self._file
        if self._key is not None:
            source = SealedReader(self._file, self._key, self._bound, self.name)
        contents = ContainerReader(source, self.name).read(receive)
        if contents.manifest.id != self.id:
            raise BadInputError(f"{self.name}: its head belongs to another backup; take another backup")
        return contents


def restore_backups(
    backups: Sequence[Path], data: Path, secrets: Secrets, *, records: bool = True
) -> list[Manifest]:
    """Check backups to their last byte, and write them into a data folder that appears when it is whole.

    Parameters
    ----------
    backups
        One that holds everything, or one without the keys, with or without one of the keys.
    records
        False to leave the table of records out: the gateway makes it again from the journal.

    Returns
    -------
    list of Manifest
        What each of them holds.

    Raises
    ------
    BadInputError
        When one is no backup, is not what was written, or something is in the way; nothing was written.
    CannotWriteError
        When the data folder cannot be written; nothing is left of it.
    """
    _refuse_occupied(data)
    with ExitStack() as stack:
        backup_files = [stack.enter_context(OpenBackup(path, secrets)) for path in backups]
        checked = [backup.read() for backup in backup_files]
        _refuse_mismatched(backup_files, checked)
        with _appearing(
            data, sum(size for contents in checked for size, _ in contents.files.values())
        ) as draft:
            for backup, before in zip(backup_files, checked, strict=True):
                _write(backup, before, draft, frozenset() if records else _REBUILT)
            _check(draft)
            note_restored(draft, datetime.now(UTC).date())
    return [contents.manifest for contents in checked]


def _open(path: Path) -> BinaryIO:
    """Open a regular file; never wait for the writer of a pipe."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        file = os.fdopen(number, "rb")
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read ({error.strerror}); name a file that `sera backup` wrote"
        ) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise BadInputError(f"{path} is no file; name one that `sera backup` wrote")
    return file


def _refuse_occupied(goal: Path) -> None:
    if goal.is_symlink() or (goal.exists() and (not goal.is_dir() or any(goal.iterdir()))):
        raise BadInputError(f"{goal} is there already; name a folder that is not, or an empty one")


def _refuse_mismatched(opened: Sequence[OpenBackup], checked: Sequence[Contents]) -> None:
    names: set[str] = set()
    for backup, contents in zip(opened, checked, strict=True):
        twice = sorted(names & contents.files.keys())
        if twice:
            raise BadInputError(
                f"{backup.name} holds {twice[0]} as the backup before it does; name one of them"
            )
        names |= contents.files.keys()
    if all(contents.manifest.holds == KEYS for contents in checked):
        raise BadInputError("keys alone are no installation; name the backup of the records too")


def _write(backup: OpenBackup, before: Contents, draft: Path, left_out: frozenset[str]) -> None:
    """Write what was checked; what differs from that now was changed meanwhile."""
    with ExitStack() as last:

        def receive(name: str, _: int) -> Target | None:
            last.close()
            if name not in before.files:
                raise BadInputError(f"{backup.name} was changed while it was read; take another backup")
            return None if name in left_out else last.enter_context(_new_file(draft, name))

        after = backup.read(receive)
    if after != before:
        raise BadInputError(f"{backup.name} was changed while it was read; take another backup")


@contextmanager
def _new_file(draft: Path, name: str) -> Iterator[BinaryIO]:
    """Create a file below the draft, readable for its owner alone."""
    goal = draft
    for folder in name.split("/")[:-1]:
        goal = goal / folder
        with suppress(FileExistsError):
            goal.mkdir(mode=0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(draft / name, flags, _OWN_FILE), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _appearing(goal: Path, size: int) -> Iterator[Path]:
    """Make a draft that becomes the goal when all went well, and of which otherwise nothing is left."""
    parent = goal.absolute().parent
    absent = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    draft = None
    try:
        parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(parent).free
        if free < size:
            raise CannotWriteError(f"{goal} needs {size} bytes and its disk has {free}; make room there")
        draft = Path(tempfile.mkdtemp(prefix=f".{goal.name}.", dir=parent))
        yield draft
        if goal.is_dir():
            goal.rmdir()
        draft.rename(goal)
        absent.clear()
    except (OSError, sqlite3.OperationalError) as error:
        raise CannotWriteError(
            f"{goal} cannot be written ({error}); make room, or name another folder"
        ) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        for folder in absent:
            with suppress(OSError):
                folder.rmdir()


def _check(folder: Path) -> None:
    """Refuse a copy whose journal has holes, or does not reach as far as its store."""
    with JournalReader(folder / JOURNAL) as journal:
        verification = journal.verify()
        last = journal.last_number()
    if verification.problems:
        raise BadInputError(
            f"the backup's journal is damaged: {verification.problems[0]}; take another backup"
        )
    with Store.open(folder / STORE) as store:
        position = store.cursors.position(LEDGER_CURSOR)
    if position > last:
        raise BadInputError(
            f"the backup's store has read message {position} and its journal ends with {last}: they do not "
            "belong together; restore with --without-records, and the gateway makes the records again"
        )
    for community in communities_with_chronicle(folder):
        with Chronicle.open(chronicle_folder(folder, community)) as chronicle:
            problem = next(chain(verify_chain(chronicle.lines()), verify_contents(chronicle)), None)
        if problem is not None:
            raise BadInputError(
                f"the backup's chronicle of {community} is damaged: {problem.message}; take another backup"
            )
