"""A claim that is entered is an entry of the chronicle, and gone for good once it is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from open_report.town import CLAIM
from sera_coalition.errors import InvalidClaimError
from sera_coalition.report.claim_book import ClaimBook
from sera_coalition.report.claims import Claim, read_claim
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Draft, draw_item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPORT = "ab" * 32


@pytest.fixture
def chronicle(tmp_path: Path) -> Iterator[Chronicle]:
    with Chronicle.open(tmp_path / "chronicle", clock=lambda: 1_782_000_000.0) as opened:
        yield opened


def test_a_claim_comes_back_as_it_was_entered_the_newest_first(chronicle: Chronicle) -> None:
    book, claim = ClaimBook(chronicle), read_claim(CLAIM.encode(), "claim.toml")
    chronicle.append([Draft("story", draw_item(), 1, "member-1", b"{}")])
    first, second = (book.enter(claim, author, REPORT) for author in ("member-1", "member-2"))
    assert [entered.number for entered in book.all()] == [second, first]
    entered = book.find(first)
    assert entered is not None
    assert (entered.claim, entered.author, entered.report, entered.day) == (
        claim, "member-1", REPORT, "2026-06-21",
    )  # fmt: skip
    assert [own.number for own in book.entered_by("member-1")] == [first]
    assert book.find(1) is None


def test_what_is_taken_back_is_in_no_file_and_the_chain_keeps_its_digests(
    chronicle: Chronicle, tmp_path: Path
) -> None:
    book = ClaimBook(chronicle)
    number = book.enter(read_claim(CLAIM.encode(), "claim.toml"), "member-1", REPORT)
    entry = chronicle.entry(number)
    assert entry is not None
    assert entry.kind == "claim"
    assert b"member-1" not in entry.header
    book.withdraw([number], "withdrawn")
    assert book.find(number) is None
    assert book.all() == []
    assert chronicle.entry(number) == entry
    for path in (tmp_path / "chronicle").rglob("*"):
        assert not path.is_file() or b"fewest pollinators" not in path.read_bytes()


def test_nothing_is_kept_of_what_is_no_claim_and_a_later_form_is_shown_to_nobody(
    chronicle: Chronicle,
) -> None:
    book = ClaimBook(chronicle)
    with pytest.raises(InvalidClaimError, match="expected 1 to"):
        book.enter(Claim(title="Empty", lines=()), "member-1", REPORT)
    assert chronicle.head() is None
    (later,) = chronicle.append([Draft("claim", draw_item(), 1, "member-1", b'{"form": 2, "claims": []}')])
    assert book.find(later.number) is None
    assert book.all() == []
