"""One SQLite file: opening, schema steps, transactions, and errors that name the file and the remedy."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

BUSY_MS: Final = 30_000
_GLANCE_S: Final = 0.01

# What SQLite says, and what a person can do about it; the first that fits is taken.
_REMEDIES: Final = (
    (
        "disk is full",
        "free some space there; nothing of the last transaction was written, it will be repeated",
    ),
    ("locked", "another process has been writing for half a minute; see which one (`lsof`), then try again"),
    ("readonly", "give this user the right to write there, or name another folder"),
    ("unable to open", "give this user the right to write there, or name another folder"),
    ("not a database", "this file is no store of ours: name another folder, or move the file away"),
    ("malformed", "bring back the last backup, or rebuild the records from the journal"),
    (
        "disk I/O",
        "make room where the disk is full or a quota used up; else check the disk and its connection",
    ),
)


class Database:
    """One SQLite file in WAL mode, with one connection for each thread that uses it.

    Parameters
    ----------
    path
        The file; its folder exists.
    steps
        Schema steps in order; a file that has seen the first n has `user_version` n.
    application_id
        SQLite's number of that name, by which a file of ours is recognised.
    synchronous
        `FULL` for truth, `NORMAL` for a view that can be rebuilt.
    overwrites_deleted
        Whether the bytes of a deleted row are overwritten at once; `empty_log` takes them out of the log too.
    """

    def __init__(
        self,
        path: Path,
        *,
        steps: Sequence[str],
        application_id: int,
        synchronous: str,
        overwrites_deleted: bool = False,
    ) -> None:
        self.path = path
        self._overwrites_deleted = overwrites_deleted
        self._application_id = application_id
        self._synchronous = synchronous
        self._local = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._lock = threading.Lock()
        self._rollback_calls: list[Callable[[], None]] = []
        with self.usable():
            self._prepare(steps)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of this thread, opened at first use, when those of threads that ended are closed."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
            with self._lock:
                owned = [(thread, kept, thread.is_alive()) for thread, kept in self._connections]
                self._connections = [(thread, kept) for thread, kept, is_alive in owned if is_alive]
                self._connections.append((threading.current_thread(), connection))
            for _, kept, is_alive in owned:
                if not is_alive:
                    kept.close()
        return connection

    def _connect(self) -> sqlite3.Connection:
        with self.usable():
            # Only closing touches a connection from another thread than its own.
            connection = sqlite3.connect(
                self.path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
            connection.execute(f"PRAGMA synchronous={self._synchronous}")
            connection.execute("PRAGMA foreign_keys=ON")
            if self._overwrites_deleted:
                connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA cache_size=-12000")
            # Pages that many transactions touch are copied back once for all of them: 64 MB of log at most.
            connection.execute("PRAGMA wal_autocheckpoint=16000")
            return connection

    def _prepare(self, steps: Sequence[str]) -> None:
        version, mark, tables = self._state()
        if mark != self._application_id and (mark or tables):
            raise StoreUnusableError(
                self.path, "holds a database of another program", "name another folder, or move the file away"
            )
        if version > len(steps):
            raise StoreUnusableError(
                self.path,
                f"has schema {version}, made by a newer Sera; this one knows {len(steps)}",
                "update Sera, or name another folder",
            )
        self._write_ahead()
        if version < len(steps):
            self._take_steps(steps)

    def _write_ahead(self) -> None:
        """Turn on the write-ahead log; SQLite itself does not wait here for another doing the same."""
        until = time.monotonic() + BUSY_MS / 1000
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(_GLANCE_S)
            else:
                return

    def _state(self) -> tuple[int, int, int]:
        """Read version, application id and table count as of one moment: others may be making them."""
        with self.snapshot() as connection:
            queries = ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
            version, application_id, tables = [
                int(connection.execute(text).fetchone()[0]) for text in queries
            ]
            return version, application_id, tables

    def _take_steps(self, steps: Sequence[str]) -> None:
        with self.transaction() as connection:
            # Another process may have taken them while this one waited for the lock.
            version = self._state()[0]
            for number, step in enumerate(steps[version:], start=version + 1):
                for statement in step.split(";;"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={number}")
            connection.execute(f"PRAGMA application_id={self._application_id}")

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Turn SQLite's errors of file and disk into one that names the file and the remedy.

        Raises
        ------
        StoreUnusableError
            When SQLite reports that the file cannot be opened, read or written.
        """
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
            raise
        except sqlite3.DatabaseError as error:
            problem = str(error)
            remedy = next(
                (text for part, text in _REMEDIES if part in problem), "check the file and its folder"
            )
            raise StoreUnusableError(self.path, problem, remedy) from error

    def on_rollback(self, call: Callable[[], None]) -> None:
        """Call a function before a transaction is undone, to forget what it had cached."""
        self._rollback_calls.append(call)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write atomically; inside another transaction of this thread it becomes part of it."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        with self.usable():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                for call in self._rollback_calls:
                    call()
                with suppress(sqlite3.OperationalError):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Read several statements from one moment, whatever others write meanwhile."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        with self.usable():
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[Any]:
        """Run one statement and take all its rows."""
        with self.usable():
            return self.connection.execute(statement, tuple(values)).fetchall()

    def version(self) -> int:
        """Return a number that grows with each commit of another connection than this thread's."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def backup(self, to: Path) -> None:
        """Copy the whole database, as of one moment, into a new file."""
        with self.usable(), closing(sqlite3.connect(to)) as target:
            self.connection.backup(target)

    def compact(self) -> None:
        """Write the file again without what was deleted from it, and empty its write-ahead log."""
        with self.usable():
            self.connection.execute("VACUUM")
        self.empty_log()

    def empty_log(self) -> None:
        """Empty the write-ahead log into the file.

        Raises
        ------
        StoreUnusableError
            Somebody reads the file for half a minute: it is to be tried again.
        """
        until = time.monotonic() + BUSY_MS / 1000
        while not self._is_log_emptied():
            # For whoever empties it at the same time SQLite does not wait.
            if time.monotonic() >= until:
                raise StoreUnusableError(
                    self.path, "is read by another process", "end that one (see `lsof`), then try again"
                )
            time.sleep(_GLANCE_S)

    def empty_log_if_free(self) -> None:
        """Empty the log of what is done already; where somebody reads it, whoever asks next empties it."""
        with suppress(StoreUnusableError):
            self.empty_log()

    def _is_log_emptied(self) -> bool:
        with self.usable():
            busy, *_ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close the connections of all threads; closing twice changes nothing."""
        with self._lock:
            connections, self._connections = self._connections, []
        for _, connection in connections:
            connection.close()
        self._local = threading.local()
