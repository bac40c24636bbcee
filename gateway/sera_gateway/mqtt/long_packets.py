"""Long packets of MQTT, gathered piece by piece, and the lengths by which a packet is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway.errors import ProtocolError
from sera_gateway.journal.excess import started_hash

if TYPE_CHECKING:
    from hashlib import blake2b

PUBLISH: Final = 3


class LongPacket:
    """A long packet that comes piece by piece, of which the beginning is kept, and a hash."""

    def __init__(self, total: int, largest: int, *, five: bool) -> None:
        self._five = five
        self._hash: blake2b | None = None
        self.missing = total
        self.cut = max(0, total - largest)
        self._room = min(total, largest)
        self._pieces: list[bytes] = []

    def take(self, data: bytes) -> bytes:
        """Take what belongs to the packet and return what comes after it."""
        piece = data[: self.missing]
        self.missing -= len(piece)
        if self._room:
            head = piece[: self._room]
            self._room -= len(head)
            self._pieces.append(head)
            self._add(piece[len(head) :])
        else:
            self._add(piece)
        return data[len(piece) :]

    def beginning(self) -> bytes:
        """Return the beginning of the packet, or all of it."""
        return b"".join(self._pieces)

    def digest(self) -> bytes:
        """Return the hash of the whole payload of a message that was cut."""
        return b"" if self._hash is None else self._hash.digest()

    def _add(self, beyond: bytes) -> None:
        if not beyond:
            return
        if self._hash is None:
            head = self.beginning()
            self._hash = started_hash()
            if head[0] >> 4 == PUBLISH:
                self._hash.update(head[_payload_at(head, five=self._five) :])
        self._hash.update(beyond)


def _payload_at(packet: bytes, *, five: bool) -> int:
    """Find where the payload of a message begins."""
    _, at = long_length(packet, 1)
    at += 2 + mid_of(packet[at:])
    if packet[0] >> 1 & 3:
        at += 2
    return after_block(packet, at) if five else at


def long_length(buffer: bytes, at: int) -> tuple[int, int]:
    """Read a length of one to four bytes; return it, -1 where it is not whole yet, and where it ends."""
    length, place = 0, at
    for shift in (0, 7, 14, 21):
        if place == len(buffer):
            return -1, place
        length |= (buffer[place] & 0x7F) << shift
        place += 1
        if buffer[place - 1] < 0x80:
            return length, place
    raise ProtocolError("a length from the broker has more than four bytes; is this an MQTT port?")


def after_block(buffer: bytes, at: int) -> int:
    """Return where a block with its length before it ends."""
    if not buffer[at]:
        return at + 1
    length, start = long_length(buffer, at)
    return start + length


def mid_of(body: bytes) -> int:
    """Read a number of two bytes: a message id, or the length of a text."""
    return body[0] << 8 | body[1]
