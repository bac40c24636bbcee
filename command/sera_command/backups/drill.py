"""Try a backup: restore it into a folder of its own, read it, compare it, and remove it again."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sera_command.backups.container import KEYS
from sera_command.backups.restoration import restore_backups
from sera_gateway.config import DataSettings
from sera_gateway.errors import JournalUnusableError
from sera_gateway.journal.journal import JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_store.database.cursors import LEDGER_CURSOR
from sera_store.database.schema import RECORDS_FILE
from sera_store.private_files import write_private
from sera_store.registry.opening import REGISTRY_FILE
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_command.backups.encryption import Secrets

DRILL_FILE: Final = "backup-drill.json"
# What a killed drill leaves is removed by the next one.
_TRIAL: Final = ".drill-"
_REST: Final = "files"
_COUNTED: Final = (
    ("rows", RECORDS_FILE, "SELECT count(*), max(id) FROM records", "id<=?"),
    ("entries", REGISTRY_FILE, "SELECT count(*), max(rowid) FROM entries", "rowid<=?"),
)


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """What came back of a backup.

    Parameters
    ----------
    backup
        Its id.
    at_s, created_s
        When it was tried, and when it had been made, Unix time [s].
    messages, records, entries
        How many messages of the journal, rows of the table of records and entries of the registry came back.
    read_on
        Messages that the ledger had not read when the backup was made, and has read in the trial.
    differences
        What the installation has otherwise, in words; empty where nothing was compared or all agrees.
    """

    backup: str
    at_s: int
    created_s: int
    messages: int
    records: int
    entries: int
    read_on: int
    differences: tuple[str, ...] = ()


def try_backup(backups: Sequence[Path], secrets: Secrets, now_s: int, data: Path | None) -> Drill:
    """Restore backups into a folder that goes again, and read what came back as a gateway does.

    Parameters
    ----------
    backups, secrets
        As for `restore_backups`.
    now_s
        The present time, Unix time [s].
    data
        The running installation that the backup is of: it is compared, and holds the trial meanwhile; None
        for a trial on another machine, in its folder for temporary files.

    Raises
    ------
    BadInputError
        It is no backup, or damaged.
    CannotWriteError
        There is no room.
    """
    with _trial_folder(data) as folder:
        manifests = restore_backups(backups, folder, secrets)
        manifest = next(manifest for manifest in manifests if manifest.holds != KEYS)
        counts = _counts(folder, None)
        differences = _differences(folder, data, counts) if data is not None else ()
        read_on = _read_on(folder)
        with JournalReader(DataSettings(folder=str(folder)).journal) as journal:
            messages = sum(month.messages for month in journal.month_summaries())
    return Drill(
        backup=manifest.id,
        at_s=now_s,
        created_s=manifest.created_s,
        messages=messages,
        records=counts["rows"][0],
        entries=counts["entries"][0],
        read_on=read_on,
        differences=differences,
    )


def note_drill(data: Path, drill: Drill) -> None:
    """Keep the last drill that went well, for `sera doctor`."""
    write_private(data / DRILL_FILE, msgspec.json.encode(drill))


def read_drill(data: Path) -> Drill | None:
    """Read the last drill that went well; None where there was none."""
    try:
        return msgspec.json.decode((data / DRILL_FILE).read_bytes(), type=Drill)
    except (OSError, msgspec.DecodeError):
        return None


@contextmanager
def _trial_folder(data: Path | None) -> Iterator[Path]:
    """Make a folder on the disk of the installation, and remove it at the end of the body."""
    if data is not None:
        for leftover in data.glob(f"{_TRIAL}*"):
            shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_TRIAL, dir=data) as folder:
        yield Path(folder, _REST)


def _counts(folder: Path, up_to: dict[str, tuple[int, int]] | None) -> dict[str, tuple[int, int]]:
    """Count rows and entries, and name the last one; of another folder only up to that."""
    counts = {}
    for name, file, statement, condition in _COUNTED:
        path = DataSettings(folder=str(folder)).store / file
        text, values = (
            (statement, ()) if up_to is None else (f"{statement} WHERE {condition}", (up_to[name][1],))
        )
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            count, last = connection.execute(text, values).fetchone()
        counts[name] = (int(count), int(last or 0))
    return counts


def _differences(folder: Path, data: Path, counts: dict[str, tuple[int, int]]) -> tuple[str, ...]:
    """List where the installation has more than its backup up to the same place, or another message there.

    Less is no fault: what was erased, or removed by retention, is in older backups still.
    """
    differences = [
        f"up to number {counts[name][1]} the installation has {there[0]} {name}, the backup {counts[name][0]}"
        for name, there in _counts(data, counts).items()
        if there[0] > counts[name][0]
    ]
    journals = [DataSettings(folder=str(place)).journal for place in (folder, data)]
    with JournalReader(journals[0]) as before, JournalReader(journals[1]) as now:
        last = before.last_number()
        try:
            is_same = not last or before.entry(last) == now.entry(last)
        except JournalUnusableError as error:
            return (*differences, str(error))
    if not is_same:
        differences.append(f"message {last} of the journal is another one: a backup of something else")
    return tuple(differences)


def _read_on(folder: Path) -> int:
    """Make a ledger read what it had not read yet, as a gateway does when it starts; return how much."""
    settings = DataSettings(folder=str(folder))
    with Store.open(settings.store) as store, JournalReader(settings.journal) as journal:
        before = store.cursors.position(LEDGER_CURSOR)
        ledger = Ledger(store, journal, lambda _: None)
        while ledger.step():
            pass
        return store.cursors.position(LEDGER_CURSOR) - before
