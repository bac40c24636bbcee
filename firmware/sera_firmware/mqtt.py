"""A small MQTT 3.1.1 client: QoS 1 with a window, one write a packet, a deadline on every wait.

It holds two buffers for its whole life and no message: what is not acknowledged when the connection
ends is sent again from flash. OASIS MQTT 3.1.1, sections 3.1 to 3.14.
"""

import struct

from sera_firmware.errors import BrokerError
from sera_firmware.packets import Packets
from sera_firmware.portable import Any, const
from sera_firmware.transport import SilenceError, Transport

_CONNECT = const(0x10)
_CONNACK = const(0x20)
_PUBLISH = const(0x30)
_PUBACK = const(0x40)
_SUBSCRIBE = const(0x82)
_SUBACK = const(0x90)
_DISCONNECT = const(0xE0)
_KIND_MASK = const(0xF0)
_QOS_1 = const(0x02)
_QOS_MASK = const(0x06)
_RETAIN = const(0x01)
_CLEAN_SESSION = const(0x02)
_WILL_QOS_1_RETAINED = const(0x2C)
_PASSWORD = const(0x40)
_USERNAME = const(0x80)
_PROTOCOL_LEVEL = const(4)
_REFUSED = const(0x80)
_NUMBER_MOST = const(65535)

# Packets are built behind room for a fixed header of one type byte and up to two length bytes.
_ROOM = const(3)
_SENT_BYTES = const(1792)
_LENGTH_ONE_BYTE = const(128)
_WINDOW = const(6)


class Client:
    """One node's connection to its broker; connect again after `close` for the next contact.

    Parameters
    ----------
    client_id
        What the broker knows the next session by; shown nowhere, since on NATS whoever knows it can end that.
    timeout_ms
        How long any one answer may take [ms].
    listener
        Object whose `on_message(topic, payload)` takes what arrives on the subscriptions.
    feed
        Called at least twice a second while waiting, or None.
    """

    def __init__(self, client_id: str, timeout_ms: int, listener: Any, feed: Any = None) -> None:
        self.client_id = client_id
        self.in_flight: set[int] = set()
        self._timeout_ms = timeout_ms
        self._listener = listener
        self._transport = Transport(feed)
        self._out = bytearray(_SENT_BYTES)
        self._out_view = memoryview(self._out)
        self._packets = Packets(self._transport)
        self._number = 0

    def keep_within(self, budget: Any) -> None:
        """Limit every wait by a budget: an object whose `left_ms()` runs down, or None."""
        self._transport.keep_within(budget)

    def reserve(self) -> None:
        """Hold the memory that TLS will need in one piece."""
        self._transport.reserve()

    def connect(self, broker: dict[str, Any], will_topic: str, will: bytes, keep_alive_s: int) -> None:
        """Open the connection, with a retained last will.

        Parameters
        ----------
        broker
            Its `host`, `port`, `tls` (files, or None), `username` and `password` (or None), and perhaps an
            `address` for where the host's name is not found.
        will_topic, will
            What the broker publishes, retained, if the node vanishes.
        keep_alive_s
            Longest silence after which the broker takes the node for lost [s].

        Raises
        ------
        BrokerError, OSError, ValueError
            If the broker is not there, TLS fails (also as ValueError), or it refuses the node.
        """
        self._transport.allow(self._timeout_ms)
        self._transport.open(broker["host"], broker["port"], broker.get("tls"), broker.get("address"))
        self.in_flight.clear()
        self._packets.clear()
        credentials = (broker.get("username"), broker.get("password"))
        flags = _CLEAN_SESSION | _WILL_QOS_1_RETAINED
        flags |= (_USERNAME if credentials[0] else 0) | (_PASSWORD if credentials[1] else 0)
        at = self._text(_ROOM, b"MQTT")
        struct.pack_into(">BBH", self._out, at, _PROTOCOL_LEVEL, flags, keep_alive_s)
        at += 4
        for text in (self.client_id, will_topic, will) + credentials:
            if text:
                at = self._text(at, text)
        self._send(_CONNECT, at)
        if self._packets.read() & _KIND_MASK != _CONNACK or self._packets.length < 2:
            raise BrokerError("broker answers CONNECT with something else: is this an MQTT broker?")
        code = self._packets.part(1, 2)[0]
        if code:
            # What codes mean is table 3.1; `sera node flash` has it, which takes no heap of a board.
            raise BrokerError("broker refuses this node: code %d" % code)

    def subscribe(self, topics: tuple[Any, ...]) -> None:
        """Subscribe at QoS 1 and wait until the broker has granted every topic."""
        self._transport.allow(self._timeout_ms)
        struct.pack_into(">H", self._out, _ROOM, self._next_number())
        at = _ROOM + 2
        for topic in topics:
            at = self._text(at, topic)
            self._out[at] = 1
            at += 1
        self._send(_SUBSCRIBE, at)
        kind = self._packets.read()
        while kind & _KIND_MASK != _SUBACK:
            self._handle(kind)
            kind = self._packets.read()
        granted = self._packets.part(2, self._packets.length)
        if len(granted) != len(topics) or _REFUSED in granted:
            raise BrokerError("broker refuses this node a subscription to %s" % " or ".join(topics))

    def publish(self, topic: str, payload: bytes | bytearray | memoryview, retain: bool = False) -> None:
        """Send a message at QoS 1; wait for acknowledgements only while the window is full."""
        while len(self.in_flight) >= _WINDOW:
            self._take()
        at = self._text(_ROOM, topic)
        end = at + 2 + len(payload)
        if end > _SENT_BYTES:
            raise BrokerError("message of %d bytes on %s is too long for the node" % (len(payload), topic))
        number = self._next_number()
        struct.pack_into(">H", self._out, at, number)
        self._out[at + 2 : end] = payload
        self.in_flight.add(number)
        self._transport.allow(self._timeout_ms)
        self._send(_PUBLISH | _QOS_1 | (_RETAIN if retain else 0), end)

    def settle(self) -> None:
        """Wait until all that was published is acknowledged."""
        while self.in_flight:
            self._take()

    def listen(self, timeout_ms: int) -> bool:
        """Read one packet if it begins in time; return whether it did."""
        self._transport.allow(timeout_ms)
        try:
            kind = self._packets.read()
        except SilenceError:
            return False
        self._handle(kind)
        return True

    def close(self) -> None:
        """Send DISCONNECT, so that the last will is not sent, and close."""
        if self._transport.is_open:
            try:
                self._transport.allow(self._timeout_ms)
                self._send(_DISCONNECT, _ROOM)
            except (OSError, ValueError, BrokerError):
                pass
        self.drop()

    def drop(self) -> None:
        """Close without a word; the broker then publishes the last will."""
        self.in_flight.clear()
        self._transport.close()

    def _take(self) -> None:
        self._transport.allow(self._timeout_ms)
        self._handle(self._packets.read())

    def _next_number(self) -> int:
        self._number = self._number % _NUMBER_MOST + 1
        return self._number

    def _text(self, at: int, text: str | bytes) -> int:
        """Write a length-prefixed text into the buffer."""
        encoded = text.encode() if isinstance(text, str) else text
        end = at + 2 + len(encoded)
        if end > _SENT_BYTES:
            raise BrokerError("a text of %d bytes is too long for the node" % len(encoded))
        struct.pack_into(">H", self._out, at, len(encoded))
        self._out[at + 2 : end] = encoded
        return end

    def _send(self, kind: int, end: int) -> None:
        """Put the fixed header right before what was built, and write both at once."""
        length = end - _ROOM
        if length < _LENGTH_ONE_BYTE:
            begin = _ROOM - 2
            self._out[begin + 1] = length
        else:
            begin = _ROOM - 3
            self._out[begin + 1] = length & 0x7F | 0x80
            self._out[begin + 2] = length >> 7
        self._out[begin] = kind
        self._transport.write(self._out_view[begin:end])

    def _handle(self, kind: int) -> None:
        if kind & _KIND_MASK == _PUBACK and self._packets.length >= 2:
            self.in_flight.discard(self._packets.number())
        elif kind & _KIND_MASK == _PUBLISH:
            self._receive(kind & _QOS_MASK)

    def _receive(self, qos: int) -> None:
        packets = self._packets
        begin = 2 + packets.number() if packets.length >= 2 else _NUMBER_MOST
        end = begin + (2 if qos else 0)
        if end > packets.length:
            raise BrokerError("broker sends a message that ends within its topic")
        topic = str(packets.part(2, begin), "utf-8")
        number = packets.part(begin, end)
        payload = packets.part(end, packets.length)
        self._listener.on_message(topic, payload)
        if number:
            self._out[_ROOM : _ROOM + 2] = number
            self._send(_PUBACK, _ROOM + 2)
