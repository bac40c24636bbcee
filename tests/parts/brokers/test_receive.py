"""The network side on real brokers, and against a scripted one where the moment counts."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from brokers.device import publish
from brokers.scripted import GATEWAY, Receiving, receiving, settings_in
from gateway_parts import data_topic
from real_parts import LOOPBACK, free_port, port_answers, wait_until
from sera_command.installation import parts
from sera_gateway.config import BudgetSettings
from sera_gateway.errors import SettingsError
from sera_gateway.journal.excess import EXCESS_TOPIC, payload_hash, read_excess
from sera_gateway.mqtt.receive import Outgoing
from sera_gateway.security.authority import Authority
from sera_gateway.security.broker_files import (
    BrokerTls,
    NodePlace,
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
)
from sera_gateway.security.embedded_broker import EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


PROTOCOLS = [("new_mosquitto", "3.1.1"), ("new_mosquitto", "5"), ("new_nats", "3.1.1")]
TOPIC = data_topic("node-a")


@pytest.fixture(params=PROTOCOLS, ids=[f"{name[4:]}-{protocol}" for name, protocol in PROTOCOLS])
def broker_protocol(request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A real broker and the protocol that is spoken with it."""
    name, protocol = request.param
    return request.getfixturevalue(name)(), protocol


def test_what_came_while_the_gateway_was_away_waits_for_it(
    broker_protocol: tuple[Any, str], tmp_path: Path
) -> None:
    broker, protocol = broker_protocol
    settings = settings_in(tmp_path, broker.url, protocol)
    with receiving(settings) as first:
        first.wait_online()
    publish(broker.port, [(TOPIC, b"%d" % number) for number in range(300)])
    with receiving(settings, first_connection=2) as second:
        wait_until(lambda: len(second.journal.messages) >= 300, label="the messages that waited")
    assert second.journal.payloads() == [b"%d" % number for number in range(300)]
    assert {message.connection for message in second.journal.messages} == {second.receiver.connection}
    with receiving(settings, first_connection=9) as third:
        third.wait_online()
        publish(broker.port, [(TOPIC, b"last")])
        wait_until(lambda: third.journal.messages, label="the message after all were acknowledged")
    assert third.journal.payloads() == [b"last"]


def test_what_is_beyond_a_budget_is_acknowledged_and_only_head_and_hash_are_kept(
    broker_protocol: tuple[Any, str], tmp_path: Path
) -> None:
    broker, protocol = broker_protocol
    budget = BudgetSettings(messages_at_once=3, messages_a_second=0, crowd_senders=100)
    settings = msgspec.structs.replace(settings_in(tmp_path, broker.url, protocol), budget=budget)
    other, large = data_topic("node-b"), b"large" * 60_000
    with receiving(settings) as first:
        first.wait_online()
        publish(broker.port, [(TOPIC, b"%d" % number) for number in range(10)])
        publish(broker.port, [(other, large), (other, b"good")])
        wait_until(lambda: b"good" in first.journal.payloads(), label="the message of another node")
    whole = [message.payload for message in first.journal.messages if message.topic != EXCESS_TOPIC]
    assert whole == [b"0", b"1", b"2", b"good"]
    rows = [
        read_excess(message.payload) for message in first.journal.messages if message.topic == EXCESS_TOPIC
    ]
    result = [(row.limit, row.messages, row.total_bytes, row.digest) for row in rows if row is not None]
    # Both nodes are in no registry, and so one crowd.
    assert result == [
        ("messages", 1, 1, payload_hash(b"3").hex()),
        ("packet_bytes", 1, len(large), payload_hash(large).hex()),
        ("messages", 6, 6, payload_hash(b"9").hex()),
    ]
    assert first.log.events().count("beyond_budget") == 3
    with receiving(settings, first_connection=9) as later:
        later.wait_online()
        publish(broker.port, [(data_topic("node-c"), b"last")])
        wait_until(lambda: later.journal.messages, label="the message after all were acknowledged")
    assert later.journal.payloads() == [b"last"]


def test_a_filter_that_is_no_longer_wanted_is_taken_back(
    broker_protocol: tuple[Any, str], tmp_path: Path
) -> None:
    broker, protocol = broker_protocol
    with receiving(settings_in(tmp_path, broker.url, protocol, subscribe=("zigbee2mqtt/+",))) as first:
        first.wait_online()
        publish(broker.port, [("zigbee2mqtt/lamp", b"wanted")])
        wait_until(lambda: first.journal.payloads() == [b"wanted"], label="the foreign message")
    with receiving(settings_in(tmp_path, broker.url, protocol), first_connection=2) as second:
        second.wait_online()
        wait_until(lambda: "zigbee2mqtt" not in _remembered(tmp_path), label="the answer to UNSUBSCRIBE")
        publish(broker.port, [("zigbee2mqtt/lamp", b"unwanted"), (TOPIC, b"wanted")])
        wait_until(lambda: second.journal.messages, label="the message after it")
    assert second.journal.payloads() == [b"wanted"]
    assert ("info", "unsubscribed", {"filters": ["zigbee2mqtt/+"]}) in second.log.lines


def _remembered(folder: Path) -> str:
    return (folder / "data" / "subscriptions.json").read_text(encoding="utf-8")


def test_a_session_that_another_client_takes_over_is_reported(
    broker_protocol: tuple[Any, str], tmp_path: Path
) -> None:
    broker, protocol = broker_protocol
    with receiving(settings_in(tmp_path, broker.url, protocol)) as peer:
        for _ in range(4):
            peer.wait_online()
            connection = peer.receiver.connection
            _take_over(broker.port, protocol)
            wait_until(lambda observed=connection: _ended(peer, observed), label="the end of the connection")
        wait_until(lambda: "session_taken_over" in peer.log.events(), label="the report")
    assert GATEWAY not in str(peer.log.lines)
    assert GATEWAY not in _remembered(tmp_path)


def _take_over(port: int, protocol: str) -> None:
    thief = Client(
        CallbackAPIVersion.VERSION2, client_id=GATEWAY, protocol=MQTTv5 if protocol == "5" else MQTTv311
    )
    thief.connect(LOOPBACK, port)
    thief.loop_start()
    wait_until(thief.is_connected, label="the other client's connection")
    thief.disconnect()
    thief.loop_stop()


def _ended(peer: Receiving, connection: int) -> bool:
    return ("info", "disconnected") in [
        (level, event) for level, event, fields in peer.log.lines if fields.get("connection") == connection
    ]


def test_what_is_published_is_retained_and_heard_again(
    broker_protocol: tuple[Any, str], tmp_path: Path
) -> None:
    broker, protocol = broker_protocol
    output = [Outgoing(f"sera/v1/avon/node-{number:02}/have", b"{}") for number in range(50)]
    with receiving(settings_in(tmp_path, broker.url, protocol)) as peer:
        peer.wait_online()
        assert peer.receiver.publish(output)
        wait_until(lambda: len(peer.messages) >= len(output), label="all of them heard")
    assert sorted(peer.messages) == sorted((message.topic, message.payload) for message in output)
    assert peer.journal.messages == []
    with receiving(settings_in(tmp_path, broker.url, protocol), first_connection=2) as later:
        wait_until(lambda: len(later.messages) >= len(output), label="what the broker has kept")


@contextmanager
def _mosquitto_with_tls(folder: Path, tls: BrokerTls) -> Iterator[int]:
    program = parts.find("mosquitto")
    assert program is not None
    (folder / "messages").mkdir(parents=True)
    port, account = free_port(), "root" if os.geteuid() == 0 else "mosquitto"
    (folder / "rights.acl").write_text(mosquitto_rights([NodePlace("elm.1", "oak")], [f"{GATEWAY}.1"]))
    configuration = folder / "mosquitto.conf"
    configuration.write_text(mosquitto_settings(folder, LOOPBACK, port, tls, user=account))
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([str(program.path), "-c", str(configuration)], stderr=log)
    try:
        wait_until(lambda: port_answers(port), label="mosquitto")
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("broker", "protocol"), [("mosquitto", "3.1.1"), ("mosquitto", "5"), ("nats", "3.1.1")]
)
def test_a_gateway_proves_itself_by_its_certificate(
    broker: str, protocol: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    request.getfixturevalue(f"new_{broker}")  # skips where the machine lacks it
    authority = Authority.open(tmp_path / "authority", lambda: datetime(2026, 6, 1, tzinfo=UTC))
    issued = authority.current("broker", "broker", ["localhost", LOOPBACK])
    tls = BrokerTls(
        authority.path_of(issued.certificate),
        authority.path_of(issued.key),
        authority.trust,
        authority.revoked,
    )
    running: Any = (
        _mosquitto_with_tls(tmp_path / "broker", tls)
        if broker == "mosquitto"
        else EmbeddedBroker(
            tmp_path / "broker", tls=tls, rights=nats_rights([NodePlace("elm.1", "oak")], [f"{GATEWAY}.1"])
        )
    )
    own, other = authority.current("gateway", GATEWAY), authority.current("node", "elm")
    with running as started:
        url = f"mqtts://{LOOPBACK}:{started if broker == 'mosquitto' else started.port}"
        files = {"ca_file": str(authority.trust), "key_file": str(authority.path_of(own.key))}
        settings = settings_in(
            tmp_path, url, protocol, cert_file=str(authority.path_of(own.certificate)), **files
        )
        with receiving(settings) as peer:
            peer.wait_online()
            assert peer.receiver.publish([Outgoing("sera/v1/oak/elm/have", b"{}")])
            wait_until(lambda: peer.messages, label="its own message, heard over TLS")
            large = b"x" * 60_000
            assert peer.receiver.publish([Outgoing("sera/v1/oak/elm/have", large)])
            wait_until(lambda: peer.messages[-1][1] == large, label="a message of many TLS records")
        stranger = settings_in(tmp_path, url, protocol, ca_file=str(authority.trust))
        with receiving(stranger, first_connection=9) as refused:
            wait_until(lambda: "broker_unreachable" in refused.log.events(), label="the refusal")
            assert not refused.receiver.online
    mixed = str(authority.path_of(other.certificate))
    unusable = settings_in(tmp_path, url, protocol, cert_file=mixed, **files)
    with pytest.raises(SettingsError, match="expected PEM files that belong together"), receiving(unusable):
        pass


def test_a_broker_whose_key_was_replaced_is_not_spoken_to(new_nats: object, tmp_path: Path) -> None:
    authority = Authority.open(tmp_path / "authority", lambda: datetime.now(UTC))
    leaked = authority.issue("broker", "sera-broker", [LOOPBACK])
    tls = BrokerTls(authority.path_of(leaked.certificate), authority.path_of(leaked.key), authority.trust)
    own = authority.issue("gateway", GATEWAY)
    files = {"ca_file": authority.trust, "crl_file": authority.revoked}
    files |= {"cert_file": authority.path_of(own.certificate), "key_file": authority.path_of(own.key)}
    with EmbeddedBroker(tmp_path / "broker", tls=tls, rights=nats_rights([], [own.name])) as broker:
        settings = settings_in(tmp_path, broker.url, **{name: str(path) for name, path in files.items()})
        with receiving(settings) as believing:
            believing.wait_online()
        authority.rotate("sera-broker", "leaked")
        with receiving(settings, first_connection=9) as refusing:
            wait_until(lambda: "broker_unreachable" in refusing.log.events(), label="the refusal")
            assert "revoked" in str(refusing.log.lines)
            assert not refusing.receiver.online


def test_a_client_id_that_was_changed_is_used_from_the_next_connection_on(nats: Any, tmp_path: Path) -> None:
    file = tmp_path / "client_id"
    file.write_text("first\n")
    settings = settings_in(tmp_path, nats.url, client_id_file=str(file))
    with receiving(settings) as peer:
        peer.wait_online()
        file.write_text("second\n")
        connection = peer.receiver.connection
        nats.restart()
        wait_until(
            lambda: peer.receiver.online and peer.receiver.connection > connection,
            label="the next",
        )
        assert peer.receiver._settings.client_id == "second"
        thief = Client(CallbackAPIVersion.VERSION2, client_id="second")
        thief.connect(LOOPBACK, nats.port)
        thief.loop_start()
        wait_until(lambda: not peer.receiver.online, label="the end of the session under its next client id")
        thief.disconnect()
        thief.loop_stop()
