"""`sera export`: every value with where it came from, for other tools; as text, or by month as Parquet."""

from __future__ import annotations

import os
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from sera_command.data import open_store
from sera_command.errors import BadInputError, CannotWriteError
from sera_command.moments import moment_s
from sera_command.terminal import echo
from sera_gateway.config import DataSettings
from sera_gateway.journal import JournalReader
from sera_store.export import FORMATS, pieces, raw_values
from sera_store.parquet import export_months

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

app = typer.Typer(no_args_is_help=True, help="Write readings for other tools.")

Data = Annotated[Path, typer.Option("--data", help="Folder of journal and store.")]
Node = Annotated[str | None, typer.Option("--node", help="Only values of this node.")]
Start = Annotated[str | None, typer.Option("--from", help="First date or time (UTC), included.")]
End = Annotated[str | None, typer.Option("--to", help="Last date or time (UTC), excluded.")]


@app.command()
def raw(
    data: Data = Path("sera-data"),
    node: Node = None,
    start: Start = None,
    end: End = None,
    form: Annotated[str, typer.Option("--format", help=" or ".join(FORMATS))] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; stdout without.")] = None,
) -> None:
    """Write every current value: node, epoch, seq, received, time, series, name, value, flag.

    What was revised is there once, as it is now. Values without a time come last, and not at all where a
    time was asked for.
    """
    if form not in FORMATS:
        raise BadInputError(f"--format {form!r} is not known; expected {' or '.join(FORMATS)}")
    span = _span(start, end)
    with (
        open_store(data) as store,
        _arrivals(data) as received_ns,
        _written(out) as file,
        # Closed before the store is, also where the reader of a pipe has gone.
        closing(raw_values(store, received_ns, node=node, start_s=span[0], end_s=span[1])) as values,
    ):
        for piece in pieces(values, form):  # type: ignore[arg-type]
            file.write(piece)


@app.command()
def parquet(
    out: Annotated[Path, typer.Option("--out", help="Folder of the months' files.")],
    data: Data = Path("sera-data"),
    node: Node = None,
    start: Start = None,
    end: End = None,
) -> None:
    """Write every current value with a time as Parquet, one file a month (UTC); needs the extra `scale`."""
    span = _span(start, end)
    with (
        open_store(data) as store,
        _arrivals(data) as received_ns,
        closing(export_months(store, out, received_ns, node=node, start_s=span[0], end_s=span[1])) as months,
    ):
        written = 0
        for month, count in months:
            written += count
            echo(f"{month}: {count} values")
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
    """Give what tells when a message arrived."""
    with JournalReader(DataSettings(folder=str(data)).journal) as journal:

        def received_ns(number: int) -> int | None:
            entry = journal.entry(number)
            return None if entry is None else entry.received_ns

        yield received_ns


@contextmanager
def _written(out: Path | None) -> Iterator[TextIO]:
    """Give where text goes: a file that appears when it is whole, or stdout, which a reader may close."""
    if out is None:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            # Python would say so once more when it closes stdout at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            yield file
        draft.replace(out)
    except OSError as error:
        raise CannotWriteError(
            f"{out} cannot be written ({error.strerror or error}); name a file in a folder that is there"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
