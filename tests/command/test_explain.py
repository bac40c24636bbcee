"""`sera explain` for people and for programs."""

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
    """A data folder with one garden, its beam, and figures."""
    with Store.open(tmp_path / "store") as store:
        world = World(store, days=2)
        world.garden("elm-yard")
        world.node("elm-yard", "beam-1", "beam")
        world.beam("elm-yard", "beam-1", 1.0)
    assert main(["analyse", "run", "--data", str(tmp_path)]) == ExitCode.DONE
    return tmp_path


def test_people_read_formula_inputs_and_numbers(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["explain", "elm-yard/effort/day/2026-06-02", "--data", str(data)]) == ExitCode.DONE
    told = capsys.readouterr().out
    for words in (
        "figure    24 h; no interval",
        "window    2026-06-01T23:00Z to 2026-06-02T23:00Z",
        "formula   sum of the seconds",
        "part      beam: 24",
        "2026-06-01T23:15Z  2026-06-02T23:00Z  97 to 192",
        "The figure itself names no records.",
    ):
        assert words in told
    assert main(["explain", "elm-yard/passages_per_hour/span", "--data", str(data)]) == ExitCode.DONE
    told = capsys.readouterr().out
    assert "figure    none: 0 h watched" in told
    assert "These are the records that the figure was made from." in told


def test_programs_read_one_object(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["explain", "elm-yard/effort/span", "--data", str(data), "--json"]) == ExitCode.DONE
    found = json.loads(capsys.readouterr().out)
    assert found["result"]["value"] == 48
    assert found["sources"][0]["records"] == 192
    assert (found["sources"][0]["first_journal"], found["agrees"]) == (1, None)


def test_a_name_that_means_nothing_is_answered_with_names(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "elm-yard/beauty", "--data", str(data)]) == ExitCode.BAD_INPUT
    assert "such as elm-yard/" in capsys.readouterr().err
