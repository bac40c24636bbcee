"""Pictures and sounds of a neighbour who cheats: names, claims, disguises, bombs; all is made again here."""

from __future__ import annotations

import io
import json
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from coalition.exchange import make, take
from coalition.forging import resigned, with_file
from coalition.laptops import ID, Laptop, agree, laptop, terms
from commons_parts.stories import photo, wav
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.received import Received
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.errors import RefusedBundleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sera_coalition.bundles.tables import Row

STORY = "1" * 32
FILE = f"{'a' * 64}.jpg"
SOUND = f"{'b' * 64}.wav"
STORIES: dict[str, list[Row]] = {
    "stories": [("elm", "cc-by", STORY, 1, "story", "en", "2027-06-01", "", "A well", "It was dug.")]
}


def row(file: str = FILE, item: str = STORY, licence: str = "cc-by", says: str = "A well") -> Row:
    return "elm", licence, item, 1, file, says


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Laptop, Laptop]:
    elm, oak = laptop(tmp_path, "elm"), laptop(tmp_path, "oak")
    gives = elm.party(DataClass.STORIES, DataClass.MEDIA)
    agree(elm, oak, terms(gives, oak.party(), licence="cc-by-nc", onward="yes"))
    return elm, oak


def refusal(sides: tuple[Laptop, Laptop], media: list[Row], files: Mapping[str, bytes]) -> str:
    elm, oak = sides
    made = make(elm, {**STORIES, "media": media}, media=files, is_entered=False)
    with pytest.raises(RefusedBundleError) as refused:
        take(oak, made.content)
    with Received(oak.data, "oak", ID) as received:
        assert received.parts() == []
        assert all(received.content(name) is None for name in files)
    return str(refused.value.reason)


def small_png() -> bytes:
    target = io.BytesIO()
    Image.new("1", (8, 8)).save(target, "PNG")
    return target.getvalue()


def bomb() -> bytes:
    """A PNG of a few kilobytes that would be 400 megapixels."""
    content = small_png()
    head = b"IHDR" + (20_000).to_bytes(4) + (20_000).to_bytes(4) + content[24:29]
    return content[:12] + head + zlib.crc32(head).to_bytes(4) + content[33:]


@pytest.mark.parametrize(
    ("media", "files", "reason"),
    [
        ([], {FILE: photo()}, Refusal.LAYOUT),
        ([row()], {}, Refusal.CONTENT),
        ([row(), row(says="twice")], {FILE: photo()}, Refusal.CONTENT),
        ([row(item="2" * 32)], {FILE: photo()}, Refusal.CONTENT),
        ([row(licence="cc0")], {FILE: photo()}, Refusal.CONTENT),
        ([row(licence="none")], {FILE: photo()}, Refusal.LICENCE),
        ([row(file="../../etc/passwd")], {FILE: photo()}, Refusal.CONTENT),
        ([row(file="stories.jsonl")], {FILE: photo()}, Refusal.CONTENT),
        ([row(says="a\x1b[2J")], {FILE: photo()}, Refusal.CONTENT),
        ([row()], {FILE: b"<script>alert(1)</script>"}, Refusal.CONTENT),
        ([row()], {FILE: b""}, Refusal.CONTENT),
        ([row()], {FILE: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"}, Refusal.CONTENT),
        ([row()], {FILE: wav()}, Refusal.CONTENT),
        ([row()], {FILE: bomb()}, Refusal.CONTENT),
        ([row()], {FILE: photo(size=(2_001, 8))}, Refusal.CONTENT),
        ([row()], {FILE: small_png()}, Refusal.CONTENT),
        ([row()], {FILE: photo()[:300]}, Refusal.CONTENT),
        ([row(file=SOUND)], {SOUND: photo()}, Refusal.CONTENT),
        ([row(file=SOUND)], {SOUND: wav()[:30]}, Refusal.CONTENT),
        ([row(file=f"{'b' * 64}.mp3")], {f"{'b' * 64}.mp3": wav()}, Refusal.CONTENT),
        ([row(file=f"{'B' * 64}.jpg")], {f"{'B' * 64}.jpg": photo()}, Refusal.LAYOUT),
        ([row(file=f"{'a' * 64}.html")], {f"{'a' * 64}.html": photo()}, Refusal.LAYOUT),
        ([row(file=f"{'a' * 64}.jpg.exe")], {f"{'a' * 64}.jpg.exe": photo()}, Refusal.LAYOUT),
    ],
)
def test_what_is_no_picture_or_sound_of_a_story_of_the_bundle_is_refused(
    sides: tuple[Laptop, Laptop], media: list[Row], files: dict[str, bytes], reason: str
) -> None:
    assert refusal(sides, media, files) == reason


def test_more_files_than_a_bundle_holds_are_refused(sides: tuple[Laptop, Laptop]) -> None:
    files = {f"{number:064x}.jpg": b"x" for number in range(120)}
    assert refusal(sides, [row(file=name) for name in files], files) == Refusal.TOO_LARGE


def test_what_a_picture_tells_of_its_place_is_not_kept_whoever_signed_it(
    sides: tuple[Laptop, Laptop],
) -> None:
    elm, oak = sides
    told = photo()
    assert Image.open(io.BytesIO(told)).getexif()
    both = [row(), row(file=SOUND)]
    # What stands behind the end of a picture, and could be read as another kind of file, is not kept either.
    files = {FILE: told + b"PK<script>alert(1)</script>", SOUND: wav()}
    take(oak, make(elm, {**STORIES, "media": both}, media=files).content)
    with Received(oak.data, "oak", ID) as received:
        picture, sound = received.content(FILE), received.content(SOUND)
    assert picture is not None
    assert sound is not None
    assert not Image.open(io.BytesIO(picture)).getexif()
    assert b"script" not in picture
    assert b"number seven" not in sound
    raw = b"".join(path.read_bytes() for path in (oak.data / "received").rglob("*.sqlite*"))
    assert b"<script>alert" not in raw
    assert b"number seven" not in raw


def test_a_story_that_comes_again_brings_its_pictures_anew(sides: tuple[Laptop, Laptop]) -> None:
    elm, oak = sides
    take(oak, make(elm, {**STORIES, "media": [row()]}, media={FILE: photo()}).content)
    take(oak, make(elm, {**STORIES, "media": []}).content)
    with Received(oak.data, "oak", ID) as received:
        assert received.content(FILE) is None
        assert {part.table: part.rows for part in received.parts()} == {"stories": 1}


def test_an_agreement_without_pictures_takes_none_in_any_disguise(tmp_path: Path) -> None:
    elm, oak = laptop(tmp_path, "elm"), laptop(tmp_path, "oak")
    agree(elm, oak, terms(elm.party(DataClass.STORIES), oak.party(), licence="cc-by-nc", onward="yes"))
    claimed = make(elm, {**STORIES, "media": [row()]}, media={FILE: photo()}, is_entered=False)
    smuggled = make(elm, STORIES, media={FILE: photo()}, is_entered=False)
    withdrawn = make(elm, {"withdrawals": []}, media={FILE: photo()}, is_entered=False)
    for made, reason in ((claimed, "class"), (smuggled, "layout"), (withdrawn, "layout")):
        with pytest.raises(RefusedBundleError, match=reason):
            take(oak, made.content)
    # Nor after an end, when a bundle that only takes back would come in.
    with elm.book() as book:
        [held] = book.agreements()
    oak.add(elm.revoke(held.agreement))
    for made in (smuggled, withdrawn):
        with pytest.raises(RefusedBundleError, match="revoked"):
            take(oak, made.content)


def test_a_file_that_was_changed_or_taken_out_is_noticed(sides: tuple[Laptop, Laptop]) -> None:
    elm, oak = sides
    content = make(elm, {**STORIES, "media": [row()]}, media={FILE: photo()}).content
    lines = json.dumps(dict(zip(("origin",), ("elm",), strict=True))).encode()
    for forged in (
        content.replace(b"a" * 64, b"c" * 64),
        resigned(elm, content, with_file("media.jsonl", lines + b"\n")),
        resigned(laptop(oak.data.parent, "ash"), content, lambda manifest, _: manifest),
    ):
        with pytest.raises(RefusedBundleError):
            take(oak, forged)
    take(oak, content)
