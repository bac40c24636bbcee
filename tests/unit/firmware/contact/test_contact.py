"""What a node makes of the orders that lie retained for it: gaps, settings, and rubbish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from firmware.contacts import new_node, write
from firmware.stand_in_broker import StandInBroker
from firmware.wake_board import Board as AdcBoard
from sera_firmware.config import with_defaults
from sera_firmware.node import Node
from sera_vocabulary import topics
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HAVE, CONFIG = "sera/v1/elm/elm-a1/have", "sera/v1/elm/elm-a1/config"
RECORDS = 20


class Orders:
    """A node with records that the broker has, and what lies retained for it."""

    def __init__(self, folder: Path) -> None:
        self.retained: list[tuple[str, bytes]] = []
        self.broker = StandInBroker(greeting=lambda broker: self.retained)
        self._folder = folder

    def start(self) -> None:
        self.node = new_node(str(self._folder), {"port": self.broker.port})
        write(self.node, 0, RECORDS // 2)
        assert self.node.reach_out()

    def have(self, following: Any, top: Any = RECORDS, **changes: Any) -> None:
        message = {"v": 1, "g": "gateway-1", "e": self.node.store.epoch, "next": following, "top": top}
        self.retained = [(HAVE, json.dumps(message | changes).encode())]

    def contact(self) -> list[int]:
        """Make a contact with one new wake; return the earlier sequences that came again in it."""
        self.broker.rows.clear()
        before = write_next(self.node)
        assert self.node.reach_out()
        assert set(range(before, self.node.store.next)) <= set(self.broker.rows)
        return sorted(seq for seq in self.broker.rows if seq < before)


def write_next(node: Any) -> int:
    """Store one more wake; return its first sequence."""
    first = int(node.store.next)
    write(node, (first - 1) // 2, 1)
    return first


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Orders]:
    created = Orders(tmp_path)
    with created.broker:
        created.start()
        yield created


def test_what_the_gateway_lacks_is_sent_again_from_there_on(orders: Orders) -> None:
    orders.have(8)
    assert orders.contact() == list(range(8, RECORDS + 1))


def test_without_a_gap_nothing_is_sent_again(orders: Orders) -> None:
    orders.have(RECORDS + 1)
    assert orders.contact() == []


def test_a_restored_gateway_that_lacks_more_than_before_gets_it(orders: Orders) -> None:
    orders.have(15)
    orders.contact()
    orders.have(3)
    assert orders.contact() == list(range(3, RECORDS + 1))


def test_the_very_same_wish_is_answered_at_its_first_second_fourth_and_eighth_asking(orders: Orders) -> None:
    orders.have(18)
    answered = [number for number in range(1, 10) if orders.contact()]
    assert answered == [1, 2, 4, 8]


def test_what_was_sent_in_this_contact_is_no_gap_yet(orders: Orders) -> None:
    write_next(orders.node)
    orders.have(RECORDS + 1, RECORDS + 4)
    assert orders.contact() == [RECORDS + 1, RECORDS + 2]
    # Once each: soil, air, and the status.
    assert orders.broker.dialogues[-1].packets.count(0x30) == 3


def test_what_is_no_longer_held_is_stepped_over(orders: Orders) -> None:
    orders.node.store._seal()
    orders.contact()
    orders.node.store._free_oldest()
    orders.have(1, RECORDS + 2)
    assert orders.contact() == [RECORDS + 1, RECORDS + 2]


@pytest.mark.parametrize("changes", [{"e": "00000000"}, {"v": 2}], ids=["epoch", "version"])
def test_a_wish_of_another_epoch_or_version_is_none(orders: Orders, changes: dict[str, Any]) -> None:
    orders.have(3, **changes)
    assert orders.contact() == []


def test_a_node_follows_the_gateway_of_its_settings_only(orders: Orders) -> None:
    orders.node.settings.values["gateway"] = "gateway-1"
    orders.have(3, g="gateway-2")
    assert orders.contact() == []
    orders.have(3)
    assert orders.contact() == list(range(3, RECORDS + 1))


def test_settings_are_taken_and_a_refusal_stands_in_the_next_status(orders: Orders) -> None:
    good = {"v": 1, "g": "gateway-1", "version": 4, "settings": {"interval_s": 600}}
    orders.retained = [(CONFIG, json.dumps(good).encode())]
    orders.contact()
    assert (orders.node.settings.values["config"], orders.node.settings.values["interval_s"]) == (4, 600)
    bad = good | {"version": 5, "settings": {"interval_s": 1}}
    orders.retained = [(CONFIG, json.dumps(bad).encode())]
    orders.contact()
    assert orders.node.settings.values["interval_s"] == 600
    assert "interval_s" in json.loads(orders.node.contact._status("asleep"))["refused"]


def test_a_status_that_would_be_too_long_goes_without_the_refusal(orders: Orders) -> None:
    orders.node.settings.refused = "x" * 512
    orders.contact()
    assert "refused" not in json.loads(orders.broker.statuses[-1])
    orders.node.settings.refused = "x" * 80
    orders.contact()
    assert json.loads(orders.broker.statuses[-1])["refused"] == "x" * 80


def test_the_longest_names_credentials_status_and_table_of_probes_fit_into_their_packets(
    tmp_path: Path,
) -> None:
    name = "n" * topics.NAME_LONGEST
    broker: dict[str, Any] = {"host": "127.0.0.1", "username": "\u00e9" * 64, "password": "p" * 128}
    probes = [
        {
            "model": "capacitive",
            "pin": 26 + index % 3,
            "address": index,
            "position": index,
            "serial": "s" * 20,
        }
        for index in range(1, 33)
    ]
    with StandInBroker() as stand_in:
        broker |= {"port": stand_in.port}
        config = {"node": name, "community": name, "broker": broker, "sensors": probes}
        board: Any = AdcBoard()
        board.time = (1780000000_000, 40, True)
        node = Node(with_defaults(config), board, str(tmp_path))
        node.settings.refused = "x" * 350
        node.probes.look()
        assert node.reach_out()
        assert node.reach_out()
    assert [len(json.loads(table)["probes"]) for table in stand_in.tables] == [32]
    assert json.loads(stand_in.statuses[-1])["refused"] == "x" * 350


def test_a_retained_message_too_long_for_a_node_is_passed_over(orders: Orders) -> None:
    orders.have(8)
    orders.retained.insert(0, (CONFIG, b"x" * 9000))
    assert orders.contact() == list(range(8, RECORDS + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(following=float("inf"), top=float("inf"), version=float("inf"), settings={}, raw=b"[" * 5000)
@given(following=JSON, top=JSON, version=JSON, settings=JSON, raw=st.binary(max_size=40))
def test_no_retained_message_ends_a_contact(
    orders: Orders, following: Any, top: Any, version: Any, settings: Any, raw: bytes
) -> None:
    orders.have(following, top)
    config = {"v": 1, "version": version, "settings": settings}
    orders.retained += [(CONFIG, json.dumps(config).encode()), (HAVE, raw), (CONFIG, b"[" * 900)]
    assert set(orders.contact()) <= set(range(1, orders.node.store.next))
    assert orders.node.settings.values["interval_s"] == 900
    assert orders.broker.conflicts == []
