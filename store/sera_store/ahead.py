"""Messages that the ledger took before their turn: above its cursor, and not to be taken again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class TakenAhead:
    """What of the journal above the cursor is in the store already, inside one ledger transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, numbers: Iterable[int]) -> None:
        """Note that these messages are in the store."""
        self._connection.executemany("INSERT INTO taken_ahead VALUES (?)", [(number,) for number in numbers])

    def between(self, after: int, last: int) -> set[int]:
        """Tell which messages above `after`, up to `last`, were taken."""
        rows = self._connection.execute(
            "SELECT journal FROM taken_ahead WHERE journal > ? AND journal <= ?", (after, last)
        )
        return {number for (number,) in rows}

    def last(self) -> int:
        """Tell the last message that was taken, 0 for none."""
        (found,) = self._connection.execute("SELECT max(journal) FROM taken_ahead").fetchone()
        return int(found or 0)

    def forget(self, up_to: int) -> None:
        """Forget what the cursor has passed."""
        self._connection.execute("DELETE FROM taken_ahead WHERE journal <= ?", (up_to,))

    def forget_above(self, last: int) -> None:
        """Forget what the journal does not hold, as after a restored backup."""
        self._connection.execute("DELETE FROM taken_ahead WHERE journal > ?", (last,))
