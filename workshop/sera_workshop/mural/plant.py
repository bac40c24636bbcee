"""Draw one garden of the mural: flower, ring, leaves or blades, and the bed of soil that they stand in.

Every form comes from a figure. Where a figure is missing, an outline and a sentence stand in its place.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sera_workshop.mural import petals, shapes
from sera_workshop.mural.shapes import Group, Shape, Text
from sera_workshop.views import words
from sera_workshop.views.garden_view import BLADE, HEART, LEAF, Amount, Petal, Plot

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH: Final = 360
HEIGHT: Final = 690
LEAVES_MOST: Final = 12

_CENTRE: Final = (180.0, 182.0)
_HUB: Final = 27.0
_PETAL: Final = 108.0
_RING: Final = _HUB + _PETAL + 9
_BUD_Y: Final = 268.0
_BUD_RING: Final = 44.0
_SOIL_TOP: Final = 478.0
_BED: Final = (34.0, 292.0, 64.0)  # left edge, width, height
_TAU: Final = 2 * math.pi
_STEM_BEND: Final = 166.0

_BODY = Text("0", "0", "", 14, shapes.INK)
_SOFT = Text("0", "0", "", 14, shapes.SOFT_INK)
_REASON = Text("0", "0", "", 14, shapes.INK, style="italic")


def half_width(length: float) -> float:
    """Return the half width of a petal of some length, so that neighbours only just meet."""
    return 5 + 0.22 * length


def petal_shapes(group: str, share: Amount, scale: float = _PETAL, hub: float = _HUB) -> tuple[Shape, ...]:
    """Draw a petal about the origin: a pale halo to the interval's upper end, a dotted line at the lower.

    Parameters
    ----------
    group
        Insect group, which gives form, colour and direction.
    share
        Share of the watched days on which the group came, 0 to 1, with its interval.
    scale, hub
        Length of a petal of share 1, and the distance of its base from the origin.

    Returns
    -------
    tuple of Shape
        A share of zero is a small open dot at the base: there was watching, and the group did not come.
    """
    turn = f"rotate({petals.ANGLE[group]})"
    colour = petals.COLOUR[group]
    outlines = []
    if share.high is not None:
        outlines.append(_petal(group, share.high, scale, hub, Shape("", colour, opacity="0.3", place=turn)))
    if share.value <= 0:
        outlines.append(Shape(shapes.circle(0, -hub - 5, 3), shapes.PAPER, shapes.INK, "1", place=turn))
        return tuple(outlines)
    outlines.append(_petal(group, share.value, scale, hub, Shape("", colour, shapes.INK, "0.9", place=turn)))
    if share.low is not None and share.low > 0.02:
        core = Shape("", "none", shapes.INK, "1", dash="2 3", place=turn)
        outlines.append(_petal(group, min(share.low, share.value), scale, hub, core))
    return tuple(outlines)


def _petal(group: str, share: float, scale: float, hub: float, looks: Shape) -> Shape:
    length = scale * min(1.0, max(0.04, share))
    d = petals.outline(group, hub, length, half_width(length) * min(1.0, scale / _PETAL))
    return replace(looks, d=d)


def ring(x: float, y: float, radius: float, coverage: float | None) -> tuple[Shape, ...]:
    """Draw the ring of watching: a thin dotted round, over it a line as far round as the watching went."""
    thin = Shape(shapes.circle(x, y, radius), stroke=shapes.SOFT_INK, width="1", dash="1 5")
    if coverage is None or coverage <= 0:
        return (thin,)
    if coverage >= 0.9995:
        return (Shape(shapes.circle(x, y, radius), stroke=shapes.INK, width="2.5"),)
    end = (x + radius * math.sin(_TAU * coverage), y - radius * math.cos(_TAU * coverage))
    arc = (
        f"M{x:g} {y - radius:g}A{radius:g} {radius:g} 0 {int(coverage > 0.5)} 1 "
        f"{petals.coordinate(end[0])} {petals.coordinate(end[1])}"
    )
    return thin, Shape(arc, stroke=shapes.INK, width="2.5")


def leaf_states(rate: Amount, step: float) -> tuple[str, ...]:
    """Return for each leaf whether it is sure, likely or possible.

    Parameters
    ----------
    rate
        The figure with its interval.
    step
        How much one leaf stands for.

    Returns
    -------
    tuple of str
        `sure` up to the interval's lower end, `likely` up to the figure, `possible` up to the upper end;
        without interval all are `likely`. At most `LEAVES_MOST`.
    """
    value = _marks(rate.value, step)
    low = 0 if rate.low is None else min(value, _marks(rate.low, step))
    high = value if rate.high is None else max(value, _marks(rate.high, step))
    return ("sure",) * low + ("likely",) * (value - low) + ("possible",) * (high - value)


def _marks(amount: float, step: float) -> int:
    """Round an amount to whole marks, at most as many as a plant has room for."""
    return math.floor(min(LEAVES_MOST, max(0.0, amount / step)) + 0.5)


def rate_shape(shape_name: str, state: str, place: str) -> Shape:
    """Draw one leaf, heart or blade at a place, solid, pale or as an outline only."""
    looks = {
        "sure": (shapes.STEM, shapes.STEM, ""),
        "likely": (shapes.STEM_PALE, shapes.STEM, ""),
        "possible": ("none", shapes.STEM, "3 3"),
    }
    fill, stroke, dash = looks[state]
    d = {
        LEAF: "M0 0C8 -17 30 -22 46 -12C36 4 14 8 0 0Z",
        HEART: "M0 0C4 -26 24 -27 28 -14C42 -20 50 -4 36 6C26 13 10 12 0 0Z",
        BLADE: "M-5 0C-6 -40 2 -84 20 -112C12 -80 6 -40 5 0Z",
    }[shape_name]
    return Shape(d, fill, stroke, "1.3", dash=dash, place=place)


def _leaves(plot: Plot, step: float) -> Iterator[Shape]:
    if plot.rate is None:
        return
    states = leaf_states(plot.rate, step)
    for k, state in enumerate(states):
        if plot.rate_shape == BLADE:
            yield rate_shape(BLADE, state, _blade_place(k))
        else:
            yield rate_shape(plot.rate_shape, state, _leaf_place(k))


def _leaf_place(k: int) -> str:
    """Place the k-th leaf on the stem, left and right by turns, upwards."""
    y = 462 - 7.2 * k
    side = 1 if k % 2 == 0 else -1
    return (
        f"translate({petals.coordinate(_stem_x(y))} {petals.coordinate(y)}) scale({side} 1) rotate(-{8 + k})"
    )


def _blade_place(k: int) -> str:
    """Place the k-th blade of grass beside the stem, outwards by turns."""
    side = 1 if k % 2 == 0 else -1
    x = 180 + side * (14 + 17 * (k // 2))
    return f"translate({x} {_SOIL_TOP:g}) scale({side} {petals.coordinate(1 - 0.1 * (k // 2 % 3))})"


def _stem_x(y: float) -> float:
    t = (_SOIL_TOP - y) / (_SOIL_TOP - _CENTRE[1])
    return float(180 * (1 - t) ** 2 + 2 * _STEM_BEND * t * (1 - t) + 180 * t**2)


def _bed(plot: Plot) -> Iterator[Shape]:
    """Draw the bed: filled from below as high as the soil is wet, paler up to the interval's upper end."""
    left, width, height = _BED
    if plot.wetness is None:
        yield Shape(shapes.rectangle(left, _SOIL_TOP, width, height), stroke=shapes.SOFT_INK, dash="6 5")
        return
    yield Shape(shapes.rectangle(left, _SOIL_TOP, width, height), shapes.SOIL_DRY)
    for share, colour in ((plot.wetness.high, shapes.SOIL_MAYBE), (plot.wetness.value, shapes.SOIL_WET)):
        if share is not None and share > 0:
            wet = round(height * min(1.0, share), 1)
            yield Shape(shapes.rectangle(left, _SOIL_TOP + height - wet, width, wet), colour)
    yield Shape(f"M{left:g} {_SOIL_TOP:g}h{width:g}", stroke=shapes.INK, width="1.5")


def _flower(plot: Plot) -> tuple[list[Shape], list[Text]]:
    """Draw the flower on its sheet, with the groups' numbers round it and the effective number within."""
    x, y = _CENTRE
    stem = f"M180 {_SOIL_TOP:g}Q{_STEM_BEND:g} 330 {x:g} {y + _HUB:g}"
    outlines = [Shape(shapes.circle(x, y, _RING), shapes.SHEET), Shape(stem, stroke=shapes.STEM, width="4")]
    outlines += ring(x, y, _RING, plot.coverage)
    texts = []
    for petal in plot.petals:
        drawn = petal_shapes(petal.group, petal.share)
        outlines += [replace(shape, place=f"translate({x:g} {y:g}) {shape.place}") for shape in drawn]
        texts.append(_petal_number(petal))
    outlines.append(Shape(shapes.circle(x, y, _HUB - 3), shapes.PAPER, shapes.INK, "1.2"))
    if plot.effective_groups is not None:
        text = words.number(plot.effective_groups.value)
        texts.append(Text(f"{x:g}", f"{y + 7:g}", text, 18, weight="bold"))
    return outlines, texts


def _petal_number(petal: Petal) -> Text:
    angle = math.radians(petals.ANGLE[petal.group])
    x = _CENTRE[0] + (_RING + 13) * math.sin(angle)
    y = _CENTRE[1] - (_RING + 13) * math.cos(angle) + 4
    return Text(petals.coordinate(x), petals.coordinate(y), str(petal.rank), 12, shapes.SOFT_INK)


def _bud(plot: Plot) -> tuple[list[Shape], list[Text]]:
    """Draw a closed bud with its ring, and the sentence that says why there are no petals."""
    x = _CENTRE[0]
    stem = f"M180 {_SOIL_TOP:g}Q{_STEM_BEND + 8:g} 380 {x:g} {_BUD_Y + 20:g}"
    outlines = [Shape(stem, stroke=shapes.STEM, width="4")]
    outlines += [*ring(x, _BUD_Y, _BUD_RING, plot.coverage), bud_shape(x, _BUD_Y)]
    sentence = shapes.lines(plot.no_petals, 36, 6)
    return outlines, list(shapes.paragraph(x, 200 - 20 * len(sentence), sentence, 20, _REASON))


def bud_shape(x: float, y: float) -> Shape:
    """Draw a closed bud, dashed: no petals are known."""
    d = f"M{x:g} {y + 24:g}C{x - 26:g} {y + 8:g} {x - 16:g} {y - 20:g} {x:g} {y - 28:g}"
    d += f"C{x + 16:g} {y - 20:g} {x + 26:g} {y + 8:g} {x:g} {y + 24:g}Z"
    return Shape(d, shapes.PAPER, shapes.INK, "1.5", dash="4 3")


def _captions(plot: Plot) -> tuple[Text, ...]:
    """Write name and figures under the bed."""
    name = shapes.lines(plot.name, 26, 1) or [plot.garden]
    title = shapes.paragraph(180, 572, name, 24, Text("0", "0", "", 23, family="serif", weight="bold"))
    captions: list[tuple[str, Text]] = [(_rate_words(plot), _BODY), (_watch_words(plot), _SOFT)]
    captions.append((_soil_words(plot), _SOFT))
    rows = [(line, looks) for text, looks in captions for line in shapes.lines(text, 42, 3)]
    body = [
        shapes.paragraph(180, 597 + 19 * i, [line], 19, looks)[0] for i, (line, looks) in enumerate(rows[:5])
    ]
    return (*title, *body)


def extent(plot: Plot) -> tuple[float, float]:
    """Return where a plant's own forms and words begin and end within its height."""
    words_above = [] if plot.petals else _bud(plot)[1]
    top = min(float(text.y) for text in words_above) - 20 if words_above else _CENTRE[1] - _RING - 30
    return top, max(float(text.y) for text in _captions(plot)) + 10


def _rate_words(plot: Plot) -> str:
    rate, name = plot.rate, words.say(f"rate.{plot.rate_shape}")
    if rate is None:
        return words.say("rate.missing", rate=name, reason=plot.no_rate)
    value = words.number(rate.value)
    if rate.low is None or rate.high is None:
        return words.say("rate.measured", rate=name, value=value)
    ends = words.say("figure.range", low=words.number(rate.low), high=words.number(rate.high))
    return words.say("rate.measured_within", rate=name, value=value, range=ends)


def _watch_words(plot: Plot) -> str:
    effort = words.hours(plot.effort_h)
    if plot.coverage is None:
        return effort
    return words.say("mural.watched", effort=effort, share=words.percentage(plot.coverage))


def _soil_words(plot: Plot) -> str:
    if plot.wetness is None:
        return plot.no_wetness
    return words.say("mural.soil", share=words.percentage(plot.wetness.value))


def draw(plot: Plot, step: float, x: float, y: float) -> Group:
    """Draw one garden with its upper left corner at (x, y).

    Parameters
    ----------
    plot
        What is to be drawn.
    step
        How much one leaf, heart or blade stands for.
    x, y
        Upper left corner in the mural.

    Returns
    -------
    Group
        `WIDTH` wide and `HEIGHT` high.
    """
    outlines, texts = _flower(plot) if plot.petals else _bud(plot)
    outlines = (
        [*_leaves(plot, step), *outlines] if plot.rate_shape == BLADE else [*outlines, *_leaves(plot, step)]
    )
    return Group(f"{x:g}", f"{y:g}", (*outlines, *_bed(plot)), (*texts, *_captions(plot)))
