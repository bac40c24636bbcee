"""Squares of the British and Irish national grids as latitude and longitude.

Equations: Ordnance Survey (2020), A guide to coordinate systems in Great Britain, annexes B and C, without
their terms of sixth and higher order, which are below 0.1 m here. Constants of the Irish Grid: EPSG 29903
(TM75 / Irish Grid, Airy Modified 1849). The shifts from OSGB36 and TM75 to WGS 84 (about 100 m and 50 m) are
left out, since a square is 1 km wide.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from sera_gateway.importers.recording import UnreadableFileError

# Two letters in Great Britain; one in Ireland, which some write behind an I. No British square begins with I.
_SQUARE: Final = re.compile(r"(?P<letters>[A-HJ-Z]{2}|I?[A-HJ-Z])(?P<digits>\d{4}|\d{6}|\d{8}|\d{10})")
_DIGITS_MOST: Final = 5
_A_SQUARE_KM: Final = 100


class Place(NamedTuple):
    """Latitude and longitude [degree]."""

    latitude: float
    longitude: float


class Square(NamedTuple):
    """A square of a national grid.

    Parameters
    ----------
    name
        In capitals without blanks, the Irish ones with their one letter: `NC0429`, `J3374`.
    place
        Its centre.
    timezone
        IANA zone of the country of its grid.
    """

    name: str
    place: Place
    timezone: str


class Grid(NamedTuple):
    """A transverse Mercator grid.

    Parameters
    ----------
    semi_major_m, semi_minor_m
        Axes of its ellipsoid [m].
    scale
        Scale factor on the central meridian.
    true_origin_deg
        Latitude and longitude of the true origin [degree].
    false_origin_m
        Easting and northing of the true origin [m].
    timezone
        IANA zone of its country.
    """

    semi_major_m: float
    semi_minor_m: float
    scale: float
    true_origin_deg: tuple[float, float]
    false_origin_m: tuple[float, float]
    timezone: str

    @property
    def eccentricity2(self) -> float:
        """Square of the eccentricity of its ellipsoid."""
        return 1 - (self.semi_minor_m / self.semi_major_m) ** 2

    @property
    def third_flattening(self) -> float:
        """Third flattening `n` of its ellipsoid."""
        return (self.semi_major_m - self.semi_minor_m) / (self.semi_major_m + self.semi_minor_m)


BRITISH: Final = Grid(
    6_377_563.396, 6_356_256.909, 0.9996012717, (49.0, -2.0), (400_000.0, -100_000.0), "Europe/London"
)
IRISH: Final = Grid(
    6_377_340.189, 6_356_034.447, 1.000035, (53.5, -8.0), (200_000.0, 250_000.0), "Europe/Dublin"
)


def read_square(text: str) -> Square:
    """Read the name of a grid square of 1 km or less, such as `NC0429`, `J3374`, `IJ3374` or `TQ 300 804`.

    Raises
    ------
    UnreadableFileError
        The text names no such square.
    """
    name = "".join(text.split()).upper()
    match = _SQUARE.fullmatch(name)
    if match is None:
        raise UnreadableFileError(
            f"{text!r} is no 1-km square; expected letters and digits of a national grid: NC0429 in Great "
            "Britain, J3374 in Ireland"
        )
    letters, digits = match["letters"], match["digits"]
    if len(letters) == 2 and letters[0] != "I":
        grid, (east_km, north_km) = BRITISH, _british_corner_km(letters)
    else:
        letters = letters[-1]
        grid, (east_km, north_km) = IRISH, _corner_km(letters)
    half = len(digits) // 2
    width_m = 10 ** (_DIGITS_MOST - half)
    easting, northing = (
        corner_km * 1000 + (int(part) + 0.5) * width_m
        for corner_km, part in ((east_km, digits[:half]), (north_km, digits[half:]))
    )
    return Square(letters + digits, from_grid(easting, northing, grid), grid.timezone)


def from_grid(easting_m: float, northing_m: float, grid: Grid = BRITISH) -> Place:
    """Turn grid coordinates [m] into latitude and longitude on the grid's own datum [degree]."""
    origin_deg, meridian_deg = grid.true_origin_deg
    origin = latitude = math.radians(origin_deg)
    meridian_m = 0.0
    while abs(northing_m - grid.false_origin_m[1] - meridian_m) >= 1e-5:
        latitude += (northing_m - grid.false_origin_m[1] - meridian_m) / (grid.semi_major_m * grid.scale)
        meridian_m = _meridian_m(grid, origin, latitude)
    sine, tangent = math.sin(latitude), math.tan(latitude)
    across = 1 - grid.eccentricity2 * sine**2
    nu = grid.semi_major_m * grid.scale / math.sqrt(across)
    rho = nu * (1 - grid.eccentricity2) / across
    eta2 = nu / rho - 1
    east = (easting_m - grid.false_origin_m[0]) / nu
    bend = 5 + 3 * tangent**2 + eta2 - 9 * tangent**2 * eta2
    drop = tangent * nu / rho * (east**2 / 2 - bend * east**4 / 24)
    twist = (5 + 28 * tangent**2 + 24 * tangent**4) * east**5 / 120
    turn = (east - (nu / rho + 2 * tangent**2) * east**3 / 6 + twist) / math.cos(latitude)
    return Place(math.degrees(latitude - drop), meridian_deg + math.degrees(turn))


def _british_corner_km(letters: str) -> tuple[int, int]:
    """Return where a British square begins, east and north of the false origin [km]."""
    # The first letter names a square of 500 km from V, the second one of 100 km from V within it.
    (east, north), (east_km, north_km) = (_corner_km(letter) for letter in letters)
    return (east // _A_SQUARE_KM - 2) * 500 + east_km, (north // _A_SQUARE_KM - 1) * 500 + north_km


def _corner_km(letter: str) -> tuple[int, int]:
    """Return where a square lies among 25 that are named from A in the north-west, without I [km]."""
    number = ord(letter) - ord("A")
    number -= number > 7
    return number % 5 * _A_SQUARE_KM, (4 - number // 5) * _A_SQUARE_KM


def _meridian_m(grid: Grid, origin: float, latitude: float) -> float:
    n, less, more = grid.third_flattening, latitude - origin, latitude + origin
    return (
        grid.semi_minor_m
        * grid.scale
        * (
            (1 + n + 1.25 * n**2 + 1.25 * n**3) * less
            - (3 * n + 3 * n**2 + 2.625 * n**3) * math.sin(less) * math.cos(more)
            + (1.875 * n**2 + 1.875 * n**3) * math.sin(2 * less) * math.cos(2 * more)
            - 35 / 24 * n**3 * math.sin(3 * less) * math.cos(3 * more)
        )
    )
