"""Insert many rows with few statements: stepping through a statement costs more than most rows do."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

# Beyond fifty rows a statement nothing is gained any more (measured with SQLite 3.40).
_ROWS_A_STATEMENT: Final = 50


def insert_many(
    connection: sqlite3.Connection, head: str, row: str, rows: Sequence[tuple[Any, ...]], tail: str = ""
) -> int:
    """Insert rows, and return how many were written.

    Parameters
    ----------
    head, row, tail
        What stands before the values, the placeholders of one row in brackets, and what stands after them.
    """
    whole = len(rows) - len(rows) % _ROWS_A_STATEMENT
    written = 0
    if whole:
        values = ",".join([row] * _ROWS_A_STATEMENT)
        together = [
            tuple(chain.from_iterable(rows[start : start + _ROWS_A_STATEMENT]))
            for start in range(0, whole, _ROWS_A_STATEMENT)
        ]
        written += connection.executemany(f"{head} VALUES {values} {tail}", together).rowcount
    if whole < len(rows):
        written += connection.executemany(f"{head} VALUES {row} {tail}", rows[whole:]).rowcount
    return written
