"""The device families that Sera ships do what their own examples say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from gateway_parts import COMMUNITY, GARDEN, SINCE_S
from ledger_parts import Way, way_in
from sera_gateway.decode.mappings import topic_parts
from sera_gateway.errors import MappingUnusableError
from sera_gateway.families.mapping_files import read_family, shipped_family
from sera_gateway.families.shipped import shipped_names
from sera_gateway.families.trial import TrialMessage, comparisons, try_example, try_message
from sera_store.registry.entities import Community, Garden, Node
from sera_store.registry.mapping_keys import topic_pattern
from sera_vocabulary.quality import GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_gateway.families.examples import Example
    from sera_store.registry.mappings import Mapping

FAMILIES = {name: shipped_family(name) for name in shipped_names()}
EXAMPLES = [
    pytest.param(family.mapping, example, id=f"{name}: {example.title}")
    for name, family in FAMILIES.items()
    for example in family.examples
]
ONE_VALUE = """
id = "shed"
version = 1
topic = "shed/{node}"
time = "t"
values = [{ key = "v", series = "air", column = "air_temperature", units = ["degF"] }]
"""
EXAMPLE = """
[[examples]]
title = "warm"
topic = "shed/bed-1"
payload = '{"t":"2026-06-01T12:00:00","v":50}'
arrived = 2026-06-01T10:00:01Z
timezone = "Europe/Berlin"
device = "bed-1"
time = 2026-06-01T10:00:00Z
records = [{ series = "air", values = { air_temperature = 10 } }]
"""


@pytest.mark.parametrize(("mapping", "example"), EXAMPLES)
def test_a_message_becomes_what_its_example_says(mapping: Mapping, example: Example) -> None:
    rows = comparisons(example, try_example(mapping, example))
    assert [row for row in rows if not row.agrees] == []


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_shows_a_reading_a_missing_value_and_a_rejection(name: str) -> None:
    mapping, examples = FAMILIES[name]
    most = max(len(numbers_of(example)) for example in examples)
    complete = {is_complete(example, most) for example in examples if example.records}
    assert complete == ({True, False} if mapping.values or mapping.observed else set())
    assert any(example.rejected for example in examples)


def values_of(example: Example) -> dict[str, float]:
    return {column: value for record in example.records for column, value in record.values.items()}


def numbers_of(example: Example) -> list[float]:
    return [value for value in values_of(example).values() if not math.isnan(value)]


def is_complete(example: Example, most: int) -> bool:
    """Whether no value of the message is missing, and it has as many as the fullest one of its family."""
    return len(numbers_of(example)) == len(values_of(example)) == most


def names_in(mapping: Mapping, example: Example) -> tuple[str, ...]:
    """The names of devices in a family's examples, and in the topic of one."""
    match = topic_pattern(mapping.topic).fullmatch(example.topic)
    by_topic = topic_parts(match).node if match else None
    names = {other.device for other in FAMILIES[mapping.id].examples} | {by_topic or ""}
    return tuple(sorted(names - {""}))


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with way_in(tmp_path) as way:
        way.store.registry.put(Community(COMMUNITY), since_s=SINCE_S, by="a test")
        garden = Garden(GARDEN, COMMUNITY, None, "Elm Yard", 52.5, 13.4, "Europe/Berlin")
        way.store.registry.put(garden, since_s=SINCE_S, by="a test")
        yield way


@pytest.mark.parametrize(("mapping", "example"), EXAMPLES)
def test_a_trial_says_what_the_ledger_stores(way: Way, mapping: Mapping, example: Example) -> None:
    node = Node("the-device", GARDEN, known_as=names_in(mapping, example))
    way.store.registry.put(node, since_s=SINCE_S, by="a test")
    way.store.registry.put(mapping, since_s=SINCE_S, by="a test")
    trial = try_example(mapping, example)
    arrived_s = int(example.arrived.timestamp())

    way.take(example.payload.encode(), topic=example.topic, received_s=arrived_s)

    stored = [
        (record.node and example.device, record.time_s, record.series, column, value, flag)
        for record in way.current()
        for column, value, flag in zip(record.columns, record.values, record.quality, strict=True)
    ]
    assert sorted(stored, key=str) == sorted(
        [(trial.device, trial.time_s, *value[:2], *value[3:]) for value in trial.values], key=str
    )
    assert way.letters() == ([] if trial.rejection is None else [trial.rejection.reason])


def family_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "shed.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_time_without_a_zone_is_of_the_examples_garden(tmp_path: Path) -> None:
    mapping, [example] = read_family(family_of(tmp_path, ONE_VALUE + EXAMPLE))
    assert all(row.agrees for row in comparisons(example, try_example(mapping, example)))


@pytest.mark.parametrize(
    ("right", "wrong", "label"),
    [
        ("air_temperature = 10", "air_temperature = 10.001", "air air_temperature"),
        ("air_temperature = 10", "air_humidity = 10", "air air_humidity"),
        ("10 } }", "10 }, flags = { air_temperature = 4 } }", "air air_temperature"),
        ('device = "bed-1"', 'device = "bed-2"', "device"),
        ("time = 2026-06-01T10:00:00Z", "time = 2026-06-01T12:00:00Z", "time"),
        ('timezone = "Europe/Berlin"', "", "time"),
        ('"v":50', '"v":50,"w":1', "keys not read"),
        ('"v":50', '"w":50', "outcome"),
    ],
)
def test_whatever_differs_from_an_example_is_named(
    tmp_path: Path, right: str, wrong: str, label: str
) -> None:
    assert right in EXAMPLE
    mapping, [example] = read_family(family_of(tmp_path, ONE_VALUE + EXAMPLE.replace(right, wrong)))
    rows = comparisons(example, try_example(mapping, example))
    assert label in [row.what for row in rows if not row.agrees]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("records = [", "more = [", "unknown field `more`"),
        ('title = "warm"', 'title = "warm"\nrejected = "wrong_shape"', "records and rejected; expected one"),
        ('records = [{ series = "air", values = { air_temperature = 10 } }]', "", "no outcome"),
        ('device = "bed-1"', "", "`device`"),
        ('series = "air"', 'series = "sky"', "series 'sky'"),
        ("10 } }", "10 }, flags = { air_humidity = 4 } }", "flags of air_humidity"),
        ("10 } }", "10 }, flags = { air_temperature = 5 } }", "flag 5"),
        ("2026-06-01T10:00:01Z", "2026-06-01T10:00:01", "timezone component"),
        ("Europe/Berlin", "Europe/Elmtown", "timezone 'Europe/Elmtown'"),
    ],
)
def test_an_example_that_is_none_is_refused_with_its_place(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert right in EXAMPLE
    with pytest.raises(MappingUnusableError, match=message) as refusal:
        read_family(family_of(tmp_path, ONE_VALUE + EXAMPLE.replace(right, wrong)))
    assert "shed.toml" in str(refusal.value)
    assert "$.examples[0]" in str(refusal.value)


@pytest.mark.parametrize("reason", ["rejected", "ignored"])
def test_a_reason_that_no_message_gets_is_refused(tmp_path: Path, reason: str) -> None:
    head, _ = EXAMPLE.split("device = ")
    text = f'{head}{reason} = "so"'
    with pytest.raises(MappingUnusableError, match=f"{reason} 'so' is no reason"):
        read_family(family_of(tmp_path, ONE_VALUE + text))


def test_a_message_under_another_topic_has_no_mapping() -> None:
    trial = try_message(FAMILIES["garden-obs"].mapping, TrialMessage("garden/v2/x", b"{}", SINCE_S))
    assert trial.outcome == "rejected no_mapping"
    assert trial.rejection is not None
    assert "expected garden/v1/{city}/{site}/{node}/obs" in trial.rejection.detail


def test_flags_that_an_example_does_not_name_are_good() -> None:
    example = FAMILIES["garden-obs"].examples[0]
    assert {value.flag for value in try_example(FAMILIES["garden-obs"].mapping, example).values} == {GOOD}
