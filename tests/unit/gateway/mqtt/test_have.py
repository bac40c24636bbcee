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


class Told:
    """A keeper between a clock and a broker that stand in for real ones."""

    def __init__(self, **identity: Any) -> None:
        self.clock, self.broker, self.log = Clock(1000.0), Broker(), Log()
        self.keeper = HaveKeeper(GatewayIdentity(**identity), self.clock, self.broker.publish, self.log)

    def nexts(self) -> list[int]:
        """What was published, by its `next`."""
        return [payload["next"] for _, payload in self.broker.published]


def test_a_node_is_told_what_is_here_under_its_own_topic() -> None:
    told = Told()
    told.keeper.note([EXTENT])
    assert told.keeper.publish_due() == 1
    expected = {"v": 1, "g": "gateway-1", "e": EPOCH, "next": 4711, "top": 4720}
    assert told.broker.published == [(TOPIC, expected)]


def test_a_node_is_told_at_most_once_in_an_interval_and_then_the_newest() -> None:
    told = Told(have_interval_s=10.0)
    for step in range(101):
        told.keeper.note([replace(EXTENT, next=5000 + step)])
        told.keeper.publish_due()
        told.clock.now_s += 0.25
    assert told.nexts() == [5000, 5040, 5080]


def test_the_last_word_of_a_busy_interval_is_still_said() -> None:
    told = Told(have_interval_s=10.0)
    told.keeper.note([EXTENT])
    told.keeper.publish_due()
    told.keeper.note([replace(EXTENT, next=4722, top=4721)])
    assert told.keeper.publish_due() == 0
    told.clock.now_s += 10
    assert told.keeper.publish_due() == 1
    assert told.keeper.publish_due() == 0
    assert told.nexts() == [4711, 4722]


def test_what_a_node_knows_is_not_said_again() -> None:
    told = Told()
    told.keeper.note([EXTENT])
    told.keeper.publish_due()
    told.clock.now_s += 100
    told.keeper.note([replace(EXTENT, changed=5)])
    assert told.keeper.publish_due() == 0


def test_after_a_connection_all_nodes_are_told_again_at_once() -> None:
    told = Told()
    told.keeper.note([EXTENT, replace(EXTENT, node="node-b")])
    assert told.keeper.publish_due() == 2
    told.keeper.handle_connection()
    assert told.keeper.publish_due() == 2


def test_what_could_not_be_published_is_said_later() -> None:
    told = Told()
    told.broker.online = False
    told.keeper.note([EXTENT])
    assert told.keeper.publish_due() == 0
    told.broker.online = True
    assert told.keeper.publish_due() == 1


def test_of_two_epochs_of_a_node_the_later_one_counts() -> None:
    told = Told()
    old, new = replace(EXTENT, epoch="00000001", changed=1), replace(EXTENT, epoch="00000002", changed=2)
    told.keeper.note([new, old])
    told.keeper.publish_due()
    assert [payload["e"] for _, payload in told.broker.published] == ["00000002"]


def test_another_gateway_makes_this_one_silent_and_is_reported_once() -> None:
    told = Told()
    told.keeper.note([EXTENT])
    for _ in range(2):
        told.keeper.handle_have(TOPIC, have_message("gateway-2", EXTENT))
    assert told.keeper.publish_due() == 0
    assert told.log.events() == ["another_gateway"]


@pytest.mark.parametrize(
    ("identity", "payload"),
    [
        ({}, have_message("gateway-1", EXTENT)),
        ({"replaces": ("gateway-0",)}, have_message("gateway-0", EXTENT)),
        ({"yields_to_another": False}, have_message("gateway-2", EXTENT)),
        ({}, b""),
        ({}, b"\xff{"),
        ({}, b"[" * 100_000),
    ],
)
def test_its_own_word_a_replaced_gateways_and_rubbish_silence_nobody(
    identity: dict[str, Any], payload: bytes
) -> None:
    told = Told(**identity)
    told.keeper.note([EXTENT])
    told.keeper.handle_have(TOPIC, payload)
    assert told.keeper.publish_due() == 1


def test_nodes_that_are_made_up_leave_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(have, "NODES_MOST", 10)
    monkeypatch.setattr(have, "OTHER_GATEWAYS_MOST", 5)
    told = Told(have_interval_s=0.0)
    for number in range(100):
        told.keeper.note([replace(EXTENT, node=f"made-up-{number}")])
        told.keeper.publish_due()
        told.keeper.handle_have(TOPIC, have_message(f"gateway-{number + 2}", EXTENT))
    told.keeper.handle_connection()
    assert (len(told.keeper._extents), len(told.keeper._last_have), len(told.keeper._due)) == (10, 0, 10)
    assert len(told.keeper.other_gateways) == 5


def test_a_rest_ends_as_soon_as_a_node_has_to_be_told() -> None:
    told = Told()
    told.keeper.note([EXTENT])
    told.keeper.publish_due()
    rested = threading.Event()

    def rest() -> None:
        told.keeper.rest(60)
        rested.set()

    thread = threading.Thread(target=rest, daemon=True)
    thread.start()
    assert not rested.wait(0.2)
    told.keeper.note([replace(EXTENT, next=4722)])
    assert rested.wait(30)
    thread.join()


def test_a_rest_with_something_due_is_none_and_a_wake_ends_one() -> None:
    told = Told()
    told.keeper.note([EXTENT])
    told.keeper.rest(60)
    told.keeper.publish_due()
    resting = threading.Thread(target=told.keeper.rest, args=(60,), daemon=True)
    resting.start()
    while resting.is_alive():
        told.keeper.wake()
        resting.join(0.05)
    assert told.nexts() == [4711]
