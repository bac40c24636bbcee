"""What is journaled in place of messages beyond a budget: head and hash of one, and how many there were."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec

# The journal's own: a broker lets no client publish under `$`, and the receiver takes none that does.
RESERVED_ROOT: Final = "$sera/"
EXCESS_TOPIC: Final = RESERVED_ROOT + "excess"
HEAD_BYTES: Final = 96
TOPIC_MOST: Final = 200
_HASH_BYTES: Final = 16

# The limits, as they are named in dead letters, log and status.
BYTES_A_DAY: Final = "bytes_a_day"
MESSAGES: Final = "messages"
PACKET_BYTES: Final = "packet_bytes"
RESERVED_TOPIC: Final = "reserved_topic"


class Excess(msgspec.Struct, frozen=True):
    """Messages of one sender beyond one of its limits.

    Parameters
    ----------
    sender
        The node, or the crowd of senders that share a budget.
    limit
        Which one.
    topic, head, digest, size
        Topic, beginning and BLAKE2b-128 of one of them, and its length [bytes].
    messages, total_bytes
        How many they are, and their length together [bytes].
    """

    sender: str
    limit: str
    topic: str
    head: str
    digest: str
    size: int
    messages: int
    total_bytes: int


def payload_hash(payload: bytes) -> bytes:
    """Return the hash by which a message that was not kept can be recognised."""
    return blake2b(payload, digest_size=_HASH_BYTES).digest()


def started_hash() -> blake2b:
    """Return a hash to which a payload is added piece by piece."""
    return blake2b(digest_size=_HASH_BYTES)


def excess_payload(excess: Excess) -> bytes:
    """Write an excess as a payload for the journal."""
    return msgspec.json.encode(excess)


def read_excess(payload: bytes) -> Excess | None:
    """Read an excess from the journal, None where it is not one."""
    try:
        return msgspec.json.decode(payload, type=Excess)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def head_of(payload: bytes) -> str:
    """Return the beginning of a payload as text that is safe to print."""
    return payload[:HEAD_BYTES].decode("ascii", "backslashreplace")
