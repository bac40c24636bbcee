"""Stories leave as a folder of files, and come back in with their rights, or not at all."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from commons_parts.stories import ANNA, AUDIENCES, BO, ELDERS, TODAY, consent, photo, story, wav
from sera_commons.errors import InvalidFolderError
from sera_commons.exchange.json_ld import CONTEXT
from sera_commons.exchange.reading import read_folder, take_in
from sera_commons.exchange.writing import ITEM_FILE, RIGHTS_FILE, write_folder
from sera_commons.items.consent import Use
from sera_commons.items.item import ItemKind, MediaNote, Statement
from sera_commons.items.release import STRANGER, Reader
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON_S = 1_781_956_800


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Chronicle.open(tmp_path / "oak", clock=lambda: NOON_S) as chronicle:
        yield Shelf(chronicle, "oak")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Shelf]:
    with Chronicle.open(tmp_path / "elsewhere", clock=lambda: NOON_S) as chronicle:
        yield Shelf(chronicle, "oak")


@pytest.fixture
def folder(shelf: Shelf, tmp_path: Path) -> Path:
    """Export a recipe with media, another version, an Arabic story and one for the elders."""
    from sera_commons.media.pictures import remake_picture
    from sera_commons.media.sound import strip_sound

    notes = (MediaNote(description="the pot"), MediaNote())
    files = [
        Attachment(remake_picture(photo()), "image/jpeg"),
        Attachment(strip_sound(wav()).content, "audio/wav"),
    ]
    first = shelf.give(story(media=notes), ANNA, files)
    shelf.give(story(title="With mint", based_on=1, allergens=None), BO, item_id=first.item_id)
    words = Statement(text="زرعت جدتي الفول.\n<b>=1+1</b>")
    shelf.give(story(kind=ItemKind.STORY, language="ar", statements=(words,), allergens=()), ANNA)
    shelf.put_audience(AUDIENCES[ELDERS], BO)
    shelf.give(
        story(title="For the elders", consent=consent(audience=ELDERS, licence="none"), held_by=ELDERS), ANNA
    )
    write_folder(tmp_path / "out", shelf.all(), shelf.audiences(), shelf.chronicle)
    return tmp_path / "out"


def contents(shelf: Shelf) -> dict[tuple[str, int], tuple[Any, str, list[str]]]:
    return {
        (stored.item_id, stored.version): (
            stored.item,
            stored.author,
            [kind for _, kind in stored.attachments],
        )
        for stored in shelf.all()
    }


def test_what_left_comes_back_into_an_empty_installation_with_its_rights(
    shelf: Shelf, empty: Shelf, folder: Path
) -> None:
    assert take_in(empty, read_folder(folder)) == (4, 0)
    assert contents(empty) == contents(shelf)
    for use in Use:
        for reader in (STRANGER, Reader(community="oak")):
            before = {view.title for view in shelf.released(use, reader, TODAY)}
            assert {view.title for view in empty.released(use, reader, TODAY)} == before
    # Who was in an audience stays at home: there it is empty, and seen by nobody until its members are said.
    assert BO not in "".join(
        path.read_text() for path in folder.rglob("rights.json") if "elders" in path.read_text()
    )
    assert [view.title for view in shelf.released(Use.PAGE, Reader(BO, "oak"), TODAY)].count(
        "For the elders"
    ) == 1
    assert "For the elders" not in [
        view.title for view in empty.released(Use.PAGE, Reader("x", "oak"), TODAY)
    ]


def test_it_comes_in_once(shelf: Shelf, folder: Path) -> None:
    assert take_in(shelf, read_folder(folder)) == (0, 4)


def test_what_was_taken_back_does_not_come_back_in(shelf: Shelf, folder: Path) -> None:
    numbers = [stored.number for stored in shelf.all()]
    shelf.withdraw(numbers)
    with pytest.raises(InvalidFolderError, match="taken back here"):
        take_in(shelf, read_folder(folder))
    assert shelf.all() == []


def test_every_term_stands_in_the_context_or_in_schema_org(folder: Path) -> None:
    schema_org = {
        "name", "inLanguage", "version", "dateCreated", "text", "about", "associatedMedia", "contentUrl",
        "encodingFormat", "description", "recipeIngredient", "recipeInstructions", "creator", "license",
        "conditionsOfAccess",
    }  # fmt: skip
    own_terms = {name for name in CONTEXT["@context"] if not name.startswith("@")}

    def terms(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {term for part in value.values() for term in terms(part)}
        return {term for part in value for term in terms(part)} if isinstance(value, list) else set()

    for path in folder.rglob(ITEM_FILE):
        used = {term for term in terms(json.loads(path.read_text())) if not term.startswith("@")}
        assert used - schema_org - own_terms == set()
    assert {"Recipe", "CreativeWork"} == {
        json.loads(path.read_text())["@type"] for path in folder.rglob(ITEM_FILE)
    }


def own(folder: Path, words: str = "third floor") -> Path:
    return next(path.parent for path in sorted(folder.rglob(ITEM_FILE)) if words in path.read_text())


def change(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def seal_again(item: Path) -> None:
    """Write the digest again, as a forger would."""
    digest = hashlib.sha256((item / ITEM_FILE).read_bytes()).hexdigest()
    change(item / RIGHTS_FILE, item_sha256=digest)


def widen(item: Path, **fields: Any) -> None:
    rights = json.loads((item / RIGHTS_FILE).read_text())
    change(item / RIGHTS_FILE, consent={**rights["consent"], **fields})


def _traverse(item: Path) -> None:
    document = json.loads((item / ITEM_FILE).read_text())
    media = [{**document["associatedMedia"][0], "contentUrl": "files/../../../secret.jpg"}]
    change(item / ITEM_FILE, associatedMedia=media)
    seal_again(item)


def _link(item: Path) -> None:
    (item / "files" / "1.jpg").unlink()
    (item / "files" / "1.jpg").symlink_to("/etc/hostname")


def _linked_folder(item: Path) -> None:
    (item.parent / f"{'b' * 32}-1").symlink_to(item)


def _licence(item: Path) -> None:
    change(item / ITEM_FILE, license="https://creativecommons.org/publicdomain/zero/1.0/")
    seal_again(item)


def _large(item: Path) -> None:
    change(item / ITEM_FILE, text="x" * 2_000_000)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_traverse, "not in files/"),
        (_link, "or a link"),
        (_linked_folder, "no link"),
        (_licence, "different things about its rights"),
        (_large, "at most"),
        (lambda item: widen(item, uses=[]), "different things about its rights"),
        (lambda item: widen(item, audience="f" * 32), "different things|not described"),
        (lambda item: change(item / RIGHTS_FILE, consent={}), "review"),
        (lambda item: change(item / RIGHTS_FILE, more=1), "unknown field"),
        (lambda item: change(item / RIGHTS_FILE, item_id="b" * 32), "another item"),
        (lambda item: change(item / ITEM_FILE, name="other"), "was changed after"),
        (lambda item: (item / ITEM_FILE).write_text("[" * 100_000), "export it again"),
        (lambda item: (item / RIGHTS_FILE).unlink(), "cannot be read"),
        (lambda item: (item / "run.sh").write_text("x"), "no file of an export"),
        (lambda item: (item / "files" / "1.jpg").write_bytes(b"<svg onload=x>"), "JPEG, PNG or WebP"),
        (lambda item: (item.parent / "..hidden").mkdir(), "called by an item"),
    ],
)
def test_a_hostile_folder_is_refused_by_its_file_and_nothing_comes_in(
    empty: Shelf, folder: Path, tmp_path: Path, harm: Any, words: str
) -> None:
    (tmp_path / "secret.jpg").write_bytes(photo())
    harm(own(folder, "the pot"))
    with pytest.raises(InvalidFolderError, match=words):
        take_in(empty, read_folder(folder))
    assert empty.chronicle.head() is None


@pytest.mark.parametrize(
    ("fields", "is_refused"),
    [
        ({"licence": "cc0"}, True),
        ({"review": "2031-01-01"}, True),
        ({"uses": ["page"]}, False),
        ({"audience": "me"}, False),
    ],
)
def test_wider_rights_than_were_given_are_refused_where_it_was_given(
    shelf: Shelf, tmp_path: Path, fields: dict[str, Any], is_refused: bool
) -> None:
    entered = shelf.give(story(), ANNA)
    [stored] = shelf.all()
    assert stored.item is not None
    forged = msgspec.structs.replace(
        stored.item.consent,
        **{name: tuple(map(Use, value)) if name == "uses" else value for name, value in fields.items()},
    )
    from dataclasses import replace

    item = msgspec.structs.replace(stored.item, consent=forged)
    write_folder(tmp_path / "forged", [replace(stored, item=item)], {}, shelf.chronicle)
    incoming = read_folder(tmp_path / "forged")
    if is_refused:
        with pytest.raises(InvalidFolderError, match="wider rights"):
            take_in(shelf, incoming)
    else:
        assert take_in(shelf, incoming) == (0, 1)
    assert shelf.versions(entered.item_id)[0].item == stored.item


def test_somebody_elses_item_is_not_taken_over(shelf: Shelf, tmp_path: Path) -> None:
    from dataclasses import replace

    shelf.give(story(), ANNA)
    write_folder(tmp_path / "forged", [replace(shelf.all()[0], author=BO)], {}, shelf.chronicle)
    with pytest.raises(InvalidFolderError, match="somebody else's"):
        take_in(shelf, read_folder(tmp_path / "forged"))


def test_an_empty_folder_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(InvalidFolderError, match="sera story export"):
        read_folder(tmp_path / "none")
