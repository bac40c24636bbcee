"""The mural's legend: what each form means, drawn with the same forms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sera_vocabulary.measurements import INSECT_GROUPS
from sera_workshop.mural import petals, plant, shapes
from sera_workshop.mural.shapes import Group, Shape, Text
from sera_workshop.views import words
from sera_workshop.views.garden_view import BLADE, Amount

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 360
ROW: Final = 58
Entry = tuple[tuple[Shape, ...], tuple[Text, ...]]

_SMALL = Text("0", "0", "", 14, shapes.INK, "start")
_EXAMPLE: Final = INSECT_GROUPS[4].name


def _entry(y: float, outlines: Sequence[Shape], text: str) -> Entry:
    lines = shapes.lines(text, 31, 4)
    top = y + 30 - 9 * (len(lines) - 1) + 5
    return tuple(outlines), shapes.paragraph(104, top, lines, 18, _SMALL)


def _block(title: str, entries: Sequence[Entry], x: float, y: float) -> Group:
    looks, lines = Text("0", "0", "", 17, shapes.INK, "start", "serif", "bold"), shapes.lines(title, 34, 2)
    head = shapes.paragraph(20, -20 * (len(lines) - 1), lines, 20, looks)
    outlines = tuple(shape for entry in entries for shape in entry[0])
    return Group(f"{x:g}", f"{y:g}", outlines, (*head, *(text for entry in entries for text in entry[1])))


def groups(x: float, y: float) -> Group:
    """Name the ten petals."""
    entries = []
    for row, group in enumerate(INSECT_GROUPS):
        top = 26 + 31 * row
        form = Shape(
            petals.outline(group.name, 0, 46, 13), petals.COLOUR[group.name], shapes.INK, "0.9",
            place=f"translate(48 {top + 4}) rotate(90)",
        )  # fmt: skip
        label = f"{group.rank}  {words.plain(group.name)}"
        entries.append(((form,), shapes.paragraph(110, top + 9, [label], 18, _SMALL)))
    return _block(words.say("legend.groups"), entries, x, y)


def flower(x: float, y: float) -> Group:
    """Explain petal, halo, dot, hub and ring."""
    whole = plant.petal_shapes(_EXAMPLE, Amount(0.6, 0.35, 0.9), 74, 4)
    looks = [_translate(shape, "translate(10 74) rotate(-30)") for shape in whole]
    dot = Shape(shapes.circle(48, 128, 4), shapes.PAPER, shapes.INK)
    hub = Shape(shapes.circle(48, 190, 19), shapes.PAPER, shapes.INK, "1.2")
    entries = [
        _entry(
            26,
            looks,
            words.say("legend.petal"),
        ),
        _entry(98, [dot], words.say("legend.dot")),
        _entry(160, [hub], words.say("legend.hub")),
        _entry(
            232,
            plant.ring(48, 258, 24, 0.7),
            words.say("legend.ring", share=words.percentage(0.7)),
        ),
    ]
    block = _block(words.say("legend.flower"), entries, x, y)
    number = Text("48", "196", words.fixed(4.2, 1), 15, weight="bold")
    return Group(block.x, block.y, block.shapes, (*block.texts, number))


def _translate(shape: Shape, place: str) -> Shape:
    return replace(shape, place=f"{place} rotate(90)")


def leaves_and_soil(x: float, y: float, used: Sequence[str], steps: dict[str, float]) -> Group:
    """Explain leaves or blades with what one of them stands for, the bed, and outlines without figures."""
    entries: list[Entry] = []
    for shape_name in used:
        top = 26 + ROW * len(entries)
        entries.append(_entry(top, _three(shape_name, top), step_text(shape_name, steps[shape_name])))
    top = 26 + ROW * len(entries)
    entries.append(_entry(top, (), words.say("legend.shades")))
    top += ROW + 10
    bed = (
        Shape(shapes.rectangle(20, top + 6, 62, 44), shapes.SOIL_DRY),
        Shape(shapes.rectangle(20, top + 20, 62, 30), shapes.SOIL_MAYBE),
        Shape(shapes.rectangle(20, top + 30, 62, 20), shapes.SOIL_WET),
    )
    entries.append(_entry(top, bed, words.say("legend.bed")))
    top += ROW
    entries.append(_entry(top, [plant.bud_shape(48, top + 34)], words.say("legend.outline")))
    return _block(words.say("legend.leaves"), entries, x, y)


def step_text(shape_name: str, step: float) -> str:
    """Write what one leaf, heart or blade stands for."""
    # A part of one is no one: 0.8 visits, 0,8 visitas and, as with none, 0,8 visite.
    count = step if step >= 1 else 0
    return words.say(f"legend.one_{shape_name}", count=count, step=words.fixed(step, 0 if step >= 1 else 1))


def _three(shape_name: str, top: float) -> tuple[Shape, ...]:
    scale = 0.42 if shape_name == BLADE else 0.54
    spots = ((24, 54), (48, 54), (72, 54)) if shape_name == BLADE else ((12, 40), (40, 40), (68, 40))
    return tuple(
        plant.rate_shape(shape_name, state, f"translate({x} {top + y - 4:g}) scale({scale})")
        for (x, y), state in zip(spots, ("sure", "likely", "possible"), strict=True)
    )
