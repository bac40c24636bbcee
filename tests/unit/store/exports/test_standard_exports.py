"""Exports in the forms of standards, read back by programs that know nothing of ours."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, World
from sera_command.main import main
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Garden, Node
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "'); DROP TABLE gardens; --"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A garden with a camera, soil and a person, a hidden one with a hostile name, a simulated one."""
    with Store.open(tmp_path / "data" / "store") as store:
        world = World(store, days=1)
        world.garden("elm-yard")
        world.node("elm-yard", "elm-1", "camera")
        world.node("elm-yard", "person-secret", "person")
        world.soil("elm-yard", "elm-1", lambda _: {"soil_moisture@1": 0.25, "soil_conductivity@1": 200.0})
        counts: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"beetles": 3.0, "awake_s": 600.0}
        world.write([world.record("elm-yard", "person-secret", "counts", MIDNIGHT_S + 36_127, counts)])
        world.write([world.record("elm-yard", "elm-1", "air", MIDNIGHT_S + 3_600, {"air_humidity": 50.0})])
        world.write([world.record("elm-yard", "elm-1", "air", MIDNIGHT_S + 7_200, {"air_humidity": None})])
        hidden = Garden(
            "dark-yard", COMMUNITY, None, HOSTILE, 51.4, -2.6, "Europe/London", ConsentLevel.HIDDEN
        )
        store.registry.put(hidden, since_s=0, by="test")
        ghost = Garden("ghost-yard", COMMUNITY, None, "", 51.4, -2.6, "Europe/London")
        store.registry.put(ghost, since_s=0, by="test")
        store.registry.put(Node("ghost-1", "ghost-yard", "camera", simulated=True), since_s=0, by="test")
        world.soil("ghost-yard", "ghost-1", lambda _: {"soil_moisture@1": 0.5})
        world.node("elm-yard", "elm-2", "camera")
        store.registry.put(Node("model-1", "elm-yard", "camera", simulated=True), since_s=0, by="test")
        world.soil("elm-yard", "model-1", lambda _: {"soil_moisture@1": 0.9})
    return tmp_path / "data"


def exported(data: Path, form: str, *words: str) -> Path:
    out = data.parent / form
    assert main(["export", form, "--data", str(data), "--out", str(out), *words]) == 0
    return out


def test_senml_is_resolved_by_another_reader(data: Path) -> None:
    senml = pytest.importorskip("kpn_senml")
    text = exported(data, "senml").read_text(encoding="utf-8")
    records = json.loads(text)
    assert records[0]["bn"].startswith("elm-yard/")
    names = {name for record in records for name in record}
    assert names <= {"bn", "n", "u", "t", "v"}
    read_records = []
    pack = senml.SenmlPack("reader", lambda record, device=None: read_records.append((device.name, record)))
    pack.from_json(text)
    values = {(name, record.name): (record.value, record.unit) for name, record in read_records}
    assert values["elm-yard/elm-1/soil/", "soil_moisture:1"][0] == 0.25

    base, resolved = "", {}
    for record in records:
        base = record.get("bn", base)
        resolved.setdefault(base + record["n"], []).append((record["u"], record["v"]))
    assert resolved["elm-yard/elm-1/soil/soil_moisture:1"][0] == ("/", 0.25)
    assert resolved["elm-yard/elm-1/soil/soil_conductivity:1"][0] == ("S/m", 0.02)
    assert resolved["elm-yard/elm-1/air/air_humidity"] == [("/", 0.5)]
    assert [name for name in resolved if name.startswith("simulated/ghost-yard/")]
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-:._/") for name in resolved)
    assert "person-secret" not in text
    assert "model-1" not in text


def test_sensorthings_has_what_the_standard_asks_of_each_entity(data: Path) -> None:
    text = exported(data, "sensorthings").read_text(encoding="utf-8")
    things = {thing["properties"]["id"]: thing for thing in json.loads(text)["value"]}
    assert set(things) == {"elm-yard", "dark-yard", "ghost-yard"}
    assert "Locations" not in things["dark-yard"]
    assert "simulated" in things["ghost-yard"]["description"]
    for thing in things.values():
        assert {"name", "description"} <= thing.keys()
        for location in thing.get("Locations", []):
            assert {"name", "description", "encodingType", "location"} <= location.keys()
        for stream in thing["Datastreams"]:
            _check_datastream(stream)
    humidity = next(s for s in things["elm-yard"]["Datastreams"] if s["name"] == "elm-1 air_humidity")
    [observation] = humidity["Observations"]
    assert (observation["result"], observation["phenomenonTime"]) == (
        50.0,
        "2026-06-01T00:00:00Z/2026-06-01T01:00:00Z",
    )
    assert "person-secret" not in text


def test_sensorthings_is_read_by_the_client_of_the_reference_server(data: Path) -> None:
    """frost-sta-client, of Fraunhofer IOSB, whose entities check the type of each of their properties."""
    utils = pytest.importorskip("frost_sta_client.utils")
    things = json.loads(exported(data, "sensorthings").read_text(encoding="utf-8"))["value"]
    read = [utils.transform_json_to_entity(thing, "frost_sta_client.model.thing.Thing") for thing in things]
    assert {thing.properties["id"] for thing in read} == {"elm-yard", "dark-yard", "ghost-yard"}
    elm = next(thing for thing in read if thing.properties["id"] == "elm-yard")
    [location] = elm.locations
    assert location.location["coordinates"] == [-2.55, 51.45]
    streams = {stream.name: stream for stream in elm.datastreams}
    humidity = streams["elm-1 air_humidity"]
    assert (humidity.unit_of_measurement.symbol, humidity.observed_property.name) == ("%", "air_humidity")
    [observation] = humidity.observations
    assert observation.result == 50.0
    assert observation.phenomenon_time == "2026-06-01T00:00:00Z/2026-06-01T01:00:00Z"
    broken = dict(things[0], Datastreams=[{"name": "x", "unitOfMeasurement": "percent"}])
    with pytest.raises((AttributeError, TypeError, ValueError)):
        utils.transform_json_to_entity(broken, "frost_sta_client.model.thing.Thing")


def _check_datastream(stream: dict[str, Any]) -> None:
    expected = {"name", "description", "unitOfMeasurement", "observationType", "ObservedProperty", "Sensor"}
    assert expected <= stream.keys()
    assert set(stream["unitOfMeasurement"]) == {"name", "symbol", "definition"}
    assert set(stream["ObservedProperty"]) == {"name", "definition", "description"}
    assert set(stream["Sensor"]) == {"name", "description", "encodingType", "metadata"}
    for observation in stream["Observations"]:
        begin, end = (datetime.fromisoformat(part) for part in observation["phenomenonTime"].split("/"))
        assert begin < end
        assert isinstance(observation["result"], float)


def test_geojson_is_valid_for_another_reader_and_shows_cells(data: Path) -> None:
    geojson = pytest.importorskip("geojson")
    collection = geojson.loads(exported(data, "geojson").read_text(encoding="utf-8"))
    assert collection.errors() == []
    features = {feature["id"]: feature for feature in collection["features"]}
    [ring] = features["elm-yard"]["geometry"]["coordinates"]
    assert [ring[0], ring[2]] == [[-2.6, 51.4], [-2.5, 51.5]]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
    assert area > 0, "counter-clockwise"
    assert features["dark-yard"]["geometry"] is None
    assert features["dark-yard"]["properties"]["uncertainty_m"] is None
    assert features["ghost-yard"]["properties"]["simulated"] is True


def test_sqlite_has_plain_tables_that_join(data: Path) -> None:
    path = exported(data, "sqlite")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = connection.execute(
            "SELECT q.unit, avg(r.value), count(*) FROM readings r JOIN quantities q ON q.name = r.quantity "
            "WHERE r.garden = 'elm-yard' AND r.quantity = 'soil_moisture' GROUP BY q.unit"
        ).fetchall()
        assert rows == [("m3/m3", 0.25, 24)]
        names = dict(connection.execute("SELECT id, name FROM gardens").fetchall())
        assert names["dark-yard"] == HOSTILE
        assert connection.execute("SELECT latitude FROM gardens WHERE id = 'dark-yard'").fetchone() == (None,)
        people = connection.execute(
            "SELECT DISTINCT node, local_time FROM readings WHERE node LIKE 'person%'"
        )
        [(name, day)] = people.fetchall()
    assert (name != "person-secret", day) == (True, "2026-06-01")


def test_an_export_is_whole_or_not_there(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = data.parent / "nowhere" / "x.json"
    for form in ("senml", "sensorthings", "geojson", "sqlite"):
        assert main(["export", form, "--data", str(data), "--out", str(out)]) != 0
        assert main(["export", form, "--data", str(data), "--community", "no", "--out", str(data / "x")]) == 3
    assert not (data / "x").exists()
    assert main(["export", "senml", "--data", str(data), "--from", "2026-07-01", "--to", "2026-06-01"]) == 3
    assert "swap them" in capsys.readouterr().err


def test_an_export_of_nothing_is_an_empty_document(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dates = ["--from", "2030-01-01", "--to", "2030-01-02"]
    capsys.readouterr()
    assert main(["export", "senml", "--data", str(data), *dates]) == 0
    assert json.loads(capsys.readouterr().out) == []
