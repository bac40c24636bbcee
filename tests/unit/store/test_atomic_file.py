"""A file that is replaced is the old one or the new one, for its reader and after every failure."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING

import pytest

from sera_store.atomic_file import replacing
from sera_store.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path


def test_a_reader_finds_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new, ")
        file.flush()
        assert path.read_bytes() == b"old"
        file.write(b"and whole")
    assert path.read_bytes() == b"new, and whole"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def test_a_body_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.skipif(os.name != "posix", reason="links as on POSIX")
def test_a_link_in_the_drafts_place_is_not_followed(tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "page.html"
    other.write_bytes(b"of somebody else")
    (tmp_path / f".page.html.{os.getpid()}").symlink_to(other)
    with replacing(path) as file:
        file.write(b"new")
    assert (other.read_bytes(), path.read_bytes()) == (b"of somebody else", b"new")
    assert not path.is_symlink()


def die_halfway(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_halfway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    child = multiprocessing.get_context("fork").Process(target=die_halfway, args=(path,))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(os.name != "posix", reason="rights as on POSIX")
def test_rights_are_there_from_the_first_byte_on(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with replacing(path, mode=0o600) as file:
        [draft] = tmp_path.iterdir()
        assert draft.stat().st_mode & 0o777 == 0o600
        file.write(b"secret")
    assert path.stat().st_mode & 0o777 == 0o600
    write_private(path, "another secret")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("another secret", 0o600)
