"""Relative wetness, soil means, and the windows figures are made over."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import numpy as np
import pytest

from analysis_world import MIDNIGHT_S, World
from sera_analysis.aggregates.days import Days
from sera_analysis.aggregates.gardens import roll_up
from sera_analysis.soil.soil import (
    Anchors,
    no_wetness_reason,
    own_anchors,
    relative_wetness,
    wet_direction,
)
from sera_analysis.windows import DAY, MONTH, SEASON, SPAN, WEEK, windows
from sera_store.release.places import released_gardens


def _drying(hours: int = 24 * 20) -> np.ndarray:
    """Counts that jump up when it rains every five days and fall slowly in between, with noise."""
    since_rain = np.arange(hours) % 120
    return 1500 + 800 * np.exp(-since_rain / 60) + np.random.default_rng(2).normal(0, 4, hours)


def test_the_way_of_wetting_is_read_from_the_jumps() -> None:
    assert wet_direction(_drying()) == 1
    assert wet_direction(4000 - _drying()) == -1


def test_noise_alone_does_not_tell_the_way_of_wetting() -> None:
    assert wet_direction(np.random.default_rng(1).normal(1500, 5, 480)) == 0
    assert wet_direction(np.full(480, 1500.0)) == 0


def test_a_probe_that_falls_when_wetted_is_wettest_at_its_lowest_count() -> None:
    raw = 4000 - _drying()
    anchors = own_anchors(raw, 20, wet_direction(raw))
    assert anchors is not None
    wetness = relative_wetness(raw, anchors)
    assert wetness[raw.argmin()] == 1
    assert wetness[raw.argmax()] == 0


def test_nine_days_of_readings_make_no_relative_wetness() -> None:
    assert own_anchors(_drying(), 9) is None
    assert str(no_wetness_reason(9, 1)) == "9 days of soil readings; 10 needed; about 1 more day"


def test_a_stuck_probe_is_named_not_placed() -> None:
    stuck = np.full(480, 1500.0)
    assert own_anchors(stuck, 20) is None
    assert "stuck" in str(no_wetness_reason(20, 1))


def test_stated_ends_place_counts_both_ways() -> None:
    counts = np.array([900.0, 1200.0, 3000.0])
    assert relative_wetness(counts, Anchors(dry=800, wet=1000)).tolist() == [0.5, 1, 1]
    assert relative_wetness(counts, Anchors(dry=1300, wet=1100)).tolist() == [1, 0.5, 0]


def _temperatures(world: World, rows: list[tuple[int, float | None, int]]) -> list[float]:
    """Write temperatures of one probe, and give their daily means from 1 June on."""
    world.garden("elm-yard")
    world.node("elm-yard", "probe-1", "none")
    world.write(
        [
            world.record(
                "elm-yard",
                "probe-1",
                "soil",
                at_s,
                {"soil_temperature@1": value},
                uncertainty_s=uncertainty_s,
            )
            for at_s, value, uncertainty_s in rows
        ]
    )
    [garden] = released_gardens(world.store.registry)
    [probe] = roll_up(world.store, garden, Days(date(2026, 6, 1), 3)).probes
    means: list[float] = probe.temperature.tolist()
    return means


def test_a_day_with_eleven_readings_has_no_mean_and_failed_ones_do_not_count(world: World) -> None:
    first: list[tuple[int, float | None, int]] = [(MIDNIGHT_S + 900 * n, 14.0, 2) for n in range(12)]
    failed: list[tuple[int, float | None, int]] = [(MIDNIGHT_S + 900 * n, None, 2) for n in range(12, 15)]
    second: list[tuple[int, float | None, int]] = [
        (MIDNIGHT_S + 86_400 + 900 * n, 15.0, 2) for n in range(11)
    ]
    means = _temperatures(world, [*first, *failed, *second])
    assert means[0] == 14
    assert np.isnan(means[1:]).all()


def test_an_hour_with_a_time_too_uncertain_for_a_day_is_left_out(world: World) -> None:
    certain: list[tuple[int, float | None, int]] = [(MIDNIGHT_S + 900 * n, 14.0, 2) for n in range(12)]
    means = _temperatures(world, [*certain, (MIDNIGHT_S + 40_000, 30.0, 21_601)])
    assert means[0] == 14
    cells = world.store.rollups.read("soil", first=date(2026, 6, 1), last=date(2026, 6, 1))
    assert cells.cells["soil_temperature@1"]["count"].tolist() == [13]


@pytest.mark.parametrize("period", [DAY, WEEK, MONTH, SEASON, SPAN])
def test_windows_of_one_kind_share_out_all_the_days(period: str) -> None:
    first, days = date(2025, 11, 20), 200
    result = list(windows(first, days, (period,)))
    assert [i for window in result for i in range(days)[window.days]] == list(range(days))
    for item, other in itertools.pairwise(result):
        assert item.after == other.first


def test_weeks_begin_on_monday_and_winter_in_december() -> None:
    weeks = list(windows(date(2026, 6, 3), 10, (WEEK,)))
    assert [window.first.weekday() for window in weeks] == [0, 0]
    (winter,) = windows(date(2026, 1, 15), 10, (SEASON,))
    assert (winter.first, winter.after) == (date(2025, 12, 1), date(2026, 3, 1))


def test_a_month_that_holds_all_the_days_does_not_repeat_the_span() -> None:
    kinds = [window.period for window in windows(date(2026, 6, 2), 14, (MONTH, SEASON, SPAN))]
    assert kinds == [SPAN]


def test_a_window_ends_where_the_next_begins_across_summer_time() -> None:
    first, second = list(windows(date(2026, 3, 23), 14, (WEEK,)))
    assert first.bounds_s("Europe/London")[1] == second.bounds_s("Europe/London")[0]
    length = timedelta(seconds=first.bounds_s("Europe/London")[1] - first.bounds_s("Europe/London")[0])
    assert length == timedelta(days=7, hours=-1)
