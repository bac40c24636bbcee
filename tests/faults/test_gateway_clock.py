"""A gateway whose clock was behind refuses no right reading for good, and says whose clock is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway_parts import NOW_NS, NOW_S, Log, batch, data_topic, message, plant, row
from ledger_parts import NODE, Way, replayed, way_in
from sera_gateway.arrival_clock import ArrivalClock
from sera_gateway.decode import reasons
from sera_store.records.rows import TIME_SUSPECT
from sera_store.registry.dead_letter_actions import REPLAY
from sera_vocabulary.quality import GOOD, SUSPECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY_S = 86_400


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "live") as way:
        plant(way.store, [NODE])
        yield way


def reading(seq: int, utc_s: int) -> bytes:
    """A batch of one record with its own time."""
    return batch([row(seq, 14.5, utc_s=utc_s)])


def flags(way: Way) -> list[int]:
    """The flags of all values in order of their sequence."""
    return [record.quality[0] for record in way.current()]


def test_a_clock_behind_the_journal_refuses_nothing_and_makes_nothing_suspect(way: Way) -> None:
    way.take(reading(1, NOW_S))
    way.take(reading(2, NOW_S + 60), received_s=NOW_S - 3 * DAY_S)
    assert way.letters() == []
    assert flags(way) == [GOOD, GOOD]
    span = way.store.clock_span()
    assert span is not None
    assert (span.first, span.last, span.behind_ns) == (2, 2, 3 * DAY_S * 10**9)


def test_what_a_late_clock_refused_comes_home_once_the_clock_is_right(way: Way) -> None:
    # Three days without power, and a clock that goes on from what it had saved: not behind the journal.
    way.take(reading(1, NOW_S))
    way.take(reading(2, NOW_S + 3 * DAY_S), received_s=NOW_S + 5)
    assert way.letters("waiting") == [reasons.TIME_OUT_OF_RANGE]

    way.take(reading(3, NOW_S + 3 * DAY_S + 60), received_s=NOW_S + 3 * DAY_S + 60)

    assert way.letters("waiting") == []
    assert [record.time_s for record in way.current()] == [NOW_S, NOW_S + 3 * DAY_S, NOW_S + 3 * DAY_S + 60]
    # It lay ahead of its own arrival, and nobody knows by now which of the two clocks was right.
    assert flags(way) == [GOOD, SUSPECT, GOOD]


def test_a_replay_is_judged_by_the_clock_of_whoever_orders_it(way: Way) -> None:
    way.take(reading(1, NOW_S), received_s=NOW_S - 3 * DAY_S)
    assert way.letters("waiting") == [reasons.TIME_OUT_OF_RANGE]
    way.order(REPLAY, 1)
    assert way.letters("waiting") == []
    assert [record.time_s for record in way.current()] == [NOW_S]


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_a_rebuild_judges_alike(way: Way, tmp_path: Path, chunk: int) -> None:
    arrivals = [0, 60, -3 * DAY_S, -3 * DAY_S + 7200, 120, 130, 40 * DAY_S, 41 * DAY_S, 41 * DAY_S + 10]
    times = [
        0,
        3 * DAY_S,
        90,
        DAY_S + 7000,
        40 * DAY_S,
        41 * DAY_S,
        41 * DAY_S + 4000,
        42 * DAY_S + 3,
        43 * DAY_S,
    ]
    for seq, (arrival_s, time_s) in enumerate(zip(arrivals, times, strict=True), 1):
        way.take(reading(seq, NOW_S + time_s), received_s=NOW_S + arrival_s)
    with replayed(way, tmp_path / "again", chunk) as again:
        assert again.state() == way.state()
        assert again.letters("waiting") == way.letters("waiting")
        assert again.sql("SELECT * FROM clock_behind") == way.sql("SELECT * FROM clock_behind")


def test_a_clock_that_was_far_ahead_once_is_not_believed_for_ever(way: Way) -> None:
    way.take(reading(1, NOW_S))
    way.take(reading(2, NOW_S + 1), received_s=NOW_S + 12_000 * DAY_S)
    for day in range(3):
        way.take(reading(3 + day, NOW_S + day * DAY_S), received_s=NOW_S + day * DAY_S + 10)
    way.take(reading(9, NOW_S + 8 * DAY_S), received_s=NOW_S + 3 * DAY_S)
    assert way.letters("waiting") == [reasons.TIME_OUT_OF_RANGE]


@pytest.mark.parametrize(
    ("ahead_s", "flag"), [(0, GOOD), (301, GOOD), (303, SUSPECT), (7200, SUSPECT), (DAY_S, SUSPECT)]
)
def test_a_time_well_ahead_of_its_arrival_is_suspect_whoever_sent_it(
    way: Way, ahead_s: int, flag: int
) -> None:
    way.take(reading(1, NOW_S + ahead_s))
    [record] = way.current()
    assert record.quality == (flag,)
    assert (TIME_SUSPECT in (record.detail or {})) == (flag == SUSPECT)


def test_a_suspect_time_stays_so_when_the_record_is_made_anew(way: Way) -> None:
    way.take(reading(1, NOW_S + 7200))
    way.store.registry.put(way.store.registry.nodes()[0], since_s=NOW_S - 9, by="a test")
    way.ledger.catch_up()
    [record] = way.current()
    assert record.quality == (SUSPECT,)


def test_a_clock_of_arrivals_reports_once_that_it_is_behind_and_once_that_it_is_right() -> None:
    now, log = [NOW_NS - 90 * 10**9], Log()
    clock = ArrivalClock(lambda: now[0], NOW_NS, log)
    assert (clock(), clock()) == (now[0], now[0])
    assert (log.events(), clock.behind_s) == (["clock_behind"], 90)
    now[0] = NOW_NS - 59 * 10**9
    clock()
    assert (log.events(), clock.behind_s) == (["clock_behind", "clock_right_again"], 0)


def test_messages_of_one_chunk_are_judged_one_after_the_other(way: Way) -> None:
    late = message(data_topic(NODE), reading(2, NOW_S + 60), NOW_S - 3 * DAY_S)
    way.journal.append([message(data_topic(NODE), reading(1, NOW_S)), late])
    way.ledger.catch_up()
    assert way.letters() == []
