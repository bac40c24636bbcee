"""Colours that mean something are apart for every eye: three deficiencies are simulated.

References
----------
Machado, Oliveira and Fernandes 2009, A physiologically-based model for simulation of color vision deficiency,
IEEE Transactions on Visualization and Computer Graphics 15, doi 10.1109/TVCG.2009.113: the matrices, for a
cone that is not there at all. CIE 15:2004: L*a*b* and the distance in it.
"""

from __future__ import annotations

import math
import re
from itertools import combinations
from typing import TYPE_CHECKING, Final

from sera_dashboards.lint.reading import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_dashboards.style import Json

Triple = tuple[float, float, float]
_EYES: Final[dict[str, tuple[Triple, Triple, Triple]]] = {
    "every eye": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_XYZ: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE: Final = (0.95047, 1.0, 1.08883)
# Some ten times what is just seen side by side: cells of a table lie apart from one another.
APART_LEAST: Final = 20.0
_HEX: Final = re.compile(r"#[0-9a-f]{6}")


def states_apart(dashboard: Json) -> Iterator[str]:
    """Colours of states, in steps or words, are apart for every eye."""
    for panel in drawn(dashboard):
        for colours in _states(panel):
            for problem in confusions(colours):
                yield f"panel {panel['title']!r}: {problem}"


def confusions(colours: Sequence[str]) -> list[str]:
    """Return which of some colours are not apart, and for which eye.

    Parameters
    ----------
    colours
        As `#rrggbb`; Grafana's own names are refused, since themes change them.
    """
    problems = [
        f"{colour!r} is no colour of the form #rrggbb" for colour in colours if not _HEX.fullmatch(colour)
    ]
    hex_colours = [colour for colour in dict.fromkeys(colours) if _HEX.fullmatch(colour)]
    problems += [
        f"{first} and {second} are {apart:.0f} apart with {eye}; expected {APART_LEAST:g}"
        for first, second in combinations(hex_colours, 2)
        for eye in _EYES
        if (apart := distance(first, second, eye)) < APART_LEAST
    ]
    return problems


def distance(first: str, second: str, eye: str) -> float:
    """Return how far apart two colours are for an eye, as the distance in L*a*b*."""
    first_lab, second_lab = _lab(first, eye), _lab(second, eye)
    return math.dist(first_lab, second_lab)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, from 1 (none) to 21, as WCAG 2.2 defines it."""
    dark, light = sorted([_luminance(first), _luminance(second)])
    return (light + 0.05) / (dark + 0.05)


def _states(panel: Json) -> Iterator[list[str]]:
    config = panel["fieldConfig"]
    settings = [config["defaults"]]
    settings += [
        {setting["id"]: setting["value"] for setting in override["properties"]}
        for override in config["overrides"]
    ]
    for setting in settings:
        yield [step["color"] for step in setting.get("thresholds", {}).get("steps", [])]
        for mapping in setting.get("mappings", []):
            yield [option["color"] for option in mapping["options"].values() if "color" in option]


def _luminance(colour: str) -> float:
    return sum([share * channel for share, channel in zip(_XYZ[1], _channels(colour), strict=True)])


def _channels(colour: str) -> list[float]:
    return [_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5)]


def _lab(colour: str, eye: str) -> Triple:
    visible = [min(max(channel, 0.0), 1.0) for channel in _times(_EYES[eye], _channels(colour))]
    x, y, z = [_curve(value / white) for value, white in zip(_times(_XYZ, visible), _WHITE, strict=True)]
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _times(matrix: Sequence[Triple], vector: Sequence[float]) -> list[float]:
    return [sum([a * b for a, b in zip(row, vector, strict=True)]) for row in matrix]


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _curve(ratio: float) -> float:
    return ratio ** (1 / 3) if ratio > 0.008856 else 7.787 * ratio + 16 / 116
