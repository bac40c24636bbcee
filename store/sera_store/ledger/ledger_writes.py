"""The writes of one ledger transaction: records, refusals and the journal cursor, all of them or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_store.database.inserts import insert_many
from sera_store.errors import InvalidEntryError
from sera_store.ledger.budgets import BudgetWrites
from sera_store.ledger.neighbour_rows import WatchWrites
from sera_store.records.blocks import write_block
from sera_store.records.current_index import HeadEntries
from sera_store.records.keys import ERASED_HASH, Anchor, Extent, KeyState
from sera_store.records.rows import ROW_COLUMNS, Record, StoredRecord, pack, stored_record
from sera_vocabulary.messages import FLAG_DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sera_store.records.blocks import Block
    from sera_store.records.dead_letters import DeadLetter

__all__ = ["LEDGER_CURSOR", "Anchor", "Extent", "KeyState", "LedgerWrites"]

LEDGER_CURSOR: Final = "ledger"

_INSERT_ROW: Final = ("INSERT INTO records", "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
_INSERT_KEY: Final = ("INSERT INTO keys (source, seq, hash, damaged, record)", "(?,?,?,?,?)")
# A key whose message was refused is taken over by the record that mends it.
_TAKE_OVER: Final = (
    "ON CONFLICT DO UPDATE SET hash=excluded.hash, damaged=excluded.damaged, record=excluded.record "
    "WHERE record IS NULL"
)
_SEQS_A_QUERY: Final = 500


class LedgerWrites(WatchWrites):
    """What the ledger may do inside one transaction; made by `Store.ledger`."""

    @property
    def budgets(self) -> BudgetWrites:
        """What nodes have begun anew, and what was beyond their budgets."""
        return BudgetWrites(self._connection)

    def cursor(self) -> int:
        """Tell the journal number up to which everything is in the store."""
        return self.position(LEDGER_CURSOR)

    def move_cursor(self, journal: int) -> None:
        """Note that everything up to this journal number is in the store."""
        self.move(LEDGER_CURSOR, journal)

    def position(self, name: str) -> int:
        """Tell the position of a cursor, 0 where it was never moved."""
        row = self._connection.execute("SELECT position FROM cursors WHERE name=?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def move(self, name: str, to: int) -> None:
        """Move a cursor."""
        self._connection.execute("INSERT OR REPLACE INTO cursors VALUES (?,?)", (name, to))

    def known(self, node: str, epoch: str, seqs: Iterable[int]) -> dict[int, KeyState]:
        """Find which of these sequences are known, and as what."""
        source = self._names.find_source(node, epoch)
        if source is None:
            return {}
        wanted = list(seqs)
        found: dict[int, KeyState] = {}
        for start in range(0, len(wanted), _SEQS_A_QUERY):
            part = wanted[start : start + _SEQS_A_QUERY]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                f"SELECT seq, hash, damaged, record, letter FROM keys WHERE source=? AND seq IN ({marks})",  # noqa: S608
                (source, *part),
            )
            found.update(
                {seq: KeyState(h, bool(damaged), record, letter) for seq, h, damaged, record, letter in rows}
            )
        return found

    def append(self, records: Sequence[tuple[Record, bytes]]) -> list[int]:
        """Append new records, each with the hash of its content, and register their keys.

        Returns
        -------
        list of int
            Their change numbers, in the same order.

        Raises
        ------
        InvalidEntryError
            When a key already has a record (ask `known` first), or a record does not fit its columns.
        """
        first = self._next_id()
        rows, keys, index = [], [], HeadEntries()
        for number, (record, content_hash) in enumerate(records, start=first):
            origin = self._names.origin(
                (record.node, record.epoch, record.community, record.garden, record.series)
            )
            source = self._names.source(record.node, record.epoch)
            rows.append(self._row(number, None, origin, record))
            keys.append((source, record.seq, content_hash, record.flags & FLAG_DAMAGED, number))
            index.add(number, source, origin, record)
        if not rows:
            return []
        insert_many(self._connection, *_INSERT_ROW, rows)
        self._note_probe_tables(record for record, _ in records)
        written = insert_many(self._connection, *_INSERT_KEY, keys, _TAKE_OVER)
        if written != len(keys):
            raise InvalidEntryError(
                f"{len(keys) - written} of {len(keys)} records from {records[0][0].node} have a key that "
                "already has a record; expected new keys: ask `known` first, and supersede what is revised"
            )
        index.write(self._connection)
        return list(range(first, first + len(rows)))

    def append_block(self, block: Block) -> list[int]:
        """Append the new records of many messages all at once, as `append` does.

        Returns
        -------
        list of int
            The messages of the block that have a key which is known already; then nothing was written.
        """
        return write_block(self._connection, self._names, self._next_id(), block)

    def last_change(self) -> int:
        """Return the highest change number that was ever given, 0 for none."""
        return self._next_id() - 1

    def _note_probe_tables(self, records: Iterable[Record]) -> None:
        """Note which sources name which tables of probes, so that a table that comes later finds them."""
        names = {(one.node, one.epoch, one.probe_table) for one in records if one.probe_table is not None}
        self._connection.executemany(
            "INSERT OR IGNORE INTO probe_table_sources VALUES (?,?,?)",
            [(node, table, self._names.source(node, epoch)) for node, epoch, table in names],
        )

    def _next_id(self) -> int:
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name='records'").fetchone()
        return int(row[0]) + 1 if row else 1

    def _row(self, number: int, supersedes: int | None, origin: int, record: Record) -> tuple[Any, ...]:
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
        source = self._names.source(record.node, record.epoch)
        before = self._before(old_id, source, record)
        origin = self._names.origin(
            (record.node, record.epoch, record.community, record.garden, record.series)
        )
        number = self._next_id()
        insert_many(self._connection, *_INSERT_ROW, [self._row(number, old_id, origin, record)])
        gone, come = HeadEntries(), HeadEntries()
        if before is not None:
            was = self._names.origin(
                (before.node, before.epoch, before.community, before.garden, before.series)
            )
            gone.add(old_id, source, was, before)
        come.add(number, source, origin, record)
        gone.remove(self._connection)
        come.write(self._connection)
        if content_hash is not None:
            self._note_probe_tables([record])
        self._connection.execute(
            "UPDATE keys SET record=?, hash=coalesce(?, hash), damaged=? WHERE source=? AND seq=?",
            (number, content_hash, record.flags & FLAG_DAMAGED, source, record.seq),
        )
        return number

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
                f"row {old_id} is not the current row of {key}; read `known` again for its head"
            )
        return None

    def current(self, number: int) -> Record | None:
        """Read a row that is current; None where it is not, or a policy has removed it."""
        found = self._current(number)
        return found.record if found is not None else None

    def _current(self, number: int) -> StoredRecord | None:
        row = self._connection.execute(
            f"SELECT {ROW_COLUMNS} FROM records r JOIN origins o ON o.id = r.origin "  # noqa: S608
            "JOIN keys k ON k.source = o.source AND k.seq = r.seq WHERE r.id=? AND k.record = r.id",
            (number,),
        ).fetchone()
        return stored_record(row, self._names) if row else None

    def refuse(self, letters: Sequence[DeadLetter]) -> list[int]:
        """Keep what cannot become records, with the reason; register keys that are not known yet.

        Returns
        -------
        list of int
            Ids of the dead letters.
        """
        return [self._refuse_one(letter) for letter in letters]

    def _refuse_one(self, letter: DeadLetter) -> int:
        number = self._connection.execute(
            "INSERT INTO dead_letters "
            "(journal, reason, detail, topic, payload, node, epoch, seqs, received_s, state) "
            "VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                letter.journal,
                letter.reason,
                letter.detail,
                letter.topic,
                letter.payload,
                letter.node or "",
                letter.epoch or "",
                msgspec.json.encode(letter.seqs).decode(),
                letter.received_s,
                letter.state,
            ),
        ).lastrowid
        if letter.seqs and letter.node and letter.epoch:
            source = self._names.source(letter.node, letter.epoch)
            self._connection.executemany(
                "INSERT OR IGNORE INTO keys (source, seq, hash, damaged, letter) VALUES (?,?,x'',0,?)",
                [(source, seq, number) for seq in letter.seqs],
            )
        return int(number or 0)

    def settle(self, letter: int, state: str) -> None:
        """Note what became of a dead letter: it is kept whatever that is."""
        self._connection.execute("UPDATE dead_letters SET state=? WHERE id=?", (state, letter))

    def erase_keys(self, node: str, epoch: str, seqs: Iterable[int]) -> None:
        """Note keys whose content was erased; one that a record holds stays with it."""
        source = self._names.source(node, epoch)
        self._connection.executemany(
            "INSERT INTO keys (source, seq, hash, damaged) VALUES (?,?,?,0) ON CONFLICT DO UPDATE SET "
            "hash=excluded.hash, damaged=0, letter=NULL WHERE record IS NULL",
            [(source, seq, ERASED_HASH) for seq in seqs],
        )

    def repeat(self, node: str, epoch: str, count: int) -> None:
        """Count records that came again with the same content."""
        self._connection.execute(
            "INSERT INTO repeats VALUES (?,?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (self._names.source(node, epoch), count),
        )

    def note_repeated(self, counts: Mapping[int, int]) -> None:
        """Note how many records of a message were repeats, by its journal number."""
        self._connection.executemany("INSERT OR REPLACE INTO repeated VALUES (?,?)", counts.items())

    def is_redelivery(self, mid: int, connection: int, content_hash: bytes, *, dup: bool) -> bool:
        """Note a message that names no time, and tell whether the broker has only delivered it again.

        Parameters
        ----------
        mid, connection, dup
            As the broker marked it.
        content_hash
            Hash of topic and payload.

        Returns
        -------
        bool
            True where it is marked as a duplicate and was the last under this mid, on this connection or an
            earlier one.
        """
        last = self._connection.execute(
            "SELECT connection, hash FROM deliveries WHERE mid=?", (mid,)
        ).fetchone()
        self._connection.execute(
            "INSERT OR REPLACE INTO deliveries VALUES (?,?,?)", (mid, connection, content_hash)
        )
        return dup and last is not None and last[1] == content_hash and last[0] <= connection

    def ignore(self, journal: int, reason: str) -> None:
        """Note that a message is no reading, and why."""
        self._connection.execute("INSERT OR REPLACE INTO ignored VALUES (?,?)", (journal, reason))

    def put_probes(
        self, community: str, node: str, probe_table_id: str, rows: Sequence[Sequence[Any]]
    ) -> bool:
        """Keep a node's probe table, as told under a community: rows of position, model, serial.

        The first of an id stays.

        Returns
        -------
        bool
            False where another table of the same id is already here.
        """
        text = msgspec.json.encode(rows).decode()
        self._connection.execute(
            "INSERT OR IGNORE INTO probe_tables VALUES (?,?,?,?)", (community, node, probe_table_id, text)
        )
        kept = self._connection.execute(
            "SELECT probes FROM probe_tables WHERE community=? AND node=? AND id=?",
            (community, node, probe_table_id),
        ).fetchone()
        return bool(kept[0] == text)

    def probes(self, community: str, node: str, probe_table_id: str) -> list[list[Any]] | None:
        """Read a node's probe table, or None where it has not arrived."""
        row = self._connection.execute(
            "SELECT probes FROM probe_tables WHERE community=? AND node=? AND id=?",
            (community, node, probe_table_id),
        ).fetchone()
        return msgspec.json.decode(row[0], type=list[list[Any]]) if row else None
