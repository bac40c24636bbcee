"""Read one month of the journal, as it was written or packed."""

from __future__ import annotations

import sqlite3
import zlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

from sera_gateway.errors import JournalUnusableError
from sera_gateway.journal.message import Entry, Message, TopicSize, checksum

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_NAME: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"
PLAIN: Final = ".sqlite"
PACKED: Final = ".packed"
PACKED_VERSION: Final = 1
PACKED_SCHEMA: Final = """
CREATE TABLE piece (
    first    INTEGER PRIMARY KEY,
    last     INTEGER NOT NULL,
    crc32    INTEGER NOT NULL,
    messages BLOB    NOT NULL
) STRICT
"""
_COLUMNS: Final = "number, received_ns, topic, payload, qos, retain, dup, mid, connection"
_VERIFY_CHUNK: Final = 2000


class MessageCheck(NamedTuple):
    """One message of a month: its number, and whether it is what was written."""

    number: int
    sound: bool


class PackedRow(NamedTuple):
    """One message as a packed month holds it: whole, with its checksum."""

    number: int
    received_ns: int
    topic: str
    payload: bytes
    qos: int
    retain: int
    dup: int
    mid: int
    connection: int
    crc32: int


_PIECE: Final = msgspec.msgpack.Decoder(list[PackedRow])


class Month(Protocol):
    """One month, open to be read."""

    path: Path

    def span(self) -> tuple[int, int]:
        """Return the first and the last number, zeros where there is none yet."""

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return messages with numbers above `after`, in the order of their numbers."""

    def sizes(self, after: int) -> Iterable[TopicSize]:
        """Add up the messages above `after` by topic."""

    def check(self) -> Iterator[MessageCheck]:
        """Read every message and yield its number and whether its checksum holds."""

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Read all columns of all messages, the checksum last."""

    def close(self) -> None:
        """Close the file."""


def months_of(folder: Path) -> list[Path]:
    """List the files of a journal's months in order; of one that is plain and packed, the packed one.

    Both are there where packing was killed after its last check and before it removed the plain file.
    """
    plain = {path.stem: path for path in folder.glob(_NAME + PLAIN)}
    packed = {path.stem: path for path in folder.glob(_NAME + PACKED)}
    return [path for _, path in sorted((plain | packed).items())]


def open_month(path: Path) -> Month:
    """Open one month to read it.

    Raises
    ------
    JournalUnusableError
        The file cannot be read, or was packed by a newer Sera.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise JournalUnusableError(
            f"{path} cannot be read as a month of the journal ({error}); restore it from the backup"
        ) from error
    if path.suffix == PLAIN:
        return _PlainMonth(path, connection)
    if version > PACKED_VERSION:
        connection.close()
        raise JournalUnusableError(f"{path} was packed by a newer Sera (form {version}); update Sera")
    return _PackedMonth(path, connection)


class _PlainMonth:
    """A month as it was written; it may be growing."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def span(self) -> tuple[int, int]:
        """Return the first and the last number, zeros where there is none yet."""
        # Asked for together, SQLite would read the whole month for them.
        ends = (
            "SELECT coalesce((SELECT min(number) FROM message), 0), "
            "coalesce((SELECT max(number) FROM message), 0)"
        )
        return next(iter(self._ask(ends)), (0, 0))

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return messages with numbers above `after`, in the order of their numbers."""
        rows = self._ask(
            f"SELECT {_COLUMNS} FROM message WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
            after,
            limit,
        )
        return list(map(Entry._make, rows))

    def sizes(self, after: int) -> Iterable[TopicSize]:
        """Add up the messages above `after` by topic; payloads are not read for that."""
        rows = self._ask(
            "SELECT topic, count(*), sum(length(payload)) FROM message WHERE number > ? GROUP BY topic", after
        )
        return map(TopicSize._make, rows)

    def check(self) -> Iterator[MessageCheck]:
        """Read every message and yield its number and whether its checksum holds."""
        for number, *fields, crc32 in self.rows():
            yield MessageCheck(number, checksum(number, Message._make(fields)) == crc32)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Read all columns of all messages, the checksum last."""
        after = 0
        query = "SELECT * FROM message WHERE number > ? ORDER BY number LIMIT ?"
        while rows := list(self._ask(query, after, _VERIFY_CHUNK)):
            yield from rows
            after = rows[-1][0]

    def _ask(self, statement: str, *values: int) -> Iterable[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.OperationalError:
            # The writer died, or is, between making the file and making its table.
            if self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                return ()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class _PackedMonth:
    """A month that was packed: pieces of some hundred messages, each compressed, with a checksum."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        # The ledger reads on where it stopped, mostly in the same piece.
        self._piece: tuple[int, list[PackedRow]] | None = None

    def span(self) -> tuple[int, int]:
        """Return the first and the last number."""
        query = "SELECT (SELECT min(first) FROM piece), (SELECT last FROM piece ORDER BY first DESC LIMIT 1)"
        first, last = self._connection.execute(query).fetchone()
        return first or 0, last or 0

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return messages with numbers above `after`, in the order of their numbers."""
        entries: list[Entry] = []
        query = "SELECT first FROM piece WHERE last > ? ORDER BY first"
        for (first,) in self._connection.execute(query, (after,)).fetchall():
            entries += [Entry._make(row[:-1]) for row in self._rows(first) if row.number > after]
            if len(entries) >= limit:
                break
        return entries[:limit]

    def sizes(self, after: int) -> Iterable[TopicSize]:
        """Return the messages above `after`, each by itself."""
        for (first,) in self._connection.execute(
            "SELECT first FROM piece WHERE last > ?", (after,)
        ).fetchall():
            rows = [row for row in self._rows(first) if row.number > after]
            yield from (TopicSize(row.topic, 1, len(row.payload)) for row in rows)

    def check(self) -> Iterator[MessageCheck]:
        """Read every message and yield its number and whether its checksum holds."""
        pieces = self._connection.execute("SELECT first, last FROM piece ORDER BY first").fetchall()
        for first, last in pieces:
            try:
                rows = self._rows(first)
            except JournalUnusableError:
                yield from (MessageCheck(number, sound=False) for number in range(first, last + 1))
                continue
            for row in rows:
                yield MessageCheck(row.number, checksum(row.number, Message._make(row[1:-1])) == row.crc32)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Read all columns of all messages, the checksum last."""
        for (first,) in self._connection.execute("SELECT first FROM piece ORDER BY first").fetchall():
            yield from self._rows(first)

    def _rows(self, first: int) -> list[PackedRow]:
        if self._piece is None or self._piece[0] != first:
            crc32, content = self._connection.execute(
                "SELECT crc32, messages FROM piece WHERE first = ?", (first,)
            ).fetchone()
            self._piece = first, self._unpack(first, crc32, content)
        return self._piece[1]

    def _unpack(self, first: int, crc32: int, content: bytes) -> list[PackedRow]:
        try:
            if zlib.crc32(content) == crc32:
                return _PIECE.decode(zlib.decompress(content))
            problem = "its checksum is another one"
        except (ValueError, zlib.error, msgspec.MsgspecError) as error:
            problem = str(error)
        raise JournalUnusableError(
            f"{self.path}: the piece that begins with message {first} cannot be read ({problem}); restore "
            "the file from the backup"
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
