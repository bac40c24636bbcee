"""`sera figures`: all figures of all places, by the names that `sera explain` takes."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from analysis_world import COMMUNITY, World
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two gardens in a district, each with a beam, and figures."""
    with Store.open(tmp_path / "store") as store:
        world = World(store, days=2)
        world.district("north", 1_000)
        for garden, node in (("elm-yard", "beam-1"), ("kiln-lane", "beam-2")):
            world.garden(garden, district="north")
            world.node(garden, node, "beam")
            world.beam(garden, node, 1.0)
    assert main(["analyse", "run", "--data", str(tmp_path), "--workers", "1"]) == ExitCode.DONE
    return tmp_path


def listed(data: Path, capsys: Capture, *words: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["figures", *words, "--json", "--data", str(data)]) == ExitCode.DONE
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def test_every_figure_in_the_store_is_listed_once_and_explained_by_its_name(
    data: Path, capsys: Capture
) -> None:
    rows = listed(data, capsys)
    with Store.open(data / "store") as store:
        stored = store.results.current()
    assert len(rows) == len(stored)
    assert {str(row["place"]) for row in rows} == {"elm-yard", "kiln-lane", "north", COMMUNITY}
    names = [str(row["name"]) for row in rows]
    assert len(set(names)) == len(names)
    for place in ("elm-yard", "north", COMMUNITY):
        row = next(row for row in rows if row["place"] == place)
        assert main(["explain", str(row["name"]), "--json", "--data", str(data)]) == ExitCode.DONE
        assert json.loads(capsys.readouterr().out)["result"]["value"] == row["value"]


def test_places_indices_and_periods_narrow_the_list(data: Path, capsys: Capture) -> None:
    spans = ("--index", "effort", "--index", "passages_per_hour", "--period", "span")
    rows = listed(data, capsys, "elm-yard", "north", *spans)
    assert {row["place"] for row in rows} == {"elm-yard", "north"}
    assert {row["index"] for row in rows} == {"effort", "passages_per_hour"}
    assert {row["period"] for row in rows} == {"span"}
    rows = listed(data, capsys, "elm-yard", "--index", "effort", "--period", "day")
    assert [row["first_day"] for row in rows] == ["2026-06-01", "2026-06-02"]


def test_csv_has_the_rows_of_the_json(data: Path, capsys: Capture) -> None:
    rows = listed(data, capsys, "elm-yard")
    assert main(["figures", "elm-yard", "--csv", "--data", str(data)]) == ExitCode.DONE
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["name"] for row in table] == [row["name"] for row in rows]
    assert [row["value"] == "" for row in table] == [row["value"] is None for row in rows]


def test_people_read_name_value_effort_and_what_to_do_next(data: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["figures", "elm-yard", "--data", str(data)]) == ExitCode.DONE
    output = capsys.readouterr().out
    row = next(line for line in output.splitlines() if "elm-yard/effort/day/2026-06-02" in line)
    assert "24 h" in row
    assert "none: " in output
    assert "sera explain elm-yard/" in output


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["figures", "elm-yrad"], "did you mean elm-yard?"),
        (["figures", "--index", "efort"], "did you mean effort or"),
        (["explain", "elm-yrad/effort/span"], "did you mean elm-yard/effort/span?"),
        (["explain", "elm-yard/efort/span"], "did you mean elm-yard/effort/span?"),
        (["explain", "elm-yard/effort/dya/2026-06-02"], "did you mean elm-yard/effort/day/2026-06-02?"),
        (["explain", "elm-yard/effort/day/2026-06-12"], "elm-yard/effort/day/2026-06-02"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(
    data: Path, capsys: Capture, words: list[str], near: str
) -> None:
    assert main([*words, "--data", str(data)]) == ExitCode.BAD_INPUT
    assert near in capsys.readouterr().err


def test_where_there_is_no_figure_the_answer_says_what_makes_them(tmp_path: Path, capsys: Capture) -> None:
    with Store.open(tmp_path / "store") as store:
        World(store).garden("elm-yard")
    assert main(["figures", "--data", str(tmp_path)]) == ExitCode.CHECK_FAILED
    assert "sera analyse run" in capsys.readouterr().err
