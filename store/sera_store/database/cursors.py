"""How far each follower has come in the table of records."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.database.database import Database

# How far the ledger has come in the journal, and the latest arrival that it has seen [ns].
LEDGER_CURSOR: Final = "ledger"
LATEST_CURSOR: Final = "latest_arrival"
# While the ledger writes chunk after chunk, each save waits for one of them to end.
SAVE_S: Final = 2.0


class Cursors:
    """Saved positions by name; a follower that starts again begins at 0, and a rewind is a replay."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self, name: str) -> int:
        """Return the last change number that a follower has finished with."""
        rows = self._database.rows("SELECT position FROM cursors WHERE name=?", (name,))
        return int(rows[0][0]) if rows else 0

    def move(self, name: str, to: int) -> None:
        """Save the last change number that a follower has finished with; a lower one is a replay."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO cursors VALUES (?,?)", (name, to))

    def advance(self, name: str, after: int, to: int) -> bool:
        """Save how far a step has come that began after a number, unless the cursor was moved meanwhile.

        Returns
        -------
        bool
            False where a replay was requested during the step; that request stands.
        """
        with self._database.transaction():
            if self.position(name) != after:
                return False
            self.move(name, to)
            return True


class LateCursor:
    """A cursor that may be ahead of what is saved: whoever dies then repeats, and leaves nothing out.

    Parameters
    ----------
    cursors, name
        Where it is saved.
    clock
        The clock of intervals [s].
    """

    def __init__(self, cursors: Cursors, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._cursors = cursors
        self._name = name
        self._clock = clock
        self._saved = self._reached = -1
        self._saved_at_s = -SAVE_S

    def position(self) -> int:
        """Return the last change number that was finished with, or the one rewound to."""
        saved = self._cursors.position(self._name)
        if saved != self._saved:
            self._saved = self._reached = saved
        return self._reached

    def reach(self, to: int) -> None:
        """Note the last change number that was finished with; it is saved when that is due."""
        self._reached = to
        if self._clock() - self._saved_at_s >= SAVE_S:
            self.save()

    def save(self) -> None:
        """Save it, unless the cursor was rewound meanwhile: that request stands."""
        if self._reached != self._saved:
            if self._cursors.advance(self._name, self._saved, self._reached):
                self._saved = self._reached
            self._saved_at_s = self._clock()
