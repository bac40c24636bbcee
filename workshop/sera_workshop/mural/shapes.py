"""The marks a drawing is made of: shapes, texts and groups of them; plain data that a template writes out."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import Final

INK: Final = "#1d2b26"
SOFT_INK: Final = "#46524c"
PAPER: Final = "#faf5e8"
SHEET: Final = "#fffdf8"
STEM: Final = "#3f6b4f"
STEM_PALE: Final = "#a9c3a2"
SOIL_DRY: Final = "#e3d3b3"
SOIL_WET: Final = "#5d4a3a"
SOIL_MAYBE: Final = "#b59f80"


@dataclass(frozen=True, slots=True)
class Shape:
    """A path with its looks; `opacity` is of the filling only."""

    d: str
    fill: str = "none"
    stroke: str = "none"
    width: str = "1"
    opacity: str = "1"
    dash: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `anchor` is start, middle or end."""

    x: str
    y: str
    words: str
    size: int = 14
    fill: str = INK
    anchor: str = "middle"
    family: str = "sans-serif"
    weight: str = "normal"
    style: str = "normal"


@dataclass(frozen=True, slots=True)
class Group:
    """Marks that belong together, moved to (x, y); with a width, shapes are mirrored in it."""

    x: str
    y: str
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]
    mirrored_width: str = ""


def mirrored(group: Group, width: float) -> Group:
    """Mirror a group for readers of a script that runs from right to left; its texts stay upright."""
    texts = tuple(replace(text, x=f"{width - float(text.x):g}") for text in group.texts)
    return replace(group, texts=texts, mirrored_width=f"{width:g}")


def circle(x: float, y: float, radius: float) -> str:
    """Draw a circle as path data."""
    return (
        f"M{x - radius:g} {y:g}a{radius:g} {radius:g} 0 1 0 {2 * radius:g} 0"
        f"a{radius:g} {radius:g} 0 1 0 {-2 * radius:g} 0Z"
    )


def rectangle(x: float, y: float, width: float, height: float) -> str:
    """Draw a rectangle as path data."""
    return f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}Z"


def lines(text: str, width: int, most: int) -> list[str]:
    """Break a text into lines; what goes beyond `most` lines ends in an ellipsis."""
    return textwrap.wrap(text, width, max_lines=most, placeholder=" …")


def paragraph(x: float, y: float, text: list[str], step: int, pattern: Text) -> tuple[Text, ...]:
    """Set lines under one another from (x, y) on, in the looks of a pattern."""
    return tuple(
        Text(
            f"{x:g}",
            f"{y + step * i:g}",
            line,
            pattern.size,
            pattern.fill,
            pattern.anchor,
            pattern.family,
            pattern.weight,
            pattern.style,
        )
        for i, line in enumerate(text)
    )
