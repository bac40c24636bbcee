"""Districts and equity: small ones hidden, also from sums; chance beside each Gini; what is missing said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_world import COMMUNITY, MIDNIGHT_S, World, figure_of, hour_of
from sera_analysis.errors import InvalidSampleError
from sera_analysis.runs.jobs import analyse
from sera_analysis.statistics.concentration import concentration_index, erreygers_index
from sera_analysis.statistics.equity import gini, ginis
from sera_analysis.statistics.reach import floating_catchment
from sera_analysis.statistics.suppression import hidden_cells

if TYPE_CHECKING:
    from sera_store.results.results import Result

# District: nodes, residents, deprivation. Each node watches 8 h.
CITY = {
    "north": (12, 3000, 0.1),
    "east": (8, 3000, 0.2),
    "south": (6, 3000, 0.5),
    "west": (3, 3000, 0.7),
    "docks": (0, 3000, 0.9),
}
EQUITY = ("effort_gini", "effort_theil", "effort_atkinson", "effort_concentration")


def _city(world: World, city: dict[str, tuple[int, int | None, float | None]] | None = None) -> None:
    """One garden a district, with so many nodes, on two days."""
    world.days = 2
    for district, (nodes, residents, deprivation) in (city or CITY).items():
        world.district(district, residents, deprivation)
        garden = f"{district}-garden"
        world.garden(garden, district=district)
        for number in range(nodes):
            node = f"{district}-{number}"
            world.node(garden, node, "camera")
            visits = {"bumblebees": 1.0}
            world.camera(garden, node, lambda _, visits=visits: visits, awake=lambda t: 10 <= hour_of(t) < 14)


def _results(world: World, scope_id: str) -> list[Result]:
    return world.store.results.current(scope="district", scope_id=scope_id, period="span")


@pytest.mark.slow
def test_a_district_has_its_nodes_hours_and_residents_first(world: World) -> None:
    _city(world)
    analyse(world.store)
    assert figure_of(world, "north", "nodes_with_readings").value == 12
    hours = figure_of(world, "north", "effort_a_thousand")
    assert hours.value == pytest.approx(1000 * 12 * 8 / 3000)
    assert hours.parts == {"district_residents": 3000, "watched_hours": 96}
    assert any("a made-up census" in note for note in map(str, hours.notes))
    assert figure_of(world, "north", "total_activity").target == "this_district"


@pytest.mark.slow
def test_a_small_district_and_one_it_could_be_reckoned_from_are_not_shown(world: World) -> None:
    _city(world)
    analyse(world.store)
    # West has 3 nodes. Were it hidden alone, the community's sum would tell; so is south, the next smallest.
    for district, message in (("west", "fewer than 5 nodes"), ("south", "could be reckoned")):
        results = _results(world, district)
        assert results
        for result in results:
            assert result.value is None
            assert message in str(result.reason)
            assert (result.n, result.effort_h, result.parts, result.inputs) == (0, None, {}, {})
    assert figure_of(world, "east", "nodes_with_readings").value == 8
    assert "no node has readings here" in str(figure_of(world, "docks", "nodes_with_readings").reason)


@pytest.mark.slow
def test_unevenness_stands_beside_what_chance_would_do(world: World) -> None:
    _city(world)
    analyse(world.store, replicates=400)
    result = figure_of(world, COMMUNITY, "effort_gini")
    hours = [8.0 * nodes / 3000 for nodes, _, _ in CITY.values()]
    assert result.value == pytest.approx(gini(hours))
    low, high = result.parts["chance_low"], result.parts["chance_high"]
    assert low is not None
    assert high is not None
    assert 0 < low < high < (result.value or 0)
    assert 0 < (result.parts["chance_as_far"] or 0) < 0.05
    assert result.parts["hours_a_thousand:north"] == pytest.approx(32)
    assert result.parts["hours_a_thousand:docks"] == 0
    assert result.parts["hours_a_thousand:west"] is None
    assert result.parts["hours_a_thousand:south"] is None
    merged = (result.parts["merged_low"], result.parts["merged_high"])
    assert merged[0] is not None
    assert merged[1] is not None
    assert merged[0] < (result.value or 0) < merged[1] + 0.2
    assert (result.low, result.seed) == (None, 0)


@pytest.mark.slow
def test_nodes_placed_as_chance_would_are_within_chance(world: World) -> None:
    _city(world, dict.fromkeys(("aaa", "bbb", "ccc", "ddd", "eee"), (6, 3000, 0.5)))
    analyse(world.store, replicates=200)
    result = figure_of(world, COMMUNITY, "effort_gini")
    assert result.value == 0
    assert result.parts["chance_as_far"] == 1
    # Ranks that are all alike tell nothing.
    assert figure_of(world, COMMUNITY, "effort_concentration").value == 0


@pytest.mark.slow
def test_watching_that_goes_to_the_less_deprived_is_seen(world: World) -> None:
    _city(world)
    analyse(world.store, replicates=200)
    result = figure_of(world, COMMUNITY, "effort_concentration")
    assert (result.value or 0) < -0.3
    assert (result.parts["chance_low"] or 0) < 0 < (result.parts["chance_high"] or 0)
    assert -1 <= (result.parts["watched_days_erreygers"] or 0) < 0
    theil = figure_of(world, COMMUNITY, "effort_theil")
    # With one garden a district, nothing is uneven within.
    assert theil.parts["within_districts"] == 0
    assert theil.parts["between_districts"] == pytest.approx(theil.value)


@pytest.mark.parametrize(
    ("city", "message"),
    [
        ({}, "no district is registered"),
        (dict(list(CITY.items())[:4]), "4 districts registered; 5 needed"),
        (CITY | {"docks": (0, None, 0.9)}, "residents of docks are not registered"),
        (dict.fromkeys(CITY, (0, 3000, 0.5)), "0 h watched"),
    ],
)
def test_what_is_missing_for_equity_is_said(
    world: World, city: dict[str, tuple[int, int | None, float | None]], message: str
) -> None:
    if city:
        _city(world, city)
    else:
        world.garden("elm-yard")
    # Something has been read, though nobody need have watched.
    garden = world.store.registry.gardens()[0].id
    world.node(garden, "soil-1", "none")
    world.soil(garden, "soil-1", lambda _: {"soil_temperature@1": 10.0})
    analyse(world.store)
    for index in EQUITY:
        result = figure_of(world, COMMUNITY, index)
        assert result.value is None
        assert message in str(result.reason)


def test_an_unknown_deprivation_costs_the_concentration_alone(world: World) -> None:
    _city(world, CITY | {"docks": (0, 3000, None)})
    analyse(world.store)
    assert "deprivation of docks" in str(figure_of(world, COMMUNITY, "effort_concentration").reason)
    assert figure_of(world, COMMUNITY, "effort_gini").value is not None


@pytest.mark.slow
def test_a_district_that_grows_over_the_limit_is_shown_from_then_on(world: World) -> None:
    _city(world)
    analyse(world.store)
    for number in range(3, 6):
        world.node("west-garden", f"west-{number}", "camera")
        world.camera("west-garden", f"west-{number}", lambda _: {}, awake=lambda t: hour_of(t) < 1)
    analyse(world.store)
    assert figure_of(world, "west", "nodes_with_readings").value == 6
    assert figure_of(world, "south", "nodes_with_readings").value == 6
    assert analyse(world.store, again=True).written == 0


@pytest.mark.slow
def test_a_window_of_a_day_has_no_equity_and_no_zero_where_nobody_watched(world: World) -> None:
    _city(world)
    analyse(world.store)
    days = world.store.results.current(scope_id=COMMUNITY, period="day")
    assert not [day for day in days if day.index in EQUITY]
    assert not world.store.results.current(scope_id="docks", period="day")
    assert {day.start_s for day in days} == {MIDNIGHT_S, MIDNIGHT_S + 86_400}


counts = st.lists(st.integers(0, 30), min_size=1, max_size=12)


@given(numbers=counts)
def test_no_small_cell_is_shown_nor_can_be_reckoned(numbers: list[int]) -> None:
    hidden = hidden_cells(numbers)
    cells = np.array(numbers)
    assert not ((cells > 0) & (cells < 5) & ~hidden).any()
    if hidden.any():
        all_hidden = hidden[cells > 0].all()
        assert all_hidden or (hidden.sum() >= 2 and cells[hidden].sum() >= 5)
    else:
        assert not ((cells > 0) & (cells < 5)).any()
    assert not hidden[cells == 0].any()


@st.composite
def ranked(draw: st.DrawFn) -> tuple[list[float], list[float], list[float]]:
    """Shares with ranks and weights."""
    size = draw(st.integers(2, 10))
    shares = draw(st.lists(st.floats(0.01, 1), min_size=size, max_size=size))
    ranks = draw(st.lists(st.integers(0, 5).map(float), min_size=size, max_size=size))
    return shares, ranks, draw(st.lists(st.floats(0.1, 100), min_size=size, max_size=size))


@given(table=ranked())
def test_concentration_turns_with_the_rank_and_never_exceeds_the_gini(
    table: tuple[list[float], list[float], list[float]],
) -> None:
    shares, ranks, weights = table
    concentration = concentration_index(shares, ranks, weights)
    assert abs(concentration) <= gini(shares, weights) + 1e-9
    assert concentration_index(shares, [-rank for rank in ranks], weights) == pytest.approx(
        -concentration, abs=1e-9
    )
    # Ranked by itself, a thing is as concentrated as it is uneven.
    assert concentration_index(shares, shares, weights) == pytest.approx(gini(shares, weights), abs=1e-9)


@given(table=ranked())
def test_what_is_lacking_mirrors_what_is_there_in_erreygers_index(
    table: tuple[list[float], list[float], list[float]],
) -> None:
    shares, ranks, weights = table
    lacking = [1 - share for share in shares]
    erreygers = erreygers_index(shares, ranks, weights)
    assert erreygers_index(lacking, ranks, weights) == pytest.approx(-erreygers, abs=1e-9)
    assert -1 - 1e-9 <= erreygers <= 1 + 1e-9


def test_a_worked_concentration_comes_back() -> None:
    # Ranks 1/8, 3/8, 5/8, 7/8; cov = (1*-3 + 2*-1 + 3*1 + 4*3)/8/4 = 0.3125; 2 * 0.3125 / 2.5.
    assert concentration_index([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(0.25)
    assert erreygers_index([0.0, 1.0], [1, 2]) == pytest.approx(1)
    with pytest.raises(InvalidSampleError, match="outside 0 to 1"):
        erreygers_index([0.5, 1.5], [1, 2])
    with pytest.raises(InvalidSampleError, match="one finite number a value"):
        concentration_index([1, 2], [1])


@given(
    supply=st.lists(st.floats(0, 50), min_size=1, max_size=5),
    residents=st.lists(st.integers(1, 500), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_a_catchment_shares_out_all_that_anybody_reaches(
    supply: list[float], residents: list[int], seed: int
) -> None:
    distance = np.random.default_rng(seed).uniform(0, 1000, (len(residents), len(supply)))
    access = floating_catchment(supply, residents, distance, reach_m=400)
    reached = (distance <= 400).any(axis=0)
    assert access @ np.array(residents) == pytest.approx(np.array(supply)[reached].sum())
    assert (access[~(distance <= 400).any(axis=1)] == 0).all()


def test_a_catchment_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidSampleError, match="2 places by 1 gardens"):
        floating_catchment([1], [1, 2], [[3]], reach_m=1)
    with pytest.raises(InvalidSampleError, match="residents has a number"):
        floating_catchment([1], [-1], [[3]], reach_m=1)


def test_many_draws_at_once_have_the_gini_of_each() -> None:
    rng = np.random.default_rng(5)
    draws, weights = rng.gamma(1, 1, (20, 7)), rng.uniform(1, 9, 7)
    assert ginis(draws, weights) == pytest.approx([gini(draw, weights) for draw in draws])
