"""Which records their counters took back: the part of a ledger transaction that a revision asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


class WithdrawalWrites:
    """Reads and writes of withdrawn keys inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, node: str, epoch: str, seq: int) -> bool:
        """Keep that a key was taken back; return whether that is new."""
        return bool(
            self._connection.execute(
                "INSERT OR IGNORE INTO withdrawals VALUES (?,?,?)", (node, epoch, seq)
            ).rowcount
        )

    def has(self, node: str, epoch: str, seq: int) -> bool:
        """Return whether a key was taken back."""
        row = self._connection.execute(
            "SELECT 1 FROM withdrawals WHERE node=? AND epoch=? AND seq=?", (node, epoch, seq)
        ).fetchone()
        return row is not None
