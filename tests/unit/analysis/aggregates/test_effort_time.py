"""Effort is bounded by time: nobody watches longer than the clock ran, whatever a record claims."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_world import GROUPS, MIDNIGHT_S, World, figure_of
from sera_analysis.aggregates.figure_inputs import HOURS_CUT
from sera_analysis.runs.jobs import analyse
from sera_command.main import main
from sera_store.aggregates.effort_time import WATCH_MOST_S, bounded_awake_s

DAY_S = 86_400
rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4 * DAY_S), st.floats(0, DAY_S)), min_size=1, max_size=40
)


def columns(drawn: list[tuple[int, int, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    node, time_s, awake_s = zip(*sorted(drawn, key=lambda row: row[:2]), strict=True)
    return np.array(node), np.array(time_s), np.array(awake_s)


@given(rows)
def test_watches_of_a_node_never_overlap_and_never_grow(drawn: list[tuple[int, int, float]]) -> None:
    node, time_s, awake_s = columns(drawn)

    bounded = bounded_awake_s(node, time_s, awake_s)

    assert (bounded <= awake_s).all()
    assert (bounded >= 0).all()
    begin_s = time_s - bounded
    for index in range(1, time_s.size):
        if node[index] == node[index - 1] and bounded[index] > 0:
            assert begin_s[index] >= time_s[index - 1]


@given(rows)
def test_a_node_watches_no_longer_than_from_one_interval_before_its_first_record(
    drawn: list[tuple[int, int, float]],
) -> None:
    node, time_s, awake_s = columns([(0, *row[1:]) for row in drawn])

    bounded = bounded_awake_s(node, time_s, awake_s)

    gaps = np.diff(np.unique(time_s))
    interval = float(gaps[0]) if gaps.size and gaps[0] <= WATCH_MOST_S else WATCH_MOST_S
    assert bounded.sum() <= time_s[-1] - time_s[0] + interval + 1e-6


@given(rows, st.integers(0, 4 * DAY_S))
def test_records_farther_than_a_day_away_change_no_bound(
    drawn: list[tuple[int, int, float]], first_s: int
) -> None:
    node, time_s, awake_s = columns(drawn)
    near = (time_s >= first_s - DAY_S) & (time_s <= first_s + 2 * DAY_S)
    inside = (time_s > first_s) & (time_s <= first_s + DAY_S)

    whole = bounded_awake_s(node, time_s, awake_s)[inside]
    part = bounded_awake_s(node[near], time_s[near], awake_s[near])[inside[near]]

    # A record exactly a day before still bounds, one a second earlier does not matter.
    assert part.tolist() == whole.tolist()


def test_what_is_not_a_number_stays_so() -> None:
    bounded = bounded_awake_s(np.zeros(2, int), np.array([900, 1800]), np.array([np.nan, 900.0]))
    assert np.isnan(bounded[0])
    assert bounded[1] == 900.0
    assert bounded_awake_s(np.empty(0, int), np.empty(0, int), np.empty(0)).size == 0


def claims(world: World, node: str, *, step_s: int, hours: int, epoch: str = "9f2c01aa") -> None:
    """An hour in which a camera claims a whole day with each record."""
    values = dict.fromkeys(GROUPS, 0.0) | {"awake_s": float(DAY_S)}
    times = MIDNIGHT_S + np.arange(step_s, hours * 3600 + 1, step_s)
    records = [world.record("elm-yard", node, "counts", int(time), dict(values)) for time in times]
    world.write([replace(record, epoch=epoch) for record in records])


@pytest.fixture
def yard(world: World) -> World:
    """A garden with two cameras."""
    world.days = 12
    world.garden("elm-yard")
    world.node("elm-yard", "cam-1", "camera")
    world.node("elm-yard", "cam-2", "camera")
    return world


def test_two_cameras_that_claim_a_day_each_minute_have_watched_an_hour_each(
    yard: World, capsys: pytest.CaptureFixture[str]
) -> None:
    claims(yard, "cam-1", step_s=60, hours=1)
    claims(yard, "cam-2", step_s=60, hours=1)

    analyse(yard.store)

    effort = figure_of(yard, "elm-yard", "effort")
    assert effort.value == pytest.approx(2.0)
    cut = effort.inputs[HOURS_CUT]
    assert cut == pytest.approx(2 * (60 * 24 - 1), abs=0.01)
    assert figure_of(yard, "elm-yard", "total_activity").inputs[HOURS_CUT] == cut

    data = ["--data", str(yard.store.folder.parent)]
    assert main(["explain", "elm-yard/effort/span", *data]) == 0
    assert f"hours of watching beyond what time allows: {cut}" in capsys.readouterr().out
    assert main(["completeness", *data]) in (0, 1)
    assert (
        f"elm-yard: its nodes claim {cut:g} h of watching beyond what time allows" in capsys.readouterr().err
    )


def test_a_second_epoch_over_the_same_hours_is_not_watched_twice(yard: World) -> None:
    claims(yard, "cam-1", step_s=600, hours=2)
    claims(yard, "cam-1", step_s=900, hours=2, epoch="00000002")

    analyse(yard.store)

    # The first record is bounded by the 300 s to the one after it, all others lie after it.
    assert figure_of(yard, "elm-yard", "effort").value == pytest.approx((7200 - 600 + 300) / 3600)


def test_honest_records_lose_nothing(yard: World) -> None:
    yard.camera("elm-yard", "cam-1", lambda _: {"bumblebees": 1.0})

    analyse(yard.store)

    effort = figure_of(yard, "elm-yard", "effort")
    assert effort.value == pytest.approx(12 * 24.0)
    assert HOURS_CUT not in effort.inputs


def test_readings_by_day_show_no_more_than_the_days_hours(
    yard: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A camera claims a day with each of 732 records in twelve days: 17,568 h."""
    step_s = yard.days * DAY_S // 732
    claims(yard, "cam-1", step_s=step_s, hours=yard.days * 24)
    data = ["--data", str(yard.store.folder.parent)]

    assert main(["readings", "awake_s", "--by", "day", "--json", *data]) == 0
    days = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(days) == yard.days
    # An amount belongs whole to the day that it ends.
    assert all(day["sum"] <= DAY_S + step_s for day in days)
    assert all(day["sum"] == day["effort_s"] for day in days)

    analyse(yard.store)
    hours = sum([day["sum"] for day in days]) / 3600
    assert hours <= yard.days * 24
    assert figure_of(yard, "elm-yard", "effort").value == pytest.approx(hours)
