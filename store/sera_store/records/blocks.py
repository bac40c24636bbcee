"""New rows of the table of records as columns: the one way in which they are written.

Columns, since a transaction brings thousands of rows: what many rows share is worked out once, and the cells
go to the database without an object a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

from sera_store.database.inserts import insert_counted, insert_many
from sera_store.records.current_index import CurrentEntries
from sera_store.records.rows import DATED_BY
from sera_vocabulary.messages import FLAG_DAMAGED
from sera_vocabulary.series import CLOCK

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sera_store.database.names import Names

_INSERT_KEYS: Final = ("INSERT INTO keys (source, seq, hash, damaged, record)", "(?,?,?,?,?)")
_LEAVE: Final = "ON CONFLICT DO NOTHING"
# A key whose message was refused is taken over by the record that is stored under it all the same.
_TAKE_OVER: Final = (
    "ON CONFLICT DO UPDATE SET hash=excluded.hash, damaged=excluded.damaged, record=excluded.record "
    "WHERE record IS NULL"
)
_HOLDER: Final = "SELECT record FROM keys WHERE source=? AND seq=?"
_INSERT_ROWS: Final = (
    "INSERT INTO records (id, origin, layout, seq, boot, uptime_s, time_s, uncertainty_s, flags, body, "
    "probe_table, journal, detail)"
)
_ROW: Final = "(?,?,?,?,?,?,?,?,?,?,?,?,?)"


@dataclass(slots=True)
class Block:
    """New records, one element a record in each column.

    Parameters
    ----------
    origins, sources, layouts, details
        Numbers of the shared names, as `RecordWrites` gives them; a detail may be None.
    seqs, hashes
        Sequence within the source, and hash of the content.
    boots, uptimes_s, times_s, uncertainties_s, flags, probe_tables, journals
        As of a `Record`: seconds, None where there is none.
    bodies
        Values and quality, as `sera_store.records.rows.pack` writes them.
    """

    origins: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    layouts: list[int] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    boots: list[int | None] = field(default_factory=list)
    uptimes_s: list[int | None] = field(default_factory=list)
    times_s: list[int | None] = field(default_factory=list)
    uncertainties_s: list[int] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    probe_tables: list[str | None] = field(default_factory=list)
    journals: list[int] = field(default_factory=list)
    details: list[int | None] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.seqs)

    @property
    def columns(self) -> tuple[list[Any], ...]:
        """All columns, in the order of the fields."""
        return tuple([getattr(self, name) for name in self.__slots__])

    def extend(self, other: Block) -> None:
        """Add the rows of another block after these."""
        for column, more in zip(self.columns, other.columns, strict=True):
            column.extend(more)

    def select(self, is_wanted: Sequence[bool]) -> Block:
        """Return the rows that are marked as wanted."""
        return Block(*[list(compress(column, is_wanted)) for column in self.columns])

    def take(self, order: Sequence[int]) -> Block:
        """Return the rows of these indexes, in their order."""
        return Block(*[[column[index] for index in order] for column in self.columns])


def write_block(
    connection: sqlite3.Connection, names: Names, first: int, block: Block, *, takes_over: bool
) -> list[int]:
    """Write the rows of a block whose keys are free, with change numbers from `first` on.

    Of two rows of one key the first is written.

    Parameters
    ----------
    takes_over
        Whether a key that only a dead letter holds counts as free.

    Returns
    -------
    list of int
        Indexes of the rows whose keys are taken; nothing of them was written, and their change numbers stay
        unused.
    """
    numbers = list(range(first, first + len(block)))
    damaged = [flag & FLAG_DAMAGED for flag in block.flags]
    keys = zip(block.sources, block.seqs, block.hashes, damaged, numbers, strict=True)
    tail = _TAKE_OVER if takes_over else _LEAVE
    taken: list[int] = []
    start = 0
    for count, written in insert_counted(connection, *_INSERT_KEYS, keys, tail):
        if written < count:
            taken += _taken(connection, block, numbers, range(start, start + count))
        start += count
    if taken:
        is_free = [True] * len(block)
        for index in taken:
            is_free[index] = False
        block, numbers = block.select(is_free), list(compress(numbers, is_free))
    if numbers:
        _write_rows(connection, names, block, numbers)
    return taken


def _taken(connection: sqlite3.Connection, block: Block, numbers: Sequence[int], indexes: range) -> list[int]:
    taken = []
    for index in indexes:
        [record] = connection.execute(_HOLDER, (block.sources[index], block.seqs[index])).fetchone()
        if record != numbers[index]:
            taken.append(index)
    return taken


def _write_rows(connection: sqlite3.Connection, names: Names, block: Block, numbers: Sequence[int]) -> None:
    cells = zip(
        numbers,
        block.origins,
        block.layouts,
        block.seqs,
        block.boots,
        block.uptimes_s,
        block.times_s,
        block.uncertainties_s,
        block.flags,
        block.bodies,
        block.probe_tables,
        block.journals,
        block.details,
        strict=True,
    )
    insert_many(connection, _INSERT_ROWS, _ROW, cells)
    _note_probe_tables(connection, names, block)
    _index(names, block, numbers).write(connection)


def _note_probe_tables(connection: sqlite3.Connection, names: Names, block: Block) -> None:
    """Note which sources name which tables of probes, so that a table that comes later finds them."""
    pairs = set(zip(block.origins, block.probe_tables, strict=True))
    connection.executemany(
        "INSERT OR IGNORE INTO probe_table_sources VALUES (?,?,?)",
        [
            (names.origin_of(origin).node, table, names.origin_of(origin).source)
            for origin, table in pairs
            if table is not None
        ],
    )


def _index(names: Names, block: Block, numbers: Sequence[int]) -> CurrentEntries:
    """Make the entries by which the rows are found."""
    entries = CurrentEntries()
    clocks = {origin for origin in set(block.origins) if names.origin_of(origin).series == CLOCK}
    dated = {
        detail: text
        for detail in set(block.details)
        if (text := (names.detail_of(detail) or {}).get(DATED_BY))
    }
    if not clocks and not dated and None not in block.times_s:
        # In the ordinary case a row is found by its time alone.
        entries.timeline = list(zip(block.origins, block.times_s, numbers, strict=True))
        return entries
    for index, number in enumerate(numbers):
        entries.add(
            number,
            block.sources[index],
            block.origins[index],
            boot=block.boots[index],
            time_s=block.times_s[index],
            dated_by=dated.get(block.details[index]),
            is_anchor=block.origins[index] in clocks
            and block.uptimes_s[index] is not None
            and not block.flags[index] & FLAG_DAMAGED,
        )
    return entries
