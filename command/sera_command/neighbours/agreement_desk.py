"""Open what a community agreed, and its signing key, for the verbs `agreement` and `bundle`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from sera_coalition.agreements.book import AgreementBook
from sera_coalition.agreements.envelope import BYTES_MOST
from sera_coalition.agreements.key_files import NEXT_FILE, has_key, put_next_in_force, read_key
from sera_coalition.agreements.keys import public_of
from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.data import open_store
from sera_command.installation.moments import now_s
from sera_store.atomic_file import replacing
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_store.registry.entities import Community as CommunityEntity

Community = Annotated[
    str, typer.Option("--community", help="Which community signs; may be left out where there is only one.")
]


def community_of(data: Path, name: str) -> CommunityEntity:
    """Return the community that is named, or the only one of an installation.

    Raises
    ------
    BadInputError
        It is not registered, or has to be named.
    """
    with open_store(data) as store:
        there = {entity.id: entity for entity in store.registry.communities()}
    community = name or (next(iter(there)) if len(there) == 1 else "")
    if community not in there:
        listed = ", ".join(there) or "none: register one with `sera community new`"
        raise BadInputError(
            f"{data} has no community {name!r}; there are: {listed}. Name one with --community"
            if name
            else f"{data} has several communities; name one with --community: {listed}"
        )
    return there[community]


@contextmanager
def open_book(data: Path, community: str) -> Iterator[AgreementBook]:
    """Open what a community agreed while the body runs."""
    name = community_of(data, community).id
    with Chronicle.open(chronicle_folder(data, name), clock=now_s) as chronicle:
        book = AgreementBook(chronicle, name)
        _finish_change(book, data)
        yield book


def _finish_change(book: AgreementBook, data: Path) -> None:
    """Put a new key in force whose change is entered: a process may have been killed between the two."""
    if not has_key(data, book.community) or not has_key(data, book.community, NEXT_FILE):
        return
    new = public_of(read_key(data, book.community, NEXT_FILE))
    if book.replaces_key(own_key(data, book.community), new):
        put_next_in_force(data, book.community)


def own_key(data: Path, community: str) -> str:
    """Return the public signing key of a community; empty where it has none here."""
    return public_of(read_key(data, community)) if has_key(data, community) else ""


def find_agreement(book: AgreementBook, name: str) -> StoredAgreement:
    """Find an agreement by its id, the beginning of it, or the community on the other side.

    Raises
    ------
    BadInputError
        None or more than one fits.
    """
    fitting = [
        stored
        for stored in book.agreements()
        if stored.agreement.id.startswith(name) or stored.agreement.other(book.community).community == name
    ]
    if len(fitting) != 1:
        listed = ", ".join(stored.agreement.id[:8] for stored in fitting or book.agreements()) or "none"
        raise BadInputError(
            f"{name!r} names {len(fitting)} agreements of {book.community}; there are: {listed}. "
            "`sera agreement list` lists them"
        )
    return fitting[0]


def read_file(path: Path, most: int = BYTES_MOST) -> bytes:
    """Read a small file whole.

    Raises
    ------
    BadInputError
        It cannot be read, or is too large to be what is expected.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}); name a file that is there") from error
    if len(content) > most:
        raise BadInputError(f"{path} is longer than {most} bytes, and no such file of Sera")
    return content


def write_file(path: Path, content: bytes) -> None:
    """Write a file as a whole.

    Raises
    ------
    CannotWriteError
        It cannot be written; what was there before still is.
    """
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written ({error.strerror}); name another file") from error
