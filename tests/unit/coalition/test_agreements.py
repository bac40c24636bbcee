"""Agreements between communities: fields that contradict themselves, keys, signatures, their end."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.laptops import ID, Laptop, agree, laptop, terms
from sera_coalition.agreements.envelope import read_payload, read_signed, unsigned
from sera_coalition.agreements.fields_file import read_fields, sample
from sera_coalition.agreements.key_files import draw_key, key_folder
from sera_coalition.agreements.keys import check_read_aloud, fingerprint, public_of
from sera_coalition.agreements.statements import (
    AGREEMENT,
    KEY_CHANGE,
    KEY_STOLEN,
    RECEIPT,
    KeyChange,
    Receipt,
    StolenKey,
)
from sera_coalition.agreements.stored_agreements import AgreementStatus
from sera_coalition.agreements.terms import (
    Agreement,
    DataClass,
    Onward,
    Party,
    Period,
    Place,
    Purpose,
    check_agreement,
)
from sera_coalition.agreements.wording import text_of
from sera_coalition.errors import InvalidAgreementError, InvalidEnvelopeError, RefusedDocumentError
from sera_words.language import LANGUAGES
from sera_words.sentences import agreement_words
from sera_words.translations import AGREEMENTS
from strategies import examples
from web.catalogues import messages

if TYPE_CHECKING:
    from pathlib import Path

ONE_KEY, TWO_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
ELM = Party(community="elm", name="Elm Street", key=public_of(ONE_KEY), gives=(DataClass.READINGS,))
TWO = Party(community="oak", name="Eichenhof", key=public_of(TWO_KEY), language="de")


@pytest.fixture
def elm(tmp_path: Path) -> Laptop:
    return laptop(tmp_path, "elm")


@pytest.fixture
def oak(tmp_path: Path) -> Laptop:
    return laptop(tmp_path, "oak")


def agreed(elm: Laptop, oak: Laptop) -> Agreement:
    agreement = terms(elm.party(DataClass.READINGS), oak.party(DataClass.VISITS, language="de"))
    agree(elm, oak, agreement)
    return agreement


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("parties", {"parties": (ELM, ELM)}),
        ("parties", {"parties": (msgspec.structs.replace(ELM, gives=()), TWO)}),
        ("parties", {"parties": (msgspec.structs.replace(ELM, gives=(DataClass.MEDIA,)), TWO)}),
        ("parties", {"parties": (ELM, msgspec.structs.replace(TWO, key="00"))}),
        ("parties", {"parties": (ELM, msgspec.structs.replace(TWO, name="a\nb"))}),
        ("parties", {"parties": (ELM, msgspec.structs.replace(TWO, community="../oak"))}),
        ("onward, licence", {"licence": "cc-by"}),
        ("onward, licence", {"onward": Onward.YES}),
        ("onward, licence", {"onward": Onward.CONSENT, "licence": "cc0"}),
        ("purposes, onward", {"purposes": (Purpose.PUBLISH,)}),
        ("purposes", {"purposes": ()}),
        ("retention_days, period", {"retention_days": 7, "period": Period.MONTH}),
        ("notice_days, review", {"notice_days": 400}),
        ("smallest_cell", {"smallest_cell": 2}),
        ("review", {"review": "2026-01-01"}),
        ("review", {"review": "2033-01-01"}),
        ("begins", {"begins": "soon"}),
        ("licence", {"licence": "mine"}),
        ("form", {"form": 2}),
        ("id", {"id": "x"}),
    ],
)
def test_an_agreement_that_contradicts_itself_is_refused_by_field(
    field: str, change: dict[str, object]
) -> None:
    check_agreement(terms(ELM, TWO))
    agreement = msgspec.structs.replace(terms(ELM, TWO), **change)
    with pytest.raises(InvalidAgreementError) as refused:
        check_agreement(agreement)
    assert refused.value.field == field


def test_the_sample_becomes_an_agreement_once_the_other_side_is_pasted_in() -> None:
    empty = sample(ELM)
    with pytest.raises(InvalidAgreementError, match="parties"):
        read_fields(empty.encode(), ID, 1)
    other = f'community = "oak"\nname = "Eichenhof"\nkey = "{TWO.key}"'
    filled = empty.replace('community = ""\nname = ""\nkey = ""', other)
    agreement = read_fields(filled.encode(), ID, 1)
    assert agreement.party("oak") is not None
    assert agreement.other("elm").name == "Eichenhof"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("place = ", "file"),
        ("", "fields"),
        ('id = "x"', "id"),
        (sample(ELM).replace('["compare"]', '["spy"]'), r"purposes\[0\]: .*expected one of compare, teach"),
        (sample(ELM).replace("smallest_cell = 3", 'smallest_cell = "few"'), "smallest_cell"),
        (sample(ELM).replace("notice_days", "notice"), "fields"),
    ],
)
def test_a_file_of_fields_that_cannot_be_read_is_refused_by_place(text: str, place: str) -> None:
    with pytest.raises(InvalidAgreementError, match=place):
        read_fields(text.encode(), ID, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_says_every_field_in_the_language_of_each_party(language: str) -> None:
    words = agreement_words("en_GB" if language == "en" else language)
    party = msgspec.structs.replace(ELM, language=language)
    text = text_of(terms(party, TWO), language)
    for id_ in ("place.1km", "period.day", "onward.no", "purpose.compare", "class.readings"):
        assert words.say(id_) in text
    assert "400" in text
    assert fingerprint(TWO.key) in text
    assert text_of(terms(party, TWO), language) == terms(party, TWO).texts[language]


def test_every_choice_has_a_sentence_and_no_sentence_is_there_in_vain() -> None:
    families = {
        "class.": DataClass,
        "purpose.": Purpose,
        "place.": Place,
        "period.": Period,
        "onward.": Onward,
    }
    ids = {prefix + choice for prefix, choices in families.items() for choice in choices}
    assert {id_ for id_ in messages(AGREEMENTS, "en") if not id_.startswith("text.")} == ids


def test_words_of_another_key_are_refused() -> None:
    check_read_aloud(fingerprint(ELM.key).upper(), ELM.key, "elm")
    check_read_aloud(" ".join(word[:4] for word in fingerprint(ELM.key).split()), ELM.key, "elm")
    with pytest.raises(InvalidAgreementError, match="not the words of the key"):
        check_read_aloud(fingerprint(TWO.key), ELM.key, "elm")
    with pytest.raises(InvalidAgreementError, match="expected 12 words"):
        check_read_aloud("zoo", ELM.key, "elm")


def test_both_sides_sign_the_same_bytes_and_enter_them(elm: Laptop, oak: Laptop) -> None:
    agreement = agreed(elm, oak)
    for side in (elm, oak):
        with side.book() as book:
            [stored] = book.agreements()
            assert stored.agreement == agreement
            assert stored.status_on(book.today()) is AgreementStatus.IN_FORCE
            entry = book.chronicle.entry(stored.number)
            assert entry is not None
            assert (entry.kind, entry.item, entry.version) == ("agreement", ID, 1)


def test_a_key_is_private_and_nothing_is_signed_unheard(elm: Laptop, oak: Laptop) -> None:
    assert (key_folder(elm.data, "elm") / "key.pem").stat().st_mode & 0o077 == 0
    signed = unsigned(AGREEMENT, terms(elm.party(DataClass.READINGS), oak.party()))
    with pytest.raises(InvalidAgreementError, match="never compared"):
        elm.sign(signed)
    with pytest.raises(InvalidAgreementError, match="not the words"):
        elm.sign(signed, elm.words)


def test_one_signature_is_not_enough_and_a_third_is_too_many(elm: Laptop, oak: Laptop) -> None:
    signed = elm.sign(unsigned(AGREEMENT, terms(elm.party(DataClass.READINGS), oak.party())), oak.words)
    with pytest.raises(InvalidEnvelopeError, match="lacks the signature"):
        elm.add(signed.encode())
    both = oak.sign(signed, elm.words)
    with pytest.raises(InvalidEnvelopeError, match="unknown key"):
        elm.add(both.signed_with(ONE_KEY, ELM.key).encode())
    assert elm.add(both.encode()) == AGREEMENT
    assert elm.add(both.encode()) == AGREEMENT
    with elm.book() as book:
        assert len(book.agreements()) == 1


def test_a_text_that_says_something_else_than_the_fields_is_not_signed(elm: Laptop, oak: Laptop) -> None:
    honest = terms(elm.party(DataClass.READINGS), oak.party())
    texts = {"en": honest.texts["en"].replace("400", "4")}
    forged = msgspec.structs.replace(honest, texts=texts)
    with pytest.raises(InvalidAgreementError, match="do not say what the fields say"):
        elm.sign(unsigned(AGREEMENT, forged), oak.words)


@pytest.mark.slow
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=examples(60), deadline=None)
def test_any_changed_bit_of_a_signed_agreement_is_refused(place: int, bit: int) -> None:
    signed = unsigned(AGREEMENT, terms(ELM, TWO)).signed_with(ONE_KEY, ELM.key).signed_with(TWO_KEY, TWO.key)
    content = bytearray(signed.encode())
    content[place % len(content)] ^= 1 << bit
    with pytest.raises(InvalidEnvelopeError):
        read_signed(bytes(content)).require([ELM.key, TWO.key])


def test_one_document_has_one_spelling() -> None:
    content = unsigned(AGREEMENT, terms(ELM, TWO)).signed_with(ONE_KEY, ELM.key).encode()
    loose = json.dumps(json.loads(content)).encode()
    with pytest.raises(InvalidEnvelopeError, match="one form"):
        read_signed(loose)
    fields = json.loads(content)
    fields["payload"] = b64encode(json.dumps(json.loads(b64decode(fields["payload"]))).encode()).decode()
    with pytest.raises(InvalidEnvelopeError, match="canonical"):
        read_payload(read_signed(rfc8785.dumps(fields)), AGREEMENT, Agreement)
    with pytest.raises(InvalidEnvelopeError, match="no signed document"):
        read_signed(b"[]")


def test_the_signed_bytes_are_those_of_dsse() -> None:
    """After the specification: `DSSEv1 29 http://example.com/HelloWorld 11 hello world` and so on."""
    signed = unsigned(AGREEMENT, terms(ELM, TWO))
    kind = b"application/vnd.sera.agreement+json"
    encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(signed.payload), signed.payload)
    [signature] = signed.signed_with(ONE_KEY, ELM.key).signatures.values()
    ONE_KEY.public_key().verify(signature, encoded)


def test_a_change_is_a_new_version_and_needs_both_again(elm: Laptop, oak: Laptop) -> None:
    first = agreed(elm, oak)
    second = terms(*first.parties, version=2, smallest_cell=5)
    agree(elm, oak, second)
    with elm.book() as book:
        [stored] = book.agreements()
        assert stored.agreement.smallest_cell == 5
    other = unsigned(AGREEMENT, terms(*first.parties, version=2, smallest_cell=4))
    content = oak.sign(elm.sign(other)).encode()
    with pytest.raises(RefusedDocumentError, match="is here already"):
        elm.add(content)
    content = oak.sign(
        elm.sign(unsigned(AGREEMENT, terms(*first.parties, version=1, notice_days=3)))
    ).encode()
    with pytest.raises(RefusedDocumentError):
        elm.add(content)


def test_an_agreement_of_others_is_none_of_ours(elm: Laptop, oak: Laptop, tmp_path: Path) -> None:
    ash = laptop(tmp_path, "ash")
    signed = unsigned(AGREEMENT, terms(elm.party(DataClass.READINGS), oak.party()))
    with pytest.raises(RefusedDocumentError, match="no party"):
        ash.sign(signed, elm.words)
    content = oak.sign(elm.sign(signed, oak.words), elm.words).encode()
    with pytest.raises(RefusedDocumentError, match="no party"):
        ash.add(content)


def test_it_gives_nothing_before_its_first_day_nor_after_its_review(elm: Laptop, oak: Laptop) -> None:
    agreed(elm, oak)
    with elm.book() as book:
        [stored] = book.agreements()
    days = {"2026-12-31": False, "2027-01-01": True, "2028-01-01": True, "2028-01-02": False}
    assert {day: stored.gives_on(date.fromisoformat(day)) for day in days} == days


def test_an_end_holds_after_its_notice_and_only_of_a_party(elm: Laptop, oak: Laptop) -> None:
    agreement = terms(elm.party(DataClass.READINGS), oak.party(), notice_days=14)
    agree(elm, oak, agreement)
    content = oak.revoke(agreement)
    assert elm.add(content) == "agreement-end"
    with elm.book() as book:
        [stored] = book.agreements()
        assert stored.status_on(date(2027, 7, 14)) is AgreementStatus.NOTICE
        assert stored.status_on(date(2027, 7, 15)) is AgreementStatus.REVOKED
    forged = bytearray(content)
    forged[20] ^= 1
    with pytest.raises(InvalidEnvelopeError):
        elm.add(bytes(forged))


def change_key(side: Laptop) -> bytes:
    old, old_public = side.key, side.public
    new = Ed25519PrivateKey.generate()
    statement = KeyChange(community=side.community, old=old_public, new=public_of(new), day="2027-07-01")
    signed = unsigned(KEY_CHANGE, statement).signed_with(old, old_public)
    return signed.signed_with(new, statement.new).encode()


def test_a_key_changes_by_the_word_of_the_old_one(elm: Laptop, oak: Laptop) -> None:
    agreement = agreed(elm, oak)
    change = change_key(oak)
    elm.add(change)
    with elm.book() as book:
        [stored] = book.agreements()
        keys = book.keys(stored, "oak")
        assert [key.until for key in keys] == ["2027-07-01", ""]
        assert not book.knows_key("oak", agreement.other("elm").key)
    with pytest.raises(RefusedDocumentError, match="two histories"):
        elm.add(change_key(oak))


def test_a_stranger_changes_no_key(elm: Laptop, oak: Laptop) -> None:
    agreed(elm, oak)
    draw_key(oak.data, "oak")
    with pytest.raises(RefusedDocumentError, match="not its present one"):
        elm.add(change_key(oak))


def test_a_lost_key_needs_a_new_agreement_and_a_voice(elm: Laptop, oak: Laptop) -> None:
    agreed(elm, oak)
    draw_key(oak.data, "oak")
    second = unsigned(AGREEMENT, terms(elm.party(DataClass.READINGS), oak.party(), version=2))
    with pytest.raises(InvalidAgreementError, match="never compared"):
        elm.sign(second)
    content = oak.sign(elm.sign(second, oak.words)).encode()
    elm.add(content)
    with elm.book() as book:
        [stored] = book.agreements()
        assert book.keys(stored, "oak")[-1].key == oak.public


def test_a_stolen_key_is_shut_out_and_opens_no_new_version(elm: Laptop, oak: Laptop) -> None:
    agreement = agreed(elm, oak)
    statement = StolenKey(community="oak", key=oak.public, day="2027-06-20")
    elm.add(oak.enter(KEY_STOLEN, statement))
    with elm.book() as book:
        [stored] = book.agreements()
        assert book.keys(stored, "oak")[-1].stolen == "2027-06-20"
        assert not book.knows_key("oak", oak.public)
    second = unsigned(AGREEMENT, terms(*agreement.parties, version=2))
    signed = oak.sign(elm.sign(second, oak.words))
    with pytest.raises(RefusedDocumentError, match="reported stolen"):
        elm.add(signed.encode())


def test_nobody_reports_a_key_of_others_as_stolen_but_for_themselves(
    elm: Laptop, oak: Laptop, tmp_path: Path
) -> None:
    agreed(elm, oak)
    ash = laptop(tmp_path, "ash")
    statement = StolenKey(community="oak", key=oak.public, day="2027-06-20")
    forged = unsigned(KEY_STOLEN, statement).signed_with(ash.key, ash.public).encode()
    with pytest.raises(InvalidEnvelopeError):
        elm.add(forged)
    assert elm.enter(KEY_STOLEN, statement)


def test_a_receipt_is_for_the_end_that_was_said(elm: Laptop, oak: Laptop) -> None:
    agreement = agreed(elm, oak)
    receipt = Receipt(agreement=ID, by="oak", revocation="0" * 64, bundles=(), rows=0, day="2027-07-01")
    content = unsigned(RECEIPT, receipt).signed_with(oak.key, oak.public).encode()
    with pytest.raises(RefusedDocumentError, match="another end"):
        elm.add(content)
    elm.revoke(agreement)
    with elm.book() as book:
        [stored] = book.agreements()
    good = msgspec.structs.replace(receipt, revocation=stored.revocation_digest)
    elm.add(unsigned(RECEIPT, good).signed_with(oak.key, oak.public).encode())
    with elm.book() as book:
        assert book.receipts(ID) == [good]
    with pytest.raises(InvalidEnvelopeError):
        elm.add(unsigned(RECEIPT, good).signed_with(elm.key, elm.public).encode())
