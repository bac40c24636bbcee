"""What a page says that Sera noticed comes from flags of the ledger, and goes where nothing was planned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gateway_parts import GARDEN, NOW_S, batch, data_topic, plant, row
from ledger_parts import NODE, Way, way_in
from sera_simulator.world.faults import MISSING_SENSOR, STUCK_SENSOR
from sera_simulator.world.season import season
from sera_store.local_clock import local_date
from sera_vocabulary.messages import ROWS_MOST
from sera_words.language import LANGUAGES, locale_of, speaking
from sera_workshop.views.days import Day
from sera_workshop.views.facts import GardenFacts
from sera_workshop.views.noticed import (
    BATTERY,
    MISSING_VALUES,
    REFUSED,
    STUCK,
    UNWATCHED,
    WAITED,
    Noticed,
    noticed,
    waiting_days,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_simulator.world.season import Season

FACTS = GardenFacts(GARDEN, "Elm Yard", "Europe/London")
HOUR_S = 3600
START_S = NOW_S - 20 * 24 * HOUR_S


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path / "live") as way:
        plant(way.store, [NODE])
        yield way


def send(way: Way, rows: list[list[Any]], columns: list[str], series: str) -> None:
    """Send rows in batches of as many as a node may send at once."""
    parts = [rows[first : first + ROWS_MOST] for first in range(0, len(rows), ROWS_MOST)]
    way.take(*[batch(part, columns, s=series) for part in parts])


def live(way: Way, planned: Season, node: str) -> tuple[Noticed, ...]:
    """Send what the soil sensors of a planned node read, an hour apart, and ask what was noticed."""
    node_season = planned.node_season(node)
    columns = [name for name in planned.node(node).columns if name.startswith("soil_")]
    places = [planned.node(node).columns.index(name) for name in columns]
    times_s = node_season.truth.time_s[::4].tolist()
    rows = []
    for seq, (utc_s, read) in enumerate(zip(times_s, node_season.values[::4].tolist(), strict=True), 1):
        values = [None if np.isnan(read[place]) else read[place] for place in places]
        rows.append(row(seq, *values, utc_s=utc_s))
    send(way, rows, columns, "soil")
    return noticed(way.store, [FACTS], {}, planned.start_s, planned.end_s)


@pytest.mark.parametrize(("kind", "code"), [(STUCK_SENSOR, STUCK), (MISSING_SENSOR, MISSING_VALUES)])
def test_a_planned_fault_of_a_sensor_is_noticed_and_without_it_nothing_is(
    way: Way, tmp_path: Path, kind: str, code: str
) -> None:
    planned = season(gardens=4, nodes=14, unlike=True)
    [fault] = [fault for fault in planned.faults if fault.kind == kind]
    [remark] = live(way, planned, fault.node)
    assert (remark.code, remark.garden) == (code, GARDEN)
    assert remark.first == local_date(fault.start_s, FACTS.timezone)
    assert remark.last == local_date(fault.end_s - 1, FACTS.timezone)
    assert remark.count == (fault.end_s - fault.start_s) // HOUR_S
    assert "Elm Yard" in remark.sentence("Elm Yard")

    with way_in(tmp_path / "whole") as other:
        plant(other.store, [NODE])
        assert live(other, replace(planned, faults=()), fault.node) == ()


def test_flags_alone_decide_and_not_that_values_are_alike(way: Way) -> None:
    """Twelve hours of one value are no fault to the ledger, and so none here."""
    counts = [1500.0 + hour for hour in range(24)] + [1490.0] * 12 + [1520.0 + hour for hour in range(24)]
    rows = [row(seq, value, utc_s=START_S + seq * HOUR_S) for seq, value in enumerate(counts, 1)]
    send(way, rows, ["soil_moisture_raw@1"], "soil")
    assert noticed(way.store, [FACTS], {}, START_S, NOW_S) == ()


def health(way: Way, name: str, values: list[float], **more: list[float]) -> None:
    names = [name, *more]
    columns = [values, *more.values()]
    rows = [
        row(seq, *read, utc_s=START_S + seq * 6 * HOUR_S)
        for seq, read in enumerate(zip(*columns, strict=True), 1)
    ]
    send(way, rows, names, "health")


def test_records_that_waited_are_told_with_how_many_and_since_when(way: Way) -> None:
    ages = [float(hours * HOUR_S) for hours in (3, 4, 10, 16, 22, 28, 4, 3)]
    health(way, "queue_age_s", ages, queue_length=[20.0, 20.0, 60.0, 110.0, 160.0, 210.0, 25.0, 20.0])
    [remark] = noticed(way.store, [FACTS], {}, START_S, NOW_S)
    assert (remark.code, remark.count) == (WAITED, 210)
    # The sixth row, and from it back the age of the oldest record that waited.
    end_s = START_S + 6 * 6 * HOUR_S
    assert remark.last == local_date(end_s, FACTS.timezone)
    assert remark.first == local_date(
        min(START_S + n * 6 * HOUR_S - ages[n - 1] for n in (4, 5, 6)), "Europe/London"
    )
    assert remark.first.isoformat() in waiting_days([remark], GARDEN)
    assert waiting_days([remark], "another") == frozenset()


def test_an_empty_battery_is_told_with_its_lowest_voltage(way: Way) -> None:
    health(way, "battery_voltage", [4.1, 4.0, 3.3, 3.1, 3.9])
    [remark] = noticed(way.store, [FACTS], {}, START_S, NOW_S)
    assert (remark.code, remark.value) == (BATTERY, 3.1)
    assert "3.10 V" in remark.sentence("Elm Yard")


def test_a_refused_message_is_told_of_its_garden(way: Way) -> None:
    way.take(batch([row(1, 0.5)], ["leaf_wetness"]), topic=data_topic(NODE))
    assert noticed(way.store, [FACTS], {}, START_S, NOW_S) == (Noticed(REFUSED, GARDEN, None, None, count=1),)


def test_days_without_watching_are_a_gap_each_spell_of_them(way: Way) -> None:
    counted = [5.0, None, None, 3.0, None]
    days = [Day(f"2026-05-{number:02d}", visits, 0.0) for number, visits in enumerate(counted, 4)]
    remark = noticed(way.store, [FACTS], {GARDEN: days}, START_S, NOW_S)
    assert [(entry.code, str(entry.first), str(entry.last), entry.count) for entry in remark] == [
        (UNWATCHED, "2026-05-05", "2026-05-06", 2),
        (UNWATCHED, "2026-05-08", "2026-05-08", 1),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [STUCK, MISSING_VALUES, "failed", UNWATCHED, BATTERY, WAITED, REFUSED])
def test_each_sentence_is_there_in_each_language(language: str, code: str) -> None:
    day = local_date(NOW_S, "Europe/London")
    entry: Any = Noticed(code, GARDEN, day, day, name="soil_moisture", count=3, value=3.1)
    with speaking(locale_of(language)):
        sentence = entry.sentence("Elm Yard")
    assert "Elm Yard" in sentence
    assert "{" not in sentence
    assert not sentence.startswith("noticed.")
