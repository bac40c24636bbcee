"""Tables of places where people live and how far gardens are: what `sera reach` makes of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_command.importers.amounts import read_amounts
from sera_store.errors import TableError
from sera_store.tables.names import fold_name, is_total_name, split_unit
from sera_store.tables.purposes import says_when_or_where
from sera_store.tables.reader import read_table
from sera_words.statements import TableNote

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.tables.numbers import DecimalMark
    from sera_store.tables.table import Table

RESIDENTS, SUPPLY = "residents", "supply"
_EACH: Final = 1.0
_FAR: Final = "a garden beyond reach has any distance above --reach-m; leave the place out if it is not known"
_METRES: Final = frozenset(("", "m", "metre", "metres", "meter", "meters"))


class Homes(NamedTuple):
    """Places where people live: names, residents, gardens, what each garden offers, distances [m]."""

    places: list[str]
    residents: list[float]
    gardens: list[str]
    supply: list[float]
    distance_m: list[list[float]]
    notes: tuple[TableNote, ...] = ()


def read_homes(path: Path, *, decimal: DecimalMark | None = None) -> Homes:
    """Read a table of places, their residents and their distances from gardens [m].

    Raises
    ------
    TableError
        Where it is no such table, or its distances are in another unit; it names file, row and column.
    """
    table = read_table(path, decimal=decimal)
    _check(table)
    gardens = range(2, len(table.titles))
    supplies = [row for row, cells in enumerate(table.rows) if fold_name(cells[0]) == SUPPLY]
    supply = [_EACH] * len(gardens)
    if supplies:
        offers = table.without(rows=[row for row in range(len(table.rows)) if row not in supplies])
        supply = read_amounts(offers, gardens)[0].tolist()
    table = _without_total(table.without(rows=supplies))
    residents = read_amounts(table, [1])[:, 0].tolist()
    if not any(residents):
        raise TableError(str(path), f"column {RESIDENTS}: nobody lives anywhere; expected one above 0")
    return Homes(
        table.cells(0),
        residents,
        [split_unit(table.titles[column]).name for column in gardens],
        supply,
        read_amounts(table, gardens, unknown=_FAR).tolist(),
        tuple(table.notes),
    )


def _check(table: Table) -> None:
    """Refuse a table without a column for residents or a garden, with a name twice, or not in metres."""
    if len(table.titles) < 3 or fold_name(table.titles[1]) != RESIDENTS:
        raise TableError(
            table.source,
            f"row 1 names the columns {', '.join(table.titles)}; expected the places' name, {RESIDENTS!r}, "
            "and a column for each garden",
        )
    table.check_names()
    for column in range(2, len(table.titles)):
        if fold_name(table.unit(column)) not in _METRES:
            raise table.error(
                -1,
                column,
                f"{table.titles[column]!r} is not in metres; write distances in m, as --reach-m is",
            )
        if says_when_or_where(table.titles[column]):
            raise table.error(
                -1,
                column,
                f"{table.titles[column]!r} would be read as metres to a garden, and no garden is named so; "
                "leave the column out, or rename it if it is one",
            )
        if is_total_name(split_unit(table.titles[column]).name):
            raise table.error(
                -1,
                column,
                f"{table.titles[column]!r} is named as a total, and no garden; leave the column out",
            )


def _without_total(table: Table) -> Table:
    """Leave a row out that is named as the total of the places, if its residents are their sum."""
    totals = [row for row, name in enumerate(table.cells(0)) if is_total_name(name)]
    residents = read_amounts(table, [1])[:, 0]
    people = residents.sum() - residents[totals].sum()
    for row in totals:
        name = table.rows[row][0]
        if residents[row] != people:
            raise table.error(
                row,
                0,
                f"{name!r} is named as a total, but its residents are not the {people:.12g} of the places; "
                "leave the row out, or rename it if it is a place",
            )
        table.notes.append(TableNote.of("total_left_out", name=name, cell=table.reference(row, 0)))
    return table.without(rows=totals)
