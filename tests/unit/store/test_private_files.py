"""Files that nobody but their owner can read at any moment, whatever lies in their place before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sera_store.private_files import make_private, tighten, write_private
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def wide_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_private_and_whole_where_a_wide_one_was(tmp_path: Path) -> None:
    path = tmp_path / "installation.json"
    path.write_text("wide", encoding="utf-8")
    write_private(path, "private")
    assert (path.read_text(encoding="utf-8"), mode_of(path)) == ("private", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_the_place_of_the_draft_is_not_written_through(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("of somebody else", encoding="utf-8")
    (tmp_path / f".installation.json.{os.getpid()}").symlink_to(other)
    write_private(tmp_path / "installation.json", "private")
    assert other.read_text(encoding="utf-8") == "of somebody else"
    assert mode_of(tmp_path / "installation.json") == 0o600


def test_a_file_that_cannot_be_replaced_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "installation.json").mkdir()
    with pytest.raises(OSError, match="installation"):
        write_private(tmp_path / "installation.json", "private")
    assert [path.name for path in tmp_path.iterdir()] == ["installation.json"]


def test_all_folders_that_are_made_on_the_way_are_private(tmp_path: Path) -> None:
    make_private(tmp_path / "data/store")
    assert mode_of(tmp_path / "data") == mode_of(tmp_path / "data/store") == 0o700
    Store.open(tmp_path / "other/store").close()
    assert mode_of(tmp_path / "other") == 0o700


def test_a_wide_folder_is_closed_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o750)
    assert (tighten(folder), mode_of(folder)) == (0o750, 0o700)
    assert tighten(folder) is None
