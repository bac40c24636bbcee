"""`sera bundle`: make a bundle for a neighbour, verify and take one, erase what came in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_coalition.agreements.key_files import read_key
from sera_coalition.bundles.container import BYTES_MOST
from sera_coalition.bundles.given.salts import note_nothing_left, unknown_until
from sera_coalition.bundles.issued import issued_bundles
from sera_coalition.bundles.received import Received, received_file
from sera_coalition.bundles.receiving import files_of, receive, verify
from sera_coalition.bundles.receiving import purge as purge_received
from sera_coalition.bundles.verification import read_bundle
from sera_coalition.errors import RefusedBundleError
from sera_command.errors import ExitCode
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.neighbours.agreement_desk import (
    Community,
    find_agreement,
    open_book,
    read_file,
    write_file,
)
from sera_command.neighbours.bundle_making import RequestedDays, make_next
from sera_command.terminal import echo, echo_json, quantity_text, warn
from sera_commons.media.foreign import clean_media

if TYPE_CHECKING:
    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_coalition.bundles.receiving import VerifiedBundle

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="Id of the agreement, its beginning, or the other community.")]
File = Annotated[Path, typer.Argument(help="The bundle: its file, or the folder that it was unpacked into.")]


@app.command("make")
def make(
    name: Name,
    out: Annotated[Path | None, typer.Option("--out", help="File to write.")] = None,
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    first: Annotated[str, typer.Option("--from", help="First day; else the one after the last bundle.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day; else the last period that is over.")] = "",
    anew: Annotated[
        bool, typer.Option("--anew", help="It stands for all that was given before, which may be lost.")
    ] = False,
    none_left: Annotated[
        bool,
        typer.Option("--none-left", help="State that no bundle left between a backup and its restoring."),
    ] = False,
) -> None:
    """Make the next bundle of an agreement, for the other side to take.

    It holds what may leave and was agreed, and nothing else, as coarse as agreed; and which stories were
    taken back. What it held is noted on this side before it is written.
    """
    with open_book(data, community) as book:
        stored = find_agreement(book, name)
        if none_left:
            note_nothing_left(data)
        bundle = make_next(data, book, stored, RequestedDays(first, last), begins_anew=anew)
        goal = out or Path(f"{bundle.manifest.folder}.zip")
        write_file(goal, bundle.content)
    manifest, until = bundle.manifest, unknown_until(data)
    if until and manifest.first <= until:
        warn(
            f"this is a restored backup: nothing of gardens until {until} leaves, since it is not known what "
            "left before; where each neighbour's last number is the one here, say --none-left"
        )
    rows = quantity_text(manifest.rows, "rows")
    echo(f"{goal}: number {manifest.sequence}, {manifest.first} to {manifest.last}, {rows}")
    if bundle.again or bundle.left_out:
        warn(
            f"{bundle.again} rows are as they were given before, and {bundle.left_out} are left out: beside "
            "what was given of these days they would tell of fewer gardens or persons than agreed"
        )


@app.command("verify")
def verify_bundle(
    file: File,
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for machines.")] = False,
) -> None:
    """Check a bundle as far as taking it would, without a network; exit 1 where there is a doubt."""
    with open_book(data, community) as book:
        try:
            folder, files = files_of(file)
            agreement = read_bundle(folder, files).manifest.agreement
            with _received(data, book, agreement) as received:
                verified = verify(book, received, folder, files, clean_media)
        except RefusedBundleError as error:
            _tell_refusal(error, as_json=as_json)
            raise typer.Exit(ExitCode.CHECK_FAILED) from error
    _tell(verified, "may be taken", as_json=as_json)


@app.command("take")
def take(file: File, community: Community = "", data: Data = DEFAULT_FOLDER) -> None:
    """Take a bundle in, all of it, beside one's own data; or set it aside with the reason (exit 1)."""
    with open_book(data, community) as book:
        try:
            folder, files = files_of(file)
            content = None if file.is_dir() else read_file(file, BYTES_MOST)
            verified = receive(data, book, folder, files, content, clean_media)
        except RefusedBundleError as error:
            _tell_refusal(error, as_json=False)
            raise typer.Exit(ExitCode.CHECK_FAILED) from error
    _tell(verified, "is taken", as_json=False)


@app.command("purge")
def purge(
    name: Name,
    out: Annotated[Path, typer.Option("--out", help="File for the receipt.")] = Path("receipt.json"),
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Erase what came in by an agreement that ended, and write a signed receipt for the other side."""
    with open_book(data, community) as book:
        stored = find_agreement(book, name)
        receipt, rows = purge_received(data, book, stored, read_key(data, book.community))
    write_file(out, receipt)
    echo(
        f"{out}: {quantity_text(rows, 'rows')} erased; bring it to the other side, which enters it with "
        "`sera agreement add`"
    )


@app.command("list")
def list_bundles(
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list for machines.")] = False,
) -> None:
    """List side by side what was given and what came in, and what was refused with its reason."""
    with open_book(data, community) as book:
        lines = [line for stored in book.agreements() for line in _lines(data, book, stored)]
    if as_json:
        echo_json(json.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        echo("  ".join(line))
    if not lines:
        echo("Nothing was given to another community, and nothing came in.")


def _lines(data: Path, book: AgreementBook, stored: StoredAgreement) -> list[list[str]]:
    other = stored.agreement.other(book.community).community
    issued = issued_bundles(book.chronicle, stored.agreement.id)
    lines = [
        [
            "given",
            other,
            str(bundle.sequence),
            f"{bundle.first} to {bundle.last}",
            table,
            quantity_text(count, "rows"),
        ]
        for bundle in issued
        for table, count in bundle.rows.items()
    ]
    with _received(data, book, stored.agreement.id) as received:
        if received is not None:
            received.forget_old(book.today(), stored.agreement.retention_days)
            lines += [
                [
                    "received",
                    other,
                    "",
                    f"{part.first} to {part.last}",
                    part.table,
                    quantity_text(part.rows, "rows"),
                ]
                for part in received.parts()
            ]
            lines += [
                ["refused", other, str(aside.sequence or ""), aside.day, aside.reason, aside.message]
                for aside in received.asides()
            ]
    for receipt in book.receipts(stored.agreement.id):
        missing = {bundle.digest for bundle in issued} - set(receipt.bundles)
        remark = f"{len(missing)} bundles never came in there" if missing else "all bundles"
        lines.append(["erased there", other, "", receipt.day, remark, quantity_text(receipt.rows, "rows")])
    return lines


class _NoDatabase:
    """In place of what came in, where nothing did: looking makes no file."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def _received(data: Path, book: AgreementBook, agreement: str) -> Received | _NoDatabase:
    path = received_file(data, book.community, agreement)
    return Received(data, book.community, agreement) if path.is_file() else _NoDatabase()


def _tell(verified: VerifiedBundle, done: str, *, as_json: bool) -> None:
    manifest = verified.manifest
    counts = {name: len(rows) for name, rows in verified.tables.items()}
    if as_json:
        echo_json(json.dumps({"taken": False, "sequence": manifest.sequence, "rows": counts}))
        return
    rows = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"
    echo(
        f"number {manifest.sequence} of {manifest.giver}, {manifest.first} to {manifest.last}, {done}: {rows}"
    )


def _tell_refusal(error: RefusedBundleError, *, as_json: bool) -> None:
    if as_json:
        echo_json(json.dumps({"refused": str(error.reason), "message": error.message}))
        return
    warn(f"refused ({error.reason}): {error.message}")
