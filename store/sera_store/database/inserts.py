"""Insert many rows with few statements: stepping through a statement costs more than most rows do."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

# Beyond fifty rows a statement nothing is gained any more (measured with SQLite 3.40).
_ROWS_A_STATEMENT: Final = 50
_NUMBERED: Final = re.compile(r"\?(\d+)")


def insert_many(
    connection: sqlite3.Connection, head: str, row: str, rows: Iterable[tuple[Any, ...]], tail: str = ""
) -> int:
    """Insert rows, and return how many were written.

    Parameters
    ----------
    head, row, tail
        What stands before the values, the placeholders of one row in brackets, and what stands after them.
        Rows that share cells may stand together, with numbered placeholders: `(?1,?2),(?1,?3)`.
    rows
        The cells of each row, or of rows that stand together. Read once, so that a `zip` of columns makes no
        row of its own.
    """
    width, group = _width(row), row.count("(")
    cells = chain.from_iterable(rows)
    rest: list[tuple[Any, ...]] = []
    groups = max(1, _ROWS_A_STATEMENT // group)
    cell_values = _pieces(cells, width * groups, rest)
    written = connection.executemany(f"{head} VALUES {_values(row, groups)} {tail}", cell_values).rowcount
    for piece in rest:
        values = _values(row, len(piece) // width)
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
    width, group = _width(row), row.count("(")
    cells = chain.from_iterable(rows)
    groups = max(1, _ROWS_A_STATEMENT // group)
    while piece := tuple(islice(cells, width * groups)):
        count = len(piece) // width
        statement = f"{head} VALUES {_values(row, count)} {tail}"
        yield count * group, connection.execute(statement, piece).rowcount


def _pieces(cells: Iterator[Any], size: int, rest: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield the cells in pieces of one size; what is left over at the end goes into `rest`."""
    while len(piece := tuple(islice(cells, size))) == size:
        yield piece
    if piece:
        rest.append(piece)


def _width(row: str) -> int:
    """Return how many cells the placeholders of a row, or of rows that stand together, take."""
    numbers = [int(number) for number in _NUMBERED.findall(row)]
    return max(numbers) if numbers else row.count("?")


@lru_cache(maxsize=512)
def _values(row: str, count: int) -> str:
    """Repeat the placeholders of a row; numbered ones count on."""
    width = _width(row)
    return ",".join(
        [
            _NUMBERED.sub(lambda match, first=index * width: f"?{first + int(match[1])}", row)  # type: ignore[misc]
            for index in range(count)
        ]
    )
