"""`sera agreement`: keys, agreements between two communities, and their end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sera_coalition.agreements.envelope import read_payload, read_signed, unsigned
from sera_coalition.agreements.fields_file import party_block, read_fields
from sera_coalition.agreements.fields_file import sample as sample_text
from sera_coalition.agreements.key_files import NEXT_FILE, draw_key, has_key, put_next_in_force, read_key
from sera_coalition.agreements.keys import fingerprint, public_of
from sera_coalition.agreements.signing import sign_agreement
from sera_coalition.agreements.statements import (
    AGREEMENT,
    KEY_CHANGE,
    KEY_STOLEN,
    REVOCATION,
    KeyChange,
    Revocation,
    StolenKey,
    revoke,
)
from sera_coalition.agreements.terms import Agreement, Party, check_agreement
from sera_coalition.agreements.wording import text_of, with_texts
from sera_command.errors import BadInputError
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import date_of
from sera_command.neighbours.agreement_desk import (
    Community,
    community_of,
    find_agreement,
    open_book,
    own_key,
    read_file,
    write_file,
)
from sera_command.share.languages import readers_locale
from sera_command.terminal import echo, echo_json
from sera_store.chronicle.drafts import draw_item

if TYPE_CHECKING:
    import msgspec

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import StoredAgreement

app = typer.Typer()

Language = Annotated[str, typer.Option("--language", help="In which language: en, de, es, fr, ar.")]
Out = Annotated[Path, typer.Option("--out", help="File to write.")]
Name = Annotated[str, typer.Argument(help="Id of the agreement, its beginning, or the other community.")]


@app.command("key")
def show_key(
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    language: Language = "en",
    lost: Annotated[bool, typer.Option("--lost", help="The key is lost: draw another one.")] = False,
) -> None:
    """Print the community's public key as a block for an agreement, and its words to read aloud.

    A key is drawn where there is none. With --lost another one is drawn; sign every agreement again, and
    compare the words of the new key by voice.
    """
    readers_locale(language)
    entity = community_of(data, community)
    if lost or not has_key(data, entity.id):
        draw_key(data, entity.id)
    key = own_key(data, entity.id)
    party = Party(community=entity.id, name=entity.name or entity.id, key=key, language=language)
    for line in party_block(party).splitlines():
        echo(line)
    echo(f"# To read aloud: {fingerprint(key)}")


@app.command("sample")
def write_sample(
    out: Out = Path("agreement.toml"),
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    language: Language = "en",
) -> None:
    """Write a file to begin from, with every field explained and one's own side filled in."""
    readers_locale(language)
    entity = community_of(data, community)
    if out.exists():
        raise BadInputError(f"{out} is there already; name another file with --out")
    key = public_of(read_key(data, entity.id))
    party = Party(community=entity.id, name=entity.name or entity.id, key=key, language=language)
    write_file(out, sample_text(party).encode())
    echo(f"{out}: fill in the other side, then `sera agreement new {out}`")


@app.command("new")
def new(
    fields: Annotated[Path, typer.Argument(help="TOML with the fields; `sera agreement sample` writes one.")],
    out: Out = Path("agreement.json"),
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    renews: Annotated[str, typer.Option("--renews", help="Agreement of which it is the next version.")] = "",
) -> None:
    """Make an agreement of fields, with its text in both languages, for both sides to sign."""
    agreement_id, version = draw_item(), 1
    if renews:
        with open_book(data, community) as book:
            before = find_agreement(book, renews).agreement
        agreement_id, version = before.id, before.version + 1
    agreement = with_texts(read_fields(read_file(fields), agreement_id, version))
    if out.exists():
        raise BadInputError(f"{out} is there already; name another file with --out")
    write_file(out, unsigned(AGREEMENT, agreement).encode())
    echo(f"{out}: read it with `sera agreement show`, sign it, and bring it to the other side")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A file, or an agreement as `list` names it.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    language: Annotated[str, typer.Option("--language", help="Another language than one's own.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The fields as JSON.")] = False,
) -> None:
    """Print an agreement as plain text, and who signed it."""
    if language:
        readers_locale(language)
    with open_book(data, community) as book:
        if Path(name).is_file():
            content = read_file(Path(name))
        else:
            content = book.envelope(find_agreement(book, name).digest)
        own = book.community
    signed = read_signed(content)
    agreement = read_payload(signed, AGREEMENT, Agreement)
    check_agreement(agreement)
    if as_json:
        echo_json(signed.payload.decode())
        return
    party = agreement.party(own) or agreement.parties[0]
    for line in text_of(agreement, language or party.language).splitlines():
        echo(line, most=None)
    for side in agreement.parties:
        state = "signed" if signed.is_signed_by(side.key) else "not signed yet"
        echo(f"{side.community}: {state}")


@app.command("sign")
def sign(
    file: Annotated[Path, typer.Argument(help="The agreement; the signature is put into this file.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    read_aloud: Annotated[
        str, typer.Option("--heard", help="Twelve words of the other side's key, as they were read aloud.")
    ] = "",
) -> None:
    """Sign an agreement for the community, once the words of the other key were compared by voice."""
    with open_book(data, community) as book:
        key = read_key(data, book.community)
        signed = sign_agreement(read_signed(read_file(file)), book, key, read_aloud)
    write_file(file, signed.encode())
    echo(f"{file}: signed. With both signatures, both sides enter it with `sera agreement add`")


@app.command("add")
def add(
    file: Annotated[
        Path, typer.Argument(help="A signed agreement, end of one, change of a key, or receipt.")
    ],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Enter what the other side signed in the chronicle, after every signature was verified."""
    with open_book(data, community) as book:
        content = read_file(file)
        kind = book.add(content, own_key(data, book.community))
        ended = _ended(book, content) if kind == REVOCATION else None
    echo(f"{file}: {kind} entered")
    if ended is not None:
        echo(f"Nothing holds from {ended.ends_on} on; then `sera bundle purge` erases what came in")
    if kind == KEY_STOLEN:
        echo(
            "What came in since may be a thief's: once both signed again, ask for a bundle that begins again"
        )


@app.command("revoke")
def end(
    name: Name,
    out: Out = Path("agreement-end.json"),
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """End an agreement; bring the file to the other side, which erases and answers with a receipt."""
    with open_book(data, community) as book:
        stored = find_agreement(book, name)
        if stored.revocation is not None:
            raise BadInputError(f"{stored.agreement.id} was ended already, by {stored.revocation.by}")
        statement = revoke(stored.agreement, book.community, book.today())
        _enter(book, data, REVOCATION, statement, out)
    echo(f"{out}: nothing holds from {statement.ends} on; bring it to the other side")


@app.command("change-key")
def change_key(
    out: Out = Path("key-change.json"), community: Community = "", data: Data = DEFAULT_FOLDER
) -> None:
    """Sign with a new key from today on; bring the file to each neighbour."""
    with open_book(data, community) as book:
        old = read_key(data, book.community)
        new_key = draw_key(data, book.community, NEXT_FILE)
        statement = KeyChange(
            community=book.community,
            old=public_of(old),
            new=public_of(new_key),
            day=book.today().isoformat(),
        )
        signed = unsigned(KEY_CHANGE, statement).signed_with(old, statement.old)
        content = signed.signed_with(new_key, statement.new).encode()
        write_file(out, content)
        book.add(content, statement.old)
        put_next_in_force(data, book.community)
    echo(f"{out}: bring it to each neighbour. The new key, to read aloud: {fingerprint(statement.new)}")


@app.command("stolen-key")
def stolen_key(
    out: Out = Path("key-stolen.json"),
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    since: Annotated[str, typer.Option("--since", help="Day since which it may be in wrong hands.")] = "",
    of: Annotated[str, typer.Option("--of", help="A neighbour whose key it is; else one's own.")] = "",
) -> None:
    """Shut out a key that was stolen: one's own, which is replaced, or that of a neighbour, here alone."""
    with open_book(data, community) as book:
        key = read_key(data, book.community)
        stolen = _present_key(book, of) if of else public_of(key)
        day = (date_of(since, "--since") if since else book.today()).isoformat()
        statement = StolenKey(community=of or book.community, key=stolen, day=day)
        _enter(book, data, KEY_STOLEN, statement, out)
        if not of:
            draw_key(data, book.community)
            echo(f"The new key, to read aloud: {fingerprint(own_key(data, book.community))}")
    echo(f"{out}: sign the agreements again (`sera agreement new --renews`), and compare the words by voice")


@app.command("list")
def list_agreements(
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list for machines.")] = False,
) -> None:
    """List agreements, with whom, until when, and whether anything may be given today."""
    with open_book(data, community) as book:
        rows = [_row(book, stored) for stored in book.agreements()]
    if as_json:
        echo_json(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        echo("  ".join([row["id"][:8], row["with"], f"{row['begins']} to {row['review']}", row["status"]]))
    if not rows:
        echo("Nothing was agreed with another community yet.")


def _row(book: AgreementBook, stored: StoredAgreement) -> dict[str, str]:
    agreement = stored.agreement
    other = agreement.other(book.community)
    present = book.keys(stored, other.community)[-1]
    return {
        "id": agreement.id,
        "version": str(agreement.version),
        "with": other.community,
        "begins": agreement.begins,
        "review": agreement.review,
        "status": "key stolen" if present.stolen else stored.status_on(book.today()).value,
        "ends": stored.ends_on,
    }


def _ended(book: AgreementBook, content: bytes) -> StoredAgreement:
    """Return the agreement that a document ended."""
    return find_agreement(book, read_payload(read_signed(content), REVOCATION, Revocation).agreement)


def _enter(book: AgreementBook, data: Path, kind: str, statement: msgspec.Struct, out: Path) -> None:
    """Sign a statement with the community's key, write it for the other side, and enter it here."""
    key = read_key(data, book.community)
    content = unsigned(kind, statement).signed_with(key, public_of(key)).encode()
    write_file(out, content)
    book.add(content, public_of(key))


def _present_key(book: AgreementBook, other: str) -> str:
    keys = [
        book.keys(stored, other)[-1]
        for stored in book.agreements()
        if stored.agreement.party(other) is not None and other != book.community
    ]
    if not keys:
        raise BadInputError(f"--of {other!r} is no community that anything was agreed with")
    return keys[-1].key
