"""Erase what a person asks to be erased: take it out of what is current, then delete its rows for good.

First each current row is superseded by an empty one, so that all who follow take its points and figures back;
once they have, its rows are deleted. The empty rows stay, and say which erasure took their place.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_store.errors import InvalidEntryError
from sera_store.ledger.jobs import BOOT
from sera_store.ledger.transaction import LedgerTransaction
from sera_store.records.current_index import NO_BOOT, CurrentEntries
from sera_store.records.keys import ERASED_HASH
from sera_store.records.rows import ROW_COLUMNS, stored_record
from sera_vocabulary.recorded import is_own

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterator

    from sera_store.database.database import Database
    from sera_store.database.names import Names

ERASED_BY: Final = "erased_by"
_ROW: Final = f"SELECT {ROW_COLUMNS} FROM records r WHERE r.id=?"  # noqa: S608
# Cursor that holds the number of the last erasure whose rows are superseded.
_CURSOR: Final = "erasure"
EVER_S: Final = 2**62

# Every row of a key that a message of the erasure held, whichever message brought the row.
_KEYS: Final = """
INSERT OR IGNORE INTO temp.erased_keys
SELECT o.source, r.seq FROM records r JOIN origins o ON o.id = r.origin
  WHERE r.layout IS NOT NULL AND r.journal IN (SELECT journal FROM temp.erased_journal)
UNION SELECT k.source, k.seq FROM keys k JOIN dead_letters d ON d.id = k.letter
  WHERE k.record IS NULL AND d.journal IN (SELECT journal FROM temp.erased_journal)
"""
_ROWS: Final = """
INSERT OR IGNORE INTO erased_rows SELECT r.id, ?1 FROM records r JOIN origins o ON o.id = r.origin
  JOIN temp.erased_keys k ON k.source = o.source AND k.seq = r.seq WHERE r.layout IS NOT NULL
"""
_KEYS_OF: Final = """
SELECT DISTINCT r.journal, s.node, s.epoch, r.seq FROM records r JOIN origins o ON o.id = r.origin
  JOIN sources s ON s.id = o.source WHERE r.layout IS NOT NULL AND length(r.body) > 0
  AND r.journal IN (SELECT journal FROM temp.erased_journal) ORDER BY r.journal, r.seq
"""
_HEADS: Final = """
SELECT k.source, k.seq, k.record FROM keys k JOIN temp.erased_keys e ON e.source = k.source AND e.seq = k.seq
  WHERE k.record IS NOT NULL ORDER BY k.record
"""
_OF_NODE: Final = """
SELECT DISTINCT r.journal FROM records r JOIN origins o ON o.id = r.origin JOIN sources s ON s.id = o.source
  WHERE s.node = ?1 AND r.layout IS NOT NULL AND r.time_s >= ?2 AND r.time_s < ?3
UNION SELECT journal FROM dead_letters WHERE node = ?1 AND received_s >= ?2 AND received_s < ?3
"""
# In the order in which nothing is left that points to what is gone.
_OF_MESSAGES: Final = (
    "DELETE FROM dead_letters WHERE journal IN (SELECT journal FROM temp.erased_journal)",
    "DELETE FROM repeated WHERE journal IN (SELECT journal FROM temp.erased_journal)",
    "DELETE FROM refused_lines WHERE record IN (SELECT id FROM erased_rows)",
    "DELETE FROM removed_records WHERE (source, seq) IN (SELECT source, seq FROM temp.erased_keys)",
)


class Erasure(NamedTuple):
    """One erasure: what it takes in words, why, who decided it, and when [Unix time, s]."""

    number: int
    what: str
    reason: str
    by: str
    recorded_s: int
    records: int
    finished_s: int | None


class ErasedKeys(NamedTuple):
    """What a tombstone of the journal says: the keys that its message held."""

    journal: int
    node: str
    epoch: str
    seqs: tuple[int, ...]


class Erasures:
    """The erasures, noted in the registry, and their work on the table of records."""

    def __init__(
        self, records: Database, registry: Database, names: Names, clock: Callable[[], float]
    ) -> None:
        self._records = records
        self._registry = registry
        self._names = names
        self._clock = clock

    def history(self) -> list[Erasure]:
        """List all that were ever begun, oldest first."""
        rows = self._registry.rows(
            "SELECT number, what, reason, author, recorded_s, records, finished_s FROM erasures "
            "ORDER BY number"
        )
        return [Erasure(*row) for row in rows]

    def unfinished(self) -> Erasure | None:
        """Return the erasure that was begun and not finished, None for none."""
        return next((erasure for erasure in self.history() if erasure.finished_s is None), None)

    def begin(self, what: str, reason: str, by: str, numbers: Collection[int]) -> Erasure:
        """Note an erasure and its messages, so that it can be finished whatever happens.

        People's orders about these messages, with what they put in place of them, are deleted with that.

        Raises
        ------
        InvalidEntryError
            When nobody gives a reason, nothing is to be erased, or another erasure is not finished.
        """
        if not reason.strip() or not by.strip() or not numbers:
            raise InvalidEntryError("an erasure needs messages, a reason, and who decided it")
        if self.unfinished() is not None:
            raise InvalidEntryError("another erasure is not finished; finish that one first")
        with self._registry.transaction() as connection:
            number = connection.execute(
                "INSERT INTO erasures (what, reason, author, recorded_s, records) VALUES (?,?,?,?,0)",
                (what, reason, by, int(self._clock())),
            ).lastrowid
            connection.executemany(
                "INSERT OR IGNORE INTO erased_messages VALUES (?,?)",
                [(journal, number) for journal in numbers],
            )
            with _allowed(connection, "orders_never_go"):
                connection.executemany(
                    "DELETE FROM orders WHERE journal=?", [(journal,) for journal in numbers]
                )
        return self.history()[-1]

    def messages(self, erasure: Erasure) -> list[int]:
        """List the journal numbers of an erasure's messages."""
        rows = self._registry.rows(
            "SELECT journal FROM erased_messages WHERE erasure=? ORDER BY journal", (erasure.number,)
        )
        return [journal for (journal,) in rows]

    def messages_of(self, node: str, from_s: int = -EVER_S, to_s: int = EVER_S) -> list[int]:
        """List the journal numbers that records and dead letters of a node came from, also by amendments."""
        return [journal for (journal,) in self._records.rows(_OF_NODE, (node, from_s, to_s)) if journal]

    def keys_of(self, messages: Collection[int]) -> dict[int, ErasedKeys]:
        """Find by journal number which keys the records of some messages have, also by an amendment."""
        keys: dict[int, ErasedKeys] = {}
        with self._records.transaction() as connection:
            _fill(connection, messages)
            for journal, node, epoch, seq in connection.execute(_KEYS_OF):
                own = keys.setdefault(journal, ErasedKeys(journal, node, epoch, ()))
                if (own.node, own.epoch) == (node, epoch):
                    keys[journal] = own._replace(seqs=(*own.seqs, seq))
            _drop(connection)
        return keys

    def forget_deliveries(self, hashes: Collection[bytes]) -> None:
        """Forget the hashes by which a second delivery of some messages would be known."""
        with self._records.transaction() as connection:
            connection.executemany(
                "DELETE FROM deliveries WHERE hash=?", [(content_hash,) for content_hash in hashes]
            )

    def supersede(
        self, erasure: Erasure, tombstones: Collection[ErasedKeys], node: str | None = None
    ) -> None:
        """Put an empty row in the place of each record, and delete letters and notes, all of it or nothing.

        Parameters
        ----------
        tombstones
            What the journal keeps of the messages.
        node
            A node of which everything goes: its tables of probes go too.
        """
        messages = self.messages(erasure)
        with self._records.transaction() as connection:
            transaction = LedgerTransaction(connection, self._names)
            if transaction.cursors.position(_CURSOR) >= erasure.number:
                return
            connection.execute("PRAGMA secure_delete=ON")
            _fill(connection, messages)
            connection.execute(_ROWS, (erasure.number,))
            self._supersede_heads(transaction, connection, erasure)
            self._subtract_repeats(connection, tombstones)
            for statement in _OF_MESSAGES:
                connection.execute(statement)
            connection.execute("DELETE FROM probe_tables WHERE node=?", (node,))
            connection.execute("DELETE FROM statuses WHERE node=?", (node,))
            connection.execute("DELETE FROM begun WHERE sender=?", (node,))
            # Of what the ledger has not taken yet it reads the tombstones in their turn.
            for journal in messages:
                if journal <= transaction.cursor():
                    transaction.delivery.ignore(journal, "erased")
            for stone in tombstones:
                if stone.journal <= transaction.cursor():
                    transaction.keys.erase(stone.node, stone.epoch, stone.seqs)
            transaction.cursors.move(_CURSOR, erasure.number)
            _drop(connection)

    def _supersede_heads(
        self, transaction: LedgerTransaction, connection: sqlite3.Connection, erasure: Erasure
    ) -> None:
        heads = connection.execute(_HEADS).fetchall()
        removed_entries, boots = CurrentEntries(), set()
        layout, detail = self._names.layout(()), self._names.detail({ERASED_BY: str(erasure.number)})
        next_id = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='records'").fetchone()
        rows: list[tuple[Any, ...]] = []
        for id, (source, seq, head) in enumerate(heads, next_id[0] + 1 if next_id else 1):  # noqa: A001
            row = connection.execute(_ROW, (head,)).fetchone()
            if row is None:
                continue
            record = stored_record(row, self._names).record
            removed_entries.add_record(head, source, row[2], record)
            boots.add((record.node, record.epoch, NO_BOOT if record.boot is None else record.boot))
            seq_or_zero = seq if is_own(record.epoch) else 0
            rows.append(
                (
                    id,
                    head,
                    row[2],
                    layout,
                    seq_or_zero,
                    None,
                    None,
                    None,
                    0,
                    0,
                    b"",
                    None,
                    record.journal,
                    detail,
                )
            )
        removed_entries.remove(connection)
        connection.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        self._free_keys(connection)
        for node, epoch, boot in sorted(boots):
            if boot != NO_BOOT:
                transaction.jobs.put(BOOT, node, f"{epoch} {boot}")

    def _free_keys(self, connection: sqlite3.Connection) -> None:
        """Take the hashes of contents out of the keys; those of other makers' devices are hashes."""
        for source, seq, epoch in connection.execute(
            "SELECT e.source, e.seq, s.epoch FROM temp.erased_keys e JOIN sources s ON s.id = e.source"
        ).fetchall():
            if is_own(epoch):
                connection.execute(
                    "UPDATE keys SET record=NULL, letter=NULL, damaged=0, hash=? WHERE source=? AND seq=?",
                    (ERASED_HASH, source, seq),
                )
            else:
                connection.execute("DELETE FROM keys WHERE source=? AND seq=?", (source, seq))

    def _subtract_repeats(self, connection: sqlite3.Connection, tombstones: Collection[ErasedKeys]) -> None:
        """Count repeats as a rebuild would, which sees none in a tombstone."""
        connection.executemany(
            "UPDATE repeats SET count = max(0, count - coalesce("
            "(SELECT records FROM repeated WHERE journal=?), 0)) WHERE source=?",
            [(stone.journal, self._names.source(stone.node, stone.epoch)) for stone in tombstones],
        )

    def purge(self, erasure: Erasure) -> list[int]:
        """Delete the rows of an erasure, and figures that others have superseded since the first of them.

        All who follow must have finished every row by now; see `obstacles`.

        Returns
        -------
        list of int
            The change numbers that are gone, for files that hold them.
        """
        with self._records.transaction() as connection:
            connection.execute("PRAGMA secure_delete=ON")
            first = connection.execute("SELECT min(id) FROM erased_rows").fetchone()[0]
            if first is not None:
                connection.execute(
                    "INSERT OR IGNORE INTO erased_rows SELECT id, ? FROM records WHERE layout IS NULL "
                    "AND id > ? AND id NOT IN (SELECT id FROM result_heads)",
                    (erasure.number, first),
                )
            details = connection.execute(
                "SELECT DISTINCT detail FROM records WHERE id IN (SELECT id FROM erased_rows) "
                "AND detail IS NOT NULL"
            ).fetchall()
            with _allowed(connection, "records_never_go"):
                connection.execute("DELETE FROM records WHERE id IN (SELECT id FROM erased_rows)")
            used = {row[0] for row in connection.execute("SELECT DISTINCT detail FROM records")}
            connection.executemany(
                "DELETE FROM details WHERE id=?", [row for row in details if row[0] not in used]
            )
        self._names.forget()
        return [number for (number,) in self._records.rows("SELECT id FROM erased_rows ORDER BY id")]

    def finish(self, erasure: Erasure) -> None:
        """Note that an erasure is done, and how many rows it took."""
        with self._records.transaction() as connection:
            rows = connection.execute("SELECT count(*) FROM erased_rows").fetchone()[0]
            with self._registry.transaction() as registry:
                registry.execute(
                    "UPDATE erasures SET finished_s=?, records=? WHERE number=?",
                    (int(self._clock()), rows, erasure.number),
                )
            connection.execute("DELETE FROM erased_rows")


def _fill(connection: sqlite3.Connection, messages: Collection[int]) -> None:
    connection.execute("CREATE TEMP TABLE erased_journal (journal INTEGER PRIMARY KEY)")
    connection.execute(
        "CREATE TEMP TABLE erased_keys (source INTEGER, seq INTEGER, PRIMARY KEY (source, seq)) WITHOUT ROWID"
    )
    connection.executemany("INSERT INTO temp.erased_journal VALUES (?)", [(journal,) for journal in messages])
    connection.execute(_KEYS)


def _drop(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE temp.erased_keys")
    connection.execute("DROP TABLE temp.erased_journal")


@contextmanager
def _allowed(connection: sqlite3.Connection, trigger: str) -> Iterator[None]:
    """Do what a trigger forbids; it is away for no longer than the body, inside this transaction."""
    [(statement,)] = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type='trigger' AND name=?", (trigger,)
    ).fetchall()
    connection.execute(f"DROP TRIGGER {trigger}")
    yield
    connection.execute(statement)
