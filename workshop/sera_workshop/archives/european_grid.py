"""The reference grid of the European Environment Agency: cells of an equal-area map of Europe (EPSG:3035).

GBIF's cubes name places by it. The projection is Lambert's azimuthal equal-area one on the ellipsoid GRS 80,
after IOGP Publication 373-7-2 (method 9820); WGS 84 and ETRS89 are taken as the same, as GBIF does.
"""

from __future__ import annotations

import math
from typing import Final

_A_M: Final = 6_378_137.0
_F: Final = 1 / 298.257222101
_E2: Final = _F * (2 - _F)
_E: Final = math.sqrt(_E2)
_LATITUDE_0, _LONGITUDE_0 = math.radians(52), math.radians(10)
_EAST_0_M, _NORTH_0_M = 4_321_000.0, 3_210_000.0
# The projected bounds of the area of use, beyond which GBIF gives no cell either.
_EAST_M: Final = (1_896_628.62, 7_104_179.2)
_NORTH_M: Final = (1_095_703.18, 6_882_401.15)
_NAMES: Final = {1_000: "1km", 10_000: "10km", 100_000: "100km"}


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Return easting and northing [m] in EPSG:3035 of a place [degree].

    Examples
    --------
    The worked example of IOGP Publication 373-7-2:

    >>> [round(metres, 2) for metres in project(50, 5)]
    [3962799.45, 2999718.85]
    """
    phi, lam = math.radians(latitude), math.radians(longitude) - _LONGITUDE_0
    q_p, q_0 = _q(math.pi / 2), _q(_LATITUDE_0)
    beta, beta_0 = math.asin(_q(phi) / q_p), math.asin(q_0 / q_p)
    r_q = _A_M * math.sqrt(q_p / 2)
    d = _A_M * _m(_LATITUDE_0) / (r_q * math.cos(beta_0))
    cosine = math.sin(beta_0) * math.sin(beta) + math.cos(beta_0) * math.cos(beta) * math.cos(lam)
    b = r_q * math.sqrt(2 / (1 + cosine))
    east = b * d * math.cos(beta) * math.sin(lam)
    north = b / d * (math.cos(beta_0) * math.sin(beta) - math.sin(beta_0) * math.cos(beta) * math.cos(lam))
    return _EAST_0_M + east, _NORTH_0_M + north


def _q(phi: float) -> float:
    sine = math.sin(phi)
    part = math.log((1 - _E * sine) / (1 + _E * sine)) / (2 * _E)
    return (1 - _E2) * (sine / (1 - _E2 * sine**2) - part)


def _m(phi: float) -> float:
    return math.cos(phi) / math.sqrt(1 - _E2 * math.sin(phi) ** 2)


def cell_code(latitude: float, longitude: float, side_m: int) -> str:
    """Return the code of the cell in which a place [degree] lies; empty outside the grid.

    Parameters
    ----------
    side_m
        1,000, 10,000 or 100,000 m.

    Examples
    --------
    >>> cell_code(47.168611, 9.508333, 1_000)
    '1kmE4283N2672'
    """
    # On the other side of the globe the map has no point.
    if math.cos(math.radians(latitude)) * math.cos(math.radians(longitude) - _LONGITUDE_0) < -0.5:
        return ""
    east, north = project(latitude, longitude)
    if not (_EAST_M[0] <= east <= _EAST_M[1] and _NORTH_M[0] <= north <= _NORTH_M[1]):
        return ""
    return f"{_NAMES[side_m]}E{int(east // side_m)}N{int(north // side_m)}"
