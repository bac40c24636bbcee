"""`sera garden soil` and `sera garden action`: statements of people, with clear answers to mistakes."""

from __future__ import annotations

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
    """A data folder with one garden."""
    with Store.open(tmp_path / "data" / "store") as store:
        World(store).garden("elm-yard")
    return tmp_path / "data"


def test_a_texture_by_name_states_what_the_soil_holds(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    requests = ["garden", "soil", "elm-yard", "--texture", "loam", "--data", str(data)]
    assert main(requests) == ExitCode.DONE
    assert "wilt at 0.137, and it holds 0.280" in capsys.readouterr().out
    with Store.open(data / "store") as store:
        soil = store.registry.soil("elm-yard")
    assert soil is not None
    assert (soil.sand, soil.clay, soil.source) == (0.4, 0.2, "loam")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--texture", "mud"], "expected one of sand, loamy sand"),
        ([], "by --texture, or by both"),
        (["--texture", "loam", "--sand", "0.4", "--clay", "0.2"], "by --texture, or by both"),
        (["--sand", "0.9", "--clay", "0.4"], "add up to at most 1"),
    ],
)
def test_soil_that_cannot_be_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["garden", "soil", "elm-yard", *options, "--data", str(data)]) == ExitCode.BAD_INPUT
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_actions_are_kept_at_local_time(data: Path) -> None:
    for kind, on in (("planting", "2026-06-10"), ("watering", "2026-06-11T20:00")):
        assert main(["garden", "action", "elm-yard", kind, "--on", on, "--data", str(data)]) == ExitCode.DONE
    with Store.open(data / "store") as store:
        planting, watering = store.records.actions("elm-yard")
    # Noon and eight in the evening of British summer time.
    assert planting.time_s % 86_400 == 11 * 3600
    assert watering.time_s % 86_400 == 19 * 3600
    assert planting.id != watering.id


def listed(data: Path) -> list[tuple[str, str, float | None, int]]:
    """What was done in the garden: id, kind, amount, and how far the time may be off."""
    with Store.open(data / "store") as store:
        actions = store.records.actions("elm-yard")
    return [(action.id, action.kind, action.amount, action.uncertainty_s) for action in actions]


@pytest.mark.slow
def test_an_action_is_corrected_by_a_message_and_the_rest_of_it_stays(data: Path) -> None:
    on = ["--on", "2026-06-11T20:00", "--water", "8", "--data", str(data)]
    assert main(["garden", "action", "elm-yard", "watering", *on]) == ExitCode.DONE
    [(name, *_)] = listed(data)
    assert main(["garden", "correct", name, "--water", "5", "--data", str(data)]) == ExitCode.DONE
    [(corrected, kind, water, uncertainty_s)] = listed(data)
    assert (kind, water, uncertainty_s) == ("watering", 5, 1800)
    assert corrected != name
    # Under the same counter, and by messages alone: a rebuild says the same.
    assert corrected.split("/")[0] == name.split("/")[0]
    moved = ["garden", "correct", corrected, "--on", "2026-06-12", "--data", str(data)]
    assert main(moved) == ExitCode.DONE
    [(_, kind, water, uncertainty_s)] = listed(data)
    assert (kind, water, uncertainty_s) == ("watering", 5, 43_200)


@pytest.mark.slow
def test_an_action_of_a_day_stays_one_and_can_be_taken_back(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    action = ["garden", "action", "elm-yard", "mowing", "--on", "2026-06-10", "--data", str(data)]
    assert main(action) == ExitCode.DONE
    [(name, *_)] = listed(data)
    assert main(["garden", "correct", name, "--kind", "planting", "--data", str(data)]) == ExitCode.DONE
    [(corrected, kind, _, uncertainty_s)] = listed(data)
    assert (kind, uncertainty_s) == ("planting", 43_200)
    assert main(["garden", "withdraw", corrected, "--data", str(data)]) == ExitCode.DONE
    assert "is taken back: the journal has it" in capsys.readouterr().out
    assert listed(data) == []
    assert main(["garden", "withdraw", corrected, "--data", str(data)]) == ExitCode.BAD_INPUT
    assert main(["garden", "correct", corrected, "--water", "1", "--data", str(data)]) == ExitCode.BAD_INPUT
    assert main(["garden", "correct", corrected, "--data", str(data)]) == ExitCode.BAD_INPUT
    errors = capsys.readouterr().err
    assert "or was taken back; `sera garden actions GARDEN` lists" in errors
    assert "nothing to correct" in errors


def test_an_unknown_garden_or_kind_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    on = ["--on", "2026-06-10", "--data", str(data)]
    assert main(["garden", "action", "nowhere", "mowing", *on]) == ExitCode.BAD_INPUT
    assert main(["garden", "action", "elm-yard", "dancing", *on]) == ExitCode.BAD_INPUT
    errors = capsys.readouterr().err
    assert "'nowhere' is not registered" in errors
    assert "action 'dancing' is not possible" in errors
