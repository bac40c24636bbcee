"""Keep every message that came in, numbered, in one file a month: the truth all else is rebuilt from."""

from __future__ import annotations

import functools
import os
import sqlite3
import struct
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from sera_gateway.errors import JournalFullError, JournalUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

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
_COLUMNS: Final = "number, received_ns, topic, payload, qos, retain, dup, mid, connection"
_PACK: Final = struct.Struct("<qqBBBqq").pack
_VERIFY_CHUNK: Final = 2000


class Message(NamedTuple):
    """One message as the broker handed it over; `received_ns` is Unix time [ns]."""

    received_ns: int
    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    dup: bool = False
    mid: int = 0
    connection: int = 0


class Entry(NamedTuple):
    """One message of the journal with its number."""

    number: int
    received_ns: int
    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    mid: int
    connection: int


class Verification(NamedTuple):
    """What reading the whole journal found: its extent, and one sentence a problem."""

    messages: int
    first: int
    last: int
    problems: tuple[str, ...]


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
        newest = self._month or max((path.stem for path in _months(self.folder)), default="")
        month = max(now, newest)
        if self._connection is None or month != self._month:
            self._close_month()
            self._connection = self._begin(month)
            self._month = month
            self.last_number = max(self.last_number, _last(self._connection))
        return self._connection

    def _begin(self, month: str) -> sqlite3.Connection:
        path = self.folder / f"{month}.sqlite"
        fresh = not path.exists()
        connection = self._connect(path)
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        if fresh:
            _sync_folder(self.folder)
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


class JournalReader:
    """The reading side of the journal, in any process, while it grows.

    Parameters
    ----------
    folder
        Where the months lie; a folder without any is an empty journal.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[Path, sqlite3.Connection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return up to `limit` messages with numbers above `after`, in the order of their numbers."""
        entries: list[Entry] = []
        for connection in self._from(after):
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM message WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
                (after, limit - len(entries)),
            )
            entries.extend(map(Entry._make, rows))
            if len(entries) >= limit:
                break
        return entries

    def entry(self, number: int) -> Entry | None:
        """Return one message, or None where the journal has no such number."""
        found = self.read(number - 1, 1)
        return found[0] if found and found[0].number == number else None

    def last_number(self) -> int:
        """Return the newest number, 0 for an empty journal."""
        return max((_last(connection) for connection in self._newest()), default=0)

    def last_connection(self) -> int:
        """Return the number of the connection that brought the newest message, 0 for none."""
        for connection in self._newest():
            if not _last(connection):
                continue
            newest = "SELECT connection FROM message ORDER BY number DESC LIMIT 1"
            return int(connection.execute(newest).fetchone()[0])
        return 0

    def verify(self) -> Verification:
        """Read everything: numbers run without holes, and each message still has its checksum."""
        problems: list[str] = []
        count, first, last = 0, 0, 0
        for path in _months(self.folder):
            for number, sound in self._checked(path, problems):
                first = first or number
                if last and number != last + 1:
                    problems.append(f"{path.name}: number {number} follows {last}; {last + 1} was expected")
                if not sound:
                    problems.append(f"{path.name}: message {number} is not what was written")
                count, last = count + 1, number
        return Verification(count, first, last, tuple(problems))

    def close(self) -> None:
        """Close all months."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def _checked(self, path: Path, problems: list[str]) -> Iterator[tuple[int, bool]]:
        after = 0
        try:
            month = self._month(path)
            while True:
                rows = month.execute(
                    "SELECT * FROM message WHERE number > ? ORDER BY number LIMIT ?", (after, _VERIFY_CHUNK)
                ).fetchall()
                if not rows:
                    return
                for number, *fields, crc32 in rows:
                    yield number, _checksum(number, Message._make(fields)) == crc32
                    after = number
        except sqlite3.DatabaseError as error:
            problems.append(f"{path.name}: cannot be read after message {after} ({error})")

    def _from(self, after: int) -> Iterator[sqlite3.Connection]:
        for path in _months(self.folder):
            month = self._month(path)
            if _last(month) > after:
                yield month

    def _newest(self) -> Iterator[sqlite3.Connection]:
        yield from map(self._month, reversed(_months(self.folder)))

    def _month(self, path: Path) -> sqlite3.Connection:
        if path not in self._open:
            self._open[path] = _open_to_read(path)
        return self._open[path]


def _months(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].sqlite"))


def _open_to_read(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise JournalUnusableError(
            f"{path} cannot be read as a month of the journal ({error}); restore it from the backup"
        ) from error
    return connection


def _last(connection: sqlite3.Connection) -> int:
    try:
        return int(connection.execute("SELECT coalesce(max(number), 0) FROM message").fetchone()[0])
    except sqlite3.OperationalError:
        # The writer died, or is, between making the file and making its table.
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            return 0
        raise


def _insert(connection: sqlite3.Connection, first: int, messages: Sequence[Message]) -> None:
    values: list[object] = []
    for number, message in enumerate(messages, first):
        values.append(number)
        values += message
        values.append(_checksum(number, message))
    connection.execute(_insert_statement(len(messages)), values)


@functools.lru_cache(maxsize=_ROWS_A_STATEMENT)
def _insert_statement(rows: int) -> str:
    return "INSERT INTO message VALUES " + ", ".join([_ROW] * rows)  # noqa: S608 - marks, no values


def _checksum(number: int, message: Message) -> int:
    received_ns, topic, payload, qos, retain, dup, mid, connection = message
    head = _PACK(number, received_ns, qos, retain, dup, mid, connection)
    return zlib.crc32(payload, zlib.crc32(topic.encode(), zlib.crc32(head)))


def _hold(folder: Path) -> sqlite3.Connection:
    # An open transaction on a file of its own: the system lets go of it when the process dies, everywhere.
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "held.sqlite"
        lock = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        lock.execute("BEGIN EXCLUSIVE")
    except (OSError, sqlite3.Error) as error:
        held = "locked" in str(error)
        raise JournalUnusableError(
            f"the journal folder {folder} cannot be used: "
            + ("another gateway writes to it; stop that one first" if held else f"{error}; make it writable")
        ) from error
    return lock


def _sync_folder(folder: Path) -> None:
    # A new file is safe only when the folder that names it is; Windows has no such call and no such need.
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
