"""The verbs pack, mural and board, from the command line to files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from sera_store.store import Store


def test_pack_writes_the_whole_days_that_were_asked_for(tmp_path: Path, store: Store) -> None:
    words = ["pack", "--data", str(store.folder.parent), "--from", "2026-05-04", "--to", "2026-05-17"]
    assert main([*words, "--out", str(tmp_path / "pack")]) == 0
    assert (tmp_path / "pack" / "handout.html").is_file()
    assert "visits_per_hour" in (tmp_path / "pack" / "figures.csv").read_text(encoding="utf-8")


def test_pack_says_what_is_wrong_with_dates_gardens_and_folders(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = str(store.folder.parent), str(tmp_path / "pack")
    for first, last, more, said in (
        ("4 May", "2026-05-17", [], "no date"),
        ("2026-05-17", "2026-05-04", [], "before"),
        ("2026-05-04", "2026-05-17", ["--garden", "nowhere"], "not registered"),
    ):
        words = ["pack", "--data", data, "--from", first, "--to", last, "--out", out, *more]
        assert main(words) == 3
        assert said in capsys.readouterr().err
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


def test_board_writes_json_with_the_time_zones_that_were_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "board.json"
    assert main(["dashboards", "write", "--out", str(out), "--timezone", "Asia/Tokyo"]) == 0
    variables = json.loads(out.read_text(encoding="utf-8"))["templating"]["list"]
    assert [one["current"]["value"] for one in variables if one["name"] == "zone"] == ["Asia/Tokyo"]


def test_a_place_that_cannot_be_written_has_its_own_exit_code(tmp_path: Path, store: Store) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    taken = str(tmp_path / "taken" / "file")
    assert main(["mural", "--data", str(store.folder.parent), "--out", taken]) == 5
    assert main(["dashboards", "write", "--out", taken]) == 5
