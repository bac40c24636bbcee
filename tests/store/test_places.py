"""Coarse places: the true point lies within the stated uncertainty, and the grid is the same for all."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_store.errors import InvalidEntryError
from sera_store.places import ConsentLevel, coarse

SHOWN = (ConsentLevel.STREET, ConsentLevel.NEIGHBOURHOOD, ConsentLevel.CITY)
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


@given(latitudes, longitudes, st.sampled_from(SHOWN))
def test_the_true_point_lies_within_the_uncertainty(
    latitude: float, longitude: float, level: ConsentLevel
) -> None:
    place = coarse(latitude, longitude, level)

    assert place is not None
    assert place.uncertainty_m > 0
    assert distance_m((latitude, longitude), (place.latitude, place.longitude)) <= place.uncertainty_m


@given(st.floats(-85, 85), longitudes, st.sampled_from(SHOWN))
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


@given(latitudes, longitudes, st.sampled_from(SHOWN))
def test_a_coarse_place_is_the_centre_of_its_own_cell(
    latitude: float, longitude: float, level: ConsentLevel
) -> None:
    place = coarse(latitude, longitude, level)

    assert place is not None
    assert coarse(place.latitude, place.longitude, level) == place


def test_neighbours_in_one_cell_become_the_same_place() -> None:
    assert coarse(51.4545, -2.5879, "neighbourhood") == coarse(51.4512, -2.5931, "neighbourhood")
    assert coarse(51.4545, -2.5879, "neighbourhood") != coarse(51.4445, -2.5879, "neighbourhood")


def test_a_hidden_place_does_not_leave() -> None:
    assert coarse(51.4545, -2.5879, "hidden") is None


def test_coarser_consent_says_more_uncertainty() -> None:
    said = [coarse(51.4545, -2.5879, level) for level in SHOWN]

    assert [place.uncertainty_m for place in said if place] == [66, 659, 6581]


@pytest.mark.parametrize(
    ("latitude", "longitude", "level"),
    [(90.1, 0.0, "city"), (0.0, -180.1, "city"), (math.nan, 0.0, "city"), (0.0, 0.0, "exact")],
)
def test_what_is_no_place_or_no_level_is_refused(latitude: float, longitude: float, level: str) -> None:
    with pytest.raises(InvalidEntryError, match="expected"):
        coarse(latitude, longitude, level)
