"""What a mapping can say of messages as real devices send them, through to records and dead letters."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gateway_parts import COMMUNITY, GARDEN, NOW_S, SINCE_S
from ledger_parts import Way, way_in
from sera_gateway.decode import reasons
from sera_store.errors import InvalidEntryError
from sera_store.registry.dead_letter_actions import AMEND
from sera_store.registry.entities import CERTIFICATE_WAY, Community, Garden, Node
from sera_store.registry.mappings import MappedValue, Mapping
from sera_vocabulary.quality import SUSPECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE = "bed-1"
TEMPERATURE = MappedValue("t", "air", "air_temperature", ("°C", "°F"))
HUMIDITY = MappedValue("h", "air", "air_humidity", ("%",))
MOISTURE = MappedValue("m", "soil", "soil_moisture", ("%",))
NULLS = ["null", "NULL", "None", "nan", "NaN", "N/A", "", "unavailable", "unknown", "-", None, math.nan]


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path) as way:
        enter(way, Community(COMMUNITY))
        enter(way, Garden(GARDEN, COMMUNITY, None, "Elm Yard", 52.5, 13.4, "Europe/Berlin"))
        enter(way, Node(NODE, GARDEN))
        yield way


def enter(way: Way, entity: Any) -> None:
    way.store.registry.put(entity, since_s=SINCE_S, by="a test")


def table(**changes: Any) -> Mapping:
    fields = {"id": "yard-box", "version": 1, "topic": "yard/{node}", "values": (TEMPERATURE, HUMIDITY)}
    return Mapping(**(fields | changes))


def take(way: Way, payload: object, topic: str = f"yard/{NODE}", received_s: int = NOW_S) -> None:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    way.take(content, topic=topic, received_s=received_s)


def values(way: Way) -> list[tuple[str, int | None, dict[str, float | None]]]:
    """Node, time after now and values of all records, in the order of time and node."""
    rows = [
        (record.node, record.time_s - NOW_S, dict(zip(record.columns, record.values, strict=True)))
        for record in way.current()
        if record.time_s is not None
    ]
    return sorted(rows, key=lambda row: (row[1], row[0], str(row[2])))


@pytest.mark.parametrize("null", NULLS)
def test_what_says_that_there_is_no_value_is_missing_and_not_a_fault(way: Way, null: object) -> None:
    enter(way, table(missing=(-200,)))
    take(way, {"t": null, "h": 50})
    [record] = way.current()
    assert dict(zip(record.columns, record.quality, strict=True)) == {"air_temperature": 9, "air_humidity": 1}
    assert "refused:air_temperature" not in (record.detail or {})


@pytest.mark.parametrize("sentinel", [-200, "-200.0", 327.6, "off"])
def test_a_number_by_which_a_device_says_that_it_has_none_is_missing(way: Way, sentinel: object) -> None:
    value = msgspec.structs.replace(TEMPERATURE, missing=(327.6, "off"))
    enter(way, table(values=(value, HUMIDITY), missing=(-200,)))
    take(way, {"t": sentinel, "h": 50})
    [record] = way.current()
    assert dict(zip(record.columns, record.quality, strict=True)) == {"air_temperature": 9, "air_humidity": 1}


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("68 °F", 20),
        ("20.0 °C", 20),
        (" 20 ", 20),
        ("2e1", 20),
        ("20 K", None),
        ("20,5", None),
        ("1:20", None),
    ],
)
@pytest.mark.parametrize("more", [{}, {"missing": (-200,)}])
def test_a_text_is_a_number_with_its_own_unit_or_none_at_all(
    way: Way, written: str, stored: float | None, more: dict[str, Any]
) -> None:
    enter(way, table(**more))
    take(way, {"t": written})
    [record] = way.current()
    assert record.values == ((None,) if stored is None else (pytest.approx(stored),))
    assert record.quality == (4 if stored is None else 1,)


def test_a_unit_stands_beside_its_value_and_one_that_the_table_does_not_have_spoils_it_alone(
    way: Way,
) -> None:
    value = MappedValue("s.t", "air", "air_temperature", ("C = degC", "F = degF"), unit_key="Unit")
    enter(way, table(values=(value, HUMIDITY)))
    take(way, {"s": {"t": 68}, "Unit": "F"})
    take(way, {"s": {"t": 21}, "Unit": None}, received_s=NOW_S + 1)
    take(way, {"s": {"t": 21}, "h": 40, "Unit": "R"}, received_s=NOW_S + 2)
    assert [row for *_, row in values(way)] == [
        {"air_temperature": pytest.approx(20)},
        {"air_temperature": 21},
        {"air_temperature": None, "air_humidity": 40},
    ]


def test_a_key_with_a_dot_of_its_own_stands_in_quotes(way: Way) -> None:
    enter(way, table(values=(MappedValue('probe."0.5m".t', "air", "air_temperature", ("°C",)),)))
    take(way, {"probe": {"0.5m": {"t": 12}}, "probe.0": {"5m.t": 99}})
    assert [row for *_, row in values(way)] == [{"air_temperature": 12}]


@pytest.mark.parametrize(
    ("payload", "stored"),
    [({"kind": "soil", "v": 9}, {"soil_temperature": 9}), ({"kind": "air", "v": 9}, {"air_temperature": 9})],
)
def test_what_a_value_is_may_depend_on_another_key(
    way: Way, payload: dict[str, Any], stored: dict[str, float]
) -> None:
    soil = MappedValue("v", "soil", "soil_temperature", ("°C",), when="kind = soil")
    air = MappedValue("v", "air", "air_temperature", ("°C",), when="kind = air")
    enter(way, table(values=(soil, air)))
    take(way, payload)
    take(way, {"kind": "water", "v": 3})
    take(way, {"v": 3})
    assert [row for *_, row in values(way)] == [stored]
    assert way.letters() == [reasons.UNKNOWN_MEASUREMENT] * 2


@pytest.mark.parametrize(("pressure", "expected"), [("29.5", 15), (1003, 59), ("", None), (None, None)])
def test_a_number_beside_a_value_may_say_its_unit(way: Way, pressure: object, expected: float | None) -> None:
    low = MappedValue("t", "air", "air_temperature", ("°F",), when="p < 40")
    high = MappedValue("t", "air", "air_temperature", ("°C",), when="p > 500")
    enter(way, table(values=(low, high, HUMIDITY)))
    take(way, {"t": 59, "p": pressure, "h": 50})
    [(*_, row)] = values(way)
    assert row.get("air_temperature") == (expected if expected is None else pytest.approx(expected))
    assert row["air_humidity"] == 50


@pytest.mark.parametrize(
    ("form", "output", "after_s"),
    [
        ("unix_us", (NOW_S - 60) * 1_000_000 + 7, -60),
        ("unix_ns", (NOW_S - 60) * 1_000_000_000 + 7, -60),
        ("unix_ns", str((NOW_S - 60) * 1_000_000_000 + 7), -60),
        ("unix_ms", float((NOW_S - 60) * 1000), -60),
        ("unix_s", str(NOW_S - 60), -60),
        ("iso8601", datetime.fromtimestamp(NOW_S - 60, UTC).strftime("%Y-%m-%dT%H:%M:%S.123456789Z"), -60),
        ("iso8601", datetime.fromtimestamp(NOW_S - 60, UTC).strftime("%Y-%m-%d %H:%M:%SZ"), -60),
    ],
)
def test_times_are_read_as_devices_write_them(way: Way, form: Any, output: object, after_s: int) -> None:
    enter(way, table(time="at", time_form=form, time_zone="UTC", missing=(-1,)))
    take(way, {"t": 20, "at": output})
    assert [at_s for _, at_s, _ in values(way)] == [after_s]


@pytest.mark.parametrize(
    ("output", "arrived", "expected", "is_suspect"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T00:31:00", "2026-10-25T00:30:00", False),
        ("2026-10-25T02:30:00", "2026-10-25T01:31:00", "2026-10-25T01:30:00", False),
        ("2026-10-25T02:30:00", "2026-10-25T06:00:00", "2026-10-25T01:30:00", True),
        ("2026-03-29T02:30:00", "2026-03-29T01:31:00", "2026-03-29T01:30:00", False),
    ],
)
def test_an_hour_that_comes_twice_or_never_is_named_and_doubted_where_nothing_tells(
    way: Way, output: str, arrived: str, expected: str, is_suspect: bool
) -> None:
    enter(way, table(time="at", time_zone="Europe/Berlin"))
    take(way, {"t": 20, "at": output}, received_s=int(datetime.fromisoformat(arrived + "+00:00").timestamp()))
    [record] = way.current()
    assert record.time_s == int(datetime.fromisoformat(expected + "+00:00").timestamp())
    assert "in Europe/Berlin; the one nearer to the arrival" in (record.detail or {})["refused"]
    assert (record.quality == (SUSPECT,)) == is_suspect


@pytest.mark.parametrize("more", [{}, {"missing": (-1,)}])
def test_a_key_that_stands_twice_is_a_dead_letter_since_nobody_knows_which_is_meant(
    way: Way, more: dict[str, Any]
) -> None:
    enter(way, table(values=(MappedValue("s.t", "air", "air_temperature", ("°C",)), HUMIDITY), **more))
    take(way, b'{"s":{"t":1},"s":{"x":2},"h":3}')
    take(way, b'{"s":{"t":1},"x":{"t":2},"h":3}')
    assert way.letters() == [reasons.DUPLICATE_KEY]
    [letter] = way.store.dead_letters.list()
    assert "'s' stands twice" in letter.detail
    assert len(way.current()) == 1


def test_one_message_brings_readings_of_several_devices_and_what_is_unknown_waits_for_its_node(
    way: Way,
) -> None:
    enter(way, table(topic="hub/{hub}", each="*", time="at", time_form="unix_s", ignored=("info",)))
    enter(way, Node("elm-2", GARDEN, known_as=("LYW-02",)))
    payload = {
        "at": NOW_S - 5,
        "info": {"t": 1},
        NODE: {"t": 20},
        "LYW-02": {"t": 21, "h": 51},
        "LYW_03": {"t": 22},
        "empty": {},
    }
    take(way, payload, topic="hub/hall")
    assert values(way) == [
        (NODE, -5, {"air_temperature": 20}),
        ("elm-2", -5, {"air_temperature": 21, "air_humidity": 51}),
    ]
    assert way.letters() == [reasons.UNKNOWN_NODE]

    enter(way, Node("elm-3", GARDEN, known_as=("LYW_03",)))
    way.ledger.catch_up()

    assert values(way)[2] == ("elm-3", -5, {"air_temperature": 22})
    assert way.letters("waiting") == []
    take(way, payload, topic="hub/hall")
    assert len(way.current()) == 3


def test_several_readings_of_one_device_keep_their_own_times(way: Way) -> None:
    enter(way, table(each="data", time="at", time_form="unix_s"))
    rows = [{"at": NOW_S - 60 * number, "t": 20 + number} for number in range(3)]
    take(way, {"data": rows, "more": 1})
    assert [(at_s, row["air_temperature"]) for _, at_s, row in values(way)] == [
        (-120, 22),
        (-60, 21),
        (0, 20),
    ]
    take(way, {"data": 5})
    take(way, {"data": [5]})
    take(way, {"x": 5})
    assert way.letters() == [reasons.WRONG_SHAPE, reasons.WRONG_SHAPE, reasons.UNKNOWN_MEASUREMENT]


def test_a_bare_value_is_named_by_its_topic_and_other_topics_of_the_device_are_silent(way: Way) -> None:
    enter(way, table(topic="{node}/sensor/{key}/state", format="value", silent=("{node}/status",)))
    take(way, b"21.5", f"{NODE}/sensor/t/state")
    take(way, b"66 %", f"{NODE}/sensor/h/state", NOW_S + 1)
    take(way, b"1", f"{NODE}/sensor/wind/state", NOW_S + 2)
    take(way, b"", f"{NODE}/sensor/t/state", NOW_S + 3)
    take(way, b"offline", f"{NODE}/status", NOW_S + 4)
    assert [row for *_, row in values(way)] == [{"air_temperature": 21.5}, {"air_humidity": 66}]
    assert way.letters() == [reasons.UNKNOWN_MEASUREMENT]
    assert way.ignored() == [reasons.CLEARED, reasons.SILENT_TOPIC]
    [letter] = way.store.dead_letters.list()
    assert "wind" in letter.detail


def test_bytes_that_nobody_decoded_and_what_sera_does_not_measure_have_reasons_of_their_own(way: Way) -> None:
    enter(way, table(undecoded="raw", not_measured=("species",), ignored=("raw",)))
    take(way, {"raw": "qg=="})
    take(way, {"species": "Robin"})
    take(way, {"raw": "qg==", "leaf": 4})
    take(way, {"raw": "qg==", "t": 4})
    assert way.letters() == [reasons.NOT_DECODED, reasons.NOT_MEASURED, reasons.UNKNOWN_MEASUREMENT]
    assert len(way.current()) == 1


def test_a_description_for_home_assistant_is_no_reading_and_no_letter(way: Way) -> None:
    take(way, {"name": "t"}, "homeassistant/sensor/box/t/config")
    assert (way.letters(), way.ignored()) == ([], [reasons.ANNOUNCEMENT])


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("tele/tasmota_A1B2C3/SENSOR", "A1B2C3"),
        ("tele/tasmota_Größe 2/SENSOR", "Größe 2"),
        ("tele/tasmota_0x00158D00/SENSOR", "0x00158D00"),
        ("tele/tasmota_soil-7/SENSOR", "soil-7"),
        ("tele/tasmota_17/SENSOR", "17"),
    ],
)
def test_a_device_goes_by_its_own_name_also_where_that_could_be_a_nodes_id(
    way: Way, topic: str, name: str
) -> None:
    enter(way, table(topic="tele/tasmota_{node}/SENSOR"))
    take(way, {"t": 20}, topic)
    assert way.letters() == [reasons.UNKNOWN_NODE]
    assert way.current() == []

    enter(way, Node("elm-9", GARDEN, known_as=(name,)))
    way.ledger.catch_up()
    take(way, {"t": 21}, topic, NOW_S + 60)

    assert [(node, row["air_temperature"]) for node, _, row in values(way)][-1] == ("elm-9", 21)
    # What waited came home by itself.
    assert len(way.current()) == 2
    assert way.letters("waiting") == []


@pytest.mark.parametrize("output", [23, "23"])
def test_a_number_in_the_message_is_a_name_too(way: Way, output: object) -> None:
    enter(way, table(topic="radio/all", node="id"))
    enter(way, Node("elm-9", GARDEN, known_as=("23",)))
    take(way, {"id": output, "t": 20}, "radio/all")
    assert [node for node, *_ in values(way)] == ["elm-9"]


def test_one_name_under_two_mappings_is_two_nodes_and_under_one_it_is_refused(way: Way) -> None:
    for name in ("yard-box", "shed-box"):
        enter(way, table(id=name, topic=f"{name}/{{node}}"))
    enter(way, Node("elm-8", GARDEN, way_in="yard-box", known_as=("Probe 1",)))
    enter(way, Node("elm-9", GARDEN, way_in="shed-box", known_as=("Probe 1",)))
    with pytest.raises(InvalidEntryError, match="'Probe 1' is what elm-8 is known as"):
        enter(way, Node("elm-7", GARDEN, way_in="yard-box", known_as=("Probe 1",)))
    take(way, {"t": 20}, "yard-box/Probe 1")
    take(way, {"t": 30}, "shed-box/Probe 1")
    assert {node: row["air_temperature"] for node, _, row in values(way)} == {"elm-8": 20, "elm-9": 30}


def test_no_name_lets_a_device_speak_for_a_node_that_proves_itself(way: Way) -> None:
    enter(way, table())
    enter(way, Node("elm-5", GARDEN, way_in=CERTIFICATE_WAY, known_as=("Sly",)))
    take(way, {"t": 20}, "yard/Sly")
    assert way.letters() == [reasons.OTHER_WAY]
    assert way.current() == []


def test_of_several_tables_for_one_topic_a_nodes_own_reads_it_else_the_first_that_can(way: Way) -> None:
    enter(way, table(id="a-box", values=(MappedValue("x", "air", "air_pressure", ("hPa",)),)))
    enter(way, table(id="b-box", values=(TEMPERATURE,)))
    enter(way, table(id="c-box", values=(MappedValue("t", "soil", "soil_temperature", ("°C",)),)))
    enter(way, Node("elm-4", GARDEN, way_in="c-box"))
    take(way, {"t": 20})
    take(way, {"t": 12}, "yard/elm-4")
    take(way, {"y": 1}, received_s=NOW_S + 1)
    assert {node: row for node, _, row in values(way)} == {
        NODE: {"air_temperature": 20},
        "elm-4": {"soil_temperature": 12},
    }
    assert way.letters() == [reasons.UNKNOWN_MEASUREMENT]


@pytest.mark.parametrize(
    ("payload", "stored", "letters"),
    [
        (
            [
                {"bn": "bed-1/", "bt": NOW_S - 60, "n": "t", "u": "Cel", "v": 20},
                {"n": "h", "u": "%RH", "v": 60},
            ],
            [(-60, {"air_temperature": 20, "air_humidity": 60})],
            [],
        ),
        (
            [
                {"bn": "bed-1/", "bu": "Cel", "bv": 10, "bt": NOW_S, "n": "t", "t": -30, "v": 1},
                {"n": "t", "v": 2},
            ],
            [(-30, {"air_temperature": 11}), (0, {"air_temperature": 12})],
            [],
        ),
        ([{"bn": "bed-1/", "n": "t", "u": "K", "v": 293.15, "t": -5}], [(-5, {"air_temperature": 20})], []),
        ([{"bn": "bed-1/", "n": "t", "u": "lx", "v": 3}], [(0, {"air_temperature": None})], []),
        ([{"bn": "bed-1/", "n": "q", "u": "lx", "v": 3}], [], [reasons.UNKNOWN_MEASUREMENT]),
        ([{"bn": "bed-1/", "n": "t", "u": "Cel", "v": "warm"}], [], [reasons.WRONG_TYPE]),
        ([{"bn": "bed-1/", "n": "t", "u": "Cel", "v": 3, "must_": 1}], [], [reasons.WRONG_SHAPE]),
        ({"n": "t"}, [], [reasons.WRONG_SHAPE]),
    ],
)
def test_a_senml_pack_is_resolved(way: Way, payload: Any, stored: list[Any], letters: list[str]) -> None:
    temperature = MappedValue("t", "air", "air_temperature", ("Cel = degC", "K"))
    humidity = MappedValue("h", "air", "air_humidity", ("%RH = %",))
    lists = {"observations": "e", "name": "n", "value": "v", "unit": "u", "observed": (temperature, humidity)}
    enter(
        way,
        table(topic="senml/all", format="senml", node="bn", time="t", time_form="unix_s", values=(), **lists),
    )
    take(way, payload, "senml/all")
    assert [(at_s, row) for _, at_s, row in values(way)] == [
        (at_s, pytest.approx(row, abs=1e-6) if None not in row.values() else row) for at_s, row in stored
    ]
    assert way.letters() == letters


def test_an_amendment_of_several_readings_takes_the_place_of_each(way: Way) -> None:
    enter(way, table(each="data", time="at", time_form="unix_s"))
    rows = [{"at": NOW_S - 60 * number, "t": 20 + number} for number in range(2)]
    take(way, {"data": [*rows, {"at": "soon", "t": 9}]})
    assert way.letters() == [reasons.WRONG_TYPE]
    [letter] = way.store.dead_letters.list()
    better = json.dumps({"data": [{"at": NOW_S, "t": 15}, rows[1]]}).encode()
    way.order(AMEND, letter.id or 0, payload=better)
    assert [(at_s, row["air_temperature"]) for _, at_s, row in values(way)] == [(-60, 21), (0, 15)]
    assert way.letters("waiting") == []
