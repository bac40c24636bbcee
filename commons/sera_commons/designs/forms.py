"""Simple 3-D forms of plants and bed, in true metres: one low-poly body a habit, turned about its stem."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_commons.designs.outlines import is_simple
from sera_commons.designs.sizes import size_of
from sera_commons.errors import DesignError
from sera_commons.plants.table import load_plants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_commons.designs.document import Bed, Design, Placed, Point

_SIDES: Final = 9
_SOIL_DEPTH_M: Final = 0.05
# Radius at height, of a body one wide and one high; the last point is the tip.
_PROFILES: Final[dict[str | None, tuple[tuple[float, float], ...]]] = {
    "annual": ((0.08, 0), (0.34, 0.3), (0.5, 0.65), (0.34, 0.9), (0, 1)),
    "biennial": ((0.5, 0.03), (0.34, 0.12), (0.1, 0.25), (0.17, 0.6), (0.08, 0.95), (0, 1)),
    "perennial": ((0.3, 0), (0.5, 0.35), (0.42, 0.7), (0.2, 0.95), (0, 1)),
    "bulb": ((0.14, 0), (0.3, 0.4), (0.5, 0.75), (0.3, 0.95), (0, 1)),
    "shrub": ((0.16, 0), (0.44, 0.2), (0.5, 0.5), (0.4, 0.8), (0.16, 0.97), (0, 1)),
    "climber": ((0.38, 0), (0.5, 0.25), (0.48, 0.8), (0.28, 0.98), (0, 1)),
    "tree": ((0.05, 0), (0.05, 0.38), (0.4, 0.44), (0.5, 0.65), (0.34, 0.9), (0, 1)),
    None: ((0.5, 0), (0.25, 0.5), (0, 1)),
}
# Greens of our own, linear RGB: no source says what colour a flower has, so that none is drawn.
COLOURS: Final[dict[str, tuple[float, float, float]]] = {
    "annual": (0.26, 0.48, 0.16),
    "biennial": (0.22, 0.4, 0.2),
    "perennial": (0.16, 0.42, 0.14),
    "bulb": (0.24, 0.5, 0.26),
    "shrub": (0.1, 0.3, 0.12),
    "climber": (0.12, 0.34, 0.2),
    "tree": (0.08, 0.26, 0.1),
    "plant": (0.2, 0.36, 0.2),
    "stand_in": (0.3, 0.37, 0.24),
    "soil": (0.12, 0.07, 0.04),
}


class Body(NamedTuple):
    """Points [m] and triangles of their indices, counter-clockwise as seen from outside; y is up."""

    points: tuple[tuple[float, float, float], ...]
    triangles: tuple[tuple[int, int, int], ...]


class Stem(NamedTuple):
    """One plant: which form in which colour, where it stands, and how wide and high it is [m]."""

    name: str
    form: str
    colour: str
    at: Point
    width_m: float
    height_m: float


class Scene(NamedTuple):
    """A bed in three dimensions; its middle is the origin, x to the right, y up, z to the front."""

    soil: Body
    stems: tuple[Stem, ...]
    middle: tuple[float, float]


def scene_of(design: Design) -> Scene:
    """Return the bodies of a design.

    Raises
    ------
    DesignError
        The bed's outline cannot be read, or crosses itself.
    """
    bed = design.bed
    if bed is None or not is_simple(bed.outline):
        raise DesignError("the outline of the bed cannot be read, or crosses itself: draw it again")
    xs, ys = zip(*bed.outline, strict=True)
    middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    stems = tuple(_stem(number, plant) for number, plant in enumerate(design.plants, 1))
    return Scene(_soil(bed, middle), stems, middle)


def form_of(name: str) -> Body:
    """Return the body of a habit, one metre wide and one high, its foot at the origin.

    Parameters
    ----------
    name
        A habit, or `plant` where the table has none.
    """
    profile = _PROFILES[None if name == "plant" else name]
    rings = [(radius, height) for radius, height in profile if radius > 0]
    points: list[tuple[float, float, float]] = [(0.0, rings[0][1], 0.0)]
    for radius, height in rings:
        for side in range(_SIDES):
            turn = 2 * math.pi * side / _SIDES
            points.append((radius * math.cos(turn), height, -radius * math.sin(turn)))
    points.append((0.0, 1.0, 0.0))
    return Body(tuple(points), tuple(_lathe_triangles(len(rings), len(points) - 1)))


def placed_points(body: Body, stem: Stem, middle: tuple[float, float]) -> list[tuple[float, float, float]]:
    """Return a form's points where a stem stands [m]."""
    x, z = place_of(stem, middle)
    return [(x + px * stem.width_m, py * stem.height_m, z + pz * stem.width_m) for px, py, pz in body.points]


def place_of(stem: Stem, middle: tuple[float, float]) -> tuple[float, float]:
    """Return where a stem stands in the scene: x, and z to the front [m]."""
    return stem.at.x - middle[0], middle[1] - stem.at.y


def _lathe_triangles(rings: int, tip: int) -> list[tuple[int, int, int]]:
    triangles = []
    for side in range(_SIDES):
        after = (side + 1) % _SIDES
        triangles.append((0, 1 + after, 1 + side))
        for ring in range(rings - 1):
            low, high = 1 + ring * _SIDES, 1 + (ring + 1) * _SIDES
            triangles += [
                (low + side, low + after, high + side),
                (low + after, high + after, high + side),
            ]
        last = 1 + (rings - 1) * _SIDES
        triangles.append((last + side, last + after, tip))
    return triangles


def _stem(number: int, placed: Placed) -> Stem:
    plant = load_plants()[placed.taxon]
    size = size_of(plant, placed)
    form = plant.habit or "plant"
    colour = form if size.is_width_known and size.is_height_known else "stand_in"
    return Stem(f"{placed.taxon} {number}", form, colour, placed.at, size.width_m, size.height_m)


def _soil(bed: Bed, middle: tuple[float, float]) -> Body:
    corners = [(x - middle[0], middle[1] - y) for x, y in bed.outline]
    # Clockwise in x and z is counter-clockwise as seen from above.
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, [*corners[1:], corners[0]], strict=True))
    if area > 0:
        corners.reverse()
    count = len(corners)
    points = [(x, 0.0, z) for x, z in corners] + [(x, -_SOIL_DEPTH_M, z) for x, z in corners]
    top = _ears(corners)
    bottom = [(count + a, count + c, count + b) for a, b, c in top]
    sides = []
    for index in range(count):
        after = (index + 1) % count
        sides += [(index, count + index, after), (after, count + index, count + after)]
    return Body(tuple(points), (*top, *bottom, *sides))


def _ears(corners: Sequence[tuple[float, float]]) -> list[tuple[int, int, int]]:
    """Cut a simple outline into triangles, ear by ear."""
    left = list(range(len(corners)))
    triangles = []
    while len(left) > 3:
        ear = next((index for index in range(len(left)) if _is_ear(corners, left, index)), 0)
        before, after = left[ear - 1], left[(ear + 1) % len(left)]
        triangles.append((before, left[ear], after))
        del left[ear]
    triangles.append((left[0], left[1], left[2]))
    return triangles


def _is_ear(corners: Sequence[tuple[float, float]], left: list[int], place: int) -> bool:
    a, b, c = (corners[left[(place + step) % len(left)]] for step in (-1, 0, 1))
    if _turn(a, b, c) >= 0:
        return False
    other_corners = [corners[index] for index in left if corners[index] not in (a, b, c)]
    return not any(
        _turn(a, b, point) <= 0 and _turn(b, c, point) <= 0 and _turn(c, a, point) <= 0
        for point in other_corners
    )


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
