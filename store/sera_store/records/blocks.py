"""New rows of the table of records as columns: the one way in which they are written.

Columns, since a transaction brings thousands of rows: what many rows share is worked out once, and the cells
go to the database without an object a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import chain, compress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sera_store.database.inserts import insert_counted, insert_many
from sera_store.records.current_index import CurrentEntries
from sera_store.records.rows import DATED_BY
from sera_vocabulary.messages import FLAG_DAMAGED
from sera_vocabulary.series import CLOCK

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

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
_CELLS: Final = (
    "origin, layout, seq, boot, uptime_s, time_s, uncertainty_s, flags, body, probe_table, journal, detail"
)
_INSERT_TIMES: Final = "INSERT INTO timeline SELECT origin, time_s, id FROM records WHERE id >= ?"


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

    def __len__(self) -> int:
        return len(self.seqs)

    def select(self, is_wanted: Sequence[bool]) -> Block:
        """Return the rows that are marked as wanted."""
        return Block(*[list(compress(getattr(self, column.name), is_wanted)) for column in fields(self)])


@dataclass(frozen=True, slots=True)
class MessageBlock:
    """New records of messages of one form, a row of each part a message: what its rows share stands once.

    To bind a cell again for each row costs as much as writing it.

    Parameters
    ----------
    sources, hashes, journals, times_s
        As of a `Block`, one element a message.
    origins, seqs, bodies
        As of a `Block`, one list a part, in it one element a message.
    layouts
        One element a part.
    uncertainty_s, detail
        As of a `Block`, the same for all rows.
    """

    sources: list[int]
    hashes: list[bytes]
    journals: list[int]
    times_s: list[int]
    origins: list[list[int]]
    seqs: list[list[int]]
    bodies: list[list[bytes]]
    layouts: list[int]
    uncertainty_s: int
    detail: int | None

    def __len__(self) -> int:
        return len(self.sources) * len(self.layouts)

    def rows(self) -> Block:
        """Return the rows one by one, those of a message together."""
        count, messages, rows = len(self.layouts), len(self.sources), len(self)
        return Block(
            origins=_in_turns(self.origins),
            sources=_in_turns([self.sources] * count),
            seqs=_in_turns(self.seqs),
            hashes=_in_turns([self.hashes] * count),
            bodies=_in_turns(self.bodies),
            journals=_in_turns([self.journals] * count),
            times_s=_in_turns([self.times_s] * count),
            layouts=self.layouts * messages,
            boots=[None] * rows,
            uptimes_s=[None] * rows,
            uncertainties_s=[self.uncertainty_s] * rows,
            flags=[0] * rows,
            probe_tables=[None] * rows,
            details=[self.detail] * rows,
        )


def _in_turns(columns: Sequence[Sequence[T]]) -> list[T]:
    """Return the first elements of all columns, then the second ones, and so on."""
    return list(chain.from_iterable(zip(*columns, strict=True)))


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
    numbers = range(first, first + len(block))
    damaged = [flags & FLAG_DAMAGED for flags in block.flags]
    keys = zip(block.sources, block.seqs, block.hashes, damaged, numbers, strict=True)
    tail = _TAKE_OVER if takes_over else _LEAVE
    duplicates: list[int] = []
    for rows in _not_all_written(insert_counted(connection, *_INSERT_KEYS, keys, tail)):
        duplicates += _duplicate_rows(connection, block, numbers, rows)
    _write_free(connection, names, block, numbers, duplicates)
    return duplicates


def write_message_block(
    connection: sqlite3.Connection, names: Names, first: int, block: MessageBlock
) -> list[int]:
    """Write the rows of messages whose keys are free, with change numbers from `first` on.

    Of two rows of one key the first is written.

    Returns
    -------
    list of int
        Indexes of the rows whose keys are taken, the rows of each message together; nothing of them was
        written, and their change numbers stay unused.
    """
    parts = len(block.layouts)
    numbers = range(first, first + len(block))
    keys = zip(block.sources, block.hashes, numbers[::parts], *block.seqs, strict=True)
    # Source, hash and number of the first row stand before the sequences of the parts.
    row = ",".join([f"(?1,?{4 + part},?2,0,?3+{part})" for part in range(parts)])
    incomplete = list(_not_all_written(insert_counted(connection, _INSERT_KEYS[0], row, keys, _LEAVE)))
    if incomplete:
        rows = block.rows()
        duplicates = [
            index for piece in incomplete for index in _duplicate_rows(connection, rows, numbers, piece)
        ]
        _write_free(connection, names, rows, numbers, duplicates)
        return duplicates
    _write_messages(connection, block)
    # Each has a time and none has an uptime, so that they are found by their time alone.
    entry = ",".join([f"(?{3 + part},?1,?2+{part})" for part in range(parts)])
    entries = zip(block.times_s, numbers[::parts], *block.origins, strict=True)
    insert_many(connection, "INSERT INTO timeline (origin, time_s, id)", entry, entries)
    return []


def _not_all_written(pieces: Iterable[tuple[int, int]]) -> Iterator[range]:
    """Iterate over the indexes of rows that went with a statement which did not write all of its rows."""
    start = 0
    for count, written in pieces:
        if written < count:
            yield range(start, start + count)
        start += count


def _duplicate_rows(
    connection: sqlite3.Connection, block: Block, numbers: Sequence[int], indexes: range
) -> list[int]:
    duplicates = []
    for index in indexes:
        [record] = connection.execute(_HOLDER, (block.sources[index], block.seqs[index])).fetchone()
        if record != numbers[index]:
            duplicates.append(index)
    return duplicates


def _write_free(
    connection: sqlite3.Connection,
    names: Names,
    block: Block,
    numbers: Sequence[int],
    duplicates: Sequence[int],
) -> None:
    """Write the rows of a block but for those at some indexes."""
    if duplicates:
        is_free = [True] * len(block)
        for index in duplicates:
            is_free[index] = False
        block, numbers = block.select(is_free), list(compress(numbers, is_free))
    if numbers:
        _write_rows(connection, block, numbers)
        _note_probe_tables(connection, names, block)
        _write_index(connection, names, block, numbers)


def _write_rows(connection: sqlite3.Connection, block: Block, numbers: Sequence[int]) -> None:
    cells: list[Sequence[Any]] = [
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
    ]
    head = f"INSERT INTO records ({_CELLS})"
    if not isinstance(numbers, range):
        # Else the table gives the same numbers by itself.
        cells.append(numbers)
        head = f"INSERT INTO records ({_CELLS}, id)"
    insert_many(connection, head, f"({','.join('?' * len(cells))})", zip(*cells, strict=True))


def _write_messages(connection: sqlite3.Connection, block: MessageBlock) -> None:
    parts = len(block.layouts)
    detail = "NULL" if block.detail is None else str(block.detail)
    # Time and journal number stand before the origins of the parts, their sequences and their bodies.
    row = ",".join(
        [
            f"(?{3 + part},{layout},?{3 + parts + part},NULL,NULL,?1,{block.uncertainty_s},0,"
            f"?{3 + 2 * parts + part},NULL,?2,{detail})"
            for part, layout in enumerate(block.layouts)
        ]
    )
    cells = zip(block.times_s, block.journals, *block.origins, *block.seqs, *block.bodies, strict=True)
    insert_many(connection, f"INSERT INTO records ({_CELLS})", row, cells)


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


def _write_index(connection: sqlite3.Connection, names: Names, block: Block, numbers: Sequence[int]) -> None:
    """Write the entries by which the rows are found."""
    clocks = {origin for origin in set(block.origins) if names.origin_of(origin).series == CLOCK}
    dated = {
        detail: text
        for detail in set(block.details)
        if (text := (names.detail_of(detail) or {}).get(DATED_BY))
    }
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
        block.boots,
        block.uptimes_s,
        block.flags,
        block.details,
        strict=True,
    )
    for number, source, origin, time_s, boot, uptime_s, flags, detail in columns:
        entries.add(
            number,
            source,
            origin,
            boot=boot,
            time_s=time_s,
            dated_by=dated.get(detail),
            is_anchor=origin in clocks and uptime_s is not None and not flags & FLAG_DAMAGED,
        )
    entries.write(connection)
