"""Totals among the rows and columns of a table: told by their name and by their numbers.

A total that is taken for one more kind or site doubles everything, and no figure made from it looks wrong.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_store.tables.names import is_total_name
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_store.tables.table import Table

# Bits that must agree, beyond those of the number of sums that were tried: one table in so many (2 to this
# power) would show such a sum by chance.
_CERTAIN_BITS: Final = 16.0
_LIKELY_BITS: Final = 8.0
_SEEN_BITS: Final = 3.0
# Beyond it, sums of some columns are not looked for: their number grows with the square.
_COLUMNS_MOST: Final = 1_000
_TOLERANCE: Final = 1e-9


class Sums(NamedTuple):
    """Columns that are sums of others, as places in the table of numbers.

    Parameters
    ----------
    totals
        Named as a total, and the sum of all others in every row.
    wrong
        (row, column, sum of the others) of a total by its name that is not the sum, or None.
    certain
        Sums of all others by their numbers alone, beyond chance.
    possible
        (column, its parts): sums that may be chance, or of some others only.
    """

    totals: list[int]
    wrong: tuple[int, int, float] | None
    certain: list[int]
    possible: list[tuple[int, tuple[int, ...]]]


def find_sums(values: NDArray[np.float64], names: Sequence[str]) -> Sums:
    """Find columns that sum up others.

    Parameters
    ----------
    values : array, shape (rows, columns)
        Numbers of 0 or more.
    names
        Of the columns.
    """
    totals_by_name = [index for index, name in enumerate(names) if is_total_name(name)]
    plain = [index for index in range(len(names)) if index not in totals_by_name]
    if not plain:
        return Sums([], None, [], [])
    sums = values[:, plain].sum(axis=1)
    for place in totals_by_name:
        differs = ~np.isclose(values[:, place], sums, rtol=_TOLERANCE, atol=_TOLERANCE)
        if differs.any():
            row = int(np.argmax(differs))
            return Sums([], (row, place, float(sums[row])), [], [])
    certain, possible = [], []
    for place in plain:
        addends = [other for other in plain if other != place and values[:, other].any()]
        if len(addends) > 1 and np.allclose(2 * values[:, place], sums, rtol=_TOLERANCE, atol=_TOLERANCE):
            bits = _bits(values[:, place]) - math.log2(len(plain))
            if bits >= _CERTAIN_BITS:
                certain.append(place)
            elif bits >= (_SEEN_BITS if len(values) > 1 else _LIKELY_BITS):
                possible.append((place, tuple(addends)))
    if not certain and not possible:
        possible = _sums_of_some(values, plain)
    return Sums(totals_by_name, None, certain, possible)


def leave_totals_out(
    table: Table, values: NDArray[np.float64], *, by_numbers: bool = True
) -> tuple[Table, NDArray[np.float64]]:
    """Leave rows and columns out that are totals by their name and numbers, with a note on each.

    Parameters
    ----------
    table
        Its first column names the rows.
    values : array, shape (rows, columns - 1)
        Its numbers, of 0 or more.
    by_numbers
        Also look for sums that no name tells; of 0 and 1 they mean nothing.

    Returns
    -------
    table and values
        Without totals. What may be a sum by its numbers alone is in the notes.

    Raises
    ------
    TableError
        Something is named as a total and is not the sum of all others, or is their sum beyond chance and not
        named so.
    """
    sums = find_sums(values, table.titles[1:])
    _report(table, sums if by_numbers else sums._replace(certain=[], possible=[]), values, of_rows=False)
    table = table.without(columns=[place + 1 for place in sums.totals])
    values = np.delete(values, sums.totals, axis=1)
    sums = find_sums(values.T, table.cells(0))
    _report(table, sums if by_numbers else sums._replace(certain=[], possible=[]), values.T, of_rows=True)
    return table.without(rows=sums.totals), np.delete(values, sums.totals, axis=0)


def _report(table: Table, sums: Sums, values: NDArray[np.float64], *, of_rows: bool) -> None:
    """Raise for what cannot be right, and note the rest."""

    def cell(place: int) -> tuple[int, int]:
        return (place, 0) if of_rows else (-1, place + 1)

    def name(place: int) -> str:
        row, column = cell(place)
        return table.grid[row + 1][column]

    if sums.wrong is not None:
        line, place, total = sums.wrong
        where = (place, line + 1) if of_rows else (line, place + 1)
        raise table.error(
            *where,
            f"{name(place)!r} is named as a total and is {values[line, place]:.12g}, but the others sum to "
            f"{total:.12g}; mend or leave out the total, or rename it if it is not one",
        )
    for place in sums.certain:
        raise table.error(
            *cell(place),
            f"{name(place)!r} is the sum of all others throughout; leave it out, as a total would count "
            "everything twice",
        )
    for place in sums.totals:
        table.notes.append(
            TableNote.of("total_left_out", name=name(place), cell=table.reference(*cell(place)))
        )
    for place, parts in sums.possible:
        table.notes.append(
            TableNote.of(
                "sum_of_others",
                name=name(place),
                cell=table.reference(*cell(place)),
                parts=[name(part) for part in parts],
            )
        )


def _sums_of_some(values: NDArray[np.float64], plain: Sequence[int]) -> list[tuple[int, tuple[int, ...]]]:
    """Find columns that are the sum of two others, or of some that stand side by side."""
    count = len(plain)
    if not 3 <= count <= _COLUMNS_MOST or (values != np.floor(values)).any():
        return []
    bits = np.array([_bits(values[:, place]) for place in plain]) - 3 * math.log2(count)
    # One number a column stands for all its rows, so that sums are compared at once; modulo 2 to the 64.
    weights = np.random.default_rng(0).integers(1, 1 << 63, len(values), dtype=np.uint64)
    marks = (values[:, plain].astype(np.uint64) * weights[:, np.newaxis]).sum(axis=0, dtype=np.uint64)
    pairs = marks[:, np.newaxis] + marks
    before = np.concatenate([np.zeros(1, np.uint64), np.cumsum(marks, dtype=np.uint64)])
    runs = before[np.newaxis, :] - before[:, np.newaxis]
    sums = []
    for index in np.flatnonzero(bits >= _LIKELY_BITS).tolist():
        parts = _parts(np.argwhere(np.triu(pairs == marks[index], 1)).tolist())
        spans = np.argwhere(np.triu(runs == marks[index], 2)).tolist()
        parts += [tuple(range(first, last)) for first, last in spans]
        for part in parts:
            columns = [plain[place] for place in part]
            present = all(values[:, column].any() for column in columns)
            if (
                index not in part
                and present
                and (values[:, columns].sum(axis=1) == values[:, plain[index]]).all()
            ):
                sums.append((plain[index], tuple(columns)))
                break
    return sums


def _parts(pairs: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    return [tuple(pair) for pair in pairs]


def _bits(values: NDArray[np.float64]) -> float:
    """Return how much agreement with numbers of this size says, in bits."""
    return float(np.log2(1 + values).sum())
