"""From journaled messages to records: repeats, conflicts, order, dating, calibration, and accounts by SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway_parts import (
    COMMUNITY,
    NOW_S,
    SINCE_S,
    batch,
    data_topic,
    message,
    plant,
    row,
)
from ledger_parts import NODE, Way, way_in
from sera_gateway.decode import reasons
from sera_store.registry.entities import Calibration, Garden, Node, ProbePlace
from sera_vocabulary import messages, topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path) as way:
        plant(way.store, [NODE])
        yield way


@pytest.mark.parametrize("at_once", [True, False])
def test_a_record_that_comes_again_changes_nothing_and_is_counted(way: Way, at_once: bool) -> None:
    first = batch([row(1, 14.5), row(2, 15.0)])
    if at_once:
        way.take(first, first)
    else:
        way.take(first)
        way.take(first)
    assert way.sql("SELECT seq, time_s FROM records ORDER BY id") == [(1, NOW_S), (2, NOW_S)]
    assert way.sql("SELECT sum(count) FROM repeats") == [(2,)]
    assert way.letters() == []
    assert way.account().repeated == 2


def test_other_content_under_a_taken_key_is_a_conflict_and_the_first_stays(way: Way) -> None:
    way.take(batch([row(1, 14.5)]))
    way.take(batch([row(1, 99.0), row(2, 15.0)]))
    assert [record.values for record in way.current()] == [(14.5,), (15.0,)]
    assert way.letters() == [reasons.CONFLICT]
    assert way.account().stored == 2


def test_another_time_of_the_same_key_is_other_content(way: Way) -> None:
    way.take(batch([row(1, 14.5)]), batch([row(1, 14.5, utc_s=NOW_S - 1)]))
    assert way.letters() == [reasons.CONFLICT]


def test_records_out_of_order_leave_a_gap_until_it_is_filled(way: Way) -> None:
    way.take(batch([row(3, 1.0)]))
    account = way.account()
    assert (account.next, account.top, account.missing) == (1, 3, 2)
    way.take(batch([row(1, 1.0)], n=4), batch([row(2, 1.0)], n=4))
    account = way.account()
    assert (account.next, account.top, account.missing, account.stored) == (4, 3, 0, 3)


def test_what_a_node_no_longer_holds_is_lost_and_stepped_over(way: Way) -> None:
    way.take(batch([row(5, 1.0)], f=5))
    account = way.account()
    assert (account.next, account.lost, account.missing, account.stored) == (6, 4, 0, 1)


def test_an_undated_record_is_dated_by_a_later_clock_record_of_its_boot(way: Way) -> None:
    way.take(batch([row(1, 14.5, utc_s=None, uptime_s=100, flags=messages.FLAG_CLOCK_NOT_SET)]))
    assert way.account().undated == 1
    anchor = row(2, 0.0, utc_s=NOW_S, uptime_s=40_100)
    way.take(batch([anchor], ["clock_step_s"], s="clock"))
    rows = way.sql("SELECT id, supersedes, time_s, uncertainty_s FROM records WHERE seq = 1 ORDER BY id")
    assert rows == [(1, None, None, 2), (3, 1, NOW_S - 40_000, 4)]
    assert way.account().undated == 0
    assert way.account().stored == 2
    assert (way.current()[0].detail or {})["dated_by"] == "clock record 2"


def test_a_clock_record_of_another_boot_dates_nothing(way: Way) -> None:
    way.take(batch([row(1, 14.5, utc_s=None, uptime_s=100)]))
    way.take(batch([row(2, 0.0, uptime_s=200)], ["clock_step_s"], s="clock", b=2))
    assert way.account().undated == 1


def test_an_unknown_nodes_records_wait_as_dead_letters_and_count_as_here(way: Way) -> None:
    way.take(batch([row(1, 14.5)]), topic=data_topic("node-x"))
    assert way.letters() == [reasons.UNKNOWN_NODE]
    [account] = way.store.completeness("node-x")
    assert (account.dead_lettered, account.missing, account.next) == (1, 0, 2)


def test_a_record_from_before_the_node_was_registered_is_of_an_unknown_node(way: Way) -> None:
    way.take(batch([row(1, 14.5, utc_s=SINCE_S - 1), row(2, 14.5)]))
    assert way.letters() == [reasons.UNKNOWN_NODE]
    assert (way.account().stored, way.account().dead_lettered) == (1, 1)


def test_another_communitys_topic_takes_no_key(way: Way) -> None:
    way.take(batch([row(1, 99.0)]), topic=data_topic(NODE, "severn"))
    assert way.letters() == [reasons.WRONG_COMMUNITY]
    assert way.sql("SELECT count(*) FROM keys") == [(0,)]
    way.take(batch([row(1, 14.5)]))
    assert [record.values for record in way.current()] == [(14.5,)]


@pytest.mark.parametrize("table_id", ["a1b2c3d4", None])
def test_two_chips_at_one_position_are_calibrated_each_and_the_raw_value_stays(
    way: Way, table_id: str | None
) -> None:
    registry = way.store.registry
    for serial, source, target, coefficients in (
        ("c-0007", "soil_moisture_raw", "soil_moisture", (0.1, 0.0001)),
        ("t-0009", "soil_temperature", "surface_temperature", (1.0, 1.0)),
    ):
        registry.put(ProbePlace(serial, NODE, 1, 0.1), since_s=SINCE_S, by="a test")
        calibration = Calibration(f"{serial}-1", serial, source, target, coefficients, SINCE_S)
        registry.put(calibration, since_s=SINCE_S, by="a test")
    table = {"v": 1, "p": "a1b2c3d4", "probes": [[1, "capacitive", "c-0007"], [1, "ds18b20", "t-0009"]]}
    way.take(json.dumps(table).encode(), topic=topics.topic(COMMUNITY, NODE, topics.PROBES))
    columns = ["soil_moisture_raw@1", "soil_temperature@1"]
    way.take(batch([row(1, 1843, 14.6), row(2, 1843, None)], columns, s="soil", p=table_id))
    first, second = way.current()
    assert first.columns == (*columns, "soil_moisture@1", "surface_temperature@1")
    assert first.values == pytest.approx((1843, 14.6, 0.2843, 15.6))
    assert second.values[1::2] == (None, None)
    detail = first.detail or {}
    assert detail["calibration:soil_moisture@1"] == "c-0007-1"
    assert detail["calibration:surface_temperature@1"] == "t-0009-1"
    assert detail["depth_m@1"] == "0.1"


def test_a_damaged_row_is_replaced_by_the_good_one_and_never_conflicts(way: Way) -> None:
    damaged = batch([row(1, None, flags=messages.FLAG_DAMAGED)])
    good = batch([row(1, 14.5)])
    way.take(damaged)
    way.take(good)
    way.take(damaged, good)
    assert [record.values for record in way.current()] == [(14.5,)]
    assert way.sql("SELECT id, supersedes FROM records ORDER BY id") == [(1, None), (2, 1)]
    assert way.letters() == []
    assert way.account().stored == 1


def test_a_value_that_is_no_number_spoils_nothing_but_itself(way: Way) -> None:
    payload = batch([row(1, 14.5, 60.0), row(2, "warm", 61.0)], ["air_temperature", "air_humidity"])
    way.take(payload)
    assert [record.values for record in way.current()] == [(14.5, 60.0), (None, 61.0)]
    assert way.letters() == []


def test_a_node_that_moves_is_in_its_new_garden_from_then_on(way: Way) -> None:
    way.store.registry.put(Node(NODE, None), since_s=NOW_S + 10, by="a test")
    way.take(batch([row(1, 1.0, utc_s=NOW_S + 9), row(2, 1.0, utc_s=NOW_S + 10)]))
    assert (way.account().stored, way.account().dead_lettered) == (1, 1)


def test_the_accounts_close_over_all_that_can_become_of_a_record(way: Way) -> None:
    way.take(
        batch([row(3, 1.0), row(4, 1.0, utc_s=None)], f=3, n=9),
        batch([row(5, 1.0, utc_s=3)], f=3, n=9),
        batch([row(3, 1.0)], f=3, n=9),
    )
    rows = way.sql(
        "SELECT (SELECT count(*) FROM records WHERE time_s IS NOT NULL),"
        " (SELECT count(*) FROM records WHERE time_s IS NULL),"
        " (SELECT count(*) FROM keys WHERE record IS NULL), (SELECT sum(count) FROM repeats)"
    )
    assert rows == [(1, 1, 1, 1)]
    account = way.account()
    assert (account.made, account.stored, account.undated, account.dead_lettered) == (8, 1, 1, 1)
    assert (account.missing, account.lost, account.repeated) == (3, 2, 1)


def test_a_message_on_which_the_ledger_fails_alone_is_set_aside(way: Way) -> None:
    way.journal.append([message(data_topic(NODE), batch([row(1, 1.0)]))])
    way.ledger.set_aside(RuntimeError("a fault of ours"))
    assert way.letters() == [reasons.INTERNAL]
    assert way.ledger.position == 1
    assert way.ledger.step() == 0


def test_a_refused_row_that_comes_again_in_another_batch_is_a_repeat_of_its_letter(way: Way) -> None:
    strange = batch([row(1, 0.4)], ("leaf_wetness",), n=2)
    way.take(strange)
    way.take(batch([row(1, 0.4)], ("leaf_wetness",), n=9))
    assert way.letters() == [reasons.UNKNOWN_MEASUREMENT]
    assert way.account().repeated == 1

    way.take(batch([row(1, 0.5)], ("leaf_wetness",), n=9))

    assert way.letters() == [reasons.UNKNOWN_MEASUREMENT] * 2


def boot_of(seq: int, boot: int, *, is_set: bool, lowest_seq: int = 1) -> bytes:
    """One air record of some boot, with or without a time of its own."""
    at = row(seq, 14.0, utc_s=NOW_S - 10_000 + 1000 * seq if is_set else None, uptime_s=60 * seq)
    return batch([at], b=boot, f=lowest_seq, n=9)


def test_a_boot_without_a_clock_is_placed_between_its_neighbours_once_it_is_final(way: Way) -> None:
    way.take(boot_of(1, 1, is_set=True), boot_of(2, 2, is_set=False), boot_of(5, 3, is_set=True))
    # Sequences 3 and 4 may still bring a clock record of the second boot.
    assert way.account().undated == 1
    way.take(boot_of(3, 2, is_set=False), boot_of(4, 2, is_set=False))
    assert way.account().undated == 0
    second, third, fourth = way.current()[1:4]
    assert [record.time_s for record in (second, third, fourth)] == [NOW_S - 7060, NOW_S - 7000, NOW_S - 6940]
    assert {record.uncertainty_s for record in (second, third, fourth)} == {1942}
    assert (second.quality, (second.detail or {})["dated_by"]) == ((3,), "neighbours 1 and 5")


def test_what_is_lost_holds_no_boot_up_even_when_only_a_repeat_says_so(way: Way) -> None:
    way.take(boot_of(1, 1, is_set=True), boot_of(2, 2, is_set=False), boot_of(5, 3, is_set=True))
    assert way.account().undated == 1
    way.take(boot_of(5, 3, is_set=True, lowest_seq=5))
    assert (way.account().undated, way.account().lost, way.account().repeated) == (0, 2, 1)


def test_a_nearer_clock_record_dates_a_record_again(way: Way) -> None:
    way.take(batch([row(1, 14.0, utc_s=None, uptime_s=100)], n=9))
    way.take(batch([row(3, 0.0, utc_s=NOW_S, uptime_s=90_100)], ["clock_step_s"], s="clock", n=9))
    assert (way.current()[0].time_s, way.current()[0].uncertainty_s) == (NOW_S - 90_000, 7)
    way.take(batch([row(2, 0.0, utc_s=NOW_S - 89_800, uptime_s=200)], ["clock_step_s"], s="clock", n=9))
    assert (way.current()[0].time_s, way.current()[0].uncertainty_s) == (NOW_S - 89_900, 3)
    assert (way.current()[0].detail or {})["dated_by"] == "clock record 2"


def test_a_calibration_and_a_garden_of_last_year_make_their_whole_span_anew(way: Way) -> None:
    registry = way.store.registry
    registry.put(ProbePlace("c-0007", NODE, 1, 0.1), since_s=SINCE_S, by="a test")
    times = [NOW_S - 3000, NOW_S - 2000, NOW_S - 1000]
    soil = [row(seq, 1000.0, utc_s=utc_s) for seq, utc_s in enumerate(times, 1)]
    way.take(batch(soil, ["soil_moisture_raw@1"], s="soil"))
    line = Calibration(
        "c-1", "c-0007", "soil_moisture_raw", "soil_moisture", (0.0, 0.0003), times[1], times[2]
    )
    registry.put(line, since_s=NOW_S, by="a test")
    registry.put(
        Garden("oak-yard", COMMUNITY, None, "Oak", 51.4, -2.6, "Europe/London"), since_s=1, by="a test"
    )
    registry.put(Node(NODE, "oak-yard"), since_s=times[2], by="a test")
    way.ledger.catch_up()
    assert [record.values for record in way.current()] == [(1000.0,), (1000.0, pytest.approx(0.3)), (1000.0,)]
    assert [record.garden for record in way.current()] == ["elm-yard", "elm-yard", "oak-yard"]
    # Only what became another one has a new row, and the raw value stays.
    assert way.sql("SELECT seq FROM records WHERE supersedes IS NOT NULL ORDER BY seq") == [(2,), (3,)]
    way.ledger.catch_up()
    assert way.sql("SELECT count(*) FROM records") == [(5,)]
