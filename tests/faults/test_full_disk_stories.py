"""A story told on a full disk: a clear answer, all that was typed comes back, nothing is half kept."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from commons_parts.stories import photo
from commons_parts.story_forms import STORY, FormReader, send, tell
from sera_store.chronicle.verification import verify_chain, verify_contents
from sera_store.registry.persons import MEMBER
from small_disks import IN_MEMORY, SMALL_BLOCKS, SmallDisk, mounted
from web.parts import pages_of, pages_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Answer, Client, Pages

pytestmark = pytest.mark.slow
DISK_MEBIBYTES = 12
NO_ROOM = "There is no room left on this computer"
TITLE = "Bean stew of the third floor"


@pytest.fixture(params=[IN_MEMORY, SMALL_BLOCKS])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system that the test may fill."""
    with mounted(request.param, tmp_path, DISK_MEBIBYTES) as item:
        yield item


@contextmanager
def teller_on(folder: Path) -> Iterator[tuple[Pages, Client]]:
    with pages_of(folder) as pages:
        yield pages, pages.signed_in(pages.person(MEMBER))


def last_page(client: Client) -> Answer:
    """Fill in all pages but the last."""
    answer = client.get("/tell/oak")
    for _ in range(7):
        answer = send(client, {**FormReader(answer.body).fields, **STORY})
    assert 'value="check"' in answer.body
    return answer


def is_whole(pages: Pages) -> bool:
    shelf = pages.installation.shelves.of("oak")
    return [*verify_chain(shelf.chronicle.lines()), *verify_contents(shelf.chronicle)] == []


@pytest.mark.parametrize("has_told_before", [False, True], ids=["the first", "another"])
def test_a_story_told_on_a_full_disk_comes_back_as_it_was_typed_and_is_kept_once_there_is_room(
    disk: SmallDisk, has_told_before: bool
) -> None:
    with teller_on(disk.folder / "data") as (pages, teller):
        if has_told_before:
            assert tell(teller, title="Before").status == 200
        fields = FormReader(last_page(teller).body).fields
        files = {"photo-1": ("x.jpg", photo(size=(1500, 1500)))}
        disk.fill()
        answer = send(teller, {**fields, "people_asked": "1"}, files)
        assert (answer.status, NO_ROOM in answer.body) == (422, True), pages.log.getvalue()
        typed = FormReader(answer.body).fields
        for name in ("title", "ingredients", "steps", "told_by", "plant-1", "audience", "name"):
            assert typed[name] == fields[name], name
        # What there is can still be read.
        assert ("Before" in teller.get("/communities/oak/stories").body) == has_told_before
        disk.empty()
        answer = send(teller, {**typed, "people_asked": "1"}, files)
        assert answer.status == 200
        assert teller.get("/communities/oak/stories").body.count(TITLE) == 1
        assert is_whole(pages)
        attachments = [path for path in disk.folder.rglob("attachments/*") if path.is_file()]
        assert len(attachments) == 1


def test_what_was_told_is_read_by_a_server_that_starts_on_a_full_disk(disk: SmallDisk) -> None:
    with teller_on(disk.folder / "data") as (_, teller):
        tell(teller)
    disk.fill(left_bytes=400_000)
    with pages_over(disk.folder / "data") as pages:
        assert TITLE in pages.client().get("/communities/oak/stories").body


def test_a_file_for_which_the_folder_of_temporary_files_has_no_room_is_named(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    with teller_on(tmp_path / "data") as (pages, teller):
        fields = FormReader(last_page(teller).body).fields
        disk.fill()
        large = {"sound": ("x.wav", bytes(3 << 20))}
        answer = send(teller, {**fields, "people_asked": "1"}, large)
        assert (answer.status, NO_ROOM in answer.body) == (422, True), pages.log.getvalue()
        assert FormReader(answer.body).fields["steps"] == fields["steps"]
        assert pages.installation.shelves.find("oak") is None
        assert [path.name for path in disk.folder.iterdir() if path.name != "lost+found"] == ["filler"]


def test_a_change_on_a_full_disk_leaves_all_as_it_was(disk: SmallDisk) -> None:
    with teller_on(disk.folder / "data") as (pages, teller):
        match = re.search(r'href="(/communities/oak/stories/[^"]+)"', tell(teller).body)
        assert match is not None
        path = match[1]
        fields = FormReader(teller.get(f"{path}/consent").body, "consent").fields
        disk.fill()
        answer = teller.post(f"{path}/consent", {**fields, "audience": "community", "name": "Anna"})
        assert (answer.status, NO_ROOM in answer.body) == (422, True), pages.log.getvalue()
        assert FormReader(answer.body, "consent").fields["name"] == ["Anna"]
        assert pages.client().get(path).status == 200
        disk.empty()
        assert teller.post(f"{path}/consent", {**fields, "audience": "community"}).status == 200
        assert pages.client().get(path).status == 404
        assert is_whole(pages)


def test_a_story_whose_slip_has_no_room_is_kept_and_says_so(
    tmp_path: Path,
) -> None:
    with teller_on(tmp_path / "data") as (pages, teller):
        last = last_page(teller)
        # The chronicle and the sessions may lie on disks of their own: only the second takes nothing more.
        pages.installation.story_slips._database.connection.execute("PRAGMA query_only=ON")
        answer = send(teller, FormReader(last.body).fields)
        assert (answer.status, "no room left for a slip" in answer.body) == (200, True)
        assert TITLE in teller.get("/kept").body
