"""New rows of the table of records as columns: the one way in which they are written.

Columns, since a transaction brings thousands of rows: what many rows share is worked out once, and the cells
go to the database without an object a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import compress, cycle, repeat
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sera_store.database.inserts import insert_counted, insert_many
from sera_store.records.current_index import CurrentEntries
from sera_store.records.rows import DATED_BY
from sera_vocabulary.messages import FLAG_DAMAGED
from sera_vocabulary.series import CLOCK

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from sera_store.database.names import Names

T = TypeVar("T")

_LEAVE: Final = "ON CONFLICT DO NOTHING"
# A key whose message was refused is taken over by the record that is stored under it all the same.
_TAKE_OVER: Final = (
    "ON CONFLICT DO UPDATE SET hash=excluded.hash, damaged=excluded.damaged, record=excluded.record "
    "WHERE record IS NULL"
)
_INSERT_KEYS: Final = ("INSERT INTO keys (source, seq, hash, damaged, record)", "(?,?,?,?,?)")
_HOLDER: Final = "SELECT record FROM keys WHERE source=? AND seq=?"
_INSERT_ROWS: Final = "INSERT INTO records ({names})"
_INSERT_TIMES: Final = "INSERT INTO timeline SELECT origin, time_s, id FROM records WHERE id >= ?"


# Names of columns of the table, by those of a block, where rows of a message may share what is in them.
_COLUMNS: Final = {
    "layouts": "layout",
    "boots": "boot",
    "uptimes_s": "uptime_s",
    "uncertainties_s": "uncertainty_s",
    "probe_tables": "probe_table",
    "details": "detail",
}


@dataclass(slots=True)
class Block:
    """New records as columns, one element a record.

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
    shared
        In place of some columns, by their names in the table of records: what the rows of each message have,
        which are as many for all.
    """

    origins: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    journals: list[int] = field(default_factory=list)
    times_s: list[int | None] = field(default_factory=list)
    layouts: list[int] = field(default_factory=list)
    boots: list[int | None] = field(default_factory=list)
    uptimes_s: list[int | None] = field(default_factory=list)
    uncertainties_s: list[int] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    probe_tables: list[str | None] = field(default_factory=list)
    details: list[int | None] = field(default_factory=list)
    shared: dict[str, tuple[int | None, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.seqs)

    @property
    def rows_a_message(self) -> int:
        """How many rows each message has, 1 where they share nothing."""
        return len(next(iter(self.shared.values()), (None,)))

    def select(self, is_wanted: Sequence[bool]) -> Block:
        """Return the rows that are marked as wanted."""
        names = [column.name for column in fields(self) if column.name != "shared"]
        size = self.rows_a_message
        if all(len(set(is_wanted[start : start + size])) == 1 for start in range(0, len(self), size)):
            alike = Block(shared=self.shared)
            for name in names:
                setattr(alike, name, list(compress(getattr(self, name), is_wanted)))
            return alike
        own = Block()
        for name in names:
            cells = self.cells(_COLUMNS.get(name, name), getattr(self, name))
            setattr(own, name, list(compress(cells, is_wanted)))
        return own

    def cells(self, name: str, column: list[T]) -> Iterable[T | int | None]:
        """Iterate over a column of the table, or over what the rows have in its place, again and again."""
        return cycle(self.shared[name]) if name in self.shared else column


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
    numbers: Sequence[int] = range(first, first + len(block))
    damaged = [flags & FLAG_DAMAGED for flags in block.flags] or repeat(0)
    keys = zip(block.sources, block.seqs, block.hashes, damaged, numbers, strict=False)
    taken: list[int] = []
    start = 0
    tail = _TAKE_OVER if takes_over else _LEAVE
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
        _write_rows(connection, block, numbers)
        _note_probe_tables(connection, names, block)
        _write_index(connection, names, block, numbers)
    return taken


def _taken(connection: sqlite3.Connection, block: Block, numbers: Sequence[int], indexes: range) -> list[int]:
    taken = []
    for index in indexes:
        [record] = connection.execute(_HOLDER, (block.sources[index], block.seqs[index])).fetchone()
        if record != numbers[index]:
            taken.append(index)
    return taken


def _write_rows(connection: sqlite3.Connection, block: Block, numbers: Sequence[int]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "id": numbers,
        "origin": block.origins,
        "layout": block.layouts,
        "seq": block.seqs,
        "boot": block.boots,
        "uptime_s": block.uptimes_s,
        "time_s": block.times_s,
        "uncertainty_s": block.uncertainties_s,
        "flags": block.flags,
        "body": block.bodies,
        "probe_table": block.probe_tables,
        "journal": block.journals,
        "detail": block.details,
    }
    if isinstance(numbers, range):
        # The table gives the same numbers by itself.
        del columns["id"]
    # What rows share is part of the statement: to bind it again and again costs as much as writing a row.
    cells = [column for name, column in columns.items() if name not in block.shared]
    rows = [
        ",".join([_literal(block.shared[name][index]) if name in block.shared else "?" for name in columns])
        for index in range(block.rows_a_message)
    ]
    values = ",".join([f"({row})" for row in rows])
    insert_many(connection, _INSERT_ROWS.format(names=", ".join(columns)), values, zip(*cells, strict=True))


def _literal(value: int | None) -> str:
    return "NULL" if value is None else str(int(value))


def _note_probe_tables(connection: sqlite3.Connection, names: Names, block: Block) -> None:
    """Note which sources name which tables of probes, so that a table that comes later finds them."""
    pairs = set(zip(block.origins, block.probe_tables, strict=False))
    connection.executemany(
        "INSERT OR IGNORE INTO probe_table_sources VALUES (?,?,?)",
        [
            (names.origin_of(origin).node, table, names.origin_of(origin).source)
            for origin, table in pairs
            if table is not None
        ],
    )


def _write_index(connection: sqlite3.Connection, names: Names, block: Block, numbers: Sequence[int]) -> None:
    """Write the entries by which the rows are found."""
    clocks = {origin for origin in set(block.origins) if names.origin_of(origin).series == CLOCK}
    details = {*block.details, *block.shared.get("detail", ())}
    dated = {detail: text for detail in details if (text := (names.detail_of(detail) or {}).get(DATED_BY))}
    if not clocks and not dated and None not in block.times_s:
        # In the ordinary case a row is found by its time alone.
        connection.execute(_INSERT_TIMES, (numbers[0],))
        return
    entries = CurrentEntries()
    columns = zip(
        numbers,
        block.sources,
        block.origins,
        block.times_s,
        block.cells("boot", block.boots),
        block.cells("uptime_s", block.uptimes_s),
        block.cells("flags", block.flags),
        block.cells("detail", block.details),
        strict=False,
    )
    for number, source, origin, time_s, boot, uptime_s, flags, detail in columns:
        entries.add(
            number,
            source,
            origin,
            boot=boot,
            time_s=time_s,
            dated_by=dated.get(detail),
            is_anchor=origin in clocks and uptime_s is not None and not (flags or 0) & FLAG_DAMAGED,
        )
    entries.write(connection)
