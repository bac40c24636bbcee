"""Entries of current rows in the tables that find them: by time, and by boot what is dated or dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.database.inserts import insert_many
from sera_store.records.rows import BY_NEIGHBOURS, DATED_BY
from sera_vocabulary.messages import FLAG_DAMAGED
from sera_vocabulary.series import CLOCK

if TYPE_CHECKING:
    import sqlite3

    from sera_store.records.rows import Record

# In place of null where a source has no boots.
NO_BOOT: Final = -1


class HeadEntries:
    """Entries to be written or removed together, inside one transaction."""

    def __init__(self) -> None:
        self.timeline: list[tuple[int, int, int]] = []
        self.undated: list[tuple[int, int, int]] = []
        self.anchors: list[tuple[int, int, int]] = []
        self.anchored: list[tuple[int, int, int]] = []
        self.bracketed: list[tuple[int, int, int]] = []

    def add(self, number: int, source: int, origin: int, record: Record) -> None:
        """Add the entries of one row."""
        boot = NO_BOOT if record.boot is None else record.boot
        if record.time_s is None:
            self.undated.append((source, boot, number))
            return
        self.timeline.append((origin, record.time_s, number))
        dated_by = (record.detail or {}).get(DATED_BY)
        if dated_by is not None:
            where = self.bracketed if dated_by.startswith(BY_NEIGHBOURS) else self.anchored
            where.append((source, boot, number))
        elif record.series == CLOCK and record.uptime_s is not None and not record.flags & FLAG_DAMAGED:
            self.anchors.append((source, boot, number))

    def write(self, connection: sqlite3.Connection) -> None:
        """Make the rows current."""
        insert_many(connection, "INSERT INTO timeline", "(?,?,?)", self.timeline)
        connection.executemany("INSERT INTO undated VALUES (?,?,?)", self.undated)
        connection.executemany("INSERT INTO anchors VALUES (?,?,?)", self.anchors)
        connection.executemany("INSERT INTO anchored VALUES (?,?,?)", self.anchored)
        connection.executemany("INSERT INTO bracketed VALUES (?,?,?)", self.bracketed)

    def remove(self, connection: sqlite3.Connection) -> None:
        """Make the rows superseded."""
        connection.executemany("DELETE FROM timeline WHERE origin=? AND time_s=? AND id=?", self.timeline)
        connection.executemany("DELETE FROM undated WHERE source=? AND boot=? AND id=?", self.undated)
        connection.executemany("DELETE FROM anchors WHERE source=? AND boot=? AND id=?", self.anchors)
        connection.executemany("DELETE FROM anchored WHERE source=? AND boot=? AND id=?", self.anchored)
        connection.executemany("DELETE FROM bracketed WHERE source=? AND boot=? AND id=?", self.bracketed)
