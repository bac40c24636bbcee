"""Lines that a follower's target would not take, kept with its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.database.database import Database


class RejectedLine(NamedTuple):
    """One line, the change number of its record, and what the target answered."""

    follower: str
    record: int
    reason: str
    line: str


class RejectedLines:
    """What followers could not deliver; a replay that is rejected again changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, lines: Iterable[RejectedLine]) -> None:
        """Keep rejected lines, all of them or none."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO refused_lines (follower, record, reason, line) VALUES (?,?,?,?)",
                lines,
            )

    def list(self, follower: str | None = None) -> list[RejectedLine]:
        """List rejected lines of a follower, or of all, oldest first."""
        rows = self._database.rows("SELECT follower, record, reason, line FROM refused_lines ORDER BY id")
        return [RejectedLine(*row) for row in rows if follower in (None, row[0])]
