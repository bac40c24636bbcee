"""Rows that are new to the checks of series, read inside a ledger transaction, with what is beside them."""

from __future__ import annotations

from typing import NamedTuple

from sera_store.jobs import JobWrites
from sera_store.rows import ROW_COLUMNS, StoredRecord, stored_record


class Touched(NamedTuple):
    """A row by its change number, and the origins and times that it came to and left; None for no time."""

    id: int
    origin: int
    time_s: int | None
    old_origin: int | None
    old_time_s: int | None


class WatchWrites(JobWrites):
    """Reads of what is new in the table of records, and of stretches of one origin."""

    def touched_after(self, after: int, limit: int) -> list[Touched]:
        """List records after a change number, with the places they have and had."""
        rows = self._connection.execute(
            "SELECT r.id, r.origin, r.time_s, o.origin, o.time_s FROM records r "
            "LEFT JOIN records o ON o.id = r.supersedes AND o.layout IS NOT NULL "
            "WHERE r.id > ? AND r.layout IS NOT NULL ORDER BY r.id LIMIT ?",
            (after, limit),
        )
        return [Touched(*row) for row in rows]

    def series_of(self, origin: int) -> str:
        """Tell the series of an origin."""
        return self._names.origin_of(origin).series

    def stretch(self, origin: int, first_s: int, last_s: int, beside: int) -> list[StoredRecord]:
        """Read current records of an origin from one Unix time [s] to another, and so many beside them.

        Parameters
        ----------
        beside
            How many more before the first and after the last one.
        """
        # By the order of the timeline alone, so that no more than what is asked for is read.
        read = (
            f"SELECT {ROW_COLUMNS} FROM (SELECT id FROM timeline WHERE origin=? AND {{where}} "  # noqa: S608
            "ORDER BY time_s {way}, id {way} LIMIT ?) b JOIN records r ON r.id = b.id"
        )
        parts = (
            (read.format(where="time_s < ?", way="DESC"), (origin, first_s, beside)),
            (read.format(where="time_s BETWEEN ? AND ?", way="ASC"), (origin, first_s, last_s, -1)),
            (read.format(where="time_s > ?", way="ASC"), (origin, last_s, beside)),
        )
        found = [
            stored_record(row, self._names)
            for statement, values in parts
            for row in self._connection.execute(statement, values).fetchall()
        ]
        return sorted(found, key=lambda stored: (stored.record.time_s or 0, stored.record.seq))
