"""Devices with user and password at the second broker of `sera up --devices`."""

from __future__ import annotations

import json
import os
import signal
import stat
from typing import TYPE_CHECKING

import pytest

from brokers.password_device import device
from installation_parts import PLACE, running, sera
from real_parts import LOOPBACK, free_port, wait_until
from sera_command.installation.installation import Installation
from sera_command.main import main
from sera_gateway.journal.journal import JournalReader

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for words in (
        ["community", "new", "oak"],
        ["garden", "new", "elm-yard", "--community", "oak", *PLACE],
        ["mapping", "add", "theengs", "--at", "devices/{node}/BTtoMQTT"],
        ["node", "new", "bed-1", "--garden", "elm-yard", "--mapping", "theengs"],
        ["node", "new", "bed-2", "--garden", "elm-yard", "--mapping", "theengs"],
    ):
        assert main([*words, "--data", str(folder)]) == 0
    return folder


def password_of(data: Path, *words: str) -> str:
    answer = sera("device", *words, "--data", data, "--json")
    assert answer.returncode == 0, answer.stderr
    return str(json.loads(answer.stdout)["password"])


def temperatures(data: Path) -> set[tuple[str, float | None]]:
    with Installation(data).store() as store:
        rows = store.records.current(series="air", start_s=0, end_s=2**40)
        return {(row.record.node, row.record.values[0]) for row in rows}


def journaled(data: Path) -> list[str]:
    with JournalReader(data / "journal") as journal:
        return [entry.topic for entry in journal.read(0, 10_000)]


def test_a_device_is_heard_by_its_password_and_stands_in_nobodys_place(data: Path, tmp_path: Path) -> None:
    port = free_port()
    listening = ("--devices", LOOPBACK, "--devices-port", str(port))
    first, second = password_of(data, "new", "bed-1"), password_of(data, "new", "bed-2")
    with running(data, tmp_path / "ready.json", *listening):
        with device(port, "bed-1", first) as bed, device(port, "bed-2", second) as other:
            bed.publish("bed-1/BTtoMQTT", b'{"tempc":14.5}')
            wait_until(lambda: temperatures(data) == {("bed-1", 14.5)}, label="a reading")
            # What others own is neither written nor read; nothing of `sera/` exists.
            assert not bed.subscribe("bed-2/#")
            assert not bed.subscribe("#")
            assert bed.subscribe("bed-1/commands/#")
            for topic in ("bed-2/BTtoMQTT", "sera/v1/oak/bed-1/data", "bed-10/BTtoMQTT", "elsewhere"):
                bed.publish(topic, b'{"tempc":99.5}')
            other.publish("bed-2/BTtoMQTT", b'{"tempc":15.5}')
            wait_until(lambda: len(temperatures(data)) == 2, label="the other's reading")
            assert other.received == []
        for name, password in (("bed-1", second), ("bed-1", ""), ("nobody", first), ("gateway-1", "x")):
            with device(port, name, password) as stranger:
                assert not stranger.is_connected
    assert temperatures(data) == {("bed-1", 14.5), ("bed-2", 15.5)}
    assert sorted(journaled(data)) == ["devices/bed-1/BTtoMQTT", "devices/bed-2/BTtoMQTT"]
    text = "".join(
        path.read_text(errors="replace") for path in data.rglob("*") if path.suffix in (".conf", ".json")
    )
    assert first not in text
    assert second not in text
    for name in ("devices.json", "credentials/devices.password", "device-broker/rights.conf"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600


def test_a_password_is_changed_and_a_device_revoked_while_all_runs(data: Path, tmp_path: Path) -> None:
    port = free_port()
    old = password_of(data, "new", "bed-1")
    with running(data, tmp_path / "ready.json", "--devices", LOOPBACK, "--devices-port", str(port)):
        with device(port, "bed-1", old) as bed:
            assert bed.is_connected
            new = password_of(data, "rotate", "bed-1")
            bed.wait(lambda: bed.ended > 0)
        with device(port, "bed-1", old) as bed:
            assert not bed.is_connected
        with device(port, "bed-1", new) as bed:
            bed.publish("bed-1/BTtoMQTT", b'{"tempc":11.5}')
            wait_until(lambda: temperatures(data) == {("bed-1", 11.5)}, label="a reading")
            assert main(["device", "revoke", "bed-1", "--data", str(data)]) == 0
            bed.wait(lambda: bed.ended > 0)
        with device(port, "bed-1", new) as bed:
            assert not bed.is_connected
        # One that is entered while it runs gets in at once, below the topic that it cannot change.
        fixed = password_of(data, "new", "kiosk", "--prefix", "tele/bed-2")
        with device(port, "kiosk", fixed) as kiosk:
            kiosk.publish("tele/bed-2/x", b'{"tempc":7}')
            wait_until(lambda: "devices/tele/bed-2/x" in journaled(data), label="the message")


def test_what_waits_while_the_gateway_is_away_comes_after_a_kill_and_once(data: Path, tmp_path: Path) -> None:
    port = free_port()
    password = password_of(data, "new", "bed-1")
    listening = ("--devices", LOOPBACK, "--devices-port", str(port))
    with (
        running(data, tmp_path / "ready.json", *listening) as (_, facts),
        device(port, "bed-1", password) as bed,
    ):
        bed.publish("bed-1/BTtoMQTT", b'{"tempc":1}')
        wait_until(lambda: temperatures(data) == {("bed-1", 1.0)}, label="the first reading")
        os.kill(facts["gateway_pid"], signal.SIGKILL)
        for degrees in range(2, 12):
            bed.publish("bed-1/BTtoMQTT", json.dumps({"tempc": degrees}).encode())
        expected = {("bed-1", float(degrees)) for degrees in range(1, 12)}
        wait_until(lambda: temperatures(data) == expected, label="all readings")
    # Also after a start of all parts: the gateway has another password then, and the same session.
    with running(data, tmp_path / "ready.json", *listening), device(port, "bed-1", password) as bed:
        bed.publish("bed-1/BTtoMQTT", b'{"tempc":30}')
        wait_until(lambda: ("bed-1", 30.0) in temperatures(data), label="a reading after the start")
    assert len(journaled(data)) == 12


def test_with_tls_the_password_is_not_readable_on_the_way(data: Path, tmp_path: Path) -> None:
    port = free_port()
    password = password_of(data, "new", "bed-1")
    listening = ("--devices", LOOPBACK, "--devices-port", str(port), "--devices-tls")
    with running(data, tmp_path / "ready.json", *listening):
        trust = str(Installation(data).authority.trust)
        with device(port, "bed-1", password, trust=trust) as bed:
            bed.publish("bed-1/BTtoMQTT", b'{"tempc":14.5}')
            wait_until(lambda: temperatures(data) == {("bed-1", 14.5)}, label="a reading")
    assert sera("device", "new", "bed-9", "--data", data).stdout.splitlines()[-1] == (
        f"broker    mqtts://127.0.0.1:{port}"
    )
