"""Squares of the British National Grid as latitude and longitude.

Equations and constants: Ordnance Survey (2020), A guide to coordinate systems in Great Britain, annexes B
and C, without their terms of sixth and higher order, which are below 0.1 m here. Airy 1830 ellipsoid; the
shift from OSGB36 to WGS 84 (about 100 m) is left out, since a square is 1 km wide.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from sera_gateway.importers.recording import UnreadableFileError

_SQUARE: Final = re.compile(r"^([A-HJ-Z])([A-HJ-Z])(\d{2})(\d{2})$")
_SEMI_MAJOR_M: Final = 6_377_563.396
_SEMI_MINOR_M: Final = 6_356_256.909
_SCALE: Final = 0.9996012717
_TRUE_ORIGIN_DEG: Final = (49.0, -2.0)
_FALSE_ORIGIN_M: Final = (400_000.0, -100_000.0)
_ECCENTRICITY2: Final = 1 - (_SEMI_MINOR_M / _SEMI_MAJOR_M) ** 2
_N: Final = (_SEMI_MAJOR_M - _SEMI_MINOR_M) / (_SEMI_MAJOR_M + _SEMI_MINOR_M)


class Place(NamedTuple):
    """Latitude and longitude [degree]."""

    latitude: float
    longitude: float


def centre_of_square(square: str) -> Place:
    """Return the centre of a 1-km square such as `NC0429`.

    Raises
    ------
    UnreadableFileError
        The text names no 1-km square.
    """
    match = _SQUARE.match(square)
    if match is None:
        raise UnreadableFileError(
            f"{square!r} is no 1-km square; expected two letters and four digits: NC0429"
        )
    first, second = (_letter(text) for text in match.group(1, 2))
    # The first letter names a square of 500 km from V, the second one of 100 km from V within it.
    east_km = ((first - 2) % 5) * 500 + (second % 5) * 100
    north_km = (19 - first // 5 * 5 - second // 5) * 100
    easting = (east_km + int(match.group(3)) + 0.5) * 1000
    northing = (north_km + int(match.group(4)) + 0.5) * 1000
    return from_grid(easting, northing)


def from_grid(easting_m: float, northing_m: float) -> Place:
    """Turn grid coordinates [m] into latitude and longitude on OSGB36 [degree]."""
    origin = math.radians(_TRUE_ORIGIN_DEG[0])
    latitude = origin
    meridian_m = 0.0
    while abs(northing_m - _FALSE_ORIGIN_M[1] - meridian_m) >= 1e-5:
        latitude += (northing_m - _FALSE_ORIGIN_M[1] - meridian_m) / (_SEMI_MAJOR_M * _SCALE)
        meridian_m = _meridian_m(origin, latitude)
    sine, tangent = math.sin(latitude), math.tan(latitude)
    across = 1 - _ECCENTRICITY2 * sine**2
    nu = _SEMI_MAJOR_M * _SCALE / math.sqrt(across)
    rho = nu * (1 - _ECCENTRICITY2) / across
    eta2 = nu / rho - 1
    east = (easting_m - _FALSE_ORIGIN_M[0]) / nu
    bend = 5 + 3 * tangent**2 + eta2 - 9 * tangent**2 * eta2
    drop = tangent * nu / rho * (east**2 / 2 - bend * east**4 / 24)
    twist = (5 + 28 * tangent**2 + 24 * tangent**4) * east**5 / 120
    turn = (east - (nu / rho + 2 * tangent**2) * east**3 / 6 + twist) / math.cos(latitude)
    return Place(math.degrees(latitude - drop), _TRUE_ORIGIN_DEG[1] + math.degrees(turn))


def _letter(text: str) -> int:
    """Return the index of a letter in the alphabet without I."""
    number = ord(text) - ord("A")
    return number - 1 if number > 7 else number


def _meridian_m(origin: float, latitude: float) -> float:
    n, less, more = _N, latitude - origin, latitude + origin
    return (
        _SEMI_MINOR_M
        * _SCALE
        * (
            (1 + n + 1.25 * n**2 + 1.25 * n**3) * less
            - (3 * n + 3 * n**2 + 2.625 * n**3) * math.sin(less) * math.cos(more)
            + (1.875 * n**2 + 1.875 * n**3) * math.sin(2 * less) * math.cos(2 * more)
            - 35 / 24 * n**3 * math.sin(3 * less) * math.cos(3 * more)
        )
    )
