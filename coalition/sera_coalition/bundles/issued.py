"""What one community gave by bundles: entries of its chronicle, so that a restored copy gives itself away."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from sera_coalition.agreements.terms import DataClass, Onward
from sera_coalition.bundles.earlier import MEDIA_TYPE, Earlier, read_grounds, write_grounds
from sera_store.chronicle.drafts import Attachment, Draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_coalition.bundles.earlier import IssuedRow
    from sera_coalition.bundles.given.salts import Salts
    from sera_coalition.bundles.manifest import Manifest
    from sera_store.chronicle.chronicle import Chronicle

KIND: Final = "bundle"
_OF_GARDENS: Final = (DataClass.READINGS, DataClass.VISITS, DataClass.COUNTS, DataClass.INDICES)


class IssuedBundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bundle that was given.

    Parameters
    ----------
    agreement, sequence, digest
        By which agreement, its number among that agreement's bundles, and SHA-256 of its signed manifest.
    made, first, last
        When it was made; first and last day that it is about, ISO 8601.
    rows
        How many rows it had, by table.
    items, withdrawn
        Stories that were in it, and those that it took back, each as `id/version`.
    begins_anew
        Whether it stood for all that was given before.
    """

    agreement: str
    sequence: int
    digest: str
    made: str
    first: str
    last: str
    rows: dict[str, int]
    items: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    begins_anew: bool = False


def items_there(issued: Iterable[IssuedBundle]) -> set[str]:
    """Return the stories that the other side has once all of these came in: given, and not taken back since.

    Examples
    --------
    >>> first = IssuedBundle(
    ...     agreement="", sequence=1, digest="", made="", first="", last="", rows={}, items=("a/1", "b/1")
    ... )
    >>> sorted(items_there([first, msgspec.structs.replace(first, items=(), withdrawn=("a/1",))]))
    ['b/1']
    """
    there: set[str] = set()
    for bundle in issued:
        before = set() if bundle.begins_anew else there
        there = (before | set(bundle.items)) - set(bundle.withdrawn)
    return there


def items_ever(issued: Iterable[IssuedBundle]) -> set[str]:
    """Return the stories that were ever given."""
    return {item for bundle in issued for item in bundle.items}


def issued_bundles(chronicle: Chronicle, agreement: str) -> list[IssuedBundle]:
    """List what was given by an agreement, in order."""
    return [issued for issued, _ in _issued_with_grounds(chronicle, agreement)]


def issued_count(book: AgreementBook) -> int:
    """Return how many bundles were ever given, by all agreements."""
    ids = [stored.agreement.id for stored in book.agreements()]
    return sum(len(book.chronicle.versions(_item(agreement))) for agreement in ids)


def _issued_with_grounds(chronicle: Chronicle, agreement: str) -> Iterator[tuple[IssuedBundle, list[str]]]:
    """Iterate over what was given, with the digests of what its rows rest on."""
    for number in chronicle.versions(_item(agreement)):
        contents = chronicle.contents(number)
        if contents is not None and contents.body is not None:
            issued = msgspec.json.decode(contents.body, type=IssuedBundle)
            yield issued, [digest for digest, kind in contents.attachments if kind == MEDIA_TYPE]


def earlier_rows(
    book: AgreementBook, stored: StoredAgreement, window: tuple[date, date], salts: Salts, unknown_until: str
) -> Earlier:
    """Collect what was given before of some days to whomever knows of it who gets a bundle now.

    Parameters
    ----------
    stored
        The agreement by which it is given.
    window
        First and last day.
    salts
        Those of this community; of rows that rest on others it is not known what they rest on.
    unknown_until
        Until which day, ISO 8601, it is not known at all what was given; the empty text where it is.

    Notes
    -----
    Whoever gets it knows what came by every agreement with the same community, and what others may hand on.
    Where this one may be handed on itself, everybody who ever got something knows it, too.
    """
    first, last = (day.isoformat() for day in window)
    receiver = stored.agreement.other(book.community).community
    earlier = Earlier()
    if unknown_until:
        earlier.add_unknown(_OF_GARDENS, date.min.isoformat(), unknown_until)
    for other in book.agreements():
        is_same = other.agreement.other(book.community).community == receiver
        if not (is_same or _is_handed_on(book, stored) or _is_handed_on(book, other)):
            continue
        for issued, digests in _issued_with_grounds(book.chronicle, other.agreement.id):
            if issued.last < first or last < issued.first:
                continue
            pieces = [book.chronicle.attachment(digest) for digest in digests]
            if pieces and None not in pieces:
                grounds = read_grounds([piece for piece in pieces if piece is not None])
                for table, rows in grounds.items():
                    for row in rows:
                        if all(map(salts.knows, row.members)):
                            earlier.tables[table].add(row)
                        else:
                            earlier.add_unknown([table], row.first, row.last)
            else:
                earlier.add_unknown(
                    [table for table, rows in issued.rows.items() if rows], issued.first, issued.last
                )
    return earlier


def _is_handed_on(book: AgreementBook, stored: StoredAgreement) -> bool:
    """Return whether any version of an agreement lets what came by it be handed on."""
    return any(version.agreement.onward is not Onward.NO for version in book.versions(stored.agreement.id))


def enter_issued(
    chronicle: Chronicle,
    manifest: Manifest,
    digest: str,
    rows: dict[str, int],
    items: tuple[str, ...],
    withdrawn: tuple[str, ...] = (),
    grounds: Mapping[str, Sequence[IssuedRow]] | None = None,
) -> IssuedBundle:
    """Enter a bundle before it leaves; it is on disk when this returns.

    Parameters
    ----------
    grounds
        What its rows rest on; None where it is not known, so that nothing more is given of its days.

    Raises
    ------
    sqlite3.IntegrityError
        Somebody else entered one of this sequence meanwhile.
    """
    issued = IssuedBundle(
        agreement=manifest.agreement,
        sequence=manifest.sequence,
        digest=digest,
        made=manifest.made,
        first=manifest.first,
        last=manifest.last,
        rows=rows,
        items=items,
        withdrawn=withdrawn,
        begins_anew=manifest.begins_anew,
    )
    item = _item(manifest.agreement)
    pieces = [] if grounds is None else write_grounds(grounds)
    attachments = tuple(Attachment(piece, MEDIA_TYPE) for piece in pieces)
    body = msgspec.json.encode(issued)
    chronicle.append([Draft(KIND, item, manifest.sequence, manifest.giver, body, attachments)])
    return issued


def _item(agreement: str) -> str:
    """Return the item whose versions are the bundles of an agreement."""
    return hashlib.sha256(b"sera bundles 1\n" + agreement.encode()).hexdigest()[:32]
