"""The client against a stand-in broker that misbehaves, and with mutual TLS against the real ones."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Self

import pytest

from real_parts import wait_until
from sera_firmware.errors import BrokerError
from sera_firmware.mqtt import Client

CONNACK = b"\x20\x02\x00\x00"
SUBACK = b"\x90\x04\x00\x01\x01\x01"
# What a silent broker is given, and one that answers on a busy machine.
TIMEOUT_MS, PATIENCE_MS = 100, 120_000


class Inbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def on_message(self, topic: str, payload: bytes) -> None:
        self.messages.append((topic, payload))


class Seconds:
    """A budget that the test lets run down."""

    def __init__(self, milliseconds: int) -> None:
        self._ends = time.monotonic() + milliseconds / 1000

    def left_ms(self) -> int:
        return max(0, int(1000 * (self._ends - time.monotonic())))


class ScriptedBroker:
    """Accepts one connection and answers all it reads, in turn, from a list; None is silence."""

    def __init__(self, *answers: bytes | None, closes: bool = False) -> None:
        self.received: list[bytes] = []
        self._answers = answers
        self._closes = closes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        try:
            link, _ = self._listener.accept()
        except OSError:
            return
        with link, suppress(ConnectionError):
            for answer in self._answers:
                self.received.append(link.recv(4096))
                if answer is not None:
                    link.sendall(answer)
            while not self._closes:
                received = link.recv(4096)
                if not received:
                    return
                self.received.append(received)


def connected(broker: ScriptedBroker, inbox: Inbox | None = None) -> Client:
    client = Client("elm-a1", PATIENCE_MS, inbox or Inbox())
    client.connect({"host": "127.0.0.1", "port": broker.port}, "status", b"lost", 30)
    return client


def impatient(client: Client) -> Client:
    client._timeout_ms = TIMEOUT_MS
    return client


def test_a_host_whose_name_is_not_found_is_reached_by_its_address() -> None:
    with ScriptedBroker(CONNACK) as broker:
        client = Client("elm-a1", PATIENCE_MS, Inbox())
        server = {"host": "sera-oak.invalid", "port": broker.port}
        with pytest.raises(OSError, match=r"(?i)not known|resolution|no address"):
            client.connect(server, "status", b"lost", 30)
        client.connect({**server, "address": "127.0.0.1"}, "status", b"lost", 30)
        client.drop()
    assert broker.received[0].startswith(b"\x10")


def test_a_packet_is_written_in_one_piece_and_connect_says_all() -> None:
    with ScriptedBroker(CONNACK) as broker:
        client = connected(broker)
        client.publish("a/b", b"payload")
        client.drop()
    assert broker.received[0] == (
        b"\x10\x20\x00\x04MQTT\x04\x2e\x00\x1e\x00\x06elm-a1\x00\x06status\x00\x04lost"
    )
    assert broker.received[1] == b"\x32\x0e\x00\x03a/b\x00\x01payload"


def test_a_refusal_says_its_reason() -> None:
    with ScriptedBroker(b"\x20\x02\x00\x05") as broker, pytest.raises(BrokerError, match="code 5"):
        connected(broker)


@pytest.mark.parametrize("size", range(4))
def test_an_answer_cut_at_any_byte_ends_at_the_deadline(size: int) -> None:
    with ScriptedBroker(CONNACK[:size] or None) as broker:
        began = time.monotonic()
        client = Client("elm-a1", TIMEOUT_MS, Inbox())
        with pytest.raises(BrokerError, match="silent"):
            client.connect({"host": "127.0.0.1", "port": broker.port}, "status", b"lost", 30)
        client.drop()
        assert time.monotonic() - began < PATIENCE_MS / 1000


@pytest.mark.parametrize("size", range(4))
def test_a_connection_closed_at_any_byte_is_noticed_at_once(size: int) -> None:
    with ScriptedBroker(CONNACK[:size] or None, closes=True) as broker:
        client = Client("elm-a1", 30_000, Inbox())
        with pytest.raises((BrokerError, ConnectionError)):
            client.connect({"host": "127.0.0.1", "port": broker.port}, "status", b"lost", 30)
        client.drop()


def test_the_deadline_holds_after_an_acknowledgement_too() -> None:
    with ScriptedBroker(CONNACK, b"\x40\x02\x00\x01") as broker:
        client = connected(broker)
        client.publish("a", b"1")
        client.settle()
        impatient(client).publish("a", b"2")
        with pytest.raises(BrokerError, match="silent"):
            client.settle()
        assert client.in_flight == {2}
        client.drop()


def test_a_broker_that_keeps_talking_gets_no_more_time_than_a_silent_one() -> None:
    with ScriptedBroker(CONNACK, b"\x40\x02\x00\x01") as broker:
        client = connected(broker)
        client.publish("a", b"1")
        wait_until(lambda: len(broker.received) == 2, label="the message")
        client.keep_within(Seconds(0))
        with pytest.raises(BrokerError, match="used up"):
            client.settle()
        client.drop()


def test_a_budget_ends_a_wait_before_its_deadline() -> None:
    with ScriptedBroker(CONNACK) as broker:
        client = Client("elm-a1", 60_000, Inbox())
        client.keep_within(Seconds(5000))
        client.connect({"host": "127.0.0.1", "port": broker.port}, "status", b"lost", 30)
        client.publish("a", b"1")
        client.keep_within(Seconds(100))
        with pytest.raises(BrokerError, match="used up"):
            client.settle()
        client.drop()


@pytest.mark.slow
def test_the_watchdog_is_fed_while_nobody_answers() -> None:
    fed: list[float] = []
    with ScriptedBroker(None) as broker:
        client = Client("elm-a1", 1500, Inbox(), lambda: fed.append(time.monotonic()))
        with pytest.raises(BrokerError, match="silent"):
            client.connect({"host": "127.0.0.1", "port": broker.port}, "status", b"lost", 30)
        client.drop()
    assert len(fed) >= 3


def test_packets_that_arrive_together_or_in_pieces_are_the_same() -> None:
    inbox = Inbox()
    message = b"".join(b"\x30" + bytes([size + 3]) + b"\x00\x01a" + b"x" * size for size in range(120))
    with ScriptedBroker(CONNACK, message, message) as broker:
        client = connected(broker, inbox)
        for _ in range(2):
            client.publish("x", b"")
            for _ in range(120):
                assert client.listen(PATIENCE_MS)
        client.drop()
    assert [len(payload) for _, payload in inbox.messages] == 2 * list(range(120))


def test_a_full_window_waits_for_an_acknowledgement() -> None:
    with ScriptedBroker(CONNACK) as broker:
        client = connected(broker)
        for _ in range(6):
            client.publish("a", b"x")
        with pytest.raises(BrokerError, match="silent"):
            impatient(client).publish("a", b"x")
        client.drop()


def test_a_refused_subscription_is_an_error() -> None:
    with ScriptedBroker(CONNACK, b"\x90\x04\x00\x01\x01\x80") as broker:
        client = connected(broker)
        with pytest.raises(BrokerError, match="have or config"):
            client.subscribe(("have", "config"))
        client.drop()


def test_a_message_between_is_taken_and_acknowledged() -> None:
    inbox = Inbox()
    message = b"\x32\x0b\x00\x04have\x00\x09{1}"
    with ScriptedBroker(CONNACK, message + SUBACK) as broker:
        client = connected(broker, inbox)
        client.subscribe(("have", "config"))
        client.close()
    assert inbox.messages == [("have", b"{1}")]
    assert b"".join(broker.received).endswith(b"\x40\x02\x00\x09\xe0\x00")


@pytest.mark.parametrize(
    "rubbish",
    [b"\x32\xff\xff\xff\x7f", b"\x32\x03\x00\xff\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    ids=["too-long", "topic-beyond-the-end", "no-mqtt"],
)
def test_rubbish_ends_the_contact_with_an_error(rubbish: bytes) -> None:
    with ScriptedBroker(CONNACK, rubbish, closes=True) as broker:
        client = connected(broker)
        client.publish("a", b"1")
        with pytest.raises((BrokerError, OSError)):
            client.settle()
        client.drop()


def test_nobody_there_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        Client("elm-a1", PATIENCE_MS, Inbox()).connect({"host": "127.0.0.1", "port": port}, "s", b"l", 30)


def test_listening_tells_silence_from_a_message() -> None:
    inbox = Inbox()
    with ScriptedBroker(CONNACK, b"\x30\x05\x00\x01a{}") as broker:
        client = connected(broker, inbox)
        assert not client.listen(50)
        client.publish("x", b"")
        assert client.listen(PATIENCE_MS)
        client.drop()
    assert inbox.messages == [("a", b"{}")]


def test_a_message_too_long_for_the_buffer_is_refused_before_it_is_sent() -> None:
    with ScriptedBroker(CONNACK) as broker:
        client = connected(broker)
        with pytest.raises(BrokerError, match="too long"):
            client.publish("a", bytes(1800))
        client.drop()
