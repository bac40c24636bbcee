"""Beds by command: listed, shown and written as files, for the steward on the machine."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from garden_designs.drawings import START, Phone
from sera_command.main import main
from sera_commons.designs.update_log import UpdateLog
from sera_store.registry.entities import Community, Garden
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with Store.open(folder / "store") as store:
        store.registry.put(Community("oak", "Oak Street"), since_s=1, by="a test")
        garden = Garden("elm-yard", "oak", None, "Elm Yard", 51.5072, -0.1276, "Europe/London")
        store.registry.put(garden, since_s=1, by="a test")
    return folder


@pytest.fixture
def design(data: Path) -> str:
    with closing(UpdateLog.open(data)) as log:
        row, phone = log.begin("elm-yard", "oak", START), Phone(START)
        phone.put("aaaaaaaa", "Lavandula angustifolia", 0.5, 0.5)
        log.append(row.id, row.generation, phone.sent[0])
    return row.id


def test_beds_are_listed_and_shown_without_a_place(
    data: Path, design: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["design", "list", "--json", "--data", str(data)]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["id"], row["garden"], row["plants"]) == (design, "elm-yard", 1)
    assert main(["design", "show", design, "--data", str(data)]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["placed"][0]["taxon"] == "Lavandula angustifolia"
    assert "51.5" not in text


@pytest.mark.parametrize(
    ("name", "begins"), [("bed.svg", b"<svg"), ("bed.glb", b"glTF"), ("bed.usdz", b"PK"), ("bed.json", b"{")]
)
def test_a_bed_is_written_as_picture_3d_or_json(
    data: Path, design: str, tmp_path: Path, name: str, begins: bytes
) -> None:
    out = tmp_path / name
    assert main(["design", "export", design, str(out), "--data", str(data)]) == 0
    assert out.read_bytes().lstrip().startswith(begins)


def test_bad_names_are_said(
    data: Path, design: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, code in (
        (["show", "0" * 32], 3),
        (["export", design, str(tmp_path / "bed.png")], 3),
        (["export", design, str(tmp_path / "no" / "bed.svg")], 5),
        (["export", "0" * 32, str(tmp_path / "bed.svg")], 3),
        (["list", "--garden", "nowhere"], 3),
    ):
        assert main(["design", *words, "--data", str(data)]) == code, words
    assert "sera design list" in capsys.readouterr().err


def test_without_a_drawing_it_says_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["design", "list", "--data", str(data)]) == 0
    assert "Nothing was drawn." in capsys.readouterr().out
