"""The plan on paper: a bed to scale, each taxon with a number, a scale bar, and warnings beside the names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from sera_commons.designs.sizes import size_of
from sera_commons.errors import DesignError
from sera_commons.plants.table import load_plants
from sera_store.plain_text import xml_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sera_commons.designs.document import Bed, Design, Placed

SCALES: Final = (5, 10, 20, 25, 50, 100, 200, 500)
_MARGIN: Final = 12.0
_HEAD: Final = 24.0
_FOOT: Final = 16.0
_ROW: Final = 5.0
_COLUMN: Final = 91.0
_PICTURE: Final = 150.0
_EDGE: Final = 6.0
_LINE_MOST: Final = 62
_INK: Final = "#1d2b21"
_LEAF: Final = "#4f8a5b"


class Paper(NamedTuple):
    """A sheet: width and height [mm]."""

    width: float
    height: float


PAPERS: Final[dict[str, Paper]] = {"A4": Paper(210, 297), "A3": Paper(297, 420)}


@dataclass(frozen=True, slots=True)
class PlanWords:
    """What the plan says, in the reader's language.

    Parameters
    ----------
    language, direction
        Code of the language; `ltr` or `rtl`.
    title, scale, note
        What the bed is called; a sentence with a place `{scale}`; what a dashed circle means.
    names
        Name by taxon.
    warnings
        Words of warning by taxon.
    """

    language: str
    direction: str
    title: str
    scale: str
    note: str
    names: Mapping[str, str]
    warnings: Mapping[str, str]


class _Sheet(NamedTuple):
    paper: Paper
    scale: int
    columns: int
    legend_top: float

    def x(self, metres: float, bed: Bed) -> float:
        """Place in the plan [mm], from a place in the bed [m]."""
        left, width = _extent([corner.x for corner in bed.outline])
        return self.paper.width / 2 + (metres - left - width / 2) * 1000 / self.scale

    def y(self, metres: float, bed: Bed) -> float:
        """Place in the plan [mm]; the back of the bed is above."""
        low, depth = _extent([corner.y for corner in bed.outline])
        middle = (_MARGIN + _HEAD + self.legend_top) / 2
        return middle - (metres - low - depth / 2) * 1000 / self.scale


def plan_svg(design: Design, words: PlanWords, paper: str = "A4") -> str:
    """Return the plan of a design as SVG that prints to scale at 100 %.

    Parameters
    ----------
    design
        What was drawn.
    words
        What the plan says.
    paper
        `A4` or `A3`, upright.

    Raises
    ------
    DesignError
        The bed cannot be read, or there is no such paper.
    """
    if design.bed is None:
        raise DesignError("the outline of the bed cannot be read: draw it again, then print")
    if paper not in PAPERS:
        raise DesignError(f"no paper {paper!r}: choose one of {', '.join(PAPERS)}")
    numbers = _numbers(design)
    sheet = _fit(PAPERS[paper], design.bed, len(numbers))
    parts = [
        *_bed(sheet, design.bed),
        *_plants(sheet, design.bed, design.plants, numbers),
        *_head(sheet, words),
        *_scale_bar(sheet, words),
        *_legend(sheet, design, words, numbers),
    ]
    width, height = sheet.paper
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" xml:lang="{escape(words.language)}" '
        f'font-family="sans-serif" font-size="3.6" fill="{_INK}">\n'
        f"<title>{_safe(words.title)}</title>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def picture_svg(design: Design) -> str:
    """Return the bed alone, as a small picture without words; empty where its outline cannot be read."""
    if design.bed is None:
        return ""
    extents = [_extent([corner[axis] for corner in design.bed.outline])[1] for axis in (0, 1)]
    # A pen's width of paper about it, and letters that can be read in a list.
    scale = max(1, round(max(extents) * 1000 / _PICTURE))
    width, height = (extent * 1000 / scale + 2 * _EDGE for extent in extents)
    sheet = _Sheet(Paper(width, height), scale, 1, height - _MARGIN - _HEAD)
    parts = [*_bed(sheet, design.bed), *_plants(sheet, design.bed, design.plants, None)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.2f} {height:.2f}">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _numbers(design: Design) -> dict[str, int]:
    taxa = sorted({plant.taxon for plant in design.plants})
    return {taxon: number for number, taxon in enumerate(taxa, 1)}


def _fit(paper: Paper, bed: Bed, taxa: int) -> _Sheet:
    """Choose the largest of the usual scales at which bed and legend have room."""
    columns = int((paper.width - 2 * _MARGIN) // _COLUMN)
    rows = -(-taxa // columns)
    legend_top = paper.height - _MARGIN - _FOOT - rows * _ROW
    _, width = _extent([corner.x for corner in bed.outline])
    _, depth = _extent([corner.y for corner in bed.outline])
    room = paper.width - 2 * _MARGIN, legend_top - _MARGIN - _HEAD - 4
    fitting = [s for s in SCALES if width * 1000 / s <= room[0] and depth * 1000 / s <= room[1]]
    return _Sheet(paper, fitting[0] if fitting else SCALES[-1], columns, legend_top)


def _extent(values: list[float]) -> tuple[float, float]:
    return min(values), max(values) - min(values)


def _head(sheet: _Sheet, words: PlanWords) -> Iterator[str]:
    scale = words.scale.format(scale=f"1 : {sheet.scale}")
    yield _text(sheet, words, 0, _MARGIN + 6, words.title, 'font-size="6.5" font-weight="bold"')
    yield _text(sheet, words, 0, _MARGIN + 13, scale)
    yield _text(sheet, words, 0, _MARGIN + 18, words.note, 'font-size="3"')


def _bed(sheet: _Sheet, bed: Bed) -> Iterator[str]:
    corners = " ".join(f"{sheet.x(x, bed):.2f},{sheet.y(y, bed):.2f}" for x, y in bed.outline)
    yield f'<polygon points="{corners}" fill="#f3efe6" stroke="{_INK}" stroke-width="0.6"/>'
    left, right = (sheet.x(edge, bed) for edge in _ends([corner.x for corner in bed.outline]))
    low, high = (sheet.y(edge, bed) for edge in _ends([corner.y for corner in bed.outline]))
    lines = {
        "front": (left, low + 2, right, low + 2),
        "back": (left, high - 2, right, high - 2),
        "left": (left - 2, low, left - 2, high),
        "right": (right + 2, low, right + 2, high),
    }
    for side in bed.paths:
        x1, y1, x2, y2 = lines[side]
        yield (
            f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" stroke="{_INK}" '
            'stroke-width="0.5" stroke-dasharray="2 1.4"/>'
        )


def _ends(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def _plants(
    sheet: _Sheet, bed: Bed, plants: Sequence[Placed], numbers: Mapping[str, int] | None
) -> Iterator[str]:
    # Crowns of trees reach beyond the sheet: they are cut where the plan ends. Small ones lie on top.
    width, height = sheet.paper.width - 2 * _MARGIN, sheet.legend_top - _MARGIN - _HEAD
    if numbers is not None:
        yield (
            f'<clipPath id="plan"><rect x="{_MARGIN}" y="{_MARGIN + _HEAD - 3}" width="{width}" '
            f'height="{height:.2f}"/></clipPath><g clip-path="url(#plan)">'
        )
    sizes = [(size_of(load_plants()[plant.taxon], plant), plant) for plant in plants]
    for size, plant in sorted(sizes, key=lambda pair: (-pair[0].width_m, pair[1].id)):
        radius = size.width_m * 500 / sheet.scale
        dashes = "" if size.is_width_known else ' stroke-dasharray="1.2 0.8"'
        x, y = sheet.x(plant.at.x, bed), sheet.y(plant.at.y, bed)
        yield (
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" '
            f'fill="{_LEAF}" fill-opacity="0.16" stroke="{_LEAF}" stroke-width="0.35"{dashes}/>'
        )
    if numbers is not None:
        for plant in plants:
            x, y = sheet.x(plant.at.x, bed), sheet.y(plant.at.y, bed)
            yield f'<text x="{x:.2f}" y="{y + 1.1:.2f}" text-anchor="middle">{numbers[plant.taxon]}</text>'
        yield "</g>"


def _scale_bar(sheet: _Sheet, words: PlanWords) -> Iterator[str]:
    # A bar of 20 to 50 mm on paper, of a round length in the bed.
    lengths = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
    metres = next(length for length in lengths if length * 1000 / sheet.scale >= 20)
    length = metres * 1000 / sheet.scale
    y = sheet.paper.height - _MARGIN - 4
    left = _MARGIN if words.direction == "ltr" else sheet.paper.width - _MARGIN - length
    for half, fill in ((0, _INK), (1, "#ffffff")):
        yield (
            f'<rect x="{left + half * length / 2:.2f}" y="{y:.2f}" width="{length / 2:.2f}" height="2" '
            f'fill="{fill}" stroke="{_INK}" stroke-width="0.3"/>'
        )
    for share, label in ((0, "0"), (1, f"{metres:g} m")):
        yield (
            f'<text x="{left + share * length:.2f}" y="{y - 1.4:.2f}" text-anchor="middle" '
            f'font-size="3">{label}</text>'
        )


def _legend(sheet: _Sheet, design: Design, words: PlanWords, numbers: Mapping[str, int]) -> Iterator[str]:
    counts = Counter(plant.taxon for plant in design.plants)
    rows = -(-len(numbers) // sheet.columns) or 1
    for index, (taxon, number) in enumerate(numbers.items()):
        column, row = divmod(index, rows)
        warning = words.warnings.get(taxon)
        name = words.names.get(taxon, "")
        parts = [f"{number}.", name, f"({taxon})" if name else taxon, f"× {counts[taxon]}"]
        text = "  ".join([*filter(None, parts), *([f"⚠ {warning}"] if warning else [])])
        y = sheet.legend_top + 4 + row * _ROW
        yield _text(sheet, words, column * _COLUMN, y, _short(text), 'font-size="3.2"')


def _short(text: str) -> str:
    return text if len(text) <= _LINE_MOST else text[: _LINE_MOST - 1] + "…"


def _text(sheet: _Sheet, words: PlanWords, inset: float, y: float, text: str, looks: str = "") -> str:
    is_rtl = words.direction == "rtl"
    x = sheet.paper.width - _MARGIN - inset if is_rtl else _MARGIN + inset
    direction = ' direction="rtl"' if is_rtl else ""
    return f'<text x="{x:.2f}" y="{y:.2f}"{direction} {looks}>{_safe(text)}</text>'


def _safe(text: str) -> str:
    return escape(xml_text(text))
