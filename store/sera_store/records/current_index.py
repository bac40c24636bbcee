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


class CurrentEntries:
    """Entries to be written or removed together, inside one transaction.

    Attributes
    ----------
    timeline
        Origin, Unix time [s] and change number of each dated row.
    undated, anchors, anchored, bracketed
        Source, boot and change number of each row without a time, that dates others, and that is dated by a
        clock record or by neighbours.
    """

    def __init__(self) -> None:
        self.timeline: list[tuple[int, int | None, int]] = []
        self.undated: list[tuple[int, int, int]] = []
        self.anchors: list[tuple[int, int, int]] = []
        self.anchored: list[tuple[int, int, int]] = []
        self.bracketed: list[tuple[int, int, int]] = []

    def add_record(self, number: int, source: int, origin: int, record: Record) -> None:
        """Add the entries of a record's row."""
        self.add(
            number,
            source,
            origin,
            boot=record.boot,
            time_s=record.time_s,
            dated_by=(record.detail or {}).get(DATED_BY),
            is_anchor=record.series == CLOCK
            and record.uptime_s is not None
            and not record.flags & FLAG_DAMAGED,
        )

    def add(
        self,
        number: int,
        source: int,
        origin: int,
        *,
        boot: int | None,
        time_s: int | None,
        dated_by: str | None,
        is_anchor: bool,
    ) -> None:
        """Add the entries of one row.

        Parameters
        ----------
        number, source, origin
            Change number of the row, and the numbers of its names.
        boot, time_s, dated_by
            As of the record: Unix time [s], and how it was dated where it brought no time.
        is_anchor
            Whether it dates others where it has a time of its own.
        """
        boot = NO_BOOT if boot is None else boot
        if time_s is None:
            self.undated.append((source, boot, number))
            return
        self.timeline.append((origin, time_s, number))
        if dated_by is not None:
            where = self.bracketed if dated_by.startswith(BY_NEIGHBOURS) else self.anchored
            where.append((source, boot, number))
        elif is_anchor:
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
