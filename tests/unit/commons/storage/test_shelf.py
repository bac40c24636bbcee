"""Stories are kept, seen by whom their givers chose, found by words, and gone when they are withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from commons_parts.stories import ANNA, BO, CEM, TODAY, consent, photo, story
from sera_commons.errors import InvalidItemError
from sera_commons.items.audiences import Audience
from sera_commons.items.consent import Use
from sera_commons.items.item import MediaNote, PlantName, Statement
from sera_commons.items.release import STRANGER, Reader
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment, Draft, draw_item
from sera_store.chronicle.verification import verify_chain, verify_contents
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON_S = 1_781_956_800  # 20 June 2026
NEIGHBOUR = Reader(BO, "oak")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Chronicle.open(tmp_path / "oak", clock=lambda: NOON_S) as chronicle:
        yield Shelf(chronicle, "oak")


def titles(shelf: Shelf, reader: Reader = STRANGER, use: Use = Use.PAGE) -> list[str]:
    return [view.title for view in shelf.released(use, reader, TODAY)]


def test_a_story_is_seen_by_everybody_and_its_version_by_the_neighbours(shelf: Shelf) -> None:
    first = shelf.give(story(), ANNA)
    shelf.give(
        story(title="Bean stew with mint", based_on=1, consent=consent(audience="community")),
        BO,
        item_id=first.item_id,
    )
    assert titles(shelf) == ["Bean stew of the third floor"]
    assert titles(shelf, NEIGHBOUR) == ["Bean stew with mint", "Bean stew of the third floor"]
    assert [stored.version for stored in shelf.versions(first.item_id)] == [1, 2]


def test_a_withdrawn_version_is_gone_from_reading_search_and_disk_and_the_chain_is_whole(
    shelf: Shelf, tmp_path: Path
) -> None:
    picture = Attachment(photo(), "image/jpeg")
    entry = shelf.give(story(media=(MediaNote(description="the pot"),)), ANNA, [picture])
    assert shelf.search("simmer", Use.PAGE, STRANGER, TODAY)
    shelf.withdraw([entry.number])
    assert titles(shelf, Reader(ANNA, "oak")) == []
    assert shelf.search("simmer", Use.PAGE, Reader(ANNA, "oak"), TODAY) == []
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "oak").rglob("*") if path.is_file())
    for secret in (b"Simmer", b"third floor", ANNA.encode(), b"Zeynep", photo()):
        assert secret not in on_disk
    assert [*verify_chain(shelf.chronicle.lines()), *verify_contents(shelf.chronicle)] == []


def test_what_another_process_withdrew_is_gone_at_the_next_look(shelf: Shelf, tmp_path: Path) -> None:
    entry = shelf.give(story(), ANNA)
    assert titles(shelf)
    with Chronicle.open(tmp_path / "oak") as other:
        Shelf(other, "oak").withdraw([entry.number])
    assert titles(shelf) == []
    assert shelf.search("bean", Use.PAGE, STRANGER, TODAY) == []


def test_search_tells_nobody_that_there_is_more(shelf: Shelf) -> None:
    shelf.give(story(consent=consent(audience="me")), ANNA)
    assert shelf.search("bean", Use.PAGE, NEIGHBOUR, TODAY) == []
    assert len(shelf.search("bean", Use.PAGE, Reader(ANNA, "oak"), TODAY)) == 1


@pytest.mark.parametrize(
    "words", ["crème", "creme", "CREME brû", "fasulye", "Vicia faba", "الجدة", 'a" OR text:*', "NEAR(", "*"]
)
def test_words_are_found_in_any_script_and_are_never_a_query_of_their_own(shelf: Shelf, words: str) -> None:
    plant = PlantName(name="fasulye", language="tr", taxon="Vicia faba")
    text = "Crème brûlée وصفة الجدة"
    shelf.give(story(title="Crème", statements=(Statement(text=text),), plants=(plant,)), ANNA)
    matches = shelf.search(words, Use.PAGE, STRANGER, TODAY)
    assert len(matches) == (0 if words in ('a" OR text:*', "NEAR(", "*") else 1)


def test_an_audience_is_who_the_community_says_and_who_leaves_it_sees_nothing_more(
    shelf: Shelf, tmp_path: Path
) -> None:
    elders = Audience(id=draw_item(), name="The elders", members=(BO,))
    shelf.put_audience(elders, CEM)
    shelf.give(story(consent=consent(audience=elders.id)), ANNA)
    assert titles(shelf, NEIGHBOUR)
    assert titles(shelf, Reader(CEM, "oak")) == []
    shelf.put_audience(msgspec.structs.replace(elders, members=(CEM,)), CEM)
    assert titles(shelf, NEIGHBOUR) == []
    assert titles(shelf, Reader(CEM, "oak"))
    # Who was in it is kept nowhere.
    shelf.remove_audience(elders.id)
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "oak").rglob("*.sqlite*"))
    assert BO.encode() not in on_disk
    assert titles(shelf, Reader(CEM, "oak")) == []


def test_a_moderator_hides_and_shows_again(shelf: Shelf) -> None:
    entry = shelf.give(story(), ANNA)
    shelf.hide(entry.number, CEM, is_hidden=True)
    assert titles(shelf) == []
    shelf.hide(entry.number, CEM, is_hidden=False)
    assert titles(shelf) == ["Bean stew of the third floor"]


def test_a_healing_plant_cuts_the_tie_to_the_garden_at_keeping(shelf: Shelf, tmp_path: Path) -> None:
    marigold = PlantName(name="marigold", language="en", taxon="Calendula officinalis")
    entry = shelf.give(story(plants=(marigold,)), ANNA)
    stored = shelf.find(entry.item_id, 1)
    assert stored is not None
    assert stored.item is not None
    assert stored.item.gardens == ()
    assert b"elm-yard" not in b"".join(path.read_bytes() for path in (tmp_path / "oak").rglob("*.sqlite*"))


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"title": " "}, "title", "write a few words"),
        ({"title": "x" * 121}, "title", "shorten"),
        ({"title": "a\x1b[2J"}, "title", "cannot be seen"),
        ({"statements": (Statement(text="x" * 20_001),)}, "text", "at most 20000; shorten"),
        ({"statements": (Statement(text="x" * 20_000),) * 6}, "text", "at most 100000; tell it in two"),
        ({"statements": (Statement(text="a\u202eb"),)}, "text", "cannot be seen"),
        ({"statements": ()}, "text", "nothing is told"),
        ({"language": "klingon speech"}, "language", "BCP 47"),
        ({"plants": (PlantName(name="x" * 61, language="en"),)}, "plants", "shorten"),
        ({"allergens": ("dust",)}, "allergens", "expected some of gluten"),
        ({"consent": consent(review="2026-06-20")}, "review", "after today"),
        ({"consent": consent(review="soon")}, "review", "2027-06-30"),
        ({"consent": consent(review="20270701")}, "review", "2027-06-30"),
        ({"consent": consent(audience="the tall ones")}, "audience", "expected me"),
        ({"consent": consent(is_child=True)}, "grown_up", "grown-up"),
        ({"consent": consent(naming="name", name="")}, "name", "write the name"),
        ({"consent": consent(local_contexts="TK-A")}, "local_contexts", "UUID"),
        ({"held_by": "e" * 32}, "held_by", "that group alone"),
        ({"media": (MediaNote(),)}, "media", "one note"),
    ],
)
def test_what_is_no_story_is_refused_by_its_field_with_what_to_do(
    shelf: Shelf, fields: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(InvalidItemError, match=words) as refusal:
        shelf.give(story(**fields), ANNA)
    assert refusal.value.field == field
    assert shelf.chronicle.head() is None


def test_the_text_of_a_story_may_have_the_joiners_of_persian_and_of_pictures(shelf: Shelf) -> None:
    text = "نان می\u200cپزیم\n\N{WOMAN}\u200d\N{EAR OF RICE}"
    entry = shelf.give(story(statements=(Statement(text=text),)), ANNA)
    stored = shelf.find(entry.item_id, 1)
    assert stored is not None
    assert stored.item is not None
    assert stored.item.statements[0].text == text


def test_one_version_is_given_once(shelf: Shelf) -> None:
    entry = shelf.give(story(), ANNA)
    with pytest.raises(InvalidEntryError, match="there already"):
        shelf.give(story(), BO, item_id=entry.item_id, version=1)


def test_an_item_of_a_later_form_is_kept_in_and_hides_no_other(shelf: Shelf) -> None:
    shelf.give(story(), ANNA)
    later = b'{"form": 9, "audience": "everybody"}'
    shelf.chronicle.append([Draft("story", draw_item(), 1, ANNA, later)])
    assert titles(shelf) == ["Bean stew of the third floor"]
