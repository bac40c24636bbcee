"""The only reader of exact places: nested cells of a fixed grid by consent, with their uncertainty.

Cells are floor cells of 0.001, 0.01 and 0.1 degree. Their numbers are whole and come from the decimal digits
as they were entered, so that each cell lies in exactly one coarser cell and no rounding moves an edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from statistics import median_low
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.registry.entities import Garden
    from sera_store.registry.registry import Registry


class ConsentLevel(StrEnum):
    """How closely a garden's host lets its place be known."""

    STREET = "street"
    NEIGHBOURHOOD = "neighbourhood"
    CITY = "city"
    HIDDEN = "hidden"


# Cells a degree at the finest level, and how many of them make the side of a cell.
_PER_DEGREE: Final = 1_000
_SIDE: Final = {ConsentLevel.STREET: 1, ConsentLevel.NEIGHBOURHOOD: 10, ConsentLevel.CITY: 100}
# What sun and weather are computed for, whatever the consent.
_SUN_LEVEL: Final = ConsentLevel.CITY

# No degree of latitude on WGS 84 is longer than at the poles, 111 694 m; nor is a degree of longitude longer
# than this times the cosine of the latitude.
_DEGREE_MOST_M: Final = 111_694.0
_HOUR_S: Final = 3_600
_DEGREES_AN_HOUR: Final = 15.0


class Cell(NamedTuple):
    """A cell of the grid: whole numbers of cells north of the equator and east of Greenwich, and its side.

    `side` is in thousandths of a degree.
    """

    row: int
    column: int
    side: int

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude of its centre [degree]."""
        halves = 2 * _PER_DEGREE
        return (2 * self.row + 1) * self.side / halves, (2 * self.column + 1) * self.side / halves

    @property
    def uncertainty_m(self) -> int:
        """Half the diagonal [m]: no point of the cell is farther from its centre."""
        near_equator = max(self.row, -self.row - 1) * self.side / _PER_DEGREE
        diagonal = math.hypot(1.0, math.cos(math.radians(near_equator))) * self.side / _PER_DEGREE
        return math.ceil(diagonal / 2 * _DEGREE_MOST_M)


@dataclass(frozen=True, slots=True)
class CoarsePlace:
    """A place as it may be known outside the registry.

    Parameters
    ----------
    latitude, longitude
        Centre of the cell of the grid [degree, WGS 84].
    uncertainty_m
        No point of the cell is farther from its centre [m].
    grid_deg
        Side of the cell [degree].
    """

    latitude: float
    longitude: float
    uncertainty_m: int
    grid_deg: float


@dataclass(frozen=True, slots=True)
class ReleasedGarden:
    """A garden without its exact place, as analysis and all outputs know it.

    Parameters
    ----------
    id, community, district, name, timezone
        As in the registry.
    place
        Where it is, as closely as its host allows; None where the place is hidden.
    sun_place
        Latitude and longitude that sun and weather are computed for [degree]: the centre of its cell of
        0.1 degree, whatever the consent; of a hidden garden that of its community.
    """

    id: str
    community: str
    district: str | None
    name: str
    timezone: str
    place: CoarsePlace | None
    sun_place: tuple[float, float]


def cell_of(latitude: float, longitude: float, level: ConsentLevel) -> Cell:
    """Find the cell of a place.

    Parameters
    ----------
    latitude, longitude
        The exact place [degree, WGS 84].
    level
        Any level but `hidden`.

    Raises
    ------
    InvalidEntryError
        When the place is not on the globe.

    Notes
    -----
    The North Pole belongs to the last row, and the antimeridian to the first column, as 180 degrees west.

    Examples
    --------
    >>> cell_of(51.3, -0.12776, ConsentLevel.CITY)
    Cell(row=513, column=-2, side=100)
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidEntryError(
            f"place {latitude!r}, {longitude!r} is not on the globe; expected a latitude from -90 to 90 and "
            "a longitude from -180 to 180 degrees"
        )
    side = _SIDE[level]
    row = min(_thousandths(latitude), 90 * _PER_DEGREE - 1)
    column = _thousandths(longitude)
    if column == 180 * _PER_DEGREE:
        column = -column
    return Cell(row // side, column // side, side)


def _thousandths(degrees: float) -> int:
    """Count whole thousandths of a degree in the decimal that was entered: 51.3 has 51300, not 51299."""
    return int((Decimal(repr(float(degrees))) * _PER_DEGREE).to_integral_value(ROUND_FLOOR))


def coarse(latitude: float, longitude: float, consent: ConsentLevel | str) -> CoarsePlace | None:
    """Make a place as coarse as its host asks.

    Parameters
    ----------
    latitude, longitude
        The exact place [degree, WGS 84].
    consent
        The host's level.

    Returns
    -------
    CoarsePlace or None
        Centre of the cell of a fixed grid, the same for every point of the cell; None where the place is
        hidden.

    Raises
    ------
    InvalidEntryError
        When the place is not on the globe, or the level is not known.

    Examples
    --------
    >>> coarse(51.50735, -0.12776, "neighbourhood")
    CoarsePlace(latitude=51.505, longitude=-0.125, uncertainty_m=658, grid_deg=0.01)
    >>> coarse(51.50735, -0.12776, "hidden") is None
    True
    """
    level = consent_level(consent)
    cell = cell_of(latitude, longitude, ConsentLevel.STREET if level is ConsentLevel.HIDDEN else level)
    if level is ConsentLevel.HIDDEN:
        return None
    return CoarsePlace(*cell.centre, cell.uncertainty_m, cell.side / _PER_DEGREE)


def consent_level(text: str) -> ConsentLevel:
    """Read a consent level.

    Raises
    ------
    InvalidEntryError
        When it is none.
    """
    try:
        return ConsentLevel(text)
    except ValueError as error:
        raise InvalidEntryError(
            f"consent level {text!r} is not known; expected one of {', '.join(ConsentLevel)}"
        ) from error


def released_gardens(registry: Registry, community: str | None = None) -> list[ReleasedGarden]:
    """List the gardens of a community, or of all, by id, without their exact places."""
    gardens = registry.gardens(community)
    neighbours: dict[str, list[Garden]] = {}
    for garden in gardens:
        neighbours.setdefault(garden.community, []).append(garden)
    return [_released(garden, neighbours[garden.community]) for garden in gardens]


def released_garden(registry: Registry, name: str) -> ReleasedGarden | None:
    """Find a garden as last entered, without its exact place; None where there is none."""
    garden = registry.garden(name)
    return None if garden is None else _released(garden, registry.gardens(garden.community))


def _released(garden: Garden, neighbours: Sequence[Garden]) -> ReleasedGarden:
    return ReleasedGarden(
        garden.id,
        garden.community,
        garden.district,
        garden.name,
        garden.timezone,
        coarse(garden.latitude, garden.longitude, garden.consent),
        _sun_place(garden, neighbours),
    )


def _sun_place(garden: Garden, neighbours: Sequence[Garden]) -> tuple[float, float]:
    """Choose the centre of a coarse cell, into which nothing of a hidden place enters."""
    if garden.consent is not ConsentLevel.HIDDEN:
        return cell_of(garden.latitude, garden.longitude, _SUN_LEVEL).centre
    cells = [
        cell_of(each.latitude, each.longitude, _SUN_LEVEL)
        for each in neighbours
        if each.consent is not ConsentLevel.HIDDEN
    ]
    if not cells:
        return zone_place(garden.timezone)
    rows, columns = [cell.row for cell in cells], [cell.column for cell in cells]
    return Cell(median_low(rows), median_low(columns), _SIDE[_SUN_LEVEL]).centre


@lru_cache(maxsize=64)
def zone_place(timezone: str) -> tuple[float, float]:
    """Centre of the 0.1 degree cell of a time zone's own city, from the tz database [degree].

    A zone without one, such as `UTC` or an old alias, has its meridian's point on the equator.
    """
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        fields = line.split("\t")
        if not line.startswith("#") and len(fields) > 2 and fields[2] == timezone:
            latitude, longitude = _iso_6709(fields[1])
            break
    else:
        offset = datetime(2000, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(timezone)).utcoffset()
        hours = offset.total_seconds() / _HOUR_S if offset is not None else 0.0
        latitude, longitude = 0.0, _DEGREES_AN_HOUR * ((hours + 12) % 24 - 12)
    return cell_of(latitude, longitude, _SUN_LEVEL).centre


def _iso_6709(text: str) -> tuple[float, float]:
    """Read `+513030-0000731` or `+5230+01322`: signed degrees, minutes and perhaps seconds."""
    cut = max(text.rfind("+"), text.rfind("-"))
    latitude, longitude = text[:cut], text[cut:]
    return _sexagesimal(latitude, 3), _sexagesimal(longitude, 4)


def _sexagesimal(text: str, degrees: int) -> float:
    minutes, seconds = text[degrees : degrees + 2], text[degrees + 2 :] or "0"
    size = int(text[1:degrees]) + int(minutes) / 60 + int(seconds) / 3_600
    return -size if text.startswith("-") else size
