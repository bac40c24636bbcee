"""The codec of MQTT packets: it writes what paho writes, and reads what paho wrote, however it is cut."""

from __future__ import annotations

import socket
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from real_parts import LOOPBACK
from sera_gateway.errors import ProtocolError
from sera_gateway.journal.excess import payload_hash
from sera_gateway.mqtt import packets
from sera_gateway.mqtt.packets import V5, V311, PacketReader, Publish
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

LET_IN = {V311: b"\x20\x02\x00\x00", V5: b"\x20\x03\x00\x00\x00"}
TOPICS = st.text(st.characters(exclude_characters="\0+#", exclude_categories=["Cs"]), min_size=1, max_size=40)
# Lengths around each border of the length's one to three bytes, and of what is gathered in pieces.
SIZES = st.one_of(st.integers(0, 300), st.sampled_from([16_350, 16_384, 65_500, 65_536, 200_000]))
CUTS = st.lists(st.one_of(st.integers(1, 9), st.integers(1000, 70_000)), min_size=1, max_size=20)


class Peer:
    """A paho client connected to this test, which plays the broker with plain bytes."""

    def __init__(self, version: int, **marks: Any) -> None:
        self.version = version
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="gateway-1",
            clean_session=None if version == V5 else False,
            protocol=MQTTv5 if version == V5 else MQTTv311,
        )
        self.client.max_inflight_messages_set(0)
        self.received: list[tuple[str, bytes, int, bool]] = []
        self.client.on_message = lambda _c, _d, packet: self.received.append(
            (packet.topic, packet.payload, packet.qos, packet.retain)
        )
        self.client.username_pw_set(*marks.pop("account", (None, None)))
        start: dict[str, Any] = {"clean_start": False} if version == V5 else {}
        with socket.create_server((LOOPBACK, 0)) as server:
            self.client.connect(LOOPBACK, server.getsockname()[1], 45, **start, **marks)
            self.sock, _ = server.accept()
        self.sock.settimeout(120)
        self.hello = self.written()
        self.sock.sendall(LET_IN[version])
        self.client.loop_read()

    def written(self) -> bytes:
        """Take what paho has written: one packet."""
        while self.client.want_write():
            self.client.loop_write()
        data = self.sock.recv(1_000_000)
        while not _is_whole(data):
            data += self.sock.recv(1_000_000)
        return data

    def close(self) -> None:
        self.client.disconnect()
        self.sock.close()


def _is_whole(data: bytes) -> bool:
    at = 1
    while at < len(data) and data[at] & 0x80:
        at += 1
    if at >= len(data):
        return False
    length = sum((byte & 0x7F) << 7 * index for index, byte in enumerate(data[1 : at + 1]))
    return len(data) == at + 1 + length


@contextmanager
def _peer(version: int, **marks: Any) -> Iterator[Peer]:
    with closing(Peer(version, **marks)) as peer:
        yield peer


@pytest.fixture(scope="module", params=[V311, V5], ids=["3.1.1", "5"])
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    with _peer(request.param) as created:
        yield created


def _feed(reader: PacketReader, data: bytes, cuts: list[int]) -> list[packets.Packet]:
    """Hand bytes over in pieces of these lengths, again and again."""
    packets_read: list[packets.Packet] = []
    at = 0
    while at < len(data):
        size = cuts[len(packets_read) % len(cuts)] if len(cuts) > 1 else cuts[0]
        packets_read += reader.feed(data[at : at + size])
        at += size
    return packets_read


@settings(max_examples=examples(60))
@given(TOPICS, SIZES, st.integers(0, 1), st.booleans(), CUTS)
def test_what_paho_publishes_is_read_as_it_was_given(
    peer: Peer, topic: str, size: int, qos: int, retain: bool, cuts: list[int]
) -> None:
    payload = bytes(size % 251 for _ in range(size))
    sent = peer.client.publish(topic, payload, qos, retain)
    data = peer.written()
    [fed_packets] = _feed(PacketReader(peer.version), data, cuts)
    assert fed_packets == Publish(topic.encode(), payload, qos, retain, dup=False, mid=sent.mid if qos else 0)
    if qos:
        peer.sock.sendall(packets.acknowledgements([sent.mid]))
        peer.client.loop_read()
        assert sent.is_published(), "paho did not understand the acknowledgement"


@settings(max_examples=examples(60))
@given(TOPICS, SIZES, st.integers(1, 65_535), st.booleans())
def test_what_is_published_is_read_by_paho_and_is_what_paho_writes(
    peer: Peer, topic: str, size: int, mid: int, retain: bool
) -> None:
    payload = b"x" * size
    data = packets.publish(peer.version, mid, topic, payload, retain=retain)
    peer.received.clear()
    peer.sock.sendall(data)
    while not peer.received:
        peer.client.loop_read()
    assert peer.received == [(topic, payload, 1, retain)]
    assert peer.written() == packets.acknowledgements([mid])


@pytest.mark.parametrize("account", [(None, None), ("elm", "a word"), ("elm", None)])
def test_a_login_is_byte_for_byte_that_of_paho(account: tuple[Any, Any]) -> None:
    login = packets.Login("gateway-1", 45, account[0] or "", account[1])
    with _peer(V311, account=account) as three:
        assert packets.connect(V311, login) == three.hello
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = login.session_expiry_s
    properties.ReceiveMaximum = login.receive_maximum
    with _peer(V5, account=account, properties=properties) as five:
        assert packets.connect(V5, login) == five.hello


def test_subscriptions_are_byte_for_byte_those_of_paho(peer: Peer) -> None:
    filters = [("sera/v1/+/+/data", 1), ("sera/v1/ü/+/have", 0)]
    _, mid = peer.client.subscribe(filters)
    assert packets.subscribe(peer.version, mid or 0, filters) == peer.written()
    names = [name for name, _ in filters]
    _, mid = peer.client.unsubscribe(names)
    assert packets.unsubscribe(peer.version, mid or 0, names) == peer.written()


def test_properties_of_a_message_are_stepped_over() -> None:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "application/json" * 20
    properties.UserProperty = [("made by", "a test"), ("", "")]
    properties.MessageExpiryInterval = 3
    with _peer(V5) as five:
        five.client.publish("a/b", b"reading", 1, properties=properties)
        [packets_read] = PacketReader(V5).feed(five.written())
    assert isinstance(packets_read, Publish)
    assert (packets_read.topic, packets_read.payload) == (b"a/b", b"reading")


def test_answers_of_a_broker_are_read() -> None:
    three, five = PacketReader(V311), PacketReader(V5)
    assert three.feed(b"\x20\x02\x01\x00") == [packets.Connected(0, session_present=True)]
    limits = b"\x13\x00\x1e\x21\x00\x14\x1f\x00\x02hi\x26\x00\x01a\x00\x01b"
    answer = bytes((0x20, 3 + len(limits), 0, 0, len(limits))) + limits
    assert five.feed(answer) == [
        packets.Connected(0, session_present=False, keepalive_s=30, receive_maximum=20)
    ]
    assert three.feed(b"\x90\x04\x00\x07\x01\x80") == [packets.Subscribed(7, (1, 0x80))]
    assert five.feed(b"\x90\x05\x00\x07\x00\x01\x87") == [packets.Subscribed(7, (1, 0x87))]
    assert three.feed(b"\xb0\x02\x00\x08") == [packets.Unsubscribed(8, ())]
    assert five.feed(b"\xb0\x04\x00\x08\x00\x11") == [packets.Unsubscribed(8, (0x11,))]
    assert three.feed(b"\x40\x02\x00\x09\xd0\x00") == [packets.Published(9, 0), packets.Pong()]
    assert five.feed(b"\x40\x03\x00\x09\x10\xe0\x01\x8e") == [
        packets.Published(9, 0x10),
        packets.Disconnected(0x8E),
    ]


@settings(max_examples=examples(30))
@given(st.lists(st.tuples(TOPICS, SIZES), min_size=1, max_size=12), CUTS, st.sampled_from([V311, V5]))
def test_packets_are_the_same_however_the_bytes_are_cut(
    drawn: list[tuple[str, int]], cuts: list[int], version: int
) -> None:
    connected_peer = [
        packets.publish(version, mid, topic, b"y" * size, retain=False)
        for mid, (topic, size) in enumerate(drawn, 1)
    ]
    fed_packets = _feed(PacketReader(version), b"".join(connected_peer), cuts)
    assert [
        (packet.topic.decode(), len(packet.payload), packet.mid)
        for packet in fed_packets
        if isinstance(packet, Publish)
    ] == [(topic, size, mid) for mid, (topic, size) in enumerate(drawn, 1)]


@pytest.mark.parametrize("piece", [1000, 100_000, 10_000_000])
@pytest.mark.parametrize("version", [V311, V5])
def test_of_a_message_that_is_too_long_the_beginning_is_kept_and_the_hash(piece: int, version: int) -> None:
    payload = bytes(range(250)) * 12_000
    large = packets.publish(version, 7, "a/b", payload, retain=False)
    reader = PacketReader(version, packet_largest=100_000)
    fed_packets = _feed(reader, large + packets.publish(version, 8, "a/b", b"after", retain=False), [piece])
    assert [type(packet) for packet in fed_packets] == [Publish, Publish]
    cut, after = fed_packets
    assert isinstance(cut, Publish)
    assert isinstance(after, Publish)
    assert (cut.topic, cut.mid, after.payload, after.cut) == (b"a/b", 7, b"after", 0)
    assert len(cut.payload) < 100_000
    assert len(cut.payload) + cut.cut == 3_000_000
    assert (cut.digest, after.digest) == (payload_hash(payload), b"")


@settings(max_examples=examples(400))
@given(st.binary(max_size=200), st.sampled_from([V311, V5]), CUTS)
def test_bytes_that_are_no_mqtt_end_in_one_kind_of_error(data: bytes, version: int, cuts: list[int]) -> None:
    with suppress(ProtocolError):
        _feed(PacketReader(version), data, cuts)


def test_a_web_server_is_told_from_a_broker() -> None:
    with pytest.raises(ProtocolError, match="none that a broker may send"):
        PacketReader(V311).feed(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n" + b"\r\n" * 80)
