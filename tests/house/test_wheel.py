"""The wheel, installed in an environment of its own far from the tree, is the whole product."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import pytest

from brokers.time_server import TimeServer, answer
from firmware.usb.board import UsbBoard
from installation_parts import PLACE
from real_parts import free_port, wait_until
from sera_command.errors import ExitCode
from sera_command.main import VERBS
from tree import ROOT, committed_files, package_folders, text_of

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(600)]

NODES = 3
LOCKS = ROOT / "deploy" / "locks"
UV = shutil.which("uv", path=Path(sys.executable).parent)
# One process for all verbs: to start one for each takes longer than what they load.
VERBS_THAT_FAIL = """
import sys
from sera_command.main import main
sys.exit(" ".join(verb for verb in sys.argv[1:] if main([verb, "--help"])) or 0)
"""


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
    return environment(tmp_path_factory.mktemp("clean"), wheel, "runtime")


@pytest.fixture(scope="module")
def demo_only(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with what `make demo` installs."""
    return environment(tmp_path_factory.mktemp("demo-only"), wheel, "demo")


@pytest.fixture(scope="module")
def flashing(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the extra `flash`, in the versions that are locked for the tests."""
    folder = tmp_path_factory.mktemp("flashing")
    programs = environment(folder, wheel, "runtime")
    locked = re.findall(r"^[\w.-]+==[^ ;]+", text_of(LOCKS / "development.txt"), re.MULTILINE)
    versions = folder / "versions.txt"
    # Of numpy and scipy there is one for each age of Python.
    versions.write_text("\n".join(line for line in locked if line.startswith("mp")) + "\n", encoding="utf-8")
    install(programs / "python", "--constraint", versions, f"sera-gardens[flash] @ {wheel.as_uri()}")
    return programs


def environment(folder: Path, wheel: Path, lock: str) -> Path:
    """Make an environment with a list of locked packages and the wheel; return its programs' folder."""
    # To unpack pip takes longer than all that uv installs.
    venv.create(folder, with_pip=UV is None)
    python = folder / "bin" / "python"
    install(python, "--require-hashes", "--requirement", LOCKS / f"{lock}.txt")
    install(python, "--no-deps", wheel)
    return python.parent


def install(python: Path, *packages: str | Path) -> None:
    """Install with uv where it is, since it keeps unpacked wheels, else with pip."""
    if UV:
        finished(UV, "pip", "install", "--quiet", "--python", python, *packages)
    else:
        finished(python, "-m", "pip", "install", "--quiet", *packages)


def finished(*command: str | Path) -> str:
    """Run a program to its end and return what it printed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sera(clean: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `sera` with an empty environment, an empty home and a working folder outside the tree."""
    return subprocess.run(
        (clean / "sera", *words),
        cwd=folder,
        env=bare(clean, folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def bare(programs: Path, folder: Path) -> dict[str, str]:
    """An environment of variables that knows an environment's programs and nothing of the tree."""
    return {"PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(folder), "LANG": "C.UTF-8"}


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


def test_every_verb_loads_from_the_wheel(clean: Path, tmp_path: Path) -> None:
    output = subprocess.run(
        (clean / "python", "-I", "-c", VERBS_THAT_FAIL, *VERBS),
        cwd=tmp_path,
        env=bare(clean, tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (output.returncode, output.stderr) == (0, "")
    assert [verb for verb in VERBS if f"Usage: sera {verb} " not in output.stdout] == []


def test_the_doctor_finds_the_demo_ready_without_any_other_part(clean: Path, tmp_path: Path) -> None:
    output = sera(clean, tmp_path, "doctor", "--json")
    assert output.returncode == 0, output.stdout + output.stderr
    findings = json.loads(output.stdout)
    assert findings["ready"]["demo"] is True
    [broker] = [finding for finding in findings["parts"] if finding["name"] == "nats-server"]
    assert Path(broker["path"]).parent == clean


@pytest.mark.parametrize("programs", ["clean", "demo_only"])
def test_the_demo_closes_its_accounts_and_what_it_asks_next_works(
    programs: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    clean = request.getfixturevalue(programs)
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
    data = str(tmp_path / "out" / "data")
    for words in (("figures", "kiln-lane"), ("deadletters", "list"), ("completeness",)):
        output = sera(clean, tmp_path, *words, "--data", data)
        assert output.returncode == 0, (words, output.stdout + output.stderr)
    listed = sera(clean, tmp_path, "figures", "kiln-lane", "--json", "--data", data)
    key = json.loads(listed.stdout)[0]["name"]
    assert sera(clean, tmp_path, "explain", key, "--data", data).returncode == 0


def test_what_the_demo_needs_is_not_enough_for_an_installation_and_that_is_said(
    demo_only: Path, tmp_path: Path
) -> None:
    output = sera(demo_only, tmp_path, "up", "--page-port", "0")
    assert output.returncode == ExitCode.PART_MISSING, output.stdout + output.stderr
    assert "paho-mqtt" in output.stderr
    assert "make environment" in output.stderr
    assert not (tmp_path / "sera-data").exists()


@pytest.mark.micropython
def test_a_board_is_flashed_from_the_wheel_alone(flashing: Path, tmp_path: Path, micropython: Path) -> None:
    def run(*words: str) -> str:
        output = sera(flashing, tmp_path, *words)
        assert output.returncode == 0, (words, output.stdout + output.stderr)
        return output.stdout + output.stderr

    run("community", "new", "oak")
    run("garden", "new", "elm-yard", "--community", "oak", *PLACE)
    ready = tmp_path / "ready.json"
    words = ["up", "--port", str(free_port()), "--page-port", "0", "--ready-file", str(ready)]
    with (
        TimeServer(lambda request: answer(request, int(time.time()))) as clock,
        UsbBoard(micropython, tmp_path / "board", {"ssid": "Oak", "password": "", "seen": []}) as board,
        subprocess.Popen((flashing / "sera", *words), cwd=tmp_path, env=bare(flashing, tmp_path)) as up,
    ):
        try:
            wait_until(lambda: ready.exists() or up.poll() is not None, label="sera up")
            password = tmp_path / "password"
            password.write_text("", encoding="utf-8")
            node = ["node", "new", "elm-1", "--garden", "elm-yard", "--board", "pico_w"]
            shell = ["sh", "-c", 'exec "$@" 3<password', "sh", str(flashing / "sera"), *node]
            options = ["--sensor", "capacitive:26", "--wifi", "Oak", "--wifi-password-fd", "3"]
            subprocess.run([*shell, *options], cwd=tmp_path, env=bare(flashing, tmp_path), check=True)
            config = tmp_path / "sera-data" / "boards" / "elm-1" / "config.json"
            servers = {"time_servers": [list(clock.address)]}
            config.write_text(json.dumps({**json.loads(config.read_bytes()), **servers}), encoding="utf-8")
            output = run("node", "flash", "elm-1", "--port", board.port)
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(120)
    assert "soil_moisture_raw@1: 30000" in output
    assert not list((tmp_path / "sera-data").rglob("node_key.der"))
