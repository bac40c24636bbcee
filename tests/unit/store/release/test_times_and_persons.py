"""Times and persons: nothing that leaves says when somebody was at home, or who it was."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_store.calendar import epoch_day
from sera_store.registry.entities import Community, Garden, Node
from sera_store.release.persons import Pseudonyms, draw_counter_id
from sera_store.release.readings import ReleasedReading, released_readings
from sera_store.release.times import (
    Resolution,
    released_time,
    released_time_s,
    released_uncertainty_s,
    resolution_of,
)
from sera_vocabulary.topics import is_name
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.records.records import Record
    from sera_store.store import Store

    Append = Callable[..., list[int]]

ZONES = ("Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC")
PERSON = "person-0f3a9c41d2"


@given(st.integers(0, 4_000_000_000), st.sampled_from(ZONES), st.sampled_from(Resolution))
def test_a_time_leaves_as_the_local_hour_or_day_that_it_lies_in(
    time_s: int, timezone: str, resolution: Resolution
) -> None:
    begin_s = released_time_s(time_s, timezone, resolution)

    assert begin_s <= time_s
    assert released_time_s(begin_s, timezone, resolution) == begin_s
    local, begin = (datetime.fromtimestamp(item, ZoneInfo(timezone)) for item in (time_s, begin_s))
    assert (local.date(), local.hour if resolution is Resolution.HOUR else 0) == (begin.date(), begin.hour)
    assert time_s - begin_s < (2 * 3_600 if resolution is Resolution.HOUR else 25 * 3_600)


@given(st.integers(0, 4_000_000_000), st.sampled_from(ZONES))
def test_a_day_is_made_of_whole_hours(time_s: int, timezone: str) -> None:
    hour_s = released_time_s(time_s, timezone, Resolution.HOUR)

    assert released_time_s(hour_s, timezone, Resolution.DAY) == released_time_s(
        time_s, timezone, Resolution.DAY
    )


def test_an_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    first = int(datetime.fromisoformat("2026-10-25T01:30:00+01:00").timestamp())
    written = [released_time(first + shift, "Europe/London", Resolution.HOUR) for shift in (0, 3_600)]
    assert written == ["2026-10-25T01:00:00+01:00", "2026-10-25T01:00:00+00:00"]


@pytest.mark.parametrize(
    ("measurement", "by_person", "resolution"),
    [
        ("bumblebees", True, Resolution.DAY),
        ("air_temperature", True, Resolution.DAY),
        ("bumblebees", False, Resolution.HOUR),
        ("passages", False, Resolution.HOUR),
        ("sound_level", False, Resolution.DAY),
        ("soil_moisture", False, Resolution.HOUR),
    ],
)
def test_counts_of_people_and_sound_leave_by_day_and_all_else_by_hour(
    measurement: str, by_person: bool, resolution: Resolution
) -> None:
    assert resolution_of(measurement, by_person=by_person) is resolution


def test_an_uncertainty_is_never_less_than_the_hour_or_day() -> None:
    output = [released_uncertainty_s(time_s, Resolution.HOUR) for time_s in (0, 3_600, 3_601)]
    assert output == [3_600, 3_600, 7_200]


def test_pseudonyms_hold_in_one_output_and_cannot_be_put_together() -> None:
    first, second = Pseudonyms(), Pseudonyms()
    assert first.of(PERSON) == first.of(PERSON)
    assert len({first.of(PERSON), second.of(PERSON), first.of("person-aaaaaaaaaa"), PERSON}) == 4
    assert Pseudonyms(b"key").of(PERSON) == Pseudonyms(b"key").of(PERSON)


def test_a_counter_id_is_drawn() -> None:
    drawn = {draw_counter_id() for _ in range(100)}
    assert len(drawn) == 100
    assert all(is_name(time_s) for time_s in drawn)


@pytest.fixture
def garden(store: Store) -> Store:
    for entity in (
        Community("avon"),
        Garden("elm-yard", "avon", None, "", 51.4545, -2.5879, "Europe/London"),
        Node("node-a", "elm-yard", "none"),
        Node(PERSON, "elm-yard", "person"),
    ):
        store.registry.put(entity, since_s=0, by="test")
    return store


def read(store: Store, *series: str, node: str | None = None) -> list[ReleasedReading]:
    days = (epoch_day(date(2026, 1, 1)), epoch_day(date(2026, 12, 31)))
    return list(
        released_readings(
            store,
            "elm-yard",
            "Europe/London",
            series=series,
            days=days,
            pseudonyms=Pseudonyms(b"k"),
            licence=None,
            node=node,
        )
    )


def count(seq: int, time_s: int, bumblebees: float) -> Record:
    return replace(
        AIR,
        node=PERSON,
        seq=seq,
        series="counts",
        garden="elm-yard",
        time_s=time_s,
        columns=("bumblebees", "wasps"),
        values=(bumblebees, None),
        quality=(1, 9),
    )


def test_a_persons_count_leaves_by_day_under_a_pseudonym(garden: Store, append: Append) -> None:
    append(count(1, 1_780_000_000, 3.0))

    bumblebees, wasps = read(garden, "counts")

    assert bumblebees.node == wasps.node == Pseudonyms(b"k").of(PERSON)
    assert (bumblebees.time, bumblebees.value, wasps.value, wasps.flag) == ("2026-05-28", 3.0, None, 9)
    assert bumblebees.uncertainty_s == 86_400


def test_the_order_of_rows_tells_no_time(garden: Store, append: Append) -> None:
    noon, values = 1_779_966_000, (5.0, 1.0, 3.0)
    messages = []
    for epoch, order in enumerate(itertools.permutations(range(3))):
        counts = [count(1 + seq, noon + 600 * place, values[seq]) for seq, place in enumerate(order)]
        append(*[replace(item, epoch=f"{epoch:08x}") for item in counts])
        messages.append(read(garden, "counts"))
        with garden.ledger() as writes:
            for stored in list(garden.records.current(series="counts", start_s=0, end_s=2**40)):
                writes.records.supersede(stored.id, replace(stored.record, time_s=None))
    assert len({tuple(rows) for rows in messages}) == 1
    assert [row.value for row in messages[0]] == [1.0, 3.0, 5.0, None, None, None]


def test_sound_leaves_by_day_and_warmth_beside_it_by_hour(garden: Store, append: Append) -> None:
    append(replace(AIR, garden="elm-yard", columns=("air_temperature", "sound_level"), values=(14.5, 71.0)))

    output = {row.name: (row.node, row.time) for row in read(garden, "air")}

    assert output["sound_level"] == ("node-a", "2026-05-28")
    assert output["air_temperature"] == ("node-a", "2026-05-28T21:00:00+01:00")
