"""What people state about a garden is kept with its history, and refused where it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sera_store.errors import InvalidEntryError, UnknownNameError
from sera_store.registry.garden_metadata import GardenSoil, Verification
from sera_store.registry.registry import Community, Garden

if TYPE_CHECKING:
    from sera_store.registry.registry import Registry
    from sera_store.store import Store


@pytest.fixture
def registry(store: Store) -> Registry:
    for entity in (
        Community("avon"),
        Garden("elm-yard", "avon", None, "Elm Yard", 51.45, -2.59, "Europe/London"),
    ):
        store.registry.put(entity, since_s=0, by="steward")
    return store.registry


def _verification(**changes: Any) -> Verification:
    fields: dict[str, Any] = {
        "id": "labels-1",
        "garden": "elm-yard",
        "comparability": ("camera",),
        "groups": ("wasps",),
        "weights": ((9.0, 1.0), (0.0, 30.0)),
        "labels": (10, 30),
        "recall_low": (0.6,),
        "recall_high": (0.98,),
    }
    return Verification(**(fields | changes))


def test_soil_stated_anew_holds_from_its_date(registry: Registry) -> None:
    registry.put(GardenSoil("elm-yard", 0.4, 0.2), since_s=100, by="host")
    registry.put(GardenSoil("elm-yard", 0.65, 0.1), since_s=200, by="laboratory")
    assert registry.soil("elm-yard", 50) is None
    assert [registry.soil("elm-yard", at_s).sand for at_s in (150, 250)] == [0.4, 0.65]  # type: ignore[union-attr]


def test_a_verification_comes_back_as_it_was_written(registry: Registry) -> None:
    registry.put(_verification(), since_s=0, by="steward")
    assert registry.verifications("elm-yard") == [_verification()]


def test_statements_about_an_unknown_garden_are_refused(registry: Registry) -> None:
    for entity in (
        GardenSoil("nowhere", 0.4, 0.2),
        _verification(garden="nowhere"),
    ):
        with pytest.raises(UnknownNameError):
            registry.put(entity, since_s=0, by="steward")


@pytest.mark.parametrize(
    "make",
    [
        lambda: GardenSoil("elm-yard", 0.7, 0.4),
        lambda: GardenSoil("elm-yard", 0.4, 0.2, 9.0),
        lambda: _verification(weights=((1.0,),)),
        lambda: _verification(labels=(1,)),
        lambda: _verification(recall_low=()),
        lambda: _verification(weights=((9.0, -1.0), (0.0, 3.0))),
        lambda: _verification(id="x"),
    ],
)
def test_what_cannot_be_is_refused(make: Any) -> None:
    with pytest.raises(InvalidEntryError):
        make()


def test_a_statement_survives_json() -> None:
    verification = _verification()
    assert msgspec.json.decode(msgspec.json.encode(verification), type=Verification) == verification
