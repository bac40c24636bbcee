"""Signing an agreement: what is looked at before a community puts its name under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_coalition.agreements.envelope import read_payload
from sera_coalition.agreements.keys import check_read_aloud, key_id, public_of
from sera_coalition.agreements.statements import AGREEMENT
from sera_coalition.agreements.terms import Agreement, check_agreement
from sera_coalition.agreements.wording import check_texts
from sera_coalition.errors import InvalidAgreementError, RefusedDocumentError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.envelope import Signed


def sign_agreement(signed: Signed, book: AgreementBook, key: Ed25519PrivateKey, read_aloud: str) -> Signed:
    """Sign an agreement in the name of a community.

    Parameters
    ----------
    signed
        The agreement, signed by the other side or by nobody yet.
    book
        What the community has agreed before.
    key
        Its signing key.
    read_aloud
        The twelve words of the other side's key, as they were read aloud; may be empty where that key is
        the present one in an earlier agreement.

    Raises
    ------
    InvalidAgreementError
        A field, a text or the other side's key is not what it must be.
    RefusedDocumentError
        It is between others, or names another key of this community.
    """
    agreement = read_payload(signed, AGREEMENT, Agreement)
    check_agreement(agreement)
    check_texts(agreement)
    own = agreement.party(book.community)
    if own is None:
        names = " and ".join(party.community for party in agreement.parties)
        raise RefusedDocumentError(f"is between {names}; {book.community} is no party of it")
    if own.key != public_of(key):
        raise RefusedDocumentError(
            f"names another key of {book.community} than the one here; paste what `sera agreement key` prints"
        )
    other = agreement.other(book.community)
    if read_aloud:
        check_read_aloud(read_aloud, other.key, other.community)
    elif not book.knows_key(other.community, other.key):
        raise InvalidAgreementError(
            "heard",
            f"the key of {other.community} was never compared here; have its twelve words read aloud from "
            "`sera agreement key` there, and type them with --heard",
        )
    result = signed.signed_with(key, own.key)
    result.require([own.key] if set(result.signatures) == {key_id(own.key)} else [own.key, other.key])
    return result
