"""The geometry of a bed: is it one, how large, and how far a plant stands from its edge."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_commons.designs.document import Point


def edges(outline: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Iterate over the edges of an outline, the last one back to its beginning."""
    return pairwise([*outline, outline[0]])


def area_m2(outline: Sequence[Point]) -> float:
    """Return the area that an outline encloses [m2], by the shoelace formula.

    Examples
    --------
    >>> from sera_commons.designs.document import rectangle
    >>> area_m2(rectangle(2, 1))
    2.0
    """
    return abs(sum(a.x * b.y - b.x * a.y for a, b in edges(outline))) / 2


def is_simple(outline: Sequence[Point]) -> bool:
    """Return whether no two edges of an outline cross or touch but at their common corner."""
    lines = list(edges(outline))
    for index, first in enumerate(lines):
        for other, second in enumerate(lines[index + 1 :], index + 1):
            are_neighbours = other == index + 1 or (index == 0 and other == len(lines) - 1)
            if not are_neighbours and _do_cross(*first, *second):
                return False
    return area_m2(outline) > 0


def is_inside(outline: Sequence[Point], point: Point) -> bool:
    """Return whether a point is in a bed or on its edge."""
    is_in = False
    for a, b in edges(outline):
        if (a.y > point.y) != (b.y > point.y) and point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x:
            is_in = not is_in
    return is_in or edge_distance_m(outline, point) < 1e-9


def edge_distance_m(outline: Sequence[Point], point: Point) -> float:
    """Return how far a point is from the nearest edge [m], on either side of it."""
    return min(line_distance_m(a, b, point) for a, b in edges(outline))


def line_distance_m(a: Point, b: Point, point: Point) -> float:
    """Return how far a point is from a line between two others [m]."""
    length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2
    if length2 == 0:
        return math.dist(a, point)
    share = ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / length2
    share = min(1.0, max(0.0, share))
    x, y = a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)
    return math.hypot(point.x - x, point.y - y)


def side_distance_m(outline: Sequence[Point], side: str, point: Point) -> float:
    """Return how far a point is from one side of the box around a bed [m]."""
    xs, ys = [corner.x for corner in outline], [corner.y for corner in outline]
    distances = {
        "front": point.y - min(ys),
        "back": max(ys) - point.y,
        "left": point.x - min(xs),
        "right": max(xs) - point.x,
    }
    return max(0.0, distances[side])


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)


def _do_cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    corners = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(
        turn == 0 and line_distance_m(p, q, r) == 0 for turn, (p, q, r) in zip(turns, corners, strict=True)
    )
