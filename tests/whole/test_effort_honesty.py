"""Honest about effort from end to end: simulated gardens, a real store, the jobs, and their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sera_analysis.aggregates.weather import FLIGHT, AirReadings, garden_weather
from sera_analysis.runs.jobs import analyse
from sera_analysis.statistics.correction import corrected_counts, no_correction_reason
from sera_simulator.world.detectors import confusion, noticed_share
from sera_simulator.world.season import season
from sera_store.registry.garden_metadata import Verification
from sera_store.store import Store
from sera_vocabulary import measurements as m
from simulated_store import GROUPS, write_season

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_store.results.results import Result

DAYS, SEED = 28, 5
FIGURES = ("visits_per_hour", "effective_groups_q1", "total_activity")


@pytest.fixture(scope="module")
def simulated() -> Any:
    """Two gardens, the first with two cameras and a beam."""
    return season(gardens=2, nodes=5, days=DAYS, seed=SEED)


def _figures(
    folder: Path,
    simulated: Any,
    *,
    is_awake: Callable[[Any, Any], Any] | None = None,
    copies: dict[str, str] | None = None,
) -> dict[tuple[str, str, str], Result]:
    """All figures of whole spans and weeks by place, index and period with start."""
    with Store.open(folder) as store:
        write_season(store, simulated, is_awake=is_awake, copies=copies)
        analyse(store, periods=("day", "week", "span"))
        return {
            (result.scope_id, result.index, f"{result.period} {result.start_s}"): result
            for result in store.results.current()
            if not result.group
        }


def _span(figures: dict[tuple[str, str, str], Result], place: str, index: str) -> Result:
    (result,) = [
        item
        for (scope_id, name, period), item in figures.items()
        if (scope_id, name) == (place, index) and period.startswith("span")
    ]
    return result


@pytest.fixture(scope="module")
def whole(simulated: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], Result]:
    """Figures of the season as it was."""
    return _figures(tmp_path_factory.mktemp("whole"), simulated)


def test_the_season_has_figures_to_lose(whole: dict[tuple[str, str, str], Result]) -> None:
    for place in ("rose-court", "elm-yard"):
        rate = _span(whole, place, "visits_per_hour")
        assert rate.value is not None
        assert rate.value > 1


def test_a_camera_that_sleeps_on_dull_days_keeps_its_rate_or_gets_none(
    whole: dict[tuple[str, str, str], Result], simulated: Any, tmp_path: Path
) -> None:
    def only_bright_days(node: Any, time_s: Any) -> Any:
        light = simulated.world(node.garden).illuminance_lx
        day = (time_s - simulated.start_s - 1) // 86_400
        mean = np.array([light[day == number].mean() if number in day else 0.0 for number in range(DAYS)])
        bright = mean >= np.median(mean)
        return bright[np.clip(day, 0, DAYS - 1)] | (node.detector != "camera")

    figures = _figures(tmp_path / "bright", simulated, is_awake=only_bright_days)
    for place in ("rose-court", "elm-yard"):
        before, after = _span(whole, place, "visits_per_hour"), _span(figures, place, "visits_per_hour")
        assert after.value is not None
        assert after.value == pytest.approx(before.value, rel=0.15)
        assert (after.effort_h or 0) < 0.75 * (before.effort_h or 0)
        # Dividing visits by hours awake would have told of a better garden.
        naive = [
            (_span(item, place, "total_activity").value or 0)
            / (_span(item, place, "total_activity").effort_h or 1)
            for item in (whole, figures)
        ]
        assert naive[1] / naive[0] > after.value / (before.value or 1) + 0.03
    for key, result in figures.items():
        if result.index == "total_activity" and key[2].startswith("day") and result.effort_h == 0:
            assert result.value is None


def test_a_camera_that_sleeps_whenever_insects_cannot_fly_keeps_its_rate_exactly(
    whole: dict[tuple[str, str, str], Result], simulated: Any, tmp_path: Path
) -> None:
    def flying(node: Any, time_s: Any) -> Any:
        (station,) = [
            item for item in simulated.nodes if item.garden == node.garden and m.RAINFALL in item.columns
        ]
        values = simulated.node_season(station.id).values.T.astype(np.float64)
        read = dict(zip(station.columns, values, strict=True))
        air = AirReadings(
            np.zeros(time_s.size, dtype=np.int64),
            time_s.astype(np.float64),
            *(read[name] for name in (m.AIR_TEMPERATURE, m.ILLUMINANCE, m.RAINFALL)),
        )
        place = next(garden for garden in simulated.gardens if garden.id == node.garden)
        awake_s = dict(zip(node.columns, simulated.node_season(node.id).values.T, strict=True))[m.AWAKE_S]
        weather = garden_weather(air, place.latitude, place.longitude)
        return weather.at(time_s - awake_s / 2) == FLIGHT

    figures = _figures(tmp_path / "flying", simulated, is_awake=flying)
    for place in ("rose-court", "elm-yard"):
        before, after = _span(whole, place, "visits_per_hour"), _span(figures, place, "visits_per_hour")
        assert after.value == pytest.approx(before.value, rel=1e-9)
        assert (_span(figures, place, "effort").value or 0) < 0.9 * (_span(whole, place, "effort").value or 0)


def test_a_camera_awake_at_noon_alone_gets_no_rate_in_any_week(simulated: Any, tmp_path: Path) -> None:
    def noon(node: Any, time_s: Any) -> Any:
        hour = (time_s - simulated.start_s) / 3600 % 24
        return ((hour > 11) & (hour <= 14)) | (node.detector != "camera")

    figures = _figures(tmp_path / "noon", simulated, is_awake=noon)
    rates = [result for (_, index, _), result in figures.items() if index == "visits_per_hour"]
    assert rates
    assert {item.value for item in rates} == {None}
    rate = _span(figures, "rose-court", "visits_per_hour")
    assert "of 12 parts of the day watched" in str(rate.reason)


def test_a_camera_that_watches_noon_four_times_as_often_keeps_its_rate(
    whole: dict[tuple[str, str, str], Result], simulated: Any, tmp_path: Path
) -> None:
    def mostly_noon(node: Any, time_s: Any) -> Any:
        hour = (time_s - simulated.start_s) / 3600 % 24
        day = (time_s - simulated.start_s - 1) // 86_400
        return ((hour > 10) & (hour <= 16)) | (day % 4 == 0) | (node.detector != "camera")

    figures = _figures(tmp_path / "mostly-noon", simulated, is_awake=mostly_noon)
    for place in ("rose-court", "elm-yard"):
        before, after = _span(whole, place, "visits_per_hour"), _span(figures, place, "visits_per_hour")
        assert before.value is not None
        assert after.value == pytest.approx(before.value, rel=0.15)
        span = _span(figures, place, "total_activity")
        assert (span.value or 0) / (span.effort_h or 1) > 1.25 * before.value


def test_a_camera_that_dies_in_the_middle_adds_no_zeros(
    whole: dict[tuple[str, str, str], Result], simulated: Any, tmp_path: Path
) -> None:
    half_s = simulated.start_s + DAYS // 2 * 86_400

    def dies(node: Any, time_s: Any) -> Any:
        return (time_s < half_s) | (node.id != "elm-yard-1")

    figures = _figures(tmp_path / "dies", simulated, is_awake=dies)
    before, after = _span(whole, "elm-yard", "visits_per_hour"), _span(figures, "elm-yard", "visits_per_hour")
    assert after.value is not None
    assert before.value is not None
    # Zeros in half of the days would have halved it.
    assert after.value > 0.8 * before.value
    late = [
        result
        for (place, index, period), result in figures.items()
        if (place, index) == ("elm-yard", "visits_per_hour")
        and period.startswith("week")
        and result.start_s >= half_s
    ]
    assert late
    for week in late:
        assert "elm-yard-1" not in week.parts or week.parts["elm-yard-1"] is None


def test_a_camera_dead_for_the_whole_range_changes_nothing_and_is_named_without_a_value(
    whole: dict[tuple[str, str, str], Result], simulated: Any, tmp_path: Path
) -> None:
    def never(node: Any, time_s: Any) -> Any:
        return np.full(time_s.size, node.id != "rose-court-2")

    figures = _figures(tmp_path / "dead", simulated, is_awake=never)
    single = _span(figures, "rose-court", "visits_per_hour")
    parts = _span(whole, "rose-court", "visits_per_hour").parts
    assert single.value == pytest.approx(parts["rose-court-1"])
    assert single.parts["rose-court-2"] is None
    assert single.n == 1
    assert single.low is None


def test_a_doubled_camera_does_not_double_a_garden_nor_its_weight_among_gardens(
    whole: dict[tuple[str, str, str], Result], simulated: Any, tmp_path: Path
) -> None:
    figures = _figures(
        tmp_path / "doubled", simulated, copies={"elm-twin": "elm-yard-1", "elm-triplet": "elm-yard-1"}
    )
    parts = _span(whole, "elm-yard", "visits_per_hour").parts
    same = [parts["elm-yard-1"]] * 3 + [parts["elm-yard-2"]]
    rate = _span(figures, "elm-yard", "visits_per_hour")
    assert rate.value == pytest.approx(np.mean([part for part in same if part is not None]))
    community = _span(figures, simulated.community.id, "visits_per_hour")
    gardens = [_span(figures, place, "visits_per_hour").value for place in ("rose-court", "elm-yard")]
    assert community.value == pytest.approx(np.mean([value for value in gardens if value is not None]))
    assert community.n == 2


def test_the_effort_of_the_figures_is_the_effort_of_the_detectors(
    whole: dict[tuple[str, str, str], Result], simulated: Any
) -> None:
    for place in ("rose-court", "elm-yard"):
        seconds = 0.0
        for node in simulated.nodes:
            if node.garden == place:
                values = dict(zip(node.columns, simulated.node_season(node.id).values.T, strict=True))
                seconds += float(values[m.AWAKE_S].sum())
        effort = _span(whole, place, "effort").value
        # The first row of the trace ends at the first midnight and belongs to the day before.
        assert effort == pytest.approx(seconds / 3600, abs=1)


def _measured_confusion(labels: int = 400) -> Verification:
    """Labels as people would give them who had seen what the simulated camera makes of each group."""
    size = len(GROUPS) + 1
    weights = np.zeros((size, size))
    weights[:-1, :-1] = labels * confusion() * noticed_share()[:, np.newaxis]
    weights[:-1, -1] = labels - weights[:-1].sum(axis=1)
    none = (None,) * len(GROUPS)
    return Verification(
        "rose-labels",
        "rose-court",
        ("camera",),
        GROUPS,
        tuple(tuple(row) for row in weights.tolist()),
        (labels,) * len(GROUPS) + (0,),
        none,
        none,
    )


def test_registered_labels_bring_back_what_came_to_a_garden_of_noisy_cameras(
    simulated: Any, tmp_path: Path
) -> None:
    with Store.open(tmp_path / "noisy") as store:
        write_season(store, simulated)
        store.registry.put(_measured_confusion(), since_s=0, by="test")
        analyse(store, periods=("span",), replicates=300)
        actual = {
            result.group: result
            for result in store.results.current(scope_id="rose-court", index="corrected_visits")
        }
    there = np.zeros(len(GROUPS))
    for name in ("rose-court-1", "rose-court-2"):
        node, node_season = simulated.node(name), simulated.node_season(name)
        if node.detector == "camera":
            awake_s = dict(zip(node.columns, node_season.values.T, strict=True))[m.AWAKE_S]
            there += (node_season.truth.rates_per_h * awake_s[:, np.newaxis] / 3600).sum(axis=0)
    values = np.array([actual[group].value for group in GROUPS], dtype=np.float64)
    labels = np.array([actual[group].parts["as_named"] for group in GROUPS], dtype=np.float64)
    assert np.median(np.abs(values - there) / there) < 0.1 < np.median(np.abs(labels - there) / there)
    hits = [
        (actual[group].low or 0) <= true <= (actual[group].high or 0)
        for group, true in zip(GROUPS, there, strict=True)
    ]
    assert sum(hits) >= 8


def test_what_a_noisy_camera_made_of_the_insects_comes_back_by_its_known_confusion(simulated: Any) -> None:
    chances = confusion() * noticed_share()[:, np.newaxis]
    node = next(item for item in simulated.nodes if item.id == "rose-court-1")
    season_of_node = simulated.node_season(node.id)
    values = dict(zip(node.columns, season_of_node.values.T.astype(np.float64), strict=True))
    counted = np.array([values[group].sum() for group in GROUPS])
    there = (season_of_node.truth.rates_per_h * values[m.AWAKE_S][:, np.newaxis] / 3600).sum(axis=0)
    corrected = corrected_counts(
        counted, np.full(10, 400.0), chances, dispersion=2.0, rng=np.random.default_rng(0), replicates=300
    )
    hits = (corrected.low <= there) & (there <= corrected.high)
    assert hits.sum() >= 9
    error, before = np.abs(corrected.counts - there) / there, np.abs(counted - there) / there
    # Small insects are missed three times in four, so that raw counts are far off.
    assert before.max() > 0.6
    assert np.median(error) < 0.1 < np.median(before)
    assert not no_correction_reason(counted, np.full(10, 400.0), chances, GROUPS)
