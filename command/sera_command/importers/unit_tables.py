"""Tables of units with a value each: what `sera equity` makes of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_command.importers.amounts import read_amounts
from sera_store.errors import TableError
from sera_store.tables.names import is_total_name
from sera_store.tables.reader import read_table
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.table import Table

VALUE, WEIGHT, GROUP = "value", "weight", "group"
READ_COLUMNS: Final = (VALUE, WEIGHT, GROUP)
_TOLERANCE: Final = 1e-9


class Units(NamedTuple):
    """Values of units, weights and groups where the table has them, titles that were not read, and notes."""

    values: list[float]
    weights: list[float] | None
    groups: list[str] | None
    unread: tuple[str, ...]
    notes: tuple[TableNote, ...] = ()


class UnitColumns(NamedTuple):
    """Names of the columns of values, weights and groups; None for our own names, if the table has them."""

    value: str | None = None
    weight: str | None = None
    group: str | None = None


_OUR_NAMES: Final = UnitColumns()


def read_units(path: Path, columns: UnitColumns = _OUR_NAMES, *, decimal: DecimalMark | None = None) -> Units:
    """Read a table of units: its values, and weights and groups if it has them.

    A row that sums up all others, and whose name says so, is left out with a note.

    Raises
    ------
    TableError
        Where it is no such table; it names file, row and column.
    """
    table = read_table(path, decimal=decimal)
    places = {
        option: table.find(option) if name is None else table.column(name, f" for --{option}")
        for option, name in zip(READ_COLUMNS, columns, strict=True)
    }
    value, weight, group = places.values()
    if value is None:
        raise TableError(
            str(path),
            f"row 1 names the columns {', '.join(table.titles)}; expected one of them to be {VALUE!r}, and "
            f"if known {WEIGHT!r} and {GROUP!r}, or --value to name the column of values",
        )
    table = _without_total(table, [column for column in (value, weight) if column is not None], group)
    weights = None if weight is None else read_amounts(table, [weight])[:, 0].tolist()
    if weights is not None and not any(weights):
        raise TableError(str(path), f"column {WEIGHT}: every weight is 0; expected one above 0")
    return Units(
        read_amounts(table, [value])[:, 0].tolist(),
        weights,
        None if group is None else _groups(table, group),
        tuple(title for index, title in enumerate(table.titles) if index not in places.values()),
        tuple(table.notes),
    )


def _without_total(table: Table, numbers: list[int], group: int | None) -> Table:
    """Leave the row out whose name, in the first column of names, says that it is the total of the others."""
    name_columns = [index for index in range(len(table.titles)) if index not in numbers and index != group]
    totals = [
        row
        for row, cells in enumerate(table.rows)
        for place in name_columns[:1]
        if is_total_name(cells[place])
    ]
    if len(totals) != 1 or len(table.rows) < 2:
        return table
    (row,) = totals
    without_totals = table.without(rows=[row])
    sums = [read_amounts(without_totals, [column]).sum() for column in numbers]
    own = [read_amounts(table, [column])[row, 0] for column in numbers]
    cell = table.rows[row][name_columns[0]]
    if not any(abs(total - value) <= _TOLERANCE * total for total, value in zip(sums, own, strict=True)):
        raise table.error(
            row,
            name_columns[0],
            f"{cell!r} is named as a total, but no number of its row is the sum of the others; leave the row "
            "out, or rename it if it is not one",
        )
    table.notes.append(TableNote.of("total_left_out", name=cell, cell=table.reference(row, name_columns[0])))
    return without_totals


def _groups(table: Table, column: int) -> list[str]:
    for row, cell in enumerate(table.cells(column)):
        if not cell:
            raise table.not_expected(
                row, column, "the name of the unit's group; name it, or leave the column out"
            )
    return table.cells(column)
