"""Entries as messages: what the decoder reads from them, and the same bytes for the same entry and key."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway_parts import NOW_S, message
from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import DataMessage
from sera_gateway.journal.message import Entry as JournalEntry
from sera_pages.sending.messages import FitCount, GardenAction, Key, Withdrawal, payload, people_topic
from sera_vocabulary.measurements import GARDEN_ACTIONS, GROUP_NAMES, TARGET_FLOWERS
from sera_vocabulary.messages import BATCH_BYTES_MOST
from sera_vocabulary.quality import GOOD

KEYS = st.builds(
    Key, st.integers(0, 2**32 - 1).map(lambda number: f"{number:08x}"), st.integers(1, 2**31 - 2)
)
COUNTS = st.builds(
    FitCount,
    ended_s=st.integers(NOW_S - 10**7, NOW_S),
    seconds=st.integers(1, 7200),
    counts=st.dictionaries(st.sampled_from(GROUP_NAMES), st.none() | st.integers(0, 10_000)),
    target_flower=st.sampled_from(TARGET_FLOWERS),
    flower_units=st.none() | st.integers(0, 100_000),
    patch_area=st.none() | st.floats(0, 1000, allow_nan=False),
    air_temperature=st.none() | st.floats(0, 35, allow_nan=False),
    cloud_cover=st.none() | st.integers(0, 100),
    wind_force=st.none() | st.integers(0, 12),
)
ACTIONS = st.builds(
    GardenAction,
    kind=st.sampled_from(GARDEN_ACTIONS),
    time_s=st.integers(NOW_S - 10**7, NOW_S),
    water_depth=st.none() | st.floats(0, 500, allow_nan=False),
    area=st.none() | st.floats(0, 1000, allow_nan=False),
)
WITHDRAWALS = st.builds(Withdrawal, key=KEYS, time_s=st.integers(NOW_S - 10**7, NOW_S))


def decoded(content: bytes) -> DataMessage:
    arrived = message(people_topic("oak", "person-1"), content, NOW_S)
    entry = JournalEntry(
        1, arrived.received_ns, arrived.topic, arrived.payload, arrived.qos, arrived.retain, arrived.dup,
        arrived.mid, arrived.connection,
    )  # fmt: skip
    read = decode(entry)
    assert isinstance(read, DataMessage)
    assert read.rejections == []
    return read


@given(COUNTS | ACTIONS | WITHDRAWALS, KEYS)
def test_what_is_entered_is_read_without_a_refusal_under_its_key(
    entry: FitCount | GardenAction | Withdrawal, key: Key
) -> None:
    content = payload(entry, key)
    assert len(content) <= BATCH_BYTES_MOST
    read = decoded(content)
    [row] = read.rows
    assert (read.channel, read.envelope.epoch, row.seq) == ("people", key.epoch, key.seq)
    stated = [flag for value, flag in zip(row.values, row.quality, strict=True) if value is not None]
    assert set(stated) <= {GOOD}


@given(COUNTS, KEYS)
def test_the_same_entry_and_key_are_the_same_bytes_and_the_same_values(count: FitCount, key: Key) -> None:
    again = replace(count, counts=dict(count.counts))
    assert payload(count, key) == payload(again, key)
    [row] = decoded(payload(count, key)).rows
    values = dict(zip(decoded(payload(count, key)).layout.names, row.values, strict=True))
    assert [values[name] for name in GROUP_NAMES] == [count.counts.get(name) for name in GROUP_NAMES]
    assert TARGET_FLOWERS[int(values["target_flower"] or 0)] == count.target_flower


def test_a_group_that_was_not_looked_at_is_missing_and_not_zero() -> None:
    count = FitCount(NOW_S, 600, {"bumblebees": 0}, "ivy")
    [row] = decoded(payload(count, Key("00000001", 1))).rows
    assert row.values[:2] == (0, None)
