"""Flower-Insect Timed counts made by people, in the form that the UK Pollinator Monitoring Scheme publishes.

One row a place, day and group; `all_insects_total` is the sum of the others and would double everything. A
date without time of day is a local day.

Source of the form: UK PoMS, doi 10.5285/761cee06-cb94-476e-bb62-69ae634aa5ca.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from sera_gateway.importers.findings import LEFT_OUT, Finding
from sera_gateway.importers.national_grid import Square, read_square
from sera_gateway.importers.recording import Recording, Row, UnreadableFileError
from sera_gateway.importers.survey_dates import Moment, day_problem, read_moment
from sera_store.errors import TableError
from sera_store.tables.names import fold_name, is_total_name
from sera_store.tables.reader import table_of
from sera_vocabulary import measurements, series
from sera_vocabulary.meanings import MEANINGS
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from sera_gateway.importers.loggers.family import ReadingOptions
    from sera_store.tables.table import Table

# What people call the columns, ours by the scheme's name first.
_PLACE: Final = (
    "X1km_square",
    "1km_square",
    "1 km square",
    "grid_square",
    "grid square",
    "grid reference",
    "gridref",
    "grid_ref",
    "grid_reference",
    "square",
)
_DAY: Final = ("date", "day", "survey_date", "survey date")
_CLOCK: Final = ("time", "start_time", "start time", "time_of_day")
_OBSERVER: Final = ("observer", "recorder", "counter", "surveyor")
_GROUP: Final = ("insect_group", "insect group", "group")
_COUNT: Final = ("count", "number", "insects")
_SURVEYS: Final = ("n_surveys", "surveys", "number_of_counts", "number of counts")
_HALF_A_DAY_S: Final = 43_200
_A_MINUTE_S: Final = 60
# What the scheme's table calls the groups, in our order.
_SCHEME_NAMES: Final = (
    "bumblebees",
    "honeybees",
    "solitary_bees",
    "wasps",
    "hoverflies",
    "other_flies",
    "butterflies_moths",
    "beetles",
    "insects_small",
    "insects_other",
)
_SEPARATORS: Final = re.compile(r"[,;\t|]")
_OBSERVER_BYTES: Final = 4


def _spelling(name: str) -> str:
    """Return a group's name without what people write otherwise: case, hyphens, blanks and `&`."""
    return fold_name(name.replace("&", " and ")).replace("_", " ").replace("-", " ")


_GROUPS_BY_SPELLING: Final = {
    _spelling(spelling): name
    for name, scheme in zip(GROUP_NAMES, _SCHEME_NAMES, strict=True)
    for spelling in (name, scheme, MEANINGS[name].label)
}


class _Columns(NamedTuple):
    """Places of the columns; those that a table may lack are None."""

    place: int
    day: int
    group: int
    insects: int
    surveys: int
    clock: int | None
    observer: int | None


class _Key(NamedTuple):
    """What makes rows one count: where, by whom and when."""

    square: str
    observer: str
    moment: Moment


@dataclass
class _Count:
    """The rows of one count, its first as place in the table and as number in the file.

    Insects stand by group, each with its row; the total has the empty name.
    """

    square: Square
    row: int
    number: int
    surveys: float
    insects: dict[str, tuple[float | None, int]] = field(default_factory=dict)
    finding: Finding | None = None


def recognises(text: str) -> bool:
    """Return whether a file is a table of counts, by the names of its columns."""
    lines = [line for line in text.splitlines()[:4] if line.strip()]
    for line in lines[:2]:
        names = {fold_name(cell.strip().strip('"')) for cell in _SEPARATORS.split(line)}
        if all(names.intersection(map(fold_name, titles)) for titles in (_DAY, _GROUP, _COUNT)):
            return True
    return False


def read(path: Path, data: bytes, options: ReadingOptions) -> list[Recording]:
    """Read a table of FIT counts: one recording a square and observer, one row a count.

    Parameters
    ----------
    data
        The file.
    options
        What a person says of the file, and today's date.

    Returns
    -------
    list of Recording
        Insects of the ten groups and the number of ten-minute counts; the total row is checked and dropped.
        What cannot be right is left out, and stands among the findings of the first recording.

    Raises
    ------
    UnreadableFileError
        A cell is no number, date or square, a group is unknown, or no count is left.
    """
    try:
        table = table_of(data, path.name, decimal=options.decimal)
        counts = _counts(table, options.today)
    except TableError as error:
        raise UnreadableFileError(str(error)) from error
    findings = [count.finding for count in counts.values() if count.finding is not None]
    recordings = [_recording(path, of_place) for of_place in _by_place(counts)]
    if not recordings:
        raise UnreadableFileError(
            f"{path.name}: no count is left; row {findings[0].row}: {findings[0].problem}"
        )
    return [recordings[0].with_findings(findings), *recordings[1:]]


def _counts(table: Table, today: date | None) -> dict[_Key, _Count]:
    """Gather the rows of a table by count, and look at each of them."""
    columns = _columns(table)
    # One column each, so that neither tells how decimals stand in the other.
    insects = table.numbers([columns.insects], expected="a whole number of insects", missing=True)[:, 0]
    surveys = table.numbers([columns.surveys], expected="a whole number of counts")[:, 0]
    squares: dict[str, Square] = {}
    counts: dict[_Key, _Count] = {}
    for row, cells in enumerate(table.rows):
        square = squares.get(cells[columns.place]) or _square(table, row, columns.place)
        squares[cells[columns.place]] = square
        _check_whole(table, row, columns, insects[row], surveys[row])
        moment = read_moment(table, row, columns.day, columns.clock)
        observer = fold_name(cells[columns.observer]) if columns.observer is not None else ""
        key = _Key(square.name, observer, moment)
        count = counts.setdefault(key, _Count(square, row, table.row_numbers[row + 1], float(surveys[row])))
        _add(table, columns, count, row, float(insects[row]))
        if problem := day_problem(moment.day, today):
            _refuse(count, "time_impossible", table, (row, columns.day), problem)
    for count in counts.values():
        _check_total(table, columns, count)
    return counts


def _columns(table: Table) -> _Columns:
    def find(names: Sequence[str]) -> int | None:
        return next((place for name in names if (place := table.find(name)) is not None), None)

    def require(names: Sequence[str], purpose: str) -> int:
        place = find(names)
        return table.column(names[0], purpose) if place is None else place

    return _Columns(
        require(_PLACE, ", the 1-km square of the count"),
        require(_DAY, ", the day of the count"),
        require(_GROUP, ""),
        require(_COUNT, ", the insects of a group"),
        require(_SURVEYS, ", how many ten-minute counts a row sums up; write 1 where it is one"),
        find(_CLOCK),
        find(_OBSERVER),
    )


def _square(table: Table, row: int, column: int) -> Square:
    try:
        return read_square(table.rows[row][column])
    except UnreadableFileError as error:
        raise table.error(row, column, str(error)) from error


def _check_whole(table: Table, row: int, columns: _Columns, insects: float, surveys: float) -> None:
    if insects < 0 or insects % 1 > 0:
        raise table.not_expected(row, columns.insects, "a whole number of insects, 0 or more")
    if surveys < 1 or surveys % 1:
        raise table.not_expected(row, columns.surveys, "a whole number of ten-minute counts, 1 or more")


def _add(table: Table, columns: _Columns, count: _Count, row: int, insects: float) -> None:
    """Add a row to its count, or note why both cannot be of one count."""
    cell, surveys = table.rows[row][columns.group], table.rows[row][columns.surveys]
    name = _GROUPS_BY_SPELLING.get(_spelling(cell), "")
    if not name and not is_total_name(cell):
        expected = f"one of {', '.join(_SCHEME_NAMES)} or all_insects_total"
        raise table.not_expected(row, columns.group, expected)
    if surveys != table.rows[count.row][columns.surveys]:
        problem = (
            f"row {count.number} of the same square and time has another number; tell two counts apart by a "
            "column observer or time, or write one number"
        )
        _refuse(count, "surveys_differ", table, (row, columns.surveys), problem)
    elif name in count.insects:
        problem = (
            f"row {table.row_numbers[count.insects[name][1] + 1]} has this group of the same square and time "
            "too; tell two counts apart by a column observer or time, or add the rows up"
        )
        _refuse(count, "group_repeated", table, (row, columns.group), problem)
    # Not noted is missing, never zero.
    count.insects.setdefault(name, (None if math.isnan(insects) else insects, row))


def _check_total(table: Table, columns: _Columns, count: _Count) -> None:
    """Refuse a count whose total is not the sum of its ten groups, or less than those that were noted."""
    total, row = count.insects.get("", (None, -1))
    groups = [count.insects.get(name, (None, -1))[0] for name in GROUP_NAMES]
    insects = [number for number in groups if number is not None]
    if total is None or total == sum(insects) or (len(insects) < len(groups) and total > sum(insects)):
        return
    problem = f"its groups add up to {sum(insects):g}; correct the group or the total that is wrong"
    _refuse(count, "total_wrong", table, (row, columns.insects), problem)


def _refuse(count: _Count, kind: str, table: Table, cell: tuple[int, int], problem: str) -> None:
    """Note why a count cannot be right, the first reason of several."""
    row, column = cell
    if count.finding is None:
        value, number = table.rows[row][column], table.row_numbers[row + 1]
        count.finding = Finding(kind, number, table.titles[column], value, problem, LEFT_OUT)


def _by_place(counts: dict[_Key, _Count]) -> Iterator[dict[_Key, _Count]]:
    """Part the counts that are right by square and observer, each in the order of time."""
    places: dict[tuple[str, str], dict[_Key, _Count]] = {}
    for key, count in sorted(counts.items(), key=lambda item: _utc_s(item[0].moment, item[1].square)):
        if count.finding is None:
            places.setdefault(key[:2], {})[key] = count
    for place in sorted(places):
        yield places[place]


def _recording(path: Path, counts: dict[_Key, _Count]) -> Recording:
    (key, count), *_ = counts.items()
    square = count.square
    return Recording(
        source=path.name,
        origin=_origin(key),
        detector="person",
        stream=series.COUNTS,
        columns=(*GROUP_NAMES, measurements.SURVEYS),
        rows=tuple(_row(key.moment, count) for key, count in counts.items()),
        timezone=square.timezone,
        place=square.place,
        notes=tuple(_notes(counts)),
    )


def _origin(key: _Key) -> str:
    """Name a source by its square, and by a hash of its observer, whose name is kept nowhere."""
    if not key.observer:
        return f"poms/{key.square}"
    digest = hashlib.blake2b(key.observer.encode(), digest_size=_OBSERVER_BYTES).hexdigest()
    return f"poms/{key.square}/{digest}"


def _row(moment: Moment, count: _Count) -> Row:
    utc_s = _utc_s(moment, count.square)
    # A group that is not in the table was not written down: missing, not zero.
    insects = [count.insects.get(name, (None, -1))[0] for name in GROUP_NAMES]
    uncertainty_s = _HALF_A_DAY_S if moment.at is None else _A_MINUTE_S
    return Row(utc_s, uncertainty_s, (*insects, count.surveys), count.number)


def _notes(counts: dict[_Key, _Count]) -> Iterator[str]:
    square = next(iter(counts)).square
    if any(key.moment.at is None for key in counts):
        yield f"{square}: the table gives days without time of day, so no rate by hour can be made."
    yield f"{square}: minutes are inferred as 10 for each of n_surveys, after the scheme's protocol."
    absent = {name for count in counts.values() for name in GROUP_NAMES if name not in count.insects}
    if absent:
        yield (
            f"{square}: some counts have no row for {', '.join(sorted(absent))}; there they are missing, not "
            "zero."
        )


def _utc_s(moment: Moment, square: Square) -> int:
    local = datetime.combine(moment.day, moment.at or time(12), ZoneInfo(square.timezone))
    return int(local.astimezone(UTC).timestamp())
