"""Pictures and sounds of stories between two data folders: where agreement and giver say yes, and gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from coalition.laptops import ID, Laptop
from coalition.story_laptops import MONDAY, sera, story_laptops, tell
from commons_parts.stories import photo, wav
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.issued import issued_bundles
from sera_coalition.bundles.received import Received
from sera_coalition.bundles.tables import MEDIA_FILE
from sera_commons.media.foreign import clean_media
from sera_commons.media.pictures import remake_picture
from sera_commons.media.sound import strip_sound
from sera_store.chronicle.drafts import Attachment

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DAYS = ("--from", MONDAY.isoformat(), "--to", (MONDAY + timedelta(days=6)).isoformat())
PICTURE = remake_picture(photo())
SOUND = strip_sound(wav()).content
BOTH = (Attachment(PICTURE, "image/jpeg"), Attachment(SOUND, "audio/wav"))


def hand(elm: Laptop, oak: Laptop, folder: Path) -> dict[str, bytes]:
    """Make the next bundle and take it; what it held of pictures and sounds."""
    file = folder / "next.zip"
    assert sera(elm, "bundle", "make", "oak", *DAYS, "--out", str(file)) == 0
    assert sera(oak, "bundle", "take", str(file)) == 0
    _, files = read_container(file.read_bytes())
    names = {path.removeprefix("data/"): body for path, body in files.items()}
    return {name: body for name, body in names.items() if MEDIA_FILE.fullmatch(name)}


def kept(oak: Laptop) -> bytes:
    return b"".join(path.read_bytes() for path in (oak.data / "received").rglob("*.sqlite*"))


def test_they_travel_with_their_story_and_go_with_it(tmp_path: Path) -> None:
    elm, oak = story_laptops(tmp_path, DataClass.MEDIA)
    name = tell(elm, BOTH)
    tell(elm, BOTH, uses=("page",))
    files = hand(elm, oak, tmp_path)
    assert sorted(files.values()) == sorted([PICTURE, SOUND])
    item, _, version = name.partition("/")
    with Received(oak.data, "oak", ID) as received:
        media = received.media_of(item, int(version))
        assert {one.description for one in media} == {
            f"What stands in <b>{kind}</b>" for kind in ("image/jpeg", "audio/wav")
        }
        contents = {one.file: received.content(one.file) for one in media}
        assert contents == {file: clean_media(body, file[-3:]) for file, body in files.items()}
        assert {part.table: part.rows for part in received.parts()}["media"] == 2
    assert SOUND in kept(oak)
    # They come once, and go with the story.
    assert hand(elm, oak, tmp_path) == {}
    assert SOUND in kept(oak)
    assert sera(elm, "story", "withdraw", name) == 0
    assert hand(elm, oak, tmp_path) == {}
    assert SOUND not in kept(oak)
    with Received(oak.data, "oak", ID) as received:
        assert received.media_of(item, int(version)) == []
        assert all(received.content(file) is None for file in files)


def test_an_agreement_about_texts_alone_gives_none(tmp_path: Path) -> None:
    elm, oak = story_laptops(tmp_path)
    tell(elm, BOTH)
    assert hand(elm, oak, tmp_path) == {}
    with Received(oak.data, "oak", ID) as received:
        assert len(received.rows("stories", 9)) == 1


def test_a_story_without_room_for_its_pictures_waits_for_the_next_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elm, oak = story_laptops(tmp_path, DataClass.MEDIA)
    limit = "sera_command.neighbours.bundle_contents.MEDIA_BYTES_MOST"
    monkeypatch.setattr(limit, len(PICTURE) + len(SOUND))
    names = {tell(elm, BOTH), tell(elm, BOTH)}
    assert len(hand(elm, oak, tmp_path)) == 2
    with elm.book() as book:
        [first] = issued_bundles(book.chronicle, ID)
    assert len(first.items) == 1
    assert len(hand(elm, oak, tmp_path)) == 2
    with elm.book() as book:
        assert {item for bundle in issued_bundles(book.chronicle, ID) for item in bundle.items} == names
    # One that is too much for any bundle comes with what fits.
    monkeypatch.setattr(limit, len(PICTURE))
    tell(elm, BOTH)
    assert list(hand(elm, oak, tmp_path).values()) == [PICTURE]


def test_an_end_and_a_purge_erase_them(tmp_path: Path) -> None:
    elm, oak = story_laptops(tmp_path, DataClass.MEDIA)
    tell(elm, BOTH)
    hand(elm, oak, tmp_path)
    end = tmp_path / "end.json"
    assert sera(elm, "agreement", "revoke", "oak", "--out", str(end)) == 0
    assert sera(oak, "agreement", "add", str(end)) == 0
    assert sera(oak, "bundle", "purge", "elm", "--out", str(tmp_path / "receipt.json")) == 0
    assert SOUND not in kept(oak)
    assert sera(elm, "agreement", "add", str(tmp_path / "receipt.json")) == 0
