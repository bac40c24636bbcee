"""The living mural: each garden a plant whose forms come from figures, as one SVG fit for a wall."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.results.result_set import ResultSet
from sera_workshop.files import write_text
from sera_workshop.mural import legend, plant, shapes
from sera_workshop.mural.shapes import Group, Shape, Text
from sera_workshop.templates import render
from sera_workshop.views import figures, words
from sera_workshop.views.facts import are_simulated, facts_of
from sera_workshop.views.garden_view import RATE_SHAPES, Plot, plot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sera_store.release.places import ReleasedGarden
    from sera_store.results.results import Result
    from sera_workshop.views.facts import GardenFacts

_MARGIN: Final = 40
# On a phone the drawing has all of its width, so that its words can be read.
_NARROW_MARGIN: Final = 10
_HEAD: Final = 120
_LEGEND: Final = 430
# Below one another, each block has the height of its own; between plants there is a little ground.
_NARROW_LEGEND: Final = (390, 340, 400)
_GROUND: Final = 44
_WIDE_LEAST: Final = 3
_FOOT: Final = 70
# A leaf may stand for 1, 2, 3, 4, 5, 6 or 8 times a power of ten.
_STEPS: Final = (1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A laid out mural: size, marks, and the same in sentences."""

    width: int
    height: int
    title: str
    description: str
    background: tuple[Shape, ...]
    groups: tuple[Group, ...]
    texts: tuple[Text, ...]
    key: str


def columns_for(gardens: int) -> int:
    """Choose how many plants stand in a row."""
    return gardens if gardens <= 3 else math.ceil(gardens / math.ceil(gardens / 4)) if gardens <= 12 else 6


def plots(gardens: Sequence[GardenFacts], results: ResultSet) -> tuple[Plot, ...]:
    """Make the plots of all gardens, in the order of the gardens."""
    return tuple(plot(facts, results) for facts in gardens)


def sentences(drawn: Sequence[Plot]) -> tuple[str, ...]:
    """Describe in sentences what the mural shows; its text alternative."""
    return tuple(sentence for plot in drawn for sentence in plot.sentences)


def steps(drawn: Sequence[Plot]) -> dict[str, float]:
    """Choose how much one leaf, heart or blade stands for: the same in all gardens of one mural."""
    scale = {}
    for shape_name in RATE_SHAPES.values():
        rates = [plot.rate for plot in drawn if plot.rate is not None and plot.rate_shape == shape_name]
        if rates:
            needed = max(max(r.value / 8, (r.high or 0) / plant.LEAVES_MOST) for r in rates)
            scale[shape_name] = figures.round_end(needed, _STEPS)
    return scale


def lay_out(title: str, subtitle: str, drawn: Sequence[Plot], columns: int, key: str = "mural") -> Drawing:
    """Lay out a mural.

    Parameters
    ----------
    title, subtitle
        Head lines: the community and the dates.
    drawn
        One plot a garden.
    columns
        Plants in a row; 1 makes a narrow mural for a small screen.
    key
        Distinguishes the ids inside from those of another mural on the same page.

    Returns
    -------
    Drawing
        The same for the same figures, down to the last digit.
    """
    wide = columns > 1 or key != "narrow"
    margin = _MARGIN if wide else _NARROW_MARGIN
    width = 2 * margin + plant.WIDTH * (max(columns, _WIDE_LEAST) if wide else 1)
    head = _HEAD if wide else _HEAD + 46
    scale = steps(drawn)
    if wide:
        groups = _plants(drawn, columns, width, head, scale)
        below = head + math.ceil(len(drawn) / columns) * plant.HEIGHT + 30
    else:
        groups, below = _plants_below(drawn, margin, head, scale)
    blocks = _legend(scale, width, below, wide=wide)
    height = below + (_LEGEND if wide else sum(_NARROW_LEGEND)) + _FOOT
    rule = Shape(f"M{margin} {below}H{width - margin}", stroke=shapes.SOFT_INK)
    paper = Shape(shapes.rectangle(0, 0, width, height), shapes.PAPER)
    description = " ".join(sentences(drawn)) or words.say("mural.no_garden")
    texts = (*_head(title, subtitle, width), *_foot(width, height))
    return Drawing(
        width, height, f"{title}. {subtitle}", description, (paper, rule), (*groups, *blocks), texts, key
    )


def lay_out_plants(drawn: Sequence[Plot], *, is_simulated: bool) -> Drawing:
    """Lay out the plants alone, for a page whose head has the title and which has a legend elsewhere."""
    columns = max(1, columns_for(len(drawn)))
    head = 54 if is_simulated else 20
    width = 2 * _MARGIN + plant.WIDTH * max(columns, _WIDE_LEAST)
    height = head + math.ceil(len(drawn) / columns) * plant.HEIGHT
    paper = Shape(shapes.rectangle(0, 0, width, height), shapes.PAPER)
    note = _simulated_note(width, 18) if is_simulated else ()
    description = " ".join(sentences(drawn)) or words.say("mural.no_garden")
    groups = _plants(drawn, columns, width, head, steps(drawn))
    return Drawing(width, height, words.say("page.mural"), description, (paper,), groups, note, "mural")


def lay_out_legend(drawn: Sequence[Plot], *, narrow: bool) -> Drawing:
    """Lay out what the forms stand for, beside one another or below."""
    width = 2 * _NARROW_MARGIN + plant.WIDTH if narrow else 2 * _MARGIN + _WIDE_LEAST * legend.WIDTH
    blocks = _legend(steps(drawn), width, 0, wide=not narrow)
    height = sum(_NARROW_LEGEND) if narrow else _LEGEND
    paper = Shape(shapes.rectangle(0, 0, width, height), shapes.PAPER)
    title = words.say("page.how_to_read")
    key = "legend-narrow" if narrow else "legend"
    return Drawing(width, height, title, title, (paper,), blocks, (), key)


def _simulated_note(width: int, size: int) -> tuple[Text, ...]:
    return shapes.paragraph(width / 2, 30, [words.say("mural.simulated")], 18, _soft(size))


def lay_out_plant(
    plot: Plot,
    *,
    is_simulated: bool,
    scale: dict[str, float] | None = None,
    key: str = "plant",
    is_close: bool = False,
) -> Drawing:
    """Lay out the plant of one garden alone, for a page that says the rest in words.

    Parameters
    ----------
    plot, is_simulated
        As for a mural.
    scale
        What a leaf stands for, as `steps` gives it for all gardens of a page; its own where none is given.
    key
        Distinguishes it from other drawings of the page.
    is_close
        As high as the plant itself, where no other stands beside it.
    """
    width, head = 2 * _NARROW_MARGIN + plant.WIDTH, _MARGIN
    own_scale = steps((plot,)) if scale is None else scale
    if is_close:
        groups, height = _plants_below((plot,), _NARROW_MARGIN, head, own_scale)
    else:
        groups = _plants((plot,), 1, width, head, own_scale)
        height = head + plant.HEIGHT + _MARGIN // 2
    paper = Shape(shapes.rectangle(0, 0, width, height), shapes.PAPER)
    note = _simulated_note(width, 15) if is_simulated else ()
    title, description = plot.name, " ".join(plot.sentences)
    return Drawing(width, height, title, description, (paper,), groups, note, key)


def _plants(
    drawn: Sequence[Plot], columns: int, width: int, head: int, scale: dict[str, float]
) -> tuple[Group, ...]:
    groups = []
    for i, garden_plot in enumerate(drawn):
        row, column = divmod(i, columns)
        in_row = min(columns, len(drawn) - row * columns)
        left = (width - in_row * plant.WIDTH) / 2 + column * plant.WIDTH
        groups.append(
            plant.draw(garden_plot, scale.get(garden_plot.rate_shape, 1.0), left, head + row * plant.HEIGHT)
        )
    return tuple(groups)


def _plants_below(
    drawn: Sequence[Plot], left: int, head: int, scale: dict[str, float]
) -> tuple[tuple[Group, ...], int]:
    """Draw plants below one another, each as high as itself; return them and where they end."""
    groups, top = [], float(head)
    for garden_plot in drawn:
        first, last = plant.extent(garden_plot)
        step = scale.get(garden_plot.rate_shape, 1.0)
        groups.append(plant.draw(garden_plot, step, left, round(top - first, 1)))
        top += last - first + _GROUND
    return tuple(groups), math.ceil(top)


def _legend(scale: dict[str, float], width: int, top: int, *, wide: bool) -> tuple[Group, ...]:
    used = list(scale)
    left = (width - _WIDE_LEAST * legend.WIDTH) / 2 if wide else _NARROW_MARGIN
    spots = [
        (left + legend.WIDTH * i, top + 44) if wide else (left, top + 44 + sum(_NARROW_LEGEND[:i]))
        for i in range(3)
    ]
    runs_left = words.direction() == "rtl"
    if runs_left and wide:
        spots.reverse()
    blocks = (
        legend.groups(*spots[0]),
        legend.flower(*spots[1]),
        legend.leaves_and_soil(*spots[2], used, scale),
    )
    return tuple(shapes.mirrored(block, legend.WIDTH) for block in blocks) if runs_left else blocks


def _head(title: str, subtitle: str, width: int) -> tuple[Text, ...]:
    narrow = width < 2 * plant.WIDTH
    size, limit = (25, 26) if narrow else (38, 44)
    lines = shapes.lines(title, limit, 2 if narrow else 1)
    head = shapes.paragraph(
        width / 2, 58, lines, size + 5, Text("0", "0", "", size, family="serif", weight="bold")
    )
    under = 58 + (size + 5) * (len(lines) - 1) + 34
    under_lines = shapes.lines(subtitle, 42 if narrow else 100, 2)
    return (*head, *shapes.paragraph(width / 2, under, under_lines, 22, _soft(15 if narrow else 18)))


def _foot(width: int, height: int) -> tuple[Text, ...]:
    lines = shapes.lines(words.say("mural.foot"), (width - 40) // 8, 2)
    return shapes.paragraph(width / 2, height - 26 - 18 * (len(lines) - 1), lines, 18, _soft(13))


def _soft(size: int) -> Text:
    return Text("0", "0", "", size, shapes.SOFT_INK)


def displayed_window(results: ResultSet) -> tuple[int, int] | None:
    """Return the window [s] of the whole-span figures, or where there are none that of all figures."""
    whole = [r for r in results if r.period == "span" and r.value is not None]
    return figures.window_of(whole or results)


def displayed_dates(gardens: Sequence[GardenFacts], results: ResultSet) -> str:
    """Write the dates of the figures in words, or the empty text where there are none."""
    window = displayed_window(results)
    return words.span(*window, gardens[0].timezone) if window and gardens else ""


def results_of(gardens: Sequence[ReleasedGarden | GardenFacts], results: Iterable[Result]) -> ResultSet:
    """Return the results about some gardens by key."""
    ids = {garden.id for garden in gardens}
    return ResultSet(result for result in results if result.scope == "garden" and result.scope_id in ids)


def laid_out(
    community: str,
    dates: str,
    drawn: Sequence[Plot],
    *,
    is_simulated: bool,
    narrow: bool = False,
) -> Drawing:
    """Lay out the mural of some gardens.

    Parameters
    ----------
    community
        Name of the community, the mural's title.
    dates
        The dates of the figures in words, or the empty text without figures.
    drawn
        One plot a garden.
    is_simulated
        Whether the figures come from virtual gardens; the mural then says so in its head.
    narrow
        One garden a row, for a small screen.
    """
    subtitle = dates or words.say("mural.no_figures")
    if is_simulated:
        subtitle = words.say("mural.simulated_dates", dates=subtitle)
    columns = 1 if narrow else max(1, columns_for(len(drawn)))
    return lay_out(community, subtitle, drawn, columns, "narrow" if narrow else "mural")


def mural_svg(
    community: str,
    gardens: Sequence[GardenFacts],
    results: Iterable[Result],
    *,
    narrow: bool = False,
) -> str:
    """Draw the mural of some gardens as an SVG document, the same bytes for the same figures."""
    own = results_of(gardens, results)
    dates = displayed_dates(gardens, own)
    drawing = laid_out(
        community, dates, plots(gardens, own), is_simulated=are_simulated(gardens), narrow=narrow
    )
    return render("mural.svg.j2", drawing=drawing)


def write_plant(path: Path, garden: GardenFacts, results: Iterable[Result]) -> Path:
    """Write the plant of one garden as an SVG file and return its path."""
    own = results_of((garden,), results)
    drawing = lay_out_plant(plots((garden,), own)[0], is_simulated=garden.is_simulated, is_close=True)
    return write_text(path, render("mural.svg.j2", drawing=drawing))


def write_mural(
    path: Path,
    *,
    community: str,
    gardens: Sequence[ReleasedGarden | GardenFacts],
    results: Iterable[Result],
    narrow: bool = False,
) -> Path:
    """Write the mural as an SVG file and return its path; parameters as for `laid_out` and `write_page`."""
    own = results_of(gardens, results)
    facts = facts_of(gardens, own)
    return write_text(path, mural_svg(community, facts, own, narrow=narrow))
