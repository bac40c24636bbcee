"""Where real parts are looked for, and what the installer says without what it needs."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sera_command.errors import ExitCode, PartMissingError, PartUnusableError, exit_code
from sera_command.installation import parts

ROOT = Path(__file__).resolve().parents[3]
INSTALLER = ROOT / "deploy" / "parts" / "install.py"

MICROPYTHON_NEEDS = """
import asyncio, gc, sys, tls, vfs
class Flash:
    def __init__(self): self.bytes = bytearray(64 * 512)
    def readblocks(self, block, into, offset=0):
        start = block * 512 + offset
        into[:] = self.bytes[start:start + len(into)]
    def writeblocks(self, block, what, offset=0):
        start = block * 512 + offset
        self.bytes[start:start + len(what)] = what
    def ioctl(self, operation, argument): return {4: 64, 5: 512}.get(operation, 0)
flash = Flash()
vfs.VfsLfs2.mkfs(flash)
vfs.mount(flash, '/flash')
with open('/flash/a', 'w') as file: file.write('kept')
async def soon():
    await asyncio.sleep_ms(1)
    return open('/flash/a').read()
print(asyncio.run(soon()), tls.SSLContext(tls.PROTOCOL_TLS_CLIENT) is not None, gc.mem_free() < 196 * 1024)
"""


def program(path: Path, says: str) -> Path:
    """A program that prints one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that has nothing."""
    return {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_a_machine_with_nothing_has_no_influxd(machine: dict[str, str]) -> None:
    assert parts.find("influxd", machine) is None


def test_the_cache_is_looked_into_last(machine: dict[str, str], tmp_path: Path) -> None:
    cached = program(tmp_path / "cache" / "sera" / parts.PARTS["influxd"].cached, "InfluxDB v2.9.1")
    match = parts.find("influxd", machine)
    assert match == parts.InstalledPart(parts.PARTS["influxd"], cached, "cache")
    assert match.version == "2.9.1"
    on_path = program(tmp_path / "bin" / "influxd", "InfluxDB v2.7.0")
    assert parts.find("influxd", machine) == parts.InstalledPart(parts.PARTS["influxd"], on_path, "PATH")


def test_the_environment_comes_first(machine: dict[str, str], tmp_path: Path) -> None:
    program(tmp_path / "bin" / "influxd", "InfluxDB v2.7.0")
    program_path = program(tmp_path / "mine", "InfluxDB v2.8.0")
    match = parts.find("influxd", machine | {"SERA_INFLUXD": str(program_path)})
    assert match == parts.InstalledPart(parts.PARTS["influxd"], program_path, "environment")


def test_a_program_of_another_version_on_the_path_is_passed_over(
    machine: dict[str, str], tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "influxd", "InfluxDB v1.8.10")
    assert parts.find("influxd", machine) is None


def test_micropython_of_another_width_than_the_boards_is_passed_over(
    machine: dict[str, str], tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "micropython", "3.4.0; MicroPython v1.25.0 on x bits 64")
    assert parts.find("micropython", machine) is None
    program(tmp_path / "bin2" / "micropython", "3.4.0; MicroPython v1.25.0 on x bits 32")
    assert parts.find("micropython", machine | {"PATH": str(tmp_path / "bin2")})


def test_none_in_a_variable_means_to_do_without(machine: dict[str, str], tmp_path: Path) -> None:
    program(tmp_path / "bin" / "influxd", "InfluxDB v2.7.0")
    assert parts.find("influxd", machine | {"SERA_INFLUXD": "none"}) is None


def test_a_variable_that_names_no_program_is_an_error_that_names_both(machine: dict[str, str]) -> None:
    with pytest.raises(PartUnusableError, match=r"SERA_INFLUXD.*/no/such/thing") as refused:
        parts.find("influxd", machine | {"SERA_INFLUXD": "/no/such/thing"})
    assert exit_code(refused.value) is ExitCode.PART_MISSING


def test_a_missing_part_says_how_to_get_it(machine: dict[str, str]) -> None:
    with pytest.raises(PartMissingError, match=r"influxd.*install\.py influxd.*SERA_INFLUXD"):
        parts.require("influxd", machine)


def test_nats_server_is_found_beside_the_interpreter(machine: dict[str, str]) -> None:
    assert parts.require("nats-server", machine).parent == Path(sys.executable).parent


def run_installer(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the installer as on a machine where nothing is installed for this Python."""
    return subprocess.run(
        (sys.executable, "-S", "-E", INSTALLER, *words),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_installer_has_a_recipe_for_each_part_and_listing_changes_nothing(
    machine: dict[str, str], tmp_path: Path
) -> None:
    listed = run_installer(machine, "--list")
    assert listed.returncode == 0, listed.stderr
    assert {line.split()[0] for line in listed.stdout.splitlines()} == parts.PARTS.keys()
    assert not (tmp_path / "cache").exists()


def test_the_installer_says_what_a_recipe_lacks_and_goes_on_to_the_next(machine: dict[str, str]) -> None:
    run = run_installer(machine, "influxd", "micropython")
    assert run.returncode == 1
    assert "building InfluxDB needs go, cargo, cc" in run.stderr
    assert "micropython: not set up. this machine has no apt-get" in run.stderr


def test_the_installer_refuses_a_part_that_it_does_not_know(machine: dict[str, str]) -> None:
    refused = run_installer(machine, "grafana")
    assert refused.returncode == 2
    assert "no such part: grafana" in refused.stderr


def test_the_installer_leaves_a_part_that_is_here_alone(machine: dict[str, str], tmp_path: Path) -> None:
    program(tmp_path / "bin" / "influxd", "InfluxDB v2.7.0")
    done = run_installer(machine, "influxd")
    assert (done.returncode, "2.7.0 is here" in done.stderr) == (0, True)


def test_two_installers_do_not_set_up_one_part_at_once(machine: dict[str, str], tmp_path: Path) -> None:
    lock = tmp_path / "cache" / "sera" / ".influxd.lock"
    lock.parent.mkdir(parents=True)
    words = (sys.executable, "-S", "-E", INSTALLER, "influxd")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with subprocess.Popen(words, env=machine, stderr=subprocess.PIPE, text=True) as other:
            assert other.stderr is not None
            assert other.stderr.readline() == "influxd: another process sets it up; waiting for it\n"
            program(tmp_path / "cache" / "sera" / parts.PARTS["influxd"].cached, "InfluxDB v2.9.1")
            fcntl.flock(file, fcntl.LOCK_UN)
            assert "influxd: 2.9.1 is here" in other.stderr.read()
    assert other.returncode == 0


def test_a_cache_that_cannot_be_made_is_said(machine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    run = run_installer(machine, "influxd")
    assert (run.returncode, "influxd: not set up. " in run.stderr) == (1, True)
    assert "Traceback" not in run.stderr


def test_micropython_has_what_the_firmware_stands_on(micropython: Path, tmp_path: Path) -> None:
    script = tmp_path / "needs.py"
    script.write_text(MICROPYTHON_NEEDS)
    done = subprocess.run(
        (micropython, "-X", "heapsize=196K", script),
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["kept", "True", "True"], done.stderr
