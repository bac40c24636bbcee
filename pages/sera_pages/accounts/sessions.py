"""Sessions: a device on which a person came in, known by a secret that only its cookie holds."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sera_pages.accounts.table import AccountTable
from sera_store.errors import StoreUnusableError
from sera_vocabulary.durations import DAY_S

DAYS: Final = 180
_TOKEN_BYTES: Final = 32
_ID_BYTES: Final = 5
_COLUMNS: Final = "id, person, begun_s, seen_day, ends_s, ended_s"


@dataclass(frozen=True, slots=True)
class Session:
    """One session.

    Parameters
    ----------
    id
        By which it is listed and ended; it opens nothing.
    person
        Id of the person.
    begun_s, ends_s
        When it began and when it ends by itself, Unix time [s].
    seen_day
        The day on which it was last used (since 1970).
    ended_s
        When somebody ended it, or None.
    """

    id: str
    person: str
    begun_s: int
    seen_day: int
    ends_s: int
    ended_s: int | None = None


class Sessions(AccountTable):
    """The sessions of an installation. Of a secret only its hash is kept."""

    def begin(self, person: str, days: int = DAYS) -> str:
        """Begin a session of a person and return its secret, which is not kept here."""
        token, now_s = secrets.token_urlsafe(_TOKEN_BYTES), int(self._clock())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO sessions VALUES (?,?,?,?,?,?,NULL)",
                (
                    secrets.token_hex(_ID_BYTES),
                    _hash(token),
                    person,
                    now_s,
                    now_s // DAY_S,
                    now_s + days * DAY_S,
                ),
            )
        return token

    def find(self, token: str) -> Session | None:
        """Return the session of a secret; None where there is none, or it has ended."""
        now_s = int(self._clock())
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM sessions WHERE token=? AND ended_s IS NULL AND ends_s>?",  # noqa: S608
            (_hash(token), now_s),
        )
        if not rows:
            return None
        session = Session(*rows[0])
        # Once a day: a write for each request would cost more than all the rest of it.
        if session.seen_day != now_s // DAY_S:
            # Nor is it worth a page: where the disk is full, who has a session reads on.
            with suppress(StoreUnusableError), self._database.transaction() as connection:
                connection.execute("UPDATE sessions SET seen_day=? WHERE id=?", (now_s // DAY_S, session.id))
        return session

    def of(self, person: str) -> list[Session]:
        """List the sessions of a person that are open, the newest first."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM sessions WHERE person=? AND ended_s IS NULL AND ends_s>? "  # noqa: S608
            "ORDER BY begun_s DESC, id",
            (person, int(self._clock())),
        )
        return [Session(*row) for row in rows]

    def end(self, name: str, person: str | None = None) -> bool:
        """End a session by its id; return whether it was open.

        Parameters
        ----------
        name
            Its id.
        person
            Only where it is of this person; None for anybody's.
        """
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "UPDATE sessions SET ended_s=?1 WHERE id=?2 AND ended_s IS NULL "
                    "AND (?3 IS NULL OR person=?3)",
                    (int(self._clock()), name, person),
                ).rowcount
            )

    def end_all(self, person: str) -> int:
        """End all sessions of a person; return how many were open."""
        return sum(self.end(session.id) for session in self.of(person))


def form_token(token: str) -> str:
    """Return what a form must bring, so that no other site can send it: made from the cookie's secret."""
    return sha256(b"form:" + token.encode()).hexdigest()[:32]


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
