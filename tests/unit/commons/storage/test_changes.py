"""What was agreed to changes in place: by its giver, or by two keepers of what a group holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from commons_parts.stories import ANNA, AUDIENCES, BO, CEM, ELDERS, TODAY, consent, photo, story
from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import Use
from sera_commons.items.item import MediaNote
from sera_commons.items.keepers import Terms
from sera_commons.items.release import STRANGER, Reader, StoredVersion
from sera_commons.storage.changes import change_consent, say_yes, take_back_yes
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment
from sera_store.chronicle.verification import verify_chain, verify_contents
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON_S = 1_781_956_800  # 20 June 2026
PEOPLE = (ANNA, BO, CEM)
OPEN = Terms(audience="everybody", uses=(Use.PAGE, Use.PRINT), licence="cc-by")
TITLE = "Bean stew of the third floor"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Chronicle.open(tmp_path / "oak", clock=lambda: NOON_S) as chronicle:
        yield Shelf(chronicle, "oak")


@pytest.fixture
def elders_story(shelf: Shelf) -> StoredVersion:
    """A recipe of the elders, who are Anna and Bo, given by Cem with his name."""
    shelf.put_audience(AUDIENCES[ELDERS], CEM)
    for_elders = consent(audience=ELDERS, licence="none", uses=(Use.PAGE,))
    entered = shelf.give(story(consent=for_elders, held_by=ELDERS), CEM)
    return now(shelf, entered.item_id, 1)


def now(shelf: Shelf, item_id: str, version: int) -> StoredVersion:
    stored = shelf.current(item_id, version)
    assert stored is not None
    return stored


def titles(shelf: Shelf, reader: Reader = STRANGER, use: Use = Use.PAGE) -> list[str]:
    return [view.title for view in shelf.released(use, reader, TODAY)]


def is_whole(shelf: Shelf) -> bool:
    return [*verify_chain(shelf.chronicle.lines()), *verify_contents(shelf.chronicle)] == []


def test_a_giver_makes_it_narrower_and_no_output_shows_what_was_wider(shelf: Shelf, tmp_path: Path) -> None:
    picture = Attachment(photo(), "image/jpeg")
    entered = shelf.give(story(media=(MediaNote(description="the pot"),)), ANNA, [picture])
    wide = now(shelf, entered.item_id, 1)
    changed = change_consent(shelf, wide, consent(audience="community", naming="none", name=""))
    assert titles(shelf) == []
    assert titles(shelf, Reader(BO, "oak")) == [TITLE]
    narrow = now(shelf, entered.item_id, 1)
    assert (narrow.version, narrow.number) == (changed.version, changed.number) == (2, 2)
    assert narrow.item is not None
    assert (narrow.item.replaces, narrow.author) == ((1,), ANNA)
    assert shelf.chronicle.attachment(narrow.attachments[0][0]) == photo()
    assert shelf.chronicle.is_erased(1)
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "oak").rglob("*.sqlite*"))
    assert b"Anna of the green door" not in on_disk
    assert is_whole(shelf)


def test_after_the_day_of_review_its_giver_agrees_again(shelf: Shelf) -> None:
    entered = shelf.give(story(consent=consent(review="2026-06-01")), ANNA, is_new=False)
    assert titles(shelf) == []
    change_consent(shelf, now(shelf, entered.item_id, 1), consent(review="2028-06-01"))
    assert titles(shelf) == [TITLE]
    with pytest.raises(InvalidItemError, match="within five years"):
        change_consent(shelf, now(shelf, entered.item_id, 1), consent(review="2026-06-20"))


def test_what_a_moderator_hid_stays_hidden_and_is_shown_again_by_one(shelf: Shelf) -> None:
    entered = shelf.give(story(), ANNA)
    shelf.hide(entered.number, CEM, is_hidden=True)
    change_consent(shelf, now(shelf, entered.item_id, 1), consent(licence="cc0"))
    assert titles(shelf) == []
    shelf.hide(now(shelf, entered.item_id, 1).number, CEM, is_hidden=False)
    assert titles(shelf) == [TITLE]
    change_consent(shelf, now(shelf, entered.item_id, 1), consent(licence="none"))
    assert titles(shelf) == [TITLE]


def test_what_was_taken_back_meanwhile_does_not_come_back_by_a_change(shelf: Shelf, tmp_path: Path) -> None:
    entered = shelf.give(story(), ANNA)
    before = now(shelf, entered.item_id, 1)
    with Chronicle.open(tmp_path / "oak") as other:
        Shelf(other, "oak").withdraw([entered.number])
    with pytest.raises(InvalidEntryError):
        change_consent(shelf, before, consent(audience="community"))
    assert shelf.all() == []
    assert is_whole(shelf)


def test_two_keepers_open_what_the_group_holds_and_the_giver_is_named_no_wider(
    shelf: Shelf, elders_story: StoredVersion
) -> None:
    assert say_yes(shelf, elders_story, ANNA, OPEN, PEOPLE) is None
    assert say_yes(shelf, elders_story, ANNA, OPEN, PEOPLE) is None
    assert titles(shelf) == []
    entered = say_yes(shelf, elders_story, BO, OPEN, PEOPLE)
    assert entered is not None
    [view] = shelf.released(Use.PRINT, STRANGER, TODAY)
    assert (view.title, view.licence, view.giver) == (TITLE, "cc-by", "")
    stored = now(shelf, elders_story.item_id, 1)
    assert stored.item is not None
    assert stored.author == CEM
    yeses = [shelf.chronicle.entry(number) for number in stored.item.agreed]
    assert [entry.kind for entry in yeses if entry is not None] == ["keeper-yes"] * 2
    chain = b"".join(header for header, _ in shelf.chronicle.lines())
    assert not any(person.encode() in chain for person in PEOPLE)
    assert is_whole(shelf)


def test_a_giver_who_is_a_keeper_and_agrees_stays_named(shelf: Shelf) -> None:
    shelf.put_audience(AUDIENCES[ELDERS], CEM)
    entered = shelf.give(story(consent=consent(audience=ELDERS, licence="none"), held_by=ELDERS), ANNA)
    for person in (ANNA, BO):
        say_yes(shelf, now(shelf, entered.item_id, 1), person, OPEN, PEOPLE)
    [view] = shelf.released(Use.PRINT, STRANGER, TODAY)
    assert view.giver == "Anna of the green door"


@pytest.mark.parametrize(
    ("person", "terms", "words"),
    [
        (CEM, OPEN, "only a keeper"),
        (ANNA, Terms(audience=ELDERS, uses=(Use.PAGE,), licence="none"), "nothing would change"),
        (ANNA, msgspec.structs.replace(OPEN, audience="0" * 32), "expected community"),
        (ANNA, msgspec.structs.replace(OPEN, audience="me"), "expected community"),
        (ANNA, msgspec.structs.replace(OPEN, licence="mine"), "expected one of"),
    ],
)
def test_a_yes_that_cannot_be_is_refused_and_not_kept(
    shelf: Shelf, elders_story: StoredVersion, person: str, terms: Terms, words: str
) -> None:
    with pytest.raises(InvalidItemError, match=words):
        say_yes(shelf, elders_story, person, terms, PEOPLE)
    assert shelf.yeses(elders_story.number) == []


def test_other_terms_a_yes_taken_back_and_a_keeper_no_more_are_no_second_yes(
    shelf: Shelf, elders_story: StoredVersion
) -> None:
    less = msgspec.structs.replace(OPEN, audience="community")
    assert say_yes(shelf, elders_story, ANNA, OPEN, PEOPLE) is None
    assert say_yes(shelf, elders_story, BO, less, PEOPLE) is None
    assert say_yes(shelf, elders_story, ANNA, less, PEOPLE) is not None
    elders_story = now(shelf, elders_story.item_id, 1)
    assert say_yes(shelf, elders_story, ANNA, OPEN, PEOPLE) is None
    assert take_back_yes(shelf, elders_story.number, ANNA)
    assert not take_back_yes(shelf, elders_story.number, ANNA)
    assert say_yes(shelf, elders_story, BO, OPEN, PEOPLE) is None
    shelf.put_audience(msgspec.structs.replace(AUDIENCES[ELDERS], members=(ANNA, CEM)), CEM)
    assert say_yes(shelf, elders_story, ANNA, OPEN, PEOPLE) is None
    assert say_yes(shelf, elders_story, CEM, OPEN, PEOPLE) is not None


def test_the_giver_of_what_a_group_holds_makes_it_less_and_never_more(
    shelf: Shelf, elders_story: StoredVersion
) -> None:
    own = consent(audience=ELDERS, licence="none", uses=(Use.PAGE,))
    with pytest.raises(InvalidItemError, match="two of its keepers"):
        change_consent(shelf, elders_story, msgspec.structs.replace(own, uses=(Use.PAGE, Use.PRINT)))
    change_consent(shelf, elders_story, msgspec.structs.replace(own, uses=(), audience="me"))
    assert titles(shelf, Reader(ANNA, "oak")) == []


def test_what_a_child_gave_to_a_group_is_not_opened_by_keepers(shelf: Shelf) -> None:
    shelf.put_audience(AUDIENCES[ELDERS], CEM)
    child = consent(audience=ELDERS, licence="none", is_child=True, grown_up_agrees=True)
    entered = shelf.give(story(consent=child, held_by=ELDERS), CEM)
    with pytest.raises(InvalidItemError, match="a child gave this"):
        say_yes(shelf, now(shelf, entered.item_id, 1), ANNA, OPEN, PEOPLE)


def test_a_withdrawal_takes_along_what_keepers_said_and_who_leaves_takes_theirs(
    shelf: Shelf, elders_story: StoredVersion, tmp_path: Path
) -> None:
    for person in (ANNA, BO):
        say_yes(shelf, elders_story, person, OPEN, PEOPLE)
    shelf.withdraw_person(BO)
    assert titles(shelf) == [TITLE]
    shelf.withdraw([now(shelf, elders_story.item_id, 1).number])
    shelf.remove_audience(ELDERS)
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "oak").rglob("*.sqlite*"))
    assert not any(person.encode() in on_disk for person in PEOPLE)
    assert is_whole(shelf)
