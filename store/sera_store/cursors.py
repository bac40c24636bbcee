"""How far each follower has come in the table of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_store.database import Database


class Cursors:
    """Saved positions by name; a follower that starts anew begins at 0, and a rewind is a replay."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self, name: str) -> int:
        """Tell the last change number that a follower has finished with."""
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
            False where somebody asked for a replay during the step; that request stands.
        """
        with self._database.transaction():
            if self.position(name) != after:
                return False
            self.move(name, to)
            return True
