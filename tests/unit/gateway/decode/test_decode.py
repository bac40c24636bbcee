"""Bad input, case by case: each ends with its reason, and one bad value or row spoils nothing but itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway_parts import EPOCH, NOW_S, batch, data_topic, entry, row
from sera_gateway.decode import reasons
from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import (
    DataMessage,
    IgnoredMessage,
    ProbesMessage,
    RejectedMessage,
    StatusMessage,
)
from sera_vocabulary import quality

TOPIC = data_topic("node-a")
YEAR_1970 = int(datetime(1970, 1, 2, tzinfo=UTC).timestamp())
YEAR_2106 = int(datetime(2106, 2, 7, tzinfo=UTC).timestamp())


def _data(payload: bytes) -> DataMessage:
    decoded = decode(entry(TOPIC, payload))
    assert isinstance(decoded, DataMessage), decoded
    return decoded


def test_a_sound_batch_is_read_whole() -> None:
    data = _data(batch([row(1, 14.5, None)], ["air_temperature", "air_humidity"]))
    [decoded_row] = data.rows
    assert (decoded_row.seq, decoded_row.uptime_s, decoded_row.utc_s, decoded_row.values) == (
        1,
        60,
        NOW_S,
        (14.5, None),
    )
    assert decoded_row.quality == (quality.GOOD, quality.MISSING)
    assert data.rejections == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xfe\x00rubbish", reasons.NOT_UTF8),
        (b"rubbish", reasons.NOT_JSON),
        (b"", reasons.NOT_JSON),
        (b"[" * 60_000, reasons.TOO_DEEP),
        (b"[1,2]", reasons.WRONG_SHAPE),
        (batch([row(1, 1.0)], e=None), reasons.WRONG_SHAPE),
        (batch([row(1, 1.0)], e="NOTHEX!!"), reasons.WRONG_SHAPE),
        (batch([row(1, 1.0)], n="many"), reasons.WRONG_SHAPE),
        (batch([row(5, 1.0)], f=9), reasons.WRONG_SHAPE),
        (batch([row(1, 1.0)], v=2), reasons.UNKNOWN_VERSION),
        (batch([row(1, 1.0)], s="aura"), reasons.UNKNOWN_STREAM),
        (batch([row(1, 1.0)], ["aura"]), reasons.UNKNOWN_MEASUREMENT),
        (batch([row(1, 1.0)], ["soil_moisture@1"]), reasons.WRONG_STREAM),
        (batch([row(seq, 1.0) for seq in range(1, 10)]), reasons.TOO_LARGE),
        (batch([row(1, 1.0)], p="x" * 1600), reasons.TOO_LARGE),
        (b" " * 70_000, reasons.TOO_LARGE),
    ],
)
def test_a_message_that_cannot_be_read_says_why(payload: bytes, reason: str) -> None:
    decoded = decode(entry(TOPIC, payload))
    assert isinstance(decoded, RejectedMessage)
    assert decoded.rejection.reason == reason
    assert decoded.rejection.detail


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("1", 1.0), reasons.WRONG_TYPE),
        (row(0, 1.0), reasons.WRONG_TYPE),
        ([True, 60, NOW_S, 2, 0, 1.0], reasons.WRONG_TYPE),
        (row(1, 1.0, uptime_s=1.5), reasons.WRONG_TYPE),
        (row(1, 1.0, flags=-1), reasons.WRONG_TYPE),
        (row(1, 1.0, utc_s="now"), reasons.WRONG_TYPE),
        (row(1, 1.0, utc_s=YEAR_1970), reasons.TIME_OUT_OF_RANGE),
        (row(1, 1.0, utc_s=YEAR_2106), reasons.TIME_OUT_OF_RANGE),
        (row(1, 1.0, utc_s=NOW_S + 90_000), reasons.TIME_OUT_OF_RANGE),
        (row(1, 1.0, 2.0), reasons.WRONG_SHAPE),
        (row(9, 1.0), reasons.WRONG_SHAPE),
        ("a row", reasons.WRONG_SHAPE),
        (None, reasons.WRONG_SHAPE),
    ],
)
def test_a_bad_row_is_refused_and_the_rows_beside_it_are_not(bad: Any, reason: str) -> None:
    data = _data(batch([row(2, 14.5), bad, row(3, 15.0)], n=4))
    assert [item.seq for item in data.rows] == [2, 3]
    assert [rejection.reason for rejection in data.rejections] == [reason]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "14.5", True, [1], {"a": 1}, 10**400])
def test_a_bad_value_becomes_none_and_is_noted(bad: Any) -> None:
    data = _data(batch([row(1, bad, 60.0)], ["air_temperature", "air_humidity"]))
    [decoded_row] = data.rows
    assert decoded_row.values == (None, 60.0)
    assert decoded_row.quality == (quality.FAIL, quality.GOOD)
    assert decoded_row.notes == {"refused:air_temperature": "no finite number"}


def test_a_value_outside_its_span_is_kept_and_flagged() -> None:
    [decoded_row] = _data(batch([row(1, 900.0)])).rows
    assert (decoded_row.values, decoded_row.quality) == ((900.0,), (quality.FAIL,))


def test_nan_is_other_content_than_null() -> None:
    hashes = {_data(batch([row(1, value)])).rows[0].content_hash for value in (None, float("nan"), 1.0)}
    assert len(hashes) == 3


def test_the_sequences_of_a_refused_batch_count_as_here() -> None:
    decoded = decode(entry(TOPIC, batch([row(4, 1.0), row(5, 1.0)], ["aura"])))
    assert isinstance(decoded, RejectedMessage)
    assert (decoded.rejection.epoch, decoded.rejection.seqs) == (EPOCH, (4, 5))


@pytest.mark.parametrize(
    ("topic", "retain", "expected"),
    [
        ("sera/v1/avon/node-a", False, reasons.TOPIC_OUTSIDE_SCHEME),
        ("sera/v2/avon/node-a/data", False, reasons.TOPIC_OUTSIDE_SCHEME),
        ("sera/v1/Avon/node-a/data", False, reasons.TOPIC_OUTSIDE_SCHEME),
        ("sera/v1/avon/x/data", False, reasons.TOPIC_OUTSIDE_SCHEME),
        ("zigbee2mqtt/kitchen", False, reasons.NO_MAPPING),
        ("zigbee2mqtt/kitchen", True, reasons.FOREIGN_RETAINED),
        ("sera/v1/avon/node-a/have", True, reasons.DOWN_CHANNEL),
    ],
)
def test_a_topic_that_is_no_nodes_data_says_what_it_is(topic: str, retain: bool, expected: str) -> None:
    decoded = decode(entry(topic, batch([row(1, 1.0)]), retain=retain))
    assert isinstance(decoded, RejectedMessage | IgnoredMessage)
    assert (decoded.rejection.reason if isinstance(decoded, RejectedMessage) else decoded.reason) == expected


def test_status_and_probes_are_read_and_rubbish_in_them_is_refused() -> None:
    topic = TOPIC.removesuffix("data")
    assert decode(entry(topic + "status", b"")) == IgnoredMessage(reasons.CLEARED)
    status = decode(entry(topic + "status", b'{"v":1,"e":"9f2c01aa","state":"online"}'))
    assert status == StatusMessage("avon", "node-a", "online", None, "", None, "")
    payload = (
        b'{"v":1,"state":"asleep","next_contact_s":3600,"firmware":"0.2.0","config":3,"refused":"pin 99"}'
    )
    assert decode(entry(topic + "status", payload)) == StatusMessage(
        "avon", "node-a", "asleep", 3600, "0.2.0", 3, "pin 99"
    )
    rubbish = b'{"v":1,"state":"asleep","next_contact_s":-1,"firmware":7,"config":1e300,"refused":[]}'
    assert decode(entry(topic + "status", rubbish)) == StatusMessage(
        "avon", "node-a", "asleep", None, "", None, ""
    )
    probes = decode(entry(topic + "probes", b'{"v":1,"p":"a1","probes":[[1,"ds18b20","28ff"]]}'))
    assert probes == ProbesMessage("avon", "node-a", "a1", [(1, "ds18b20", "28ff")])
    for payload, reason in ((b"{", reasons.NOT_JSON), (b'{"v":1}', reasons.WRONG_SHAPE)):
        refused = decode(entry(topic + "probes", payload))
        assert isinstance(refused, RejectedMessage)
        assert refused.rejection.reason == reason
