"""What nodes are told: rarely enough, again after a connection, and by one gateway alone."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from gateway_parts import COMMUNITY, EPOCH, Broker, Clock, Log
from sera_gateway.config import GatewayIdentity
from sera_gateway.mqtt import have
from sera_gateway.mqtt.have import HaveKeeper, have_message
from sera_store.records.keys import Extent

TOPIC = "sera/v1/avon/node-a/have"
EXTENT = Extent("node-a", EPOCH, COMMUNITY, next=4711, top=4720)


class Conversation:
    """A keeper between a clock and a broker that stand in for real ones."""

    def __init__(self, **identity: Any) -> None:
        self.clock, self.broker, self.log = Clock(1000.0), Broker(), Log()
        self.keeper = HaveKeeper(GatewayIdentity(**identity), self.clock, self.broker.publish, self.log)

    def nexts(self) -> list[int]:
        """What was published, by its `next`."""
        return [payload["next"] for _, payload in self.broker.published]


def test_a_node_is_told_what_is_here_under_its_own_topic() -> None:
    listener = Conversation()
    listener.keeper.note([EXTENT])
    assert listener.keeper.publish_due() == 1
    expected = {"v": 1, "g": "gateway-1", "e": EPOCH, "next": 4711, "top": 4720}
    assert listener.broker.published == [(TOPIC, expected)]


def test_a_node_is_told_at_most_once_in_an_interval_and_then_the_newest() -> None:
    listener = Conversation(have_interval_s=10.0)
    for step in range(101):
        listener.keeper.note([replace(EXTENT, next=5000 + step)])
        listener.keeper.publish_due()
        listener.clock.now_s += 0.25
    assert listener.nexts() == [5000, 5040, 5080]


def test_the_last_word_of_a_busy_interval_is_still_said() -> None:
    listener = Conversation(have_interval_s=10.0)
    listener.keeper.note([EXTENT])
    listener.keeper.publish_due()
    listener.keeper.note([replace(EXTENT, next=4722, top=4721)])
    assert listener.keeper.publish_due() == 0
    listener.clock.now_s += 10
    assert listener.keeper.publish_due() == 1
    assert listener.keeper.publish_due() == 0
    assert listener.nexts() == [4711, 4722]


def test_what_a_node_knows_is_not_said_again() -> None:
    listener = Conversation()
    listener.keeper.note([EXTENT])
    listener.keeper.publish_due()
    listener.clock.now_s += 100
    listener.keeper.note([replace(EXTENT, changed=5)])
    assert listener.keeper.publish_due() == 0


def test_after_a_connection_all_nodes_are_told_again_at_once() -> None:
    listener = Conversation()
    listener.keeper.note([EXTENT, replace(EXTENT, node="node-b")])
    assert listener.keeper.publish_due() == 2
    listener.keeper.handle_connection()
    assert listener.keeper.publish_due() == 2


def test_what_could_not_be_published_is_said_later() -> None:
    listener = Conversation()
    listener.broker.online = False
    listener.keeper.note([EXTENT])
    assert listener.keeper.publish_due() == 0
    listener.broker.online = True
    assert listener.keeper.publish_due() == 1


def test_of_two_epochs_of_a_node_the_later_one_counts() -> None:
    listener = Conversation()
    old, new = replace(EXTENT, epoch="00000001", changed=1), replace(EXTENT, epoch="00000002", changed=2)
    listener.keeper.note([new, old])
    listener.keeper.publish_due()
    assert [payload["e"] for _, payload in listener.broker.published] == ["00000002"]


def test_another_gateway_makes_this_one_silent_and_is_reported_once() -> None:
    listener = Conversation()
    listener.keeper.note([EXTENT])
    for _ in range(2):
        listener.keeper.handle_have(TOPIC, have_message("gateway-2", EXTENT))
    assert listener.keeper.publish_due() == 0
    assert listener.log.events() == ["another_gateway"]


@pytest.mark.parametrize(
    ("identity", "payload"),
    [
        ({}, have_message("gateway-1", EXTENT)),
        ({"replaces": ("gateway-0",)}, have_message("gateway-0", EXTENT)),
        ({"yields_to_other": False}, have_message("gateway-2", EXTENT)),
        ({}, b""),
        ({}, b"\xff{"),
        ({}, b"[" * 100_000),
    ],
)
def test_its_own_word_a_replaced_gateways_and_rubbish_silence_nobody(
    identity: dict[str, Any], payload: bytes
) -> None:
    listener = Conversation(**identity)
    listener.keeper.note([EXTENT])
    listener.keeper.handle_have(TOPIC, payload)
    assert listener.keeper.publish_due() == 1


def test_nodes_that_are_made_up_leave_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(have, "NODES_MOST", 10)
    monkeypatch.setattr(have, "OTHER_GATEWAYS_MOST", 5)
    listener = Conversation(have_interval_s=0.0)
    for number in range(100):
        listener.keeper.note([replace(EXTENT, node=f"made-up-{number}")])
        listener.keeper.publish_due()
        listener.keeper.handle_have(TOPIC, have_message(f"gateway-{number + 2}", EXTENT))
    listener.keeper.handle_connection()
    assert (len(listener.keeper._extents), len(listener.keeper._last_have), len(listener.keeper._due)) == (
        10,
        0,
        10,
    )
    assert len(listener.keeper.other_gateways) == 5


def test_a_rest_ends_as_soon_as_a_node_has_to_be_told() -> None:
    listener = Conversation()
    listener.keeper.note([EXTENT])
    listener.keeper.publish_due()
    rested = threading.Event()

    def rest() -> None:
        listener.keeper.rest(60)
        rested.set()

    thread = threading.Thread(target=rest, daemon=True)
    thread.start()
    assert not rested.wait(0.2)
    listener.keeper.note([replace(EXTENT, next=4722)])
    assert rested.wait(120)
    thread.join()


def test_a_rest_with_something_due_is_none_and_a_wake_ends_one() -> None:
    listener = Conversation()
    listener.keeper.note([EXTENT])
    listener.keeper.rest(60)
    listener.keeper.publish_due()
    resting = threading.Thread(target=listener.keeper.rest, args=(60,), daemon=True)
    resting.start()
    while resting.is_alive():
        listener.keeper.wake()
        resting.join(0.05)
    assert listener.nexts() == [4711]
