"""`sera doctor` beside a running `sera up`: all answers, and what is killed or strange is named."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest
from paho.mqtt import publish

from installation_parts import PLACE, running, sera
from real_parts import LOOPBACK, Mosquitto, wait_until
from sera_command.errors import ExitCode
from sera_command.health.check import State
from sera_command.health.examination import examine, examined
from sera_gateway.config import read_brokers
from sera_gateway.errors import SettingsError
from sera_gateway.journal.journal import JournalReader

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
        wait_until(lambda: states(data)["broker"] is State.OK, label="the broker")
        process.kill()
        process.wait(120)
        assert states(data)["processes"] is State.FAIL
    # What a killed `sera up` left runs on; the next one ends it.
    with running(data, tmp_path / "ready.json"):
        assert states(data)["processes"] is State.OK


@pytest.mark.nats
@pytest.mark.usefixtures("new_nats")
def test_a_broker_that_shows_the_certificate_of_another_installation_fails(tmp_path: Path) -> None:
    own_folder, other_folder = tmp_path / "ours", tmp_path / "theirs"
    for folder in (own_folder, other_folder):
        sera("community", "new", "oak", "--data", folder)
    with running(other_folder, tmp_path / "ready.json"):
        settings = (other_folder / "gateway.toml").read_text()
        (own_folder / "gateway.toml").write_text(settings.replace("theirs/authority", "ours/authority"))
        assert states(own_folder)["broker"] is State.FAIL


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


@pytest.mark.slow
@pytest.mark.nats
@pytest.mark.mosquitto
@pytest.mark.usefixtures("new_nats")
def test_sera_up_hears_a_broker_of_somebody_else_and_the_doctor_asks_it(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    sera("community", "new", "oak", "--data", data)
    sera("garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", data)
    (data / "home-password").write_text("whatever\n")
    (data / "brokers.toml").write_text(
        f'[[brokers]]\nname = "home"\nurl = "{mosquitto.url}"\nuser = "sera"\n'
        'password_file = "home-password"\nsubscribe = ["garden/+/obs"]\n'
    )

    def entries() -> list[str]:
        with JournalReader(data / "journal") as journal:
            return [entry.topic for entry in journal.read(0, 100)]

    def device_message_arrived() -> bool:
        publish.single("garden/bed-1/obs", b"{}", qos=1, hostname=LOOPBACK, port=mosquitto.port)
        return "home/garden/bed-1/obs" in entries()

    with running(data, tmp_path / "ready.json"):
        wait_until(device_message_arrived, label="the device's message")
        assert states(data)["broker home"] is State.OK
        mosquitto.stop()
        assert states(data)["broker home"] is State.WARN
        assert states(data)["broker"] is State.OK


def test_a_file_of_brokers_that_cannot_be_heard_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    sera("community", "new", "oak", "--data", data)
    for text, expected in (
        ("[broker]\n", "expected [[brokers]] and nothing else"),
        ('[[brokers]]\nname = "home"\nsubscribe = []\n', "subscribe is empty"),
    ):
        (data / "brokers.toml").write_text(text)
        with pytest.raises(SettingsError, match=re.escape(expected)):
            read_brokers(data / "brokers.toml")
