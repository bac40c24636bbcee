"""`sera publish`: the same bytes twice, and bad input by exit code, with nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from installation_parts import with_garden
from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return with_garden(tmp_path / "data")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_same_data_are_published_byte_for_byte_alike(data: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert main(["publish", "--out", str(tmp_path / name), "--data", str(data)]) == ExitCode.DONE
    first = files(tmp_path / "first")
    assert first == files(tmp_path / "second")
    assert {"index.html", "gardens/elm-yard.html", "drawings/en/elm-yard.svg", "report/index.html"} <= set(
        first
    )


def test_what_cannot_be_published_is_said_and_changes_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "letter.txt").write_text("mine")
    for words, output in (
        (["--out", str(own)], "empty folder"),
        (["--out", str(tmp_path / "new"), "--community", "elm"], "known: oak"),
    ):
        assert main(["publish", *words, "--data", str(data)]) == ExitCode.BAD_INPUT
        assert output in " ".join(capsys.readouterr().err.split())
    assert files(own) == {"letter.txt": b"mine"}
    assert not (tmp_path / "new").exists()
