"""Spans of the journal over which the gateway's clock was behind: written by the ledger, read by people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

    from sera_store.database.database import Database

_READ: Final = "SELECT first, last, latest_ns, behind_ns FROM clock_behind"


class ClockSpan(NamedTuple):
    """Messages that arrived while the gateway's clock was behind.

    Parameters
    ----------
    first, last
        Their journal numbers.
    latest_ns
        The latest arrival before them, Unix time [ns].
    behind_ns
        By how much the clock lay before that at most [ns].
    """

    first: int
    last: int
    latest_ns: int
    behind_ns: int


class ClockSpanWrites:
    """Reads and writes of such spans inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, span: ClockSpan) -> None:
        """Note a span, or how far it goes now."""
        self._connection.execute("INSERT OR REPLACE INTO clock_behind VALUES (?,?,?,?)", span)

    def find(self, journal: int) -> ClockSpan | None:
        """Find the span that holds a message, None where the clock was right."""
        row = self._connection.execute(
            f"{_READ} WHERE first<=? ORDER BY first DESC LIMIT 1",
            (journal,),
        ).fetchone()
        return ClockSpan(*row) if row and row[1] >= journal else None

    def forget(self, after: int) -> None:
        """Forget the spans that begin after a journal number."""
        self._connection.execute("DELETE FROM clock_behind WHERE first>?", (after,))


def last_clock_span(database: Database) -> ClockSpan | None:
    """Read the newest span, None where there was none."""
    rows = database.rows(f"{_READ} ORDER BY first DESC LIMIT 1")
    return ClockSpan(*rows[0]) if rows else None
