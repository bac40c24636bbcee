"""`sera doctor` beside a running `sera up`: all answers, and what is killed or strange is named."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from installation_parts import PLACE, running, sera
from real_parts import Mosquitto, wait_until
from sera_command.errors import ExitCode
from sera_command.health.check import State
from sera_command.health.examination import examine, examined

if TYPE_CHECKING:
    from pathlib import Path


def states(data: Path, settings: Path | None = None) -> dict[str, State]:
    return {check.name: check.state for check in examine(examined(data, time.time(), settings), quick=True)}


@pytest.mark.slow
@pytest.mark.nats
@pytest.mark.usefixtures("new_nats")
def test_what_runs_is_well_and_what_was_killed_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    sera("community", "new", "oak", "--data", data)
    sera("garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", data)
    with running(data, tmp_path / "ready.json") as (process, facts):
        well = sera("doctor", "--quick", "--json", "--data", data)
        assert well.returncode == ExitCode.DONE, well.stdout
        report = json.loads(well.stdout)
        answers = {check["name"]: check["finding"] for check in report["checks"]}
        assert "its certificate is good" in answers["broker"]
        assert answers["pages"].startswith(facts["page"].rstrip("/"))
        os.kill(facts["broker_pid"], signal.SIGSTOP)
        try:
            assert states(data)["broker"] is State.FAIL
        finally:
            os.kill(facts["broker_pid"], signal.SIGCONT)
        wait_until(lambda: states(data)["broker"] is State.OK, 30, "the broker")
        process.kill()
        process.wait(30)
        assert states(data)["processes"] is State.FAIL
    # What a killed `sera up` left runs on; the next one ends it.
    with running(data, tmp_path / "ready.json"):
        assert states(data)["processes"] is State.OK


@pytest.mark.nats
@pytest.mark.usefixtures("new_nats")
def test_a_broker_that_shows_the_certificate_of_another_installation_fails(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        sera("community", "new", "oak", "--data", folder)
    with running(theirs, tmp_path / "ready.json"):
        settings = (theirs / "gateway.toml").read_text()
        (ours / "gateway.toml").write_text(settings.replace("theirs/authority", "ours/authority"))
        assert states(ours)["broker"] is State.FAIL


@pytest.mark.mosquitto
def test_a_broker_of_ones_own_is_asked_by_the_settings_of_its_gateway(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    data, settings = tmp_path / "data", tmp_path / "gateway.toml"
    sera("community", "new", "oak", "--data", data)
    settings.write_text(f'[broker]\nurl = "{mosquitto.url}"\n[data]\nfolder = "{data}"\n')
    assert states(data, settings)["broker"] is State.OK
    report = sera("doctor", "--config", settings, "--quick", "--json")
    assert json.loads(report.stdout)["failed"] == ["processes"]
    mosquitto.stop()
    assert states(data, settings)["broker"] is State.WARN
