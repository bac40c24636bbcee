"""What was entered without a script or by a verb, on disk until the journal has it.

A phone with a script keeps its own queue and its own key. For a plain form this machine is the device: it
has an epoch a counter, numbers what is entered, and sends it again until it is journaled, after a kill too. A
form that is sent twice is entered once.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sera_pages.sending.messages import Key, payload, people_topic
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.messages import EPOCH_DIGITS, SEQ_FIRST

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from sera_pages.sending.messages import Entry
    from sera_store.database.database import Database

_RETENTION_DAYS: Final = 30
_COLUMNS: Final = "id, counter, epoch, seq, topic, payload, journaled_s"


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One message of the outbox; `journaled_s` is when the journal had it, Unix time [s], or None."""

    id: int
    counter: str
    key: Key
    topic: str
    payload: bytes
    journaled_s: int | None


class Outbox:
    """The outbox of an installation.

    Parameters
    ----------
    database
        From `open_accounts`.
    clock
        Returns Unix time [s].
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def enter(self, form: str, community: str, counter: str, entry: Entry) -> OutboxEntry:
        """Enter something under the next key of a counter, or return what the same form has entered.

        Parameters
        ----------
        form
            Drawn for each form that is shown.
        community, counter
            Whose topic it is published on.
        entry
            What was entered.
        """
        now_s = int(self._clock())
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE journaled_s < ?", (now_s - _RETENTION_DAYS * DAY_S,))
            if connection.execute("SELECT 1 FROM outbox WHERE form=?", (form,)).fetchone() is None:
                key = _next_key(connection, counter)
                topic = people_topic(community, counter)
                connection.execute(
                    "INSERT INTO outbox (form, counter, epoch, seq, topic, payload, entered_s) "
                    "VALUES (?,?,?,?,?,?,?)",
                    (form, counter, key.epoch, key.seq, topic, payload(entry, key), now_s),
                )
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM outbox WHERE form=?",  # noqa: S608
                (form,),
            ).fetchone()
        return _entry(row)

    def has(self, form: str) -> bool:
        """Return whether a form was entered before."""
        return bool(self._database.rows("SELECT 1 FROM outbox WHERE form=?", (form,)))

    def waiting(self) -> list[OutboxEntry]:
        """List what the journal does not have yet, oldest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM outbox WHERE journaled_s IS NULL ORDER BY id"  # noqa: S608
        )
        return [_entry(row) for row in rows]

    def copies_of(self, counters: Iterable[str]) -> list[OutboxEntry]:
        """List what counters have entered here, waiting or kept within thirty days, the newest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM outbox WHERE counter IN (SELECT value FROM json_each(?)) "  # noqa: S608
            "ORDER BY id DESC",
            (json.dumps(list(counters)),),
        )
        return [_entry(row) for row in rows]

    def is_kept(self, name: int) -> bool:
        """Return whether the journal has an entry."""
        return bool(
            self._database.rows("SELECT 1 FROM outbox WHERE id=? AND journaled_s IS NOT NULL", (name,))
        )

    def forget(self, counters: Iterable[str]) -> None:
        """Forget what counters have entered, also what waits, and leave nothing of it in the file."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM outbox WHERE counter=?", [(name,) for name in counters])
        self._database.compact()

    def note_journaled(self, name: int) -> None:
        """Note that the journal has an entry."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET journaled_s=? WHERE id=? AND journaled_s IS NULL",
                (int(self._clock()), name),
            )


def draw_epoch() -> str:
    """Draw the epoch of a new device."""
    return secrets.token_hex(EPOCH_DIGITS // 2)


def draw_form() -> str:
    """Draw what a form is known by, so that sending it twice enters it once."""
    return secrets.token_hex(16)


def _next_key(connection: sqlite3.Connection, counter: str) -> Key:
    connection.execute("INSERT OR IGNORE INTO devices VALUES (?,?,?)", (counter, draw_epoch(), SEQ_FIRST))
    epoch, seq = connection.execute("SELECT epoch, next FROM devices WHERE counter=?", (counter,)).fetchone()
    connection.execute("UPDATE devices SET next=next+1 WHERE counter=?", (counter,))
    return Key(epoch, seq)


def _entry(row: tuple[Any, ...]) -> OutboxEntry:
    name, counter, epoch, seq, topic, content, journaled_s = row
    return OutboxEntry(name, counter, Key(epoch, seq), topic, content, journaled_s)
