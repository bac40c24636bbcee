"""From records in a store to results in it: honest about effort, repeatable, again when readings change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, STEP_S, World, figure_of, hour_of, visits_of
from sera_analysis.aggregates.sun import sun_times
from sera_analysis.errors import NoFiguresError, UnknownGardenError
from sera_analysis.figures.names import find_result
from sera_analysis.runs.jobs import WITHDRAWN, analyse

if TYPE_CHECKING:
    from collections.abc import Callable


NAN = float("nan")


def _by_day(days: int) -> Callable[[int], bool]:
    """Awake from sunrise to sunset of the world's garden."""
    sun = sun_times(date(2026, 6, 1), days, 51.45, -2.59, "Europe/London")

    def is_awake(time_s: int) -> bool:
        rise, fall = sun[min((time_s - 1 - MIDNIGHT_S) // 86_400, days - 1)]
        return bool(rise - STEP_S < time_s - STEP_S / 2 < fall + STEP_S)

    return is_awake


def _garden_with_cameras(world: World, garden: str, cameras: int = 2) -> None:
    world.garden(garden)
    for number in range(cameras):
        world.node(garden, f"{garden}-{number}", "camera")
        world.camera(garden, f"{garden}-{number}", visits_of)
    world.air(garden, f"{garden}-0")


@pytest.mark.slow
def test_a_camera_asleep_at_night_has_the_figures_of_one_that_never_sleeps(world: World) -> None:
    for garden, awake in (("always", lambda _: True), ("by-day", _by_day(14))):
        world.garden(garden)
        world.node(garden, f"{garden}-1", "camera")
        world.air(garden, f"{garden}-1")
        world.camera(garden, f"{garden}-1", visits_of, awake=awake)
    analyse(world.store)
    for index in ("visits_per_hour", "effective_groups_q1", "effective_groups_q2"):
        assert figure_of(world, "by-day", index).value == pytest.approx(
            figure_of(world, "always", index).value
        )
    assert figure_of(world, "by-day", "effort").value < 0.8 * (
        figure_of(world, "always", "effort").value or NAN
    )


def test_the_watch_that_ends_at_the_last_midnight_is_counted_and_makes_no_day_of_its_own(
    world: World,
) -> None:
    _garden_with_cameras(world, "elm-yard", 1)
    analyse(world.store)
    effort = figure_of(world, "elm-yard", "effort")
    assert effort.value == 14 * 24
    assert effort.end_s - effort.start_s == 14 * 86_400


def test_the_known_rate_of_a_standard_day_comes_back(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.air("elm-yard", "elm-1")
    world.camera("elm-yard", "elm-1", lambda _: {"bumblebees": 2.0}, awake_s=450.0)
    analyse(world.store)
    # Two visits in each 450 s awake are 16 an hour.
    assert figure_of(world, "elm-yard", "visits_per_hour").value == pytest.approx(16)


def test_a_camera_that_sleeps_half_the_day_gets_no_figure_but_a_reason(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.air("elm-yard", "elm-1")
    world.camera("elm-yard", "elm-1", visits_of, awake=lambda t: 11 <= hour_of(t) < 15)
    analyse(world.store)
    rate = figure_of(world, "elm-yard", "visits_per_hour")
    assert rate.value is None
    assert str(rate.reason) == "4 of 12 parts of the day watched for half an hour; 10 needed"


@pytest.mark.slow
def test_a_doubled_sensor_does_not_double_a_garden(world: World) -> None:
    _garden_with_cameras(world, "single", 1)
    _garden_with_cameras(world, "double", 2)
    analyse(world.store)
    for index in ("visits_per_hour", "effective_groups_q1"):
        assert figure_of(world, "double", index).value == pytest.approx(
            figure_of(world, "single", index).value
        )
        # Nor does it weigh more among the gardens.
        assert figure_of(world, COMMUNITY, index).value == pytest.approx(
            figure_of(world, "single", index).value
        )


@pytest.mark.slow
def test_a_dead_camera_does_not_become_zeros(world: World) -> None:
    _garden_with_cameras(world, "elm-yard", 1)
    analyse(world.store)
    expected = figure_of(world, "elm-yard", "visits_per_hour").value
    world.node("elm-yard", "elm-dead", "camera")
    analyse(world.store)
    result = figure_of(world, "elm-yard", "visits_per_hour")
    assert result.value == expected
    assert result.parts["elm-dead"] is None
    assert result.n == 1


def test_a_garden_without_a_visit_watched_has_a_reason_and_no_zero(world: World) -> None:
    _garden_with_cameras(world, "elm-yard", 1)
    for garden in ("silent", "bare"):
        world.garden(garden)
        world.node(garden, f"{garden}-0", "none")
        world.soil(garden, f"{garden}-0", lambda _: {"soil_temperature@1": 10.0})
    world.node("silent", "silent-1", "camera")
    analyse(world.store)
    rate = figure_of(world, "silent", "visits_per_hour")
    assert (rate.value, rate.effort_h) == (None, 0)
    assert str(rate.reason) == "0 h watched; 20 h needed"
    assert figure_of(world, "silent", "effort").value == 0
    assert figure_of(world, "silent", "total_activity").value is None
    assert "no camera" in str(figure_of(world, "bare", "visits_per_hour").reason)


def test_a_day_without_watching_is_missing_not_zero(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    gap = MIDNIGHT_S + 5 * 86_400
    world.camera("elm-yard", "elm-1", visits_of, awake=lambda t: not gap < t <= gap + 86_400)
    analyse(world.store)
    days = {
        result.start_s: result
        for result in world.store.results.current(scope_id="elm-yard", index="total_activity", period="day")
    }
    assert len(days) == 14
    assert days[gap].value is None
    assert all(result.value for start, result in days.items() if start != gap)


def test_beams_give_passages_and_never_groups(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "beam-1", "beam")
    world.air("elm-yard", "beam-1")
    world.beam("elm-yard", "beam-1", 3.0)
    analyse(world.store)
    assert figure_of(world, "elm-yard", "passages_per_hour").value == pytest.approx(12)
    for index in ("visits_per_hour", "effective_groups_q1", "total_activity"):
        assert "no camera" in str(figure_of(world, "elm-yard", index).reason)
    shares = world.store.results.current(scope_id="elm-yard", index="group_incidence")
    assert {result.value for result in shares} == {None}


def test_the_shares_of_days_come_back_beside_the_effective_number(world: World) -> None:
    _garden_with_cameras(world, "elm-yard")
    analyse(world.store)
    assert figure_of(world, "elm-yard", "group_incidence", group="bumblebees").value == 1
    assert figure_of(world, "elm-yard", "group_incidence", group="hoverflies").value == 0.5
    assert figure_of(world, "elm-yard", "group_incidence", group="beetles").value == 0
    number = figure_of(world, "elm-yard", "effective_groups_q2")
    assert number.value == pytest.approx(1.5**2 / (1 + 0.25))
    assert set(number.parts) == set(GROUPS)


def test_a_week_of_one_camera_is_too_little_for_incidence(world: World) -> None:
    _garden_with_cameras(world, "elm-yard", 1)
    analyse(world.store)
    weeks = world.store.results.current(scope_id="elm-yard", index="effective_groups_q1", period="week")
    assert [str(result.reason) for result in weeks] == ["7 node-days watched; 8 needed"] * 2


def test_cameras_of_another_class_are_left_out_and_named(world: World) -> None:
    _garden_with_cameras(world, "elm-yard", 2)
    world.node("elm-yard", "elm-wide", "camera", optics="wide")
    world.camera("elm-yard", "elm-wide", lambda _: {"bumblebees": 50.0}, awake=lambda t: hour_of(t) < 12)
    analyse(world.store)
    result = figure_of(world, "elm-yard", "visits_per_hour")
    assert "elm-wide" not in result.parts
    assert any("elm-wide" in note for note in map(str, result.notes))


def test_watching_without_any_thermometer_says_what_is_missing(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.camera("elm-yard", "elm-1", visits_of)
    analyse(world.store)
    reason = str(figure_of(world, "elm-yard", "visits_per_hour").reason)
    assert "in weather that nobody measured" in reason


def test_cold_days_are_no_flight_weather(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.air("elm-yard", "elm-1", temperature=11.0)
    world.camera("elm-yard", "elm-1", visits_of)
    analyse(world.store)
    assert figure_of(world, "elm-yard", "visits_per_hour").value is None


def test_a_null_count_costs_its_record_and_its_effort(world: World) -> None:
    _garden_with_cameras(world, "elm-yard", 1)
    analyse(world.store)
    before = figure_of(world, "elm-yard", "effort")
    values: dict[str, float | None] = dict.fromkeys(GROUPS, 1.0) | {"awake_s": 900.0}
    broken = world.record("elm-yard", "elm-yard-0", "counts", MIDNIGHT_S + 40_000, values | {"wasps": None})
    unsure = world.record("elm-yard", "elm-yard-0", "counts", MIDNIGHT_S + 40_000, values, uncertainty_s=7200)
    asleep = world.record("elm-yard", "elm-yard-0", "counts", MIDNIGHT_S + 40_000, values | {"awake_s": 0.0})
    world.write([broken, unsure, asleep])
    analyse(world.store)
    assert figure_of(world, "elm-yard", "effort").value == before.value
    inputs = figure_of(world, "elm-yard", "visits_per_hour").inputs
    assert {key: count for key, count in inputs.items() if key.startswith("left_out:")} == {
        "left_out:value_failed": 1,
        "left_out:time_uncertain": 1,
        "left_out:no_watching": 1,
    }


def test_a_garden_with_too_few_watched_days_has_no_share_in_the_communitys(world: World) -> None:
    _garden_with_cameras(world, "elm-yard", 1)
    world.garden("young")
    world.node("young", "young-1", "camera")
    world.camera("young", "young-1", lambda _: {"wasps": 1.0}, awake=lambda t: t <= MIDNIGHT_S + 5 * 86_400)
    analyse(world.store)
    wasps = figure_of(world, COMMUNITY, "group_incidence", group="wasps")
    assert (wasps.value, wasps.n) == (0, 1)


def test_a_second_run_writes_nothing_and_a_third_after_late_readings_does(world: World) -> None:
    _garden_with_cameras(world, "elm-yard", 1)
    first = analyse(world.store)
    assert first.written == first.computed > 0
    before = [result.to_json() for result in world.store.results.current()]
    second = analyse(world.store)
    assert (second.months, second.windows, second.computed, second.written) == (0, 0, 0, 0)
    assert [result.to_json() for result in world.store.results.current()] == before
    values: dict[str, float | None] = dict.fromkeys(GROUPS, 9.0) | {"awake_s": 900.0}
    late = world.record("elm-yard", "elm-yard-0", "counts", MIDNIGHT_S + 86_400 + 43_000, values)
    world.write([late])
    again = analyse(world.store)
    assert 0 < again.written <= again.computed < first.computed


def test_a_revised_record_makes_its_figures_anew(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    values: dict[str, float | None] = dict.fromkeys(GROUPS, 1.0) | {"awake_s": 900.0}
    record = world.record("elm-yard", "elm-1", "counts", MIDNIGHT_S + 43_000, values)
    (number,) = world.write([record])
    analyse(world.store)
    assert figure_of(world, "elm-yard", "total_activity").value == 10
    with world.store.ledger() as ledger:
        ledger.records.supersede(number, replace(record, time_s=MIDNIGHT_S + 86_400 + 43_000))
    analyse(world.store)
    assert figure_of(world, "elm-yard", "total_activity").start_s == MIDNIGHT_S + 86_400
    old = world.store.results.current(scope_id="elm-yard", index="total_activity", start_s=MIDNIGHT_S)
    withdrawn = [result for result in old if result.start_s == MIDNIGHT_S and result.period == "span"]
    assert [(result.value, result.reason) for result in withdrawn] == [(None, WITHDRAWN)]


def test_only_the_gardens_asked_for_are_made(world: World) -> None:
    for garden in ("elm-yard", "rose-court"):
        _garden_with_cameras(world, garden, 1)
    progress: list[tuple[str, str, int, int]] = []
    analyse(world.store, gardens=["elm-yard"], progress=lambda *step: progress.append(step))
    assert {result.scope_id for result in world.store.results.current()} == {"elm-yard"}
    assert progress == [
        ("adding up", "elm-yard", 0, 2),
        ("adding up", "rose-court", 1, 2),
        ("making", "elm-yard", 0, 1),
    ]


def test_a_garden_nobody_knows_is_refused_with_the_known_ones(world: World) -> None:
    world.garden("elm-yard")
    with pytest.raises(UnknownGardenError, match="known gardens: elm-yard"):
        analyse(world.store, gardens=["nowhere"])


def test_a_place_that_has_read_nothing_has_no_figures_and_no_dates(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")

    assert analyse(world.store).written == 0
    assert analyse(world.store).written == 0
    assert world.store.results.current() == []
    with pytest.raises(NoFiguresError, match="elm-yard has no figures: they are made from its first reading"):
        find_result(world.store, "elm-yard/effort")

    # Beside a garden that reads, too, it is told nothing, not even what it lacks.
    world.garden("rose-court")
    world.node("rose-court", "rose-1", "camera")
    world.camera("rose-court", "rose-1", visits_of)
    analyse(world.store)
    assert {result.scope_id for result in world.store.results.current()} == {"rose-court", COMMUNITY}

    # From its first reading on what is missing has its reason, and a camera that is registered is none of it.
    world.node("elm-yard", "elm-2", "none")
    world.soil("elm-yard", "elm-2", lambda _: {"soil_temperature@1": 10.0})
    analyse(world.store)
    rate = figure_of(world, "elm-yard", "visits_per_hour")
    assert str(rate.reason) == "0 h watched; 20 h needed"


def test_figures_of_a_place_are_withdrawn_where_its_only_reading_turns_out_to_be_anothers(
    world: World,
) -> None:
    world.garden("elm-yard")
    world.garden("rose-court")
    world.node("elm-yard", "elm-1", "camera")
    world.camera("elm-yard", "elm-1", visits_of, awake=lambda time_s: time_s == world.times()[0])
    analyse(world.store)
    assert world.store.results.current(scope_id="elm-yard", period="span")
    [row] = world.store.records.current(series="counts", start_s=0, end_s=2**40)
    with world.store.ledger() as ledger:
        ledger.records.supersede(row.id, replace(row.record, garden="rose-court"))

    analyse(world.store)

    reasons = [result.reason for result in world.store.results.current(scope_id="elm-yard")]
    assert reasons == [WITHDRAWN] * len(reasons)


def test_days_are_those_of_the_garden(world: World) -> None:
    world.garden("auckland", timezone="Pacific/Auckland")
    world.node("auckland", "auck-1", "camera")
    world.camera("auckland", "auck-1", visits_of)
    analyse(world.store)
    days = world.store.results.current(scope_id="auckland", index="effort", period="day")
    # Midnight in Auckland is noon in London's winter time.
    assert {(result.start_s - 43_200) % 86_400 for result in days} == {0}
    assert sum(result.value or 0 for result in days) == pytest.approx(14 * 24)


@pytest.mark.slow
def test_long_spans_carry_an_interval_for_these_very_nodes(world: World) -> None:
    world.days = 60
    rng = np.random.default_rng(4)
    factor = rng.gamma(4, 0.25, 61)
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.air("elm-yard", "elm-1")

    def visits(time_s: int) -> dict[str, float]:
        return {"bumblebees": float(round(8 * factor[(time_s - 1 - MIDNIGHT_S) // 86_400]))}

    world.camera("elm-yard", "elm-1", visits)
    analyse(world.store)
    analyse(world.store, periods=("season",))
    actual = figure_of(world, "elm-yard", "visits_per_hour")
    for result in (actual, figure_of(world, "elm-yard", "visits_per_hour", period="season")):
        assert any("with 60 days watched it holds as few as 85 %" in note for note in map(str, result.notes))
    assert str(actual.interval_reason) == "1 node with a figure; an interval needs at least 2"
    assert actual.value is not None
    low, high = actual.parts["these_nodes_low"], actual.parts["these_nodes_high"]
    assert low is not None
    assert high is not None
    assert low < actual.value < high
