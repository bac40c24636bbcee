"""`sera compare`: same days, one class, enough controls; or a clear answer why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analysis_world import MIDNIGHT_S, STEP_S, World, hour_of
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

DAYS, PLANTED = 60, 30
SPAN = ["--from", "2026-06-01", "--to", "2026-07-30"]
WEATHER = np.random.default_rng(1).gamma(8, 1 / 8, DAYS + 1)


def _garden(world: World, name: str, rate: float, *, grows: float = 0.0, algorithm: str = "2") -> None:
    """Watch every third step by day; visits follow the day's weather, and grow from day 30 on."""
    world.garden(name)
    world.node(name, f"{name}-1", "camera", algorithm=algorithm)
    rng = np.random.default_rng(len(name))

    def visits(time_s: int) -> dict[str, float]:
        day = (time_s - STEP_S - MIDNIGHT_S) // 86_400
        mean = rate * WEATHER[day] + (grows if day >= PLANTED else 0.0)
        return {"bumblebees": float(rng.poisson(mean / 4))}

    world.camera(name, f"{name}-1", visits, awake=lambda t: 5 <= hour_of(t) < 21 and t // STEP_S % 3 == 0)
    world.air(name, f"{name}-1", every=4)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five gardens of one class, of which the first was planted on day 30, and one of another class."""
    folder = tmp_path_factory.mktemp("compare")
    with Store.open(folder / "store") as store:
        world = World(store, days=DAYS)
        _garden(world, "planted", 12.0, grows=8.0)
        for number, name in enumerate(("ash-lane", "birch-row", "cedar-close", "damson-end")):
            _garden(world, name, 10.0 + 2 * number)
        _garden(world, "new-camera", 12.0, algorithm="3")
        for garden, kind in (("planted", "planting"), ("ash-lane", "mowing")):
            world.action(garden, kind, MIDNIGHT_S + 30 * 86_400 + 43_200, counter=f"person-{garden}")
    return folder


PLANTING, MOWING = "person-planted/9f2c01aa/1", "person-ash-lane/9f2c01aa/1"


def _answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*words, "--json"]) == ExitCode.DONE
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.slow
def test_two_gardens_of_one_class_differ_by_what_they_differ_on_the_same_days(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("compare", "gardens", "damson-end", "ash-lane", *SPAN, "--data", str(data))
    output = _answer(capsys, *words)
    assert output["value"] == pytest.approx(6, abs=1)
    assert output["low"] < output["value"] < output["high"]
    assert (output["n"], output["n_of"], output["target"]) == (60, "days", "these_nodes")
    assert _answer(capsys, *words) == output
    turned = _answer(capsys, "compare", "gardens", "ash-lane", "damson-end", *SPAN, "--data", str(data))
    assert turned["value"] == pytest.approx(-output["value"])


def test_a_difference_without_an_interval_says_so_and_ranks_nobody(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = ("--from", "2026-06-01", "--to", "2026-06-20")
    words = ("compare", "gardens", "damson-end", "ash-lane", *days, "--data", str(data))
    answer = _answer(capsys, *words)
    assert (answer["low"], answer["high"]) == (None, None)
    assert answer["interval_reason"]["code"] == "block_days_too_few"
    assert "no_ranking" in [note["code"] for note in answer["notes"]]
    assert main([*words]) == ExitCode.DONE
    output = capsys.readouterr().out
    assert "visits an hour (no interval: 20 days" in output
    assert "No interval, so no ranking: the difference may be chance." in output
    with_interval = _answer(
        capsys, "compare", "gardens", "damson-end", "ash-lane", *SPAN, "--data", str(data)
    )
    assert "no_ranking" not in [note["code"] for note in with_interval["notes"]]


def test_gardens_whose_cameras_are_of_two_classes_are_not_compared(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = _answer(capsys, "compare", "gardens", "ash-lane", "new-camera", *SPAN, "--data", str(data))
    assert output["value"] is None
    assert output["reason"] == {
        "code": "classes_differ",
        "arguments": {"first": ["algorithm=2"], "second": ["algorithm=3"]},
    }
    assert main(["compare", "gardens", "ash-lane", "new-camera", *SPAN, "--data", str(data)]) == ExitCode.DONE
    assert "not comparable: algorithm=2 against algorithm=3" in capsys.readouterr().out


def test_days_before_any_camera_watched_have_no_figure(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = ("--from", "2025-06-01", "--to", "2025-06-30")
    output = _answer(capsys, "compare", "gardens", "ash-lane", "birch-row", *days, "--data", str(data))
    assert output["reason"] == {"code": "no_camera_in", "arguments": {"garden": "ash-lane"}}


def test_the_planting_is_judged_beside_gardens_of_its_class_where_nothing_was_done(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = _answer(
        capsys, "compare", "action", PLANTING, "--before", "30", "--after", "30", "--data", str(data)
    )
    assert output["value"] == pytest.approx(8, abs=1.5)
    assert output["low"] < 8 < output["high"]
    assert output["parts"]["chance_of_dates"] <= 0.05
    notes = {(note["code"], note["arguments"].get("garden")): note["arguments"] for note in output["notes"]}
    controls = [arguments for (code, _), arguments in notes.items() if code == "action_controls"]
    assert [arguments["controls"] for arguments in controls] == [["birch-row", "cedar-close", "damson-end"]]
    assert notes["left_out_action", "ash-lane"]["action"] == "mowing"
    assert notes["left_out_class", "new-camera"]["shared"] == ["camera", "algorithm=2"]


def test_what_did_nothing_shows_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = _answer(
        capsys, "compare", "action", MOWING, "--before", "30", "--after", "30", "--data", str(data)
    )
    assert output["low"] < 0 < output["high"]


def test_thirty_nine_days_are_too_few_and_an_unknown_action_is_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = ["compare", "action", PLANTING, "--before", "20", "--after", "19", "--data", str(data)]
    assert main(requests) == ExitCode.DONE
    assert "No figure: 39 days; 40 needed" in capsys.readouterr().out
    assert main(["compare", "action", "nothing-1", "--data", str(data)]) == ExitCode.BAD_INPUT
    assert "known: " in capsys.readouterr().err
