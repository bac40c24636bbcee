"""Records of many messages of one form appended all at once, where a row at a time would take too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.database.inserts import insert_many

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from sera_store.database.names import Names, OriginKey

_INSERT_ROWS: Final = (
    "INSERT INTO records (layout, uncertainty_s, detail, flags, origin, seq, time_s, body, journal)"
)
# What the rows just written have to say is not brought to the database a second time.
_INSERT_KEYS: Final = (
    "INSERT OR IGNORE INTO keys (source, seq, hash, damaged, record) "
    "SELECT (SELECT source FROM origins WHERE id = r.origin), r.seq, "
    "substr(:hashes, (r.id - :first) / :parts * :size + 1, :size), 0, r.id "
    "FROM records r WHERE r.id >= :first"
)
# Where a key did not become that of the row, another row has it, or a letter.
_KNOWN: Final = (
    "SELECT DISTINCT (r.id - :first) / :parts FROM records r WHERE r.id >= :first AND r.id IS NOT "
    "(SELECT record FROM keys WHERE source = (SELECT source FROM origins WHERE id = r.origin) "
    "AND seq = r.seq)"
)
_INSERT_TIMES: Final = "INSERT INTO timeline SELECT origin, time_s, id FROM records WHERE id >= ?"


@dataclass(frozen=True, slots=True)
class BlockPart:
    """What the messages of a block bring to one series, one record each.

    Parameters
    ----------
    columns
        As of a `Record`.
    bodies
        Values and quality of all records, one body after another as `sera_store.records.rows.pack` writes it.
    origins
        The origin of its records for each place.
    seqs
        Sequence of each record.
    """

    columns: tuple[str, ...]
    bodies: bytes
    origins: Sequence[OriginKey]
    seqs: Sequence[int]


@dataclass(frozen=True, slots=True)
class Block:
    """Dated records that share uncertainty and detail, and have neither boot, uptime nor flags.

    Parameters
    ----------
    parts
        What each message brings: one record a part.
    uncertainty_s
        Uncertainty of all times [s].
    detail
        As of a `Record`.
    places, times_s, hashes, journals
        One a message: number of its place among the origins of each part, Unix time [s], hash of its content,
        journal number.
    """

    parts: Sequence[BlockPart]
    uncertainty_s: int
    detail: dict[str, str] | None
    places: Sequence[int]
    times_s: Sequence[int]
    hashes: Sequence[bytes]
    journals: Sequence[int]


def write_block(connection: sqlite3.Connection, names: Names, first: int, block: Block) -> list[int]:
    """Write a block's records from change number `first` on, all of them or none.

    Returns
    -------
    list of int
        Empty where all were written; otherwise the messages of the block with a key that is known already.
    """
    detail = names.detail(block.detail)
    shared = f"{block.uncertainty_s},{'NULL' if detail is None else detail},0"
    row = ",".join([f"({names.layout(part.columns)},{shared},?,?,?,?,?)" for part in block.parts])
    rows = {"first": first, "parts": len(block.parts)}
    hashes = {"hashes": b"".join(block.hashes), "size": len(block.hashes[0])}
    # What is named here stays named, whether its rows stay or not.
    cells = list(_cells(names, block))
    known = []
    connection.execute("SAVEPOINT block")
    written = insert_many(connection, _INSERT_ROWS, row, zip(*cells, strict=True))
    if connection.execute(_INSERT_KEYS, rows | hashes).rowcount == written:
        connection.execute(_INSERT_TIMES, (first,))
    else:
        known = [message for (message,) in connection.execute(_KNOWN, rows).fetchall()]
        connection.execute("ROLLBACK TO block")
    connection.execute("RELEASE block")
    return known


def _cells(names: Names, block: Block) -> Iterator[Sequence[object]]:
    """Give the columns that differ from record to record, part by part: the records of a message together."""
    for part in block.parts:
        ids = [names.origin(key) for key in part.origins]
        size = len(part.bodies) // len(part.seqs)
        yield [ids[place] for place in block.places]
        yield part.seqs
        yield block.times_s
        yield [part.bodies[at : at + size] for at in range(0, len(part.bodies), size)]
        yield block.journals
