"""`sera analyse run` on a real store: figures once, nothing the second time, clear answers to mistakes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from analysis_world import World
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one garden and its beam."""
    with Store.open(tmp_path / "data" / "store") as store:
        world = World(store, days=2)
        world.garden("elm-yard")
        world.node("elm-yard", "beam-1", "beam")
        world.beam("elm-yard", "beam-1", 1.0)
    return tmp_path / "data"


def test_a_second_run_says_that_nothing_is_new(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages = []
    for _ in range(2):
        assert main(["analyse", "run", "--data", str(data), "--json"]) == ExitCode.DONE
        messages.append(json.loads(capsys.readouterr().out))
    assert messages[0]["computed"] == messages[0]["written"] > 0
    assert (messages[1]["computed"], messages[1]["written"]) == (0, 0)


def test_a_garden_nobody_knows_is_bad_input_and_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["analyse", "run", "--data", str(data), "--garden", "nowhere"])
    assert code == ExitCode.BAD_INPUT
    assert "known gardens: elm-yard" in capsys.readouterr().err


def test_a_folder_without_a_store_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["analyse", "run", "--data", str(tmp_path / "empty")])
    assert code not in (ExitCode.DONE, ExitCode.INTERNAL)
    assert "empty" in capsys.readouterr().err
