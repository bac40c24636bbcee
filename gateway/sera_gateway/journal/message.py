"""One message as it came, and as the journal numbers it."""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

from sera_vocabulary.durations import SECOND_NS

_PACK: Final = struct.Struct("<qqBBBqq").pack
# No broker hands a message over at QoS 3: such a row is the journal's own, and no client can write one.
OWN_QOS: Final = 3


class Message(NamedTuple):
    """One message as the broker handed it over; `received_ns` is Unix time [ns]."""

    received_ns: int
    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    dup: bool = False
    mid: int = 0
    connection: int = 0


class Entry(NamedTuple):
    """One message of the journal with its number."""

    number: int
    received_ns: int
    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    mid: int
    connection: int

    @property
    def received_s(self) -> int:
        """When it came, Unix time [s]."""
        return self.received_ns // SECOND_NS


class TopicSize(NamedTuple):
    """How many messages of a topic there are, and how long their payloads are together [bytes]."""

    topic: str
    messages: int
    size: int


def checksum(number: int, message: Message) -> int:
    """Return the CRC-32 of a message with its number, which shows whether it still is what was written."""
    received_ns, topic, payload, qos, retain, dup, mid, connection = message
    head = _PACK(number, received_ns, qos, retain, dup, mid, connection)
    return zlib.crc32(payload, zlib.crc32(topic.encode(), zlib.crc32(head)))
