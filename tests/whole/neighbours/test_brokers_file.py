"""`brokers.toml` is read again while `sera up` runs: what comes in, what goes out, and a mistake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from brokers.device import publish
from installation_parts import PLACE, running
from real_parts import wait_until
from sera_command.main import main
from sera_gateway.journal.journal import JournalReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from real_parts import Mosquitto

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats, pytest.mark.mosquitto]


def table(name: str, broker: Mosquitto) -> str:
    return f'[[brokers]]\nname = "{name}"\nurl = "{broker.url}"\nsubscribe = ["garden/+"]\n'


def test_a_broker_is_heard_as_soon_as_it_is_in_the_file(
    new_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    data, file = tmp_path / "data", tmp_path / "data" / "brokers.toml"
    home, city = new_mosquitto(), new_mosquitto()
    assert main(["community", "new", "oak", "--data", str(data)]) == 0
    assert main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(data)]) == 0

    def is_received(broker: Mosquitto, topic: str) -> bool:
        publish(broker.port, [(topic.partition("/")[2], b"1")])
        with JournalReader(data / "journal") as journal:
            return topic in {entry.topic for entry in journal.read(0, 10_000)}

    with running(data, tmp_path / "ready.json"):
        file.write_text(table("home", home))
        wait_until(lambda: is_received(home, "home/garden/a"), label="the first broker")
        file.write_text(table("home", home) + table("city", city))
        wait_until(lambda: is_received(city, "city/garden/b"), label="the second broker")
        log = data / "gateway.log"
        started = log.read_text().count('"ready"')
        file.write_text(table("home", home) + '[[brokers]]\nname = "devices"\n')
        assert is_received(home, "home/garden/a")
        # A mistake starts nothing again; a correction does, and takes out what is not there any more.
        file.write_text(table("town", city))
        wait_until(lambda: is_received(city, "town/garden/c"), label="the broker under its other name")
        wait_until(lambda: log.read_text().count('"ready"') > started, label="the gateway's second beginning")
    # Once it has ended, so that a third would be in its log too.
    assert log.read_text().count('"ready"') == started + 1
    events = [json.loads(line) for line in log.read_text().splitlines() if '"connected"' in line]
    assert {event.get("broker") for event in events} == {None, "home", "city", "town"}
