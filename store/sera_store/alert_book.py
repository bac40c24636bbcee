"""What alerts must not forget: states of findings, what waits to be sent, silences; one small database.

`sera_alerts` decides and sends; pages show it, and write silences.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import msgspec

from sera_store.database.database import Database
from sera_store.private_files import require_private
from sera_words.coded import Argument  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

BOOK_FOLDER: Final = "alerts"
BOOK_FILE: Final = "alerts.sqlite"
_APPLICATION_ID: Final = 0x5E7AA1E7
_TABLES: Final = (
    "CREATE TABLE states (key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE notices (number INTEGER PRIMARY KEY, channel TEXT NOT NULL, notice TEXT NOT NULL)",
    "CREATE TABLE channels (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE silences (number INTEGER PRIMARY KEY, silence TEXT NOT NULL)",
)
_STEPS: Final = (";;".join(_TABLES),)


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one finding of one node.

    Parameters
    ----------
    severity
        The worst of it since it was told; 0 before that.
    since_s
        Since when it holds without a break, Unix time [s]; None while it does not.
    message_s
        When somebody was told last; None where nobody is to know.
    cleared_s
        Since when it is gone, though somebody was told; None while it holds.
    beginnings
        How often it was told as new without a whole day of peace between.
    recovery_s
        When it was well again last; None where it never was.
    beginning_s
        Since when it held that somebody was told of last.
    garden, arguments
        Where it was seen last, and the arguments of its finding, whose code is in its key.
    """

    severity: int = 0
    since_s: int | None = None
    message_s: int | None = None
    cleared_s: int | None = None
    beginnings: int = 0
    recovery_s: int | None = None
    beginning_s: int | None = None
    garden: str = ""
    arguments: dict[str, Argument] = field(default_factory=dict)

    def with_finding(self, garden: str, arguments: dict[str, Argument]) -> State:
        """Return it with where it was seen, and what was found."""
        return replace(self, garden=garden, arguments=arguments)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to remember but when it was well."""
        return self.since_s is None and self.message_s is None


class Notice(msgspec.Struct, frozen=True):
    """One thing to tell: which finding began, got worse, goes on or is gone.

    Parameters
    ----------
    event
        Of `sera_alerts.transitions`.
    code, arguments
        Of the finding.
    since_s
        Since when the finding held, Unix time [s].
    """

    key: str
    event: str
    node: str
    garden: str
    code: str
    severity: int
    arguments: dict[str, Argument]
    since_s: int


class ChannelState(msgspec.Struct, frozen=True):
    """How delivery to one channel goes.

    Parameters
    ----------
    attempts
        How often in a row it failed.
    next_s
        Not before then, Unix time [s].
    problem
        Why it failed last, without any address.
    delivered_s
        When it worked last; None where it never did.
    pause_s
        How long it waits after that [s].
    """

    attempts: int = 0
    next_s: int = 0
    problem: str = ""
    delivered_s: int | None = None
    pause_s: int = 0


class Silence(msgspec.Struct, frozen=True):
    """Nobody is told of something until a time.

    Parameters
    ----------
    subject
        Id of a node or of a garden; empty for all.
    code
        Of which finding; empty for all.
    until_s
        Unix time [s] at which it ends.
    reason
        Why, for people.
    """

    subject: str
    code: str
    until_s: int
    reason: str = ""

    def covers(self, node: str, garden: str, code: str, at_s: int) -> bool:
        """Return whether a finding is silent at a time [s]."""
        is_meant = self.subject in ("", node, garden) and self.code in ("", code)
        return is_meant and at_s < self.until_s


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """A notice that waits for its channel."""

    number: int
    channel: str
    notice: Notice


class AlertBook:
    """Reads and writes of the alerts' own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Make what is written in the body hold together, or, if it raises, not at all."""
        return self._database.transaction()

    def states(self) -> dict[str, State]:
        """Read the state of each finding that has one, by its key."""
        rows = self._database.rows("SELECT key, state FROM states")
        return {key: msgspec.json.decode(text, type=State) for key, text in rows}

    def put_states(self, states: dict[str, State]) -> None:
        """Replace all states."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM states")
            connection.executemany(
                "INSERT INTO states VALUES (?,?)",
                [(key, msgspec.json.encode(state).decode()) for key, state in states.items()],
            )

    def notices(self, channel: str | None = None) -> list[QueuedNotice]:
        """List what waits for one channel, or for all, oldest first."""
        rows = self._database.rows("SELECT number, channel, notice FROM notices ORDER BY number")
        return [
            QueuedNotice(number, name, msgspec.json.decode(text, type=Notice))
            for number, name, text in rows
            if channel in (None, name)
        ]

    def queue(self, channel: str, notices: Iterable[Notice]) -> None:
        """Queue notices for a channel."""
        rows = [(channel, msgspec.json.encode(notice).decode()) for notice in notices]
        with self._database.transaction() as connection:
            connection.executemany("INSERT INTO notices (channel, notice) VALUES (?,?)", rows)

    def remove_notices(self, numbers: Iterable[int]) -> None:
        """Remove notices that were delivered, or need not be."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM notices WHERE number=?", [(number,) for number in numbers])

    def channels(self) -> dict[str, ChannelState]:
        """Read how delivery goes, by channel."""
        rows = self._database.rows("SELECT name, state FROM channels")
        return {name: msgspec.json.decode(text, type=ChannelState) for name, text in rows}

    def put_channel(self, name: str, state: ChannelState) -> None:
        """Note how delivery to a channel goes."""
        text = msgspec.json.encode(state).decode()
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO channels VALUES (?,?)", (name, text))

    def silences(self, at_s: int) -> list[Silence]:
        """List the silences that have not ended by a time [s]."""
        rows = self._database.rows("SELECT silence FROM silences ORDER BY number")
        silences = [msgspec.json.decode(text, type=Silence) for (text,) in rows]
        return [silence for silence in silences if at_s < silence.until_s]

    def put_silences(self, silences: Iterable[Silence]) -> None:
        """Replace all silences."""
        rows = [(msgspec.json.encode(silence).decode(),) for silence in silences]
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM silences")
            connection.executemany("INSERT INTO silences (silence) VALUES (?)", rows)


@contextmanager
def open_book(folder: Path) -> Iterator[AlertBook]:
    """Open the alerts' database in a folder of its own, made where there is none, while the body runs.

    Raises
    ------
    StoreUnusableError
        The database cannot be used; it names the path and the remedy.
    """
    require_private(folder)
    # Told twice is better than never: each commit is flushed.
    database = Database(folder / BOOK_FILE, steps=_STEPS, application_id=_APPLICATION_ID, synchronous="FULL")
    try:
        yield AlertBook(database)
    finally:
        database.close()


def copy_book(data: Path, target: Path) -> bool:
    """Copy the alerts' database of a data folder while it is used; False where there is none."""
    path = data / BOOK_FOLDER / BOOK_FILE
    if not path.exists():
        return False
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
    return True
