"""Signed documents of a neighbour who cheats, of a thief, and of two who end an agreement at once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coalition.exchange import GIVES, WEEK, make, neighbours, rows_of, take
from coalition.laptops import ID, NOW_S, Laptop, agree, laptop, terms
from sera_coalition.agreements.envelope import unsigned
from sera_coalition.agreements.key_files import draw_key
from sera_coalition.agreements.keys import public_of
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
from sera_coalition.agreements.stored_agreements import AgreementStatus
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.issued import IssuedBundle
from sera_coalition.bundles.making import make_bundle
from sera_coalition.bundles.received import Received
from sera_coalition.bundles.receiving import purge
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.errors import RefusedBundleError, RefusedDocumentError
from sera_store.chronicle.drafts import Draft

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def elm(tmp_path: Path) -> Laptop:
    return laptop(tmp_path, "elm")


@pytest.fixture
def oak(tmp_path: Path) -> Laptop:
    return laptop(tmp_path, "oak")


def signed_by(side: Laptop, kind: str, statement: msgspec.Struct) -> bytes:
    return unsigned(kind, statement).signed_with(side.key, side.public).encode()


def changed_key(side: Laptop, new: Ed25519PrivateKey) -> bytes:
    """What the holder of a key, its owner or a thief, signs to put another in its place."""
    statement = KeyChange(community=side.community, old=side.public, new=public_of(new), day="2027-06-30")
    signed = unsigned(KEY_CHANGE, statement).signed_with(side.key, side.public)
    return signed.signed_with(new, public_of(new)).encode()


def test_an_end_that_lies_ahead_locks_nobody_in(elm: Laptop, oak: Laptop) -> None:
    agreement = terms(elm.party(DataClass.READINGS), oak.party())
    agree(elm, oak, agreement)
    ahead = Revocation(agreement=ID, version=1, by="oak", day="2099-01-01", ends="2099-01-01")
    with pytest.raises(RefusedDocumentError, match="lies ahead"):
        elm.add(signed_by(oak, REVOCATION, ahead))
    elm.revoke(agreement)
    with elm.book() as book:
        assert not book.agreements()[0].gives_on(book.today())


def test_an_end_that_is_dated_back_or_brought_late_takes_no_notice_away(elm: Laptop, oak: Laptop) -> None:
    agreement = terms(elm.party(DataClass.READINGS), oak.party(), notice_days=30)
    agree(elm, oak, agreement)
    said = revoke(agreement, "oak", date(2027, 5, 1))
    assert said.ends == "2027-05-31"
    oak.add(signed_by(oak, REVOCATION, said))
    elm.add(signed_by(oak, REVOCATION, said))
    with elm.book() as book:
        [held] = book.agreements()
        assert (held.status_on(book.today()), held.ends_on) == (AgreementStatus.NOTICE, "2027-07-31")
        with pytest.raises(RefusedDocumentError, match="its notice"):
            purge(elm.data, book, held, elm.key)
    elm.now_s += 30 * 86_400
    with elm.book() as book:
        [held] = book.agreements()
        assert held.status_on(book.today()) is AgreementStatus.REVOKED
        receipt, _ = purge(elm.data, book, held, elm.key)
    oak.now_s = elm.now_s
    assert oak.add(receipt) == "receipt"


def test_an_end_that_travels_for_a_day_or_two_ends_on_one_day_on_both_sides(elm: Laptop, oak: Laptop) -> None:
    agreement = terms(elm.party(DataClass.READINGS), oak.party(), notice_days=30)
    agree(elm, oak, agreement)
    end = oak.revoke(agreement)
    elm.now_s += 2 * 86_400
    elm.add(end)
    for side in (elm, oak):
        with side.book() as book:
            assert book.agreements()[0].ends_on == "2027-07-31"


def test_two_who_end_it_at_once_understand_each_other(elm: Laptop, oak: Laptop) -> None:
    agreement = terms(elm.party(DataClass.READINGS), oak.party(), notice_days=14)
    agree(elm, oak, agreement)
    oak.now_s = NOW_S + 86_400
    ends = elm.revoke(agreement), oak.revoke(agreement)
    assert oak.add(ends[0]) == elm.add(ends[1]) == "agreement-end"
    for side in (elm, oak):
        with side.book() as book:
            [stored] = book.agreements()
            assert stored.revocation is not None
            # The earlier end holds, on both sides.
            assert (stored.revocation.by, stored.revocation.ends) == ("elm", "2027-07-15")
    oak.now_s = elm.now_s = NOW_S + 14 * 86_400
    for near_side, far_side in ((elm, oak), (oak, elm)):
        with near_side.book() as book:
            receipt, _ = purge(near_side.data, book, book.agreements()[0], near_side.key)
        assert far_side.add(receipt) == "receipt"


def test_who_ended_it_alone_does_not_end_it_twice(elm: Laptop, oak: Laptop) -> None:
    agreement = terms(elm.party(DataClass.READINGS), oak.party(), notice_days=14)
    agree(elm, oak, agreement)
    elm.revoke(agreement)
    elm.now_s += 86_400
    with pytest.raises(RefusedDocumentError, match="already"):
        elm.revoke(agreement)


def test_a_key_that_a_thief_changed_to_is_shut_out_with_the_stolen_one(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    thief = Ed25519PrivateKey.generate()
    assert oak.add(changed_key(elm, thief)) == "key-change"
    statement = StolenKey(community="elm", key=elm.public, day="2027-07-01")
    assert oak.add(signed_by(elm, KEY_STOLEN, statement)) == "key-stolen"
    with oak.book() as book:
        [stored] = book.agreements()
        assert all(key.stolen for key in book.keys(stored, "elm"))
        assert not book.knows_key("elm", public_of(thief))
    with pytest.raises(RefusedBundleError) as refused:
        take(oak, make(elm).content)
    assert refused.value.reason == Refusal.KEY_STOLEN


def test_a_thief_renews_nothing_with_the_key_that_they_changed_to(elm: Laptop, oak: Laptop) -> None:
    agree(elm, oak, terms(elm.party(DataClass.READINGS), oak.party()))
    thief = Ed25519PrivateKey.generate()
    oak.add(changed_key(elm, thief))
    oak.add(signed_by(elm, KEY_STOLEN, StolenKey(community="elm", key=elm.public, day="2027-07-01")))
    party = msgspec.structs.replace(elm.party(DataClass.READINGS), key=public_of(thief))
    renewed = unsigned(AGREEMENT, terms(party, oak.party(), version=2)).signed_with(oak.key, oak.public)
    with pytest.raises(RefusedDocumentError, match="reported stolen"):
        oak.add(renewed.signed_with(thief, public_of(thief)).encode())


def test_nobody_enters_a_change_of_our_key_that_is_not_ours(elm: Laptop, oak: Laptop) -> None:
    agree(elm, oak, terms(elm.party(DataClass.READINGS), oak.party()))
    old_key, new_key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    statement = KeyChange(community="oak", old=public_of(old_key), new=public_of(new_key), day="2027-06-30")
    signed = (
        unsigned(KEY_CHANGE, statement)
        .signed_with(old_key, statement.old)
        .signed_with(new_key, statement.new)
    )
    with pytest.raises(RefusedDocumentError, match="not the one here"):
        oak.add(signed.encode())


def test_an_agreement_takes_the_place_of_nothing_else_in_the_chronicle(elm: Laptop, oak: Laptop) -> None:
    # A neighbour chooses the id: that of a decision here would stop it at its next step.
    with oak.book() as book:
        book.chronicle.append([Draft("proposal", ID, 1, "p-1", b"{}")])
    agreement = terms(elm.party(DataClass.READINGS), oak.party(), version=2)
    content = oak.sign(elm.sign(unsigned(AGREEMENT, agreement), oak.words), elm.words).encode()
    with pytest.raises(RefusedDocumentError, match="something else"):
        oak.add(content)


def test_a_number_that_a_thief_used_up_is_free_after_signing_anew(tmp_path: Path) -> None:
    elm, oak = neighbours(tmp_path)
    last = IssuedBundle(
        agreement=ID, sequence=2**53 - 2, digest="0" * 64, made="", first="", last="", rows={}
    )
    with elm.book() as book:
        [stored] = book.agreements()
        args = stored, "elm", elm.key, rows_of(elm), WEEK, book.today(), last
        thief = make_bundle(*args, begins_anew=True).content
    take(oak, thief)
    with pytest.raises(RefusedBundleError, match="older"):
        take(oak, make(elm, begins_anew=True, is_entered=False).content)
    oak.add(signed_by(elm, KEY_STOLEN, StolenKey(community="elm", key=elm.public, day="2027-07-01")))
    draw_key(elm.data, "elm")
    agree(elm, oak, terms(elm.party(*GIVES), oak.party(), version=2))
    bundle = make(elm, begins_anew=True)
    assert take(oak, bundle.content).manifest.sequence == 1
    with Received(oak.data, "oak", ID) as received:
        assert [bundle.sequence for bundle in received.accepted()] == [1]
    with pytest.raises(RefusedBundleError, match="here already"):
        take(oak, bundle.content)
