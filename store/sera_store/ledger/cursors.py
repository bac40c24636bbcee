"""Positions by name that move together with what a ledger transaction writes, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


class CursorWrites:
    """Reads and writes of cursors inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def position(self, name: str) -> int:
        """Return the position of a cursor, 0 where it was never moved."""
        row = self._connection.execute("SELECT position FROM cursors WHERE name=?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def move(self, name: str, to: int) -> None:
        """Move a cursor."""
        self._connection.execute("INSERT OR REPLACE INTO cursors VALUES (?,?)", (name, to))
