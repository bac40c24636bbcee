"""The tables of a bundle, one a class of data: columns, kinds of values, and how they are written and read.

The same table of columns writes the Data Package descriptor, the files, and holds what comes in against it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import rfc8785

from sera_coalition.agreements.days import read_day
from sera_coalition.agreements.terms import DataClass, Period
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.errors import RefusedBundleError
from sera_store.licence import NO_LICENCE, Licence
from sera_store.plain_text import text_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sera_coalition.agreements.terms import Agreement

DESCRIPTOR: Final = "datapackage.json"
WITHDRAWALS: Final = "withdrawals"
ROWS_MOST: Final = 500_000
TEXT_LONGEST: Final = 400_000

Value = str | int | float | None
Row = tuple[Value, ...]


class Column(NamedTuple):
    """One column: its name, what a cell is, and what it says.

    `kind` is `code` (letters, digits and a few signs), `unit`, `text` (in JSON alone), `day`, `integer` or
    `number`; a number may be empty.
    """

    name: str
    kind: str
    meaning: str


_ORIGIN = Column("origin", "code", "community that gives the row")
_LICENCE = Column("licence", "code", "cc0, cc-by, cc-by-nc; or none, for the purposes of the agreement alone")
_SIMULATED = Column("simulated", "integer", "1 where a model said it, 0 where nodes or people did")
_FIRST = Column("first_day", "day", "first local day that the row is about")
_LAST = Column("last_day", "day", "last local day that the row is about")
_PLACE = (
    Column("latitude", "number", "centre of the cell of the common grid [degree]; empty for the community"),
    Column("longitude", "number", "centre of the cell of the common grid [degree]; empty for the community"),
    Column("grid_deg", "number", "side of the cell [degree]; empty for the community"),
)
_GARDENS = Column("gardens", "integer", "how many gardens it is about")
_EFFORT = Column("effort_h", "number", "hours watched behind it [h]; empty where they would tell of fewer")
_HEAD = (_ORIGIN, _LICENCE, _SIMULATED, _FIRST, _LAST)

TABLES: Final[Mapping[str, tuple[Column, ...]]] = {
    DataClass.READINGS: (
        *_HEAD,
        *_PLACE,
        Column("measurement", "code", "what was measured, by its name in Sera's vocabulary"),
        Column("unit", "unit", "UCUM"),
        _GARDENS,
        Column("value", "number", "mean over gardens of their mean over days; of rain, of its daily sums"),
    ),
    DataClass.VISITS: (
        *_HEAD,
        *_PLACE,
        Column("group", "code", "insect group, or what a beam or microphone noticed"),
        _GARDENS,
        Column("visits", "integer", "sum of what nodes noticed"),
        _EFFORT,
    ),
    DataClass.COUNTS: (
        *_HEAD,
        *_PLACE,
        Column("group", "code", "insect group"),
        _GARDENS,
        Column("persons", "integer", "how many persons counted"),
        Column("insects", "integer", "sum of what they counted"),
        _EFFORT,
    ),
    DataClass.INDICES: (
        *_HEAD,
        Column("index", "code", "name of the figure"),
        Column("group", "code", "insect group or soil condition; empty for all"),
        Column("target", "code", "what the interval speaks about"),
        Column("unit", "unit", "UCUM"),
        _GARDENS,
        Column("value", "number", "the figure"),
        Column("low", "number", "lower end of its interval"),
        Column("high", "number", "upper end of its interval"),
        _EFFORT,
    ),
    DataClass.STORIES: (
        _ORIGIN,
        _LICENCE,
        Column("item", "code", "drawn id of the story"),
        Column("version", "integer", "which version of it"),
        Column("kind", "code", "story or recipe"),
        Column("language", "code", "BCP 47"),
        Column("day", "day", "on which it was given"),
        Column("giver", "text", "as the giver wishes to be named; may be empty"),
        Column("title", "text", "title"),
        Column("text", "text", "what is told, one statement a paragraph"),
    ),
    DataClass.MEDIA: (
        _ORIGIN,
        _LICENCE,
        Column("item", "code", "drawn id of the story that it belongs to"),
        Column("version", "integer", "which version of it"),
        Column("file", "code", "name of the picture or sound, a salted digest"),
        Column("description", "text", "what it shows or lets hear; may be empty"),
    ),
    WITHDRAWALS: (
        _ORIGIN,
        _LICENCE,
        Column("item", "code", "drawn id of a story that was given before and is to be erased"),
        Column("version", "integer", "which version of it"),
    ),
}
# What people wrote goes as JSON: no cell of it can be a formula.
_AS_JSON: Final = frozenset((DataClass.STORIES.value, DataClass.MEDIA.value))
# Pictures and sounds, each under the salted digest that its giver keeps it under, which tells nothing.
MEDIA_FILE: Final = re.compile(r"[0-9a-f]{64}\.(jpg|wav|mp3|ogg|m4a)")
# A table whose columns tell when a node noticed something is never finer than a week.
FINEST: Final = {DataClass.VISITS.value: Period.WEEK, DataClass.INDICES.value: Period.WEEK}

_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{0,100}")
# More than anything that is measured; infinities and what is no number are beyond it, too.
_NUMBER_MOST: Final = 1e12
_INTEGER: Final = re.compile(r"0|[1-9]\d{0,14}")
_TYPES: Final = {
    "code": "string",
    "text": "string",
    "unit": "string",
    "day": "date",
    "integer": "integer",
    "number": "number",
}


def file_name(table: str) -> str:
    """Return the name of the file of a table."""
    return f"{table}.jsonl" if table in _AS_JSON else f"{table}.csv"


def period_of(table: str, agreement: Agreement) -> Period:
    """Return the finest time of a table's rows: that of the agreement, or the table's own where coarser."""
    order = list(Period)
    return max(agreement.period, FINEST.get(table, agreement.period), key=order.index)


def write_table(table: str, rows: Iterable[Row]) -> bytes:
    """Write rows in order, the same bytes for the same rows."""
    columns = [column.name for column in TABLES[table]]
    ordered = sorted(rows, key=_order)
    if table in _AS_JSON:
        lines = [rfc8785.dumps(dict(zip(columns, row, strict=True))) + b"\n" for row in ordered]
        return b"".join(lines)
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(value) for value in row] for row in ordered])
    return target.getvalue().encode()


def read_table(table: str, content: bytes) -> list[Row]:
    """Read a table, strictly: what it would be written as has to be what it is.

    Raises
    ------
    RefusedBundleError
        It has other columns, or a cell is not what its column holds; the message names file, row, column.
    """
    rows = _read_json(table, content) if table in _AS_JSON else _read_csv(table, content)
    if write_table(table, rows) != content:
        raise RefusedBundleError(
            Refusal.CONTENT,
            f"{file_name(table)}: its rows are not in order, or not written as a bundle writes them",
        )
    return rows


def _read_csv(table: str, content: bytes) -> list[Row]:
    name, columns = file_name(table), TABLES[table]
    try:
        reader = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        lines = [line for _, line in zip(range(ROWS_MOST + 2), reader, strict=False)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RefusedBundleError(Refusal.CONTENT, f"{name}: is no CSV in UTF-8") from error
    if len(lines) > ROWS_MOST + 1:
        raise RefusedBundleError(Refusal.TOO_LARGE, f"{name}: has more than {ROWS_MOST} rows")
    if not lines or lines[0] != [column.name for column in columns]:
        raise RefusedBundleError(
            Refusal.COLUMNS, f"{name}: expected the columns {', '.join(column.name for column in columns)}"
        )
    return [_read_row(name, number, columns, line) for number, line in enumerate(lines[1:], 2)]


def _read_json(table: str, content: bytes) -> list[Row]:
    name, columns, rows = file_name(table), TABLES[table], []
    for number, line in enumerate(content.splitlines(), 1):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RefusedBundleError(Refusal.CONTENT, f"{name}, line {number}: is no JSON") from error
        if not isinstance(fields, dict) or set(fields) != {column.name for column in columns}:
            raise RefusedBundleError(
                Refusal.COLUMNS, f"{name}, line {number}: has other fields than a bundle has"
            )
        cells = [fields[column.name] for column in columns]
        texts = [
            str(cell) if isinstance(cell, str | int) and not isinstance(cell, bool) else "\0"
            for cell in cells
        ]
        rows.append(_read_row(name, number, columns, texts))
    return rows


def _read_row(name: str, number: int, columns: Sequence[Column], cells: Sequence[str]) -> Row:
    if len(cells) != len(columns):
        raise RefusedBundleError(
            Refusal.COLUMNS, f"{name}, row {number}: has {len(cells)} cells; expected {len(columns)}"
        )
    values = []
    for column, cell in zip(columns, cells, strict=True):
        try:
            values.append(_READERS[column.kind](cell))
        except ValueError as error:
            raise RefusedBundleError(
                Refusal.CONTENT, f"{name}, row {number}, {column.name}: {cell[:40]!a} is no {column.kind}"
            ) from error
    return tuple(values)


def _read_code(cell: str) -> str:
    if not _CODE.fullmatch(cell) or cell.startswith("-"):
        raise ValueError(cell)
    return cell


def _read_text(cell: str) -> str:
    # As in a story that is given: what may be told here may be told there.
    if text_problem(cell, TEXT_LONGEST, has_lines=True):
        raise ValueError(cell[:40])
    return cell


def _read_unit(cell: str) -> str:
    # None begins like a formula.
    if cell.startswith(("=", "+", "-", "@")) or text_problem(cell, 40):
        raise ValueError(cell[:40])
    return cell


def _read_day(cell: str) -> str:
    return read_day(cell).isoformat()


def _read_integer(cell: str) -> int:
    if not _INTEGER.fullmatch(cell):
        raise ValueError(cell)
    return int(cell)


def _read_number(cell: str) -> float | None:
    if cell == "":
        return None
    number = float(cell)
    if not abs(number) <= _NUMBER_MOST:
        raise ValueError(cell)
    return number


_READERS: Final[Mapping[str, Any]] = {
    "code": _read_code,
    "text": _read_text,
    "unit": _read_unit,
    "day": _read_day,
    "integer": _read_integer,
    "number": _read_number,
}


def _cell(value: Value) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _order(row: Row) -> list[tuple[bool, str | float]]:
    return [(value is not None, 0.0 if value is None else value) for value in row]


def descriptor(manifest_name: str, tables: Iterable[str], licence: str) -> bytes:
    """Write the descriptor of a Data Package: what each file and column is.

    References
    ----------
    Frictionless Standards, Data Package 2.0, https://datapackage.org/standard/data-package/.
    """
    package: dict[str, Any] = {
        "name": manifest_name,
        "resources": [_resource(table) for table in tables],
    }
    if licence != NO_LICENCE:
        deed = Licence(licence).deed
        package["licenses"] = [{"name": deed.spdx, "path": deed.page, "title": deed.name}]
    return rfc8785.dumps(package)


def _resource(table: str) -> dict[str, Any]:
    fields = [
        {"name": column.name, "type": _TYPES[column.kind], "description": column.meaning}
        for column in TABLES[table]
    ]
    form = "ndjson" if table in _AS_JSON else "csv"
    return {
        "name": table,
        "path": file_name(table),
        "format": form,
        "encoding": "utf-8",
        "schema": {"fields": fields, "missingValues": [""]},
    }
