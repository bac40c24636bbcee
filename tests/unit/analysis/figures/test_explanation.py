"""From a figure back to its readings, and what is said when they are no longer those it was made from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, World, visits_of
from sera_analysis.errors import UnknownResultError
from sera_analysis.figures.explanation import explain
from sera_analysis.figures.names import find_result
from sera_analysis.runs.jobs import analyse
from sera_store.errors import InvalidEntryError

if TYPE_CHECKING:
    from sera_analysis.figures.explanation import Explanation

DAY_S = 86_400
DAY = "elm-yard/total_activity/day/2026-06-02"


@pytest.fixture
def yard(world: World) -> World:
    """A garden with a camera and a probe, and one count without effort."""
    world.days = 3
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.camera("elm-yard", "elm-1", visits_of)
    world.soil("elm-yard", "elm-1", lambda t: {"soil_temperature@1": 11.0 + t % 7})
    values: dict[str, float | None] = {**dict.fromkeys(GROUPS, 1.0), "awake_s": 0.0}
    asleep = world.record("elm-yard", "elm-1", "counts", MIDNIGHT_S + DAY_S + 40_000, values)
    world.write([replace(asleep, journal=77)])
    analyse(world.store)
    return world


def _explained(world: World, name: str) -> Explanation:
    return explain(world.store, find_result(world.store, name))


def test_a_figure_leads_to_its_readings_and_their_numbers(yard: World) -> None:
    explained_figure = _explained(yard, DAY)
    (source,) = explained_figure.sources
    assert (source.node, source.series, source.records) == ("elm-1", "counts", 96)
    # The second day's readings are the 97th to 192nd that were written.
    assert (source.first_change, source.last_change) == (97, 192)
    assert (source.first_s, source.last_s) == (MIDNIGHT_S + DAY_S + 900, MIDNIGHT_S + 2 * DAY_S)
    assert explained_figure.agrees is True
    assert explained_figure.result.inputs["records"] == 96


def test_what_was_left_out_is_listed_with_its_reason_and_journal_number(yard: World) -> None:
    (left,) = _explained(yard, DAY).left_out
    assert (left.reason, left.node, left.journal) == ("no_watching", "elm-1", 77)
    assert yard.store.records.row(left.change).id == left.change


def test_readings_that_changed_since_are_noticed(yard: World) -> None:
    old = _explained(yard, DAY)
    values: dict[str, float | None] = {**dict.fromkeys(GROUPS, 1.0), "awake_s": 900.0}
    yard.write([yard.record("elm-yard", "elm-1", "counts", MIDNIGHT_S + DAY_S + 41_000, values)])
    assert _explained(yard, DAY).agrees is False
    analyse(yard.store)
    anew = _explained(yard, DAY)
    assert anew.agrees is True
    assert anew.supersedes == [old.change]
    assert explain(yard.store, old.change).agrees is False


def test_soil_figures_lead_to_soil_readings(yard: World) -> None:
    (source,) = _explained(yard, "elm-yard/soil_temperature_mean/day/2026-06-02").sources
    assert (source.series, source.records) == ("soil", 24)


@pytest.mark.slow
def test_every_figure_of_a_garden_agrees_with_its_readings_or_names_none(yard: World) -> None:
    heads = yard.store.results.heads("garden", "elm-yard")
    output = {explain(yard.store, number).agrees for number in heads.values()}
    assert output == {True, None}


def test_a_joint_figure_leads_to_the_figures_of_its_gardens(yard: World) -> None:
    explained_figure = _explained(yard, f"{COMMUNITY}/total_activity/day/2026-06-02")
    assert explained_figure.parts == [DAY]
    assert explained_figure.sources == []


def test_a_name_may_be_cut_short_and_is_otherwise_answered_with_others(yard: World) -> None:
    assert find_result(yard.store, "elm-yard/effort/span") == find_result(
        yard.store, "elm-yard/effort/span/2026-06-01"
    )
    with pytest.raises(UnknownResultError, match="5 figures begin with 'elm-yard/effort'") as several:
        find_result(yard.store, "elm-yard/effort")
    assert "elm-yard/effort/day/2026-06-01" in several.value.near
    for name in ("elm-yard/beauty", "nowhere"):
        with pytest.raises(UnknownResultError, match=f"no figure is called '{name}'"):
            find_result(yard.store, name)


def test_a_number_that_is_no_figure_is_refused(yard: World) -> None:
    with pytest.raises(UnknownResultError, match="row 5, a reading of node elm-1"):
        explain(yard.store, 5)
    with pytest.raises(InvalidEntryError, match="no row 999999"):
        explain(yard.store, 999_999)
