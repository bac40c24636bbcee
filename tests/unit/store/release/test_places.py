"""Coarse places: the true point lies within the stated uncertainty, and the grid is the same for all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_store.coarse_grid import ConsentLevel, cell_of, coarse
from sera_store.errors import InvalidEntryError
from sera_store.registry.entities import Community, Garden
from sera_store.release.places import released_garden, zone_place

if TYPE_CHECKING:
    from sera_store.store import Store

VISIBLE_LEVELS = (ConsentLevel.STREET, ConsentLevel.NEIGHBOURHOOD, ConsentLevel.CITY)
latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)

# WGS 84: equatorial radius [m] and square of the first eccentricity.
EQUATOR_M = 6_378_137.0
ECCENTRICITY_2 = 0.006_694_379_990_14


def distance_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Straight line between two points of the ellipsoid [m]; shorter than the way on it by less than 1e-4."""
    return math.dist(cartesian(*first), cartesian(*second))


def cartesian(latitude: float, longitude: float) -> tuple[float, float, float]:
    phi, lam = math.radians(latitude), math.radians(longitude)
    normal_m = EQUATOR_M / math.sqrt(1 - ECCENTRICITY_2 * math.sin(phi) ** 2)
    return (
        normal_m * math.cos(phi) * math.cos(lam),
        normal_m * math.cos(phi) * math.sin(lam),
        normal_m * (1 - ECCENTRICITY_2) * math.sin(phi),
    )


@given(latitudes, longitudes, st.sampled_from(VISIBLE_LEVELS))
def test_the_true_point_lies_within_the_uncertainty(
    latitude: float, longitude: float, level: ConsentLevel
) -> None:
    place = coarse(latitude, longitude, level)

    assert place is not None
    assert place.uncertainty_m > 0
    assert distance_m((latitude, longitude), (place.latitude, place.longitude)) <= place.uncertainty_m


@given(st.floats(-85, 85), longitudes, st.sampled_from(VISIBLE_LEVELS))
def test_the_uncertainty_is_no_larger_than_the_cell_asks(
    latitude: float, longitude: float, level: ConsentLevel
) -> None:
    place = coarse(latitude, longitude, level)

    assert place is not None
    half = place.grid_deg / 2
    corners = [
        (place.latitude + north * half, place.longitude + east * half)
        for north in (-1, 1)
        for east in (-1, 1)
    ]
    centre = (place.latitude, place.longitude)
    assert place.uncertainty_m <= 1 + 1.011 * max(distance_m(centre, corner) for corner in corners)


@given(latitudes, longitudes, st.sampled_from(VISIBLE_LEVELS))
def test_a_coarse_place_is_the_centre_of_its_own_cell(
    latitude: float, longitude: float, level: ConsentLevel
) -> None:
    place = coarse(latitude, longitude, level)

    assert place is not None
    assert coarse(place.latitude, place.longitude, level) == place


def test_neighbours_in_one_cell_become_the_same_place() -> None:
    assert coarse(51.4545, -2.5879, "neighbourhood") == coarse(51.4512, -2.5831, "neighbourhood")
    assert coarse(51.4545, -2.5879, "neighbourhood") != coarse(51.4445, -2.5879, "neighbourhood")


def test_a_hidden_place_does_not_leave() -> None:
    assert coarse(51.4545, -2.5879, "hidden") is None


def test_coarser_consent_says_more_uncertainty() -> None:
    message = [coarse(51.4545, -2.5879, level) for level in VISIBLE_LEVELS]

    assert [place.uncertainty_m for place in message if place] == [66, 659, 6583]


@pytest.mark.parametrize(
    ("latitude", "longitude", "level"),
    [(90.1, 0.0, "city"), (0.0, -180.1, "city"), (math.nan, 0.0, "city"), (0.0, 0.0, "exact")],
)
def test_what_is_no_place_or_no_level_is_refused(latitude: float, longitude: float, level: str) -> None:
    with pytest.raises(InvalidEntryError, match="expected"):
        coarse(latitude, longitude, level)


@given(st.integers(-90_000, 90_000), st.integers(-180_000, 180_000))
def test_an_entered_decimal_on_an_edge_begins_its_cell(row: int, column: int) -> None:
    cell = cell_of(row / 1000, column / 1000, ConsentLevel.STREET)

    assert cell == (min(row, 89_999), column if column < 180_000 else -180_000, 1)


@given(latitudes, longitudes)
def test_each_cell_lies_in_exactly_one_coarser_cell(latitude: float, longitude: float) -> None:
    street, neighbourhood, city = (cell_of(latitude, longitude, level) for level in VISIBLE_LEVELS)

    for fine, wide in ((street, neighbourhood), (neighbourhood, city)):
        factor = wide.side // fine.side
        assert (fine.row // factor, fine.column // factor) == (wide.row, wide.column)


@pytest.mark.parametrize(
    ("latitude", "longitude", "centre"),
    [
        (90.0, 180.0, (89.95, -179.95)),
        (-90.0, -180.0, (-89.95, -179.95)),
        (0.0, -0.0, (0.05, 0.05)),
        (-1e-300, -5e-324, (-0.05, -0.05)),
        (51.3, 8.2, (51.35, 8.25)),
    ],
)
def test_poles_antimeridian_and_zero_have_their_cells(
    latitude: float, longitude: float, centre: tuple[float, float]
) -> None:
    place = coarse(latitude, longitude, "city")

    assert place is not None
    assert (place.latitude, place.longitude) == centre


def gardens(store: Store, *places: tuple[float, float, str]) -> None:
    store.registry.put(Community("avon"), since_s=0, by="test")
    for number, (latitude, longitude, consent) in enumerate(places, 1):
        level = ConsentLevel(consent)
        garden = Garden(f"yard-{number}", "avon", None, "", latitude, longitude, "Europe/London", level)
        store.registry.put(garden, since_s=0, by="test")


@pytest.mark.parametrize("level", VISIBLE_LEVELS)
def test_the_sun_stands_over_the_cell_of_a_tenth_of_a_degree_whatever_the_consent(
    store: Store, level: ConsentLevel
) -> None:
    gardens(store, (51.4545, -2.5879, level))

    garden = released_garden(store.registry, "yard-1")

    assert garden is not None
    assert garden.sun_place == (51.45, -2.55)


def test_the_sun_of_a_hidden_garden_stands_over_its_community(store: Store) -> None:
    places = [(51.41, -2.61, "street"), (51.42, -2.49, "city"), (51.83, -2.41, "street")]
    gardens(store, *places, (60.0, 5.0, "hidden"))
    before = released_garden(store.registry, "yard-4")
    gardens(store, *places, (35.0, -7.0, "hidden"))
    after = released_garden(store.registry, "yard-4")

    assert before == after
    assert before is not None
    assert (before.place, before.sun_place) == (None, (51.45, -2.45))


def test_a_hidden_garden_alone_has_the_sun_of_its_time_zone(store: Store) -> None:
    gardens(store, (57.1, -2.1, "hidden"), (50.2, -5.4, "hidden"))

    garden = released_garden(store.registry, "yard-1")

    assert garden is not None
    assert garden.sun_place == zone_place("Europe/London") == (51.55, -0.15)


@pytest.mark.parametrize(
    ("timezone", "place"),
    [
        ("America/Argentina/ComodRivadavia", (0.05, -44.95)),
        ("Etc/GMT+3", (0.05, -44.95)),
        ("UTC", (0.05, 0.05)),
        ("America/New_York", (40.75, -74.05)),
    ],
)
def test_a_zone_without_a_city_has_its_meridian(timezone: str, place: tuple[float, float]) -> None:
    assert zone_place(timezone) == place
