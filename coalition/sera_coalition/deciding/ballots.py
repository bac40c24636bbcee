"""The votes of open decisions of one community: in a database of their own, gone when a decision ends.

A vote stands under a keyed digest of its voter, by which one person has one, however many sessions they have.
No time and no order is kept; of each vote that is changed, and of all when a decision ends, nothing stays in
the file or its log. No backup holds this file.
"""

from __future__ import annotations

import hmac
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from sera_coalition.deciding.steps import Choice
from sera_store.chronicle.schema import name_in_folder
from sera_store.database.database import Database
from sera_store.private_files import require_private

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator
    from pathlib import Path

FOLDER: Final = "deciding"
APPLICATION_ID: Final = 0x53657269
_KEY_BYTES: Final = 32

# A step is never changed, since there are files that have taken it.
STEPS: Final = (
    """
CREATE TABLE open_decisions (
  decision TEXT PRIMARY KEY, key BLOB NOT NULL, due_s INTEGER
) STRICT, WITHOUT ROWID;;
CREATE TABLE roll (
  decision TEXT NOT NULL REFERENCES open_decisions ON DELETE CASCADE, voter BLOB NOT NULL,
  PRIMARY KEY (decision, voter)
) STRICT, WITHOUT ROWID;;
CREATE TABLE ballots (
  decision TEXT NOT NULL REFERENCES open_decisions ON DELETE CASCADE, voter BLOB NOT NULL,
  text_version INTEGER NOT NULL, choice TEXT NOT NULL, PRIMARY KEY (decision, voter)
) STRICT, WITHOUT ROWID
""",
)


class Votes(NamedTuple):
    """How many of some persons agree, and stand aside."""

    agree: int
    aside: int


class Ballots:
    """The votes of a community; made by `Ballots.open`. Threads and processes may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # A process that was killed may have left something in it.
        self._is_log_empty = False

    @classmethod
    def open(cls, data: Path, community: str) -> Self:
        """Open the votes of a community in a data folder, begun where there are none.

        Raises
        ------
        StoreUnusableError
            It cannot be used; the message names the path and the remedy.
        """
        folder = data / FOLDER
        require_private(folder)
        path = folder / f"{name_in_folder(community)}.sqlite"
        return cls(Database(path, steps=STEPS, application_id=APPLICATION_ID, synchronous="FULL"))

    def close(self) -> None:
        """Close its database."""
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the votes for one step: nobody votes, and nothing is counted, meanwhile.

        All of it or nothing is kept, and nothing of what it replaced.
        """
        connection = self._database.connection
        is_outermost = not connection.in_transaction
        # What is freed is overwritten, and the log that still has it is emptied.
        connection.execute("PRAGMA secure_delete=ON")
        with self._database.transaction():
            yield
        if is_outermost:
            self._is_log_empty = False
            self.empty_log()

    def empty_log(self) -> None:
        """Empty the log where erased votes may still be in it; where another process reads, the next time."""
        if self._is_log_empty:
            return
        with self._database.usable():
            busy, *_ = self._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._is_log_empty = not busy

    def begin(self, decision: str, roll: Collection[str]) -> None:
        """Begin the votes of a decision, with those who may take part in it; nothing where they are begun."""
        with self.writing():
            if self._key(decision) is not None:
                return
            key = secrets.token_bytes(_KEY_BYTES)
            self._execute("INSERT INTO open_decisions VALUES (?, ?, NULL)", decision, key)
            self._database.connection.executemany(
                "INSERT INTO roll VALUES (?, ?)",
                sorted((decision, _digest(key, person)) for person in set(roll)),
            )

    def is_begun(self, decision: str) -> bool:
        """Return whether votes of a decision are begun and not forgotten."""
        return self._key(decision) is not None

    def begun(self) -> list[str]:
        """List the decisions that have votes here."""
        return [row[0] for row in self._database.rows("SELECT decision FROM open_decisions")]

    def on_roll(self, decision: str, persons: Collection[str]) -> frozenset[str]:
        """Return which of some persons could take part when the decision began."""
        key = self._key(decision)
        rows = self._database.rows("SELECT voter FROM roll WHERE decision=?", (decision,))
        voters = {row[0] for row in rows}
        return frozenset(person for person in persons if key is not None and _digest(key, person) in voters)

    def put(self, decision: str, person: str, choice: Choice, text_version: int) -> None:
        """Keep a person's vote in place of the one before."""
        with self.writing():
            self.remove(decision, person)
            if (key := self._key(decision)) is not None:
                self._execute(
                    "INSERT INTO ballots VALUES (?, ?, ?, ?)",
                    decision, _digest(key, person), text_version, choice.value,
                )  # fmt: skip

    def remove(self, decision: str, person: str) -> None:
        """Take a person's vote back; nothing where there is none."""
        with self.writing():
            if (key := self._key(decision)) is not None:
                self._execute(
                    "DELETE FROM ballots WHERE decision=? AND voter=?", decision, _digest(key, person)
                )

    def clear(self, decision: str) -> None:
        """Take all votes back: the text that they were about is another one now."""
        with self.writing():
            self._execute("DELETE FROM ballots WHERE decision=?", decision)

    def has_voted(self, decision: str, person: str, text_version: int) -> bool:
        """Return whether a person voted about a text; never how."""
        key = self._key(decision)
        return key is not None and bool(
            self._database.rows(
                "SELECT 1 FROM ballots WHERE decision=? AND voter=? AND text_version=?",
                (decision, _digest(key, person), text_version),
            )
        )

    def count(self, decision: str, persons: Collection[str], text_version: int) -> Votes:
        """Count the votes of some persons about a text; those of others are left out."""
        key = self._key(decision)
        if key is None:
            return Votes(0, 0)
        voters = {_digest(key, person) for person in persons}
        rows = self._database.rows(
            "SELECT voter, choice FROM ballots WHERE decision=? AND text_version=?", (decision, text_version)
        )
        choices = [choice for voter, choice in rows if voter in voters]
        return Votes(choices.count(Choice.AGREE.value), choices.count(Choice.ASIDE.value))

    def due_s(self, decision: str) -> int | None:
        """Return when the days of a decision were first seen to be over, Unix time [s]; None before."""
        rows = self._database.rows("SELECT due_s FROM open_decisions WHERE decision=?", (decision,))
        return rows[0][0] if rows else None

    def note_due(self, decision: str, at_s: int | None) -> None:
        """Note when its days were first seen to be over, Unix time [s]; None that they are not."""
        with self.writing():
            self._execute("UPDATE open_decisions SET due_s=? WHERE decision=?", at_s, decision)

    def forget(self, decision: str) -> None:
        """Erase votes, roll and key of a decision."""
        with self.writing():
            for table in ("ballots", "roll", "open_decisions"):
                self._execute(f"DELETE FROM {table} WHERE decision=?", decision)  # noqa: S608 - names of ours

    def _key(self, decision: str) -> bytes | None:
        rows = self._database.rows("SELECT key FROM open_decisions WHERE decision=?", (decision,))
        return rows[0][0] if rows else None

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._database.connection.execute(statement, values)


def _digest(key: bytes, person: str) -> bytes:
    return hmac.digest(key, person.encode(), "sha256")
