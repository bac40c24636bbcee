"""A pack of a simulated season needs no data folder, says that it is simulated, and leaves nothing behind."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from sera_command.main import main
from sera_command.simulated.sample import DAYS, GARDENS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_sample_says_in_every_row_and_sheet_that_it_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert main(["pack", "--sample", "--language", "de", "--out", "pack.zip"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["pack.zip"]
    with zipfile.ZipFile("pack.zip") as archive:
        days = archive.read("days.csv").decode("utf-8-sig")
        start = archive.read("START-HERE.html").decode()
    rows = list(csv.DictReader(io.StringIO(days), delimiter=";"))
    assert len(rows) == GARDENS * DAYS
    assert all("simuliert" in row["Garten"] for row in rows)
    assert any(float((row["Bodenfeuchte (m³/m³)"] or "0").replace(",", ".")) > 0.05 for row in rows)
    assert "Simulierte Gärten, keine Daten" in start
    capsys.readouterr()


def test_without_a_sample_dates_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", "--from", "2026-06-01"]) == 3
    assert "--to" in capsys.readouterr().err
