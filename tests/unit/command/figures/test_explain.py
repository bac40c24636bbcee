"""`sera explain` for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from analysis_world import GROUPS, MIDNIGHT_S, World
from sera_analysis.figures.explanation import explain
from sera_analysis.figures.names import find_result
from sera_analysis.figures.released_explanation import released
from sera_command.errors import ExitCode
from sera_command.figures.explain import value_words
from sera_command.main import main
from sera_command.terminal import quantity_text
from sera_store.registry.entities import Node
from sera_store.release.persons import Pseudonyms
from sera_store.store import Store
from sera_vocabulary.indices import INDICES_BY_NAME

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
    output = capsys.readouterr().out
    for words in (
        "figure    24 h; no interval",
        "window    2026-06-01T23:00Z to 2026-06-02T23:00Z",
        "formula   sum of the seconds",
        "part      hours of beams: 24",
        "2026-06-01T23:00Z  2026-06-02T23:00Z  97 to 192",
        "The figure itself names no records.",
    ):
        assert words in output
    assert main(["explain", "elm-yard/passages_per_hour/span", "--data", str(data)]) == ExitCode.DONE
    output = capsys.readouterr().out
    assert "figure    none: 0 h watched" in output
    assert "average   a mean of the units' own figures" in output
    assert "These are the records that the figure was made from." in output


def test_a_place_that_has_read_nothing_is_told_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(data / "store") as store:
        World(store).garden("new-garden")
    assert main(["analyse", "run", "--data", str(data)]) == ExitCode.DONE
    capsys.readouterr()
    assert main(["explain", "new-garden/effort", "--data", str(data)]) == ExitCode.BAD_INPUT
    assert "new-garden has no figures: they are made from its first reading on" in capsys.readouterr().err


def test_only_the_exact_answer_has_minutes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", "elm-yard/effort/day/2026-06-02", "--data", str(data)]
    for more, minutes in (([], False), (["--exact"], True)):
        assert main([*words, *more]) == ExitCode.DONE
        assert ("T23:15Z" in capsys.readouterr().out) is minutes


def test_a_person_is_a_pseudonym_of_a_day_without_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(tmp_path / "store") as store:
        world = World(store, days=2)
        world.garden("elm-yard")
        world.node("elm-yard", "person-0f3a9c41d2", "person")
        values: dict[str, float | None] = dict.fromkeys(GROUPS, 1.0) | {"awake_s": 600.0}
        counts = [
            world.record("elm-yard", "person-0f3a9c41d2", "counts", MIDNIGHT_S + hour * 3600, dict(values))
            for hour in (9, 10)
        ]
        world.write(counts)
    data = ["--data", str(tmp_path)]
    assert main(["analyse", "run", *data]) == ExitCode.DONE
    capsys.readouterr()

    messages = []
    for more in ([], [], ["--exact"]):
        assert main(["explain", "elm-yard/total_activity/span", *data, "--json", *more]) == ExitCode.DONE
        messages.append(json.loads(capsys.readouterr().out))

    first, second, exact = (item["sources"][0] for item in messages)
    assert len({first["node"], second["node"], exact["node"]}) == 3
    assert (first["first_s"], first["last_s"], first["first_change"]) == (MIDNIGHT_S, MIDNIGHT_S, None)
    assert (exact["node"], exact["last_s"] - exact["first_s"]) == ("person-0f3a9c41d2", 3600)
    assert "first_change" not in messages[0]["result"]["inputs"]
    assert "first_change" in messages[2]["result"]["inputs"]


def test_a_part_of_a_figure_is_under_no_counter_id_either(data: Path) -> None:
    with Store.open(data / "store") as store:
        store.registry.put(Node("person-0f3a9c41d2", "elm-yard", "person"), since_s=0, by="test")
        explanation = explain(store, find_result(store, "elm-yard/effort/span"))
        result = msgspec.structs.replace(explanation.result, parts={"beam-1": 1.0, "person-0f3a9c41d2": 2.0})
        pseudonyms = Pseudonyms()
        coarse = released(store, msgspec.structs.replace(explanation, result=result), pseudonyms)

    assert coarse.result.parts == {"beam-1": 1.0, pseudonyms.of("person-0f3a9c41d2"): 2.0}


def test_programs_read_one_object(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["explain", "elm-yard/effort/span", "--data", str(data), "--json"]) == ExitCode.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["result"]["value"] == 48
    assert answer["sources"][0]["records"] == 192
    assert (answer["sources"][0]["first_journal"], answer["agrees"]) == (1, None)


def test_a_name_that_means_nothing_is_answered_with_the_list_of_names(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "elm-yard/beauty", "--data", str(data)]) == ExitCode.BAD_INPUT
    assert "as `sera figures` lists them" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("index", "count", "units", "value", "rests_on"),
    [
        ("total_activity", 1, "months of gardens", "41", "1 month of gardens"),
        ("visits_per_hour", 3, "months of gardens", "41 per hour", "3 months of gardens"),
        ("soil_temperature_mean", 1, "nodes", "41 °C", "1 node"),
        ("soil_moisture_mean", 2, "", "41 m³/m³", "2 units"),
        ("total_activity", 1, "entries of the registry", "41", "1 entry of the registry"),
    ],
)
def test_units_are_written_as_people_do_and_one_of_them_is_no_plural(
    index: str, count: int, units: str, value: str, rests_on: str
) -> None:
    unit = INDICES_BY_NAME[index].unit
    assert value_words(41.0, unit) == value
    assert quantity_text(count, units) == rests_on
