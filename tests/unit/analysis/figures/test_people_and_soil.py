"""Figures from people's counts and from soil probes, through a real store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, World, figure_of
from sera_analysis.runs.jobs import analyse
from sera_vocabulary.figure_codes import THESE_NODES
from sera_vocabulary.quality import FAIL

if TYPE_CHECKING:
    from sera_store.results.results import Result


def _people(world: World, days: int) -> None:
    world.garden("square")
    for place, extra in (("poms-a", 0), ("poms-b", 4)):
        world.node("square", place, "person")
        for day in range(days):
            counts = dict.fromkeys(GROUPS, 0.0) | {"bumblebees": 8.0 + extra, "beetles": float(day % 2)}
            noon_s = MIDNIGHT_S + day * 86_400 + 43_200
            values: dict[str, float | None] = counts | {"surveys": 4.0}
            world.write([world.record("square", place, "counts", noon_s, values, uncertainty_s=43_200)])


def test_peoples_counts_give_visits_per_count_and_shares_but_no_rate(world: World) -> None:
    _people(world, 6)
    analyse(world.store)
    visits = figure_of(world, "square", "visits_per_survey")
    # Six days of 4 counts at each place: 6 x 8 bumblebees and 3 beetles, 6 x 12 and 3.
    assert visits.value == pytest.approx((51 / 24 + 75 / 24) / 2)
    assert visits.low is not None
    assert any("inferred" in note for note in map(str, visits.notes))
    assert "no hour" in str(figure_of(world, "square", "visits_per_hour").reason)
    assert figure_of(world, "square", "group_incidence", group="beetles").value == 0.5
    assert figure_of(world, "square", "total_activity").value == 126
    assert figure_of(world, "square", "effort").value == pytest.approx(12 * 4 / 6)


def test_a_single_place_has_an_interval_over_its_days_that_says_so(world: World) -> None:
    world.days = 2
    world.garden("square")
    world.node("square", "poms-0", "person")
    for day, visits, surveys in ((0, 16.0, 1.0), (1, 33.0, 2.0)):
        values: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"wasps": visits, "surveys": surveys}
        noon_s = MIDNIGHT_S + day * 86_400 + 43_200
        world.write([world.record("square", "poms-0", "counts", noon_s, values, uncertainty_s=43_200)])
    analyse(world.store)
    days = world.store.results.current(scope_id="square", index="visits_per_survey", period="day")
    whole = figure_of(world, "square", "visits_per_survey")
    assert whole.value == pytest.approx(49 / 3)
    assert (whole.target, whole.n) == (THESE_NODES, 1)
    assert "quasi-Poisson over 2 bouts" in str(whole.interval_method)
    assert whole.low is not None
    assert whole.low < 49 / 3
    # One count is one bout; two counts that came as one sum do not say how they scatter.
    assert "exact Poisson, one bout" in str(days[0].interval_method)
    assert (
        str(days[1].interval_reason) == "2 counts of one day, kept as their sum, do not say how they scatter"
    )


def test_a_count_that_was_not_made_is_in_no_figure_and_is_no_count_of_ten_minutes(world: World) -> None:
    world.days = 4
    world.garden("square")
    world.node("square", "poms-0", "person")
    efforts: list[dict[str, float | None]] = [
        {"awake_s": 0.0},
        {"surveys": 0.0},
        {"surveys": None},
        {"surveys": 4.0},
    ]
    for day, effort in enumerate(efforts):
        values: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"wasps": 8.0} | effort
        noon_s = MIDNIGHT_S + day * 86_400 + 43_200
        world.write([world.record("square", "poms-0", "counts", noon_s, values, uncertainty_s=43_200)])
    analyse(world.store)
    rate = figure_of(world, "square", "visits_per_survey")
    assert (rate.value, rate.parts["ten_minute_counts"]) == (2, 4)
    assert figure_of(world, "square", "effort").value == pytest.approx(4 / 6)
    assert rate.inputs["left_out:no_watching"] == 3


def test_counts_that_are_stored_and_left_out_are_never_nobody(world: World) -> None:
    world.days = 3
    world.garden("square")
    world.node("square", "poms-0", "person")
    for day in range(3):
        # Three of ten groups were counted; the others are not known.
        counts: dict[str, float | None] = dict.fromkeys(GROUPS) | dict.fromkeys(GROUPS[:3], 2.0)
        noon_s = MIDNIGHT_S + day * 86_400 + 43_200
        world.write([world.record("square", "poms-0", "counts", noon_s, counts, uncertainty_s=43_200)])
    analyse(world.store)
    message = "3 records are stored and none was used: a value failed or is missing"
    for index in ("visits_per_survey", "total_activity", "effective_groups_q1", "visits_per_flower_hour"):
        assert str(figure_of(world, "square", index).reason) == message
    for index in ("visits_per_survey", "total_activity", "effective_groups_q1"):
        assert str(figure_of(world, COMMUNITY, index).reason) == message
    assert str(figure_of(world, COMMUNITY, "group_incidence", group="wasps").reason) == message
    # Of what nobody could have counted nothing was left out.
    assert "no beam" in str(figure_of(world, COMMUNITY, "passages_per_hour").reason)
    for place in ("square", COMMUNITY):
        notes = [str(note) for note in figure_of(world, place, "effort").notes]
        assert "3 counts that people made are stored and in no figure: a value failed or is missing." in notes


def test_a_count_that_is_left_out_is_said_beside_the_figures_of_the_others(world: World) -> None:
    _people(world, 9)
    counts: dict[str, float | None] = dict.fromkeys(GROUPS) | {"wasps": 2.0, "surveys": 1.0}
    noon_s = MIDNIGHT_S + 9 * 86_400 + 43_200
    world.write([world.record("square", "poms-a", "counts", noon_s, counts, uncertainty_s=43_200)])
    analyse(world.store)
    message = "1 count that people made is stored and in no figure: a value failed or is missing."
    for place in ("square", COMMUNITY):
        for index in ("visits_per_survey", "effort"):
            assert message in [str(note) for note in figure_of(world, place, index).notes], (place, index)
    assert message in [
        str(note) for note in figure_of(world, "square", "group_incidence", group="beetles").notes
    ]
    visits = figure_of(world, "square", "visits_per_survey")
    assert visits.parts["ten_minute_counts"] == 72


def test_a_garden_without_any_record_says_that_nobody_has_counted(world: World) -> None:
    world.garden("square")
    world.node("square", "elm-1", "camera")
    world.camera("square", "elm-1", lambda _: {})
    analyse(world.store)
    assert str(figure_of(world, "square", "visits_per_survey").reason) == "nobody has counted here"
    assert str(figure_of(world, COMMUNITY, "visits_per_survey").reason) == "nobody has counted here"


def test_seven_days_of_counts_are_one_too_few(world: World) -> None:
    world.days = 7
    _people(world, 3)
    analyse(world.store)
    assert str(figure_of(world, "square", "effective_groups_q1").reason) == "6 days of counting; 8 needed"


def test_the_few_days_that_people_count_at_each_place_are_put_together(world: World) -> None:
    world.days = 3
    for number in range(5):
        garden = f"square-{number}"
        world.garden(garden)
        world.node(garden, f"poms-{number}", "person")
        for day in range(2):
            counts = dict.fromkeys(GROUPS, 0.0) | {"bumblebees": 3.0, "wasps": float(number == 0)}
            noon_s = MIDNIGHT_S + day * 86_400 + 43_200
            values: dict[str, float | None] = counts | {"surveys": 1.0}
            world.write(
                [world.record(garden, f"poms-{number}", "counts", noon_s, values, uncertainty_s=43_200)]
            )
    analyse(world.store)
    assert "2 days of counting" in str(figure_of(world, "square-1", "effective_groups_q1").reason)
    wasps = figure_of(world, COMMUNITY, "group_incidence", group="wasps")
    assert (wasps.value, wasps.n, wasps.n_of) == (0.2, 5, "gardens")
    assert wasps.low == 0
    assert figure_of(world, COMMUNITY, "total_activity").value == 32
    assert "no hour" in str(figure_of(world, COMMUNITY, "visits_per_hour").reason)


def test_relative_wetness_is_told_apart_from_water_content(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "none")

    def soil(time_s: int) -> dict[str, float | None]:
        hours = (time_s - MIDNIGHT_S) // 3600 % 72
        return {"soil_moisture_raw@1": 2500 - 600 * np.exp(-hours / 30), "soil_temperature@1": 14.0}

    world.soil("elm-yard", "elm-1", soil)
    analyse(world.store)
    wetness = figure_of(world, "elm-yard", "relative_wetness")
    assert wetness.value is not None
    assert any(note.startswith("Relative") for note in map(str, wetness.notes))
    assert "calibrated" in str(figure_of(world, "elm-yard", "soil_moisture_mean").reason)
    assert figure_of(world, "elm-yard", "soil_temperature_mean").value == pytest.approx(14)


def test_a_scale_of_two_samples_gives_relative_wetness_from_the_first_day_on(world: World) -> None:
    world.days = 2
    world.garden("elm-yard")
    for node, wetness in (("elm-1", {"soil_wetness@1": 0.25}), ("elm-2", {})):
        world.node("elm-yard", node, "none")
        world.soil("elm-yard", node, lambda _, own=wetness: {"soil_moisture_raw@1": 2000.0, **own})
    analyse(world.store)
    figure = figure_of(world, "elm-yard", "relative_wetness")
    # The other probe has no scale yet, and two days are too few for its own course to give one.
    assert (figure.value, figure.n) == (pytest.approx(0.25), 1)
    assert [note.code for note in figure.notes] == ["own_scale"]
    assert "calibrated" in str(figure_of(world, "elm-yard", "soil_moisture_mean").reason)


def test_calibrated_moisture_is_averaged_over_nodes(world: World) -> None:
    world.garden("elm-yard")
    for node, moisture in (("elm-1", 0.2), ("elm-2", 0.3)):
        world.node("elm-yard", node, "none")
        world.soil(
            "elm-yard",
            node,
            lambda t, m=moisture: {"soil_moisture_raw@1": 2000.0, "soil_moisture@1": m},
        )
    analyse(world.store)
    result = figure_of(world, "elm-yard", "soil_moisture_mean")
    assert result.value == pytest.approx(0.25)
    assert result.n == 2


def left_out(result: Result) -> dict[str, object]:
    """How many soil values a figure says that it leaves out, by why."""
    notes = [note for note in result.notes if note.code.startswith("soil_values_")]
    return {note.code: note.arguments["values"] for note in notes}


def test_soil_values_that_failed_a_check_are_in_no_figure_which_says_how_many(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "none")

    def soil(time_s: int) -> dict[str, float | None]:
        hours = (time_s - MIDNIGHT_S) // 3600
        return {"soil_temperature@1": None if hours % 24 == 1 else 14.0, "soil_moisture@1": 0.2}

    world.soil("elm-yard", "elm-1", soil)
    stuck = [
        replace(
            world.record("elm-yard", "elm-1", "soil", time_s, {"soil_temperature@1": 60.0}), quality=(FAIL,)
        )
        for time_s in (MIDNIGHT_S + 100, MIDNIGHT_S + 200, MIDNIGHT_S + 86_500)
    ]
    world.write(stuck)
    analyse(world.store)
    missing = sum(value is None for t in world.times()[::4] for value in soil(int(t)).values())
    temperature = figure_of(world, "elm-yard", "soil_temperature_mean")
    assert temperature.value == pytest.approx(14)
    assert left_out(temperature) == {"soil_values_failed": 3, "soil_values_missing": missing}
    [first, *_] = world.store.results.current(
        scope_id="elm-yard", index="soil_temperature_mean", period="day"
    )
    assert "Soil values left out, since they failed a check: 2." in map(str, first.notes)
    assert any(note.startswith("Soil values that were not given: ") for note in map(str, first.notes))
    assert left_out(figure_of(world, "elm-yard", "soil_moisture_mean")) == {}


def test_a_probe_of_which_every_value_failed_is_not_called_absent(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "none")
    world.write(
        [
            replace(
                world.record("elm-yard", "elm-1", "soil", int(t), {"soil_moisture@1": 0.9}), quality=(FAIL,)
            )
            for t in world.times()[::4]
        ]
    )
    analyse(world.store)
    moisture = figure_of(world, "elm-yard", "soil_moisture_mean")
    assert moisture.value is None
    assert moisture.reason.code != "no_soil_probe"
    assert left_out(moisture) == {"soil_values_failed": len(world.times()[::4])}
