"""Units and compose file: systemd finds nothing wrong, nothing runs as root, and `sera up` bears it."""

from __future__ import annotations

import configparser
import ctypes
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from real_parts import free_port
from sera_command.main import VERBS, load
from tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
TIMERS = sorted(UNITS.glob("*.timer"))
CONTAINER = ROOT / "deploy" / "container"
PROGRAM = "/opt/sera/bin/sera"
# The score of `systemd-analyze security`, from 0 (nothing to attack) to 10; without hardening it is 9.6.
EXPOSURE_MOST = {"sera.service": 1.5, "sera-doctor.service": 1.5}
EXPOSURE_WITHOUT_NETWORK = 0.6
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65

analysed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


class Unit(configparser.ConfigParser):
    """A unit file, of whose repeated keys the last one counts here."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def read(path: Path) -> Unit:
    unit = Unit(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit


@analysed
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for path in (*SERVICES, *TIMERS):
        text = path.read_text(encoding="utf-8").replace(PROGRAM, sys.executable)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@analysed
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_systemd_counts_little_that_can_be_attacked(path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a file")
    score = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert score is not None, done.stdout + done.stderr
    assert float(score[1]) <= EXPOSURE_MOST.get(path.name, EXPOSURE_WITHOUT_NETWORK)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_no_unit_runs_as_root_and_each_calls_a_verb_as_it_is(path: Path) -> None:
    service = read(path)["Service"]
    assert service["User"] == service["Group"] == "sera"
    program, verb, *words = shlex.split(service["ExecStart"])
    assert program == PROGRAM
    assert verb in VERBS
    command = load(verb)
    if VERBS[verb].group:
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.name)
def test_each_timer_starts_a_service_that_is_there_and_makes_up_for_what_it_missed(path: Path) -> None:
    assert path.with_suffix(".service") in SERVICES
    assert read(path)["Timer"]["Persistent"] == "yes"


@analysed
@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.name)
def test_the_times_of_timers_come(path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "calendar", read(path)["Timer"]["OnCalendar"]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Next elapse" in done.stdout


def _harden() -> None:
    """What the unit asks of the kernel and a process can ask for itself; before the program starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(PR_SET_MDWE, 1, 0, 0, 0) == 0
    os.umask(0o077)


def _can_deny_write_execute() -> bool:
    return sys.platform == "linux" and tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 3)


@pytest.mark.slow
@pytest.mark.nats
@pytest.mark.usefixtures("new_nats")
@pytest.mark.skipif(not _can_deny_write_execute(), reason="this kernel cannot deny writable code")
def test_broker_gateway_pages_and_doctor_run_where_no_memory_is_both_writable_and_code(
    tmp_path: Path,
) -> None:
    data, ready = tmp_path / "data", tmp_path / "ready.json"
    up = ["up", "--once", "--data", str(data), "--port", str(free_port()), "--page-port", "0"]
    for words in (["community", "new", "oak", "--data", str(data)], [*up, "--ready-file", str(ready)]):
        done = subprocess.run(
            [sys.executable, "-m", "sera_command", *words],
            preexec_fn=_harden,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert json.loads(ready.read_text())["pages_pid"]


def test_the_image_has_no_root_and_asks_the_doctor() -> None:
    lines = (CONTAINER / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    last = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line and not line.startswith("#")}
    assert last["USER"] == "10001:10001"
    health = json.loads(last["HEALTHCHECK"].split("CMD", 1)[1])
    assert health == ["sera", "doctor", "--quick", "--data", "/data"]
    assert json.loads(last["CMD"])[0] in VERBS
    assert all("--require-hashes" in line for line in lines if "pip install" in line and " -r " in line)


def test_the_image_is_built_from_all_packages_and_from_nothing_private() -> None:
    listed = (CONTAINER / "Containerfile.dockerignore").read_text(encoding="utf-8").split()
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    rooms = {package.split("/")[0] for package in wheel["targets"]["wheel"]["packages"]}
    assert listed[0] == "**"
    assert {f"!{room}" for room in rooms} <= set(listed)
    assert {line.lstrip("!") for line in listed if line.startswith("!")} - rooms == {
        "LICENSE", "LICENSE-docs", "README.md", "deploy/locks", "pyproject.toml"
    }  # fmt: skip


def test_the_container_has_no_rights_that_it_does_not_need() -> None:
    text = (CONTAINER / "compose.yaml").read_text(encoding="utf-8")
    for line in (
        'user: "10001:10001"',
        "read_only: true",
        "cap_drop: [ALL]",
        'security_opt: ["no-new-privileges:true"]',
    ):
        assert f"\n    {line}\n" in text
    assert "privileged" not in text.replace("no-new-privileges", "")
    assert "docker.sock" not in text


# Version 1 knows no project name in the file.
_TOO_OLD = "1."


def _reader() -> list[str] | None:
    """A program that reads the Compose specification; `docker` without its plugin and version 1 do not."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(words[0]):
            done = subprocess.run(
                [*words, "version", "--short"], capture_output=True, text=True, timeout=120, check=False
            )
            if done.returncode == 0 and not done.stdout.startswith(_TOO_OLD):
                return words
    return None


def test_compose_reads_the_file() -> None:
    words = _reader()
    if words is None:
        pytest.skip("no program that reads compose files is here")
    done = subprocess.run(
        [*words, "-f", str(CONTAINER / "compose.yaml"), "config"],
        env={**os.environ, "SERA_HOST": "192.168.1.20"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "192.168.1.20" in done.stdout
