"""A fixed grid of nested cells, in which a place is as coarse as its host asks.

Cells are floor cells of 0.001, 0.01 and 0.1 degree. Their numbers are whole and come from the decimal digits
as they were entered, so that each cell lies in exactly one coarser cell and no rounding moves an edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from sera_store.errors import InvalidEntryError


class ConsentLevel(StrEnum):
    """How closely a garden's host lets its place be known."""

    STREET = "street"
    NEIGHBOURHOOD = "neighbourhood"
    CITY = "city"
    HIDDEN = "hidden"


# Cells a degree at the finest level, and how many of them make the side of a cell.
SIDE_PER_DEGREE: Final = 1_000
SIDE: Final = {ConsentLevel.STREET: 1, ConsentLevel.NEIGHBOURHOOD: 10, ConsentLevel.CITY: 100}
# No degree of latitude on WGS 84 is longer than at the poles, 111 694 m; nor is a degree of longitude longer
# than this times the cosine of the latitude.
_DEGREE_MOST_M: Final = 111_694.0


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
        halves = 2 * SIDE_PER_DEGREE
        return (2 * self.row + 1) * self.side / halves, (2 * self.column + 1) * self.side / halves

    @property
    def uncertainty_m(self) -> int:
        """Half the diagonal [m]: no point of the cell is farther from its centre."""
        near_equator = max(self.row, -self.row - 1) * self.side / SIDE_PER_DEGREE
        diagonal = math.hypot(1.0, math.cos(math.radians(near_equator))) * self.side / SIDE_PER_DEGREE
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
    side = SIDE[level]
    row = min(_thousandths(latitude), 90 * SIDE_PER_DEGREE - 1)
    column = _thousandths(longitude)
    if column == 180 * SIDE_PER_DEGREE:
        column = -column
    return Cell(row // side, column // side, side)


def _thousandths(degrees: float) -> int:
    """Count whole thousandths of a degree in the decimal that was entered: 51.3 has 51300, not 51299."""
    return int((Decimal(repr(float(degrees))) * SIDE_PER_DEGREE).to_integral_value(ROUND_FLOOR))


def coarse(latitude: float, longitude: float, consent: ConsentLevel | str) -> CoarsePlace | None:
    """Coarsen a place as its host asks.

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
    return CoarsePlace(*cell.centre, cell.uncertainty_m, cell.side / SIDE_PER_DEGREE)


def consent_level(text: str) -> ConsentLevel:
    """Read a consent level.

    Raises
    ------
    InvalidEntryError
        When it is not valid.
    """
    try:
        return ConsentLevel(text)
    except ValueError as error:
        raise InvalidEntryError(
            f"consent level {text!r} is not known; expected one of {', '.join(ConsentLevel)}"
        ) from error
