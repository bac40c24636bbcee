"""Records of one layout appended all at once, column by column, where a row at a time would take too long."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Final

from sera_store.inserts import insert_many

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sera_store.names import Names, OriginKey

_INSERT_ROW: Final = (
    "INSERT INTO records (layout, uncertainty_s, detail, id, origin, seq, time_s, body, journal, flags)",
    "(?,?,?,?,?,?,?,?,?,0)",
)
_INSERT_KEY: Final = ("INSERT OR IGNORE INTO keys (source, seq, hash, damaged, record)", "(?,?,?,0,?)")
_INSERT_TIME: Final = ("INSERT INTO timeline", "(?,?,?)")


@dataclass(frozen=True, slots=True)
class Block:
    """Dated records that share columns, uncertainty and detail, and have neither boot, uptime nor flags.

    Parameters
    ----------
    columns, detail
        As of a `Record`.
    uncertainty_s
        Uncertainty of all times [s].
    bodies
        Values and quality of all records, one body after another as `sera_store.rows.pack` writes it.
    origins
        Each origin of its records once.
    places, seqs, times_s, hashes, journals
        One a record: place of its origin in `origins`, sequence, Unix time [s], hash of the content, journal
        number.
    """

    columns: tuple[str, ...]
    detail: dict[str, str] | None
    uncertainty_s: int
    bodies: bytes
    origins: Sequence[OriginKey]
    places: Sequence[int]
    seqs: Sequence[int]
    times_s: Sequence[int]
    hashes: Sequence[bytes]
    journals: Sequence[int]


def write_block(connection: sqlite3.Connection, names: Names, first: int, block: Block) -> bool:
    """Write a block's records from change number `first` on; all of them, or none where a key is known."""
    layout, detail = names.layout(block.columns), names.detail(block.detail)
    numbers = range(first, first + len(block.seqs))
    ids = [(names.origin(key), names.source(key[0], key[1])) for key in block.origins]
    origins = [ids[place][0] for place in block.places]
    sources = [ids[place][1] for place in block.places]
    connection.execute("SAVEPOINT block")
    keys = zip(sources, block.seqs, block.hashes, numbers, strict=True)
    if insert_many(connection, *_INSERT_KEY, keys) != len(numbers):
        connection.execute("ROLLBACK TO block")
        connection.execute("RELEASE block")
        return False
    size = len(block.bodies) // len(numbers)
    bodies = [block.bodies[at : at + size] for at in range(0, len(block.bodies), size)]
    same = (repeat(layout), repeat(block.uncertainty_s), repeat(detail))
    rows = zip(*same, numbers, origins, block.seqs, block.times_s, bodies, block.journals, strict=False)
    insert_many(connection, *_INSERT_ROW, rows)
    insert_many(connection, *_INSERT_TIME, zip(origins, block.times_s, numbers, strict=True))
    connection.execute("RELEASE block")
    return True
