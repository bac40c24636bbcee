"""The verbs pack, mural and board, from the command line to files."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from analysis_world import World, visits_of
from sera_analysis.runs.jobs import analyse
from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.slow
def test_pack_writes_the_whole_days_that_were_asked_for(tmp_path: Path, store: Store) -> None:
    words = ["pack", "--data", str(store.folder.parent), "--from", "2026-05-04", "--to", "2026-05-17"]
    assert main([*words, "--out", str(tmp_path / "pack")]) == 0
    assert (tmp_path / "pack" / "handout.html").is_file()
    assert "visits_per_hour" in (tmp_path / "pack" / "figures.csv").read_text(encoding="utf-8")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Store.open(tmp_path / "data" / "store") as store:
        yield World(store)


@pytest.mark.slow
def test_a_pack_of_any_dates_has_the_figures_of_exactly_these_days(tmp_path: Path, world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.camera("elm-yard", "elm-1", visits_of)
    world.garden("oak-yard", timezone="America/New_York")
    world.node("oak-yard", "oak-1", "camera")
    world.camera("oak-yard", "oak-1", visits_of)
    analyse(world.store)
    data = str(world.store.folder.parent)

    def figures(first: str, last: str) -> list[dict[str, str]]:
        out = tmp_path / first
        assert main(["pack", "--data", data, "--from", first, "--to", last, "--out", str(out)]) == 0
        with (out / "figures.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    five = [row for row in figures("2026-06-03", "2026-06-07") if row["period"] == "custom"]
    assert {(row["first_day"], row["last_day"]) for row in five} == {("2026-06-03", "2026-06-07")}
    efforts = {row["place"]: row["value"] for row in five if row["index"] == "effort"}
    assert efforts["elm-yard"] == "120"
    assert set(efforts) == {"elm-yard", "oak-yard"}
    handout = (tmp_path / "2026-06-03" / "handout.html").read_text(encoding="utf-8")
    assert "3 June 2026 – 7 June 2026" in handout
    assert "5 node-days watched; 8 needed" in handout

    # The dates of a month: what a run makes of this month, though by another way.
    month = figures("2026-06-01", "2026-06-30")
    analyse(world.store, periods=("month",), again=True)
    current = world.store.results.current(scope_id="elm-yard", period="month")
    assert current
    rows = {
        (row["index"], row["group"]): (row["value"], row["reason"])
        for row in month
        if row["period"] == "custom" and row["place"] == "elm-yard"
    }
    for result in current:
        value, reason = rows[result.index, result.group]
        if result.value is None:
            assert (value, reason != "") == ("", True), result.index
        else:
            assert float(value) == pytest.approx(result.value), result.index


def test_pack_says_what_is_wrong_with_dates_gardens_and_folders(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = str(store.folder.parent), str(tmp_path / "pack")
    for first, last, more, message in (
        ("4 May", "2026-05-17", [], "no date"),
        ("2026-05-17", "2026-05-04", [], "before"),
        ("2026-05-04", "2026-05-17", ["--garden", "nowhere"], "not in the registry"),
    ):
        words = ["pack", "--data", data, "--from", first, "--to", last, "--out", out, *more]
        assert main(words) == 3
        assert message in capsys.readouterr().err
    empty = ["pack", "--data", str(tmp_path / "empty"), "--from", "2026-05-04", "--to", "2026-05-05"]
    assert main([*empty, "--out", out]) == 3
    assert "holds no store" in capsys.readouterr().err


def test_mural_draws_and_tells_in_words(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mural.svg"
    assert main(["mural", "--data", str(store.folder.parent), "--out", str(out), "--words"]) == 0
    assert out.read_text(encoding="utf-8").startswith("<?xml")
    assert "bumblebees came on 90" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_has_its_own_exit_code(tmp_path: Path, store: Store) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    blocked_path = str(tmp_path / "taken" / "file")
    assert main(["mural", "--data", str(store.folder.parent), "--out", blocked_path]) == 5
    assert main(["dashboards", "build", "--out", blocked_path]) == 5
