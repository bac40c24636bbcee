"""`sera journal`: what the journal holds, whether it is whole, packing closed months, and taking it out."""

from __future__ import annotations

import json as json_format
import sys
from base64 import b64encode
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from sera_command.errors import BadInputError, CannotWriteError, ExitCode
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.run import follower
from sera_command.terminal import echo, echo_json
from sera_gateway.config import DataSettings
from sera_gateway.journal.packing import closed_months, pack
from sera_gateway.journal.reader import JournalReader
from sera_store.plain_text import plain_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_gateway.journal.message import Entry
    from sera_gateway.journal.reader import MonthSummary

app = typer.Typer(no_args_is_help=True, help="Inspect, compress and export the message journal.")

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]

_MESSAGES_AT_ONCE = 1000

# The same as `sera follower replay`: what was journaled goes to a follower again.
app.command("replay")(follower.replay)


@app.command()
def status(data: Data = DEFAULT_FOLDER, json: Json = False) -> None:
    """Show each month: its messages, its form on disk, and when they arrived."""
    with _journal(data) as journal:
        months = journal.month_summaries()
    if json:
        echo_json(json_format.dumps({"months": [month._asdict() for month in months]}))
        return
    for month in months:
        echo(_line(month))
    total, size = sum(month.messages for month in months), sum(month.bytes for month in months)
    echo(f"{len(months)} months, {total} messages, {size} bytes")


@app.command()
def verify(
    month: Annotated[str, typer.Option("--month", help="Only this month, 2026-06.")] = "",
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Read every message: numbers without holes, each as it was written; exit 1 where one is not."""
    with _journal(data) as journal:
        _check_month(month, [summary.month for summary in journal.month_summaries()] if month else [])
        verification = journal.verify(month)
    if json:
        echo_json(json_format.dumps(verification._asdict()))
    else:
        for problem in verification.problems:
            echo(problem)
        whole = "whole" if not verification.problems else f"damaged: {len(verification.problems)} problems"
        echo(
            f"{verification.messages} messages, numbers {verification.first} to {verification.last}: {whole}"
        )
    if verification.problems:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command("pack")
def pack_months(
    month: Annotated[str, typer.Option("--month", help="Only this closed month; all by default.")] = "",
    data: Data = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Compress closed months; a plain file goes only after every message of it was compared."""
    with _journal(data) as journal:
        folder = journal.folder
    _check_month(month, closed_months(folder) if month else [])
    packed = [pack(folder, name) for name in ([month] if month else closed_months(folder))]
    if json:
        echo_json(json_format.dumps({"packed": [size._asdict() for size in packed]}))
        return
    for size in packed:
        echo(f"{size.month}  {size.messages} messages  {size.before} -> {size.after} bytes")
    echo(f"{len(packed)} months packed; the newest month stays open")


@app.command()
def export(
    first: Annotated[int, typer.Option("--from", min=1, help="First number.")] = 1,
    last: Annotated[int | None, typer.Option("--to", help="Last number; the newest by default.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; stdout by default.")] = None,
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write messages as JSON lines; a payload that is no UTF-8 text is written as Base64."""
    with _journal(data) as journal:
        newest = journal.last_number()
        end = newest if last is None else last
        if end < first and newest:
            raise BadInputError(f"no numbers from {first} to {end}; expected some of 1 to {newest}")
        _write(journal, first, end, out)


def _write(journal: JournalReader, first: int, end: int, out: Path | None) -> None:
    with _open_output(out) as output:
        after = first - 1
        while entries := journal.read(after, min(_MESSAGES_AT_ONCE, max(0, end - after))):
            output.writelines(
                plain_json(json_format.dumps(_message(entry), ensure_ascii=False)) + "\n" for entry in entries
            )
            after = entries[-1].number


@contextmanager
def _journal(data: Path) -> Iterator[JournalReader]:
    folder = DataSettings(folder=str(data)).journal
    if not folder.is_dir():
        raise BadInputError(f"{data} holds no journal; name the data folder of a gateway with --data")
    with JournalReader(folder) as journal:
        yield journal


@contextmanager
def _open_output(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    try:
        with out.open("w", encoding="utf-8", newline="\n") as output:
            yield output
    except OSError as error:
        raise CannotWriteError(f"{out} cannot be written ({error}); name another file with --out") from error


def _check_month(month: str, months: list[str]) -> None:
    if month and month not in months:
        expected = f"expected {', '.join(months)}" if months else "there is none; the newest stays open"
        raise BadInputError(f"no such month {month!r} here; {expected}")


def _line(month: MonthSummary) -> str:
    if month.first_received_s is None or month.last_received_s is None:
        return f"{month.month}  empty"
    return (
        f"{month.month}  {'packed' if month.packed else 'plain '}  {month.messages} messages  "
        f"{month.first} to {month.last}  {month.bytes} bytes  "
        f"{_time(month.first_received_s)} to {_time(month.last_received_s)}"
    )


def _time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _message(entry: Entry) -> dict[str, Any]:
    fields = entry._asdict()
    payload = fields.pop("payload")
    try:
        fields["payload"] = payload.decode()
    except UnicodeDecodeError:
        fields["payload_base64"] = b64encode(payload).decode()
    return fields | {name: bool(fields[name]) for name in ("retain", "dup")}
