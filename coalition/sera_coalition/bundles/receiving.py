"""Take a bundle in whole, or set it aside with the reason."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.envelope import unsigned
from sera_coalition.agreements.keys import public_of
from sera_coalition.agreements.statements import RECEIPT, Receipt
from sera_coalition.bundles.container import BYTES_MOST, read_container, read_folder
from sera_coalition.bundles.manifest import PAYLOAD
from sera_coalition.bundles.received import Aside, Received
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.bundles.row_checks import Clean, check_media, check_rows
from sera_coalition.bundles.tables import DESCRIPTOR
from sera_coalition.bundles.verification import (
    Bundle,
    check_descriptor,
    check_sequence,
    check_source,
    read_bundle,
)
from sera_coalition.errors import RefusedBundleError, RefusedDocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import KeyInForce, StoredAgreement
    from sera_coalition.agreements.terms import Agreement
    from sera_coalition.bundles.manifest import Manifest
    from sera_coalition.bundles.tables import Row

# Nothing of a bundle is kept that another than the neighbour may have made.
_STRANGERS: Final = frozenset((
    Refusal.TOO_LARGE, Refusal.UNREADABLE, Refusal.LAYOUT, Refusal.CHANGED, Refusal.AGREEMENT,
    Refusal.SIGNATURE, Refusal.KEY_STOLEN, Refusal.RECEIVER,
))  # fmt: skip
# What is here already, or comes later in its turn, is no doubt about anybody.
_DISCARDED: Final = _STRANGERS | {Refusal.REPLAY, Refusal.GAP, Refusal.REVOKED}


class VerifiedBundle(NamedTuple):
    """A bundle that may be taken: its manifest, the agreement, its rows by table, its pictures and sounds."""

    bundle: Bundle
    stored: StoredAgreement
    tables: dict[str, list[Row]]
    media: dict[str, bytes]

    @property
    def manifest(self) -> Manifest:
        """What was signed."""
        return self.bundle.manifest


def files_of(path: Path) -> tuple[str | None, dict[str, bytes]]:
    """Read a bundle from its file, or from the folder that it was unpacked into.

    Raises
    ------
    RefusedBundleError
        It is not valid.
    OSError
        It cannot be read.
    """
    if path.is_dir():
        return None, read_folder(path)[1]
    with path.open("rb") as file:
        # One more than is allowed says that it is too large.
        return read_container(file.read(BYTES_MOST + 1))


def verify(
    book: AgreementBook,
    received: Received | None,
    folder: str | None,
    files: Mapping[str, bytes],
    clean: Clean,
) -> VerifiedBundle:
    """Verify a bundle as far as taking it would.

    Parameters
    ----------
    book
        What this community agreed.
    received
        What came in before by the agreement; None where nothing did.
    folder, files
        The files of the bundle.
    clean
        Makes a picture or sound safe.

    Raises
    ------
    RefusedBundleError
        There is a doubt; the message says which, and what to do.
    """
    bundle = read_bundle(folder, files)
    stored, keys = _agreement_of(book, bundle)
    check_source(bundle, stored, keys, book.community, book.today())
    assert stored is not None  # noqa: S101 - asked by the line before
    accepted = received.accepted() if received is not None else []
    splits = received.splits() if received is not None else []
    check_sequence(bundle, accepted, splits)
    tables = check_rows(bundle, stored.agreement)
    check_descriptor(bundle, files[f"{PAYLOAD}/{DESCRIPTOR}"], stored.agreement.licence)
    return VerifiedBundle(bundle, stored, tables, check_media(bundle, tables, clean))


def _agreement_of(book: AgreementBook, bundle: Bundle) -> tuple[StoredAgreement | None, list[KeyInForce]]:
    """Return the agreement that a bundle is held against, and the keys that it may be signed with.

    Notes
    -----
    What takes stories back comes in by the version that it names, too; and, where nothing is given any more,
    under a key that the giver has by another agreement here: one whose key was lost has no other way.
    """
    manifest = bundle.manifest
    stored = book.find(manifest.agreement)
    if stored is None:
        return None, []
    keys = book.keys(stored, manifest.giver)
    if not bundle.only_withdraws:
        return stored, keys
    if not stored.gives_on(book.today()) and not manifest.begins_anew:
        keys += book.present_keys(manifest.giver)
    return book.version(manifest.agreement, manifest.version) or stored, keys


def check_new_bundle(content: bytes, agreement: Agreement, clean: Clean) -> None:
    """Check a bundle that was made as the other side will.

    Raises
    ------
    RefusedBundleError
        It would be refused there, and with it all that follow.
    """
    folder, files = read_container(content)
    bundle = read_bundle(folder, files)
    check_media(bundle, check_rows(bundle, agreement), clean)
    check_descriptor(bundle, files[f"{PAYLOAD}/{DESCRIPTOR}"], agreement.licence)


def receive(
    data: Path,
    book: AgreementBook,
    folder: str | None,
    files: Mapping[str, bytes],
    content: bytes | None,
    clean: Clean,
) -> VerifiedBundle:
    """Take a bundle in, all of it, or set it aside.

    Parameters
    ----------
    data
        The data folder.
    content
        The file as it came, for what is set aside; None where it came as a folder.
    clean
        Makes a picture or sound safe.

    Raises
    ------
    RefusedBundleError
        There is a doubt; it is noted with its reason, and nothing of it is used.
    """
    bundle = read_bundle(folder, files)
    stored = book.find(bundle.manifest.agreement)
    if stored is None:
        return verify(book, None, folder, files, clean)
    with Received(data, book.community, stored.agreement.id) as received:
        try:
            with received.deciding():
                verified = verify(book, received, folder, files, clean)
                received.take(bundle, verified.tables, verified.media, book.today())
        except RefusedBundleError as error:
            _set_aside(received, book, bundle, error, content)
            raise
        received.forget_old(book.today(), stored.agreement.retention_days)
        # What was withdrawn stands in the log no longer.
        received.empty_log()
    return verified


def _set_aside(
    received: Received, book: AgreementBook, bundle: Bundle, error: RefusedBundleError, content: bytes | None
) -> None:
    sequence = 0 if error.reason in _STRANGERS else bundle.manifest.sequence
    name = bundle.digest if content is None else hashlib.sha256(content).hexdigest()
    aside = Aside(name, sequence, book.today().isoformat(), str(error.reason), error.message)
    received.note_aside(aside, None if error.reason in _DISCARDED else content)
    if error.reason == Refusal.SPLIT:
        received.set_split(sequence)


def purge(
    data: Path, book: AgreementBook, stored: StoredAgreement, key: Ed25519PrivateKey
) -> tuple[bytes, int]:
    """Erase what came in by a revoked agreement, and answer with a signed receipt.

    Returns
    -------
    bytes
        The receipt, for the other side.
    int
        How many rows went.

    Raises
    ------
    RefusedDocumentError
        The agreement was not revoked, or its notice is not over.
    """
    if stored.revocation is None or book.today().isoformat() < stored.ends_on:
        raise RefusedDocumentError(
            f"agreement {stored.agreement.id[:8]} holds; what came in by it is erased once it ended, "
            "after `sera agreement revoke` here or there and its notice"
        )
    with Received(data, book.community, stored.agreement.id) as received:
        count = received.purge(book.today())
        digests = tuple(bundle.digest for bundle in received.accepted())
    receipt = Receipt(
        agreement=stored.agreement.id,
        by=book.community,
        revocation=stored.revocation_digest,
        bundles=digests,
        rows=count,
        day=book.today().isoformat(),
    )
    return unsigned(RECEIPT, receipt).signed_with(key, public_of(key)).encode(), count
