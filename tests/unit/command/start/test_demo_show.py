"""What a demo prints is one screen, in words and not in codes, with commands that can be copied."""

from __future__ import annotations

import datetime as dt
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.start.demo.show import LiveProgress, closing_screen, next_commands
from sera_command.start.demo.verb import figure_object
from sera_vocabulary import figure_codes, indices
from sera_workshop.views.facts import GardenFacts
from sera_workshop.views.noticed import BATTERY, MISSING_VALUES, STUCK, UNWATCHED, WAITED, Noticed
from workshop_figures import REFUSAL, figure

if TYPE_CHECKING:
    from sera_store.results.results import Result


GARDENS = tuple(
    GardenFacts(f"garden-{number}", f"The Quite Long Lane {number} Meadow", "Europe/London", (detector,))
    for number, detector in enumerate(("camera", "camera", "beam", "camera"))
)


def outcome(tmp_path: Path, results: list[Result], **changes: Any) -> Any:
    """A demo that has come to its end, with figures of its four gardens."""
    numbers = {"made": 44325, "stored": 44324, "dead_lettered": 1}
    day = dt.date(2025, 6, 9)
    fields = {
        "interpreter": "MicroPython 1.25.0+ds-1",
        "season": SimpleNamespace(gardens=GARDENS, nodes=range(14), timeline=SimpleNamespace(days=14)),
        "accounts": SimpleNamespace(as_dict=lambda: numbers),
        "refused": 1,
        "gardens": GARDENS,
        "results": results,
        "seconds": 40.2,
        "noticed": [
            Noticed(code, "garden-0", day, day + dt.timedelta(days=2), "soil_moisture", 1843)
            for code in (UNWATCHED, WAITED, STUCK, MISSING_VALUES, BATTERY)
        ],
        "files": {
            "store": tmp_path / "a folder" / "data" / "store",
            "page": tmp_path / "a folder" / "page" / "index.html",
        },
    }
    return SimpleNamespace(**(fields | changes))


def rates() -> list[Result]:
    index = {"camera": indices.VISITS_PER_HOUR, "beam": indices.PASSAGES_PER_HOUR}
    return [figure(garden.id, index[garden.detectors[0]], 20.4, low=17.3, high=23.5) for garden in GARDENS]


@pytest.mark.parametrize("refused", [False, True])
def test_the_end_is_one_screen_of_24_lines_and_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], refused: bool
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    results = rates()
    if refused:
        results = [figure(garden.id, indices.VISITS_PER_HOUR, reason=REFUSAL) for garden in GARDENS]
    closing_screen(outcome(tmp_path, results))
    lines = capsys.readouterr().out.splitlines()
    # Progress takes a line of its own above.
    assert len(lines) < 24
    assert [line for line in lines[:-3] if len(line) > 80] == []
    text = " ".join(" ".join(lines).split())
    assert "Nothing was lost: 44,324 of 44,325 records are stored, and 1 was refused" in text
    assert ("12 h watched in flight weather; 20 h needed" in text) == refused
    assert ("20.4 passages per hour 17.3 to 23.5 (95 %)" in text.replace("\xa0", " ")) == (not refused)


def test_the_commands_name_a_figure_that_is_there_and_quote_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["/somewhere/sera_command/__main__.py", "demo"])
    commands = [shlex.split(command) for command in next_commands(outcome(tmp_path, rates()))]
    assert [words[3:-2] for words in commands] == [
        ["explain", "garden-0/visits_per_hour/span/2026-05-03"],
        ["deadletters", "list"],
        ["figures", "garden-0"],
    ]
    assert {tuple(words[-2:]) for words in commands} == {("--data", str(Path("a folder/data")))}


def test_progress_never_shows_more_records_arrived_than_made(capsys: pytest.CaptureFixture[str]) -> None:
    with LiveProgress() as progress:
        progress.season(0.5, "Mon 09 Jun", 13662, 13832)
    assert "13,832 records made, 13,832 arrived" in capsys.readouterr().err


def test_json_has_each_code_and_beside_it_its_words() -> None:
    bees = figure(
        "elm-yard", indices.GROUP_INCIDENCE, 0.4, group="bumblebees", target=figure_codes.THESE_NODES
    )
    output = figure_object(bees)
    codes = {name: output[name] for name in ("name", "group", "target")}
    words = {name: output[f"{name}_words"] for name in codes}
    assert codes == {"name": indices.GROUP_INCIDENCE, "group": "bumblebees", "target": "these_nodes"}
    assert words == {
        "name": "share of watched days on which the group came",
        "group": "bumblebees",
        "target": "these nodes",
    }


def test_json_has_the_reason_of_a_missing_figure_as_code_numbers_and_sentence() -> None:
    output = figure_object(figure("elm-yard", indices.VISITS_PER_HOUR, reason=REFUSAL))
    assert output["reason"] == {"code": REFUSAL.code, "arguments": REFUSAL.arguments}
    assert output["reason_words"] == str(REFUSAL)
    whole = figure("elm-yard", indices.TOTAL_ACTIVITY, 8.0, low=7.0, high=9.0)
    assert (figure_object(whole)["reason"], figure_object(whole)["reason_words"]) == (None, "")
