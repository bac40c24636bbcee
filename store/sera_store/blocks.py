"""Records of one layout appended all at once, column by column, where a row at a time would take too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sera_store.names import Names, OriginKey

_INSERT_ROW: Final = "INSERT INTO records VALUES (?,NULL,?,?,?,NULL,NULL,?,?,0,?,NULL,?,?)"
_INSERT_KEY: Final = "INSERT OR IGNORE INTO keys (source, seq, hash, damaged, record) VALUES (?,?,?,0,?)"


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
    origins, seqs, times_s, hashes, journals
        One a record: origin, sequence, Unix time [s], hash of the content, journal number.
    """

    columns: tuple[str, ...]
    detail: dict[str, str] | None
    uncertainty_s: int
    bodies: bytes
    origins: Sequence[OriginKey]
    seqs: Sequence[int]
    times_s: Sequence[int]
    hashes: Sequence[bytes]
    journals: Sequence[int]


def write_block(connection: sqlite3.Connection, names: Names, first: int, block: Block) -> bool:
    """Write a block's records from change number `first` on; all of them, or none where a key is known."""
    layout, detail = names.layout(block.columns), names.detail(block.detail)
    numbers = range(first, first + len(block.seqs))
    origins = [names.origin(key) for key in block.origins]
    sources = [names.source(key[0], key[1]) for key in block.origins]
    connection.execute("SAVEPOINT block")
    keys = zip(sources, block.seqs, block.hashes, numbers, strict=True)
    written = connection.executemany(_INSERT_KEY, keys).rowcount
    if written != len(numbers):
        connection.execute("ROLLBACK TO block")
        connection.execute("RELEASE block")
        return False
    size = len(block.bodies) // len(numbers)
    bodies = [block.bodies[start : start + size] for start in range(0, len(block.bodies), size)]
    uncertainty_s = block.uncertainty_s
    connection.executemany(
        _INSERT_ROW,
        [
            (number, origin, layout, seq, time_s, uncertainty_s, body, journal, detail)
            for number, origin, seq, time_s, body, journal in zip(
                numbers, origins, block.seqs, block.times_s, bodies, block.journals, strict=True
            )
        ],
    )
    connection.executemany(
        "INSERT INTO timeline VALUES (?,?,?)", zip(origins, block.times_s, numbers, strict=True)
    )
    connection.execute("RELEASE block")
    return True
