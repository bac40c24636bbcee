"""Copy an installation into one file while it runs."""

from __future__ import annotations

import io
import os
import secrets
import sqlite3
import stat
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from sera_coalition.bundles.given.salts import FOLDER as GIVEN
from sera_coalition.bundles.received import copy_received, received_files
from sera_coalition.rule_files import FOLDER as RULES
from sera_command.backups.container import (
    ALL,
    FORM,
    KEYS,
    RECORDS,
    ContainerWriter,
    Head,
    Manifest,
    write_head,
)
from sera_command.backups.encryption import SealedWriter
from sera_command.backups.names import (
    ACCOUNTS_FILE,
    ALERTS_FILE,
    DESIGNS_FILE,
    JOURNAL,
    KEY_FOLDERS,
    SMALL_FILES,
    STORE,
    STORE_FILES,
    is_backup_name,
)
from sera_command.errors import BadInputError, CannotWriteError
from sera_commons.designs.schema import copy_log
from sera_gateway.config import DataSettings
from sera_gateway.journal.months import open_month
from sera_pages.accounts.schema import copy_accounts
from sera_store.alert_book import copy_book
from sera_store.atomic_file import replacing
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import (
    ATTACHMENTS,
    attachments_in,
    chronicle_folder,
    communities_with_chronicle,
)
from sera_store.chronicle.schema import FILE as CHRONICLE_FILE
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.database.schema import RECORDS_FILE
from sera_store.private_files import FILE_MODE
from sera_store.registry.noted_backups import NotedBackup
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sera_command.backups.encryption import Locked

# Copies of databases, one at a time, on their way into the backup; what a killed backup leaves of it.
STAGING: Final = ".backup-"
_SMALL_BYTES_MOST: Final = 16 << 20
_ID_BYTES: Final = 8


def back_up(
    data: Path,
    to: Path,
    now_s: int,
    *,
    holds: str = ALL,
    locked: Locked | None = None,
    on_left_out: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Copy journal, store, and what proves us to nodes, into a file that appears when it is whole.

    The store is copied first and the journal after it, so that the journal reaches at least as far.
    Databases pass through the data folder, one at a time: nothing readable lies beside an encrypted backup.

    Parameters
    ----------
    holds
        `all`, `records` (without the keys) or `keys` (alone).
    locked
        How the backup is encrypted; None for not at all.
    on_left_out
        Called with the name of each file among the keys that no backup holds.

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
    if to.exists() or to.is_symlink():
        raise BadInputError(f"{to} is there already; name a file that is not")
    id = secrets.token_hex(_ID_BYTES)  # noqa: A001
    with Store.open(settings.store) as store:
        store.backups.put(NotedBackup(id, str(to.absolute()), now_s, holds, locked is not None))
        try:
            with _appearing(to) as file, _Sealed(file, id, locked) as target:
                copy = _Copy(data, target, on_left_out)
                if holds != KEYS:
                    copy.records(store)
                if holds != RECORDS:
                    copy.keys()
                return copy.finish(id, now_s, holds)
        except BaseException:
            store.backups.forget(id)
            raise


class _Copy:
    """One backup that is being written."""

    def __init__(self, data: Path, target: _Sealed | BinaryIO, on_left_out: Callable[[str], None]) -> None:
        self._data = data
        self._writer = ContainerWriter(target)
        self._on_left_out = on_left_out
        self._position = self._last = 0

    def records(self, store: Store) -> None:
        """Copy store, journal and settings."""
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=self._data) as staging:
            # Roll-ups first: what they have seen is then in the records that are copied after them.
            for name in STORE_FILES:
                copy = Path(staging, name)
                store.backup_file(name, copy)
                if name == RECORDS_FILE:
                    self._position = _position_in(copy)
                self._add_and_remove(f"{STORE}/{name}", copy)
            # Before the journal, which then has all that this calls kept.
            accounts = Path(staging, "accounts")
            if copy_accounts(self._data, accounts):
                self._add_and_remove(ACCOUNTS_FILE, accounts)
            alerts = Path(staging, "alerts")
            if copy_book(self._data, alerts):
                self._add_and_remove(ALERTS_FILE, alerts)
            drawings = Path(staging, "designs")
            if copy_log(self._data, drawings):
                self._add_and_remove(DESIGNS_FILE, drawings)
            for path in received_files(self._data):
                copy = Path(staging, "received")
                copy_received(path, copy)
                self._add_and_remove(path.relative_to(self._data).as_posix(), copy)
            for community in communities_with_chronicle(self._data):
                self._chronicle(chronicle_folder(self._data, community), Path(staging, "chronicle"))
            self._journal(DataSettings(folder=str(self._data)).journal, Path(staging))
        for name in (*SMALL_FILES, *self._named(RULES), *self._named(GIVEN)):
            if (self._data / name).is_file():
                self._add_small(name)

    def keys(self) -> None:
        """Copy what proves the installation to its nodes."""
        for folder in KEY_FOLDERS:
            for path in sorted((self._data / folder).rglob("*")):
                name = path.relative_to(self._data).as_posix()
                if path.is_dir() and not path.is_symlink():
                    continue
                if is_backup_name(name):
                    self._add_small(name)
                else:
                    self._on_left_out(name)

    def finish(self, id: str, now_s: int, holds: str) -> Manifest:  # noqa: A002
        """Write the manifest."""
        manifest = Manifest(id, now_s, holds, self._position, self._last, len(self._writer.names))
        self._writer.finish(manifest)
        return manifest

    def _named(self, folder: str) -> list[str]:
        """List the files of a folder that a backup may hold; whatever else lies there stays there."""
        names = sorted(f"{folder}/{path.name}" for path in (self._data / folder).glob("*"))
        return [name for name in names if is_backup_name(name)]

    def _chronicle(self, folder: Path, copy: Path) -> None:
        """Copy what one community was given: the files that its entries name, then the entries.

        Where something is erased meanwhile its file is gone: then the entries are copied once more.
        """
        place = folder.relative_to(self._data).as_posix()
        with Chronicle.open(folder) as chronicle:
            while True:
                copy.unlink(missing_ok=True)
                chronicle.backup(copy)
                added = [self._add_attachment(place, folder, digest) for digest in attachments_in(copy)]
                if all(added):
                    break
        self._add_and_remove(f"{place}/{CHRONICLE_FILE}", copy)

    def _add_attachment(self, place: str, folder: Path, digest: str) -> bool:
        """Copy a file that is not in the backup yet; return whether it was there."""
        name = f"{place}/{ATTACHMENTS}/{digest}"
        if name in self._writer.names:
            return True
        try:
            with (folder / ATTACHMENTS / digest).open("rb") as file:
                self._writer.add(name, file, os.fstat(file.fileno()).st_size)
        except FileNotFoundError:
            return False
        return True

    def _journal(self, folder: Path, staging: Path) -> None:
        """Copy all months that are there now; one that is packed meanwhile comes under its other name."""
        waiting = _months(folder)
        while waiting:
            lost: set[str] = set()
            for path in waiting:
                copy = staging / path.name
                try:
                    _copy_database(path, copy)
                except FileNotFoundError:
                    lost.add(path.stem)
                    continue
                with closing(open_month(copy)) as month:
                    self._last = max(self._last, month.span()[1])
                self._add_and_remove(f"{JOURNAL}/{path.name}", copy)
            waiting = [
                path
                for path in _months(folder)
                if path.stem in lost and f"{JOURNAL}/{path.name}" not in self._writer.names
            ]

    def _add_and_remove(self, name: str, copy: Path) -> None:
        with copy.open("rb") as file:
            self._writer.add(name, file, copy.stat().st_size)
        copy.unlink()

    def _add_small(self, name: str) -> None:
        content = _read_small(self._data / name)
        self._writer.add(name, io.BytesIO(content), len(content))


class _Sealed:
    """Where the content of a backup goes: behind its head, encrypted where it has a lock."""

    def __init__(self, file: BinaryIO, id: str, locked: Locked | None) -> None:  # noqa: A002
        bound = write_head(file, Head(FORM, id, locked.lock if locked else None))
        self._sealed = SealedWriter(file, locked.key, bound) if locked else None
        self._target = self._sealed or file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._sealed is not None:
            self._sealed.close()

    def write(self, content: bytes) -> None:
        """Take content."""
        self._target.write(content)


@contextmanager
def _appearing(goal: Path) -> Iterator[BinaryIO]:
    """Open a draft that becomes the goal when all went well, and of which otherwise nothing is left."""
    try:
        with replacing(goal, mode=FILE_MODE) as file:
            yield file
    except (OSError, sqlite3.OperationalError) as error:
        raise CannotWriteError(
            f"{goal} cannot be written ({error}); make room, or name another file"
        ) from error


def _months(folder: Path) -> list[Path]:
    """List the files of all months; one that is plain and packed has both."""
    return sorted(path for path in folder.glob("*") if is_backup_name(f"{JOURNAL}/{path.name}"))


def _copy_database(path: Path, goal: Path) -> None:
    """Copy a database as of one moment, whoever writes to it meanwhile."""
    if not path.exists():
        raise FileNotFoundError(path)
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(goal)) as target,
    ):
        source.backup(target)


def _position_in(records: Path) -> int:
    """Read how far the ledger had come in a copy of the table of records."""
    with closing(sqlite3.connect(records)) as connection:
        row = connection.execute("SELECT position FROM cursors WHERE name=?", (LEDGER_CURSOR,)).fetchone()
    return int(row[0]) if row else 0


def _read_small(path: Path) -> bytes:
    """Read a regular file without following a link."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read as a file ({error.strerror}); links are not followed: put "
            "the file itself there"
        ) from error
    with os.fdopen(number, "rb") as file:
        content = file.read(_SMALL_BYTES_MOST + 1) if stat.S_ISREG(os.fstat(number).st_mode) else None
    if content is None or len(content) > _SMALL_BYTES_MOST:
        raise BadInputError(f"{path} is no file of at most 16 MiB; move it out of the data folder")
    return content
