"""The largest message that a node takes, in every field of every channel down: none costs it a contact.

Each lies retained while the node makes a contact; the next ones have to carry whatever it made of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from firmware.node_process import cpython
from firmware.node_runs import contacts, full_have
from firmware.stand_in_broker import StandInBroker
from sera_firmware.packets import _RECEIVED_BYTES
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Its settings are refused, so that no message is the version in force, which is passed over.
GOOD: dict[str, dict[str, Any]] = {
    topics.CONFIG: {"v": 1, "g": "", "version": 3, "settings": {"interval_s": 1}},
    topics.HAVE: {"v": 1, "g": "", "e": "00000000", "next": 1, "top": 1},
    topics.UPDATE: {"v": 1, "version": "0.2.0", "url": "x", "sha256": "x", "signature": "x"},
    topics.PROBES: {"v": 1, "p": "a1b2c3d4", "probes": [[1, "ds18b20", "28ff"]]},
}
# What a field may be filled with, as it stands in JSON: a quoted one as text, the others as they are.
FILLINGS = (
    '"a"', '"é"', '"\\u00e9"', '"\\\\"', '"\\""', '"\\u0001"', '"\\ud83d"', '"\U0001f41d"', "9", "[", '{"a":',
    "-1,",
)  # fmt: skip
SETTINGS = ("interval_s", "contact_every_s", "health_every", "sync_every_s", "budget_s", "config", "node")
HOLE = "@"


def largest(channel: str, text: str, filling: str) -> bytes:
    """A message with so much of a filling in its hole that the packet is just one that the node takes."""
    before, _, after = text.partition(f'"{HOLE}"')
    if filling.startswith('"'):
        before, filling, after = before + '"', filling[1:-1], '"' + after
    # Fixed header of three bytes, length of the topic, number.
    packet_bytes = 3 + 2 + len(topics.topic("elm", "elm-a1", channel)) + 2 + len((before + after).encode())
    return (before + filling * ((_RECEIVED_BYTES - packet_bytes) // len(filling.encode())) + after).encode()


def templates() -> Iterator[tuple[str, str]]:
    """Every field of every channel once with a hole in it, and every name of a setting."""
    for channel, good in GOOD.items():
        for key in good:
            yield channel, json.dumps(good | {key: HOLE})
        yield channel, json.dumps(good | {HOLE: 1})
    for name in SETTINGS:
        yield topics.CONFIG, json.dumps(GOOD[topics.CONFIG] | {"settings": {name: HOLE}})
        yield topics.CONFIG, json.dumps(GOOD[topics.CONFIG] | {"settings": {name: [[HOLE]]}})
    yield topics.CONFIG, json.dumps(GOOD[topics.CONFIG] | {"settings": {HOLE: 900}})
    yield topics.CONFIG, json.dumps(GOOD[topics.CONFIG] | {"settings": {"interval_s": 900, HOLE: HOLE}})


MESSAGES = [
    (topics.topic("elm", "elm-a1", channel), largest(channel, text, filling))
    for channel, text in templates()
    for filling in FILLINGS
] + [
    (topics.topic("elm", "elm-a1", topics.CONFIG), largest(topics.CONFIG, f'"{HOLE}"', '"a"')[:-1] + b"\xff")
]


def test_the_messages_are_as_large_as_a_node_takes() -> None:
    sizes = {len(payload) + len(topic) + 7 for topic, payload in MESSAGES}
    assert max(sizes) == _RECEIVED_BYTES
    assert min(sizes) > _RECEIVED_BYTES - 8


@pytest.fixture(params=["cpython", "micropython"])
def interpreter(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "cpython":
        return cpython()
    # What a Pico W has left where TLS runs.
    return [str(request.getfixturevalue("micropython")), "-X", "heapsize=160K"]


def test_no_largest_message_costs_a_contact(interpreter: list[str], tmp_path: Path) -> None:
    def greeting(broker: StandInBroker) -> list[tuple[str, bytes]]:
        place = len(broker.dialogues) - 1
        return MESSAGES[place : place + 1]

    with StandInBroker(greeting=greeting) as broker:
        reports = contacts(interpreter, tmp_path, broker.port, len(MESSAGES) + 2, wakes=1)
    assert [index for index, contact in enumerate(reports) if not contact["worked"]] == []
    full_have(broker, reports)
    statuses = [json.loads(status) for status in broker.statuses]
    assert len(statuses) == len(reports)
    refused = {status["refused"] for status in statuses if "refused" in status}
    assert any(text.startswith("version 3: config: interval_s: expected 10 to 86400, is") for text in refused)
    assert max(len(text) for text in refused) <= 80
    assert {status["config"] for status in statuses} == {0}
