"""What was handed out is listed for whoever withdraws, and later outputs keep to the new consent."""

from __future__ import annotations

import json
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from analysis_world import World, visits_of
from sera_command.main import main
from sera_store.release.handouts import FILE, PRINTED, handouts_of
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


DATES = ("--from", "2026-06-01", "--to", "2026-06-01")


@pytest.mark.slow
def test_withdrawn_consent_holds_in_every_later_output_and_lists_what_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(tmp_path / "data" / "store") as store:
        world = World(store, days=1)
        for garden in ("elm-yard", "oak-yard"):
            world.garden(garden)
            world.node(garden, f"{garden}-1", "camera")
            world.camera(garden, f"{garden}-1", visits_of)
    data = ["--data", str(tmp_path / "data")]
    elm = ["--garden", "elm-yard"]
    assert main(["archive", "build", *data, *DATES, *elm, "--out", str(tmp_path / "before.zip")]) == 0
    assert main(["pack", *data, *DATES, "--garden", "oak-yard", "--out", str(tmp_path / "oak")]) == 0
    capsys.readouterr()

    assert main(["garden", "set", "elm-yard", "--consent", "hidden", *data]) == 0
    output = capsys.readouterr().out
    assert "Handed out so far: before.zip" in output
    assert "oak" not in output

    assert main(["archive", "build", *data, *DATES, *elm, "--out", str(tmp_path / "after.zip")]) == 0
    texts = {}
    for name in ("before", "after"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip") as archive:
            texts[name] = "".join(archive.read(file).decode() for file in archive.namelist())
    assert "51.45" in texts["before"]
    assert "51.45" not in texts["after"]
    assert "withheld" in texts["after"]

    capsys.readouterr()
    assert main(["handouts", *data, "--json", *elm]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [handout["name"] for handout in listed] == ["after.zip", "before.zip"]
    assert {handout["kind"] for handout in listed} == {"dwca"}
    assert main(["handouts", *data]) == 0
    printed = capsys.readouterr().out
    assert "oak-yard" in printed
    assert listed[0]["sha256"] in printed


@pytest.mark.slow
def test_every_form_that_leaves_is_noted_with_its_checksum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(tmp_path / "data" / "store") as store:
        world = World(store, days=1)
        world.garden("elm-yard")
        world.node("elm-yard", "elm-1", "camera")
        world.camera("elm-yard", "elm-1", visits_of)
    data = ["--data", str(tmp_path / "data")]
    for number, words in enumerate(
        (["mural"], ["publish"], ["export", "senml"], ["export", "sensorthings"], ["export", "geojson"],
         ["export", "sqlite"], ["export", "raw"], ["pack", *DATES], ["archive", "build", *DATES],
         ["archive", "build", "--form", "cube", *DATES]),
    ):  # fmt: skip
        assert main([*words, *data, "--out", str(tmp_path / f"out-{number}")]) == 0
    capsys.readouterr()
    assert main(["export", "raw", *data]) == 0
    printed = capsys.readouterr().out
    assert main(["export", "raw", *data, "--exact", "--out", str(tmp_path / "exact")]) == 0
    listed = list(reversed(handouts_of(tmp_path / "data", "elm-yard")))
    assert [handout.name for handout in listed] == [*[f"out-{n}" for n in range(10)], PRINTED]
    assert [handout.kind for handout in listed] == [
        "mural", "pages", "export senml", "export sensorthings", "export geojson", "export sqlite",
        "export csv", "pack", "dwca", "cube", "export csv",
    ]  # fmt: skip
    assert listed[-1].sha256 == sha256(printed.encode()).hexdigest()
    assert listed[2].sha256 == sha256((tmp_path / "out-2").read_bytes()).hexdigest()
    assert main(["erase", *data, "--node", "elm-1", "--reason", "asked"]) == 0
    assert "handed out before, and may hold it" in capsys.readouterr().out


def test_a_damaged_line_hides_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(tmp_path / "store"):
        pass
    assert main(["handouts", "--data", str(tmp_path)]) == 0
    assert "Nothing was handed out" in capsys.readouterr().out
    good = {"made_s": 1, "kind": "pack", "name": "p.zip", "gardens": ["elm-yard"], "first": "2026-06-01",
            "last": "2026-06-02", "sha256": "00"}  # fmt: skip
    (tmp_path / FILE).write_text(f'{{"half\n[]\n{json.dumps(good)}\n', encoding="utf-8")
    assert main(["handouts", "--data", str(tmp_path), "--json"]) == 0
    assert [handout["name"] for handout in json.loads(capsys.readouterr().out)] == ["p.zip"]
