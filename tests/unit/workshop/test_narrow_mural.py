"""The mural for a phone: plants below one another, without empty ground, with words that stand inside."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from sera_store.results.result_set import ResultSet
from sera_words.language import LANGUAGES, locale_of, speaking
from sera_workshop.mural import mural, plant
from sera_workshop.views.facts import GardenFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_store.results.results import Result
    from sera_workshop.mural.shapes import Group

# Of one letter of the drawing's fonts, as a share of their size: wider than most.
LETTER = 0.58


@pytest.fixture
def drawing(full_garden: Callable[[str], list[Result]]) -> mural.Drawing:
    gardens = tuple(GardenFacts(f"garden-{i}", f"Garden {i}") for i in range(4))
    # The second and the last have nothing yet.
    results = [r for facts in (gardens[0], gardens[2]) for r in full_garden(facts.id)]
    plots = mural.plots(gardens, ResultSet(results))
    return mural.laid_out("Elm Quarter", "May 2026", plots, is_simulated=False, narrow=True)


def rows_of(group: Group) -> list[float]:
    return [float(group.y) + float(text.y) for text in group.texts]


def test_plants_stand_below_one_another_close_but_apart(drawing: mural.Drawing) -> None:
    plants = drawing.groups[:4]
    for above, below in itertools.pairwise(plants):
        assert 30 < min(rows_of(below)) - max(rows_of(above)) < 130
    for plant_group, legend in itertools.product(plants, drawing.groups[4:]):
        assert max(rows_of(plant_group)) < min(rows_of(legend))
    assert drawing.height < 4 * plant.HEIGHT + 1_400
    assert max(rows_of(drawing.groups[-1])) < drawing.height - 50


def test_a_garden_without_figures_takes_less_room_than_one_with_petals(drawing: mural.Drawing) -> None:
    tops = [float(group.y) for group in drawing.groups[:4]]
    heights = [after - before for before, after in itertools.pairwise(tops)]
    assert max(heights) < plant.HEIGHT


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_heading_of_the_legend_runs_out_of_the_drawing(
    full_garden: Callable[[str], list[Result]], language: str
) -> None:
    with speaking(locale_of(language)):
        plots = mural.plots((GardenFacts("elm-yard", "Elm"),), ResultSet(full_garden("elm-yard")))
        blocks = mural.lay_out_legend(plots, narrow=True).groups
    for text in [text for block in blocks for text in block.texts if text.weight == "bold"]:
        assert len(text.words) * text.size * LETTER < plant.WIDTH - 20, text.words
