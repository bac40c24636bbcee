"""The ten petals: each insect group told apart by place, number, form and colour.

Colours are the seven of Okabe and Ito (2008, Color Universal Design, https://jfly.uni-koeln.de/color/) with
three more that stay apart from their neighbours under simulated colour blindness (a test computes it).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from sera_vocabulary.meanings import GROUP_COLOURS
from sera_vocabulary.measurements import INSECT_GROUPS

# Half of each outline: (share of the length, share of the greatest half width), from base to tip. A last
# point beside the middle line makes a cleft tip, one on it a pointed or round one.
_ROUND: Final = ((0.0, 0.1), (0.3, 0.62), (0.65, 1.0), (0.9, 0.72), (1.0, 0.0))
_POINTED: Final = ((0.0, 0.1), (0.28, 0.75), (0.5, 0.92), (0.78, 0.5), (1.0, 0.0))
_CLEFT: Final = ((0.0, 0.1), (0.35, 0.6), (0.72, 1.0), (0.95, 0.8), (1.0, 0.42), (0.88, 0.0))
_LANCE: Final = ((0.0, 0.1), (0.3, 0.42), (0.6, 0.5), (0.85, 0.3), (1.0, 0.0))
_SPOON: Final = ((0.0, 0.12), (0.4, 0.22), (0.58, 0.62), (0.78, 0.95), (0.95, 0.6), (1.0, 0.0))
_BLUNT: Final = ((0.0, 0.1), (0.4, 0.6), (0.75, 0.86), (0.97, 0.82), (1.0, 0.6), (0.99, 0.0))
_LOBED: Final = (
    (0.0, 0.1),
    (0.22, 0.7),
    (0.4, 0.8),
    (0.52, 0.5),
    (0.72, 1.0),
    (0.95, 0.75),
    (1.0, 0.35),
    (0.9, 0.0),
)
_DIAMOND: Final = ((0.0, 0.06), (0.3, 0.5), (0.56, 0.95), (0.8, 0.48), (1.0, 0.0))
_DROP: Final = ((0.0, 0.04), (0.45, 0.16), (0.72, 0.5), (0.9, 0.52), (1.0, 0.0))
_TOOTHED: Final = ((0.0, 0.1), (0.4, 0.55), (0.8, 1.0), (0.84, 0.5), (1.0, 0.0))

_FORMS: Final = (_ROUND, _POINTED, _CLEFT, _LANCE, _SPOON, _BLUNT, _LOBED, _DIAMOND, _DROP, _TOOTHED)
# Forms whose outline has corners on purpose; the others are rounded.
_STRAIGHT: Final = (_DIAMOND, _TOOTHED)

FORM: Final = {group.name: form for group, form in zip(INSECT_GROUPS, _FORMS, strict=True)}
COLOUR: Final = GROUP_COLOURS
# Half a step aside, so that the stem passes between two petals.
ANGLE: Final = {group.name: 36 * (group.rank - 1) + 18 for group in INSECT_GROUPS}


def coordinate(value: float) -> str:
    """Write a coordinate with at most one decimal, the same on every machine."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


@lru_cache(maxsize=8_192)
def outline(group: str, begin: float, length: float, half_width: float) -> str:
    """Draw a petal that points up from the origin.

    Parameters
    ----------
    group
        Insect group, which gives the form.
    begin
        Distance of the petal's base from the origin.
    length, half_width
        Size of the petal, in the same units.

    Returns
    -------
    str
        Path data of an SVG path.
    """
    form = FORM[group]
    right = [(half_width * w, -(begin + length * t)) for t, w in form]
    left = [(-x, y) for x, y in reversed(right)]
    points = right + (left[1:] if form[-1][1] == 0.0 else left)
    if form in _STRAIGHT:
        return "M" + "L".join(_pair(point) for point in points) + "Z"
    middle = len(right) - 1
    return f"M{_pair(points[0])}{_smooth(points[: middle + 1])}{_smooth(points[middle:])}Z"


def _pair(point: tuple[float, float]) -> str:
    return f"{coordinate(point[0])} {coordinate(point[1])}"


def _smooth(points: list[tuple[float, float]]) -> str:
    """Draw Catmull-Rom curves through points, as cubic Bezier segments."""
    text = ""
    for i in range(len(points) - 1):
        before, start, end = points[max(0, i - 1)], points[i], points[i + 1]
        after = points[min(len(points) - 1, i + 2)]
        first_control = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second_control = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        text += f"C{_pair(first_control)} {_pair(second_control)} {_pair(end)}"
    return text
