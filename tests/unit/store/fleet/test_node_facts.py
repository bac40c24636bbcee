"""Facts of a fleet: shares, standstill, slopes and drift by the numbers; silence, clocks and probes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_world import MIDNIGHT_S, World
from gateway_parts import NOW_S, batch, data_topic, message, plant, row
from ledger_parts import Way, way_in
from sera_store.fleet.health import slope_a_day
from sera_store.fleet.node_facts import fleet_facts
from sera_store.fleet.node_values import doubtful_share, fleet_values, standstill_s
from sera_store.fleet.probe_state import probes_since_s
from sera_store.registry.entities import Node, ProbePlace
from sera_store.store import Store
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY_S = 86_400


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    """A way with one node in a garden."""
    with way_in(tmp_path / "way") as way:
        plant(way.store, ["node-a"])
        yield way


def test_a_share_needs_a_day_of_values_and_counts_what_is_there() -> None:
    flags = np.array([1] * 18 + [3, 4, 9, 2, 2, 2] + [0] * 100, np.uint8)
    assert doubtful_share(flags) == pytest.approx(3 / 24)
    assert doubtful_share(flags[1:24]) is None
    assert doubtful_share(np.zeros(0, np.uint8)) is None


def test_a_standstill_is_counted_from_the_last_other_value() -> None:
    times = np.arange(5) * 600
    assert standstill_s(times, np.array([1.0, 2.0, 3.0, 3.0, 3.0])) == 1200
    assert standstill_s(times, np.array([3.0] * 5)) == 2400
    assert standstill_s(times, np.array([3.0, 3.0, 3.0, 3.0, 4.0])) == 0
    assert standstill_s(times[:0], np.zeros(0)) == 0


@given(slope=st.floats(-2, 2), start=st.floats(0, 30), days=st.integers(4, 9))
def test_a_line_has_its_own_slope(slope: float, start: float, days: int) -> None:
    times = np.arange(days) * DAY_S + 1_780_000_000 // DAY_S * DAY_S
    slope_v = slope_a_day(times, start + slope * np.arange(days))
    assert slope_v == pytest.approx(slope, abs=1e-9)
    assert slope_a_day(times[:3], np.arange(3.0)) is None


NODES = tuple([f"elm-{number}" for number in range(6)])


@pytest.fixture
def warming(tmp_path: Path) -> Iterator[Store]:
    """Six nodes that warm by a degree a day over a fortnight, of which elm-3 warms by two."""
    with Store.open(tmp_path / "store") as store:
        world = World(store, days=14)
        world.garden("elm-yard")
        for number in range(6):
            node = f"elm-{number}"
            world.node("elm-yard", node, "none")
            faster = 2.0 if number == 3 else 1.0
            world.soil(
                "elm-yard",
                node,
                lambda time_s, faster=faster, number=number: {
                    "soil_temperature@1": 10.0 + number + faster * (time_s - MIDNIGHT_S) / DAY_S
                },
            )
        yield store


def drifts(
    store: Store, communities: dict[str, str], probe_since_s: dict[tuple[str, int], int]
) -> dict[str, float]:
    """By how much each node that is judged moved."""
    values = fleet_values(store.records, MIDNIGHT_S + 14 * DAY_S, communities, probe_since_s)
    return {node: value.drift["soil_temperature@1"] for node, value in values.items() if value.drift}


def test_one_of_six_that_drifts_is_seen_and_five_that_warm_together_are_not(warming: Store) -> None:
    drift = drifts(warming, dict.fromkeys(NODES, "oak"), {})
    # Means of three days eleven days apart, of a degree a day more than the median.
    assert drift.pop("elm-3") == pytest.approx(11, abs=0.6)
    assert max(map(abs, drift.values())) < 0.6


def test_nodes_are_compared_within_their_community_alone(warming: Store) -> None:
    # Five of one are enough, the sixth has no neighbours; three and three say nothing.
    apart = dict.fromkeys(NODES[1:], "oak") | {"elm-0": "bay"}
    assert set(drifts(warming, apart, {})) == set(NODES[1:])
    halves = dict.fromkeys(NODES[:3], "oak") | dict.fromkeys(NODES[3:], "bay")
    assert drifts(warming, halves, {}) == {}


def test_what_another_probe_measured_before_says_nothing_about_the_present_one(warming: Store) -> None:
    oak = dict.fromkeys(NODES, "oak")
    swapped = drifts(warming, oak, {("elm-3", 1): MIDNIGHT_S + 10 * DAY_S})
    # Four days are too few to be judged by.
    assert set(swapped) == set(NODES) - {"elm-3"}
    other_position = drifts(warming, oak, {("elm-3", 2): MIDNIGHT_S + 10 * DAY_S})
    assert set(other_position) == set(NODES)


def test_since_when_a_probe_is_there_is_told_by_its_last_way_to_it(way: Way) -> None:
    registry = way.store.registry
    for since_s, node in ((10, "node-a"), (20, None), (30, "node-a"), (40, "node-a")):
        registry.put(ProbePlace("c-1", node, 1, depth_m=since_s / 100), since_s=since_s, by="a test")
    assert probes_since_s(registry, 50) == {("node-a", 1): 30}
    assert probes_since_s(registry, 15) == {("node-a", 1): 10}
    assert probes_since_s(registry, 25) == {}


def test_people_and_nodes_that_stand_nowhere_are_not_in_the_fleet(way: Way) -> None:
    way.store.registry.put(Node("anna", "elm-yard", "person"), since_s=0, by="a test")
    way.store.registry.put(Node("node-b", None), since_s=0, by="a test")
    [state] = fleet_facts(way.store, NOW_S)
    assert (state.node, state.heard_s, state.title) == ("node-a", None, "Elm Yard")


def test_a_node_is_silent_from_its_last_word_on_and_says_when_it_means_to_be_back(way: Way) -> None:
    way.take(batch([row(1, 20.0, utc_s=NOW_S - 7200)]), topic=data_topic("node-a"))
    [state] = fleet_facts(way.store, NOW_S)
    # Of a single reading nobody can tell how often it comes.
    assert (state.heard_s, state.contact_s) == (NOW_S - 7200, DAY_S)
    status = b'{"v":1,"state":"asleep","next_contact_s":900,"firmware":"0.1.0"}'
    topic = topics.topic("avon", "node-a", topics.STATUS)
    way.journal.append([message(topic, status, NOW_S - 3600)])
    way.ledger.catch_up()
    [state] = fleet_facts(way.store, NOW_S)
    assert (state.heard_s, state.contact_s, state.firmware) == (NOW_S - 3600, 900, "0.1.0")


def test_a_device_that_says_nothing_of_itself_comes_as_often_as_it_used_to(way: Way) -> None:
    rows = [row(seq, 20.0, utc_s=NOW_S - 7200 * (9 - seq)) for seq in range(1, 9)]
    way.take(batch(rows), topic=data_topic("node-a"))
    [state] = fleet_facts(way.store, NOW_S)
    assert state.contact_s == 7200


def test_a_rejected_message_was_heard_too(way: Way) -> None:
    way.take(batch([row(1, 20.0)]), topic=data_topic("node-a", "elsewhere"), received_s=NOW_S - 60)
    [state] = fleet_facts(way.store, NOW_S)
    assert (state.heard_s, state.rejected) == (NOW_S - 60, {"wrong_community": 1})


def test_a_clock_that_is_ahead_is_told_of(way: Way) -> None:
    way.take(batch([row(1, 20.0, utc_s=NOW_S + 7200)]), topic=data_topic("node-a"))
    [state] = fleet_facts(way.store, NOW_S)
    assert (state.clock_error_s, state.heard_s) == (7200, NOW_S)


def test_missing_and_lost_records_are_those_of_the_present_epoch(way: Way) -> None:
    way.take(batch([row(1, 20.0)], n=9), topic=data_topic("node-a"))
    way.take(batch([row(7, 20.0)], f=5, n=9, e="0a0b0c0d"), topic=data_topic("node-a"))
    [state] = fleet_facts(way.store, NOW_S)
    assert (state.missing, state.lost) == (3, 0)


@pytest.mark.parametrize(
    ("probe_rows", "entered", "serials"),
    [
        ([[1, "capacitive", "c-1"]], ["c-1"], ("c-1", "c-1")),
        ([[1, "capacitive", "c-2"]], ["c-1"], ("c-2", "c-1")),
        ([[1, "capacitive", "c-1"], [1, "ds18b20", "28ff"]], ["c-1"], ("c-1", "c-1")),
        ([[1, "capacitive", "c-2"], [1, "ds18b20", "28ff"]], ["28ff", "c-1"], ("c-2", "c-1")),
        ([[1, "capacitive", ""]], ["c-1"], ("", "c-1")),
        ([[1, "capacitive", "c-1"]], [], ("c-1", "")),
    ],
)
def test_what_the_board_names_is_compared_with_what_is_entered(
    way: Way, probe_rows: list[list[object]], entered: list[str], serials: tuple[str, str]
) -> None:
    for serial in entered:
        way.store.registry.put(ProbePlace(serial, "node-a", 1), since_s=0, by="a test")
    table = json.dumps({"v": 1, "p": "a1", "probes": probe_rows}).encode()
    way.journal.append([message(topics.topic("avon", "node-a", topics.PROBES), table)])
    rows = batch([row(1, 1500)], ["soil_moisture_raw@1"], s="soil", p="a1")
    way.take(rows, topic=data_topic("node-a"))
    [state] = fleet_facts(way.store, NOW_S)
    [probe] = state.probes
    assert (probe.node_serial, probe.registry_serial) == serials
    assert probe.is_raw
    assert probe.calibrated_s is None
