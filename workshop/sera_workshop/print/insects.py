"""Drawings of the ten insect groups, made of ellipses and lines: one view each, from above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_vocabulary.meanings import GROUP_COLOURS
from sera_vocabulary.measurements import INSECT_GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

_INK: Final = "#2b2b2b"
_WING: Final = "#ffffff"
_HEAD: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 140" width="200" height="140">'


def _ellipse(cx: float, cy: float, rx: float, ry: float, fill: str = _WING, turn: float = 0) -> str:
    place = f' transform="rotate({turn} {cx} {cy})"' if turn else ""
    return (
        f'<ellipse cx="{cx}" cy="{cy}" rx="{rx}" ry="{ry}" fill="{fill}" stroke="{_INK}" '
        f'stroke-width="2"{place}/>'
    )


def _line(path: str, width: float = 2) -> str:
    return f'<path d="{path}" fill="none" stroke="{_INK}" stroke-width="{width}" stroke-linecap="round"/>'


def _legs(x: float, half: float, reach: float = 34) -> str:
    return "".join(
        _line(
            f"M{x + dx} {70 + side * half} l{dx * 0.7} {side * reach * 0.5} "
            f"l{dx * 0.5 + 4} {side * reach * 0.4}"
        )
        for dx in (-16, 0, 16)
        for side in (-1, 1)
    )


def _feelers(x: float, length: float = 26, *, clubs: bool = False) -> str:
    lines = "".join(_line(f"M{x} {70 + s * 5} q{length * 0.6} {s * 4} {length} {s * 16}") for s in (-1, 1))
    ends = "".join(_ellipse(x + length, 70 + s * 21, 4, 3, _INK) for s in (-1, 1)) if clubs else ""
    return lines + ends


def _stripes(first: float, last: float, half: float, count: int) -> str:
    step = (last - first) / max(1, count - 1)
    return "".join(_line(f"M{first + step * i} {70 - half} q5 {half} 0 {2 * half}", 6) for i in range(count))


def _bee(colour: str, half: float, length: float, *, stripes: int) -> str:
    wings = _ellipse(86, 42, 34, 13, turn=-28) + _ellipse(86, 98, 34, 13, turn=28)
    body = _ellipse(66, 70, length, half, colour) + _stripes(48, 82, half * 0.8, stripes)
    thorax = _ellipse(112, 70, 20, max(16, half * 0.8), _WING if stripes else colour)
    return _legs(104, 16) + wings + body + thorax + _ellipse(140, 70, 12, 12, colour) + _feelers(150)


def _wasp(colour: str) -> str:
    tail = (
        f'<path d="M98 70 C86 48 52 52 26 70 C52 88 86 92 98 70 Z" fill="{colour}" stroke="{_INK}" '
        'stroke-width="2"/>'
    )
    wings = _ellipse(92, 40, 40, 9, turn=-22) + _ellipse(92, 100, 40, 9, turn=22)
    body = tail + _stripes(48, 80, 13, 3) + _line("M98 70 h10", 3) + _ellipse(122, 70, 16, 12, colour)
    return _legs(120, 11) + wings + body + _ellipse(148, 70, 10, 11, colour) + _feelers(156)


def _fly(colour: str, *, hovers: bool) -> str:
    wings = _ellipse(84, 38, 42, 13, turn=-20) + _ellipse(84, 102, 42, 13, turn=20)
    length, half = (40, 15) if hovers else (28, 18)
    body = _ellipse(102 - length, 70, length, half, colour) + (_stripes(48, 84, 12, 3) if hovers else "")
    eyes = "".join(_ellipse(144, 70 + s * 10, 9, 11, colour) for s in (-1, 1))
    return _legs(112, 14) + wings + body + _ellipse(116, 70, 18, 17, _WING) + eyes + _feelers(151, 10)


def _butterfly(colour: str) -> str:
    wings = "".join(
        _ellipse(118, 70 + s * 36, 40, 26, colour, turn=s * -24) + _ellipse(70, 70 + s * 28, 28, 20, colour)
        + _ellipse(124, 70 + s * 38, 8, 8)
        for s in (-1, 1)
    )  # fmt: skip
    return (
        wings + _ellipse(96, 70, 46, 6, _INK) + _ellipse(146, 70, 7, 7, _INK) + _feelers(150, 30, clubs=True)
    )


def _beetle(colour: str) -> str:
    spots = "".join(_ellipse(x, 70 + s * 18, 5, 5, _INK) for x in (64, 92) for s in (-1, 1))
    shell = _ellipse(84, 70, 50, 36, colour) + _line("M34 70 H134") + spots
    return _legs(92, 32, 26) + shell + _ellipse(138, 70, 14, 20, _INK) + _feelers(150, 18)


def _small(colour: str) -> str:
    body = _ellipse(94, 54, 9, 5, colour) + _ellipse(106, 54, 4, 4, colour)
    lines = "".join(_line(f"M{x} 58 l-3 6", 1) + _line(f"M{x} 50 l-3 -6", 1) for x in (90, 96, 102))
    rice = _ellipse(96, 92, 26, 8) + _line("M70 112 H122", 1.5) + _line("M70 108 v8 M122 108 v8", 1.5)
    return lines + body + rice


def _other(colour: str) -> str:
    shield = (
        f'<path d="M44 70 L74 36 L122 34 L140 56 L140 84 L122 106 L74 104 Z" fill="{colour}" '
        f'stroke="{_INK}" stroke-width="2"/>'
    )
    mark = _line("M118 38 L92 70 L118 102") + _line("M44 70 H92")
    return _legs(96, 30, 28) + shield + mark + _ellipse(148, 70, 10, 11, colour) + _feelers(156, 24)


def insect_svg(group: str) -> str:
    """Draw an insect group as SVG, 200 by 140; the same text each time."""
    drawing = _DRAWINGS[[row.name for row in INSECT_GROUPS].index(group)]
    return f"{_HEAD}{drawing(GROUP_COLOURS[group])}</svg>\n"


# In the order of the groups.
_DRAWINGS: Final[tuple[Callable[[str], str], ...]] = (
    lambda colour: _bee(colour, 33, 44, stripes=3),
    lambda colour: _bee(colour, 19, 42, stripes=4) + _ellipse(92, 104, 6, 5, "#e0b000"),
    lambda colour: _bee(colour, 16, 36, stripes=0),
    _wasp,
    lambda colour: _fly(colour, hovers=True),
    lambda colour: _fly(colour, hovers=False),
    _butterfly,
    _beetle,
    _small,
    _other,
)
