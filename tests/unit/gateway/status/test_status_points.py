"""What is written of how things stand: every node that is expected, curves of sharing, events."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_gateway.status.fleet_points import fleet_points
from sera_gateway.status.place_points import class_name, class_points, event_points, place_points
from sera_gateway.status.sharing_points import Share, lorenz_curve, sharing_points
from sera_gateway.status.spread_points import spread, spread_points
from sera_gateway.status.status_points import hour_s, status_point
from sera_store.fleet.node_facts import fleet_facts
from sera_store.outputs.line_protocol import encode
from sera_store.registry.entities import Calibration, Community, District, Garden, Node, ProbePlace
from sera_store.registry.garden_metadata import GardenSoil
from sera_store.results.results import Result
from sera_store.store import Store
from sera_vocabulary import alert_rules, indices
from sera_vocabulary import status_series as s
from sera_words.keys import Part
from sera_words.statements import Reason
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.outputs.line_protocol import Point

NOW_S = 1_780_272_000
DAY_S = 86_400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", clock=lambda: NOW_S - 30 * DAY_S) as opened:
        put = opened.registry.put
        put(Community("oak"), since_s=0, by="test")
        for name in ("east", "west"):
            put(District(name, "oak", name, 2000, 0.5, "made up"), since_s=0, by="test")
        put(Garden("elm-yard", "oak", "east", "Elm Yard", 51.45467, -2.58793, "UTC"), since_s=0, by="test")
        put(Garden("bare-yard", "oak", None, "Bare Yard", 51.45467, -2.58793, "UTC"), since_s=0, by="test")
        put(GardenSoil("elm-yard", 0.4, 0.2), since_s=0, by="test")
        put(Node("elm-1", "elm-yard", "camera", {"optics": "v2"}), since_s=NOW_S - 9 * DAY_S, by="test")
        put(ProbePlace("SN-1", "elm-1", 1, 0.1), since_s=NOW_S - 9 * DAY_S, by="test")
        yield opened


def tags(point: Point) -> dict[str, str]:
    return dict(point.key.tags)


def test_a_node_that_was_never_heard_is_written_with_every_rule(store: Store) -> None:
    points = fleet_points(fleet_facts(store, NOW_S), NOW_S)
    [fact] = [point for point in points if point.key.measurement == s.FLEET]
    assert tags(fact) == {"community": "oak", "garden": "elm-yard", "node": "elm-1"}
    assert fact.fields[s.SEVERITY] == alert_rules.URGENT
    assert s.HEARD_MS not in fact.fields
    severities = {
        tags(point)[s.TAG_CODE]: point.fields[s.SEVERITY]
        for point in points
        if point.key.measurement == s.FINDINGS
    }
    assert severities.pop("never_heard") == alert_rules.URGENT
    assert set(severities.values()) == {0.0}
    by_column = {"doubtful", "stuck", "drifting"}
    assert severities.keys() == {rule.code for rule in alert_rules.RULES} - {"never_heard"} - by_column


def test_facts_and_findings_of_one_hour_have_one_time(store: Store) -> None:
    for at_s in (hour_s(NOW_S), hour_s(NOW_S) + 3599):
        points = fleet_points(fleet_facts(store, at_s), at_s)
        assert {point.key.time_ns for point in points} == {hour_s(NOW_S) * 10**9}


def test_a_spread_is_of_the_nodes_of_a_community_that_tell_a_fact() -> None:
    def node(number: int, community: str = "oak", **facts: float) -> Point:
        fields = {s.SEVERITY: 0.0, **facts}
        return status_point(s.FLEET, 7200, {"community": community, "node": f"n{number}"}, fields)

    fleet = [node(number, battery_v=3.0 + number / 10) for number in range(11)]
    points = list(spread_points([*fleet, node(20), node(21, "elm", battery_v=4.0), node(22, "elm", queue=3)]))
    by_fact = {(tags(point)["community"], tags(point)[s.TAG_FACT]): point for point in points}
    assert by_fact.keys() == {("oak", "battery_v"), ("elm", "battery_v"), ("elm", "queue")}
    oak = by_fact["oak", "battery_v"]
    assert oak.key.time_ns == 7200 * 10**9
    assert oak.fields == pytest.approx(
        {
            "minimum": 3.0,
            "percentile_10": 3.1,
            "median": 3.5,
            "percentile_90": 3.9,
            "maximum": 4.0,
            "nodes": 11,
        }
    )
    assert set(by_fact["elm", "queue"].fields.values()) == {3.0, 1.0}


@settings(max_examples=examples(60))
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_a_spread_is_that_of_numpy(values: list[float]) -> None:
    expected = np.quantile(values, [0, 0.1, 0.5, 0.9, 1])
    fields = (s.MINIMUM, s.PERCENTILE_10, s.MEDIAN, s.PERCENTILE_90, s.MAXIMUM)
    assert [spread(values)[field] for field in fields] == pytest.approx(list(expected), abs=1e-6)


def test_every_place_is_expected_and_none_of_them_says_where_it_is(store: Store) -> None:
    points = list(place_points(store.registry, fleet_facts(store, NOW_S), NOW_S))
    by_place = {(tags(point)["scope"], tags(point)["scope_id"]): point.fields for point in points}
    assert by_place.keys() == {
        ("garden", "elm-yard"), ("garden", "bare-yard"), ("district", "east"), ("district", "west"),
        ("community", "oak"),
    }  # fmt: skip
    assert by_place["garden", "elm-yard"][s.NODES] == 1
    assert by_place["garden", "elm-yard"][s.NODES_HEARD] == 0
    wilting, capacity = (by_place["garden", "elm-yard"][name] for name in s.WATER_LIMITS)
    assert 0 < float(wilting) < float(capacity) < 0.5
    assert by_place["garden", "bare-yard"][s.NODES] == 0
    # How many nodes stand in a district would name hosts.
    assert by_place["district", "east"].keys() == {s.EXPECTED, s.RESIDENTS}
    assert "51.4" not in "".join(map(encode, points))


def test_classes_of_gardens_are_named_by_all_that_must_agree(store: Store) -> None:
    [point] = class_points(store.registry, NOW_S)
    assert tags(point)[s.TAG_CLASS] == "camera, optics v2"
    assert class_name(Node("elm-2", None, "beam")) == "beam"


def test_events_name_a_probe_and_a_version_and_nothing_that_people_wrote(store: Store) -> None:
    calibration = Calibration(
        "cal-1", "SN-1", "soil_moisture_raw", "soil_moisture", (0.7, -0.0002), NOW_S - DAY_S,
        reference="told by Anna, 51.45467",
    )  # fmt: skip
    store.registry.put(calibration, since_s=NOW_S - DAY_S, by="test")
    events = list(event_points(store.registry, "0.1.0", NOW_S - 5 * DAY_S))
    assert [(tags(event)[s.TAG_KIND], event.fields[s.TEXT], event.key.time_ns) for event in events] == [
        ("release", "Sera 0.1.0", (NOW_S - 5 * DAY_S) * 10**9),
        ("calibration", "SN-1", (NOW_S - DAY_S) * 10**9),
    ]


def test_a_fact_that_is_not_known_is_no_field_and_a_tag_without_text_no_tag() -> None:
    point = status_point("fleet", 5, {"node": "elm-1", "garden": ""}, {"a": 1, "b": None, "c": "x"})
    assert encode(point) == 'fleet,node=elm-1 a=1.0,c="x" 5000000000'


def result(district: str, hours: float | None, **more: Any) -> Result:
    reason = Reason.of("district_derivable") if hours is None else None
    parts = {Part.of("district_residents").key: 2000.0, Part.of("watched_hours").key: hours}
    return Result(
        scope="district", scope_id=district, index=indices.EFFORT_A_THOUSAND, period="week", start_s=NOW_S,
        end_s=NOW_S + 7 * DAY_S, unit="h", method="hours_over_residents", version="1", reason=reason,
        value=None if hours is None else hours / 2, interval_reason=Reason.of("all_districts"),
        parts=parts if hours is not None else {}, **more,
    )  # fmt: skip


def curve(store: Store) -> list[tuple[float | str, float | str]]:
    points = [
        point for point in sharing_points(store.registry, store.results) if point.key.measurement == s.LORENZ
    ]
    ordered = sorted(points, key=lambda point: tags(point)[s.TAG_STEP])
    return [(point.fields[s.RESIDENTS_SHARE], point.fields[s.EFFORT_SHARE]) for point in ordered]


def test_a_lorenz_curve_begins_with_the_least_watched_district(store: Store) -> None:
    store.results.put([result("east", 30.0), result("west", 10.0)])
    assert curve(store) == [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]


def test_no_curve_is_drawn_where_a_district_may_not_be_shown(store: Store) -> None:
    store.results.put([result("east", 30.0), result("west", None)])
    assert curve(store) == []
    store.results.put([result("east", 30.0)])
    assert curve(store) == []


@settings(max_examples=examples(80))
@given(
    st.lists(
        st.tuples(st.floats(1, 1e6), st.floats(0, 1e6)).map(lambda share: Share(*share)),
        min_size=1,
        max_size=30,
    )
)
def test_a_curve_is_convex_and_never_above_an_even_share(shares: list[Share]) -> None:
    points = lorenz_curve(shares)
    if not sum(share.hours for share in shares):
        assert points == []
        return
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    assert len(points) == len(shares) + 1
    assert all(y <= x + 1e-9 for x, y in points)
    steps = list(itertools.pairwise(points))
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in steps if b[0] - a[0] > 1e-7]
    assert all(later >= earlier - 1e-3 * (1 + earlier) for earlier, later in itertools.pairwise(slopes))


def test_a_curves_area_is_the_gini_of_the_figures() -> None:
    numpy = pytest.importorskip("numpy")
    from sera_analysis.statistics.equity import gini

    shares = [Share(1000, 40.0), Share(3000, 10.0), Share(500, 25.0), Share(2000, 0.0)]
    points = lorenz_curve(shares)
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(points))
    residents = numpy.array([share.residents for share in shares])
    hours = numpy.array([share.hours for share in shares])
    assert 1 - 2 * area == pytest.approx(gini(hours / residents, residents))
