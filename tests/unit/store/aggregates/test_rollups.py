"""Roll-ups say what the current records say, whatever happened to them, by each garden's own clock."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sera_store.calendar import epoch_day
from sera_store.errors import InvalidEntryError
from sera_store.registry.registry import Community, Garden
from sera_store.store import ROLLUPS_FILE, Store
from sera_vocabulary.quality import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from store_parts import AIR
from strategies import GARDENS, examples, numbers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_store.aggregates.rollup_tables import RollupTable

ALWAYS = {"first": date(1990, 1, 1), "last": date(2100, 1, 1)}
LONDON, KOLKATA = "Europe/London", "Asia/Kolkata"


def put_gardens(store: Store, *, zones: tuple[str, ...] = (LONDON, KOLKATA)) -> None:
    store.registry.put(Community("avon"), since_s=0, by="test")
    for garden, zone in zip(GARDENS, zones, strict=True):
        result = Garden(garden, "avon", None, "", 51.5, -2.6, zone)
        store.registry.put(result, since_s=0, by="test")


def at(text: str, zone: str = LONDON) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def usable(value: float | None, flag: int) -> bool:
    return value is not None and flag not in (FAIL, MISSING)


def expected(store: Store, series: str, *, hours: bool) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Roll the current records up one by one, as slowly and plainly as possible."""
    result: dict[tuple[Any, ...], dict[str, Any]] = {}
    for stored in store.records.current(series=series, start_s=0, end_s=2**40):
        record = stored.record
        assert record.time_s is not None
        garden = store.registry.garden(record.garden)
        zone = ZoneInfo(garden.timezone if garden else "UTC")
        for key, value, flag in zip(record.columns, record.values, record.quality, strict=True):
            # Rain had fallen a second before; the air was as warm at the very moment.
            moment_s = record.time_s - (key == "rainfall")
            local = datetime.fromtimestamp(moment_s, UTC).astimezone(zone)
            window = (local.hour, local.utcoffset()) if hours else ()
            place = (record.node, record.community, record.garden, local.date(), *window, key)
            empty = {"values": [], "flags": [], "records": 0, "failed": 0, "uncertainty_s": 0}
            cell = result.setdefault(place, empty)
            cell["records"] += 1
            cell["failed"] += flag == FAIL
            if usable(value, flag):
                cell["values"].append(value)
                cell["flags"].append(flag)
                cell["uncertainty_s"] = max(cell["uncertainty_s"], record.uncertainty_s)
    return result


def rolled(table: RollupTable, *, hours: bool) -> dict[tuple[Any, ...], Any]:
    result = {}
    for row in range(len(table)):
        place, day = table.places[table.place[row]], table.date[row].astype(date)
        local = datetime.fromtimestamp(int(table.start_s[row]), ZoneInfo(place.timezone))
        assert local.date() == day
        window = (local.hour, local.utcoffset()) if hours else ()
        for key, cells in table.cells.items():
            if cells["records"][row]:
                result[place.node, place.community, place.garden, day, *window, key] = cells[row]
    return result


def assert_same(store: Store, series: str = "air") -> None:
    for width in ("day", "hour"):
        hours = width == "hour"
        rolled_up = rolled(store.rollups.read(series, width=width, **ALWAYS), hours=hours)  # type: ignore[arg-type]
        needed = expected(store, series, hours=hours)
        assert rolled_up.keys() == needed.keys()
        for place, cell in needed.items():
            assert rolled_up[place]["records"] == cell["records"]
            assert rolled_up[place]["count"] == len(cell["values"])
            assert rolled_up[place]["sum"] == pytest.approx(math.fsum(cell["values"]), abs=1e-6)
            assert rolled_up[place]["uncertainty_s"] == cell["uncertainty_s"]
            assert rolled_up[place]["failed"] == cell["failed"]
            for name, flag in (("good", GOOD), ("suspect", SUSPECT)):
                assert rolled_up[place][name] == cell["flags"].count(flag)
            if cell["values"]:
                assert rolled_up[place]["minimum"] == min(cell["values"])
                assert rolled_up[place]["maximum"] == max(cell["values"])
            else:
                assert np.isnan(rolled_up[place]["minimum"])


READINGS = st.builds(
    lambda node, garden, epoch, time_s, values, flags, two, uncertainty_s: replace(
        AIR,
        node=node,
        garden=garden,
        epoch=epoch,
        time_s=time_s,
        columns=("air_temperature", "rainfall") if two else ("air_temperature",),
        values=values if two else values[:1],
        quality=flags if two else flags[:1],
        uncertainty_s=uncertainty_s,
    ),
    st.sampled_from(("node-a", "node-b")),
    st.sampled_from(GARDENS),
    st.sampled_from(("9f2c01aa", "00000001")),
    # The last days of March: London's clock changes on the 29th, Kolkata's hours begin at half past.
    st.none()
    | st.integers(at("2026-03-28T20:00"), at("2026-03-30T06:00"))
    | st.integers(at("2026-03-28T20:00") // 1800, at("2026-03-30T06:00") // 1800).map(
        lambda half: half * 1800
    ),
    st.tuples(st.none() | numbers(-1e6, 1e6), st.none() | numbers(-1e6, 1e6)),
    st.tuples(*[st.sampled_from((GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING))] * 2),
    st.booleans(),
    st.integers(0, 2**33).map(lambda number: min(number, 2**32 - 1)),
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), READINGS),
        st.tuples(st.just("revise"), READINGS),
        st.tuples(st.just("step"), st.integers(1, 4)),
        st.tuples(st.just("clock"), st.sampled_from((LONDON, "Australia/Lord_Howe", "America/St_Johns"))),
    ),
    max_size=14,
)


def act(store: Store, heads: dict[tuple[str, str], dict[int, int]], kind: str, operand: Any) -> None:
    """Do one thing of those that may happen to records, to roll-ups and to the registry."""
    if kind == "step":
        store.rollups.step(operand)
    elif kind == "clock":
        put_gardens(store, zones=(operand, KOLKATA))
    else:
        sequences = heads.setdefault((operand.node, operand.epoch), {})
        with store.ledger() as writes:
            if kind == "revise" and sequences:
                seq = max(sequences)
                sequences[seq] = writes.records.supersede(sequences[seq], replace(operand, seq=seq))
            else:
                seq = len(sequences) + 1
                [sequences[seq]] = writes.records.append([(replace(operand, seq=seq), b"hash")])


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_the_windows_say_what_the_current_records_say(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, Any]]
) -> None:
    with Store.open(tmp_path_factory.mktemp("store")) as store:
        put_gardens(store)
        heads: dict[tuple[str, str], dict[int, int]] = {}
        for kind, label in acts:
            act(store, heads, kind, label)
        store.rollups.catch_up()

        assert store.rollups.behind() == 0
        assert_same(store)


def test_only_the_windows_that_a_row_touches_are_made_again(
    store: Store, append: Callable[..., list[int]], tmp_path: Path
) -> None:
    put_gardens(store)
    append(*[replace(AIR, seq=seq, time_s=at(f"2026-06-{seq:02}T12:00")) for seq in range(1, 11)])
    store.rollups.catch_up()
    raw = sqlite3.connect(tmp_path / "store" / ROLLUPS_FILE, isolation_level=None)
    raw.execute("CREATE TABLE made (day INTEGER)")
    raw.execute("CREATE TRIGGER noted AFTER INSERT ON days BEGIN INSERT INTO made VALUES (new.day); END")

    append(replace(AIR, seq=11, time_s=at("2026-06-04T23:59")))
    store.rollups.catch_up()

    assert raw.execute("SELECT day FROM made").fetchall() == [(epoch_day(date(2026, 6, 4)),)]
    raw.close()
    assert_same(store)


@pytest.mark.parametrize("zone", [LONDON, KOLKATA])
def test_rain_reported_at_midnight_makes_the_day_before_again(
    store: Store, append: Callable[..., list[int]], zone: str
) -> None:
    put_gardens(store, zones=(zone, zone))
    rain = replace(AIR, columns=("air_temperature", "rainfall"), values=(14.5, 1.5))
    append(replace(rain, time_s=at("2026-06-01T12:00", zone)))
    store.rollups.catch_up()
    [number] = append(replace(rain, seq=2, time_s=at("2026-06-02T00:00", zone)))
    store.rollups.catch_up()
    days = store.rollups.read("air", **ALWAYS)

    assert days.date.astype(str).tolist() == ["2026-06-01", "2026-06-02"]
    assert days.cells["rainfall"]["sum"].tolist() == [3.0, 0.0]
    assert days.cells["air_temperature"]["count"].tolist() == [1, 1]
    with store.ledger() as writes:
        writes.records.supersede(number, replace(rain, seq=2, time_s=at("2026-06-05T12:00", zone)))
    store.rollups.catch_up()
    assert_same(store)


def test_forgetting_a_span_of_kept_days_takes_the_amounts_at_its_first_midnight_with_it(
    store: Store, append: Callable[..., list[int]]
) -> None:
    put_gardens(store)
    midnight_s = at("2026-06-02T00:00")
    append(replace(VISIT, time_s=midnight_s), replace(VISIT, seq=2, time_s=at("2026-05-31T12:00")))
    store.rollups.catch_up()
    store.rollups.keep_before(at("2026-07-01T00:00"))
    store.rollups.forget_fixed("node-a", midnight_s, midnight_s + 3600)

    assert store.rollups.read("visits", **ALWAYS).date.astype(str).tolist() == ["2026-05-31"]


COUNT = replace(AIR, series="counts", columns=("bumblebees",), values=(4.0,), quality=(GOOD,))
VISIT = replace(AIR, series="visits", columns=("passages", "awake_s"), values=(9.0, 600.0), quality=(1, 1))


def test_days_of_an_earlier_form_are_made_again_but_for_those_whose_records_are_gone(tmp_path: Path) -> None:
    days_s = [at("2026-06-30T12:00"), at("2026-07-02T12:00")]
    failed = replace(AIR, quality=(FAIL,) * len(AIR.columns))
    records = [replace(failed, seq=seq, time_s=time_s) for seq, time_s in enumerate(days_s, 1)]
    with Store.open(tmp_path) as store:
        put_gardens(store)
        with store.ledger() as writes:
            writes.records.append([(record, repr(record).encode()) for record in records])
        store.rollups.catch_up()
        store.rollups.keep_before(at("2026-07-01T00:00"))
    database = sqlite3.connect(tmp_path / ROLLUPS_FILE)
    with closing(database), database:
        # As a store of before has them: `failed` was how many were not checked.
        database.execute("ALTER TABLE days DROP COLUMN form")
        database.execute("PRAGMA user_version = 1")
    with Store.open(tmp_path) as store:
        store.rollups.catch_up()
        cells = store.rollups.read("air", **ALWAYS).cells["air_temperature"]  # type: ignore[arg-type]
        assert cells["failed"].tolist() == [0, 1]
        assert cells["records"].tolist() == [1, 1]


def test_a_rate_divides_only_what_was_counted_while_somebody_was_awake(
    store: Store, append: Callable[..., list[int]]
) -> None:
    append(
        VISIT,
        replace(VISIT, seq=2, time_s=VISIT.time_s + 600, values=(5.0, None), quality=(1, 9)),
        replace(VISIT, seq=3, time_s=VISIT.time_s + 1200, values=(None, 600.0), quality=(9, 1)),
    )
    store.rollups.catch_up()
    table = store.rollups.read("visits", **ALWAYS)

    assert table.cells["passages"]["sum"].tolist() == [14.0]
    assert table.rate_per_s("passages").tolist() == [9.0 / 600.0]
    assert table.cells["awake_s"]["sum"].tolist() == [1200.0]
    assert table.good_share("passages").tolist() == [2 / 3]


def test_a_count_without_seconds_takes_those_of_the_visits_at_its_time(
    store: Store, append: Callable[..., list[int]]
) -> None:
    append(COUNT)
    store.rollups.catch_up()
    before = store.rollups.read("counts", **ALWAYS)
    append(replace(VISIT, seq=2))
    store.rollups.catch_up()
    after = store.rollups.read("counts", **ALWAYS)

    assert np.isnan(before.rate_per_s("bumblebees")).all()
    assert after.cells["bumblebees"]["effort_s"].tolist() == [600.0]


def test_windows_are_read_by_node_garden_community_and_local_date(
    store: Store, append: Callable[..., list[int]]
) -> None:
    put_gardens(store)
    late = at("2026-06-01T23:30")
    late_record = replace(AIR, time_s=late)
    append(
        late_record,
        replace(late_record, node="node-b", garden="oak-yard"),
        replace(late_record, node="node-c"),
    )
    store.rollups.catch_up()
    first = {"first": date(2026, 6, 1), "last": date(2026, 6, 1)}

    def nodes(**filters: Any) -> list[str]:
        table = store.rollups.read("air", **filters)
        return [table.places[place].node for place in table.place]

    # Half past eleven in London is the next day in Kolkata.
    assert nodes(**first) == ["node-a", "node-c"]
    assert nodes(**ALWAYS) == ["node-a", "node-b", "node-c"]
    assert nodes(node="node-c", **ALWAYS) == ["node-c"]
    assert nodes(garden="oak-yard", **ALWAYS) == ["node-b"]
    assert nodes(community="frome", **ALWAYS) == []
    assert store.rollups.read("air", ["air_humidity"], **ALWAYS).cells.keys() == {"air_humidity"}


def test_nodes_of_a_garden_and_of_a_community_are_put_together(
    store: Store, append: Callable[..., list[int]]
) -> None:
    put_gardens(store, zones=(LONDON, LONDON))
    append(
        AIR,
        replace(AIR, node="node-b", values=(20.5, None), quality=(GOOD, MISSING)),
        replace(AIR, node="node-c", garden="oak-yard", values=(10.0, 1.0)),
    )
    store.rollups.catch_up()
    table = store.rollups.read("air", **ALWAYS)
    gardens, community = table.summed("garden"), table.summed("community")

    assert [place.garden for place in gardens.places] == ["elm-yard", "oak-yard"]
    assert gardens.mean("air_temperature").tolist() == [17.5, 10.0]
    assert gardens.cells["air_humidity"]["count"].tolist() == [1, 1]
    assert gardens.good_share("air_humidity").tolist() == [0.5, 1.0]
    assert community.mean("air_temperature").tolist() == [15.0]
    assert len(store.rollups.read("soil", **ALWAYS).summed("garden")) == 0


@pytest.mark.parametrize("zone", [KOLKATA, "America/St_Johns", "Asia/Kathmandu"])
def test_a_reading_just_after_midnight_is_found_where_clocks_differ_by_less_than_an_hour(
    store: Store, append: Callable[..., list[int]], zone: str
) -> None:
    put_gardens(store, zones=(zone, zone))
    append(replace(AIR, time_s=at("2026-06-02T00:10", zone)))
    store.rollups.catch_up()
    append(replace(AIR, seq=2, time_s=at("2026-06-01T23:50", zone)))
    store.rollups.catch_up()

    assert_same(store)
    assert store.rollups.read("air", **ALWAYS).date.astype(str).tolist() == ["2026-06-01", "2026-06-02"]


def test_a_revision_leaves_the_window_where_the_record_was(
    store: Store, append: Callable[..., list[int]]
) -> None:
    [number, _] = append(
        replace(AIR, time_s=at("2026-06-01T12:00")), replace(AIR, seq=2, time_s=at("2026-06-01T13:00"))
    )
    store.rollups.catch_up()
    with store.ledger() as writes:
        writes.records.supersede(number, replace(AIR, time_s=at("2026-06-03T12:00"), garden="oak-yard"))
    store.rollups.catch_up()

    assert_same(store)
    assert store.rollups.read("air", **ALWAYS).cells["air_temperature"]["count"].tolist() == [1, 1]


def test_a_corrected_time_zone_moves_the_windows(store: Store, append: Callable[..., list[int]]) -> None:
    append(replace(AIR, time_s=at("2026-06-01T23:30")))
    store.rollups.catch_up()
    unknown = store.rollups.read("air", **ALWAYS)
    put_gardens(store, zones=(KOLKATA, LONDON))
    store.rollups.catch_up()
    sequences = store.rollups.read("air", **ALWAYS)

    assert unknown.places[0].timezone == "UTC"
    assert (unknown.date[0], sequences.date[0]) == (np.datetime64("2026-06-01"), np.datetime64("2026-06-02"))


def test_a_place_that_nothing_is_left_of_may_get_another_time_zone(
    store: Store, append: Callable[..., list[int]]
) -> None:
    [number] = append(AIR)
    store.rollups.catch_up()
    with store.ledger() as writes:
        writes.records.supersede(number, replace(AIR, time_s=None))
    store.rollups.catch_up()
    put_gardens(store)
    store.rollups.catch_up()

    assert len(store.rollups.read("air", **ALWAYS)) == 0


def test_a_table_of_records_that_was_rebuilt_is_rolled_up_from_its_beginning(tmp_path: Path) -> None:
    def fill(folder: Path, values: tuple[float, ...]) -> None:
        with Store.open(folder) as store, store.ledger() as writes:
            writes.records.append([(replace(AIR, seq=7, values=values), b"hash")])

    fill(tmp_path / "old", (1.0, 2.0))
    with Store.open(tmp_path / "old") as old:
        old.rollups.catch_up()
    with Store.open(tmp_path / "new") as new, new.ledger() as writes:
        writes.records.append(
            [(replace(AIR, node="node-b"), b"hash"), (replace(AIR, node="node-c"), b"hash")]
        )
    (tmp_path / "old" / ROLLUPS_FILE).replace(tmp_path / "new" / ROLLUPS_FILE)

    with Store.open(tmp_path / "new") as store:
        store.rollups.catch_up()
        assert_same(store)


def test_what_cannot_be_read_is_refused(store: Store) -> None:
    with pytest.raises(InvalidEntryError, match="width 'week' is not known"):
        store.rollups.read("air", width="week", **ALWAYS)  # type: ignore[arg-type]
    with pytest.raises(InvalidEntryError, match="before the first"):
        store.rollups.read("air", first=date(2026, 6, 2), last=date(2026, 6, 1))


def test_two_makers_at_once_do_the_work_once(store: Store, append: Callable[..., list[int]]) -> None:
    append(*[replace(AIR, seq=seq) for seq in range(1, 6)])
    with Store.open(store.folder) as other:
        read = [store.rollups.step(3), other.rollups.step(3), store.rollups.step(3)]

    assert read == [3, 2, 0]
    assert_same(store)
