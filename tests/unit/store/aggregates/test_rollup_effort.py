"""Roll-ups count the seconds that a node can have watched, whatever its records claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sera_store.registry.registry import Community, Garden, Node
from sera_store.store import Store
from sera_vocabulary.quality import GOOD, MISSING
from store_parts import AIR
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

ALWAYS = {"first": date(1990, 1, 1), "last": date(2100, 1, 1)}
COUNT = replace(AIR, series="counts", columns=("bumblebees",), values=(4.0,), quality=(GOOD,))


def put_garden(store: Store) -> None:
    store.registry.put(Community("avon"), since_s=0, by="test")
    garden = Garden(AIR.garden, "avon", None, "", 51.5, -2.6, "Europe/London")
    store.registry.put(garden, since_s=0, by="test")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London")).timestamp())


def windows(store: Store) -> dict[tuple[str, int, str], bytes]:
    """Return the cells of all days of visits and counts, byte for byte."""
    tables = {name: store.rollups.read(name, **ALWAYS) for name in ("visits", "counts")}
    return {
        (name, int(table.start_s[row]), key): cells[row].tobytes()
        for name, table in tables.items()
        for key, cells in table.cells.items()
        for row in range(len(table))
    }


def test_nobody_watches_longer_than_the_clock_ran(store: Store, append: Callable[..., list[int]]) -> None:
    """A camera claims a day with each of 732 records, 17,568 h in twelve days."""
    put_garden(store)
    begin_s, records = at("2026-06-01T00:00"), 12 * 61
    claim = replace(COUNT, columns=("bumblebees", "awake_s"), values=(1.0, 86_400.0), quality=(GOOD, GOOD))
    times_s = [begin_s + 12 * 86_400 * number // records for number in range(1, records + 1)]
    append(*[replace(claim, seq=seq, time_s=time_s) for seq, time_s in enumerate(times_s, 1)])
    store.rollups.catch_up()

    for width, most_s in (("day", 86_400), ("hour", 3_600)):
        cells = store.rollups.read("counts", width=width, **ALWAYS).cells  # type: ignore[arg-type]
        for column, field in (("bumblebees", "effort_s"), ("awake_s", "sum"), ("awake_s", "effort_s")):
            # An amount belongs whole to the interval that it ends.
            assert (cells[column][field] <= most_s + 1417).all()
            assert cells[column][field].sum() == 12 * 86_400
        assert cells["bumblebees"]["sum"].sum() == records
        assert cells["awake_s"]["maximum"].max() <= 1417
    values = store.records.table("counts", ("awake_s",), start_s=0, end_s=2**40).values["awake_s"]
    assert set(values.tolist()) == {86_400.0}


def test_a_person_may_watch_before_the_first_record_and_a_camera_one_interval(
    store: Store, append: Callable[..., list[int]]
) -> None:
    put_garden(store)
    columns = {"columns": ("bumblebees", "awake_s"), "values": (1.0, 7200.0), "quality": (GOOD, GOOD)}
    for node, detector in (("node-a", "camera"), ("node-b", "person")):
        store.registry.put(Node(node, "elm-yard", detector), since_s=0, by="test")
        append(
            *[
                replace(COUNT, node=node, seq=seq, time_s=at(f"2026-06-01T12:{minute}"), **columns)
                for seq, minute in ((1, "00"), (2, "15"))
            ]
        )
    store.rollups.catch_up()
    table = store.rollups.read("counts", **ALWAYS)

    effort_s = dict(zip([place.node for place in table.places], table.cells["awake_s"]["sum"], strict=True))
    assert effort_s == {"node-a": 900.0 + 900.0, "node-b": 7200.0 + 900.0}


WATCHES = st.lists(
    st.tuples(
        st.sampled_from(("visits", "counts")),
        st.sampled_from(("9f2c01aa", "00000001")),
        st.integers(at("2026-03-27T20:00") // 3600, at("2026-03-31T06:00") // 3600).map(
            lambda hour: hour * 3600
        ),
        st.sampled_from((600.0, 7200.0, 86_400.0, None)),
        st.booleans(),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(watches=WATCHES)
def test_seconds_watched_depend_on_what_is_here_and_not_on_its_order(
    tmp_path_factory: pytest.TempPathFactory, watches: list[tuple[str, str, int, float | None, bool]]
) -> None:
    with Store.open(tmp_path_factory.mktemp("store")) as store:
        put_garden(store)
        for seq, (series, epoch, time_s, awake_s, is_whole) in enumerate(watches, 1):
            columns = ("bumblebees" if series == "counts" else "passages", "awake_s")[: 1 + is_whole]
            values = (1.0, awake_s)[: 1 + is_whole]
            watch = replace(
                AIR, series=series, epoch=epoch, seq=seq, time_s=time_s, columns=columns, values=values,
                quality=tuple(MISSING if value is None else GOOD for value in values),
            )  # fmt: skip
            with store.ledger() as writes:
                writes.records.append([(watch, b"hash")])
            store.rollups.catch_up()
        step_by_step = windows(store)
        store.rollups.begin_again()
        store.rollups.catch_up()

        assert step_by_step == windows(store)
