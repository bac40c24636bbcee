"""A value that stands out of its series is flagged once its neighbours are here, and stays what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway_parts import NOW_S, batch, plant, row
from ledger_parts import NODE, Way, replayed, way_in
from sera_quality.limits import COMPUTED_FROM, LIMITS, REACH_S
from sera_store.records.dead_letters import WAITING
from sera_vocabulary import quality
from sera_vocabulary.measurements import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD, SUSPECT, FAIL, MISSING = quality.GOOD, quality.SUSPECT, quality.FAIL, quality.MISSING


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "live") as way:
        plant(way.store, [NODE])
        yield way


def series(*values: Any, first: int = 1, step_s: int = 900) -> list[bytes]:
    """One batch a value, a quarter of an hour apart."""
    rows = [row(seq, value, utc_s=NOW_S - 80_000 + seq * step_s) for seq, value in enumerate(values, first)]
    return [batch([item], n=100) for item in rows]


def flags(way: Way) -> list[int]:
    """Flags of the current records, in order of sequence."""
    return [record.quality[0] for record in way.current()]


def test_a_spike_is_flagged_when_the_value_after_it_has_come(way: Way) -> None:
    way.take(*series(12.0, 12.2, 24.5))
    assert flags(way) == [GOOD, GOOD, GOOD]
    way.take(*series(12.1, first=4))
    assert flags(way) == [GOOD, GOOD, SUSPECT, GOOD]
    spike = way.current()[2]
    assert (spike.values, spike.detail) == ((24.5,), {"check:air_temperature": "spike"})
    way.take(*series(12.1, 60.0, 12.3, first=5))
    assert flags(way) == [GOOD, GOOD, SUSPECT, GOOD, GOOD, FAIL, GOOD]


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_the_order_of_arrival_changes_nothing(way: Way, tmp_path: Path, order: tuple[int, ...]) -> None:
    sent = series(12.0, 30.0, 12.2, 12.3, 12.4)
    for number in order:
        way.take(sent[number])
    assert flags(way) == [GOOD, SUSPECT, GOOD, GOOD, GOOD]
    with replayed(way, tmp_path / "rebuilt", 5) as fresh:
        assert fresh.state() == way.state()


def test_a_flag_goes_again_where_a_late_neighbour_makes_the_value_likely(way: Way) -> None:
    sent = series(12.0, 14.0, 16.0, 24.5, 30.0, 22.0, 12.0)
    way.take(sent[0], sent[3], sent[6])
    assert flags(way) == [GOOD, SUSPECT, GOOD]
    way.take(sent[1], sent[2], sent[4], sent[5])
    assert flags(way) == [GOOD] * 7
    assert all("check" not in str(record.detail) for record in way.current())


def test_a_value_that_is_suspect_by_itself_stays_so_when_its_other_flag_goes(way: Way) -> None:
    sent = series(12.0, 30.0, 45.0, 51.0, 46.0, 31.0, 12.0)
    way.take(sent[0], sent[3], sent[6])
    assert flags(way) == [GOOD, FAIL, GOOD]
    way.take(sent[1], sent[2], sent[4], sent[5])
    assert flags(way) == [GOOD, GOOD, GOOD, SUSPECT, GOOD, GOOD, GOOD]


def test_values_too_far_apart_are_no_neighbours(way: Way) -> None:
    way.take(*series(12.0, 40.0, 12.0, step_s=REACH_S + 1))
    assert flags(way) == [GOOD, GOOD, GOOD]


@pytest.mark.parametrize("late", [0, -1])
@pytest.mark.parametrize(("bad", "flag"), [(7, FAIL), (8, GOOD)])
def test_a_late_neighbour_counts_among_eight_records(way: Way, late: int, bad: int, flag: int) -> None:
    sent = series(12.0, *[900.0] * bad, 45.0, *[900.0] * bad, 12.0, step_s=600)
    last = sent.pop(late)
    way.take(*sent)
    way.take(last)
    assert flags(way) == [GOOD, *[FAIL] * bad, flag, *[FAIL] * bad, GOOD]


def test_what_fails_or_misses_by_itself_is_no_measure_for_its_neighbours(way: Way) -> None:
    way.take(*series(12.0, 12.1, 900.0, 12.2, None, 12.3, 12.4))
    assert flags(way) == [GOOD, GOOD, FAIL, GOOD, MISSING, GOOD, GOOD]
    assert way.letters(WAITING) == []


def test_what_is_possible_and_not_usual_is_suspect(way: Way) -> None:
    way.take(*series(51.0))
    assert flags(way) == [SUSPECT]


def test_every_limit_is_of_a_measurement_and_inside_what_it_can_be() -> None:
    for name, limit in LIMITS.items():
        measurement = COLUMNS[name]
        assert measurement.lowest <= limit.usual[0] < limit.usual[1] <= measurement.highest
        assert (limit.suspect_spike is None) == (limit.fail_spike is None)
        if limit.suspect_spike is not None and limit.fail_spike is not None:
            assert 0 < limit.suspect_spike < limit.fail_spike
        if limit.still_s is not None:
            assert REACH_S < limit.still_s[0] < limit.still_s[1]


def test_what_is_computed_from_a_measurement_has_limits_as_that_has() -> None:
    for source, targets in COMPUTED_FROM.items():
        assert {source, *targets} <= LIMITS.keys()
