"""Soil, probes and moves of a garden: entered by its host with their dates, shown in its history, undone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sera_store.registry.entities import Node, ProbePlace
from sera_store.registry.persons import HOST, MEMBER, STEWARD
from web.parts import NOW_S, press

if TYPE_CHECKING:
    from sera_store.registry.registry import Registry
    from web.parts import Answer, Client, Pages

CHANGES, HISTORY = "/gardens/elm-yard/changes", "/gardens/elm-yard/history"
DAY_S = 86_400
# NOW_S is in the night to 21 June 2026, in London.
TODAY, EARLIER, LATER = "2026-06-21", "2026-06-10", "2026-06-22"
EARLIER_S = 1_781_046_000
CALIBRATION = {"probe": "probe-1", "dry": "3100 3120 3110", "wet": "1500,5"}
WAYS = [
    ("soil", {"texture": "loam", "source": "felt"}),
    ("probes", {"node": "elm-1", "position": "1", "serial": "probe-2", "depth": "20"}),
    ("calibrations", CALIBRATION),
    ("moves", {"moved": "elm-1", "target": "nowhere"}),
]


@pytest.fixture
def registry(pages: Pages) -> Registry:
    registry = pages.installation.registry
    registry.put(Node("elm-1", "elm-yard", "camera"), since_s=1, by="a test")
    registry.put(Node("mill-1", "mill-court", "camera"), since_s=1, by="a test")
    registry.put(ProbePlace("probe-1", "elm-1", 1, 0.1), since_s=1, by="a test")
    return registry


@pytest.fixture
def host(pages: Pages, registry: Registry) -> Client:
    return pages.signed_in(pages.person(HOST, gardens=("elm-yard",)))


def enter(client: Client, way: str, **fields: str) -> Answer:
    return press(client, CHANGES, f"/gardens/elm-yard/{way}", **fields)


def undo(client: Client, change: str) -> Answer:
    """Press the button beside the newest line of the history that says something."""
    row = next(row for row in client.get(HISTORY).body.split("<tr>") if change in row and "<form" in row)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', row))
    return client.post(HISTORY, fields)


def test_soil_is_entered_with_its_date(host: Client, registry: Registry) -> None:
    assert enter(host, "soil", texture="clay loam", organic="4", source="felt", since=EARLIER).status == 303
    assert registry.soil("elm-yard", EARLIER_S - 1) is None
    soil = registry.soil("elm-yard", EARLIER_S)
    assert soil is not None
    assert (soil.sand, soil.clay, soil.organic_matter_percent, soil.source) == (0.3, 0.35, 4.0, "felt")
    assert "Soil: felt (sand 30 %, clay 35 %)" in host.get(HISTORY).body


@pytest.mark.parametrize(
    ("way", "fields", "wrong"),
    [
        ("soil", {"texture": "", "organic": "much", "since": LATER}, {"texture", "organic", "since"}),
        (
            "probes",
            {"node": "elm-1", "position": "0", "serial": "", "depth": "deep"},
            {"position", "serial", "depth"},
        ),
        (
            "calibrations",
            {"probe": "?", "dry": "wet", "wet": "dry", "wet_moisture": "2"},
            {"probe", "dry", "wet", "wet_moisture"},
        ),
        ("moves", {"moved": "?", "target": "?", "since": "soon"}, {"moved", "target", "since"}),
    ],
)
def test_all_that_is_wrong_is_said_at_once_and_nothing_is_entered(
    host: Client, registry: Registry, way: str, fields: dict[str, str], wrong: set[str]
) -> None:
    version = registry.version()
    answer = enter(host, way, **fields)
    assert answer.status == 422
    assert set(re.findall(r'<li><a href="#(\w+)">', answer.body)) == wrong
    assert registry.version() == version


def test_what_the_soil_is_now_is_shown_in_words(host: Client) -> None:
    assert enter(host, "soil", texture="clay loam", organic="4", source="felt").status == 303
    body = host.get(CHANGES).body
    assert "<dd>clay loam</dd>" in body
    assert "<dd>4 %</dd>" in body
    assert "Stated as: felt." in body


def test_a_swapped_probe_leaves_its_place(host: Client, registry: Registry) -> None:
    fields = {"node": "elm-1", "position": "1", "serial": "probe-2", "since": EARLIER}
    assert enter(host, "probes", **fields).status == 303
    assert [probe.serial for probe in registry.probes("elm-1", EARLIER_S - 1)] == ["probe-1"]
    [probe] = registry.probes("elm-1", EARLIER_S)
    # The depth is that of the probe before, where none is named.
    assert (probe.serial, probe.depth_m) == ("probe-2", 0.1)


def test_two_samples_give_a_relative_scale_and_no_water_content(host: Client, registry: Registry) -> None:
    enter(host, "soil", texture="loam")
    assert enter(host, "calibrations", **CALIBRATION).status == 303
    [scale] = registry.calibrations("probe-1")
    offset, slope = scale.coefficients
    assert scale.target == "soil_wetness"
    assert offset + slope * 3110 == pytest.approx(0)
    assert offset + slope * 1500.5 == pytest.approx(1)
    assert ">yes<" in host.get(CHANGES).body


def test_moisture_follows_where_the_water_in_both_samples_is_stated(host: Client, registry: Registry) -> None:
    fields = {**CALIBRATION, "dry_moisture": "0,03", "wet_moisture": "0.31"}
    assert enter(host, "calibrations", **fields).status == 303
    scale, moisture = sorted(registry.calibrations("probe-1"), key=lambda entity: entity.id)
    assert (scale.target, moisture.target) == ("soil_wetness", "soil_moisture")
    assert moisture.id == f"{scale.id} #2"
    offset, slope = moisture.coefficients
    assert offset + slope * 3110 == pytest.approx(0.03)
    assert offset + slope * 1500.5 == pytest.approx(0.31)


def test_the_texture_says_the_water_where_it_is_asked_to(host: Client, registry: Registry) -> None:
    fields = {"probe": "probe-1", "dry": "3100 3120", "wet": "1500", "by_texture": "1"}
    answer = enter(host, "calibrations", **fields)
    assert answer.status == 422
    assert "Enter the soil first" in answer.body
    assert 'value="3100 3120"' in answer.body
    assert 'name="by_texture" value="1" checked' in answer.body
    enter(host, "soil", texture="loam")
    assert enter(host, "calibrations", **fields).status == 303
    [moisture] = [entity for entity in registry.calibrations("probe-1") if entity.target == "soil_moisture"]
    offset, slope = moisture.coefficients
    assert offset + slope * 3110 == pytest.approx(0)
    assert offset + slope * 1500 == pytest.approx(0.2796)
    assert "field capacity" in moisture.assumption


def test_a_node_is_carried_only_where_its_host_may_enter_it(pages: Pages, registry: Registry) -> None:
    host = pages.signed_in(pages.person(HOST, gardens=("elm-yard",)))
    assert enter(host, "moves", moved="elm-1", target="mill-court").status == 422
    steward = pages.signed_in(pages.person(MEMBER, STEWARD, number=2))
    assert enter(steward, "moves", moved="elm-1", target="mill-court", since=EARLIER).status == 303
    assert [registry.place_of("elm-1", at_s) for at_s in (EARLIER_S - 1, EARLIER_S)] == [
        ("oak", "elm-yard"),
        ("oak", "mill-court"),
    ]
    # It stays in the history of both gardens.
    for garden in ("elm-yard", "mill-court"):
        assert "Node elm-1 stands in Mill-Court" in steward.get(f"/gardens/{garden}/history").body


@pytest.mark.parametrize(("way", "fields"), WAYS)
def test_every_change_is_undone_by_a_new_entry_of_the_same_date(
    host: Client, registry: Registry, way: str, fields: dict[str, str]
) -> None:
    change = {"soil": "Soil: felt", "probes": "probe-2 is at elm-1",
            "calibrations": "Calibration of probe-1:",
            "moves": "stands in no garden"}[way]  # fmt: skip
    if way == "soil":
        enter(host, "soil", texture="sand", source="guessed", since="2026-06-01")
    states = [_state(registry, at_s) for at_s in (EARLIER_S - DAY_S, EARLIER_S + DAY_S, NOW_S)]
    before = len(registry.entries_after(0))
    assert enter(host, way, **fields, since=EARLIER).status == 303
    assert _state(registry, NOW_S) != states[2]
    entered = len(registry.entries_after(0))
    while "<form" in "".join(row for row in host.get(HISTORY).body.split("<tr>") if change in row):
        assert undo(host, change).status == 303
    if way == "probes":
        undo(host, "probe-1 is at no node")
    assert [_state(registry, at_s) for at_s in (EARLIER_S - DAY_S, EARLIER_S + DAY_S, NOW_S)] == states
    assert len(registry.entries_after(0)) > entered > before


def _state(registry: Registry, at_s: int) -> object:
    soil = registry.soil("elm-yard", at_s)
    return (
        soil,
        registry.node("elm-1", at_s),
        registry.probes("elm-1", at_s),
        registry.calibrations("probe-1", at_s),
    )


def test_a_first_entry_stays(host: Client) -> None:
    rows = host.get(HISTORY).body.split("<tr>")
    assert "<form" not in next(row for row in rows if "Title: Elm-Yard" in row)
    fields = {"kind": "garden", "id": "mill-court", "number": "3"}
    token = host.get(CHANGES).field("form_token")
    assert host.post(HISTORY, {**fields, "form_token": token}).status == 404


@pytest.mark.parametrize(
    ("way", "changed"),
    [
        ("soil", {"texture": "mud"}),
        ("soil", {"organic": "90"}),
        ("soil", {"since": LATER}),
        ("soil", {"since": "yesterday"}),
        ("soil", {"since": "1999-12-31"}),
        ("probes", {"node": "mill-1"}),
        ("probes", {"position": "0"}),
        ("probes", {"serial": ""}),
        ("probes", {"depth": "deep"}),
        ("calibrations", {"probe": "probe-9"}),
        ("calibrations", {"dry": ""}),
        ("calibrations", {"wet": "many"}),
        ("calibrations", {"wet": "3110"}),
        ("calibrations", {"wet_moisture": "2"}),
        ("calibrations", {"wet_moisture": "0.3"}),
        ("calibrations", {"dry_moisture": "0"}),
        ("calibrations", {"dry_moisture": "0", "wet_moisture": "0.3", "by_texture": "1"}),
        ("moves", {"moved": "mill-1"}),
        ("moves", {"target": "elm-yard"}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_changes_nothing(
    host: Client, registry: Registry, way: str, changed: dict[str, str]
) -> None:
    before = registry.version()
    answer = enter(host, way, **{**dict(WAYS)[way], "since": TODAY, **changed})
    assert answer.status == 422
    assert 'class="error"' in answer.body
    assert registry.version() == before


@pytest.mark.parametrize("roles", [(MEMBER,), (HOST,)])
def test_nobody_else_sees_or_changes_them(pages: Pages, host: Client, roles: tuple[str, ...]) -> None:
    other = pages.signed_in(pages.person(*roles, gardens=("mill-court",), number=3))
    token = other.get("/mine").field("form_token")
    for path in (CHANGES, HISTORY):
        assert other.get(path).status == 403
    for way, fields in WAYS:
        assert other.post(f"/gardens/elm-yard/{way}", {**fields, "form_token": token}).status == 403
        assert host.post(f"/gardens/elm-yard/{way}", fields).status == 403


def test_no_exact_place_is_in_a_history(host: Client) -> None:
    body = host.get(HISTORY).body
    assert "51.5" not in body
    assert "-0.1" not in body
