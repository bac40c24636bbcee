"""The one function through which every place leaves: a fixed grid by consent, and its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sera_store.errors import InvalidEntryError


class ConsentLevel(StrEnum):
    """How closely a garden's host lets its place be known."""

    STREET = "street"
    NEIGHBOURHOOD = "neighbourhood"
    CITY = "city"
    HIDDEN = "hidden"


# Side of the grid's cells [degree], and how many decimals name a cell.
_GRID: Final = {
    ConsentLevel.STREET: (0.001, 3),
    ConsentLevel.NEIGHBOURHOOD: (0.01, 2),
    ConsentLevel.CITY: (0.1, 1),
}

# No degree of latitude on WGS 84 is longer than at the poles, 111 694 m; nor is a degree of longitude longer
# than this times the cosine of the latitude.
_DEGREE_MOST_M: Final = 111_694.0


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
    CoarsePlace(latitude=51.51, longitude=-0.13, uncertainty_m=659, grid_deg=0.01)
    >>> coarse(51.50735, -0.12776, "hidden") is None
    True
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidEntryError(
            f"place {latitude!r}, {longitude!r} is not on the globe; expected a latitude from -90 to 90 and "
            "a longitude from -180 to 180 degrees"
        )
    level = consent_level(consent)
    if level is ConsentLevel.HIDDEN:
        return None
    grid, decimals = _GRID[level]
    # Adding 0.0 turns a negative zero into zero.
    centre = (round(latitude, decimals) + 0.0, round(longitude, decimals) + 0.0)
    widest = math.cos(math.radians(max(0.0, abs(centre[0]) - grid / 2)))
    half_diagonal_m = math.hypot(1.0, widest) * grid / 2 * _DEGREE_MOST_M
    return CoarsePlace(centre[0], centre[1], math.ceil(half_diagonal_m), grid)


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
