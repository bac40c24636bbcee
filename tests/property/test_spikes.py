"""Checks among neighbours of many rows at once end where a record at a time does, by the definition."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.checks_by_definition import by_definition, enter, measured
from ledger_parts import put
from sera_gateway.checks import end_reading, series_checks, series_revision
from sera_gateway.checks.limits_in_force import LimitsInForce
from sera_gateway.checks.series_checks import SeriesChecks
from sera_quality.limits import LIMITS
from sera_store.store import Store
from sera_vocabulary import quality
from store_parts import AIR
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.rows import Record

# Near one another, a suspect spike away, a failing one away.
VALUES = {
    "air_temperature": (12.0, 12.5, 22.0, 45.0),
    "soil_moisture_raw": (1500.0, 1600.0, 70.0, 9000.0),
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
    ("soil", ("soil_temperature@2", "soil_moisture@2", "soil_moisture_raw@2")),
    ("clock", ()),
)
# What is no measure for others, and a null that passes for one.
BAD = ((None, quality.MISSING), (12.0, quality.FAIL), (0.3, quality.NOT_EVALUATED), (None, quality.GOOD))
NOTES = {quality.GOOD: "", quality.SUSPECT: " of a suspect value"}
# So short that what a script draws stands still for as long, and longer.
STILL_S = {"air_temperature": (2000, 9000), "soil_moisture_raw": (5000, 30_000)}
RECORDS_AWAY, REACH_S = 8, 7200
PLACES = 120
# Gardens with limits of their own, whose rows are all checked with what is beside them, and gardens without,
# whose rows are flagged by how their series ended.
OWN_LIMITS, TABLE_LIMITS = ("elm-yard", "oak-yard"), ("ash-yard", "fir-yard")


class Script(NamedTuple):
    """How records are drawn, come and are checked.

    Parameters
    ----------
    step_s
        From one place in time to the next [s].
    bad_share, still_share, ordered_share, start_share
        Of the values those that are no measure, and the very same one; of the batches those that come in
        order, and before which the process has begun again.
    elsewhere
        To nine records of one garden so many of another.
    gardens
        The two gardens.
    rows, spans
        How many rows a pass takes, and spans are read at once.
    """

    step_s: int
    bad_share: float
    still_share: float
    ordered_share: float
    start_share: float
    elsewhere: int
    gardens: tuple[str, str]
    rows: int
    spans: int


def drawn(random: Random, script: Script, seq: int, place: int) -> Record:
    """Draw a record of a place in time as its own values flag it; a share of the values is the same one."""
    series, columns = random.choices(LAYOUTS, (9, 9, 2, 3, 3, 1))[0]
    by_neighbours = random.random() < 0.1
    measures = (quality.SUSPECT,) if by_neighbours else (quality.GOOD, quality.GOOD, quality.SUSPECT)
    cells = [
        random.choice(BAD)
        if random.random() < script.bad_share
        else (value_of(random, measured(column), script.still_share), random.choice(measures))
        for column in columns
    ]
    return replace(
        AIR,
        seq=seq,
        series=series,
        garden=random.choices(script.gardens, (9, script.elsewhere))[0],
        time_s=None if random.random() < 0.03 else 1_780_000_000 + place * script.step_s,
        columns=columns,
        values=tuple(value for value, _ in cells),
        quality=tuple(flag for _, flag in cells),
        detail={"dated_by": "neighbours 1 2"} if by_neighbours else random.choice([None, {"why": "moved"}]),
    )


def batch(random: Random, *, is_ordered: bool, after: int) -> list[tuple[int, int]]:
    """Draw sequences and places in time: what comes next in both, or any of them, new or not."""
    count = random.choice([1, 5, 15, 60])
    if is_ordered:
        return [(seq, seq) for seq in range(after + 1, min(after + 1 + count, PLACES))]
    return [(seq, random.randrange(PLACES)) for seq in random.choices(range(PLACES), k=count)]


def value_of(random: Random, name: str, still_share: float) -> float:
    """Draw a value of a measurement."""
    return VALUES[name][0] if random.random() < still_share else random.choice(VALUES[name])


def current(writes: LedgerTransaction) -> dict[int, Record]:
    """Current records by sequence."""
    states = writes.keys.states(AIR.node, AIR.epoch, range(PLACES))
    return {seq: writes.records.stored(state.record).record for seq, state in states.items() if state.record}


@contextmanager
def still_soon() -> Iterator[pytest.MonkeyPatch]:
    """Let values stand still for too long after a few records."""
    with pytest.MonkeyPatch.context() as patch:
        for name, still_s in STILL_S.items():
            patch.setitem(LIMITS, name, LIMITS[name]._replace(still_s=still_s))
        yield patch


def check(random: Random, script: Script) -> None:
    """Have records come and be checked as a script says, and compare them with the definition."""
    records: dict[int, Record] = {}
    with TemporaryDirectory() as folder, still_soon() as patch:
        patch.setattr(series_checks, "_ROWS_A_TRANSACTION", script.rows)
        for module in (series_revision, end_reading):
            patch.setattr(module, "SPANS_AT_ONCE", script.spans)
        with Store.open(Path(folder)) as store:
            enter(store.registry)
            checks = SeriesChecks(LimitsInForce(store.registry))
            for _ in range(random.choice([1, 3, 6, 20])):
                # As after a start nothing is known of how series end.
                checks = (
                    SeriesChecks(LimitsInForce(store.registry))
                    if random.random() < script.start_share
                    else checks
                )
                with store.ledger() as writes:
                    is_ordered = random.random() < script.ordered_share
                    for seq, place in batch(random, is_ordered=is_ordered, after=max(records, default=-1)):
                        records[seq] = drawn(random, script, seq, place)
                        put(writes, records[seq])
                    for _ in range(random.choice([0, 1, 500])):
                        checks.step(writes)
            with store.ledger() as writes:
                while checks.step(writes):
                    pass
                assert current(writes) == by_definition(records)


@pytest.mark.slow
@settings(max_examples=examples(50))
@given(
    st.integers(0, 2**32),
    st.builds(
        Script,
        step_s=st.sampled_from([60, 900, 3000, REACH_S + 1]),
        bad_share=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
        still_share=st.sampled_from([0.0, 0.9, 0.98, 1.0]),
        ordered_share=st.sampled_from([0.0, 0.5]),
        start_share=st.just(0.2),
        elsewhere=st.just(1),
        gardens=st.sampled_from([OWN_LIMITS, TABLE_LIMITS]),
        rows=st.sampled_from([1, 7, 40, 10_000]),
        spans=st.sampled_from([1, 3, 250]),
    ),
)
def test_many_rows_at_once_are_flagged_as_one_record_at_a_time(seed: int, script: Script) -> None:
    check(Random(seed), script)


@pytest.mark.slow
@settings(max_examples=examples(100))
@given(
    st.integers(0, 2**32),
    st.builds(
        Script,
        step_s=st.sampled_from([60, 400, 900]),
        bad_share=st.sampled_from([0.0, 0.1, 0.8]),
        still_share=st.sampled_from([0.5, 0.98, 1.0]),
        ordered_share=st.sampled_from([0.8, 1.0]),
        start_share=st.sampled_from([0.0, 0.5]),
        elsewhere=st.sampled_from([0, 9]),
        gardens=st.just(TABLE_LIMITS),
        rows=st.sampled_from([7, 10_000]),
        spans=st.sampled_from([1, 250]),
    ),
)
def test_rows_that_come_in_order_are_flagged_by_how_their_series_ended(seed: int, script: Script) -> None:
    check(Random(seed), script)


def reading(seq: int, place: int, value: float | None, garden: str) -> Record:
    """A record of one value, or of a sensor that failed."""
    return replace(
        AIR,
        seq=seq,
        garden=garden,
        time_s=1_780_000_000 + 60 * place,
        columns=("air_temperature",),
        values=(value,),
        quality=(quality.MISSING if value is None else quality.GOOD,),
    )


def assert_by_definition(batches: Sequence[Sequence[Record]], starts: Sequence[int] = ()) -> None:
    """Have batches come, the process begin again before some of them, and compare with the definition."""
    with TemporaryDirectory() as folder, still_soon(), Store.open(Path(folder)) as store:
        enter(store.registry)
        checks = SeriesChecks(LimitsInForce(store.registry))
        for number, records in enumerate(batches):
            if number in starts:
                checks = SeriesChecks(LimitsInForce(store.registry))
            with store.ledger() as writes:
                for record in records:
                    put(writes, record)
                while checks.step(writes):
                    pass
        with store.ledger() as writes:
            assert current(writes) == by_definition({row.seq: row for rows in batches for row in rows})


@pytest.mark.slow
@pytest.mark.parametrize("garden", [OWN_LIMITS[0], TABLE_LIMITS[0]])
@pytest.mark.parametrize("away", [RECORDS_AWAY - 1, RECORDS_AWAY, RECORDS_AWAY + 1])
def test_a_measure_is_a_neighbour_up_to_eight_records_away(garden: str, away: int) -> None:
    gap = [None] * (away - 1)
    values = [12.0, 12.5, *gap, 45.0, *gap, 12.0, 12.5]
    rows = [reading(seq, seq, value, garden) for seq, value in enumerate(values)]
    assert_by_definition([rows])
    assert_by_definition([[row] for row in rows])
    still = [reading(seq, seq, value, garden) for seq, value in enumerate([12.0, *gap] * 9)]
    assert_by_definition([[row] for row in still])


@pytest.mark.slow
@pytest.mark.parametrize("before", [15, 16, 17, 34, 50])
def test_a_value_that_stood_still_before_a_start_goes_on_standing_still(before: int) -> None:
    rows = [reading(seq, seq, 12.0, TABLE_LIMITS[0]) for seq in range(before + 2)]
    assert_by_definition([rows[:before], rows[before : before + 1], rows[before + 1 :]], starts=[1])


@pytest.mark.slow
@pytest.mark.parametrize("garden", [OWN_LIMITS[0], TABLE_LIMITS[0]])
@pytest.mark.parametrize("at", [30, 50])
def test_a_late_value_within_a_still_stretch_reaches_all_of_it(garden: str, at: int) -> None:
    rows = [reading(seq, 2 * seq, 12.0, garden) for seq in range(59)]
    assert_by_definition([rows, [reading(100, 2 * at + 1, 12.5, garden)]])
    rows[40] = reading(40, 80, 45.0, garden)
    assert_by_definition([rows, [reading(100, 2 * at + 1, 12.5, garden)]])


@pytest.mark.slow
@pytest.mark.parametrize("edge", [1, 100])
def test_what_lies_at_the_edge_of_what_a_late_value_reaches_is_seen_with_what_is_beyond(edge: int) -> None:
    # 42 hours, the longest stillness and its neighbours, are 50 places of 50 minutes.
    values = [12.0 if 40 <= seq <= 60 else (12.0, 12.5)[seq % 2] for seq in range(118)]
    values[edge] = 45.0
    rows = [reading(seq, 50 * seq, value, TABLE_LIMITS[0]) for seq, value in enumerate(values)]
    assert_by_definition([rows, [reading(119, 50 * 50 + 25, 12.5, TABLE_LIMITS[0])]])
