"""Keep every message that came in, numbered, in one file a month: the truth all else is rebuilt from."""

from __future__ import annotations

import functools
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from sera_gateway.errors import JournalFullError, JournalUnusableError
from sera_gateway.journal.message import Entry, Message, checksum
from sera_gateway.journal.months import PLAIN, months_of
from sera_gateway.journal.reader import JournalReader, JournalVerification
from sera_gateway.process.ownership import take_lock
from sera_store.atomic_file import sync_folder
from sera_store.private_files import make_private

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

__all__ = ["Entry", "Journal", "JournalReader", "JournalVerification", "Message", "connect"]

SCHEMA_VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
    number      INTEGER PRIMARY KEY,
    received_ns INTEGER NOT NULL,
    topic       TEXT    NOT NULL,
    payload     BLOB    NOT NULL,
    qos         INTEGER NOT NULL,
    retain      INTEGER NOT NULL,
    dup         INTEGER NOT NULL,
    mid         INTEGER NOT NULL,
    connection  INTEGER NOT NULL,
    crc32       INTEGER NOT NULL
) STRICT
"""
_ROW: Final = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# Each statement lets go of Python's lock once and waits to have it again: many rows a statement, few waits.
_ROWS_A_STATEMENT: Final = 100


def connect(path: Path) -> sqlite3.Connection:
    """Open one month for writing, so that a commit returns only when the bytes are on disk."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


class Journal:
    """The writing side of the journal; one process at a time may hold it.

    Parameters
    ----------
    folder
        Where the months lie: `2026-06.sqlite` and so on.
    clock_ns
        The clock that says which month it is: Unix time [ns].
    connect
        Opens one month for writing.

    Raises
    ------
    JournalUnusableError
        The folder cannot be written, or another gateway holds the journal.
    """

    def __init__(
        self,
        folder: Path,
        clock_ns: Callable[[], int],
        connect: Callable[[Path], sqlite3.Connection] = connect,
    ) -> None:
        self.folder = folder
        self._clock_ns = clock_ns
        self._connect = connect
        self._month = ""
        self._connection: sqlite3.Connection | None = None
        self._lock = _hold(folder)
        try:
            with JournalReader(folder) as reader:
                self.last_number = reader.last_number()
                self.last_connection = reader.last_connection()
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, messages: Sequence[Message]) -> int:
        """Write messages in one transaction and return the last number, once all are safe on disk.

        Raises
        ------
        JournalFullError
            Nothing of this batch is promised to be there; the same call may be tried again.
        """
        try:
            connection = self._month_now()
            connection.execute("BEGIN IMMEDIATE")
            for start in range(0, len(messages), _ROWS_A_STATEMENT):
                _insert(connection, self.last_number + 1 + start, messages[start : start + _ROWS_A_STATEMENT])
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._give_up_month()
            raise JournalFullError(
                f"the journal in {self.folder} cannot be written ({error}); nothing is acknowledged until "
                f"it can: make room on its disk"
            ) from error
        self.last_number += len(messages)
        return self.last_number

    def close(self) -> None:
        """Close the month and let other gateways have the journal."""
        self._close_month()
        self._lock.close()

    def _month_now(self) -> sqlite3.Connection:
        # Never an earlier month than the newest file, so that the order of files is the order of numbers
        # even when the clock jumps back.
        now = datetime.fromtimestamp(self._clock_ns() // 1_000_000_000, UTC).strftime("%Y-%m")
        newest = self._month or max((path.stem for path in months_of(self.folder)), default="")
        month = max(now, newest)
        if self._connection is None or month != self._month:
            self._close_month()
            self._connection = self._begin(month)
            self._month = month
            month_last = self._connection.execute("SELECT coalesce(max(number), 0) FROM message").fetchone()[
                0
            ]
            self.last_number = max(self.last_number, month_last)
        return self._connection

    def _begin(self, month: str) -> sqlite3.Connection:
        path = self.folder / (month + PLAIN)
        fresh = not path.exists()
        connection = self._connect(path)
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        if fresh:
            sync_folder(self.folder)
        return connection

    def _give_up_month(self) -> None:
        # A failed commit may or may not have reached the disk: the file is read again before the next try.
        try:
            self._close_month()
        except sqlite3.Error:
            self._connection = None

    def _close_month(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()


def _insert(connection: sqlite3.Connection, first: int, messages: Sequence[Message]) -> None:
    values: list[object] = []
    for number, message in enumerate(messages, first):
        values.append(number)
        values += message
        values.append(checksum(number, message))
    connection.execute(_insert_statement(len(messages)), values)


@functools.lru_cache(maxsize=_ROWS_A_STATEMENT)
def _insert_statement(rows: int) -> str:
    return "INSERT INTO message VALUES " + ", ".join([_ROW] * rows)  # noqa: S608 - marks, no values


def _hold(folder: Path) -> sqlite3.Connection:
    # Besides the lock of the data folder, which the owner holds: the gateway of `sera up` is another process,
    # and one that outlived its owner may still be writing.
    try:
        make_private(folder)
        lock = take_lock(folder / "held.sqlite")
    except (OSError, sqlite3.Error) as error:
        raise JournalUnusableError(
            f"the journal folder {folder} cannot be used: {error}; make it writable"
        ) from error
    if lock is None:
        raise JournalUnusableError(
            f"the journal folder {folder} cannot be used: another gateway writes to it; stop that one first"
        )
    return lock
