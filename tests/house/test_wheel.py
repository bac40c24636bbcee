"""The wheel, installed in an environment of its own far from the tree, is the whole product."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from sera_command.main import VERBS
from tree import ROOT, committed_files, package_folders

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(600)]

NODES = 3


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        folder,
        ROOT,
    )
    finished(sys.executable, *build)
    [built] = folder.glob("sera_gardens-*.whl")
    return built


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of an environment with the locked dependencies and the wheel, nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install(python, "--require-hashes", "--requirement", ROOT / "deploy" / "locks" / "runtime.txt")
    install(python, "--no-deps", wheel)
    return python.parent


def install(python: Path, *what: str | Path) -> None:
    """Install with uv where it is, since it keeps unpacked wheels, else with pip."""
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    if uv:
        finished(uv, "pip", "install", "--quiet", "--python", python, *what)
    else:
        finished(python, "-m", "pip", "install", "--quiet", *what)


def finished(*command: str | Path) -> str:
    """Run a program to its end and return what it printed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sera(clean: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `sera` with an empty environment, an empty home and a working folder outside the tree."""
    environ = {"PATH": f"{clean}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    return subprocess.run(
        (clean / "sera", *words),
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_every_committed_file_of_every_package(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        str(path.relative_to(folder.parent))
        for folder in package_folders()
        for path in committed_files()
        if path.is_relative_to(folder)
    }
    assert expected - packed == set()
    assert {f"{folder.name}/py.typed" for folder in package_folders()} <= packed


def test_the_wheel_holds_nothing_else_but_its_licenses(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    packages = {folder.name for folder in package_folders()}
    rest = [name for name in packed if name.split("/")[0] not in packages and ".dist-info/" not in name]
    assert rest == []
    assert {name.rpartition("/")[2] for name in packed if "/licenses/" in name} == {"LICENSE", "LICENSE-docs"}


def test_help_names_every_verb(clean: Path, tmp_path: Path) -> None:
    output = sera(clean, tmp_path, "--help")
    assert output.returncode == 0, output.stderr
    assert [verb for verb in VERBS if f"  {verb} " not in output.stdout] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_loads_from_the_wheel(verb: str, clean: Path, tmp_path: Path) -> None:
    output = sera(clean, tmp_path, verb, "--help")
    assert output.returncode == 0, output.stderr


def test_the_doctor_finds_the_demo_ready_without_any_other_part(clean: Path, tmp_path: Path) -> None:
    output = sera(clean, tmp_path, "doctor", "--json")
    assert output.returncode == 0, output.stdout + output.stderr
    findings = json.loads(output.stdout)
    assert findings["ready"]["demo"] is True
    [broker] = [finding for finding in findings["parts"] if finding["name"] == "nats-server"]
    assert Path(broker["path"]).parent == clean


@pytest.mark.skipif("demo" not in VERBS, reason="`sera demo` is not there yet")
def test_the_demo_closes_its_accounts(clean: Path, tmp_path: Path) -> None:
    words = (
        "demo",
        "--days",
        "1",
        "--nodes",
        str(NODES),
        "--no-serve",
        "--json",
        "--out",
        str(tmp_path / "out"),
    )
    output = sera(clean, tmp_path, *words)
    assert output.returncode == 0, output.stdout + output.stderr
    accounts = json.loads(output.stdout)
    assert accounts["made"] == accounts["stored"] + accounts["undated"] + accounts["dead_lettered"] > 0
    assert (accounts["missing"], accounts["lost"], accounts["duplicated"]) == (0, 0, 0)
    assert accounts["nodes"] == NODES
    assert [path for path in accounts["files"].values() if not (tmp_path / path).exists()] == []
