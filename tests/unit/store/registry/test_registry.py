"""The registry: what holds at a time, what is refused, and that nothing is forgotten."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_store.errors import InvalidEntryError, UnknownNameError
from sera_store.registry.opening import REGISTRY_FILE
from sera_store.registry.registry import Calibration, Community, District, Garden, Node, ProbePlace
from sera_store.store import Store
from strategies import examples

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.registry.registry import Registry


def garden(**changes: Any) -> Garden:
    fields: dict[str, Any] = {
        "id": "elm-yard",
        "community": "avon",
        "district": None,
        "name": "Elm Yard",
        "latitude": 51.4545,
        "longitude": -2.5879,
        "timezone": "Europe/London",
        "consent": "neighbourhood",
    }
    return Garden(**(fields | changes))


def calibration(**changes: Any) -> Calibration:
    fields: dict[str, Any] = {
        "id": "cal-1",
        "serial": "c-0007",
        "source": "soil_moisture_raw",
        "target": "soil_moisture",
        "coefficients": (-0.1, 0.0002),
        "valid_from_s": 100,
    }
    return Calibration(**(fields | changes))


@pytest.fixture
def registry(store: Store) -> Registry:
    for entity in (
        Community("avon", "Avon"),
        garden(),
        garden(id="rose-court"),
        Node("node-a", "elm-yard", "beam"),
    ):
        store.registry.put(entity, since_s=10, by="steward")
    return store.registry


def test_a_node_is_where_it_stood_at_the_time(registry: Registry) -> None:
    registry.put(Node("node-a", "rose-court", "beam"), since_s=20, by="steward")
    registry.put(Node("node-a", None, "beam"), since_s=30, by="steward")

    places = [registry.place_of("node-a", at_s) for at_s in (9, 10, 19, 20, 30, None)]

    assert places == [None, ("avon", "elm-yard"), ("avon", "elm-yard"), ("avon", "rose-court"), None, None]
    assert registry.place_of("node-x", 20) is None


def test_an_entry_written_late_for_an_earlier_date_leaves_later_dates_alone(registry: Registry) -> None:
    registry.put(Node("node-a", "rose-court", "beam"), since_s=30, by="steward")
    registry.put(Node("node-a", "elm-yard", "camera"), since_s=20, by="steward")

    assert registry.node("node-a", 25).detector == "camera"
    assert registry.node("node-a", 35).garden == "rose-court"


def test_of_two_entries_with_one_date_the_one_written_last_holds(registry: Registry) -> None:
    registry.put(Node("node-a", "elm-yard", "camera"), since_s=10, by="ecologist")

    assert registry.node("node-a", 10).detector == "camera"
    assert [entry.by for entry in registry.history("node", "node-a")] == ["steward", "ecologist"]


def test_the_same_entry_again_changes_nothing(registry: Registry) -> None:
    before = registry.version()

    assert registry.put(garden(), since_s=10, by="somebody else") == before
    assert registry.put(garden(name="Elm"), since_s=10, by="somebody else") > before


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Community, {"id": "a"}),
        (Community, {"id": "Avon"}),
        (Community, {"id": "a" * 33}),
        (Node, {"id": "node/a", "garden": None}),
        (Node, {"id": "node-a", "garden": None, "detector": "radar"}),
        (garden, {"timezone": "Europe/Atlantis"}),
        (garden, {"timezone": "../../etc/passwd"}),
        (garden, {"timezone": ""}),
        (garden, {"latitude": 91.0}),
        (garden, {"longitude": float("nan")}),
        (garden, {"consent": "everything"}),
        (ProbePlace, {"serial": "", "node": "node-a", "position": 1}),
        (ProbePlace, {"serial": "a\nb", "node": "node-a", "position": 1}),
        (ProbePlace, {"serial": "c-1", "node": "node-a", "position": 0}),
        (calibration, {"coefficients": ()}),
        (calibration, {"valid_to_s": 100}),
    ],
    ids=lambda entity: getattr(entity, "__name__", str(entity)),
)
def test_what_cannot_be_is_refused(kind: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidEntryError, match="expected"):
        kind(**fields)


@pytest.mark.parametrize(
    "entity",
    [
        garden(community="frome"),
        garden(district="harbour"),
        Node("node-b", "oak-lane"),
        ProbePlace("c-1", "node-b", 1),
        District("harbour", "frome"),
    ],
    ids=lambda entity: type(entity).__name__,
)
def test_what_names_something_unknown_is_refused(registry: Registry, entity: Any) -> None:
    before = registry.version()

    with pytest.raises(UnknownNameError, match="add it first"):
        registry.put(entity, since_s=10, by="steward")

    assert registry.version() == before


def test_an_id_of_a_device_is_never_that_of_a_person(registry: Registry) -> None:
    registry.put(Node("counter-7", None, "person"), since_s=10, by="steward")

    for node in (Node("node-a", "elm-yard", "person"), Node("counter-7", None, "camera")):
        with pytest.raises(InvalidEntryError, match="choose a new id"):
            registry.put(node, since_s=20, by="steward")


def test_lists_are_those_of_the_place_and_time(registry: Registry) -> None:
    registry.put(Community("frome"), since_s=10, by="steward")
    registry.put(garden(id="oak-lane", community="frome"), since_s=50, by="steward")
    registry.put(ProbePlace("c-0007", "node-a", 1, 0.1), since_s=20, by="steward")

    assert [item.id for item in registry.gardens("avon")] == ["elm-yard", "rose-court"]
    assert [item.id for item in registry.gardens(at_s=40)] == ["elm-yard", "rose-court"]
    assert [community.id for community in registry.communities()] == ["avon", "frome"]
    assert [node.id for node in registry.nodes("elm-yard")] == ["node-a"]
    assert registry.nodes("rose-court") == []
    assert registry.probe("c-0007", 19) is None
    assert registry.probes("node-a", 20) == [ProbePlace("c-0007", "node-a", 1, 0.1)]


def test_calibrations_hold_for_their_span(registry: Registry) -> None:
    registry.put(calibration(valid_to_s=200), since_s=0, by="lab")
    registry.put(calibration(id="cal-2", valid_from_s=200, coefficients=(0.0, 0.0003)), since_s=0, by="lab")

    calibrations = [
        [item.id for item in registry.calibrations("c-0007", at_s)] for at_s in (99, 100, 199, 200)
    ]

    assert calibrations == [[], ["cal-1"], ["cal-1"], ["cal-2"]]
    assert registry.calibrations("c-0008", 150) == []


def test_a_calibration_put_right_replaces_what_was_wrong(registry: Registry) -> None:
    registry.put(calibration(), since_s=0, by="lab")
    registry.put(calibration(coefficients=(0.0, 1.0)), since_s=0, by="lab")

    [result] = registry.calibrations("c-0007", 150)

    assert result.coefficients == (0.0, 1.0)
    assert len(registry.history("calibration", "cal-1")) == 2


def test_another_process_sees_what_was_entered(registry: Registry, store: Store) -> None:
    with Store.open(store.folder) as other:
        assert other.registry.node("node-b") is None
        registry.put(Node("node-b", "elm-yard"), since_s=10, by="steward")

        assert other.registry.node("node-b") == Node("node-b", "elm-yard")
        assert other.registry.version() == registry.version()


def test_entries_say_when_they_were_recorded_and_never_change(tmp_path: Path) -> None:
    with Store.open(tmp_path, clock=lambda: 1_780_000_000.7) as store:
        store.registry.put(Community("avon"), since_s=10, by="steward")
        [entry] = store.registry.history("community", "avon")
    assert (entry.since_s, entry.recorded_s, entry.entity) == (10, 1_780_000_000, Community("avon"))

    raw = sqlite3.connect(tmp_path / REGISTRY_FILE)
    for statement in ("UPDATE entries SET author = 'x'", "DELETE FROM entries"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()


@settings(max_examples=examples(30))
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from((None, "elm-yard", "rose-court"))),
        min_size=1,
        max_size=8,
    )
)
def test_the_garden_at_a_time_is_that_of_the_latest_entry_before_it(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[int, str | None]]
) -> None:
    with Store.open(tmp_path_factory.mktemp("registry")) as store:
        for entity in (Community("avon"), garden(), garden(id="rose-court")):
            store.registry.put(entity, since_s=0, by="steward")
        for since_s, place in entries:
            store.registry.put(Node("node-a", place), since_s=since_s, by="steward")

        for at_s in range(10):
            before = [(since_s, number) for number, (since_s, _) in enumerate(entries) if since_s <= at_s]
            result = store.registry.node("node-a", at_s)
            assert (result is None) == (not before)
            if result is not None:
                assert result.garden == entries[max(before)[1]][1]
        with Store.open(store.folder) as other:
            assert [other.registry.node("node-a", at_s) for at_s in range(10)] == [
                store.registry.node("node-a", at_s) for at_s in range(10)
            ]


def test_what_was_undone_is_not_remembered(registry: Registry, store: Store) -> None:
    def enter_and_fail() -> None:
        with store.registry._database.transaction():
            registry.put(Node("node-b", "elm-yard"), since_s=10, by="steward")
            assert registry.node("node-b") is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        enter_and_fail()
    assert registry.node("node-b") is None


@pytest.mark.parametrize("at_s", [10, 11, 49, 50, 51, 499, 500, 699, 700, 899, 900, 5000])
def test_between_two_moments_no_answer_changes(registry: Registry, at_s: int) -> None:
    registry.put(calibration(valid_from_s=500, valid_to_s=900), since_s=20, by="steward")
    registry.put(Node("node-a", "rose-court", "beam"), since_s=700, by="steward")
    registry.put(ProbePlace("c-0007", "node-a", 1, 0.1), since_s=50, by="steward")

    moment = max(item for item in registry.moments() if item <= at_s)

    assert registry.place_of("node-a", at_s) == registry.place_of("node-a", moment)
    assert registry.calibrations("c-0007", at_s) == registry.calibrations("c-0007", moment)
    assert registry.probe("c-0007", at_s) == registry.probe("c-0007", moment)
