"""One connection after another, against a scripted broker: the moments that no real one shows on demand."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from brokers.scripted import Pauses, ScriptedBroker, receiving, settings_in
from gateway_parts import data_topic, message
from real_parts import LOOPBACK, wait_until
from sera_gateway.config import GatewaySettings, ReceiveSettings
from sera_gateway.errors import ConnectionEndedError
from sera_gateway.mqtt import packets
from sera_gateway.mqtt.connection import Connection
from sera_store import backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOPIC = data_topic("node-a")
QUIET_S = 0.3


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
        client.settimeout(120)


def _published(mid: int, payload: bytes = b"reading") -> bytes:
    return packets.publish(packets.V311, mid, TOPIC, payload, retain=False)


def test_an_acknowledgement_of_an_old_connection_is_dropped(scripted: ScriptedBroker, tmp_path: Path) -> None:
    with receiving(settings_in(tmp_path, scripted.url), keeps=False, pauses=Pauses(0.02)) as own_gateway:
        first = scripted.accept()
        own_gateway.wait_online()
        first.sendall(_published(7, b"old"))
        wait_until(lambda: own_gateway.intake.waiting == 1, label="the first message")
        first.close()
        second = scripted.accept()
        own_gateway.wait_online()
        second.sendall(_published(7, b"new"))
        wait_until(lambda: own_gateway.intake.waiting == 2, label="another message of the same id")
        own_gateway.receiver.acknowledge([message(TOPIC, b"old", mid=7, connection=1)])
        assert _is_quiet(second)
        own_gateway.receiver.acknowledge([message(TOPIC, b"new", mid=7, connection=2)])
        assert second.recv(4) == packets.acknowledgements([7])
        # It may connect once more before it is ended, and would wait there.
        scripted.close()
        second.close()
        own_gateway.intake.keep(own_gateway.intake._collect(1.0))


def test_what_is_sent_again_before_its_acknowledgement_is_kept_once(
    scripted: ScriptedBroker, tmp_path: Path
) -> None:
    with receiving(settings_in(tmp_path, scripted.url), keeps=False) as own_gateway:
        broker = scripted.accept()
        broker.sendall(_published(7) + _published(7) + _published(8))
        wait_until(lambda: own_gateway.intake.waiting >= 2, label="both messages")
        own_gateway.intake.keep(own_gateway.intake._collect(1.0))
        assert broker.recv(8) == packets.acknowledgements([7, 8])
        broker.sendall(_published(7, b"another"))
        wait_until(lambda: own_gateway.intake.waiting == 1, label="the id used again")
        own_gateway.intake.keep(own_gateway.intake._collect(1.0))
        broker.close()
    assert own_gateway.journal.payloads() == [b"reading", b"reading", b"another"]


def test_nothing_is_read_while_the_queue_is_full(
    scripted: ScriptedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sera_gateway.mqtt.receive._SELECT_FULL_S", 0.05)
    settings = settings_in(tmp_path, scripted.url)
    bounded = GatewaySettings(
        broker=settings.broker, data=settings.data, receive=ReceiveSettings(waiting_bytes=500_000)
    )
    with receiving(bounded, keeps=False) as own_gateway:
        broker = scripted.accept()
        _fill(broker, lambda: own_gateway.intake.full)
        # What was being read when it became full is the only excess.
        assert own_gateway.intake.waiting * 2400 < 500_000 + 2 * 262_144
        while own_gateway.intake.waiting:
            own_gateway.intake.keep(own_gateway.intake._collect(1.0))
        wait_until(lambda: own_gateway.intake.waiting, label="reading again")
        broker.close()
        own_gateway.intake.keep(own_gateway.intake._collect(1.0))


def _fill(broker: socket.socket, is_full: Callable[[], bool]) -> None:
    """Send messages until the queue is full and the connection takes no more."""
    broker.settimeout(0.1)
    for mid in range(1, 65_000):
        unsent = memoryview(_published(mid, b"x" * 2000))
        while unsent:
            try:
                unsent = unsent[broker.send(unsent) :]
            except TimeoutError:
                if is_full():
                    return
    pytest.fail("it was all read")


@pytest.mark.slow
def test_a_broker_that_falls_silent_is_given_up(scripted: ScriptedBroker, tmp_path: Path) -> None:
    with receiving(settings_in(tmp_path, scripted.url, keepalive_s=1), keeps=False) as own_gateway:
        broker = scripted.accept()
        own_gateway.wait_online()
        assert broker.recv(2) == packets.PING
        broker.sendall(b"\xd0\x00")
        assert broker.recv(2) == packets.PING
        wait_until(lambda: "disconnected" in own_gateway.log.events(), label="the end of patience")
        broker.close()
    reason = next(fields["reason"] for _, event, fields in own_gateway.log.lines if event == "disconnected")
    assert "silent" in reason


@pytest.mark.parametrize("step_s", [0.1, 0.5, 3.0])
def test_silence_ends_a_connection_however_often_it_is_looked_at(step_s: float) -> None:
    now_s = [0.0]
    own_end, other_end = socket.socketpair()
    with own_end, other_end:
        connection = Connection(own_end, packets.V311, 1000, lambda: now_s[0])
        other_end.sendall(b"\x20\x02\x00\x00")
        connection.log_in(packets.Login("a-client", 60, "", None, receive_maximum=10))

        def look_for_200_s() -> None:
            while now_s[0] < 200:
                now_s[0] += step_s
                connection.keep_alive(reading=True)
                connection.flush()

        with pytest.raises(ConnectionEndedError, match="silent for 1"):
            look_for_200_s()
        other_end.settimeout(120)
        assert other_end.recv(1000).endswith(packets.PING)
    assert 105 <= now_s[0] <= 105 + 2 * step_s


def test_a_broker_that_says_that_the_session_was_taken_over_is_left_alone_for_a_while(
    scripted: ScriptedBroker, tmp_path: Path
) -> None:
    pauses = Pauses()
    with receiving(settings_in(tmp_path, scripted.url, "5"), keeps=False, pauses=pauses) as own_gateway:
        client, report = scripted.meet()
        client.sendall(b"\x20\x03\x00\x00\x00")
        arguments = report.next()
        client.sendall(b"\x90\x07" + arguments[2:4] + b"\x00\x01\x01\x01\x00")
        own_gateway.wait_online()
        client.sendall(b"\xe0\x01\x8e")
        wait_until(lambda: pauses.asked_s, label="the end")
        client.close()
    assert pauses.asked_s == [backoff.MOST_S]
    assert "session_taken_over" in own_gateway.log.events()
    assert (
        "info",
        "disconnected",
        {"connection": 1, "reason": "Session taken over"},
    ) in own_gateway.log.lines


def test_who_answers_no_mqtt_is_named_and_tried_again(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        url = f"mqtt://{LOOPBACK}:{server.getsockname()[1]}"
        with receiving(settings_in(tmp_path, url), keeps=False, pauses=Pauses(0.02)) as own_gateway:
            for connection in range(2):
                client, _ = server.accept()
                if connection == 1:
                    # It connects again before it is ended, and would wait there.
                    server.close()
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"\r\n" * 40)
                client.close()
            wait_until(lambda: own_gateway.log.events().count("broker_unreachable") >= 2, label="two reports")
        reasons = [
            fields["detail"] for _, event, fields in own_gateway.log.lines if event == "broker_unreachable"
        ]
        assert all("refused" not in reason for reason in reasons[:2]), reasons


@pytest.mark.parametrize("granted", [True, False])
def test_a_refused_filter_is_reported_and_asked_for_again(
    granted: bool, scripted: ScriptedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sera_gateway.mqtt.subscriptions.SUBSCRIBED_WITHIN_S", 0.2)
    monkeypatch.setattr("sera_gateway.mqtt.receive.SELECT_S", 0.05)
    with receiving(settings_in(tmp_path, scripted.url), keeps=False) as own_gateway:
        client, answers = scripted.meet()
        client.sendall(b"\x20\x02\x00\x00")
        arguments = answers.next()
        client.sendall(b"\x90\x06" + arguments[2:4] + b"\x80\x01\x01\x00")
        again = answers.next()
        assert again.count(b"sera/") == 1
        client.sendall(b"\x90\x03" + again[2:4] + (b"\x01" if granted else b"\x80"))
        event = "subscription_granted" if granted else "subscription_refused"
        wait_until(lambda: event in own_gateway.log.events(), label="the report")
        assert own_gateway.receiver.refused_subscriptions == ([] if granted else ["sera/v1/+/+/data"])
        client.close()
    assert own_gateway.log.events().count("subscription_refused") == 1
