"""Traps that devices of other makers set, in `device_traps.toml`: one test runs them all."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway_parts import COMMUNITY, GARDEN, NOW_S, SINCE_S
from ledger_parts import Way, way_in
from sera_store.registry.entities import Community, Garden, Node
from sera_store.registry.mappings import Mapping
from sera_vocabulary.quality import SUSPECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_store.records.rows import Record

_NODE = "bed-01"
_ZONE = "Europe/Berlin"
_TRAPS = tomllib.loads((Path(__file__).parent / "device_traps.toml").read_text(encoding="utf-8"))["trap"]
_FACTORS = {"unix_s": 1, "unix_ms": 1000}


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path) as way:
        registry = way.store.registry
        registry.put(Community(COMMUNITY), since_s=SINCE_S, by="a test")
        garden = Garden(GARDEN, COMMUNITY, None, "Elm Yard", 52.5, 13.4, _ZONE)
        registry.put(garden, since_s=SINCE_S, by="a test")
        registry.put(Node(_NODE, GARDEN), since_s=SINCE_S, by="a test")
        yield way


def written(payload: str, table: Mapping) -> bytes:
    """A payload with its times in the form of its table."""
    factor = _FACTORS.get(table.time_form, 1)
    for after_s in (0.25, 1, 7200):
        payload = payload.replace(f"{{at+{after_s}}}", str(int((NOW_S + after_s) * factor)))
    local = datetime.fromtimestamp(NOW_S, UTC).astimezone(ZoneInfo(_ZONE)).replace(tzinfo=None)
    return payload.replace("{at}", str(NOW_S * factor)).replace("{local}", local.isoformat()).encode()


def of_column(records: list[Record], column: str) -> list[tuple[int, float, int]]:
    """Time after the first arrival, value and flag of a column, where it has a value."""
    result = [
        (record.time_s - NOW_S, value, flag)
        for record in records
        if record.time_s is not None
        for name, value, flag in zip(record.columns, record.values, record.quality, strict=True)
        if name == column and value is not None
    ]
    return sorted(result)


@pytest.mark.parametrize("trap", _TRAPS, ids=[trap["name"] for trap in _TRAPS])
def test_a_trap_is_stepped_around(way: Way, trap: dict[str, Any]) -> None:
    table = msgspec.convert(trap["table"], Mapping)
    way.store.registry.put(table, since_s=SINCE_S, by="a test")
    for message in trap["messages"]:
        received_s = NOW_S + message.get("after_s", 0)
        way.take(written(message["payload"], table), topic=message["topic"], received_s=received_s)

    records = way.current()
    columns = {value.column for value in (*table.values, *table.observed)}
    stored = {column: of_column(records, column) for column in columns}
    assert {column: [value for _, value, _ in rows] for column, rows in stored.items() if rows} == {
        column: pytest.approx(values) for column, values in trap.get("values", {}).items()
    }
    assert {column for column, rows in stored.items() if any(flag == SUSPECT for *_, flag in rows)} == set(
        trap.get("suspect", [])
    )
    if "times_s" in trap:
        assert {after_s for rows in stored.values() for after_s, *_ in rows} == set(trap["times_s"])
    assert way.letters() == trap.get("letters", [])
    assert way.ignored() == trap.get("ignored", [])


def test_the_letter_of_renamed_keys_names_them_and_a_version_that_reads_them_brings_them_home(
    way: Way,
) -> None:
    trap = next(item for item in _TRAPS if item["name"].startswith("keys renamed"))
    table = msgspec.convert(trap["table"], Mapping)
    way.store.registry.put(table, since_s=SINCE_S, by="a test")
    way.take(b'{"probe-1":{"C":12.5,"Id":"A"},"rssi":-7}', topic="radio/bed-01")
    [letter] = way.store.dead_letters.list()
    assert "keys probe-1.C, probe-1.Id, rssi. Mapping wire-box 1 reads none of it" in letter.detail

    value = msgspec.structs.replace(table.values[0], key="probe-1.C")
    better = msgspec.structs.replace(table, version=2, values=(value,))
    way.store.registry.put(better, since_s=SINCE_S, by="a test")
    way.ledger.catch_up()

    assert way.letters("waiting") == []
    assert [(record.series, record.values) for record in way.current()] == [("soil", (12.5,))]


def test_keys_that_nothing_reads_are_noted_beside_those_that_come(way: Way) -> None:
    table = msgspec.convert(_TRAPS[4]["table"], Mapping)
    way.store.registry.put(table, since_s=SINCE_S, by="a test")
    way.take(b'{"probe":{"C":12.5},"rh":70,"wifi":{"rssi":-7}}', topic="radio/bed-01")
    way.take(b'{"probe-1":{"C":12.5},"rh":70}', topic="radio/bed-01", received_s=NOW_S + 90_000)
    keys = [(key.key, key.is_read, key.last_s - NOW_S) for key in way.store.foreign_keys()]
    assert keys == [("probe-1.C", False, 90_000), ("probe.C", True, 0), ("rh", True, 90_000)]


def test_a_device_that_makes_up_keys_makes_few_of_them_stay(way: Way) -> None:
    table = msgspec.convert(_TRAPS[4]["table"], Mapping)
    way.store.registry.put(table, since_s=SINCE_S, by="a test")
    for hour in range(12):
        keys = ",".join(f'"k{hour}-{number}":1' for number in range(100))
        way.take(f'{{"rh":70,{keys}}}'.encode(), topic="radio/bed-01", received_s=NOW_S + 3600 * hour)
    assert sum(not key.is_read for key in way.store.foreign_keys()) == 32
