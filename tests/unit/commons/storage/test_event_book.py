"""Events are kept in versions, changed, cancelled, and gone with their names when they are withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commons_parts.events import LEVELS, consent, meal, role
from commons_parts.stories import ANNA, BO, TODAY, story
from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER, Reader
from sera_commons.storage.event_book import EVENT, EventBook
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Draft
from sera_store.chronicle.verification import verify_chain, verify_contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON_S = 1_781_956_800  # 20 June 2026


@pytest.fixture
def book(tmp_path: Path) -> Iterator[EventBook]:
    with Chronicle.open(tmp_path / "oak", clock=lambda: NOON_S) as chronicle:
        yield EventBook(Shelf(chronicle, "oak"))


def titles(book: EventBook, reader: Reader = STRANGER, use: Use = Use.PAGE) -> list[str]:
    return [view.event.title for view in book.released(use, reader, TODAY, LEVELS)]


def test_the_newest_version_is_shown_and_events_stand_in_the_order_of_their_days(book: EventBook) -> None:
    entry = book.arrange(meal(), ANNA)
    book.arrange(meal(title="Winter meal", begins="2026-12-12T12:00", ends=""), ANNA)
    book.arrange(meal(title="Spring feast"), BO, entry.item_id)
    assert titles(book) == ["Winter meal", "Spring feast"]
    assert [stored.version for stored in book.all()] == [1, 2]
    assert book.authors(entry.item_id) == {ANNA, BO}


def test_a_cancelled_event_says_why_and_needs_a_reason(book: EventBook) -> None:
    entry = book.arrange(meal(), ANNA)
    with pytest.raises(InvalidItemError):
        book.cancel(entry.item_id, BO, "  ")
    with pytest.raises(InvalidItemError):
        book.cancel("0" * 32, BO, "rain")
    book.cancel(entry.item_id, BO, "rain")
    [view] = book.released(Use.PAGE, STRANGER, TODAY, LEVELS)
    assert (view.event.cancelled, view.version) == ("rain", 2)


def test_when_its_newest_version_goes_no_older_one_comes_up_again(book: EventBook) -> None:
    entry = book.arrange(meal(consent=consent()), ANNA)
    book.cancel(entry.item_id, BO, "rain")
    assert book.withdraw_of(BO) == 1
    assert titles(book) == titles(book, Reader(ANNA, "oak")) == []
    assert book.find(entry.item_id) is None


def test_a_withdrawn_event_takes_its_names_along_and_the_chain_is_whole(
    book: EventBook, tmp_path: Path
) -> None:
    entry = book.arrange(meal(), ANNA)
    book.take_role(role(event=entry.item_id), BO)
    assert [entry.author for entry in book.roles(entry.item_id)] == [BO]
    book.withdraw(entry.item_id)
    assert (titles(book), book.roles()) == ([], [])
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "oak").rglob("*") if path.is_file())
    for secret in (b"Spring", b"library", b"green door", ANNA.encode(), BO.encode()):
        assert secret not in on_disk
    assert [*verify_chain(book.chronicle.lines()), *verify_contents(book.chronicle)] == []


def test_a_name_is_taken_back_by_itself_and_another_process_sees_it_at_once(
    book: EventBook, tmp_path: Path
) -> None:
    entry = book.arrange(meal(), ANNA)
    number = book.take_role(role(event=entry.item_id), BO)
    [view] = book.released(Use.PAGE, STRANGER, TODAY, LEVELS)
    assert [role_.name for role_ in view.roles] == ["Anna of the green door"]
    with Chronicle.open(tmp_path / "oak") as other:
        EventBook(Shelf(other, "oak")).withdraw_role(number)
    [view] = book.released(Use.PAGE, STRANGER, TODAY, LEVELS)
    assert view.roles == ()
    assert (book.roles_of(BO), len(book.by_author(ANNA))) == ([], 1)


def test_a_role_needs_its_event(book: EventBook) -> None:
    with pytest.raises(InvalidItemError):
        book.take_role(role(event="0" * 32), BO)


def test_a_dish_goes_from_the_programme_with_the_consent_of_its_giver(book: EventBook) -> None:
    dish = book.shelf.give(story(), ANNA)
    book.arrange(meal(dishes=(f"{dish.item_id}/1",)), ANNA)
    [view] = book.released(Use.PAGE, STRANGER, TODAY, LEVELS)
    assert [served.title for served in view.dishes] == ["Bean stew of the third floor"]
    book.shelf.withdraw([dish.number])
    [view] = book.released(Use.PAGE, STRANGER, TODAY, LEVELS)
    assert view.dishes == ()


def test_an_event_of_a_later_sera_is_shown_to_nobody(book: EventBook) -> None:
    entry = book.arrange(meal(), ANNA)
    book.chronicle.append([Draft(EVENT, entry.item_id, 2, ANNA, b'{"form":2}')])
    assert titles(book) == titles(book, Reader(ANNA, "oak")) == []


def test_a_hidden_event_is_seen_by_who_entered_it_alone(book: EventBook) -> None:
    entry = book.arrange(meal(), ANNA)
    book.shelf.hide(entry.number, BO, is_hidden=True)
    assert (titles(book), titles(book, Reader(ANNA, "oak"))) == ([], ["Spring meal"])
    book.shelf.hide(entry.number, BO, is_hidden=False)
    assert titles(book) == ["Spring meal"]
