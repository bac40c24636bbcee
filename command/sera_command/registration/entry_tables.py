"""Tables of registry entries: read with each bad cell named, entered all or none, and written."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.installation import BY
from sera_command.installation.moments import moment_s
from sera_command.terminal import quantity_text
from sera_store.errors import InvalidEntryError, RejectedEntriesError, TableError
from sera_store.plain_text import from_spreadsheet_text, spreadsheet_text
from sera_store.private_files import write_private
from sera_store.registry.entities import PERSON, Node
from sera_store.registry.fields import build_entity, fields_of, id_field
from sera_store.release.entries import PLACE_FIELDS
from sera_store.tables.names import fold_name
from sera_store.tables.numbers import DecimalMark, has_two_readings
from sera_store.tables.reader import read_table
from sera_words.words import words

if TYPE_CHECKING:
    from sera_store.registry.entities import Entity
    from sera_store.registry.fields import Field
    from sera_store.registry.registry import Registry
    from sera_store.tables.table import Table

Decimal = Annotated[
    DecimalMark | None,
    typer.Option("--decimal", help="What stands before decimals, if the table does not show."),
]
SINCE: Final = "since"
_PROBLEMS_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class EntryRows:
    """The entries of a table.

    Parameters
    ----------
    table
        The table they were read from.
    kind
        Their kind.
    entries
        In the order of the rows; each with from when on it holds, Unix time [s].
    notes
        What the reader of the table must know.
    """

    table: Table
    kind: str
    entries: list[tuple[Entity, int]]
    notes: list[str]


class _DryRun(Exception):  # noqa: N818 - it ends a transaction, and is no error
    """All rows may be entered, and none shall be."""


def read_entries(
    path: Path, kind: str, registry: Registry, since_s: int, decimal: DecimalMark | None = None
) -> EntryRows:
    """Read a table with a column for each field of a kind.

    Parameters
    ----------
    path
        The table, in any dialect that Sera reads.
    kind
        One of the registry's kinds.
    registry
        What was before: a field without a column stays as it was. An empty cell is no value.
    since_s
        From when on rows without a cell in the column `since` hold, Unix time [s].
    decimal
        What stands before decimals; by default the columns tell.

    Raises
    ------
    BadInputError
        The table cannot be read, or cells of it; each is named by row and column.
    """
    try:
        table = read_table(path, decimal=decimal)
        columns = _columns(table, kind)
        numbers = {field.name: _numbers(table, column, field) for field, column in columns if field.is_number}
        key = table.column(id_field(kind))
    except TableError as error:
        raise BadInputError(str(error)) from error
    since = table.find(SINCE)
    entries: list[tuple[Entity, int]] = []
    problems: list[str] = []
    rows_by_id: dict[tuple[str, int], int] = {}
    for row, cells in enumerate(table.rows):
        try:
            from_s = _since_s(table, row, since, since_s)
            values = {
                field.name: _value(table, row, column, field, numbers.get(field.name))
                for field, column in columns
            }
            entity = _entity(table, (row, key), kind, registry, values, from_s)
            first = rows_by_id.setdefault((cells[key], from_s), row)
            if first != row:
                raise table.repeat_error((first, key), (row, key))
            entries.append((entity, from_s))
        except TableError as error:
            problems.append(str(error).removeprefix(f"{table.source}: "))
    if problems:
        raise _rejected(path.name, problems)
    return EntryRows(table, kind, entries, [words().statement(note) for note in table.notes])


def enter(registry: Registry, rows: EntryRows, *, by: str = BY, dry_run: bool = False) -> int:
    """Enter all rows or none, and return how many differ from what was in force.

    Parameters
    ----------
    by
        Who says so.
    dry_run
        Check them all, also what they name in the registry, and enter nothing.

    Raises
    ------
    BadInputError
        Some name what is not in the registry, or may not follow what is; each is named by its row.
    """
    count = 0
    try:
        with suppress(_DryRun), registry.atomic():
            count = registry.put_all(rows.entries, by=by)
            _end(dry_run=dry_run)
    except RejectedEntriesError as error:
        key = rows.table.column(id_field(rows.kind))
        raise _rejected(
            Path(rows.table.source).name,
            [f"{rows.table.place(index, key)}: {problem}" for index, problem in error.problems.items()],
        ) from error
    return count


def _end(*, dry_run: bool) -> None:
    if dry_run:
        raise _DryRun


def table_text(kind: str, rows: list[dict[str, Any]]) -> str:
    """Write entries as CSV, each field a column; nested values are JSON."""
    names = list(rows[0]) if rows else [field.name for field in fields_of(kind) if not field.is_private]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_exported_cell(row[name]) for name in names])
    return out.getvalue()


def write_private_table(path: Path, text: str) -> None:
    """Write a table for this user alone.

    Raises
    ------
    CannotWriteError
        The file cannot be written.
    """
    try:
        write_private(path, text)
    except OSError as error:
        raise CannotWriteError(f"{path}: {error.strerror}; name another file with --out") from error


def cell_text(value: Any) -> str:
    """Write a value as one cell: words and numbers as they are, anything nested as JSON."""
    if value is None:
        return ""
    return (
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple | bool) else str(value)
    )


def _exported_cell(value: Any) -> str:
    if isinstance(value, float) and has_two_readings(repr(value)):
        # Of `1.875` nothing tells whether its point parts thousands; a fourth decimal does.
        return f"{value!r}0"
    return spreadsheet_text(value) if isinstance(value, str) else cell_text(value)


def _columns(table: Table, kind: str) -> list[tuple[Field, int]]:
    """Find the columns of the fields; a column that is no field is refused, for it would be lost."""
    fields = [field for field in fields_of(kind) if table.find(field.name) is not None]
    names_of_fields = {fold_name(name) for name in (*[field.name for field in fields], SINCE)}
    released = {fold_name(name) for name in PLACE_FIELDS}
    for column, title in enumerate(table.titles):
        # What an export without exact places has in their stead is no field, and changes nothing.
        if fold_name(title) not in names_of_fields | released:
            names = ", ".join([field.name for field in fields_of(kind)])
            raise table.error(-1, column, f"{title!r} is no field of a {kind}; expected {names}, or {SINCE}")
    return [(field, table.column(field.name)) for field in fields]


def _numbers(table: Table, column: int, field: Field) -> list[float]:
    if field.is_time:
        return []
    values = table.numbers([column], expected=field.expected, missing=not field.is_required)
    return [float(value) for value in values[:, 0]]


def _value(table: Table, row: int, column: int, field: Field, numbers: list[float] | None) -> Any:
    cell = table.rows[row][column]
    text = from_spreadsheet_text(cell)
    if numbers and cell:
        value = numbers[row]
        # Not a number is a cell that says `NA`.
        text = "" if value != value else repr(value if field.type is float else _whole(value))
    if not text and field.is_required:
        raise table.not_expected(row, column, field.expected)
    try:
        return field.read(text)
    except InvalidEntryError as error:
        raise table.not_expected(row, column, field.expected) from error


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _since_s(table: Table, row: int, column: int | None, since_s: int) -> int:
    if column is None or not table.rows[row][column]:
        return since_s
    try:
        return moment_s(table.rows[row][column], SINCE)
    except BadInputError as error:
        raise table.not_expected(row, column, "a date or time such as 2026-06-01T12:00 (UTC)") from error


def _entity(
    table: Table,
    cell: tuple[int, int],
    kind: str,
    registry: Registry,
    values: dict[str, Any],
    from_s: int,
) -> Entity:
    name = table.rows[cell[0]][cell[1]]
    before = registry.entity(kind, name, from_s) or registry.entity(kind, name)
    try:
        entity = build_entity(kind, values, before)
    except InvalidEntryError as error:
        raise table.error(*cell, str(error)) from error
    if isinstance(entity, Node) and entity.detector == PERSON and before is None:
        raise table.error(
            *cell, "a person's id is drawn, never typed; enter people by `sera node new --detector person`"
        )
    return entity


def _rejected(source: str, problems: list[str]) -> BadInputError:
    lines = problems[:_PROBLEMS_MOST]
    if len(problems) > len(lines):
        lines.append(f"and {len(problems) - len(lines)} more")
    count = quantity_text(len(problems), "rows")
    return BadInputError("\n".join([f"{source}: {count} cannot be entered, so none was", *lines]))
