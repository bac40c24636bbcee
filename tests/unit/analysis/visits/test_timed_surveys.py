"""Timed surveys: what surveys without effort and sites visited once may not change."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sera_analysis.visits.surveys import (
    Surveys,
    by_group,
    by_level,
    by_sites,
    overall,
    without_effort_notes,
)

GROUPS = ("bee", "fly")
surveys_of = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9), st.floats(0.5, 60)),
    min_size=1,
    max_size=12,
)
insects = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5)


def _table(rows: list[tuple[int, int, int, float]]) -> Surveys:
    """Surveys of some sites, a day each."""
    names = tuple((f"s{site}", str(day)) for day, (site, *_) in enumerate(rows))
    counts = np.array([row[1:3] for row in rows], dtype=np.float64)
    return Surveys(names, np.array([row[3] for row in rows]), GROUPS, counts)


@given(surveys_of, insects)
def test_surveys_without_effort_change_no_rate_no_share_and_no_use(
    rows: list[tuple[int, int, int, float]], idle: list[tuple[int, int]]
) -> None:
    table, number = _table(rows), len(rows)
    names = tuple((f"s{index % 4}", str(number + index)) for index in range(len(idle)))
    effort = np.concatenate([table.effort, np.zeros(len(idle))])
    both = Surveys(table.names + names, effort, GROUPS, np.concatenate([table.visits, np.array(idle)]))

    assert overall(both) == overall(table)
    assert by_group(both, both) == by_group(table, table)
    assert by_sites(both, 0) == by_sites(table, 0)
    rated = {level: figure for level, figure in by_level(both, 0).items() if figure.bouts}
    assert rated == by_level(table, 0)

    notes = {note.code: note.arguments for note in without_effort_notes(both)}
    assert notes["surveys_without_effort"] == {"surveys": len(idle)}
    visit_count = sum(map(sum, idle))
    assert notes.get("insects_without_effort", {"insects": 0})["insects"] == visit_count
    assert without_effort_notes(table) == []


def test_rates_and_shares_are_those_of_a_calculator() -> None:
    surveys = _table([(0, 3, 0, 10.0), (1, 0, 2, 20.0), (1, 5, 0, 10.0), (2, 0, 0, 10.0)])
    groups = by_group(surveys, surveys)
    assert (groups["bee"].rate.rate, groups["bee"].share_of_watches) == (8 / 50, 0.5)
    assert (groups["fly"].rate.rate, groups["fly"].share_of_watches) == (2 / 50, 0.25)
    # One site of three was visited twice; the share seen is over that one.
    assert [(use.naive, use.sites) for use in by_sites(surveys, 0).values()] == [(1.0, 1), (1.0, 1)]
