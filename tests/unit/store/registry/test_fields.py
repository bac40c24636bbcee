"""Fields of the registry's entities: each explained, read from text, and refused where a text is none."""

from __future__ import annotations

import pytest

from sera_store.errors import InvalidEntryError
from sera_store.registry.entities import KINDS, Garden, Node
from sera_store.registry.fields import build_entity, fields_of, summary_of

ALL = [(kind, field) for kind in KINDS for field in fields_of(kind)]
GARDEN = {
    "id": "elm-yard",
    "community": "oak",
    "name": "Elm Yard",
    "latitude": 51.5,
    "longitude": -0.14,
    "timezone": "Europe/London",
}


@pytest.mark.parametrize(("kind", "field"), ALL, ids=[f"{kind}-{field.name}" for kind, field in ALL])
def test_every_field_is_explained_in_words_of_its_own(kind: str, field: object) -> None:
    assert field.meaning not in ("", field.name, field.name.replace("_", " "))  # type: ignore[attr-defined]
    assert summary_of(kind)


@pytest.mark.parametrize(
    ("kind", "name", "text", "value"),
    [
        ("garden", "consent", "street", "street"),
        ("garden", "area_m2", "120.5", 120.5),
        ("garden", "area_m2", "", None),
        ("garden", "district", "", None),
        ("garden", "consent", "", "city"),
        ("node", "comparability", '{"optics": "b"}', {"optics": "b"}),
        ("calibration", "coefficients", "[0.5, -0.0001]", (0.5, -0.0001)),
        ("calibration", "valid_from_s", "2026-06-01", 1_780_272_000),
        ("calibration", "valid_from_s", "2026-06-01T02:00+02:00", 1_780_272_000),
        ("calibration", "valid_from_s", "1780272000", 1_780_272_000),
    ],
)
def test_a_text_becomes_the_value_of_its_field(kind: str, name: str, text: str, value: object) -> None:
    [field] = [field for field in fields_of(kind) if field.name == name]
    assert field.read(text) == value


@pytest.mark.parametrize(
    ("kind", "name", "text", "expected"),
    [
        ("garden", "consent", "planet", "one of street, neighbourhood, city, hidden"),
        ("garden", "latitude", "north", "number"),
        ("garden", "latitude", "nan", "number"),
        ("garden", "latitude", "1e400", "number"),
        ("garden", "latitude", "", "number"),
        ("probe", "position", "1.5", "whole number"),
        ("node", "comparability", "optics=b", "JSON"),
        ("node", "comparability", "[1]", "JSON"),
        ("mapping", "time_form", "sundial", "one of iso8601, unix_s, unix_ms"),
        ("calibration", "valid_from_s", "June", "a date or time"),
    ],
)
def test_a_text_that_is_none_is_refused_with_what_was_expected(
    kind: str, name: str, text: str, expected: str
) -> None:
    [field] = [field for field in fields_of(kind) if field.name == name]
    with pytest.raises(InvalidEntryError, match=expected):
        field.read(text)


def test_an_entity_is_built_from_values_and_from_what_it_was() -> None:
    garden = build_entity("garden", GARDEN)
    assert garden == Garden("elm-yard", "oak", None, "Elm Yard", 51.5, -0.14, "Europe/London")
    moved = build_entity("garden", {"latitude": 51.6}, garden)
    assert isinstance(moved, Garden)
    assert (moved.latitude, moved.name) == (51.6, "Elm Yard")
    assert build_entity("node", {"id": "elm-1"}) == Node("elm-1", None)


def test_what_is_missing_or_impossible_is_named() -> None:
    with pytest.raises(InvalidEntryError, match="a new garden needs id, community, name"):
        build_entity("garden", {"timezone": "Europe/London"})
    with pytest.raises(InvalidEntryError, match="time zone"):
        build_entity("garden", {**GARDEN, "timezone": "Europe/Atlantis"})
