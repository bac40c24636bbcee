"""Figures that need long windows: courses, labels, paired counts, use of gardens, and the ground."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from analysis_world import COMMUNITY, GROUPS, MIDNIGHT_S, STEP_S, World, figure_of, hour_of
from sera_analysis.runs.jobs import analyse
from sera_analysis.windows import Dates
from sera_store.registry.garden_metadata import GardenSoil, Verification

DAY_S = 86_400
SPAN = ("span",)


def _by_light(time_s: int) -> bool:
    """Awake in every third step from four to twenty-two o'clock."""
    return 4 <= hour_of(time_s) < 22 and time_s // STEP_S % 3 == 0


def _day_of(time_s: int) -> int:
    return (time_s - STEP_S - MIDNIGHT_S) // DAY_S


def _season(world: World, cameras: int = 2, dies: int | None = None) -> None:
    """Let activity rise and fall over ten weeks, with its height at one o'clock of day 35."""
    world.days = 70
    world.garden("elm-yard")
    for number in range(cameras):
        name = f"elm-{number}"
        world.node("elm-yard", name, "camera")

        def visits(time_s: int, view: int = 1 + 3 * number) -> dict[str, float]:
            season = np.exp(-0.5 * ((_day_of(time_s) + 0.5 - 35) / 12) ** 2)
            day = np.exp(-0.5 * ((hour_of(time_s) - 13) / 3) ** 2)
            return {"bumblebees": float(round(40 * view * season * day))}

        world.camera(
            "elm-yard",
            name,
            visits,
            awake=lambda t, n=number: _by_light(t) and (n == 0 or dies is None or _day_of(t) < dies),
        )
    world.air("elm-yard", "elm-0")


@pytest.mark.slow
def test_the_middle_of_the_day_and_the_tenths_of_the_season_come_back(world: World) -> None:
    _season(world)
    analyse(world.store, periods=SPAN)
    half = figure_of(world, "elm-yard", "activity_half_time")
    assert half.value == pytest.approx(6, abs=0.3)
    assert half.parts["part_of_day:6"] is not None
    assert half.parts["part_of_day:6"] > (half.parts["part_of_day:2"] or 0)
    # 1 June is day 152; the bell's tenths lie 1.28 deviations from its middle.
    for index, day in (("10", 152 + 35 - 15.4), ("50", 152 + 35), ("90", 152 + 35 + 15.4)):
        result = figure_of(world, "elm-yard", f"activity_day_{index}")
        assert result.value == pytest.approx(day, abs=1.5)
        assert result.n == 2
    assert sum(name.startswith("week_of:") for name in result.parts) == 10


@pytest.mark.slow
def test_a_season_that_began_before_and_ends_after_the_readings_has_the_same_middle(world: World) -> None:
    _season(world)
    analyse(world.store, periods=("season",))
    result = figure_of(world, "elm-yard", "activity_day_50", period="season")
    assert result.value == pytest.approx(152 + 35, abs=1.5)
    assert next(iter(result.parts)) == "week_of:2026-06-01"


@pytest.mark.slow
def test_the_stronger_camera_dying_in_the_season_moves_its_middle_by_less_than_days(world: World) -> None:
    _season(world, dies=30)
    analyse(world.store, periods=SPAN)
    # Its visits simply added up would have put the middle some days earlier.
    assert figure_of(world, "elm-yard", "activity_day_50").value == pytest.approx(152 + 35, abs=1.5)


def test_a_season_seen_from_its_middle_has_no_tenths(world: World) -> None:
    world.days = 14
    world.garden("elm-yard")
    world.node("elm-yard", "elm-0", "camera")
    world.camera("elm-yard", "elm-0", lambda _: {"beetles": 1.0}, awake=_by_light)
    world.air("elm-yard", "elm-0")
    analyse(world.store, periods=SPAN)
    assert str(figure_of(world, "elm-yard", "activity_day_50").reason) == "2 weeks watched; 8 needed"


def _labelled(world: World, garden: str, *, algorithm: str = "2") -> None:
    """State that of 100 hoverflies 20 are named wasps, that wasps are known, and all others never seen."""
    size = len(GROUPS) + 1
    weights = np.zeros((size, size))
    hoverflies, wasps = GROUPS.index("hoverflies"), GROUPS.index("wasps")
    weights[hoverflies, [hoverflies, wasps]] = (80, 20)
    weights[wasps, wasps] = 40
    labels = np.zeros(size, dtype=int)
    labels[[hoverflies, wasps]] = (100, 40)
    low: list[float | None] = [None] * len(GROUPS)
    low[GROUPS.index("beetles")] = 0.5
    world.store.registry.put(
        Verification(
            f"{garden}-labels",
            garden,
            ("camera", f"algorithm={algorithm}"),
            GROUPS,
            tuple(tuple(row) for row in weights.tolist()),
            tuple(labels.tolist()),
            tuple(low),
            tuple(low),
        ),
        since_s=0,
        by="test",
    )


def _two_groups(world: World, garden: str) -> None:
    world.garden(garden)
    world.node(garden, f"{garden}-1", "camera", algorithm="2")
    world.camera(garden, f"{garden}-1", lambda _: {"hoverflies": 8.0, "wasps": 3.0}, awake=_by_light)
    world.air(garden, f"{garden}-1")


def test_local_labels_set_the_counts_right_and_carry_their_uncertainty(world: World) -> None:
    _two_groups(world, "elm-yard")
    _labelled(world, "elm-yard")
    analyse(world.store, periods=SPAN, replicates=300)
    hoverflies = figure_of(world, "elm-yard", "corrected_visits", group="hoverflies")
    wasps = figure_of(world, "elm-yard", "corrected_visits", group="wasps")
    parts = figure_of(world, "elm-yard", "total_activity").parts
    # Of ten hoverflies two were named wasps: 8 and 3 a step were 10 and 1.
    assert hoverflies.value == pytest.approx((parts["hoverflies"] or 0) * 10 / 8)
    assert wasps.value == pytest.approx((parts["wasps"] or 0) / 3)
    assert wasps.low is not None
    assert wasps.high is not None
    assert wasps.low < (wasps.value or 0) < wasps.high
    assert wasps.parts["as_named"] == parts["wasps"]
    assert wasps.target == "these_nodes"


def test_without_labels_of_this_class_in_this_garden_counts_stay_as_named(world: World) -> None:
    _two_groups(world, "elm-yard")
    _two_groups(world, "rose-court")
    _labelled(world, "rose-court", algorithm="3")
    analyse(world.store, periods=SPAN)
    for garden in ("elm-yard", "rose-court"):
        result = figure_of(world, garden, "corrected_visits")
        assert result.value is None
        assert "no labels of these cameras in this garden" in str(result.reason)


def test_a_group_that_never_came_has_its_hours_and_with_a_recall_a_bound(world: World) -> None:
    _two_groups(world, "elm-yard")
    _labelled(world, "elm-yard")
    analyse(world.store, periods=SPAN)
    beetles = figure_of(world, "elm-yard", "group_incidence", group="beetles")
    bees = figure_of(world, "elm-yard", "group_incidence", group="bumblebees")
    assert beetles.value == bees.value == 0
    assert beetles.effort_h is not None
    assert beetles.parts["visits_an_hour_most"] == pytest.approx(-np.log(0.05) / (0.5 * beetles.effort_h))
    assert not bees.parts
    assert any("never measured" in note for note in map(str, bees.notes))


def test_of_several_gardens_and_of_people_only_the_hours_are_told(world: World) -> None:
    _two_groups(world, "elm-yard")
    _labelled(world, "elm-yard")
    analyse(world.store, periods=SPAN)
    beetles = figure_of(world, COMMUNITY, "group_incidence", group="beetles")
    (message,) = [note for note in map(str, beetles.notes) if note.startswith("Beetles")]
    assert message.endswith("h of watching.")
    assert not beetles.parts


def test_node_days_are_worth_fewer_units_and_the_figure_says_how_many(world: World) -> None:
    world.days = 20
    world.garden("elm-yard")
    for name in ("elm-1", "elm-2", "elm-3"):
        world.node("elm-yard", name, "camera")
        world.camera("elm-yard", name, lambda _: {"wasps": 1.0}, awake=_by_light)
    analyse(world.store, periods=SPAN)
    notes = figure_of(world, "elm-yard", "effective_groups_q1").notes
    assert any(
        note.startswith("60 node-days watched are worth 4 independent units") for note in map(str, notes)
    )


def _counted(world: World, place: str, day: int, values: dict[str, float], *, uncertainty_s: int = 5) -> None:
    noon_s = MIDNIGHT_S + day * DAY_S + 43_200
    counts: dict[str, float | None] = dict.fromkeys(GROUPS, 0.0) | {"surveys": 1.0} | values
    world.write([world.record("elm-yard", place, "counts", noon_s, counts, uncertainty_s=uncertainty_s)])


def test_visits_per_flower_unit_come_from_counts_that_say_how_many_flowers(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "counter-1", "person")
    for day, (visits, flowers) in enumerate(((4, 12), (0, 12), (8, 24), (6, 12))):
        _counted(world, "counter-1", day, {"hoverflies": visits, "flower_units": flowers})
    _counted(world, "counter-1", 5, {"hoverflies": 90.0})
    analyse(world.store, periods=SPAN)
    result = figure_of(world, "elm-yard", "visits_per_flower_hour")
    # 18 visits in ten minutes at 60 flower units; the count without flowers does not enter.
    assert result.value == pytest.approx(18 / (60 / 6))
    assert "quasi-Poisson over 4 bouts" in str(result.interval_method)
    assert result.target == "these_nodes"
    assert result.parts["count_dispersion"] == pytest.approx(16 / 9)


def test_people_beside_a_camera_give_a_ratio_from_eight_days_on(world: World) -> None:
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "camera")
    world.node("elm-yard", "counter-1", "person")
    world.camera("elm-yard", "elm-1", lambda _: {"hoverflies": 5.0})
    for day in range(8):
        # Ten minutes of people at twice the camera's 20 an hour, give or take.
        _counted(world, "counter-1", day, {"hoverflies": 20 / 3 + (-1) ** day})
    _counted(world, "counter-1", 9, {"hoverflies": 500.0}, uncertainty_s=43_200)
    analyse(world.store, periods=SPAN)
    result = figure_of(world, "elm-yard", "people_to_camera")
    assert result.value == pytest.approx(2)
    assert result.n == 8
    assert result.low is not None
    assert result.low > 1
    assert any("never multiplied" in note for note in map(str, result.notes))


@pytest.mark.slow
def test_nineteen_gardens_are_too_few_for_use_and_twenty_are_not(world: World) -> None:
    for number in range(20):
        garden = f"garden-{number}"
        world.garden(garden)
        world.node(garden, f"{garden}-1", "camera")

        def visits(time_s: int, number: int = number) -> dict[str, float]:
            came = number < 12 and (number + _day_of(time_s) // 7) % 2
            return {"wasps": float(came)}

        world.camera(garden, f"{garden}-1", visits, awake=lambda t: 8 <= hour_of(t) < 12)
        if number == 18:
            analyse(world.store, periods=SPAN)
            assert (
                str(figure_of(world, COMMUNITY, "group_use").reason)
                == "19 sites visited at least twice; 20 needed"
            )
    analyse(world.store, periods=SPAN)
    wasps = figure_of(world, COMMUNITY, "group_use", group="wasps")
    assert wasps.parts["gardens_with_group"] == 12 / 20
    assert wasps.value is not None
    assert wasps.value >= 0.6
    assert "nowhere" in str(figure_of(world, COMMUNITY, "group_use", group="beetles").reason)


LOSS = 0.006


def _ground(world: World, *, moisture: bool = True, rain: bool = True) -> None:
    """Forty days of soil that rain fills up each tenth night and that dries by the same amount every day."""
    world.days = 40
    world.garden("elm-yard")
    world.node("elm-yard", "elm-1", "none")

    def soil(time_s: int) -> dict[str, float | None]:
        day = _day_of(time_s)
        wet = 0.28 - LOSS * (day % 10)
        warmth = 15.0 - 6 * np.cos(2 * np.pi * hour_of(time_s) / 24)
        values: dict[str, float | None] = {"soil_moisture_raw@1": 3000 * wet, "soil_temperature@1": warmth}
        return values | ({"soil_moisture@1": wet} if moisture else {})

    world.soil("elm-yard", "elm-1", soil)
    records = []
    for time_s in world.times()[::4]:
        day = _day_of(int(time_s))
        values: dict[str, float | None] = {"air_temperature": -1.0 if day < 3 else 12.0 + 20 * (day == 20)}
        if rain:
            values["rainfall"] = 2.0 if day % 10 == 0 and hour_of(int(time_s)) < 3 else 0.0
        records.append(world.record("elm-yard", "elm-1", "air", int(time_s), values))
    world.write(records)


def test_a_stated_soil_and_calibrated_moisture_give_the_water_that_plants_can_take(world: World) -> None:
    _ground(world)
    analyse(world.store, periods=SPAN)
    assert "stated this garden's soil" in str(figure_of(world, "elm-yard", "plant_available_water").reason)
    world.store.registry.put(GardenSoil("elm-yard", 0.4, 0.2, source="by hand"), since_s=0, by="test")
    analyse(world.store, periods=SPAN)
    result = figure_of(world, "elm-yard", "plant_available_water")
    wet = 0.28 - LOSS * np.arange(10)
    limits = (0.1370236, 0.2796101649408)
    assert result.value == pytest.approx(
        np.clip((wet - limits[0]) / (limits[1] - limits[0]), 0, 1).mean(), rel=0.01
    )
    assert any("sand 40\u00a0%" in note and "by hand" in note for note in map(str, result.notes))


def test_uncalibrated_soil_has_no_available_water_and_dries_on_its_own_scale(world: World) -> None:
    _ground(world, moisture=False)
    world.store.registry.put(GardenSoil("elm-yard", 0.4, 0.2), since_s=0, by="test")
    analyse(world.store, periods=SPAN)
    assert "calibrated" in str(figure_of(world, "elm-yard", "plant_available_water").reason)
    assert "calibrated" in str(figure_of(world, "elm-yard", "drying_rate").reason)
    assert (figure_of(world, "elm-yard", "relative_drying_rate").value or 0) > 0.05


def test_the_known_loss_a_day_comes_back_after_rain_and_after_stated_watering(world: World) -> None:
    _ground(world)
    analyse(world.store, periods=SPAN)
    assert figure_of(world, "elm-yard", "drying_rate").value == pytest.approx(LOSS, rel=0.02)


def test_without_rain_measured_only_stated_waterings_tell_of_drying(world: World) -> None:
    _ground(world, rain=False)
    analyse(world.store, periods=SPAN)
    assert (
        str(figure_of(world, "elm-yard", "drying_rate").reason)
        == "neither rain was measured nor a watering stated"
    )
    for number in range(4):
        time_s = MIDNIGHT_S + 10 * number * DAY_S + 3600
        world.action("elm-yard", "watering", time_s, 10.0)
    analyse(world.store, periods=SPAN)
    assert figure_of(world, "elm-yard", "drying_rate").value == pytest.approx(LOSS, rel=0.02)


def test_warmth_frost_heat_and_conditions_are_counted_over_the_days_that_were_read(world: World) -> None:
    _ground(world)
    world.store.registry.put(GardenSoil("elm-yard", 0.4, 0.2), since_s=0, by="test")
    analyse(world.store, periods=SPAN)
    # Extremes of hourly means lie 9 and 21 degrees, their mean 10 above the base.
    warmth = figure_of(world, "elm-yard", "temperature_sum")
    assert warmth.value == pytest.approx(40 * 10, rel=0.01)
    assert any("method 1" in note for note in map(str, warmth.notes))
    assert figure_of(world, "elm-yard", "frost_days").value == 3
    assert figure_of(world, "elm-yard", "heat_days").value == 1
    dry = figure_of(world, "elm-yard", "soil_condition_days", group="short of water")
    # Below half of the available water, 0.208, from the thirteenth day after rain: never.
    assert dry.value == 0
    assert figure_of(world, "elm-yard", "soil_condition_days", group="frozen").value == 0


def test_ten_days_are_no_sum_of_a_july_and_a_third_of_its_mean(world: World) -> None:
    _ground(world)
    analyse(world.store, periods=("month",))
    june, july = world.store.results.current(scope_id="elm-yard", index="temperature_sum", period="month")
    assert (june.value, june.coverage) == (pytest.approx(30 * 10, rel=0.01), 1)
    assert str(july.reason) == "10 of 31 days read round the clock; 90\u00a0% needed"
    assert july.coverage == pytest.approx(10 / 31)
    for place, index in (
        ("elm-yard", "soil_temperature_mean"),
        ("elm-yard", "soil_moisture_mean"),
        ("elm-yard", "frost_days"),
        (COMMUNITY, "soil_temperature_mean"),
    ):
        months = world.store.results.current(scope_id=place, index=index, period="month")
        assert [month.coverage for month in months] == [1, pytest.approx(10 / 31)], index
        assert months[1].value is not None


@pytest.mark.parametrize(("first", "days_read", "value"), [(30, 18, 200), (29, 17, None)])
def test_a_sum_over_any_dates_counts_the_days_that_readings_do_not_reach(
    world: World, first: int, days_read: int, value: float | None
) -> None:
    _ground(world)
    # 18 of 20 days are 90 %, and the two others count like the mean day; 17 are too few.
    begin = date(2026, 5, first)
    analyse(world.store, periods=("custom",), dates=Dates(begin, begin + timedelta(days=20)))
    warmth = figure_of(world, "elm-yard", "temperature_sum", period="custom")
    assert warmth.value == (None if value is None else pytest.approx(value, rel=0.01))
    assert warmth.coverage == pytest.approx(days_read / 20)
    if value is None:
        assert str(warmth.reason) == "17 of 20 days read round the clock; 90\u00a0% needed"


def test_a_garden_without_probes_or_air_says_so(world: World) -> None:
    world.garden("bare")
    world.node("bare", "bare-1", "camera")
    world.camera("bare", "bare-1", lambda _: {}, awake=_by_light)
    analyse(world.store, periods=SPAN)
    assert str(figure_of(world, "bare", "temperature_sum").reason) == "no soil probe has read here"
    assert str(figure_of(world, "bare", "frost_days").reason) == "no thermometer in the air has read here"
    flowers = figure_of(world, "bare", "visits_per_flower_hour")
    assert str(flowers.reason) == "no count says how many flower units were watched"
    assert str(figure_of(world, "bare", "people_to_camera").reason) == "0 paired counts; 8 needed"
