"""Insert many rows with few statements: stepping through a statement costs more than most rows do."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

# Beyond fifty rows a statement nothing is gained any more (measured with SQLite 3.40).
_ROWS_A_STATEMENT: Final = 50


def insert_many(
    connection: sqlite3.Connection, head: str, row: str, rows: Iterable[tuple[Any, ...]], tail: str = ""
) -> int:
    """Insert rows, and return how many were written.

    Parameters
    ----------
    head, row, tail
        What stands before the values, the placeholders of one row in brackets, and what stands after them.
    rows
        Read once, so that a `zip` of columns makes no row of its own.
    """
    width = row.count("?")
    cells = chain.from_iterable(rows)
    rest: list[tuple[Any, ...]] = []
    values = ",".join([row] * _ROWS_A_STATEMENT)
    together = _pieces(cells, width * _ROWS_A_STATEMENT, rest)
    written = connection.executemany(f"{head} VALUES {values} {tail}", together).rowcount
    for piece in rest:
        values = ",".join([row] * (len(piece) // width))
        written = max(0, written) + connection.execute(f"{head} VALUES {values} {tail}", piece).rowcount
    return max(0, written)


def insert_counted(
    connection: sqlite3.Connection, head: str, row: str, rows: Iterable[tuple[Any, ...]], tail: str = ""
) -> Iterator[tuple[int, int]]:
    """Insert rows that may not all be written, and iterate over how many of each statement's rows were.

    Parameters
    ----------
    head, row, tail, rows
        As of `insert_many`.

    Yields
    ------
    (int, int)
        How many rows the next statement had, and how many of them were written.
    """
    width = row.count("?")
    cells = chain.from_iterable(rows)
    while piece := tuple(islice(cells, width * _ROWS_A_STATEMENT)):
        count = len(piece) // width
        values = ",".join([row] * count)
        yield count, connection.execute(f"{head} VALUES {values} {tail}", piece).rowcount


def _pieces(cells: Iterator[Any], size: int, rest: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield the cells in pieces of one size; what is left over at the end goes into `rest`."""
    while len(piece := tuple(islice(cells, size))) == size:
        yield piece
    if piece:
        rest.append(piece)
