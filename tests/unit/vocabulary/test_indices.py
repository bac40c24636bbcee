"""One row an index says all that others must know of it."""

from __future__ import annotations

import pytest

from sera_store.registry.entities import DETECTORS
from sera_vocabulary import figure_codes, indices
from sera_vocabulary.meanings import UNITS
from sera_workshop.views import figures, words


@pytest.mark.parametrize("index", indices.INDICES, ids=lambda index: index.name)
def test_a_row_is_whole(index: indices.Index) -> None:
    assert index.unit in UNITS
    assert index.method in figure_codes.METHODS
    assert set(index.needs) <= set(DETECTORS)
    assert not index.is_share or index.unit == "1"


def test_every_method_is_that_of_an_index() -> None:
    assert {index.method for index in indices.INDICES} == figure_codes.METHODS.keys()


def test_places_on_a_page_are_one_after_the_other() -> None:
    places = sorted(index.page_order for index in indices.INDICES if index.page_order)
    assert places == list(range(1, len(places) + 1))
    assert figures.MAIN_FIGURES[:2] == (indices.VISITS_PER_HOUR, indices.PASSAGES_PER_HOUR)


def test_beams_never_give_a_figure_of_groups() -> None:
    assert not figures.can_watch(indices.GROUP_INCIDENCE, ("beam", "microphone"))
    assert figures.can_watch(indices.PASSAGES_PER_HOUR, ("beam",))
    assert figures.can_watch(indices.RELATIVE_WETNESS, ("beam",))


def test_shares_are_written_as_percentages() -> None:
    assert words.amount(indices.RELATIVE_WETNESS, 0.5) == "50\u00a0%"
    assert words.amount(indices.VISITS_PER_HOUR, 0.5) == "0.50"
