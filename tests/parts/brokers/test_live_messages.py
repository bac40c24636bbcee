"""Listening to a broker that is not ours, for a table of what its devices say."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from brokers.device import publish
from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def talking(mosquitto: Any) -> Iterator[int]:
    """A broker on which a sensor whose name has a space and an umlaut speaks all the time."""
    silent = threading.Event()

    def talk() -> None:
        while not silent.wait(0.2):
            publish(mosquitto.port, [("zigbee2mqtt/Beet süd 3", b'{"soil_moisture":40,"temperature":18}')])

    thread = threading.Thread(target=talk)
    thread.start()
    yield mosquitto.port
    silent.set()
    thread.join()


def test_what_a_broker_says_is_shown_by_family(talking: int, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "mapping",
        "try",
        "--live",
        f"mqtt://127.0.0.1:{talking}",
        "--topic",
        "zigbee2mqtt/#",
        "--seconds",
        "2",
    ]
    assert main(words) == ExitCode.DONE
    output = capsys.readouterr().err
    assert "Beet süd 3" in output
    assert "soil_moisture_raw@1 40" in output
    assert "Read by zigbee2mqtt" in output


def test_a_broker_that_says_nothing_is_told(mosquitto: Any, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["mapping", "try", "--live", f"mqtt://127.0.0.1:{mosquitto.port}", "--seconds", "1"]
    assert main(words) == ExitCode.BAD_INPUT
    assert "nothing was heard on '#'" in capsys.readouterr().err
