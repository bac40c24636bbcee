"""Checks among neighbours of many rows at once end where a record at a time does, by the definition."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_gateway.checks import spike_revision
from sera_gateway.checks.spike_revision import watch
from sera_quality.limits import LIMITS
from sera_store.store import Store
from sera_vocabulary import quality
from store_parts import AIR

if TYPE_CHECKING:
    from sera_quality.limits import Limit
    from sera_store.ledger.ledger_writes import LedgerWrites
    from sera_store.records.rows import Record

# Near one another, a suspect spike away, a failing one away.
VALUES = {
    "air_temperature": (12.0, 12.5, 22.0, 45.0),
    "air_humidity": (10.0, 12.0, 60.0, 99.0),
    "soil_moisture": (0.2, 0.22, 0.41, 0.7),
    "soil_temperature": (10.0, 11.0, 15.5, 30.0),
    "illuminance": (0.0, 90_000.0),
}
LAYOUTS = (
    ("air", ("air_temperature", "air_humidity")),
    ("air", ("air_humidity", "illuminance", "air_temperature")),
    ("air", ("illuminance",)),
    ("soil", ("soil_moisture@1", "soil_moisture@2", "soil_temperature@2")),
    ("soil", ("soil_temperature@2", "soil_moisture@2")),
    ("clock", ()),
)
# What is no measure for others, and a null that passes for one.
BAD = ((None, quality.MISSING), (12.0, quality.FAIL), (0.3, quality.NOT_EVALUATED), (None, quality.GOOD))
NOTES = {quality.GOOD: "spike", quality.SUSPECT: "spike of a suspect value"}
RECORDS_AWAY, REACH_S = 8, 7200
PLACES = 120


def drawn(random: Random, seq: int, step_s: int, bad_share: float) -> Record:
    """Draw a record as its own values flag it."""
    series, columns = random.choices(LAYOUTS, (9, 9, 2, 3, 3, 1))[0]
    by_neighbours = random.random() < 0.1
    measures = (quality.SUSPECT,) if by_neighbours else (quality.GOOD, quality.GOOD, quality.SUSPECT)
    cells = [
        random.choice(BAD)
        if random.random() < bad_share
        else (random.choice(VALUES[measured(one)]), random.choice(measures))
        for one in columns
    ]
    return replace(
        AIR,
        seq=seq,
        series=series,
        garden=random.choices(("elm-yard", "oak-yard"), (9, 1))[0],
        time_s=None if random.random() < 0.03 else 1_780_000_000 + random.randrange(PLACES) * step_s,
        columns=columns,
        values=tuple(value for value, _ in cells),
        quality=tuple(flag for _, flag in cells),
        detail={"dated_by": "neighbours 1 2"} if by_neighbours else random.choice([None, {"why": "moved"}]),
    )


def measured(column: str) -> str:
    """The measurement of a column."""
    return column.partition("@")[0]


def put(writes: LedgerWrites, record: Record) -> None:
    """Append a record, or supersede the one of the same key, whatever flags that has by now."""
    known = writes.known(record.node, record.epoch, [record.seq]).get(record.seq)
    if known is None:
        writes.append([(record, b"")])
    else:
        assert known.record is not None
        writes.supersede(known.record, record)


def flagged(series: list[Record], place: int) -> Record:
    """Flag one record of a series, by the definition."""
    record = series[place]
    flags, notes = list(record.quality), {}
    for at, column in enumerate(record.columns):
        before, after = (neighbour(series, place, column, way) for way in (-1, 1))
        own = cell(record, column)
        if measured(column) in LIMITS and own and before and after:
            flag = by_difference(own[0], before[0], after[0], LIMITS[measured(column)])
            if flag > own[1]:
                flags[at], notes[f"check:{column}"] = flag, NOTES[own[1]]
    return replace(record, quality=tuple(flags), detail={**(record.detail or {}), **notes} or None)


def cell(record: Record, column: str) -> tuple[float | None, int] | None:
    """Value and flag of a column that is a measure for others."""
    if column not in record.columns:
        return None
    at = record.columns.index(column)
    is_measure = record.quality[at] in (quality.GOOD, quality.SUSPECT)
    return (record.values[at], record.quality[at]) if is_measure else None


def neighbour(series: list[Record], place: int, column: str, way: int) -> tuple[float | None, int] | None:
    """The nearest measure on one side, where it is near enough."""
    for away in range(1, RECORDS_AWAY + 1):
        if 0 <= place + way * away < len(series):
            other = series[place + way * away]
            if found := cell(other, column):
                return found if abs((other.time_s or 0) - (series[place].time_s or 0)) <= REACH_S else None
    return None


def by_difference(value: float | None, before: float | None, after: float | None, limit: Limit) -> int:
    """Flag a value that differs from both in one direction."""
    if value is None or before is None or after is None or (value - before) * (value - after) <= 0:
        return quality.GOOD
    least = min(abs(value - before), abs(value - after))
    return (
        quality.FAIL
        if least > limit.fail_spike
        else quality.SUSPECT
        if least > limit.suspect_spike
        else quality.GOOD
    )


def by_definition(records: dict[int, Record]) -> dict[int, Record]:
    """Flag all records, one at a time."""

    def origin(record: Record) -> tuple[str, str]:
        return record.series, record.garden

    found = {seq: record for seq, record in records.items() if record.time_s is None}
    dated = [record for record in records.values() if record.time_s is not None]
    for _, members in groupby(sorted(dated, key=origin), origin):
        series = sorted(members, key=lambda record: (record.time_s or 0, record.seq))
        found |= {record.seq: flagged(series, place) for place, record in enumerate(series)}
    return found


def current(writes: LedgerWrites) -> dict[int, Record]:
    """Current records by sequence."""
    known = writes.known(AIR.node, AIR.epoch, range(PLACES))
    return {seq: writes.stored(state.record).record for seq, state in known.items() if state.record}


@settings(max_examples=50)
@given(
    st.integers(0, 2**32),
    st.sampled_from([60, 900, 3000, REACH_S + 1]),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.sampled_from([1, 7, 40, 10_000]),
    st.sampled_from([1, 3, 250]),
)
def test_many_rows_at_once_are_flagged_as_one_record_at_a_time(
    seed: int, step_s: int, bad_share: float, rows: int, spans: int
) -> None:
    random, records = Random(seed), {}
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(spike_revision, "_ROWS_A_TRANSACTION", rows)
        patch.setattr(spike_revision, "_SPANS_AT_ONCE", spans)
        with Store.open(Path(folder)) as store:
            for _ in range(random.randint(1, 6)):
                with store.ledger() as writes:
                    for seq in random.choices(range(PLACES), k=random.choice([1, 5, 60])):
                        records[seq] = drawn(random, seq, step_s, bad_share)
                        put(writes, records[seq])
                    for _ in range(random.choice([0, 1, 500])):
                        watch(writes)
            with store.ledger() as writes:
                while watch(writes):
                    pass
                assert current(writes) == by_definition(records)
