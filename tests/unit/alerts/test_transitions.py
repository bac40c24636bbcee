"""A finding is told once it holds, when it is worse, each week, when it is gone; flapping wakes nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_alerts.transitions import (
    BEGINNING,
    RECOVERY,
    REMINDER,
    WORSENING,
    advance,
    is_forgotten,
)
from sera_store.alert_book import State
from sera_vocabulary.alert_rules import INSTALLATION_RULES, LOOK, RULES, URGENT
from sera_vocabulary.alerts import ALERTS, INSTALLATION_ALERTS, RECEIVERS, Alert

NOW_S, HOUR_S, DAY_S = 1_780_000_000, 3600, 86_400
ALERT = Alert("silent", "does not come", LOOK, 2, 3, "a test", "steward", "sera fleet")


def notices(
    severities: list[tuple[float, int]], alert: Alert = ALERT, silent_h: float = 0
) -> list[tuple[float, str]]:
    """What is told, by the hour: severities hold from an hour on, looked at each ten minutes."""
    state, events = State(), []
    for step in range(round(severities[-1][0] * 6) + 1):
        hours = step / 6
        severity = [severity for since_h, severity in severities if since_h <= hours][-1]
        state, event = advance(state, severity, NOW_S + step * 600, alert, is_silent=hours < silent_h)
        if event is not None:
            events.append((hours, event))
    return events


def test_each_rule_of_the_fleet_says_when_and_whom_it_tells() -> None:
    assert {alert.code for alert in ALERTS} == {rule.code for rule in RULES}
    assert {alert.code for alert in INSTALLATION_ALERTS} == {rule.code for rule in INSTALLATION_RULES}
    assert len(ALERTS) == len(RULES)
    for alert in ALERTS:
        assert alert.receiver in RECEIVERS
        assert alert.command.startswith("sera ")
        assert alert.reason
        assert alert.hold_h >= 0
        assert alert.clear_h >= 0


def test_a_finding_is_told_once_it_has_held_and_once_it_is_gone_for_long_enough() -> None:
    assert notices([(0, LOOK), (10, 0), (20, 0)]) == [(2, BEGINNING), (13, RECOVERY)]


def test_what_holds_for_less_is_never_told() -> None:
    assert notices([(0, LOOK), (1.5, 0), (2, LOOK), (3.5, 0), (9, 0)]) == []


def test_what_gets_worse_is_told_once_more_and_what_gets_better_is_not() -> None:
    assert notices([(0, LOOK), (5, URGENT), (6, LOOK), (7, URGENT), (9, URGENT)]) == [
        (2, BEGINNING),
        (5, WORSENING),
    ]


def test_what_is_below_the_least_severity_is_not_told() -> None:
    urgent_only = ALERT._replace(least=URGENT)
    assert notices([(0, LOOK), (30, LOOK)], urgent_only) == []


def test_what_goes_on_is_told_again_each_week() -> None:
    assert notices([(0, LOOK), (17 * 24, LOOK)]) == [(2, BEGINNING), (170, REMINDER), (338, REMINDER)]


def test_silence_tells_nothing_and_what_still_holds_is_told_after_it() -> None:
    assert notices([(0, LOOK), (5, URGENT), (9, URGENT)], silent_h=7) == [(7, BEGINNING)]
    assert notices([(0, LOOK), (5, 0), (9, 0)], silent_h=7) == []


@pytest.mark.parametrize("period_h", [0.5, 1, 3, 5, 8])
def test_a_day_of_flapping_sends_few_messages(period_h: float) -> None:
    turns = [(turn * period_h, LOOK if turn % 2 == 0 else 0) for turn in range(int(24 / period_h))]
    events = notices([*turns, (24, 0), (72, 0)])
    assert len(events) <= 4
    assert not events or events[-1][1] == RECOVERY


@given(st.lists(st.tuples(st.integers(1, 200), st.sampled_from([0, LOOK, URGENT])), min_size=1, max_size=40))
def test_beginning_and_recovery_take_turns_and_a_day_has_few_of_them(
    turns: list[tuple[int, int]],
) -> None:
    state, at_s, events = State(), NOW_S, []
    for minutes, severity in turns:
        state, event = advance(state, severity, at_s, ALERT)
        events += [(at_s, event)] if event else []
        at_s += minutes * 60
    ends = [event for _, event in events if event in (BEGINNING, RECOVERY)]
    assert ends == [BEGINNING, RECOVERY] * (len(ends) // 2) + [BEGINNING] * (len(ends) % 2)
    for first_s, _ in events:
        assert sum(first_s <= other_s < first_s + DAY_S for other_s, _ in events) <= 6


def test_a_state_is_forgotten_a_day_after_it_was_well() -> None:
    well = State(recovery_s=NOW_S, beginnings=1)
    assert not is_forgotten(well, NOW_S + DAY_S - 1)
    assert is_forgotten(well, NOW_S + DAY_S)
    assert is_forgotten(State(), NOW_S)
    assert not is_forgotten(State(since_s=NOW_S), NOW_S)
