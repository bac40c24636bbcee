"""The table of records inside a ledger transaction: new rows, and rows that supersede others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sera_store.database.inserts import insert_many
from sera_store.errors import InvalidEntryError
from sera_store.records.blocks import Block, MessageBlock, write_block, write_message_block
from sera_store.records.current_index import CurrentEntries
from sera_store.records.rows import (
    AMENDED_BY,
    RETRACTED,
    ROW_COLUMNS,
    Record,
    StoredRecord,
    pack,
    stored_record,
)
from sera_vocabulary.messages import FLAG_DAMAGED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from sera_store.database.names import Names, OriginKey

_INSERT_ROW: Final = ("INSERT INTO records", "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)")


class RecordWrites:
    """Reads and writes of the table of records inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def append(self, records: Sequence[tuple[Record, bytes]]) -> list[int]:
        """Append new records, each with the hash of its content, and register their keys.

        Returns
        -------
        list of int
            Their change numbers, in the same order.

        Raises
        ------
        InvalidEntryError
            When a key already has a record (see `KeyWrites.states`), or a record does not fit its columns.
        """
        first = self._next_id()
        block = Block()
        for record, content_hash in records:
            self.add_to(block, record, content_hash)
        duplicates = self.append_block(block, takes_over=True)
        if duplicates:
            raise InvalidEntryError(
                f"{len(duplicates)} of {len(block)} records from {records[0][0].node} have a key that "
                "already has a record; expected new keys: read `keys.states` first, and supersede "
                "what is revised"
            )
        return list(range(first, first + len(block)))

    def append_block(self, block: Block, *, takes_over: bool = False) -> list[int]:
        """Append the rows of a block whose keys are free; of two rows of one key the first.

        Parameters
        ----------
        takes_over
            Whether a key that only a dead letter holds counts as free.

        Returns
        -------
        list of int
            Indexes of the rows whose keys are taken; nothing of them was written.
        """
        return write_block(self._connection, self._names, self._next_id(), block, takes_over=takes_over)

    def append_message_block(self, block: MessageBlock) -> list[int]:
        """Append the rows of messages of one form whose keys are free; of two rows of one key the first.

        Returns
        -------
        list of int
            Indexes of the rows whose keys are taken, the rows of each message together.
        """
        return write_message_block(self._connection, self._names, self._next_id(), block)

    def add_to(self, block: Block, record: Record, content_hash: bytes) -> None:
        """Add a record to a block.

        Raises
        ------
        InvalidEntryError
            When the record does not fit its columns.
        """
        block.origins.append(self.origin(_origin_key(record)))
        block.sources.append(self.source(record.node, record.epoch))
        block.layouts.append(self._names.layout(record.columns))
        block.seqs.append(record.seq)
        block.boots.append(record.boot)
        block.uptimes_s.append(record.uptime_s)
        block.times_s.append(record.time_s)
        block.uncertainties_s.append(record.uncertainty_s)
        block.flags.append(record.flags)
        block.bodies.append(pack(record))
        block.probe_tables.append(record.probe_table)
        block.journals.append(record.journal)
        block.details.append(self._names.detail(record.detail))
        block.hashes.append(content_hash)

    def origin(self, key: OriginKey) -> int:
        """Return the number of an origin, which is new where it has not come yet."""
        return self._names.origin(key)

    def source(self, node: str, epoch: str) -> int:
        """Return the number of a source, which is new where it has not come yet."""
        return self._names.source(node, epoch)

    def layout(self, columns: tuple[str, ...]) -> int:
        """Return the number of a layout of columns."""
        return self._names.layout(columns)

    def detail(self, detail: dict[str, str] | None) -> int | None:
        """Return the number of a detail, None for an empty one."""
        return self._names.detail(detail)

    def last_change(self) -> int:
        """Return the highest change number that was ever given, 0 for none."""
        return self._next_id() - 1

    def supersede(self, old_id: int, record: Record, content_hash: bytes | None = None) -> int:
        """Append a revision of the current row `old_id`; readers see one or the other, never both or none.

        Parameters
        ----------
        old_id
            Change number of the row that is current now.
        record
            The revised record, of the same key.
        content_hash
            Hash of the content, where that is new too: a good record after a damaged one, an amendment.

        Returns
        -------
        int
            Change number of the new row.

        Raises
        ------
        InvalidEntryError
            When `old_id` is not the current row of the record's key.
        """
        origin, source = self.origin(_origin_key(record)), self.source(record.node, record.epoch)
        before = self._before(old_id, source, record)
        number = self._next_id()
        insert_many(self._connection, *_INSERT_ROW, [self._row(number, old_id, origin, record)])
        removed_entries, come = CurrentEntries(), CurrentEntries()
        if before is not None:
            removed_entries.add_record(old_id, source, self._names.origin(_origin_key(before)), before)
        come.add_record(number, source, origin, record)
        removed_entries.remove(self._connection)
        come.write(self._connection)
        if content_hash is not None and record.probe_table is not None:
            self._connection.execute(
                "INSERT OR IGNORE INTO probe_table_sources VALUES (?,?,?)",
                (record.node, record.probe_table, source),
            )
        self._connection.execute(
            "UPDATE keys SET record=?, hash=coalesce(?, hash), damaged=? WHERE source=? AND seq=?",
            (number, content_hash, record.flags & FLAG_DAMAGED, source, record.seq),
        )
        return number

    def retract(self, number: int, why: str) -> set[int]:
        """Take a current row back: an empty one supersedes it, and its key is free again.

        Whoever follows the table takes back what it made of the row, as after an erasure.

        Parameters
        ----------
        why
            The reason, which the empty row has in its detail.

        Returns
        -------
        set of int
            Journal numbers of all messages whose content has stood under the key: they are to be tried again.

        Raises
        ------
        InvalidEntryError
            When `number` is not a current row.
        """
        stored = self._current(number)
        if stored is None:
            raise InvalidEntryError(f"row {number} is not current; read `keys.states` for the row that is")
        record = stored.record
        origin, source = self.origin(_origin_key(record)), self.source(record.node, record.epoch)
        empty = replace(
            record,
            boot=None,
            uptime_s=None,
            time_s=None,
            uncertainty_s=0,
            flags=0,
            columns=(),
            values=(),
            quality=(),
            probe_table=None,
            detail={RETRACTED: why},
        )
        insert_many(self._connection, *_INSERT_ROW, [self._row(self._next_id(), number, origin, empty)])
        removed_entries = CurrentEntries()
        removed_entries.add_record(number, source, origin, record)
        removed_entries.remove(self._connection)
        self._connection.execute("DELETE FROM keys WHERE source=? AND seq=?", (source, record.seq))
        journals = {record.journal}
        older: StoredRecord | None = stored
        # Rows that a policy has removed have no content that could come back.
        while older is not None:
            journals.add(older.record.journal)
            older = None if older.supersedes is None else self._find(older.supersedes)
        return journals

    def current(self, number: int) -> Record | None:
        """Read a row that is current; None where it is not, or a policy has removed it."""
        stored = self._current(number)
        return stored.record if stored is not None else None

    def stored(self, number: int) -> StoredRecord:
        """Read one row by its change number.

        Raises
        ------
        InvalidEntryError
            When there is none, or a policy has removed it.
        """
        stored = self._find(number)
        if stored is None:
            raise InvalidEntryError(f"the table of records has no row {number}; it was removed by policy")
        return stored

    def first_form(self, stored: StoredRecord) -> StoredRecord:
        """Go back over revisions to the row in which this content was stored first."""
        while stored.supersedes is not None:
            older = self._find(stored.supersedes)
            if older is None or _content(older) != _content(stored):
                break
            stored = older
        return stored

    def after(self, source: int, seq: int, from_s: int, limit: int) -> Iterator[StoredRecord]:
        """Read current records of a source above a sequence: from a time on, or without an own one."""
        rows = self._connection.execute(
            f"SELECT {ROW_COLUMNS} FROM keys k JOIN records r ON r.id = k.record "  # noqa: S608
            "WHERE k.source=?1 AND k.seq>?2 AND (r.time_s IS NULL OR r.time_s>=?3 OR r.id IN "
            "(SELECT id FROM anchored WHERE source=?1 UNION ALL SELECT id FROM bracketed WHERE source=?1)) "
            "ORDER BY k.seq LIMIT ?4",
            (source, seq, from_s, limit),
        ).fetchall()
        yield from (stored_record(row, self._names) for row in rows)

    def _find(self, number: int) -> StoredRecord | None:
        row = self._connection.execute(
            f"SELECT {ROW_COLUMNS} FROM records r WHERE r.id=?",  # noqa: S608
            (number,),
        ).fetchone()
        return stored_record(row, self._names) if row else None

    def _next_id(self) -> int:
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name='records'").fetchone()
        return int(row[0]) + 1 if row else 1

    def _row(self, number: int, supersedes: int, origin: int, record: Record) -> tuple[Any, ...]:
        return (
            number,
            supersedes,
            origin,
            self._names.layout(record.columns),
            record.seq,
            record.boot,
            record.uptime_s,
            record.time_s,
            record.uncertainty_s,
            record.flags,
            pack(record),
            record.probe_table,
            record.journal,
            self._names.detail(record.detail),
        )

    def _before(self, old_id: int, source: int, record: Record) -> Record | None:
        """Read the current row of a record's key; None where its values were removed by policy."""
        old = self._current(old_id)
        key = (record.node, record.epoch, record.seq)
        if old is not None and (old.record.node, old.record.epoch, old.record.seq) == key:
            return old.record
        removed = (
            old is None
            and self._connection.execute(
                "DELETE FROM removed_records WHERE (source, seq) = "
                "(SELECT source, seq FROM keys WHERE source=? AND seq=? AND record=?)",
                (source, record.seq, old_id),
            ).rowcount
        )
        if not removed:
            raise InvalidEntryError(
                f"row {old_id} is not the current row of {key}; read `keys.states` again for its head"
            )
        return None

    def _current(self, number: int) -> StoredRecord | None:
        row = self._connection.execute(
            f"SELECT {ROW_COLUMNS} FROM records r JOIN origins o ON o.id = r.origin "  # noqa: S608
            "JOIN keys k ON k.source = o.source AND k.seq = r.seq WHERE r.id=? AND k.record = r.id",
            (number,),
        ).fetchone()
        return stored_record(row, self._names) if row else None


def _origin_key(record: Record) -> OriginKey:
    return record.node, record.epoch, record.community, record.garden, record.series


def _content(stored: StoredRecord) -> tuple[int, str]:
    """Return which message a row's content came from, and by which amendment of it."""
    return stored.record.journal, (stored.record.detail or {}).get(AMENDED_BY, "")
