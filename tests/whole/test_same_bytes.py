"""The same data give the same bytes elsewhere: another time zone, language, order of hashes, rights."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from analysis_world import World
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
DATES = ("--from", "2026-06-01", "--to", "2026-06-02")
HERE = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}
ELSEWHERE = {"TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4711"}
OUTPUTS = {
    "pack.zip": ("pack", *DATES, "--language", "ar", "--kind", "assembly", "--readings"),
    "archive.zip": ("archive", "build", *DATES),
    "package.zip": ("archive", "build", *DATES, "--form", "dwc-dp"),
    "cube.csv": ("archive", "build", *DATES, "--form", "cube"),
    "gardens.geojson": ("export", "geojson"),
    "readings.senml.json": ("export", "senml"),
    "things.json": ("export", "sensorthings"),
    "readings.csv": ("export", "raw"),
    "gardens.db": ("export", "sqlite"),
    "mural.svg": ("mural",),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two gardens with cameras and soil; nobody counts, since pseudonyms are drawn again for each output."""
    folder = tmp_path_factory.mktemp("data")
    with Store.open(folder / "store") as store:
        world = World(store, days=2)
        for garden in ("elm-yard", "ivy-yard"):
            world.garden(garden)
            world.node(garden, f"{garden}-1", "camera", target_flower="ivy")
            world.camera(garden, f"{garden}-1", lambda time_s: {"bumblebees": float(time_s % 3_600 == 0)})
            world.air(garden, f"{garden}-1", temperature=17.5)
    return folder


def outputs(data: Path, folder: Path, environment: dict[str, str], umask: int) -> dict[str, bytes]:
    """Make every output in processes of their own, and in another working folder."""
    folder.mkdir()
    for name, words in OUTPUTS.items():
        subprocess.run(
            [sys.executable, "-m", "sera_command", *words, "--data", str(data), "--out", name],
            check=True,
            capture_output=True,
            cwd=folder,
            env={**os.environ, **environment},
            umask=umask,
        )
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def test_an_output_is_the_same_under_any_time_zone_language_order_and_rights(
    data: Path, tmp_path: Path
) -> None:
    pytest.importorskip("typst")
    first = outputs(data, tmp_path / "here", HERE, 0o022)
    second = outputs(data, tmp_path / "elsewhere", ELSEWHERE, 0o077)
    assert [name for name in OUTPUTS if first[name] != second[name]] == []
