"""Read and write MQTT packets as bytes, without a socket: 3.1.1 and 5, what a client at QoS 0 and 1 needs.

Packets are read in batches, as many as the bytes at hand hold: a call or more for each one is what limits how
many messages a second a gateway can take in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.errors import ProtocolError
from sera_gateway.mqtt.long_packets import PUBLISH, LongPacket, after_block, long_length, mid_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

V311: Final = 4
V5: Final = 5

REMAINING_MOST: Final = 268_435_455
REFUSED_FROM: Final = 0x80
# A packet from this length on [bytes] is gathered in pieces, so that joining them costs once.
_GATHERED_FROM: Final = 65_536

PING: Final = b"\xc0\x00"
GOODBYE: Final = b"\xe0\x00"

# Packet types, as the first four bits of a packet (MQTT 5, table 2-1).
_CONNACK: Final = 2
_PUBACK: Final = 4
_SUBACK: Final = 9
_UNSUBACK: Final = 11
_PINGRESP: Final = 13
_DISCONNECT: Final = 14

# Properties of MQTT 5 that are read or written here, and how long the value of each one is (table 2-4).
_SESSION_EXPIRY: Final = 0x11
_SERVER_KEEP_ALIVE: Final = 0x13
_RECEIVE_MAXIMUM: Final = 0x21
_FIXED_LENGTHS: Final = {
    0x01: 1,
    0x02: 4,
    _SESSION_EXPIRY: 4,
    _SERVER_KEEP_ALIVE: 2,
    0x17: 1,
    0x18: 4,
    0x19: 1,
    _RECEIVE_MAXIMUM: 2,
    0x22: 2,
    0x23: 2,
    0x24: 1,
    0x25: 1,
    0x27: 4,
    0x28: 1,
    0x29: 1,
    0x2A: 1,
}
_STRINGS: Final = {0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F}
_USER_PROPERTY: Final = 0x26
_SUBSCRIPTION_ID: Final = 0x0B


class Publish(NamedTuple):
    """One message from the broker; `mid` is 0 at QoS 0.

    Of one that is too long only the beginning is here; `cut` counts the other bytes, and `digest` is the hash
    of the whole payload.
    """

    topic: bytes
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    mid: int
    cut: int = 0
    digest: bytes = b""


class Connected(NamedTuple):
    """The broker's answer to CONNECT; what it does not say is None."""

    reason: int
    session_present: bool
    keepalive_s: int | None = None
    receive_maximum: int | None = None


class Subscribed(NamedTuple):
    """The broker's answer to SUBSCRIBE: one reason code a filter."""

    mid: int
    reasons: tuple[int, ...]


class Unsubscribed(NamedTuple):
    """The broker's answer to UNSUBSCRIBE; 3.1.1 gives no reasons."""

    mid: int
    reasons: tuple[int, ...]


class Published(NamedTuple):
    """The broker has taken a message of ours."""

    mid: int
    reason: int


class Pong(NamedTuple):
    """The broker is there."""


class Disconnected(NamedTuple):
    """The broker ends the connection and says why (MQTT 5)."""

    reason: int


Packet = Publish | Connected | Subscribed | Unsubscribed | Published | Pong | Disconnected


class Login(NamedTuple):
    """What a client says of itself in CONNECT."""

    client_id: str
    keepalive_s: int
    user: str = ""
    password: str | None = None
    session_expiry_s: int = 0xFFFFFFFF
    receive_maximum: int = 65_535
    clean: bool = False


def connect(version: int, login: Login) -> bytes:
    """Write CONNECT without a will, for a session that lasts, or a clean one that ends what was there."""
    flags = (
        (0x02 if login.clean else 0)
        | (0x80 if login.user else 0)
        | (0x40 if login.user and login.password is not None else 0)
    )
    body = b"\x00\x04MQTT" + bytes((version, flags)) + login.keepalive_s.to_bytes(2, "big")
    if version == V5:
        body += _block(
            bytes((_SESSION_EXPIRY,))
            + login.session_expiry_s.to_bytes(4, "big")
            + bytes((_RECEIVE_MAXIMUM,))
            + login.receive_maximum.to_bytes(2, "big")
        )
    body += _text(login.client_id)
    if login.user:
        body += _text(login.user)
        body += _text(login.password) if login.password is not None else b""
    return _packet(0x10, body)


def subscribe(version: int, mid: int, filters: Iterable[tuple[str, int]]) -> bytes:
    """Write SUBSCRIBE for filters, each with its highest QoS."""
    body = mid.to_bytes(2, "big") + (b"\x00" if version == V5 else b"")
    return _packet(0x82, body + b"".join(_text(name) + bytes((qos,)) for name, qos in filters))


def unsubscribe(version: int, mid: int, filters: Iterable[str]) -> bytes:
    """Write UNSUBSCRIBE for filters."""
    body = mid.to_bytes(2, "big") + (b"\x00" if version == V5 else b"")
    return _packet(0xA2, body + b"".join(map(_text, filters)))


def publish_once(version: int, topic: str, payload: bytes) -> bytes:
    """Write PUBLISH at QoS 0, not retained: no broker keeps it."""
    return _packet(0x30, _text(topic) + (b"\x00" if version == V5 else b"") + payload)


def publish(version: int, mid: int, topic: str, payload: bytes, *, retain: bool) -> bytes:
    """Write PUBLISH at QoS 1."""
    body = _text(topic) + mid.to_bytes(2, "big") + (b"\x00" if version == V5 else b"") + payload
    return _packet(0x33 if retain else 0x32, body)


def acknowledgements(mids: Sequence[int]) -> bytes:
    """Write a PUBACK for each message, as one piece; both versions know this short form."""
    return b"".join([b"@\x02" + mid.to_bytes(2, "big") for mid in mids])


class PacketReader:
    """Cuts what the broker sends into packets; hand it the bytes as they come.

    Parameters
    ----------
    version
        `V311` or `V5`, as the connection was asked for.
    packet_largest
        Of a longer packet [bytes] only the beginning is kept, so that no message can fill the memory.
    """

    def __init__(self, version: int, packet_largest: int = REMAINING_MOST) -> None:
        self._version = version
        self._largest = packet_largest
        self._rest = b""
        self._gathered: LongPacket | None = None

    def feed(self, data: bytes) -> list[Packet]:
        """Take bytes in and return the packets that are complete now.

        Raises
        ------
        ProtocolError
            What came is no MQTT that a broker may send; the connection is of no more use.
        """
        packets: list[Packet] = []
        buffer = self._rest + data if self._rest else data
        try:
            while True:
                if self._gathered is not None:
                    buffer = self._gathered.take(buffer)
                    if self._gathered.missing:
                        break
                    packets.append(self._whole(self._gathered))
                    self._gathered = None
                used = self._read(buffer, packets)
                buffer = buffer[used:]
                if self._gathered is None:
                    break
        except (IndexError, ValueError) as error:
            raise ProtocolError(f"a packet from the broker ends too early ({error})") from error
        self._rest = buffer
        return packets

    def _read(self, buffer: bytes, packets: list[Packet]) -> int:
        """Read all whole packets of a buffer and return how many bytes they were."""
        at, end, five, largest = 0, len(buffer), self._version == V5, self._largest
        add, new = packets.append, Publish._make
        while end - at > 1:
            first, length, start = buffer[at], buffer[at + 1], at + 2
            if length > 127:
                length, start = long_length(buffer, at + 1)
            stop = start + length
            if length < 0 or stop > end or length > largest:
                self._gather(stop - at, length)
                break
            if first >> 4 != PUBLISH:
                add(self._answer(first >> 4, buffer[start:stop]))
            else:
                name = start + 2
                body = name + (buffer[start] << 8 | buffer[start + 1])
                topic, qos, mid = buffer[name:body], first >> 1 & 3, 0
                if qos:
                    mid, body = buffer[body] << 8 | buffer[body + 1], body + 2
                if five:
                    body = after_block(buffer, body)
                if body > stop or qos > 1:
                    raise ProtocolError(f"a message of {length} bytes at QoS {qos} is not as subscribed")
                add(new((topic, buffer[body:stop], qos, first & 1 == 1, first & 8 == 8, mid, 0, b"")))
            at = stop
        return at

    def _gather(self, total: int, length: int) -> None:
        """Gather a long packet piece by piece; leave a short one in the buffer."""
        if length >= min(_GATHERED_FROM, self._largest):
            self._gathered = LongPacket(total, self._largest, five=self._version == V5)

    def _whole(self, gathered: LongPacket) -> Packet:
        cut = gathered.cut
        packets: list[Packet] = []
        if not cut:
            self._read(gathered.beginning(), packets)
            return packets[0]
        # What was kept is made a whole packet again, of its own length.
        head = gathered.beginning()
        _, start = long_length(head, 1)
        self._read(_packet(head[0], head[start:]), packets)
        message = packets[0]
        if not isinstance(message, Publish):
            raise ProtocolError(f"an answer of the broker is {gathered.cut + len(head)} bytes long")
        return message._replace(cut=cut, digest=gathered.digest())

    def _answer(self, kind: int, body: bytes) -> Packet:
        five = self._version == V5
        if kind == _PUBACK:
            return Published(mid_of(body), body[2] if len(body) > 2 else 0)
        if kind in {_SUBACK, _UNSUBACK}:
            reasons = tuple(body[after_block(body, 2) if five else 2 :])
            return (Subscribed if kind == _SUBACK else Unsubscribed)(mid_of(body), reasons)
        if kind == _PINGRESP:
            return Pong()
        if kind == _CONNACK:
            properties = _properties(body[2:]) if five and len(body) > 2 else {}
            return Connected(
                body[1],
                body[0] & 1 == 1,
                properties.get(_SERVER_KEEP_ALIVE),
                properties.get(_RECEIVE_MAXIMUM),
            )
        if kind == _DISCONNECT and five:
            return Disconnected(body[0] if body else 0)
        raise ProtocolError(f"packet type {kind} is none that a broker may send to this client")


def _properties(body: bytes) -> dict[int, int]:
    """Read the properties that are numbers, and step over the others."""
    length, at = long_length(body, 0)
    end, properties = at + length, {}
    while at < end:
        kind, at = body[at], at + 1
        if kind in _FIXED_LENGTHS:
            properties[kind] = int.from_bytes(body[at : at + _FIXED_LENGTHS[kind]], "big")
            at += _FIXED_LENGTHS[kind]
        elif kind in _STRINGS:
            at += 2 + mid_of(body[at:])
        elif kind == _USER_PROPERTY:
            at += 2 + mid_of(body[at:])
            at += 2 + mid_of(body[at:])
        elif kind == _SUBSCRIPTION_ID:
            _, at = long_length(body, at)
        else:
            raise ProtocolError(f"property {kind:#x} from the broker is none of MQTT 5")
    return properties


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _block(content: bytes) -> bytes:
    return _length(len(content)) + content


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _length(len(body)) + body


def _length(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
