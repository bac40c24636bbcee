"""The mural: every form from a figure, nothing invented, the same bytes for the same figures."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_store.coarse_grid import coarse
from sera_store.release.places import ReleasedGarden
from sera_store.results.result_set import ResultSet
from sera_vocabulary import indices
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_words.language import locale_of, speaking
from sera_workshop.mural import legend, mural, petals, plant, shapes
from sera_workshop.views.facts import GardenFacts, facts_of
from sera_workshop.views.garden_view import Amount, plot
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.results.results import Result

SVG = "{http://www.w3.org/2000/svg}"


def drawn(gardens: tuple[GardenFacts, ...], results: list[Result]) -> ET.Element:
    return ET.fromstring(mural.mural_svg("Elm Quarter", gardens, results))


def text_of(svg: ET.Element) -> str:
    return " ".join(text.text or "" for text in svg.iter(f"{SVG}text"))


def test_the_same_figures_give_the_same_bytes_in_any_order(
    gardens: tuple[GardenFacts, ...], results: list[Result]
) -> None:
    drawing = mural.mural_svg("Elm Quarter", gardens, results)
    assert drawing == mural.mural_svg("Elm Quarter", gardens, results[::-1])


def test_another_figure_gives_another_mural(
    gardens: tuple[GardenFacts, ...], results: list[Result], make_result: Callable[..., Result]
) -> None:
    changed = [
        make_result("elm-yard", indices.VISITS_PER_HOUR, 3.0, low=2.0, high=4.0)
        if (r.index, r.scope_id) == (indices.VISITS_PER_HOUR, "elm-yard")
        else r
        for r in results
    ]
    drawing, other = (mural.mural_svg("Elm Quarter", gardens, r) for r in (results, changed))
    assert drawing != other


def test_title_description_and_legend_are_inside(
    gardens: tuple[GardenFacts, ...], results: list[Result]
) -> None:
    svg = drawn(gardens, results)
    assert svg.attrib["role"] == "img"
    names = {element.attrib["id"] for element in svg if "id" in element.attrib}
    assert set(svg.attrib["aria-labelledby"].split()) == names
    assert "6.40" in (svg.findtext(f"{SVG}desc") or "")
    for group in INSECT_GROUPS:
        assert group.name.replace("_", " ") in text_of(svg)


def test_a_garden_with_beams_has_no_petals_whatever_its_figures(
    results: list[Result], full_garden: Callable[[str], list[Result]]
) -> None:
    beams = GardenFacts("mill-court", "Mill Court", "Europe/Berlin", ("beam",))
    assert plot(beams, ResultSet(full_garden("mill-court"))).petals == ()
    assert "cannot tell insect groups apart" in text_of(drawn((beams,), results))


def test_a_garden_with_too_little_watching_has_an_outline_and_the_reason(
    gardens: tuple[GardenFacts, ...], results: list[Result]
) -> None:
    garden_plot = plot(gardens[2], ResultSet(results))
    assert garden_plot.petals == ()
    assert garden_plot.rate is None
    group = plant.draw(garden_plot, 1.0, 0, 0)
    colours = {shape.fill for shape in group.shapes}
    assert not colours & set(petals.COLOUR.values())
    assert not colours & {shapes.STEM_PALE, shapes.SOIL_WET}
    written = " ".join(text.words for text in group.texts)
    assert "not enough watching yet" in written
    assert "20 h needed" in written


def test_a_garden_without_any_figure_says_so_and_draws_no_amount() -> None:
    garden_plot = plot(GardenFacts("new-garden", "New garden"), ResultSet())
    assert garden_plot.petals == ()
    assert (garden_plot.rate, garden_plot.wetness, garden_plot.effective_groups) == (None, None, None)
    assert garden_plot.sentences == ("New garden: nothing has been read here yet.",)


def test_a_group_that_did_not_come_is_an_open_dot_and_no_petal() -> None:
    outlines = plant.petal_shapes(INSECT_GROUPS[2].name, Amount(0.0))
    assert [shape.fill for shape in outlines] == [shapes.PAPER]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 12, 15])
def test_any_number_of_gardens_stands_inside_the_sheet_without_overlap(
    count: int, full_garden: Callable[[str], list[Result]]
) -> None:
    gardens = tuple(GardenFacts(f"garden-{i:02}", f"Garden {i}") for i in range(count))
    results = [r for facts in gardens for r in full_garden(facts.id)]
    plots = mural.plots(gardens, ResultSet(results))
    drawing = mural.laid_out("Elm Quarter", "May 2026", plots, is_simulated=False)
    corners = [(float(group.x), float(group.y)) for group in drawing.groups[:count]]
    for x, y in corners:
        assert 0 <= x <= drawing.width - plant.WIDTH
        assert 0 <= y <= drawing.height - plant.HEIGHT
    for (x, y), (u, v) in itertools.combinations(corners, 2):
        assert abs(x - u) >= plant.WIDTH or abs(y - v) >= plant.HEIGHT


@settings(max_examples=examples(60))
@given(
    value=st.floats(0, 1e6),
    below=st.floats(0, 1e6),
    above=st.floats(0, 1e6),
    step=st.floats(0.01, 1e5),
)
def test_leaves_are_never_more_sure_than_the_interval(
    value: float, below: float, above: float, step: float
) -> None:
    states = plant.leaf_states(Amount(value, max(0.0, value - below), value + above), step)
    assert len(states) <= plant.LEAVES_MOST
    assert list(states) == sorted(states, key=("sure", "likely", "possible").index)
    assert states.count("sure") * step <= max(0.0, value - below) + step / 2 + 1e-6 * step


@settings(max_examples=examples(60))
@given(value=st.floats(0, 1), low=st.floats(0, 1), high=st.floats(0, 1))
def test_no_petal_is_longer_than_the_ring_is_wide(value: float, low: float, high: float) -> None:
    for group in INSECT_GROUPS:
        for shape in plant.petal_shapes(group.name, Amount(value, min(low, value), max(high, value))):
            numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", shape.d)]
            assert max(abs(number) for number in numbers) <= 27 + 108 + 9


def test_free_text_stays_text(results: list[Result]) -> None:
    nasty = GardenFacts("elm-yard", "<script>&\"'", "Europe/Berlin", ("camera",))
    svg = drawn((nasty,), results)
    assert svg.find(f".//{SVG}script") is None
    assert "<script>&\"'" in text_of(svg)


def test_entries_of_the_registry_are_shown_with_a_coarse_place(results: list[Result]) -> None:
    entered = ReleasedGarden(
        "mill-court",
        "elm-quarter",
        None,
        "Mill Court",
        "Europe/Berlin",
        coarse(52.51234, 13.41234, "city"),
        (52.55, 13.45),
    )
    garden = facts_of([entered], ResultSet(results))[0]
    assert garden.detectors == ("beam",)
    assert "52.55° N" in garden.place
    assert "52.51" not in garden.place


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(drawing: str, other: str) -> float:
    high, low = sorted((luminance(drawing), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_text_has_a_contrast_of_four_and_a_half(
    gardens: tuple[GardenFacts, ...], results: list[Result]
) -> None:
    for text in drawn(gardens, results).iter(f"{SVG}text"):
        assert contrast(text.attrib["fill"], shapes.PAPER) >= 4.5
        assert contrast(text.attrib["fill"], shapes.SHEET) >= 4.5


# Linear RGB matrices at severity 1 of Machado, Oliveira and Fernandes (2009), doi 10.1109/TVCG.2009.113.
VISION = {
    "all cones": np.eye(3),
    "no long cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no middle cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "no short cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
    ),
}


def lab(colour: str, vision: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a colour as eyes with these cones see it."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    simulated_path = np.clip(vision @ linear, 0, 1)
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ simulated_path
    )
    f = np.where(
        xyz / (0.9505, 1, 1.089) > 0.008856, np.cbrt(xyz / (0.9505, 1, 1.089)), 7.787 * xyz + 16 / 116
    )
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", VISION)
def test_neighbouring_petals_differ_under_colour_blindness(kind: str) -> None:
    colours = [petals.COLOUR[group.name] for group in INSECT_GROUPS]
    for colour, other in zip(colours, colours[1:] + colours[:1], strict=True):
        distance = float(np.linalg.norm(lab(colour, VISION[kind]) - lab(other, VISION[kind])))
        assert distance >= 15, f"{colour} and {other} are only {distance:.0f} apart"


def test_the_ten_petals_have_ten_forms() -> None:
    assert len({petals.outline(group.name, 0, 100, 30) for group in INSECT_GROUPS}) == 10


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "one leaf: 0.8 visits per hour"),
        ("es", "una hoja: 0,8 visitas por hora"),
        ("fr", "une feuille : 0,8 visite par heure"),
    ],
)
def test_a_part_of_one_has_the_number_its_language_gives_it(language: str, sentence: str) -> None:
    with speaking(locale_of(language)):
        assert legend.step_text("leaf", 0.8).replace("\u00a0", " ").replace("\u202f", " ") == sentence
