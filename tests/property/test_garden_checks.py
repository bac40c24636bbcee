"""Checks in a garden of several nodes end where a record at a time does, by the definition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.checks_by_definition import NODES, PLACES, START_S, by_definition, enter, measured
from ledger_parts import put
from sera_gateway.checks import series_checks, series_revision
from sera_gateway.checks.garden import ranges
from sera_gateway.checks.limits_in_force import LimitsInForce
from sera_gateway.checks.series_checks import SeriesChecks
from sera_quality.limits import LIMITS
from sera_store.store import Store
from sera_vocabulary import quality
from store_parts import AIR
from strategies import examples

if TYPE_CHECKING:
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
    "garden_action": (1.0, 2.0),
    "rainfall": (0.0, 0.0, 0.0, 0.2),
}
LAYOUTS = (
    ("air", ("air_temperature", "air_humidity")),
    ("air", ("air_humidity", "illuminance", "air_temperature")),
    ("air", ("illuminance",)),
    ("air", ("rainfall", "air_temperature")),
    ("soil", ("soil_moisture@1", "soil_moisture@2", "soil_temperature@2")),
    ("soil", ("soil_temperature@1", "soil_temperature@2", "soil_temperature@3")),
    ("soil", ("soil_temperature@2", "soil_moisture@2", "soil_moisture_raw@2")),
    ("action", ("garden_action",)),
    ("clock", ()),
)
# What is no measure for others, and a null that passes for one.
BAD = ((None, quality.MISSING), (12.0, quality.FAIL), (0.3, quality.NOT_EVALUATED), (None, quality.GOOD))
# So short that what a script draws stands still for as long, and longer.
STILL_S = {"air_temperature": (2000, 9000), "soil_moisture_raw": (5000, 30_000)}


def drawn(
    random: Random,
    seq: int,
    step_s: int,
    bad_share: float,
    still_share: float,
    time_s: int | None,
    *,
    has_own: bool,
) -> Record:
    """Draw a record as its own values flag it, at any time for None; a share of its values is the same.

    It stands in gardens that have limits of their own, or in one that has none.
    """
    series, columns = random.choices(LAYOUTS, (9, 9, 2, 3, 3, 3, 3, 1, 1))[0]
    by_neighbours = random.random() < 0.1
    measures = (quality.SUSPECT,) if by_neighbours else (quality.GOOD, quality.GOOD, quality.SUSPECT)
    cells = [
        random.choice(BAD)
        if random.random() < bad_share
        else (value_of(random, measured(column), still_share), random.choice(measures))
        for column in columns
    ]
    return replace(
        AIR,
        node=NODES[seq % len(NODES)],
        seq=seq,
        series=series,
        garden=random.choices(("elm-yard", "oak-yard"), (9, 1))[0] if has_own else "ash-yard",
        time_s=None if random.random() < 0.03 else time_s or START_S + random.randrange(PLACES) * step_s,
        columns=columns,
        values=tuple(value for value, _ in cells),
        quality=tuple(flag for _, flag in cells),
        detail={"dated_by": "neighbours 1 2"} if by_neighbours else random.choice([None, {"why": "moved"}]),
    )


def value_of(random: Random, name: str, still_share: float) -> float:
    """Draw a value of a measurement."""
    return VALUES[name][0] if random.random() < still_share else random.choice(VALUES[name])


def current(writes: LedgerTransaction) -> dict[int, Record]:
    """Current records by sequence."""
    return {
        seq: writes.records.stored(state.record).record
        for node in NODES
        for seq, state in writes.keys.states(node, AIR.epoch, range(PLACES)).items()
        if state.record
    }


@pytest.mark.slow
@settings(max_examples=examples(50))
@given(
    st.integers(0, 2**32),
    st.sampled_from([60, 900, 3000, 7201]),
    st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    st.sampled_from([0.0, 0.9, 0.99, 1.0]),
    st.sampled_from([1, 7, 40, 10_000]),
    st.sampled_from([1, 3, 250]),
    st.sampled_from([1, 3, 24]),
    st.booleans(),
    st.sampled_from([True, False, False]),
)
def test_many_rows_at_once_are_flagged_as_one_record_at_a_time(
    seed: int,
    step_s: int,
    bad_share: float,
    still_share: float,
    rows: int,
    spans: int,
    bins: int,
    is_ordered: bool,
    has_own: bool,
) -> None:
    random, records = Random(seed), {}
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(series_checks, "_ROWS_A_TRANSACTION", rows)
        patch.setattr(series_revision, "SPANS_AT_ONCE", spans)
        patch.setattr(ranges, "BINS_MOST", bins)
        for name, still_s in STILL_S.items():
            patch.setitem(LIMITS, name, LIMITS[name]._replace(still_s=still_s))
        with Store.open(Path(folder)) as store:
            enter(store.registry)
            checks = SeriesChecks(LimitsInForce(store.registry))
            for _ in range(random.randint(1, 6)):
                with store.ledger() as writes:
                    for seq in random.choices(range(PLACES), k=random.choice([1, 5, 60])):
                        # As nearly all come: one after the other, each later than those before it.
                        place = max(records, default=-1) + 1 if is_ordered else seq
                        at_s = START_S + place * step_s // len(NODES) if is_ordered else None
                        if place < PLACES:
                            records[place] = drawn(
                                random, place, step_s, bad_share, still_share, at_s, has_own=has_own
                            )
                            put(writes, records[place])
                    for _ in range(random.choice([0, 1, 500])):
                        checks.step(writes)
            with store.ledger() as writes:
                while checks.step(writes):
                    pass
                assert current(writes) == by_definition(records)


def calm(random: Random, step_s: int, drift: float, rise_share: float) -> list[Record]:
    """Draw records of three nodes whose own series say nothing, while the nodes part and meet again."""
    columns = {
        "air": ("air_temperature", "rainfall"),
        "soil": ("soil_temperature@1", "soil_moisture@1"),
    }
    warmth = dict.fromkeys([(node, series) for node in NODES for series in columns], 12.0)
    moisture, ways = dict.fromkeys(NODES, 0.2), dict.fromkeys(warmth, 0)
    records = []
    for turn in range(PLACES // (2 * len(NODES))):
        for number, (node, series) in enumerate(warmth):
            if random.random() < 0.15:
                ways[node, series] = random.choice([-1, 0, 1])
            warmth[node, series] += ways[node, series] * random.uniform(0, drift)
            moisture[node] = 0.32 if random.random() < rise_share else 0.2
            values = (
                (warmth[node, series], 0.2 if random.random() < 0.05 else 0.0)
                if series == "air"
                else (warmth[node, series], moisture[node])
            )
            records.append(
                replace(
                    AIR,
                    node=node,
                    seq=turn * len(warmth) + number,
                    series=series,
                    garden="ash-yard",
                    time_s=START_S + turn * step_s + number,
                    columns=columns[series],
                    values=values,
                    quality=(quality.GOOD,) * 2,
                    detail=None,
                )
            )
    return records


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(
    st.integers(0, 2**32),
    st.sampled_from([300, 900, 2000]),
    st.sampled_from([2.0, 3.9]),
    st.sampled_from([0.0, 0.0, 0.02]),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([7, 10_000]),
    st.sampled_from([2, 24]),
)
def test_nodes_that_part_slowly_are_flagged_as_one_record_at_a_time(
    seed: int, step_s: int, drift: float, rise_share: float, late_share: float, rows: int, bins: int
) -> None:
    random = Random(seed)
    records = calm(random, step_s, drift, rise_share)
    is_late = {record.seq: random.random() < late_share for record in records}
    # What is late comes some turns later.
    arriving = sorted(records, key=lambda record: record.seq + is_late[record.seq] * random.randrange(40))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(series_checks, "_ROWS_A_TRANSACTION", rows)
        patch.setattr(ranges, "BINS_MOST", bins)
        with Store.open(Path(folder)) as store:
            checks = SeriesChecks(LimitsInForce(store.registry))
            while arriving:
                count = random.choice([1, 4, 30])
                now, arriving = arriving[:count], arriving[count:]
                with store.ledger() as writes:
                    for record in now:
                        put(writes, record)
                with store.ledger() as writes:
                    while checks.step(writes):
                        pass
                if random.random() < 0.1:
                    checks = SeriesChecks(LimitsInForce(store.registry))
            with store.ledger() as writes:
                assert current(writes) == by_definition({record.seq: record for record in records})
