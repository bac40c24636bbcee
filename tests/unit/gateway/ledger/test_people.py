"""What people enter: taken from their own channel alone, and taken back by a message that names the key."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_parts import COMMUNITY, GARDEN, NOW_S, SINCE_S, batch, data_topic, plant, row
from ledger_parts import NODE, Way, assert_same, way_in
from sera_gateway.decode import reasons
from sera_pages.sending.messages import FitCount, Key, Withdrawal, payload, people_topic
from sera_store.registry.entities import PAGES_WAY, Garden, Node
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNTER, OTHER = "person-a", "person-b"
TOPIC = people_topic(COMMUNITY, COUNTER)
EPOCHS = ("0000000a", "ffffffff")


def settle(way: Way) -> None:
    plant(way.store, [NODE])
    for name in (COUNTER, OTHER):
        counter = Node(name, GARDEN, "person", way_in=PAGES_WAY)
        way.store.registry.put(counter, since_s=SINCE_S, by="a test")


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path) as opened:
        settle(opened)
        yield opened


def count(seq: int, epoch: str = EPOCHS[0], insects: int = 3) -> bytes:
    counts = {**dict.fromkeys(GROUP_NAMES, 0), "bumblebees": insects}
    return payload(FitCount(NOW_S - 60 * seq, 600, counts, "ivy"), Key(epoch, seq))


def withdrawal(seq: int, of: Key, epoch: str = EPOCHS[0]) -> bytes:
    return payload(Withdrawal(of, NOW_S), Key(epoch, seq))


def dated(way: Way) -> list[tuple[str, str, int]]:
    """Keys of the counts that are in a series."""
    return [
        (record.node, record.epoch, record.seq)
        for record in way.current()
        if record.time_s is not None and record.series == "counts"
    ]


def test_a_count_is_a_record_of_its_counter_and_garden(way: Way) -> None:
    way.take(count(1), topic=TOPIC)
    [record] = way.current()
    assert (record.node, record.garden, record.series, record.values[0]) == (COUNTER, GARDEN, "counts", 3)
    assert way.letters() == []


def test_a_count_comes_from_the_channel_of_people_alone(way: Way) -> None:
    way.take(count(1), topic=data_topic(COUNTER))
    assert (way.letters(), way.current()) == ([reasons.OTHER_WAY], [])


def test_a_node_does_not_speak_on_the_channel_of_people(way: Way) -> None:
    way.take(batch([row(1, 14.5)]), topic=people_topic(COMMUNITY, NODE))
    way.take(batch([row(1, 14.5, utc_s=None)], e="0000000b"), topic=people_topic(COMMUNITY, NODE))
    assert way.letters() == [reasons.OTHER_WAY] * 2
    assert way.current() == []


@pytest.mark.parametrize("first", ["count", "withdrawal"])
def test_what_is_taken_back_is_in_no_series_and_stays_in_the_account(way: Way, first: str) -> None:
    messages = [count(1), withdrawal(2, Key(EPOCHS[0], 1))]
    for message in messages if first == "count" else reversed(messages):
        way.take(message, topic=TOPIC)
    assert dated(way) == []
    account = way.account(COUNTER)
    assert (account.made, account.stored, account.undated, account.missing) == (2, 1, 1, 0)


def test_a_withdrawal_takes_back_nothing_of_another_counter_and_nothing_of_a_node(way: Way) -> None:
    way.take(count(1), topic=people_topic(COMMUNITY, OTHER))
    way.take(batch([row(1, 14.5)], e=EPOCHS[0]))
    way.take(withdrawal(1, Key(EPOCHS[0], 1)), topic=TOPIC)
    assert dated(way) == [(OTHER, EPOCHS[0], 1)]
    assert [record.time_s for record in way.current() if record.node == NODE] == [NOW_S]


def test_what_was_taken_back_stays_so_when_it_comes_again_or_its_garden_changes(way: Way) -> None:
    way.take(count(1), withdrawal(2, Key(EPOCHS[0], 1)), topic=TOPIC)
    way.take(count(1), topic=TOPIC)
    moved = Garden("rose-court", COMMUNITY, None, "", 51.4, -2.5, "Europe/London")
    way.store.registry.put(moved, since_s=SINCE_S, by="a test")
    elsewhere = Node(COUNTER, "rose-court", "person", way_in=PAGES_WAY)
    way.store.registry.put(elsewhere, since_s=SINCE_S, by="a test")
    way.ledger.catch_up()
    assert dated(way) == []
    assert way.letters() == []


def test_a_record_of_another_device_of_the_same_counter_is_taken_back_by_its_epoch(way: Way) -> None:
    way.take(count(1), count(1, EPOCHS[1], 5), withdrawal(2, Key(EPOCHS[1], 1)), topic=TOPIC)
    assert dated(way) == [(COUNTER, EPOCHS[0], 1)]


MESSAGES = (
    count(1),
    count(2, insects=5),
    count(1, EPOCHS[1]),
    withdrawal(3, Key(EPOCHS[0], 1)),
    withdrawal(4, Key(EPOCHS[1], 1)),
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    order=st.sampled_from(list(permutations(range(len(MESSAGES))))),
    repeated=st.lists(st.integers(0, len(MESSAGES) - 1), max_size=3),
    cuts=st.sets(st.integers(1, 7)),
)
def test_in_any_order_in_any_parts_and_repeated_all_ends_as_a_rebuild_does(
    tmp_path_factory: pytest.TempPathFactory, order: tuple[int, ...], repeated: list[int], cuts: set[int]
) -> None:
    sequence = [MESSAGES[number] for number in (*order, *repeated)]
    folder = tmp_path_factory.mktemp("people")
    with way_in(folder / "live") as live, way_in(folder / "again") as again:
        settle(live)
        settle(again)
        start = 0
        for end in [*sorted(cut for cut in cuts if cut < len(sequence)), len(sequence)]:
            live.take(*sequence[start:end], topic=TOPIC)
            start = end
        again.take(*sequence, topic=TOPIC)
        assert dated(live) == [(COUNTER, EPOCHS[0], 2)]
        assert_same(live, again)
