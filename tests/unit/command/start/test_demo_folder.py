"""What a demo may remove in the folder that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import CannotWriteError
from sera_command.start.demo import folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A demo that came to its end."""
    path = tmp_path / "out"
    folder.prepare(path)
    folder.clear(path)
    for name in ("data/store/records.sqlite", "data/gateway.log", "nodes/elm-1.log", "page/index.html"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("of a demo", encoding="utf-8")
    folder.finish(path)
    return path


def files(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def again(out: Path) -> None:
    folder.prepare(out)
    folder.clear(out)


def test_an_earlier_demo_goes_with_what_other_verbs_wrote_into_its_data(out: Path) -> None:
    (out / "data/authority").mkdir()
    (out / "data/authority/issued.jsonl").write_text("{}", encoding="utf-8")
    again(out)
    assert files(out) == [folder.MARKER]
    assert out.stat().st_mode & 0o777 == 0o700


def test_a_demo_that_was_killed_goes_too(out: Path) -> None:
    again(out)
    (out / "nodes/elm-2.log").write_text("half a", encoding="utf-8")
    again(out)
    assert files(out) == [folder.MARKER]


@pytest.mark.parametrize(
    "name", ["letter.txt", "data/letter.txt", "nodes/letter.txt", "page/pack/letter.txt"]
)
def test_what_somebody_else_put_there_is_refused_by_name_and_nothing_goes(out: Path, name: str) -> None:
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("dear", encoding="utf-8")
    before = files(out)
    with pytest.raises(CannotWriteError, match=r"letter\.txt was made by no demo"):
        folder.prepare(out)
    assert files(out) == before


def test_a_marker_alone_makes_no_folder_a_demos(out: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "data").mkdir(parents=True)
    (own / "data/installation.json").write_text("dear", encoding="utf-8")
    (own / folder.MARKER).write_bytes((out / folder.MARKER).read_bytes())
    with pytest.raises(CannotWriteError, match="was made by no demo"):
        folder.prepare(own)
    (own / folder.MARKER).write_text("This folder is made again by each demo.", encoding="utf-8")
    with pytest.raises(CannotWriteError, match="no demo"):
        folder.prepare(own)
    assert (own / "data/installation.json").is_file()


def test_a_link_in_the_place_of_a_folder_is_not_followed(out: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (out / "page").rename(own)
    (out / "page").symlink_to(own)
    with pytest.raises(CannotWriteError, match="page was made by no demo"):
        folder.prepare(out)
    assert (own / "index.html").is_file()
