"""Takes whole MQTT packets out of a byte stream, from one buffer that is made once.

OASIS MQTT 3.1.1, section 2.2: a byte that says the kind, one to four bytes of length, the body.
"""

from sera_firmware.errors import BrokerError
from sera_firmware.portable import const
from sera_firmware.transport import SilenceError, Transport

_RECEIVED_BYTES = const(1024)
# The kind, and a length of four bytes.
_HEAD_MOST = const(5)


class Packets:
    """The packets of one connection after the other.

    After `read`, `length` is that of the packet's body, and `number` and `part` read it.
    """

    def __init__(self, transport: Transport) -> None:
        self.length = 0
        self._body = 0
        self._buffer = bytearray(_RECEIVED_BYTES)
        self._view = memoryview(self._buffer)
        self._transport = transport
        # What was received and is not taken yet.
        self._begin = self._end = 0

    def clear(self) -> None:
        """Begin a new connection."""
        self._begin = self._end = 0

    def read(self) -> int:
        """Wait for one whole packet and return its first byte; 0 for one longer than the buffer.

        That one is passed over: a retained message that no node can hold must not cost every contact.

        Raises
        ------
        SilenceError
            If none began before the deadline.
        BrokerError
            If it stopped in the middle, is no MQTT, or the stream ended.
        """
        if self._end - self._begin < 2:
            self._gather(2)
        kind, byte = self._buffer[self._begin], self._buffer[self._begin + 1]
        head, length = 2, byte & 0x7F
        while byte & 0x80:
            head += 1
            self._gather(head)
            byte = self._buffer[self._begin + head - 1]
            length |= (byte & 0x7F) << 7 * (head - 2)
            if head > _HEAD_MOST:
                raise BrokerError("broker sends what is no MQTT packet")
        if head + length > _RECEIVED_BYTES:
            self._pass_over(head + length)
            return 0
        if self._end - self._begin < head + length:
            self._gather(head + length)
        self._body, self.length = self._begin + head, length
        self._begin += head + length
        return kind

    def _pass_over(self, count: int) -> None:
        while count > self._end - self._begin:
            count -= self._end - self._begin
            self._begin = self._end
            self._gather(1)
        self._begin += count
        self.length = 0

    def number(self) -> int:
        """Read the body's first two bytes."""
        return self._buffer[self._body] << 8 | self._buffer[self._body + 1]

    def part(self, begin: int, end: int) -> bytes:
        """Copy a part of the body."""
        return bytes(self._view[self._body + begin : self._body + end])

    def _gather(self, count: int) -> None:
        """Receive until so many bytes of a packet are there; more may come with them."""
        while self._end - self._begin < count:
            if self._begin == self._end:
                self._begin = self._end = 0
            elif self._begin + count > _RECEIVED_BYTES:
                rest = bytes(self._view[self._begin : self._end])
                self._begin, self._end = 0, len(rest)
                self._buffer[: self._end] = rest
            try:
                self._end += self._transport.read_some(self._view[self._end :])
            except SilenceError:
                if self._begin == self._end:
                    raise
                raise BrokerError("broker fell silent in the middle of a packet")
