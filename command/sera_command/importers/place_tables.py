"""Tables of places with coordinates: food outlets, and where people live, each bad row named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_analysis.statistics.reach import great_circle_m
from sera_command.importers.amounts import read_amounts
from sera_store.errors import TableError
from sera_store.release.places import is_within
from sera_store.tables.names import fold_name
from sera_store.tables.numbers import DecimalMark, parse_number
from sera_store.tables.reader import table_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_analysis.diversity.samples import FloatArray
    from sera_command.importers.district_areas import DistrictArea
    from sera_store.tables.table import Table
    from sera_words.statements import TableNote

PLACES_MOST: Final = 3_000
OUTLETS_MOST: Final = 5_000
# A city and all around it; what lies farther is a slip.
_AREA_MOST_M: Final = 100_000.0
_OUTSIDE_LEAST_M: Final = 10_000.0
_PROBLEMS_MOST: Final = 20
# One shop that was noted twice is hardly farther from itself.
_ALIKE_M: Final = 50.0
# A small area of a census, an outlet beside others, and how far around a centre: what is more is a slip.
_RESIDENTS_MOST: Final = 1_000_000
_SUPPLY_MOST: Final = 1_000_000
_RADIUS_MOST_M: Final = 50_000
_NAMES: Final = {
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng", "long"),
}


class Outlets(NamedTuple):
    """Outlets: names, positions of shape (n, 2) [degree], what each counts, and how the table was read."""

    names: list[str]
    positions: FloatArray
    supply: FloatArray
    unread: tuple[str, ...]
    notes: tuple[TableNote, ...]


class LivingPlaces(NamedTuple):
    """Where people live: districts, positions, residents, how far around each centre, and left-out rows."""

    districts: list[str]
    positions: FloatArray
    residents: FloatArray
    radius_m: FloatArray
    without_residents: int
    unread: tuple[str, ...]
    notes: tuple[TableNote, ...]


class _Problems:
    """Gathers what is wrong with rows, so that a table is mended at once."""

    def __init__(self, table: Table, subject: str) -> None:
        self._table, self._subject = table, subject
        self._lines: dict[int, str] = {}

    def add(self, row: int, column: int, problem: str) -> None:
        """Note the first problem of a row."""
        self._lines.setdefault(row, f"{self._table.place(row, column)}: {problem}")

    def __contains__(self, row: int) -> bool:
        return row in self._lines

    def check(self) -> None:
        """Raise if there is any."""
        if not self._lines:
            return
        lines = [self._lines[row] for row in sorted(self._lines)]
        rest = len(lines) - _PROBLEMS_MOST
        more = [f"and {rest} rows more"] if rest > 0 else []
        head = f"{len(lines)} of {len(self._table.rows)} {self._subject} cannot be used"
        raise TableError(self._table.source, "\n".join([head, *lines[:_PROBLEMS_MOST], *more]))


def read_living_places(
    content: bytes,
    source: str,
    districts: Mapping[str, Sequence[str]],
    centre: tuple[float, float] | None,
    areas: Sequence[DistrictArea] = (),
) -> LivingPlaces:
    """Read where people live, in rows of `place, district, latitude, longitude, residents`.

    Parameters
    ----------
    content, source
        The file's bytes, and what messages call it.
    districts
        Ids of the registered districts that a folded id or name may mean.
    centre
        Where the community is (latitude, longitude) [degree]; None where no garden tells.
    areas
        Outlines of the districts: then a place is of the one in which its centre lies, and no column
        `district` is read.

    Raises
    ------
    TableError
        It is no such table, or rows of it cannot be: coordinates that are off the globe, zero, swapped or
        far away, a district that is not registered, a place in no outline or in two, a place twice.
    """
    table = table_of(content, source)
    _check_rows(table, PLACES_MOST, "places")
    column = {name: table.column(name) for name in (("place",) if areas else ("place", "district"))}
    places = _coordinate_columns(table)
    people = table.column("residents")
    radius = table.find("radius_m")
    problems = _Problems(table, "places")
    positions = _positions(table, places, problems)
    _check_area(positions, places, problems, centre)
    if areas:
        ids = _areas_of(positions, places, areas, problems)
    else:
        rows = range(len(table.rows))
        ids = [_district(table, row, column["district"], districts, problems) for row in rows]
    _check_repeats(table, column["place"], positions, problems, ids)
    residents = _amounts(table, people, _RESIDENTS_MOST, problems)
    around = np.zeros(residents.shape)
    if radius is not None:
        around = _amounts(table, radius, _RADIUS_MOST_M, problems)
    problems.check()
    lived = residents > 0
    if not lived.any():
        raise TableError(source, "column residents: nobody lives anywhere; expected one above 0")
    return LivingPlaces(
        [name for name, is_lived in zip(ids, lived, strict=True) if is_lived],
        positions[lived],
        residents[lived],
        around[lived],
        int((~lived).sum()),
        _unread(table, {*column.values(), *places, people, radius}),
        tuple(table.notes),
    )


def read_outlets(content: bytes, source: str, homes: FloatArray, *, reach_m: float) -> Outlets:
    """Read food outlets, in rows of `name, latitude, longitude`, and `supply` if they do not count alike.

    Parameters
    ----------
    content, source
        The file's bytes, and what messages call it.
    homes : array, shape (n, 2)
        Where people live [degree]: what lies far from all of them is outside the area.
    reach_m
        How far people go [m].

    Raises
    ------
    TableError
        As of `read_living_places`.
    """
    table = table_of(content, source)
    _check_rows(table, OUTLETS_MOST, "outlets")
    name, places = table.column("name"), _coordinate_columns(table)
    supply = table.find("supply")
    problems = _Problems(table, "outlets")
    positions = _positions(table, places, problems)
    _check_near(positions, places, problems, homes, max(_OUTSIDE_LEAST_M, 3 * reach_m))
    _check_repeats(table, name, positions, problems)
    counted = np.ones(len(table.rows))
    if supply is not None:
        counted = _amounts(table, supply, _SUPPLY_MOST, problems)
    problems.check()
    return Outlets(
        table.cells(name), positions, counted, _unread(table, {name, *places, supply}), tuple(table.notes)
    )


def _amounts(table: Table, column: int, most: int, problems: _Problems) -> FloatArray:
    """Read amounts, and note those that are too much to be true."""
    amounts = read_amounts(table, [column])[:, 0]
    for row in np.flatnonzero(amounts > most).tolist():
        problems.add(row, column, f"{amounts[row]:g}; expected {most:,} at most")
    return amounts


def _check_rows(table: Table, most: int, subject: str) -> None:
    if len(table.rows) > most:
        raise TableError(
            table.source,
            f"{len(table.rows)} {subject}; expected {most:,} at most. Join those that lie together",
        )


def _unread(table: Table, read: set[int | None]) -> tuple[str, ...]:
    return tuple(title for index, title in enumerate(table.titles) if index not in read)


def _coordinate_columns(table: Table) -> tuple[int, int]:
    """Find the columns of latitude and longitude by any of their names."""
    columns = []
    for name, names in _NAMES.items():
        places = [place for alias in names if (place := table.find(alias)) is not None]
        columns.append(places[0] if places else table.column(name))
    return columns[0], columns[1]


def _positions(table: Table, columns: tuple[int, int], problems: _Problems) -> FloatArray:
    """Read coordinates, and note those that are off the globe or at its origin."""
    marked = replace(table, decimal=table.decimal or _coordinate_mark(table, columns))
    positions = marked.numbers(columns, expected="degrees in decimals, such as 51.4545 or -2.5879")
    for row, (latitude, longitude) in enumerate(positions.tolist()):
        if latitude == longitude == 0:
            problems.add(row, columns[0], "0, 0 lies in the sea off Africa; leave the row out if not known")
        elif not abs(latitude) <= 90 or not abs(longitude) <= 180:
            swapped = abs(longitude) <= 90 and abs(latitude) <= 180
            hint = "they look swapped" if swapped else "write degrees in decimals (WGS 84)"
            problems.add(
                row,
                columns[0],
                f"latitude {latitude:g} and longitude {longitude:g} are not on the globe; {hint}",
            )
    return positions


def _coordinate_mark(table: Table, columns: tuple[int, int]) -> DecimalMark | None:
    """Choose the decimal mark by what a degree can be: 51.507 is no fifty thousand."""
    fits = [
        mark
        for mark in DecimalMark
        if all(abs(parse_number(row[column], mark)) <= 180 for row in table.rows for column in columns)
    ]
    return fits[0] if len(fits) == 1 else None


def _check_area(
    positions: FloatArray,
    columns: tuple[int, int],
    problems: _Problems,
    centre: tuple[float, float] | None,
) -> None:
    """Note places that are far from the community, or from most others where no garden tells where it is."""
    middle = np.array(centre) if centre is not None else np.median(positions, axis=0)
    _check_near(positions, columns, problems, middle.reshape(1, 2), _AREA_MOST_M)


def _check_near(
    positions: FloatArray,
    columns: tuple[int, int],
    problems: _Problems,
    area: FloatArray,
    most_m: float,
) -> None:
    """Note positions that lie farther than so many metres from all of an area's; say which look swapped."""
    away_m = great_circle_m(positions, area).min(axis=1)
    swapped_m = great_circle_m(positions[:, ::-1], area).min(axis=1)
    for row in np.flatnonzero(away_m > most_m).tolist():
        if swapped_m[row] <= most_m:
            problem = "latitude and longitude are swapped: the other way round it lies in the area"
        else:
            problem = (
                f"{positions[row, 0]:g}, {positions[row, 1]:g} lies {away_m[row] / 1000:,.0f} km outside the "
                "area; leave the row out, or mend it"
            )
        problems.add(row, columns[0], problem)


def _check_repeats(
    table: Table, name: int, positions: FloatArray, problems: _Problems, groups: list[str] | None = None
) -> None:
    """Note rows that repeat another: of one name, and in one group, or as near as one place is to itself."""
    rows: dict[tuple[str, str], list[int]] = {}
    for row, cell in enumerate(table.cells(name)):
        if not cell:
            problems.add(row, name, "it is empty; expected a name")
            continue
        if row in problems:
            continue
        earlier = rows.setdefault((fold_name(cell), groups[row] if groups else ""), [])
        near = _near(positions, row, earlier) if groups is None else list(earlier)
        earlier.append(row)
        if near:
            before = near[0]
            problems.add(
                row,
                name,
                f"{cell!r} repeats {table.place(before, name)}; leave one of the two out, or rename it",
            )


def _near(positions: FloatArray, row: int, others: list[int]) -> list[int]:
    """Return which of some rows lie in the same place as a row."""
    if not others:
        return []
    away_m = great_circle_m(positions[row].reshape(1, 2), positions[others])[0]
    return [other for other, one_m in zip(others, away_m.tolist(), strict=True) if one_m <= _ALIKE_M]


def _areas_of(
    positions: FloatArray, columns: tuple[int, int], areas: Sequence[DistrictArea], problems: _Problems
) -> list[str]:
    """Return the id of the district in which each position lies; note those in none, and in two."""
    ids = []
    for row, (latitude, longitude) in enumerate(positions.tolist()):
        around = [area.district.id for area in areas if is_within(longitude, latitude, area.rings)]
        if len(around) > 1:
            names = " and ".join(around)
            problems.add(row, columns[0], f"it lies in {names}, whose outlines overlap; mend the map")
        elif not around:
            problem = (
                f"{latitude:g}, {longitude:g} lies in no district of the map; leave the row out, or mend it"
            )
            problems.add(row, columns[0], problem)
        ids.append(around[0] if around else "")
    return ids


def _district(
    table: Table, row: int, column: int, districts: Mapping[str, Sequence[str]], problems: _Problems
) -> str:
    """Return the id of the district of a row; note where there is none, or a name has several."""
    cell = table.rows[row][column]
    meant = districts.get(fold_name(cell), ())
    if len(meant) == 1 or cell in meant:
        return cell if cell in meant else meant[0]
    if meant:
        names = ", ".join(meant)
        problems.add(row, column, f"several districts are called {cell!r}; write the id of one: {names}")
    else:
        names = ", ".join(sorted({name for names in districts.values() for name in names})) or "none"
        problems.add(
            row,
            column,
            f"district {cell!r} is not registered; registered are {names}. `sera district new` enters one",
        )
    return ""
