"""Tombstones of erased messages: what they say, and that nobody outside can lay one."""

from __future__ import annotations

import msgspec
import pytest

from gateway_parts import EPOCH, NOW_S, batch, data_topic, entry, row
from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import ErasedMessage, RejectedMessage
from sera_gateway.decode.tombstones import TOPIC, tombstone_of, tombstone_row
from sera_gateway.errors import ProtocolError
from sera_gateway.journal.message import OWN_QOS, Entry, Message, checksum
from sera_gateway.mqtt.packets import V311, PacketReader

COUNTER = "counter-b"
ARRIVED = entry(data_topic(COUNTER), batch([row(3, 14.137), row(4, "no number"), ["no row"]], n=9))


def buried(message: Entry) -> Entry:
    *fields, crc32 = tombstone_row(message, tombstone_of(decode(message), 1, "asked for", {}))
    result = Entry(*fields)
    assert crc32 == checksum(result.number, Message(*fields[1:]))
    return result


def test_a_tombstone_keeps_keys_and_reach_and_nothing_that_was_measured() -> None:
    stone = buried(ARRIVED)

    assert decode(stone) == ErasedMessage("avon", COUNTER, EPOCH, (3, 4), 1, 9, 1)
    assert b"14.137" not in stone.payload
    assert (stone.topic, stone.qos, stone.mid) == (TOPIC, OWN_QOS, 0)
    assert stone.received_ns == NOW_S // 86_400 * 86_400 * 1_000_000_000


def test_the_same_from_outside_is_no_tombstone() -> None:
    stone = buried(ARRIVED)
    for topic in (TOPIC, data_topic(COUNTER)):
        for qos in (0, 1, 2):
            assert not isinstance(decode(stone._replace(topic=topic, qos=qos)), ErasedMessage)


def test_a_broker_cannot_bring_a_message_of_that_qos() -> None:
    topic = TOPIC.encode()
    body = len(topic).to_bytes(2, "big") + topic + b"\x00\x01" + buried(ARRIVED).payload
    packet = bytes([0x30 | OWN_QOS << 1, len(body) & 0x7F | 0x80, len(body) >> 7]) + body
    with pytest.raises(ProtocolError):
        PacketReader(V311).feed(packet)


def test_a_message_of_which_nothing_can_be_read_has_a_tombstone_too() -> None:
    stone = buried(entry(data_topic(COUNTER), b"no JSON"))
    assert decode(stone) == ErasedMessage("avon", COUNTER, None, (), 1, 1, None)


def test_a_damaged_row_of_the_journals_own_is_refused() -> None:
    stone = buried(ARRIVED)._replace(payload=msgspec.json.encode({"erasure": "x"}))
    assert isinstance(decode(stone), RejectedMessage)
