"""`sera registry`: every kind of entry listed, shown, changed by date, with its history; also as tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from sera_command.consoles import plain_console
from sera_command.errors import BadInputError
from sera_command.installation.installation import BY, DEFAULT_FOLDER, Data, Installation
from sera_command.installation.moments import Since, moment_s, since_s
from sera_command.registration import entry_tables
from sera_command.registration.entry_fields import (
    FieldChange,
    check_own_verb,
    enter_fields,
    enter_rows,
    read_values,
)
from sera_command.terminal import echo, echo_json, quantity_text, warn
from sera_store.errors import InvalidEntryError
from sera_store.registry.entities import KINDS
from sera_store.registry.fields import fields_of, summary_of
from sera_store.release.entries import PLACE_FIELDS, released_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_store.registry.dated_entries import Entry
    from sera_store.registry.fields import Field

Kind = StrEnum("Kind", {kind: kind for kind in KINDS})  # type: ignore[misc]
KindName = Annotated[Kind, typer.Argument(help="Kind of entry.", metavar="KIND")]
EntryId = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry; of a probe its serial.")]
At = Annotated[
    str | None,
    typer.Option("--at", help="What held then, such as 2026-06-01 (UTC); as last entered by default."),
]
Exact = Annotated[
    bool,
    typer.Option("--exact", help="With exact places and recorded sources, for you on this machine alone."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
_EXACT_WARNING: Final = "Exact places follow: for you on this machine alone, and for nobody's output."

app = typer.Typer(
    no_args_is_help=True,
    help="All entries of the registry, with their history. Kinds: " + ", ".join(KINDS) + ".",
)


@app.command("fields")
def fields(kind: KindName, as_json: Json = False) -> None:
    """Explain the fields of a kind: the columns of its tables, and what `set` takes."""
    rows = fields_of(kind)
    if as_json:
        echo_json(json.dumps([_field_builtins(field) for field in rows]))
        return
    out = plain_console()
    out.print(summary_of(kind))
    table = Table("field", "is", "needed", "meaning")
    for field in rows:
        table.add_row(field.name, field.expected, "yes" if field.is_required else "", field.meaning)
    out.print(table)


@app.command("list")
def list_entries(
    kind: KindName, at: At = None, exact: Exact = False, data: Data = DEFAULT_FOLDER, as_json: Json = False
) -> None:
    """List the entries of a kind, as last entered or as of a date."""
    rows = _rows(data, kind, at, exact=exact)
    if as_json:
        echo_json(json.dumps(rows))
        return
    if not rows:
        echo(f"the registry has no {kind}" + (f" at {at}" if at else ""))
        return
    nested = {field.name for field in fields_of(kind) if not field.is_plain}
    plain_rows = [{name: row[name] for name in row if name not in nested} for row in rows]
    plain_console().print(_table([_cell_texts(row, _times(kind)) for row in plain_rows]))


@app.command("show")
def show(
    kind: KindName,
    name: EntryId,
    at: At = None,
    exact: Exact = False,
    data: Data = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Show one entry: its fields, since when they hold, and who entered them."""
    with Installation.existing(data).store() as store:
        entity = store.registry.entity(kind, name, None if at is None else moment_s(at, "--at"))
        entries = store.registry.history(kind, name)
        if entity is None:
            raise _unknown(kind, name, entries, at)
        row = released_fields(store.registry, entity, exact=exact)
    entry = [entry for entry in entries if entry.entity == entity][-1]
    _warn_of_exact(exact=exact)
    if as_json:
        echo_json(json.dumps({"kind": kind.value, **_entry_builtins(entry), "fields": row}))
        return
    texts = _cell_texts(row, _times(kind))
    width = max(map(len, texts))
    for key, text in texts.items():
        echo(f"{key:{width}}  {text or '-'}")
    echo(f"since {_time(entry.since_s)}, entered {_time(entry.recorded_s)} by {entry.by}")
    if len(entries) > 1:
        echo(f"{quantity_text(len(entries), 'entries')}: sera registry history {kind} {name}")


@app.command("set")
def set_fields(
    kind: KindName,
    name: EntryId,
    changes: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE ...", help="New values; those not named stay. FIELD= for none."),
    ],
    since: Since = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter a change, or something new, from a date on. What held before stays known."""
    check_own_verb(kind)
    values, from_s = read_values(kind, _pairs(kind, changes)), since_s(since)
    installation = Installation.existing(data)
    with installation.store() as store:
        entered = enter_fields(installation, store, FieldChange(kind, name, values, from_s, BY))
        entries = store.registry.history(kind, name)
    if not entered.changes:
        echo(f"{kind} {name} was so already; nothing changed.")
        return
    echo(f"{kind} {name} is entered, from {_time(from_s)} {_until(entries, from_s)}.")
    for line in entered.lines:
        echo(line)


@app.command("history")
def history(
    kind: KindName, name: EntryId, exact: Exact = False, data: Data = DEFAULT_FOLDER, as_json: Json = False
) -> None:
    """Show all entries of one id in the order they were written, and what each changed."""
    with Installation.existing(data).store() as store:
        entries = store.registry.history(kind, name)
        rows = [released_fields(store.registry, entry.entity, exact=exact) for entry in entries]
    if not entries:
        raise _unknown(kind, name, entries, None)
    _warn_of_exact(exact=exact)
    if as_json:
        merged = zip(entries, rows, strict=True)
        echo_json(json.dumps([{**_entry_builtins(entry), "fields": row} for entry, row in merged]))
        return
    texts = [_cell_texts(row, _times(kind)) for row in rows]
    for entry, row, before in zip(entries, texts, [{}, *texts[:-1]], strict=True):
        echo(
            f"{entry.number}  holds from {_time(entry.since_s)}; "
            f"entered {_time(entry.recorded_s)} by {entry.by}"
        )
        changed = [key for key, text in row.items() if before.get(key, "") != text]
        for key in changed:
            echo(f"    {key} = {row[key] or '-'}")
        if not changed:
            echo("    the same, as far as may be shown")


@app.command("import")
def import_table(
    kind: KindName,
    file: Annotated[
        Path, typer.Argument(help="Table with a column for each field: sera registry fields KIND.")
    ],
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all rows, and enter nothing.")] = False,
    decimal: entry_tables.Decimal = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter a table of one kind, all rows or none; bad rows are named by row and column.

    Columns that the table lacks stay as they were. A column `since` dates each row.
    """
    check_own_verb(kind)
    installation = Installation.existing(data)
    with installation.store() as store:
        rows = entry_tables.read_entries(file, kind, store.registry, since_s(since), decimal)
        entered = enter_rows(installation, store, rows, BY, dry_run=dry_run)
    count = entered.changes
    echo(
        f"{file.name}: {quantity_text(len(rows.entries), 'rows')} of {kind}; {count} "
        + ("would be entered" if dry_run else "entered")
        + f", {len(rows.entries) - count} as they were already."
    )
    for note in rows.notes:
        echo(note, err=True)
    for line in entered.lines:
        echo(line)


@app.command("export")
def export(
    kind: KindName,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; stdout by default.")] = None,
    at: At = None,
    exact: Exact = False,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write the entries of a kind as a table (CSV) that `import` takes back."""
    rows = _rows(data, kind, at, exact=exact)
    text = entry_tables.table_text(kind, rows)
    if out is None:
        for line in text.removesuffix("\n").split("\n"):
            echo(line, most=None)
    else:
        entry_tables.write_private_table(out, text)
        echo(f"{quantity_text(len(rows), 'rows')} of {kind}: {out}")


def _rows(data: Path, kind: str, at: str | None, *, exact: bool) -> list[dict[str, Any]]:
    """Return the entries of a kind by field, as they may be shown."""
    with Installation.existing(data).store() as store:
        entities = store.registry.entities(kind, None if at is None else moment_s(at, "--at"))
        rows = [released_fields(store.registry, entity, exact=exact) for entity in entities]
    _warn_of_exact(exact=exact)
    return rows


def _pairs(kind: str, changes: Iterable[str]) -> Iterator[tuple[str, str]]:
    names = [field.name for field in fields_of(kind)]
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or name not in names:
            raise BadInputError(
                f"{change!r} is no change of a {kind}; expected FIELD=VALUE with one of {', '.join(names)}"
            )
        yield name, text


def _unknown(kind: str, name: str, entries: Sequence[Entry], at: str | None) -> InvalidEntryError:
    if entries:
        first = min(entry.since_s for entry in entries)
        return InvalidEntryError(
            f"{kind} {name!r} did not hold at {at}; its first entry is of {_time(first)}"
        )
    return InvalidEntryError(f"{kind} {name!r} is not in the registry; see `sera registry list {kind}`")


def _until(entries: Iterable[Entry], from_s: int) -> str:
    """Return until when an entry holds: `on`, or until the next one that was entered before."""
    later = [entry.since_s for entry in entries if entry.since_s > from_s]
    return f"until {_time(min(later))}, when an entry of that date takes over" if later else "on"


def _warn_of_exact(*, exact: bool) -> None:
    if exact:
        warn(_EXACT_WARNING)


def _times(kind: str) -> set[str]:
    return {field.name for field in fields_of(kind) if field.is_time}


def _cell_texts(row: dict[str, Any], times: set[str]) -> dict[str, str]:
    """Return the fields of an entry as people read them, its coarse place as one of them."""
    texts = {
        name: _text(value, is_time=name in times) for name, value in row.items() if name not in PLACE_FIELDS
    }
    if PLACE_FIELDS[0] in row:
        latitude, longitude, uncertainty_m = [row[name] for name in PLACE_FIELDS]
        texts["place"] = "hidden" if latitude is None else f"{latitude:g}, {longitude:g} ± {uncertainty_m} m"
    return texts


def _table(rows: list[dict[str, str]]) -> Table:
    """Lay out entries below one another, without what none of them has."""
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for index, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*[row[name] or "-" for name in columns])
    return table


def _text(value: Any, *, is_time: bool) -> str:
    if is_time and value is not None:
        return _time(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else entry_tables.cell_text(value)


def _time(time_s: int) -> str:
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return f"{time_s} s"


def _entry_builtins(entry: Entry) -> dict[str, Any]:
    return {"number": entry.number, "since_s": entry.since_s, "recorded_s": entry.recorded_s, "by": entry.by}


def _field_builtins(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "expected": field.expected,
        "required": field.is_required,
        "private": field.is_private,
        "meaning": field.meaning,
    }
