"""What dates records without a time: anchors and neighbours, read inside a ledger transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_store.records.current_index import NO_BOOT
from sera_store.records.keys import Anchor, Neighbour
from sera_store.records.rows import ROW_COLUMNS, StoredRecord, stored_record
from sera_vocabulary.messages import FLAG_DAMAGED

if TYPE_CHECKING:
    import sqlite3

    from sera_store.database.names import Names

_DATED: Final = ("anchored", "bracketed")
# The nearest record of a source that has a time of its own or from an anchor; `{way}` is a direction.
_NEIGHBOUR: Final = (
    "SELECT r.seq, r.time_s, r.uncertainty_s FROM keys k JOIN records r ON r.id = k.record "
    "WHERE k.source=? AND k.seq {way} ? AND r.time_s IS NOT NULL AND r.flags & ? = 0 AND NOT EXISTS "
    "(SELECT 1 FROM bracketed b WHERE b.source = k.source AND b.boot = r.boot AND b.id = r.id) "
    "ORDER BY k.seq {order} LIMIT 1"
)


# What the registry has taken out of all series is to others as if it had been refused when it came.
_NOT_WITHHELD: Final = (
    "NOT EXISTS (SELECT 1 FROM details d WHERE d.id = r.detail "
    "AND json_extract(d.text, '$.withheld') IS NOT NULL)"
)


class BootWrites:
    """Reads of what belongs to one boot of a node, and what its records are dated by."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def undated(self, node: str, epoch: str, boot: int | None) -> list[StoredRecord]:
        """Read the records of one boot that still have no time."""
        return [stored_record(row, self._names) for row in self._by_boot("undated", node, epoch, boot)]

    def without_own_time(
        self, node: str, epoch: str, boot: int | None, after: int, limit: int, *, placed: bool | None
    ) -> list[StoredRecord]:
        """Read records of one boot that brought no time, by change number.

        Parameters
        ----------
        after, limit
            Only rows above this change number, and at most so many.
        placed
            Only those that have been dated, only those that have not, or all for None.
        """
        tables = [*_DATED] if placed else ["undated"] if placed is False else ["undated", *_DATED]
        statements = [f"SELECT id FROM {table} WHERE source=?1 AND boot=?2" for table in tables]  # noqa: S608
        entries = " UNION ALL ".join(statements)
        rows = self._connection.execute(
            f"SELECT {ROW_COLUMNS} FROM ({entries}) b JOIN records r ON r.id = b.id "  # noqa: S608
            "WHERE b.id > ?3 ORDER BY b.id LIMIT ?4",
            (self._names.find_source(node, epoch), NO_BOOT if boot is None else boot, after, limit),
        )
        return [stored_record(row, self._names) for row in rows]

    def to_bracket(self, node: str, epoch: str, first: int, limit: int) -> list[int]:
        """List boots of a source without clock records that have records without a time of their own.

        Parameters
        ----------
        first, limit
            Boots from this number on, and at most so many.
        """
        source = self._names.find_source(node, epoch)
        rows = self._connection.execute(
            "SELECT boot FROM (SELECT boot FROM undated WHERE source=?1 AND boot>=?2 "
            "UNION SELECT boot FROM bracketed WHERE source=?1 AND boot>=?2) b "
            "WHERE NOT EXISTS (SELECT 1 FROM anchors a WHERE a.source=?1 AND a.boot = b.boot) "
            "ORDER BY boot LIMIT ?3",
            (source, max(first, NO_BOOT + 1), limit),
        )
        return [boot for (boot,) in rows]

    def note_bracket(
        self, node: str, epoch: str, boot: int, bracket: tuple[int, int, int, int] | None
    ) -> bool:
        """Note by what the records of a boot are dated that has no clock record, None for by nothing.

        Parameters
        ----------
        bracket
            Start and uncertainty [s], sequences of the neighbours.

        Returns
        -------
        bool
            Whether that is another bracket than the one that was noted before.
        """
        source = self._names.find_source(node, epoch)
        row = self._connection.execute(
            "SELECT start_s, uncertainty_s, before_seq, after_seq FROM brackets WHERE source=? AND boot=?",
            (source, boot),
        ).fetchone()
        if row == bracket:
            return False
        if bracket is None:
            self._connection.execute("DELETE FROM brackets WHERE source=? AND boot=?", (source, boot))
        else:
            self._connection.execute(
                "INSERT OR REPLACE INTO brackets VALUES (?,?,?,?,?,?)", (source, boot, *bracket)
            )
        return True

    def anchors(self, node: str, epoch: str, boot: int | None) -> list[Anchor]:
        """Read the clock synchronisations of one boot, in order of uptime."""
        records = [
            stored_record(row, self._names).record for row in self._by_boot("anchors", node, epoch, boot)
        ]
        anchors = [
            Anchor(record.uptime_s, record.time_s, record.uncertainty_s, record.seq)
            for record in records
            if record.uptime_s is not None and record.time_s is not None
        ]
        return sorted(anchors, key=lambda anchor: (anchor.uptime_s, anchor.seq))

    def span(self, node: str, epoch: str, boot: int) -> tuple[int, int, int, int] | None:
        """Return least and greatest sequence and uptime of a boot's records without own time."""
        source = self._names.find_source(node, epoch)
        row = self._connection.execute(
            "SELECT min(r.seq), max(r.seq), min(r.uptime_s), max(r.uptime_s) FROM "  # noqa: S608
            "(SELECT id FROM undated WHERE source=?1 AND boot=?2 UNION ALL "
            "SELECT id FROM bracketed WHERE source=?1 AND boot=?2) b JOIN records r ON r.id = b.id "
            f"WHERE r.uptime_s IS NOT NULL AND r.flags & ?3 = 0 AND {_NOT_WITHHELD}",
            (source, boot, FLAG_DAMAGED),
        ).fetchone()
        return None if row[0] is None else (int(row[0]), int(row[1]), int(row[2]), int(row[3]))

    def later_seq(self, node: str, epoch: str, boot: int, seq: int) -> int | None:
        """Find the first sequence above `seq` that is of a later boot, None where none has arrived."""
        row = self._connection.execute(
            "SELECT k.seq FROM keys k JOIN records r ON r.id = k.record "  # noqa: S608
            f"WHERE k.source=? AND k.seq>? AND r.boot>? AND {_NOT_WITHHELD} ORDER BY k.seq LIMIT 1",
            (self._names.find_source(node, epoch), seq, boot),
        ).fetchone()
        return int(row[0]) if row else None

    def neighbour(self, node: str, epoch: str, seq: int, *, after: bool) -> Neighbour | None:
        """Find the nearest record before or after a sequence that has a time from a clock."""
        way, order = (">", "ASC") if after else ("<", "DESC")
        row = self._connection.execute(
            _NEIGHBOUR.format(way=way, order=order),
            (self._names.find_source(node, epoch), seq, FLAG_DAMAGED),
        ).fetchone()
        return Neighbour(*row) if row else None

    def _by_boot(self, table: str, node: str, epoch: str, boot: int | None) -> list[tuple[Any, ...]]:
        source = self._names.find_source(node, epoch)
        return self._connection.execute(
            f"SELECT {ROW_COLUMNS} FROM {table} b JOIN records r ON r.id = b.id "  # noqa: S608
            "WHERE b.source=? AND b.boot=? ORDER BY b.id",
            (source, NO_BOOT if boot is None else boot),
        ).fetchall()
