"""Filters that break MQTT's rules, overlap, or are refused: on real brokers, and against a scripted one."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from brokers.device import publish
from brokers.scripted import ScriptedBroker, receiving, settings_in
from gateway_parts import Log, data_topic
from real_parts import LOOPBACK, wait_until
from sera_gateway.config import settings_from
from sera_gateway.errors import SettingsError
from sera_gateway.mqtt.packets import V311
from sera_gateway.mqtt.subscriptions import Subscriber, node_subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAST = (data_topic("node-a"), b"last")


@pytest.fixture(params=["new_mosquitto", "new_nats"], ids=["mosquitto", "nats"])
def broker(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)()


@pytest.fixture
def scripted() -> Iterator[ScriptedBroker]:
    broker = ScriptedBroker()
    yield broker
    broker.close()


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [("yard/#/state", "'#'"), ("yard/b+/state", "'+'"), ("", "empty"), ("a\x00", "x00"), ("a\tb", "control")],
)
def test_a_filter_that_breaks_a_rule_ends_the_start_with_its_name_and_the_rule(wrong: str, rule: str) -> None:
    with pytest.raises(SettingsError, match="subscribe") as refused:
        settings_from({"gateway": {"subscribe": ["zigbee2mqtt/+", wrong]}}, "gateway.toml")
    assert repr(wrong) in str(refused.value)
    assert rule in str(refused.value)


def test_a_remembered_filter_that_is_none_is_never_sent(broker: Any, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, broker.url)
    remembered = tmp_path / "data" / "subscriptions.json"
    session = sha256(f"{settings.client_id} at {LOOPBACK}:{broker.port}".encode()).hexdigest()
    remembered.write_text(json.dumps({session: ["yard/#/state", "", "yard/b+", "yard/+/state"]}))
    with receiving(settings) as own:
        own.wait_online()
        publish(broker.port, [LAST])
        wait_until(lambda: own.journal.messages, label="the message of a node")
    assert "disconnected" not in own.log.events()
    assert ("info", "unsubscribed", {"filters": ["yard/+/state"]}) in own.log.lines
    assert all(name.startswith("sera/") for name in json.loads(remembered.read_text())[session])


@pytest.mark.parametrize(
    "filters",
    [
        ("yard/#", "yard/+/state"),
        ("yard/+/state", "yard/bed-1/+"),
        ("yard/+/state", "yard/bed-1/state", "yard/+/state"),
        ("+/bed-1/state", "yard/#"),
    ],
)
def test_a_message_of_overlapping_filters_comes_once(
    filters: tuple[str, ...], broker: Any, tmp_path: Path
) -> None:
    # Two readings that are equal byte by byte are two readings.
    expected = [("yard/bed-1/state", b"1"), ("yard/bed-1/state", b"1"), ("yard/bed-1/state", b"2")]
    with receiving(settings_in(tmp_path, broker.url, subscribe=filters)) as own:
        own.wait_online()
        publish(broker.port, [*expected, LAST])
        wait_until(lambda: LAST[1] in own.journal.payloads(), label="the last message")
        # What NATS delivers twice comes before what is published later.
        publish(broker.port, [("yard/bed-1/state", b"end"), ("yard/bed-1/state", b"end"), (LAST[0], b"over")])
        wait_until(lambda: own.journal.payloads().count(b"end") >= 2, label="the end")
        wait_until(lambda: b"over" in own.journal.payloads(), label="what came after it")
    # A node's message may come twice where the settings' filters reach it too: its records have keys.
    payloads = [message.payload for message in own.journal.messages if message.topic != LAST[0]]
    assert sorted(payloads) == [b"1", b"1", b"2", b"end", b"end"]
    assert "filters_merged" in own.log.events()


def test_what_only_the_merged_filter_hears_is_acknowledged_and_not_kept(broker: Any, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, broker.url, subscribe=("yard/+/state", "yard/bed-1/+"))
    with receiving(settings) as own:
        own.wait_online()
        publish(broker.port, [("yard/bed-2/other", b"nobody asked"), ("yard/bed-1/other", b"asked"), LAST])
        wait_until(lambda: len(own.journal.messages) >= 2, label="the other two")
    with receiving(settings, first_connection=2) as again:
        again.wait_online()
        publish(broker.port, [LAST])
        wait_until(lambda: again.journal.messages, label="the message after the reconnect")
    assert (sorted(own.journal.payloads()), again.journal.payloads()) == (
        [b"asked", b"last"],
        [b"last"],
    )


def test_another_gateway_is_noticed_although_a_filter_of_everything_hears_it_too(
    broker: Any, tmp_path: Path
) -> None:
    with receiving(settings_in(tmp_path, broker.url, subscribe=("#",))) as own:
        own.wait_online()
        publish(broker.port, [("sera/v1/avon/node-a/have", b"{}")])
        wait_until(
            lambda: ("sera/v1/avon/node-a/have", b"{}") in own.messages, label="the other gateway's word"
        )


def test_where_a_merged_filter_is_refused_those_that_it_stands_for_are_asked_for(
    scripted: ScriptedBroker, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, scripted.url, subscribe=("yard/+/state", "yard/bed-1/+"))
    with receiving(settings, keeps=False) as own:
        client, answers = scripted.meet()
        client.sendall(b"\x20\x02\x00\x00")
        arguments = answers.next()
        assert b"yard/+/+" in arguments
        reasons = bytes([qos for _, qos in node_subscriptions(settings)]) + b"\x80"
        client.sendall(bytes([0x90, 2 + len(reasons)]) + arguments[2:4] + reasons)
        again = answers.next()
        assert b"yard/+/state" in again
        assert b"yard/bed-1/+" in again
        client.sendall(b"\x90\x04" + again[2:4] + b"\x01\x01")
        wait_until(
            lambda: "subscription_granted" in own.log.events() or own.receiver.online,
            label="the rest",
        )
        assert own.receiver.refused_subscriptions == []
        client.close()
    assert "merged_filter_refused" in own.log.events()


def test_a_filter_that_only_repeats_what_nodes_are_heard_by_is_left_out(tmp_path: Path) -> None:
    log = Log()
    settings = settings_in(tmp_path, "mqtt://127.0.0.1:1", subscribe=("sera/v1/oak/+/data",))
    packet = Subscriber(settings, V311, log, lambda: 0.0).begin("gateway-1", lambda: 1)
    assert b"oak" not in packet
    assert "filters_left_out" in log.events()


def test_a_character_that_nats_takes_in_no_topic_is_named(new_nats: Any, tmp_path: Path) -> None:
    nats = new_nats()
    with receiving(settings_in(tmp_path, nats.url, subscribe=("home/Potting Shed/+/state",))) as own:
        own.wait_online()
        wait_until(lambda: "subscription_refused" in own.log.events(), label="the report")
    fields = next(fields for _, event, fields in own.log.lines if event == "subscription_refused")
    assert "a space" in fields["expected"]
    assert "NATS" in fields["expected"]
