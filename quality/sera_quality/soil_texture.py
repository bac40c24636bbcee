"""The water that a soil can hold, from what it is made of: limits for figures, dashboards and entries."""

from __future__ import annotations

from typing import Final, NamedTuple


class Texture(NamedTuple):
    """What a soil is made of: sand and clay as shares of its fine earth, organic matter [% by mass]."""

    sand: float
    clay: float
    organic_matter_percent: float = 2.5


class WaterLimits(NamedTuple):
    """Moisture [m3/m3] at which plants wilt (1500 kPa) and which soil holds against gravity (33 kPa)."""

    wilting_point: float
    field_capacity: float


# Class centres of the texture triangle as in table 3 of Saxton and Rawls 2006, at 2.5 % organic matter.
TEXTURES: Final[dict[str, Texture]] = {
    "sand": Texture(0.88, 0.05),
    "loamy sand": Texture(0.80, 0.05),
    "sandy loam": Texture(0.65, 0.10),
    "loam": Texture(0.40, 0.20),
    "silt loam": Texture(0.20, 0.15),
    "silt": Texture(0.10, 0.05),
    "sandy clay loam": Texture(0.60, 0.25),
    "clay loam": Texture(0.30, 0.35),
    "silty clay loam": Texture(0.10, 0.35),
    "silty clay": Texture(0.10, 0.45),
    "sandy clay": Texture(0.50, 0.40),
    "clay": Texture(0.25, 0.50),
}
_CLAY_MOST, _ORGANIC_MOST_PERCENT = 0.60, 8.0


def drained_moisture(texture: Texture, place: str) -> tuple[float, str]:
    """Return the moisture [m3/m3] that a soaked soil holds once it has drained, and where that is from.

    Parameters
    ----------
    texture
        What the soil is made of.
    place
        Whose soil it is, for the statement.
    """
    capacity = water_limits(texture).field_capacity
    return round(capacity, 4), (
        f"wet soil holds its field capacity, {capacity:.3f} m3/m3 by the texture stated for {place} "
        "(Saxton and Rawls 2006)"
    )


def water_limits(texture: Texture) -> WaterLimits:
    """Wilting point and field capacity of a soil from its texture, after Saxton and Rawls.

    Parameters
    ----------
    texture
        Sand, clay and organic matter.

    Returns
    -------
    WaterLimits
        Both in [m3/m3].

    Raises
    ------
    ValueError
        Outside what the equations were fitted to: clay up to 60 %, organic matter up to 8 %, and shares that
        add up to no more than 1.

    Notes
    -----
    Equations 1 and 2 of the paper: a regression on sand S, clay C and organic matter OM, then a correction
    of its own curvature. They say what such soils hold on average in North America; a single garden may
    differ by a few hundredths.

    References
    ----------
    K. E. Saxton and W. J. Rawls, "Soil water characteristic estimates by texture and organic matter for
    hydrologic solutions," Soil Science Society of America Journal 70, 1569-1578, 2006,
    doi 10.2136/sssaj2005.0117.

    Examples
    --------
    >>> [round(limit, 4) for limit in water_limits(TEXTURES["loam"])]
    [0.137, 0.2796]
    """
    s, c, om = texture
    if not (0 <= s <= 1 and 0 <= c <= _CLAY_MOST and s + c <= 1 and 0 <= om <= _ORGANIC_MOST_PERCENT):
        raise ValueError(
            f"texture: sand {s:g}, clay {c:g}, organic matter {om:g} %; expected shares that add up "
            "to at most 1, "
            "clay to 0.6 and organic matter to 8 %"
        )
    dry = -0.024 * s + 0.487 * c + 0.006 * om + 0.005 * s * om - 0.013 * c * om + 0.068 * s * c + 0.031
    wet = -0.251 * s + 0.195 * c + 0.011 * om + 0.006 * s * om - 0.027 * c * om + 0.452 * s * c + 0.299
    return WaterLimits(dry + (0.14 * dry - 0.02), wet + (1.283 * wet**2 - 0.374 * wet - 0.015))
