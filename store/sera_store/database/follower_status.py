"""Status of the followers: what people asked of them, how far they are, and what keeps them waiting."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from sera_store.database.cursors import Cursors
    from sera_store.database.database import Database


class FollowerState(StrEnum):
    """What a follower is doing, as far as anybody can see from outside."""

    FOLLOWING = "following"
    AWAY = "away"
    """Its target does not answer or is overloaded; it is tried again by itself."""
    REFUSED = "refused"
    """Its target refuses us until a person mends the reason: an alarm."""
    INCOMPLETE = "incomplete"
    """It goes on, but its target takes no new point of some field: an alarm."""
    FAILED = "failed"
    """Something of ours failed; it is tried again by itself: an alarm."""
    PAUSED = "paused"
    """A person asked for it."""


# The follower that no target has: it adds up the store's own hours and days.
ROLLUPS = "rollups"
ALARMS = frozenset({FollowerState.REFUSED, FollowerState.INCOMPLETE, FollowerState.FAILED})


class FollowerStatus(NamedTuple):
    """State of one follower.

    Parameters
    ----------
    position
        Last change number it has finished with.
    behind
        How many change numbers it has not finished with.
    since_s
        Since when it is in this state, Unix time [s].
    refused_lines
        How many lines its target would not take.
    """

    name: str
    state: FollowerState
    reason: str
    since_s: int
    position: int
    behind: int
    refused_lines: int

    @property
    def alarm(self) -> bool:
        """Whether a person has to do something."""
        return self.state in ALARMS


class Followers:
    """Pausing, resuming and rewinding followers from any process, and the status of each."""

    def __init__(self, database: Database, cursors: Cursors) -> None:
        self._database = database
        self._cursors = cursors

    def note(self, name: str, state: FollowerState, reason: str, at_s: int) -> None:
        """Note what a follower is doing; the same again keeps the time since when it does."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO followers VALUES (?1, 'run', ?2, ?3, ?4) ON CONFLICT DO UPDATE SET "
                "since_s = CASE state WHEN ?2 THEN since_s ELSE ?4 END, state = ?2, reason = ?3 "
                "WHERE state != ?2 OR reason != ?3",
                (name, state, reason, at_s),
            )

    def pause(self, name: str, at_s: int) -> None:
        """Pause a follower, over restarts too, until it is resumed."""
        self._wish(name, "pause", FollowerState.PAUSED, "a person asked for it", at_s)

    def resume(self, name: str, at_s: int) -> None:
        """Resume a follower at once."""
        self._wish(name, "run", FollowerState.FOLLOWING, "", at_s)

    def _wish(self, name: str, wish: str, state: FollowerState, reason: str, at_s: int) -> None:
        with self._database.transaction() as connection:
            self.check(name)
            connection.execute(
                "INSERT OR REPLACE INTO followers VALUES (?,?,?,?,?)", (name, wish, state, reason, at_s)
            )

    def is_paused(self, name: str) -> bool:
        """Return whether a person has paused a follower."""
        return self._database.rows("SELECT 1 FROM followers WHERE name=? AND wish='pause'", (name,)) != []

    def rewind(self, name: str, to: int) -> None:
        """Rewind a follower to after an earlier change number, in the middle of a step too.

        Raises
        ------
        InvalidEntryError
            When there is no such follower, or the number is not valid or lies beyond what it has finished.
        """
        with self._database.transaction():
            self.check(name)
            position = self._cursors.position(name)
            if not 0 <= to <= position:
                raise InvalidEntryError(
                    f"follower {name} has finished row {position} and cannot begin after row {to}; expected "
                    f"0 to {position}"
                )
            self._cursors.move(name, to)

    def check(self, name: str) -> None:
        """Raise an InvalidEntryError where no follower of this name has run."""
        names = self.names()
        if name not in names:
            raise InvalidEntryError(
                f"there is no follower {name!r}; expected {' or '.join(names) or 'one: none has run yet'}"
            )

    def names(self) -> list[str]:
        """Name the followers that have run here."""
        return [row[0] for row in self._database.rows("SELECT name FROM followers ORDER BY name")]

    def statuses(self) -> list[FollowerStatus]:
        """Return the status of all followers that have run here, by name."""
        with self._database.snapshot() as connection:
            last = connection.execute("SELECT coalesce(max(id), 0) FROM records").fetchone()[0]
            lines = dict(
                connection.execute(
                    "SELECT follower, count(*) FROM refused_lines GROUP BY follower"
                ).fetchall()
            )
            rows = connection.execute(
                "SELECT name, wish, state, reason, since_s FROM followers ORDER BY name"
            )
            return [
                FollowerStatus(
                    name,
                    FollowerState.PAUSED if wish == "pause" else FollowerState(state),
                    reason,
                    since_s,
                    position := self._cursors.position(name),
                    last - position,
                    lines.get(name, 0),
                )
                for name, wish, state, reason, since_s in rows.fetchall()
            ]
