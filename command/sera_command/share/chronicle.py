"""`sera chronicle`: show, verify and hand on the chain of what people gave."""

from __future__ import annotations

import json
from itertools import chain, islice
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sera_command.errors import BadInputError, CannotWriteError, ExitCode
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.terminal import echo, echo_json, quantity_text, warn
from sera_command.whose import whose
from sera_store.atomic_file import replacing
from sera_store.chronicle.chain_file import read_chain, write_chain
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.entries import ERASURE
from sera_store.chronicle.head_words import read_words, words_of
from sera_store.chronicle.schema import chronicle_folder, communities_with_chronicle
from sera_store.chronicle.verification import find_fork, verify_chain, verify_contents
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from sera_store.chronicle.entries import Entry
    from sera_store.chronicle.head_words import Head
    from sera_store.chronicle.verification import ChainProblem

app = typer.Typer()

Community = Annotated[
    str, typer.Option("--community", help="Whose chronicle; may be left out where there is only one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


@app.command()
def show(
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    last: Annotated[int, typer.Option(min=1, help="Show so many of the last entries.")] = 20,
    as_json: Json = False,
) -> None:
    """List the last entries, without what was given, and the head as words to read aloud or print."""
    with open_chronicle(data, community) as chronicle:
        head = chronicle.head()
        after = max(0, head.number - last) if head else 0
        entries = list(chronicle.entries(after))
        erased = {entry.number for entry in entries if chronicle.is_erased(entry.number)}
    words = words_of(head) if head else ""
    if as_json:
        echo_json(
            json.dumps({"entries": msgspec.to_builtins(entries), "erased": sorted(erased), "head": words})
        )
        return
    for entry in entries:
        echo(_line(entry, is_erased=entry.number in erased))
    echo(f"head: {words}" if words else "Nothing was given yet.")


@app.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(help="A chain that `sera chronicle export` wrote; else that of --data.")
    ] = None,
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    head: Annotated[
        list[str] | None, typer.Option("--head", help="Number and words of a head noted before; repeatable.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Another copy of the chain, to find where the two part.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that no entry was changed, removed, put in or moved, and that what is kept is what was given.

    Entries cut off at the end are seen by a head that was noted before. Exit 1 where something is wrong.
    """
    heads = [_read_head(text) for text in head or ()]
    if file is None:
        with open_chronicle(data, community) as chronicle:
            lines = list(chronicle.lines())
            problems = [*verify_chain(lines, heads), *verify_contents(chronicle)]
    else:
        lines = _read(file)
        problems = list(verify_chain(lines, heads))
    if against is not None and (fork := find_fork(lines, _read(against))):
        problems.append(fork)
    _report(lines, problems, heads, as_json=as_json)
    if problems:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="File to write; one entry a line, nothing of what was given.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write the chain for anybody to verify: salted digests alone, no name, no text, no time of day."""
    with open_chronicle(data, community) as chronicle:
        head = chronicle.head()
        try:
            with replacing(out) as target:
                count = write_chain(chronicle.lines(), target)
        except OSError as error:
            raise CannotWriteError(
                f"{out} cannot be written ({error.strerror}); name another file"
            ) from error
    echo(f"{out}: {quantity_text(count, 'entries')}")
    if head is not None:
        echo(f"head: {words_of(head)}")


def open_chronicle(data: Path, community: str) -> Chronicle:
    """Open the chronicle of a community, which need not be named where there is only one.

    Raises
    ------
    BadInputError
        There is none, or it has to be named.
    """
    own = whose(data, community, communities_with_chronicle(data), "chronicle")
    return Chronicle.open(chronicle_folder(data, own))


def _read(path: Path) -> list[tuple[bytes, str]]:
    try:
        return list(read_chain(path))
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read ({error.strerror}); name a file of `sera chronicle export`"
        ) from error


def _read_head(text: str) -> Head:
    try:
        return read_words(text)
    except InvalidEntryError as error:
        raise BadInputError(f"--head {text!r}: {error}") from error


def _report(
    lines: list[tuple[bytes, str]], problems: list[ChainProblem], heads: list[Head], *, as_json: bool
) -> None:
    if as_json:
        rows = [problem._asdict() for problem in problems]
        echo_json(json.dumps({"entries": len(lines), "heads": len(heads), "problems": rows}))
        return
    for problem in problems:
        warn(problem.message)
    if not problems:
        head_words = f", and {len(heads)} noted heads are in it" if heads else ""
        echo(f"{quantity_text(len(lines), 'entries')}: the chain is whole{head_words}")


def _line(entry: Entry, *, is_erased: bool) -> str:
    start = f"{entry.number:>6}  {entry.day}  {entry.kind:10}"
    if entry.kind == ERASURE:
        numbers = ", ".join(map(str, islice(entry.erases, 6)))
        return f"{start}  of {numbers}{' and more' if len(entry.erases) > 6 else ''}: {entry.reason}"
    notes = [
        *(["sealed"] if entry.is_sealed else []),
        *([f"{len(entry.attachments)} attached"] if entry.attachments else []),
        *(["erased"] if is_erased else []),
    ]
    return "  ".join(chain([start, f"{entry.item[:8]} version {entry.version}"], notes))
