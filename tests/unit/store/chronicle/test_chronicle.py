"""A chronicle keeps what is given, erases it on request, and still verifies; what was changed is named."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import (
    ATTACHMENT_BYTES_MOST,
    BODY_BYTES_MOST,
    Attachment,
    Draft,
    draw_item,
    seal,
)
from sera_store.chronicle.entries import ERASURE, NO_HASH
from sera_store.chronicle.verification import verify_chain, verify_contents
from sera_store.errors import InvalidEntryError, StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON_S = 1_780_000_000
ANNA = "p-3f9c"
SECRET = b"My grandmother grew lovage by the green door of number seven."
PICTURE = Attachment(b"\x89PNG lovage" * 50, "image/png")


def story(body: bytes = SECRET, author: str = ANNA, **fields: object) -> Draft:
    return Draft(
        **{"kind": "story", "item": draw_item(), "version": 1, "author": author, "body": body, **fields}
    )


@pytest.fixture
def chronicle(tmp_path: Path) -> Iterator[Chronicle]:
    with Chronicle.open(tmp_path / "elm", clock=lambda: NOON_S) as opened:
        yield opened


def problems(chronicle: Chronicle) -> list[tuple[int, str]]:
    findings = [*verify_chain(chronicle.lines()), *verify_contents(chronicle)]
    return [(problem.number, problem.code) for problem in findings]


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_is_given_comes_back_and_the_chain_names_nobody(chronicle: Chronicle) -> None:
    first, second = chronicle.append([story(attachments=(PICTURE,)), story(b"two", kind="recipe")])
    assert (first.number, first.previous) == (1, NO_HASH)
    assert (second.number, second.previous) == (2, first.hash)
    contents = chronicle.contents(1)
    assert contents is not None
    assert (contents.author, contents.time_s, contents.body) == (ANNA, NOON_S, SECRET)
    [(digest, media_type)] = contents.attachments
    assert (chronicle.attachment(digest), media_type) == (PICTURE.content, "image/png")
    chain = b"".join(header for header, _ in chronicle.lines())
    for private in (ANNA.encode(), SECRET, str(NOON_S).encode()):
        assert private not in chain
    assert first.day == "2026-05-28"
    assert chronicle.by_author(ANNA) == [1, 2]
    assert problems(chronicle) == []


def test_the_same_given_twice_has_nothing_alike_in_the_chain(chronicle: Chronicle) -> None:
    first, other = chronicle.append([story(attachments=(PICTURE,)), story(attachments=(PICTURE,))])
    assert first.body != other.body
    assert first.author != other.author
    assert first.attachments != other.attachments


def test_an_erasure_leaves_nothing_on_the_disk_and_a_chain_that_verifies(chronicle: Chronicle) -> None:
    chronicle.append([story(attachments=(PICTURE,)), story(b"another", author="p-77aa")])
    assert SECRET in bytes_on_disk(chronicle.folder)
    erasure = chronicle.erase([1], "withdrawn")
    assert erasure is not None
    assert (erasure.kind, erasure.erases, erasure.reason) == (ERASURE, (1,), "withdrawn")
    left = bytes_on_disk(chronicle.folder)
    for erased in (SECRET, PICTURE.content, ANNA.encode()):
        assert erased not in left
    assert chronicle.contents(1) is None
    assert chronicle.by_author(ANNA) == []
    assert problems(chronicle) == []
    assert chronicle.erase([1], "withdrawn") is None
    assert chronicle.contents(2) is not None


def test_all_versions_of_an_item_are_found_and_a_second_of_the_same_number_is_none(
    chronicle: Chronicle,
) -> None:
    item = draw_item()
    chronicle.append([story(item=item), story(b"as my mother made it", item=item, version=2)])
    assert chronicle.versions(item) == [1, 2]
    with pytest.raises(InvalidEntryError, match=r"version 2 of item \w+ is there already"):
        chronicle.append([story(item=item, version=2)])
    assert problems(chronicle) == []


def test_of_several_drafts_all_or_none_are_entered(chronicle: Chronicle) -> None:
    with pytest.raises(InvalidEntryError, match="kind"):
        chronicle.append([story(attachments=(PICTURE,)), story(kind="A story")])
    assert chronicle.head() is None
    assert not list((chronicle.folder / "attachments").iterdir())


def test_a_sealed_body_is_opened_by_who_has_it_and_by_nobody_else(chronicle: Chronicle) -> None:
    salt, digest = seal(b"yes")
    entry = chronicle.append_sealed(story(b"", kind="answer"), digest)
    contents = chronicle.contents(entry.number)
    assert contents is not None
    assert contents.body is None
    assert problems(chronicle) == []
    with pytest.raises(InvalidEntryError, match="not what was sealed"):
        chronicle.open_sealed(entry.number, salt, b"no")
    chronicle.open_sealed(entry.number, salt, b"yes")
    opened = chronicle.contents(entry.number)
    assert opened is not None
    assert opened.body == b"yes"
    with pytest.raises(InvalidEntryError, match="no longer"):
        chronicle.open_sealed(entry.number, salt, b"yes")
    assert problems(chronicle) == []


def test_a_sealed_entry_that_was_withdrawn_is_never_opened(chronicle: Chronicle) -> None:
    salt, digest = seal(b"yes")
    entry = chronicle.append_sealed(story(b"", kind="answer"), digest)
    chronicle.erase([entry.number], "withdrawn")
    with pytest.raises(InvalidEntryError, match="no longer"):
        chronicle.open_sealed(entry.number, salt, b"yes")
    assert problems(chronicle) == []


@pytest.mark.parametrize("numbers", [[2], [9], [1, 9]])
def test_what_holds_nothing_cannot_be_erased(chronicle: Chronicle, numbers: list[int]) -> None:
    chronicle.append([story()])
    chronicle.erase([1], "expired")
    chronicle.append([story()])
    with pytest.raises(InvalidEntryError, match="nothing to erase"):
        chronicle.erase(numbers, "withdrawn")
    assert chronicle.contents(3) is not None


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        (story(b"x" * (BODY_BYTES_MOST + 1)), "at most 1048576 bytes"),
        (story(attachments=(PICTURE,) * 21), "at most 20 attachments"),
        (story(attachments=(Attachment(bytes(ATTACHMENT_BYTES_MOST + 1), "x"),)), "at most 20 MiB"),
        (story(version=0), "do not fit its kind"),
        (story(item="lovage"), "do not fit its kind"),
        (story(kind=ERASURE), "do not fit its kind"),
    ],
)
def test_what_is_no_entry_is_refused_and_nothing_kept(chronicle: Chronicle, draft: Draft, says: str) -> None:
    with pytest.raises(InvalidEntryError, match=says):
        chronicle.append([draft])
    assert chronicle.head() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET hash=''",
        "DELETE FROM entries",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries",
    ],
)
def test_entries_cannot_be_changed_by_a_slip(chronicle: Chronicle, statement: str) -> None:
    chronicle.append([story()])
    chronicle.close()
    connection = sqlite3.connect(chronicle.folder / "chronicle.sqlite")
    connection.execute("PRAGMA recursive_triggers=ON")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


def test_a_full_disk_is_said_and_nothing_is_half_there(
    chronicle: Chronicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    chronicle.append([story(attachments=(PICTURE,))])
    before = bytes_on_disk(chronicle.folder / "attachments")
    pages = chronicle._database.rows("PRAGMA page_count")[0][0]
    chronicle._database.rows(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreUnusableError, match="free some space"):
        chronicle.append([story(b"x" * 100_000, attachments=(PICTURE,))])
    assert bytes_on_disk(chronicle.folder / "attachments") == before
    chronicle._database.rows("PRAGMA max_page_count=1000000")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sera_store.chronicle.attachment_files.write_private", full)
    with pytest.raises(StoreUnusableError, match="make room; nothing was kept"):
        chronicle.append([story(attachments=(PICTURE,))])
    head = chronicle.head()
    assert head is not None
    assert head.number == 1
    assert problems(chronicle) == []


def test_two_writers_make_one_chain(chronicle: Chronicle) -> None:
    with Chronicle.open(chronicle.folder) as other:
        for writer in (chronicle, other, chronicle, other):
            writer.append([story()])
    assert [number for number in range(1, 5) if chronicle.entry(number)] == [1, 2, 3, 4]
    assert problems(chronicle) == []


def test_the_folder_is_its_owners_alone(chronicle: Chronicle) -> None:
    chronicle.append([story(attachments=(PICTURE,))])
    for path in (chronicle.folder, *chronicle.folder.rglob("*")):
        if path.is_dir() or path.parent.name == "attachments":
            assert not path.stat().st_mode & 0o077, path


def test_what_takes_the_place_of_another_is_entered_with_its_erasure_or_not_at_all(
    chronicle: Chronicle,
) -> None:
    [first] = chronicle.append([story(attachments=(PICTURE,))])
    second = story(b"another", item=first.item, version=2, attachments=(PICTURE,))
    [entry] = chronicle.append([second], erases=[1], reason="withdrawn")
    assert (entry.number, chronicle.is_erased(1), chronicle.is_erased(2)) == (2, True, False)
    assert SECRET not in bytes_on_disk(chronicle.folder)
    third = story(b"a third", item=first.item, version=3, attachments=(PICTURE,))
    with pytest.raises(InvalidEntryError, match="entry 1 was erased"):
        chronicle.append([third], erases=[1], reason="withdrawn")
    with pytest.raises(InvalidEntryError, match="entry 9 is not there"):
        chronicle.append([third], erases=[9], reason="withdrawn")
    assert chronicle.contents(4) is None
    assert len(list((chronicle.folder / "attachments").iterdir())) == 1
    assert problems(chronicle) == []
