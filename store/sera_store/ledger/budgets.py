"""What nodes have begun again of each kind (epochs, layouts, tables), and what was beyond their budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

    from sera_store.database.database import Database

_SINCE: Final = (
    "SELECT sender, kind, max(day), sum(messages), sum(bytes) FROM excess "
    "WHERE day >= ?1 AND (?2 IS NULL OR sender = ?2) GROUP BY sender, kind ORDER BY sender, kind"
)


class BudgetExcess(NamedTuple):
    """What of one sender was beyond one of its limits.

    Parameters
    ----------
    sender, kind
        Who, and which limit.
    last_day
        The last day on which that was so, in days since 1970.
    messages, total_bytes
        How many, and their length together [bytes].
    """

    sender: str
    kind: str
    last_day: int
    messages: int
    total_bytes: int


class BudgetWrites:
    """Reads and writes of budgets inside one ledger transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def has_item(self, sender: str, kind: str, item: str) -> bool:
        """Return whether a sender has begun this epoch, layout or table before."""
        row = self._connection.execute(
            "SELECT 1 FROM begun WHERE sender=? AND kind=? AND item=?", (sender, kind, item)
        ).fetchone()
        return row is not None

    def items(self, sender: str, kind: str, from_day: int) -> int:
        """Count what a sender has begun of a kind since a day."""
        row = self._connection.execute(
            "SELECT count(*) FROM begun WHERE sender=? AND kind=? AND day>=?", (sender, kind, from_day)
        ).fetchone()
        return int(row[0])

    def add_item(self, sender: str, kind: str, item: str, day: int) -> None:
        """Note what a sender has begun on a day."""
        self._connection.execute("INSERT INTO begun VALUES (?,?,?,?)", (sender, kind, item, day))

    def exceed(self, sender: str, kind: str, day: int, messages: int, total_bytes: int) -> bool:
        """Count what was beyond a limit; return whether it is the first of this day."""
        is_first = not self._connection.execute(
            "SELECT 1 FROM excess WHERE sender=? AND kind=? AND day=?", (sender, kind, day)
        ).fetchone()
        self._connection.execute(
            "INSERT INTO excess VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET "
            "messages = messages + excluded.messages, bytes = bytes + excluded.bytes",
            (sender, kind, day, messages, total_bytes),
        )
        return is_first


def excess(database: Database, sender: str | None = None, from_day: int = 0) -> list[BudgetExcess]:
    """List what was beyond budgets since a day, of one sender or of all, by sender and limit."""
    return [BudgetExcess(*row) for row in database.rows(_SINCE, (from_day, sender))]
