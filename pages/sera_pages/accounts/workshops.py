"""Workshops: an afternoon on which many count at once, with one code by which all of them come in."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sera_pages.accounts.codes import draw_code, plain_code
from sera_pages.accounts.table import AccountTable
from sera_vocabulary.durations import DAY_S, HOUR_S

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


WAITING: Final = "waiting"
RUNNING: Final = "running"
PAUSED: Final = "paused"
ENDED: Final = "ended"
# Which state may follow which: what has ended stays so, since its pack is a statement about that day.
NEXT: Final = {
    WAITING: (RUNNING, ENDED),
    RUNNING: (PAUSED, ENDED),
    PAUSED: (RUNNING, ENDED),
    ENDED: (),
}
HOURS: Final = 12
HOURS_MOST: Final = 72
FORGET_DAYS: Final = 14
FORGET_DAYS_MOST: Final = 180
# Thirty bits that open nothing but a day's counting; who guesses is slowed by the rate of forms.
_CODE_LETTERS: Final = 6
_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_FIELDS: Final = (
    "id", "community", "code", "gardens", "state", "are_names_hidden", "created_s", "ends_s", "ended_s",
    "forget_days", "is_forgotten", "network", "pack_key", "frozen_s", "version",
    "pack_entry", "pack_change",
)  # fmt: skip
_COLUMNS: Final = ", ".join(_FIELDS)


@dataclass(frozen=True, slots=True)
class Workshop:
    """One workshop.

    Parameters
    ----------
    id
        By which it is listed, shown and frozen.
    community
        Where it is.
    code
        By which people come in; empty once it has ended.
    gardens
        Ids of the gardens in which people count; empty for all of the community.
    state
        `waiting`, `running`, `paused` or `ended`.
    are_names_hidden
        Whether the screen numbers the groups in place of their names.
    created_s, ends_s, ended_s
        When it was made, ends by itself, and was ended, Unix times [s]; the last None for not yet.
    forget_days
        Days after its end on which the names and sessions of whoever came in by its code go.
    is_forgotten
        Whether they have gone.
    network
        What a QR code for the Wi-Fi says, or the empty text; it goes with the end.
    pack_key
        With which the pack names who counted, so that it is made with the same names again.
    frozen_s
        When its pack was made first, or None.
    version
        Grows with each change of this row or of those who are here.
    pack_entry, pack_change
        Numbers of the newest entry of the registry and of the newest record when the making of its pack
        began; None where none was made.
    """

    id: str
    community: str
    code: str
    gardens: tuple[str, ...]
    state: str
    are_names_hidden: bool
    created_s: int
    ends_s: int
    ended_s: int | None
    forget_days: int
    is_forgotten: bool
    network: str
    pack_key: bytes
    frozen_s: int | None
    version: int
    pack_entry: int | None
    pack_change: int | None

    @property
    def is_open(self) -> bool:
        """Whether people may come in."""
        return self.state != ENDED

    @property
    def end_s(self) -> int:
        """When it ended, or ends by itself, Unix time [s]."""
        return self.ended_s if self.ended_s is not None else self.ends_s

    @property
    def forget_s(self) -> int:
        """When names and sessions go, Unix time [s]."""
        return self.end_s + self.forget_days * DAY_S


class Workshops(AccountTable):
    """The workshops of an installation."""

    def make(
        self,
        community: str,
        *,
        gardens: Iterable[str] = (),
        hours: float = HOURS,
        forget_days: int = FORGET_DAYS,
        network: str = "",
    ) -> Workshop:
        """Make a workshop that waits to be started; an open one of the same community ends."""
        now_s = int(self._clock())
        name = f"workshop-{secrets.token_hex(_ID_BYTES)}"
        values = (
            name,
            community,
            draw_code(_CODE_LETTERS),
            json.dumps(sorted(gardens)),
            WAITING,
            now_s,
            now_s + int(min(hours, HOURS_MOST) * HOUR_S),
            min(forget_days, FORGET_DAYS_MOST),
            network,
            secrets.token_bytes(_KEY_BYTES),
        )
        with self._database.transaction() as connection:
            for earlier in self._open(connection, community):
                _end(connection, earlier.id, now_s)
            connection.execute(
                "INSERT INTO workshops VALUES (?,?,?,?,?,0,?,?,NULL,?,0,?,?,NULL,1,NULL,NULL)", values
            )
        workshop = self.read(name)
        assert workshop is not None  # noqa: S101 - made just now
        return workshop

    def read(self, name: str) -> Workshop | None:
        """Return a workshop by its id, or None; one whose time is over has ended."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM workshops WHERE id=?", (name,))  # noqa: S608
        return self._as_of_now(_workshop(rows[0])) if rows else None

    def find(self, code: str) -> Workshop | None:
        """Return the open workshop of a code, however it was typed; None where there is none."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM workshops WHERE code=?",  # noqa: S608
            (plain_code(code),),
        )
        workshop = self._as_of_now(_workshop(rows[0])) if rows else None
        return workshop if workshop is not None and workshop.is_open else None

    def current(self, community: str) -> Workshop | None:
        """Return the open workshop of a community, or None."""
        workshops = [self._as_of_now(row) for row in self._open(self._database.connection, community)]
        return next((workshop for workshop in workshops if workshop.is_open), None)

    def all(self, community: str | None = None) -> list[Workshop]:
        """List the workshops of a community, or of all, the newest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM workshops WHERE ?1 IS NULL OR community=?1 "  # noqa: S608
            "ORDER BY created_s DESC, id",
            (community,),
        )
        return [self._as_of_now(_workshop(row)) for row in rows]

    def turn(self, name: str, state: str) -> bool:
        """Turn a workshop to a state; return whether that may follow the one it is in."""
        with self._database.transaction() as connection:
            workshop = self.read(name)
            if workshop is None or state not in NEXT[workshop.state]:
                return False
            if state == ENDED:
                _end(connection, name, int(self._clock()))
            else:
                connection.execute(
                    "UPDATE workshops SET state=?, version=version+1 WHERE id=?", (state, name)
                )
        return True

    def hide_names(self, name: str, *, are_hidden: bool) -> None:
        """Show groups on the screen by number instead of name, or by name again."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE workshops SET are_names_hidden=?, version=version+1 WHERE id=?", (are_hidden, name)
            )

    def note_frozen(self, name: str, entry: int, change: int) -> None:
        """Note that the pack of a workshop was made, and of what; it has ended with that.

        Parameters
        ----------
        name
            Id of the workshop.
        entry, change
            Numbers of the newest entry of the registry and of the newest record before it was begun.
        """
        now_s = int(self._clock())
        with self._database.transaction() as connection:
            _end(connection, name, now_s)
            connection.execute(
                "UPDATE workshops SET frozen_s=coalesce(frozen_s, ?), pack_entry=?, pack_change=?, "
                "version=version+1 WHERE id=?",
                (now_s, entry, change, name),
            )

    def _open(self, connection: sqlite3.Connection, community: str) -> list[Workshop]:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM workshops WHERE community=? AND state<>'ended' ORDER BY created_s DESC",  # noqa: S608
            (community,),
        )
        return [_workshop(row) for row in rows.fetchall()]

    def _as_of_now(self, workshop: Workshop) -> Workshop:
        if not workshop.is_open or workshop.ends_s > self._clock():
            return workshop
        # Nobody was there to end it: it is written down by whoever looks first.
        with self._database.transaction() as connection:
            _end(connection, workshop.id, workshop.ends_s)
        return self.read(workshop.id) or workshop


def _end(connection: sqlite3.Connection, name: str, at_s: int) -> None:
    connection.execute(
        "UPDATE workshops SET state='ended', ended_s=?, code=NULL, network='', version=version+1 "
        "WHERE id=? AND state<>'ended'",
        (at_s, name),
    )


def _workshop(row: tuple[Any, ...]) -> Workshop:
    values = dict(zip(_FIELDS, row, strict=True))
    return Workshop(
        **{
            **values,
            "code": values["code"] or "",
            "gardens": tuple(json.loads(values["gardens"])),
            "are_names_hidden": bool(values["are_names_hidden"]),
            "is_forgotten": bool(values["is_forgotten"]),
        }
    )
