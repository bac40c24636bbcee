"""Stories that came in: whole, and gone from every byte once they are taken back, too old or purged."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import make, take
from coalition.laptops import ID, Laptop, agree, laptop, terms
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.received import Received, received_folder
from sera_coalition.bundles.receiving import purge
from sera_coalition.errors import RefusedBundleError

if TYPE_CHECKING:
    from pathlib import Path

    from sera_coalition.bundles.tables import Row

STORY = "1" * 32
WORDS = "how the well was dug"


def story(text: str = WORDS, licence: str = "none") -> Row:
    return "elm", licence, STORY, 1, "story", "en", "2027-06-01", "", "A well", text


def bytes_of(taker: Laptop) -> bytes:
    folder = received_folder(taker.data, taker.community)
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Laptop, Laptop]:
    elm, oak = laptop(tmp_path, "elm"), laptop(tmp_path, "oak")
    agree(elm, oak, terms(elm.party(DataClass.STORIES), oak.party()))
    return elm, oak


def refused(elm: Laptop, oak: Laptop) -> None:
    """A bundle with a story that is refused, and whose file is kept."""
    with pytest.raises(RefusedBundleError, match="licence"):
        take(oak, make(elm, {"stories": [story(licence="other")]}, is_entered=False).content)
    assert WORDS.encode() in bytes_of(oak)


def test_what_may_be_told_comes_in_with_its_tabs_and_lines(sides: tuple[Laptop, Laptop]) -> None:
    elm, oak = sides
    text = "Water\t2 l\n\nSalt\tsome"
    take(oak, make(elm, {"stories": [story(text)]}).content)
    with Received(oak.data, "oak", ID) as received:
        assert received.rows("stories", 9)[0]["text"] == text


def test_a_story_that_is_taken_back_is_in_no_file_that_was_refused_either(
    sides: tuple[Laptop, Laptop],
) -> None:
    elm, oak = sides
    refused(elm, oak)
    take(oak, make(elm, {"withdrawals": [("elm", "none", STORY, 1)]}).content)
    assert WORDS.encode() not in bytes_of(oak)


def test_a_file_that_was_refused_is_kept_no_longer_than_what_was_taken(
    sides: tuple[Laptop, Laptop],
) -> None:
    elm, oak = sides
    refused(elm, oak)
    with Received(oak.data, "oak", ID) as received:
        received.forget_old(date(2027, 7, 31), 30)
        assert WORDS.encode() in bytes_of(oak)
        received.forget_old(date(2027, 8, 1), 30)
        assert WORDS.encode() not in bytes_of(oak)


def test_a_purge_reaches_what_was_only_refused(sides: tuple[Laptop, Laptop]) -> None:
    elm, oak = sides
    refused(elm, oak)
    with elm.book() as book:
        agreement = book.agreements()[0].agreement
    oak.add(elm.revoke(agreement))
    with oak.book() as book:
        _, rows = purge(oak.data, book, book.agreements()[0], oak.key)
    assert rows == 0
    assert WORDS.encode() not in bytes_of(oak)
