"""What the status follower leaves out, and what it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sera_gateway.status.status_follower import StatusFollower
from sera_gateway.status.status_points import status_point
from sera_store.outputs.influxdb_server import InfluxTarget
from sera_vocabulary import alerts
from sera_vocabulary import status_series as s

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = 1_780_272_000
DAY_S = 86_400


@pytest.fixture
def follower(tmp_path: Path) -> StatusFollower:
    target = InfluxTarget("http://127.0.0.1:9", "sera", "sera", "")
    return StatusFollower(Any, tmp_path, tmp_path, target)  # type: ignore[arg-type]


def finding(node: str, severity: int, at_s: int) -> Any:
    return status_point(s.FINDINGS, at_s, {"node": node, s.TAG_CODE: "silent"}, {s.SEVERITY: severity})


def written(follower: StatusFollower, severities: dict[str, int], at_s: int) -> dict[str, float]:
    points = [finding(node, severity, at_s) for node, severity in severities.items()]
    written = follower._worth_writing([*points, status_point(s.FLEET, at_s, {}, {"x": 1})], at_s)
    assert [point.key.measurement for point in written].count(s.FLEET) == 1
    assert {point.key.time_ns for point in written} == {at_s * 10**9}
    findings = [point for point in written if point.key.measurement == s.FINDINGS]
    return {dict(point.key.tags)["node"]: point.fields[s.SEVERITY] for point in findings}


def test_zeros_are_written_for_as_long_as_an_alert_waits_and_no_longer(follower: StatusFollower) -> None:
    assert written(follower, {"elm-1": 0, "elm-2": 3}, NOW_S) == {"elm-1": 0, "elm-2": 3}
    longest_s = round(max(alert.clear_h for alert in alerts.ALERTS) * 3600)
    assert written(follower, {"elm-1": 0, "elm-2": 0}, NOW_S + longest_s) == {"elm-1": 0, "elm-2": 0}
    assert written(follower, {"elm-1": 0, "elm-2": 0}, NOW_S + 5 * DAY_S) == {}
    assert written(follower, {"elm-1": 2, "elm-2": 0}, NOW_S + 6 * DAY_S) == {"elm-1": 2}
    assert written(follower, {"elm-1": 0, "elm-2": 0}, NOW_S + 7 * DAY_S) == {"elm-1": 0}


def test_what_is_looked_at_no_more_ends_with_a_zero(follower: StatusFollower) -> None:
    written(follower, {"elm-1": 3, "elm-2": 0}, NOW_S)
    assert written(follower, {"elm-2": 0}, NOW_S + 3600) == {"elm-1": 0, "elm-2": 0}
    assert written(follower, {"elm-2": 0}, NOW_S + 9 * DAY_S) == {}


def problems(follower: StatusFollower, severities: dict[str, int], at_s: int) -> dict[str, float]:
    """What a step that succeeds writes of what is wrong."""
    points = [finding(node, severity, at_s) for node, severity in severities.items()]
    problems = follower._problems(points, at_s)
    follower._wrong = {point.key for point in problems if point.fields[s.SEVERITY]}
    assert {point.key.measurement for point in problems} <= {s.PROBLEMS}
    return {dict(point.key.tags)["node"]: point.fields[s.SEVERITY] for point in problems}


def test_a_problem_that_is_over_has_one_last_zero_and_what_is_well_none(
    follower: StatusFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[str] = []
    monkeypatch.setattr(follower._server, "delete", lambda *words: deleted.append(" ".join(words)))
    assert problems(follower, {"elm-1": 3, "elm-2": 0}, NOW_S) == {"elm-1": 3}
    assert len(deleted) == 1
    assert '_measurement="problems"' in deleted[0]
    assert problems(follower, {"elm-1": 2, "elm-2": 0}, NOW_S + 3600) == {"elm-1": 2}
    assert problems(follower, {"elm-1": 0, "elm-2": 1}, NOW_S + 3900) == {"elm-1": 0, "elm-2": 1}
    assert problems(follower, {"elm-1": 0, "elm-2": 0}, NOW_S + 7200) == {"elm-2": 0}
    assert problems(follower, {"elm-1": 0, "elm-2": 0}, NOW_S + 7500) == {}
    assert len(deleted) == 1
