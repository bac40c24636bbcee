"""`sera export`: values for other tools, as others may have them or exact; as text or by month as Parquet."""

from __future__ import annotations

import os
import sys
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TextIO

import typer

from sera_command.errors import BadInputError
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.installation.moments import moment_s, now_s
from sera_command.readings import standard_exports
from sera_command.readings.standard_exports import LicenceOption, cannot_write
from sera_command.terminal import echo
from sera_gateway.config import DataSettings
from sera_gateway.journal.journal import JournalReader
from sera_store.atomic_file import replacing_text
from sera_store.exports.export import (
    FORMATS,
    RawValue,
    ReleasedValue,
    gardens_with_records,
    pieces,
    raw_values,
    released_values,
)
from sera_store.exports.parquet import export_months, export_released_months
from sera_store.licence import Licence
from sera_store.release.handouts import note_handout
from sera_store.release.licences import may_leave
from sera_store.release.persons import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Write readings as text, Parquet, SQLite, or by standards.")
for command in (standard_exports.senml, standard_exports.sensorthings, standard_exports.geojson):
    app.command()(command)
app.command("sqlite")(standard_exports.sqlite)

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Node = Annotated[str | None, typer.Option("--node", help="Only values of this node.")]
Start = Annotated[str | None, typer.Option("--from", help="First date or time (UTC), included.")]
Exact = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="For yourself alone: every second, every person's counter id, epoch, sequence and arrival.",
    ),
]
End = Annotated[str | None, typer.Option("--to", help="Last date or time (UTC), excluded.")]


@app.command()
def raw(
    data: Data = DEFAULT_FOLDER,
    node: Node = None,
    start: Start = None,
    end: End = None,
    form: Annotated[str, typer.Option("--format", help=" or ".join(FORMATS))] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; stdout without.")] = None,
    exact: Exact = False,
    licence: LicenceOption = Licence.CC_BY,
) -> None:
    """Write every current value as others may have it: time, garden, node, series, name, value, flag.

    Times are local hours; what people counted and the level of sound have only the day, and people have a
    pseudonym of this file alone. What a simulated node said has a 1 as `simulated`, all else a 0.

    With --exact: node, epoch, seq, received, time, series, name, value, flag, simulated; that file tells who
    was at home when, so keep it. Values without a time are only in the exact file.
    """
    if form not in FORMATS:
        raise BadInputError(f"--format {form!r} is not known; expected {' or '.join(FORMATS)}")
    span = _span(start, end)
    selection = Selection(node, *span)
    with (
        open_store(data) as store,
        _arrivals(data) as received_ns,
        _output(out) as file,
        # Closed before the store is, also where the reader of a pipe has gone.
        closing(_text(store, form, selection, received_ns if exact else None, licence)) as text,
    ):
        # Before the text, which a reader may not want to its end.
        gardens, digest = [] if exact else _gardens(store, licence), sha256()
        for piece in text:
            digest.update(piece.encode())
            file.write(piece)
    if not exact:
        dates = (start or "", end or "")
        note_handout(data, f"export {form}", out, gardens, dates, now_s(), sha256=digest.hexdigest())


class Selection(NamedTuple):
    """Values to export: of one node, of a span of Unix time [s], end exclusive; None for all."""

    node: str | None
    start_s: int | None
    end_s: int | None


def _gardens(store: Store, licence: Licence) -> list[str]:
    """List the gardens that an export as others may have it is of, and say which are left out."""
    names = [name for name, _ in gardens_with_records(store)]
    allowed = [name for name in names if may_leave(store.registry, name, licence)]
    standard_exports.say_left_out([name for name in names if name not in allowed], licence)
    return allowed


def _text(
    store: Store,
    form: str,
    selection: Selection,
    received_ns: Callable[[int], int | None] | None,
    licence: Licence,
) -> Generator[str]:
    """Write values as text: exact where arrivals are given, else as others may have them."""
    if received_ns is not None:
        with closing(raw_values(store, received_ns, **selection._asdict())) as exact:
            yield from pieces(exact, form, RawValue)  # type: ignore[arg-type]
    else:
        with closing(released_values(store, Pseudonyms(), licence, **selection._asdict())) as released:
            yield from pieces(released, form, ReleasedValue)  # type: ignore[arg-type]


@app.command()
def parquet(
    out: Annotated[Path, typer.Option("--out", help="Folder of the months' files.")],
    data: Data = DEFAULT_FOLDER,
    node: Node = None,
    start: Start = None,
    end: End = None,
    exact: Exact = False,
    licence: LicenceOption = Licence.CC_BY,
) -> None:
    """Write every current value with a time as Parquet, one file a month; needs the extra `scale`.

    As others may have it: local hours, days for what people counted and for sound, pseudonyms. With --exact
    also community, epoch, seq and received, times to the second, counter ids, and months of UTC.
    """
    selection = Selection(node, *_span(start, end))._asdict()
    with (
        open_store(data) as store,
        _arrivals(data) as received_ns,
        closing(
            export_months(store, out, received_ns, **selection)
            if exact
            else export_released_months(store, out, Pseudonyms(), licence, **selection)
        ) as months,
    ):
        written = 0
        for month, count in months:
            written += count
            echo(f"{month}: {count} values")
        gardens = [] if exact else _gardens(store, licence)
    if written and not exact:
        note_handout(data, "export parquet", out, gardens, (start or "", end or ""), now_s())
    if not written:
        echo("no file was written: there is no value with a time there and then", err=True)


def _span(start: str | None, end: str | None) -> tuple[int | None, int | None]:
    first_s = None if start is None else moment_s(start, "--from")
    last_s = None if end is None else moment_s(end, "--to")
    if first_s is not None and last_s is not None and last_s <= first_s:
        raise BadInputError(f"--to {end} is not after --from {start}; swap them")
    return first_s, last_s


@contextmanager
def _arrivals(data: Path) -> Iterator[Callable[[int], int | None]]:
    """Yield a function that returns when a message arrived, Unix time [ns]."""
    with JournalReader(DataSettings(folder=str(data)).journal) as journal:

        def received_ns(number: int) -> int | None:
            entry = journal.entry(number)
            return None if entry is None else entry.received_ns

        yield received_ns


@contextmanager
def _output(out: Path | None) -> Iterator[TextIO]:
    """Open the output: a file that appears when it is whole, or stdout, which a reader may close."""
    if out is None:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            # Python would say so once more when it closes stdout at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    try:
        with replacing_text(out) as file:
            yield file
    except OSError as error:
        raise cannot_write(out, error) from error
