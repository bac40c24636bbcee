"""The network side on real brokers, and against a scripted one where the moment counts."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from gateway_parts import NOW_NS, Log, data_topic, message
from real_parts import LOOPBACK, free_port, port_answers, wait_until
from sera_command import parts
from sera_gateway import packets
from sera_gateway.authority import Authority
from sera_gateway.broker_files import BrokerTls, NodePlace, mosquitto_rights, mosquitto_settings, nats_rights
from sera_gateway.config import (
    BrokerSettings,
    DataSettings,
    GatewayIdentity,
    GatewaySettings,
    ReceiveSettings,
)
from sera_gateway.embedded_broker import EmbeddedBroker
from sera_gateway.errors import SettingsError
from sera_gateway.intake import Intake
from sera_gateway.receive import Outgoing, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sera_gateway.journal import Message

GATEWAY = "gateway-1"
SPOKEN = [("new_mosquitto", "3.1.1"), ("new_mosquitto", "5"), ("new_nats", "3.1.1")]
TOPIC = data_topic("node-a")
QUIET_S = 0.3


@dataclass
class Kept:
    """Stands in for the journal: keeps messages in memory, or has no room."""

    messages: list[Message] = field(default_factory=list)
    last_number: int = 0

    def append(self, messages: Sequence[Message]) -> int:
        self.messages += messages
        self.last_number = len(self.messages)
        return self.last_number

    def payloads(self) -> list[bytes]:
        return [one.payload for one in self.messages]


@dataclass
class Receiving:
    """A receiver at work, with what it keeps and reports."""

    receiver: Receiver
    kept: Kept
    log: Log
    heard: list[tuple[str, bytes]]
    intake: Any

    def wait_online(self) -> Receiving:
        wait_until(lambda: self.receiver.online, 15, "the subscription")
        return self


@contextmanager
def _receiving(
    settings: GatewaySettings, first_connection: int = 1, *, keeps: bool = True
) -> Iterator[Receiving]:
    log, kept, heard = Log(), Kept(), []
    receiver = Receiver(settings, None, lambda: NOW_NS, log, first_connection)
    receiver.listen(lambda topic, payload: heard.append((topic, payload)), lambda: None)
    intake = Intake(kept, receiver, settings.receive, log)  # type: ignore[arg-type]
    stop, drained = threading.Event(), threading.Event()
    network = threading.Thread(target=receiver.run, args=(intake, stop))
    journal = threading.Thread(target=intake.run, args=(drained,))
    network.start()
    if keeps:
        journal.start()
    try:
        yield Receiving(receiver, kept, log, heard, intake)
    finally:
        stop.set()
        network.join(20)
        drained.set()
        if keeps:
            journal.join(20)
        receiver.close()
        assert not network.is_alive()


def _settings(
    folder: Path, url: str, protocol: Any = "3.1.1", subscribe: tuple[str, ...] = (), **broker: Any
) -> GatewaySettings:
    (folder / "data").mkdir(exist_ok=True)
    return GatewaySettings(
        broker=BrokerSettings(url=url, protocol=protocol, **broker),
        gateway=GatewayIdentity(id=GATEWAY, subscribe=subscribe),
        data=DataSettings(folder=str(folder / "data")),
    )


def _publish(port: int, messages: Sequence[tuple[str, bytes]], client_id: str = "node-a") -> None:
    """Publish at QoS 1 and return when the broker has taken each."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.connect(LOOPBACK, port)
    client.loop_start()
    try:
        for sent in [client.publish(topic, payload, qos=1) for topic, payload in messages]:
            sent.wait_for_publish(15)
            assert sent.is_published()
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.fixture(params=SPOKEN, ids=[f"{name[4:]}-{protocol}" for name, protocol in SPOKEN])
def spoken(request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A real broker and the protocol that is spoken with it."""
    name, protocol = request.param
    return request.getfixturevalue(name)(), protocol


def test_what_came_while_the_gateway_was_away_waits_for_it(spoken: tuple[Any, str], tmp_path: Path) -> None:
    broker, protocol = spoken
    settings = _settings(tmp_path, broker.url, protocol)
    with _receiving(settings) as first:
        first.wait_online()
    _publish(broker.port, [(TOPIC, b"%d" % number) for number in range(300)])
    with _receiving(settings, first_connection=2) as second:
        wait_until(lambda: len(second.kept.messages) >= 300, 15, "the messages that waited")
    assert second.kept.payloads() == [b"%d" % number for number in range(300)]
    assert {one.connection for one in second.kept.messages} == {second.receiver.connection}
    with _receiving(settings, first_connection=9) as third:
        third.wait_online()
        _publish(broker.port, [(TOPIC, b"last")])
        wait_until(lambda: third.kept.messages, 15, "the message after all were acknowledged")
    assert third.kept.payloads() == [b"last"]


def test_a_filter_that_is_no_longer_wanted_is_taken_back(spoken: tuple[Any, str], tmp_path: Path) -> None:
    broker, protocol = spoken
    with _receiving(_settings(tmp_path, broker.url, protocol, subscribe=("zigbee2mqtt/+",))) as first:
        first.wait_online()
        _publish(broker.port, [("zigbee2mqtt/lamp", b"wanted")])
        wait_until(lambda: first.kept.payloads() == [b"wanted"], 15, "the foreign message")
    with _receiving(_settings(tmp_path, broker.url, protocol), first_connection=2) as second:
        second.wait_online()
        wait_until(lambda: "zigbee2mqtt" not in _remembered(tmp_path), 15, "the answer to UNSUBSCRIBE")
        _publish(broker.port, [("zigbee2mqtt/lamp", b"unwanted"), (TOPIC, b"wanted")])
        wait_until(lambda: second.kept.messages, 15, "the message after it")
    assert second.kept.payloads() == [b"wanted"]
    assert ("info", "unsubscribed", {"filters": ["zigbee2mqtt/+"]}) in second.log.lines


def _remembered(folder: Path) -> str:
    return (folder / "data" / "subscriptions.json").read_text(encoding="utf-8")


def test_a_session_that_another_client_takes_over_is_reported(
    spoken: tuple[Any, str], tmp_path: Path
) -> None:
    broker, protocol = spoken
    with _receiving(_settings(tmp_path, broker.url, protocol)) as mine:
        for _ in range(4):
            mine.wait_online()
            connection = mine.receiver.connection
            _take_over(broker.port, protocol)
            wait_until(lambda seen=connection: _ended(mine, seen), 15, "the end of the connection")
        wait_until(lambda: "session_taken_over" in mine.log.events(), 10, "the report")
    fields = next(fields for _, event, fields in mine.log.lines if event == "session_taken_over")
    assert fields["client_id"] == GATEWAY


def _take_over(port: int, protocol: str) -> None:
    thief = Client(
        CallbackAPIVersion.VERSION2, client_id=GATEWAY, protocol=MQTTv5 if protocol == "5" else MQTTv311
    )
    thief.connect(LOOPBACK, port)
    thief.loop_start()
    wait_until(thief.is_connected, 10, "the other client's connection")
    thief.disconnect()
    thief.loop_stop()


def _ended(receiving: Receiving, connection: int) -> bool:
    return ("info", "disconnected") in [
        (level, event)
        for level, event, fields in receiving.log.lines
        if fields.get("connection") == connection
    ]


def test_what_is_published_is_retained_and_heard_again(spoken: tuple[Any, str], tmp_path: Path) -> None:
    broker, protocol = spoken
    told = [Outgoing(f"sera/v1/avon/node-{number:02}/have", b"{}") for number in range(50)]
    with _receiving(_settings(tmp_path, broker.url, protocol)) as mine:
        mine.wait_online()
        assert mine.receiver.publish(told)
        wait_until(lambda: len(mine.heard) >= len(told), 15, "all of them heard")
    assert sorted(mine.heard) == sorted((one.topic, one.payload) for one in told)
    assert mine.kept.messages == []
    with _receiving(_settings(tmp_path, broker.url, protocol), first_connection=2) as later:
        wait_until(lambda: len(later.heard) >= len(told), 15, "what the broker has kept")


@contextmanager
def _mosquitto_with_tls(folder: Path, tls: BrokerTls) -> Iterator[int]:
    program = parts.find("mosquitto")
    assert program is not None
    (folder / "messages").mkdir(parents=True)
    port, account = free_port(), "root" if os.geteuid() == 0 else "mosquitto"
    (folder / "rights.acl").write_text(mosquitto_rights([NodePlace("elm", "oak")], [GATEWAY]))
    configuration = folder / "mosquitto.conf"
    configuration.write_text(mosquitto_settings(folder, LOOPBACK, port, tls, user=account))
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([str(program.path), "-c", str(configuration)], stderr=log)
    try:
        wait_until(lambda: port_answers(port), what="mosquitto")
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
    shown = authority.current("broker", "broker", ["localhost", LOOPBACK])
    tls = BrokerTls(
        authority.path_of(shown.certificate), authority.path_of(shown.key), authority.trust, authority.revoked
    )
    running: Any = (
        _mosquitto_with_tls(tmp_path / "broker", tls)
        if broker == "mosquitto"
        else EmbeddedBroker(
            tmp_path / "broker", tls=tls, rights=nats_rights([NodePlace("elm", "oak")], [GATEWAY])
        )
    )
    mine, other = authority.current("gateway", GATEWAY), authority.current("node", "elm")
    with running as started:
        url = f"mqtts://{LOOPBACK}:{started if broker == 'mosquitto' else started.port}"
        files = {"ca_file": str(authority.trust), "key_file": str(authority.path_of(mine.key))}
        settings = _settings(
            tmp_path, url, protocol, cert_file=str(authority.path_of(mine.certificate)), **files
        )
        with _receiving(settings) as receiving:
            receiving.wait_online()
            assert receiving.receiver.publish([Outgoing("sera/v1/oak/elm/have", b"{}")])
            wait_until(lambda: receiving.heard, 15, "its own message, heard over TLS")
            large = b"x" * 200_000
            assert receiving.receiver.publish([Outgoing("sera/v1/oak/elm/have", large)])
            wait_until(lambda: receiving.heard[-1][1] == large, 15, "a message of many TLS records")
        stranger = _settings(tmp_path, url, protocol, ca_file=str(authority.trust))
        with _receiving(stranger, first_connection=9) as refused:
            wait_until(lambda: "broker_unreachable" in refused.log.events(), 15, "the refusal")
            assert not refused.receiver.online
    mixed = str(authority.path_of(other.certificate))
    with pytest.raises(SettingsError, match="expected PEM files that belong together"):
        Receiver(_settings(tmp_path, url, protocol, cert_file=mixed, **files), None, lambda: NOW_NS, Log())


class ScriptedBroker:
    """Lets one client in at a time, and says what a test tells it to say."""

    def __init__(self) -> None:
        self._server = socket.create_server((LOOPBACK, 0))
        self._server.settimeout(15)
        self.url = f"mqtt://{LOOPBACK}:{self._server.getsockname()[1]}"

    def meet(self) -> tuple[socket.socket, _Answers]:
        """Take a client's connection and read its CONNECT."""
        client, _ = self._server.accept()
        client.settimeout(15)
        said = _Answers(client)
        assert said.next()[0] >> 4 == 1
        return client, said

    def accept(self) -> socket.socket:
        """Let a client in and grant what it subscribes to."""
        client, said = self.meet()
        client.sendall(b"\x20\x02\x00\x00")
        asked = said.next()
        client.sendall(b"\x90\x06" + asked[2:4] + b"\x01\x01\x01\x00")
        return client

    def close(self) -> None:
        self._server.close()


class _Answers:
    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def next(self) -> bytes:
        head = self._exactly(2)
        length = head[1] if head[1] < 128 else head[1] - 128 + 128 * self._exactly(1)[0]
        return head[:1] + b"\x00" + self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._client.recv(count - len(data))
            assert more, "the client went away"
            data += more
        return data


@pytest.fixture
def scripted() -> Iterator[ScriptedBroker]:
    broker = ScriptedBroker()
    yield broker
    broker.close()


def _is_quiet(client: socket.socket) -> bool:
    client.settimeout(QUIET_S)
    try:
        return not client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(15)


def _published(mid: int, payload: bytes = b"reading") -> bytes:
    return packets.publish(packets.V311, mid, TOPIC, payload, retain=False)


def test_an_acknowledgement_of_an_old_connection_is_dropped(scripted: ScriptedBroker, tmp_path: Path) -> None:
    with _receiving(_settings(tmp_path, scripted.url), keeps=False) as mine:
        first = scripted.accept()
        mine.wait_online()
        first.sendall(_published(7, b"old"))
        wait_until(lambda: mine.intake.waiting == 1, 10, "the first message")
        first.close()
        second = scripted.accept()
        mine.wait_online()
        second.sendall(_published(7, b"new"))
        wait_until(lambda: mine.intake.waiting == 2, 10, "another message of the same id")
        mine.receiver.acknowledge([message(TOPIC, b"old", mid=7, connection=1)])
        assert _is_quiet(second)
        mine.receiver.acknowledge([message(TOPIC, b"new", mid=7, connection=2)])
        assert second.recv(4) == packets.acknowledgements([7])
        second.close()
        mine.intake.keep(mine.intake._collect())


def test_what_is_sent_again_before_its_acknowledgement_is_kept_once(
    scripted: ScriptedBroker, tmp_path: Path
) -> None:
    with _receiving(_settings(tmp_path, scripted.url), keeps=False) as mine:
        broker = scripted.accept()
        broker.sendall(_published(7) + _published(7) + _published(8))
        wait_until(lambda: mine.intake.waiting >= 2, 10, "both messages")
        mine.intake.keep(mine.intake._collect())
        assert broker.recv(8) == packets.acknowledgements([7, 8])
        broker.sendall(_published(7, b"another"))
        wait_until(lambda: mine.intake.waiting == 1, 10, "the id used anew")
        mine.intake.keep(mine.intake._collect())
        broker.close()
    assert mine.kept.payloads() == [b"reading", b"reading", b"another"]


def test_nothing_is_read_while_the_queue_is_full(scripted: ScriptedBroker, tmp_path: Path) -> None:
    settings = _settings(tmp_path, scripted.url)
    bounded = GatewaySettings(
        broker=settings.broker, data=settings.data, receive=ReceiveSettings(waiting_bytes=500_000)
    )
    with _receiving(bounded, keeps=False) as mine:
        broker = scripted.accept()
        broker.settimeout(1.0)
        sent = 0
        with suppress(TimeoutError):
            for mid in range(1, 65_536):
                broker.sendall(_published(mid, b"x" * 2000))
                sent += 1
        assert sent < 65_000, "it was all read"
        # What was being read when it became full is the only excess.
        assert mine.intake.full
        assert mine.intake.waiting * 2400 < 500_000 + 2 * 262_144
        while mine.intake.waiting:
            mine.intake.keep(mine.intake._collect())
        wait_until(lambda: mine.intake.waiting, 10, "reading again")
        broker.close()
        mine.intake.keep(mine.intake._collect())


def test_a_broker_that_falls_silent_is_given_up(scripted: ScriptedBroker, tmp_path: Path) -> None:
    with _receiving(_settings(tmp_path, scripted.url, keepalive_s=1), keeps=False) as mine:
        broker = scripted.accept()
        mine.wait_online()
        assert broker.recv(2) == packets.PING
        broker.sendall(b"\xd0\x00")
        assert broker.recv(2) == packets.PING
        wait_until(lambda: "disconnected" in mine.log.events(), 10, "the end of patience")
        broker.close()
    reason = next(fields["reason"] for _, event, fields in mine.log.lines if event == "disconnected")
    assert "silent" in reason


def test_a_broker_that_says_that_the_session_was_taken_over_is_left_alone_for_a_while(
    scripted: ScriptedBroker, tmp_path: Path
) -> None:
    with _receiving(_settings(tmp_path, scripted.url, "5"), keeps=False) as mine:
        client, said = scripted.meet()
        client.sendall(b"\x20\x03\x00\x00\x00")
        asked = said.next()
        client.sendall(b"\x90\x07" + asked[2:4] + b"\x00\x01\x01\x01\x00")
        mine.wait_online()
        client.sendall(b"\xe0\x01\x8e")
        wait_until(lambda: "disconnected" in mine.log.events(), 10, "the end")
        client.close()
        scripted._server.settimeout(1.5)
        with pytest.raises(TimeoutError):
            scripted.meet()
    assert "session_taken_over" in mine.log.events()
    assert ("info", "disconnected", {"connection": 1, "reason": "Session taken over"}) in mine.log.lines


def test_who_answers_no_mqtt_is_named_and_tried_again(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        url = f"mqtt://{LOOPBACK}:{server.getsockname()[1]}"
        with _receiving(_settings(tmp_path, url), keeps=False) as mine:
            for _ in range(2):
                client, _ = server.accept()
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"\r\n" * 40)
                client.close()
            wait_until(lambda: mine.log.events().count("broker_unreachable") >= 2, 10, "two reports")


@pytest.mark.parametrize("granted", [True, False])
def test_a_refused_filter_is_reported_and_asked_for_again(
    granted: bool, scripted: ScriptedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sera_gateway.subscriptions.SUBSCRIBED_WITHIN_S", 0.2)
    with _receiving(_settings(tmp_path, scripted.url), keeps=False) as mine:
        client, answers = scripted.meet()
        client.sendall(b"\x20\x02\x00\x00")
        asked = answers.next()
        client.sendall(b"\x90\x06" + asked[2:4] + b"\x80\x01\x01\x00")
        again = answers.next()
        assert again.count(b"sera/") == 1
        client.sendall(b"\x90\x03" + again[2:4] + (b"\x01" if granted else b"\x80"))
        event = "subscription_granted" if granted else "subscription_refused"
        wait_until(lambda: event in mine.log.events(), 10, "the report")
        assert mine.receiver.refused_subscriptions == ([] if granted else ["sera/v1/+/+/data"])
        client.close()
    assert mine.log.events().count("subscription_refused") == 1
