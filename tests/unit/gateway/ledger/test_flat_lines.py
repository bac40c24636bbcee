"""A sensor that stands still for longer than its quantity does is flagged over the whole time it did."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gateway_parts import NOW_S, SINCE_S, batch, plant, row
from ledger_parts import NODE, Way, replayed, way_in
from sera_quality.stillness import equal_runs, stillness
from sera_store.registry.entities import Calibration, ProbePlace
from sera_vocabulary import quality

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD, SUSPECT, FAIL, MISSING = quality.GOOD, quality.SUSPECT, quality.FAIL, quality.MISSING
RAW, WARMTH, HOUR = "soil_moisture_raw@1", "soil_temperature@1", 3600


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "live") as way:
        plant(way.store, [NODE])
        yield way


def counts(*values: Any, first: int = 1, step_s: int = HOUR) -> list[bytes]:
    """One batch a raw count, an hour apart."""
    start_s = NOW_S - 90 * HOUR
    rows = [row(seq, value, utc_s=start_s + seq * step_s) for seq, value in enumerate(values, first)]
    return [batch([item], [RAW], n=1000, s="soil") for item in rows]


def flags(way: Way) -> list[int]:
    """Flags of the first column of the current records, in order of sequence."""
    return [record.quality[0] for record in way.current()]


def test_a_stuck_probe_is_suspect_after_a_day_and_fails_later_from_its_first_count_on(way: Way) -> None:
    way.take(*counts(1500.0, 1501.0, *[1490.0] * 24))
    assert flags(way) == [GOOD] * 26
    way.take(*counts(1490.0, first=27))
    assert flags(way) == [GOOD, GOOD, *[SUSPECT] * 25]
    way.take(*counts(*[1490.0] * 16, first=28))
    assert flags(way) == [GOOD, GOOD, *[FAIL] * 41]
    stuck = way.current()[-1]
    assert (stuck.values, stuck.detail) == ((1490.0,), {f"check:{RAW}": "flat line"})
    way.take(*counts(1495.0, 1490.0, first=44))
    assert flags(way) == [GOOD, GOOD, *[FAIL] * 41, GOOD, GOOD]


@pytest.mark.slow
def test_a_probe_that_comes_back_one_count_at_a_time_is_flagged_as_one_that_comes_at_once(way: Way) -> None:
    for payload in counts(1500.0, *[1490.0] * 60, 1491.0):
        way.take(payload)
    assert flags(way) == [GOOD, *[FAIL] * 60, GOOD]


@pytest.mark.slow
@pytest.mark.parametrize("step_s", [600, HOUR])
@pytest.mark.parametrize("late", [0, 1, 20, 30])
def test_a_late_count_that_moved_takes_flags_back_and_no_order_changes_any(
    way: Way, tmp_path: Path, late: int, step_s: int
) -> None:
    before, after = late * HOUR // step_s, 41 * HOUR // step_s
    sent = counts(*[1490.0] * before, 1600.0, *[1490.0] * after, step_s=step_s)
    last = sent.pop(before)
    way.take(*sent)
    assert flags(way) == [FAIL] * (before + after)
    way.take(last)
    # Each side of it is a run of its own.
    assert flags(way) == [*[SUSPECT if late > 24 else GOOD] * before, GOOD, *[FAIL] * after]
    with replayed(way, tmp_path / "rebuilt", 7) as fresh:
        assert fresh.state() == way.state()


@pytest.mark.parametrize(
    ("step_s", "steps", "flag"), [(600, 144, SUSPECT), (7000, 21, FAIL), (7200, 20, FAIL)]
)
@pytest.mark.parametrize("is_first_late", [True, False])
def test_a_late_end_makes_a_flat_line_long_enough_up_to_its_other_end(
    way: Way, step_s: int, steps: int, flag: int, is_first_late: bool
) -> None:
    sent = counts(*[1490.0] * (steps + 1), step_s=step_s)
    last = sent.pop(0 if is_first_late else -1)
    way.take(*sent)
    assert flag not in flags(way)
    way.take(last)
    assert flags(way) == [flag] * (steps + 1)


@pytest.mark.slow
def test_a_flat_line_stays_flagged_while_the_next_one_grows(way: Way) -> None:
    start_s = NOW_S - 90 * HOUR
    times = [start_s + 7000 * step for step in range(22)]
    times += [times[-1] + 3900 + 7000 * step for step in range(22)]
    for seq, time_s in enumerate(times, 1):
        way.take(batch([row(seq, 1490.0 + (seq > 22), utc_s=time_s)], [RAW], n=1000, s="soil"))
        assert seq < 22 or flags(way)[:22] == [FAIL] * 22
    assert flags(way) == [FAIL] * 44
    # Of each flat line 14 become suspect at once and 7 one by one, then all 22 fail; nothing else changes.
    assert way.sql("SELECT count(*) FROM records") == [(44 + 2 * (14 + 7 + 22),)]


def test_a_gap_ends_a_flat_line(way: Way) -> None:
    way.take(*counts(*[1490.0] * 23), *counts(*[1490.0] * 23, first=26))
    assert flags(way) == [GOOD] * 46
    # Two hours from the one after it, and one from the one before.
    way.take(*counts(1490.0, first=24))
    assert flags(way) == [FAIL] * 47


def test_what_fails_or_misses_by_itself_ends_no_flat_line(way: Way) -> None:
    way.take(*counts(*[1490.0] * 20, None, *[1490.0] * 10, 70_000.0, *[1490.0] * 12))
    assert flags(way) == [*[FAIL] * 20, MISSING, *[FAIL] * 10, FAIL, *[FAIL] * 12]
    assert [record.detail is None for record in way.current()].count(True) == 2


def test_humidity_and_soil_temperature_may_stand_still(way: Way) -> None:
    start_s = NOW_S - 90 * HOUR
    still = ((1, "air_humidity", 99.0, "air"), (101, WARMTH, 0.5, "soil"))
    for first, column, value, stream in still:
        rows = [row(seq, value, utc_s=start_s + (seq - first) * HOUR) for seq in range(first, first + 60)]
        way.take(*[batch([item], [column], n=1000, s=stream) for item in rows])
    assert flags(way) == [GOOD] * 120


def test_what_is_computed_from_a_stuck_count_fails_with_it(way: Way) -> None:
    for entity in (
        ProbePlace("c-1", NODE, 1, 0.1),
        # By the temperature that it takes out, the moisture moves although the count does not.
        Calibration(
            "c-1-a",
            "c-1",
            "soil_moisture_raw",
            "soil_moisture",
            (0.0, 0.0002),
            SINCE_S,
            raw_per_degree=2.0,
        ),
    ):
        way.store.registry.put(entity, since_s=SINCE_S, by="a test")
    start_s = NOW_S - 90 * HOUR
    rows = [row(seq, 1490.0, 10.0 + seq % 5, utc_s=start_s + seq * HOUR) for seq in range(1, 60)]
    way.take(*[batch([item], [RAW, WARMTH], n=1000, s="soil") for item in rows])

    records = way.current()
    assert len({record.values[2] for record in records}) == 5
    assert {record.columns for record in records} == {(RAW, WARMTH, "soil_moisture@1")}
    assert {record.quality for record in records} == {(FAIL, GOOD, FAIL)}


@pytest.mark.slow
@pytest.mark.shared
def test_a_year_of_a_real_probe_fails_nowhere_until_its_cable_sticks(way: Way, shared: Path) -> None:
    """Raw counts of a TMS-4 (myClim's example data); what stood still longest is suspect."""
    with (shared / "real/soil/tms4_soil_data_94184102_0.csv").open() as file:
        read = [(line[1], float(line[6])) for line in csv.reader(file, delimiter=";")]
    times = [
        int(datetime.strptime(text, "%Y.%m.%d %H:%M").replace(tzinfo=UTC).timestamp()) for text, _ in read
    ]
    values = [count for _, count in read]
    shift_s = NOW_S - 60 - times[-1]

    def take(first: int, counts: list[float]) -> None:
        rows = [row(seq, count, utc_s=times[seq - 1] + shift_s) for seq, count in enumerate(counts, first)]
        payloads = [batch(rows[at : at + 8], [RAW], n=20_000, s="soil") for at in range(0, len(rows), 8)]
        way.take(*payloads)

    half = 9000
    take(1, values[:half])
    take(half + 1, values[half - 1 : half] * 200 + values[half + 200 :])
    flagged = np.array(flags(way))
    whole = [*values[:half], *values[half - 1 : half] * 200, *values[half + 200 :]]
    assert (
        flagged.tolist() == stillness(equal_runs(np.array(whole), np.array(times)), 86_400, 144_000).tolist()
    )
    assert set(np.flatnonzero(flagged == FAIL)) >= set(range(half - 1, half + 200))
    assert 200 <= (flagged == FAIL).sum() <= 260
    assert 300 <= (flagged == SUSPECT).sum() <= 400
