"""Who brings far more than its budget is shut out for a while, longer each time; nobody else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sera_gateway.config import BudgetSettings
from sera_gateway.security.suspensions import FIRST_S, LONGEST_S, TOLERANCE, Suspensions, Traffic

LIMITS = BudgetSettings(messages_at_once=100, messages_a_second=1.0, bytes_a_day=1_000_000)
AT_ONCE = TOLERANCE * LIMITS.messages_at_once


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_flood_is_suspended_for_a_minute_then_two_and_for_an_hour_at_most() -> None:
    clock = Clock()
    suspensions = Suspensions(LIMITS, clock)
    lengths = []
    for number in range(9):
        lengths.append(suspensions.count([(number, "elm.1", Traffic(10_000, 0))])["elm.1"])
        assert suspensions.names() == {"elm.1"}
        clock.now_s += lengths[-1]
        assert suspensions.names() == frozenset()
    assert lengths == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_after_an_hour_of_good_conduct_the_first_length_holds_again() -> None:
    clock = Clock()
    suspensions = Suspensions(LIMITS, clock)
    assert not suspensions.is_recent()
    suspensions.count([(1, "elm.1", Traffic(10_000, 0))])
    clock.now_s += FIRST_S + LONGEST_S - 1
    assert suspensions.is_recent()
    clock.now_s += 1
    assert not suspensions.is_recent()
    assert suspensions.count([(2, "elm.1", Traffic(10_000, 0))]) == {"elm.1": FIRST_S}


def test_bytes_count_as_messages_do() -> None:
    suspensions = Suspensions(LIMITS, Clock())
    most = TOLERANCE * LIMITS.bytes_a_day
    assert suspensions.count([(1, "elm.1", Traffic(1, most))]) == {}
    assert suspensions.count([(1, "elm.1", Traffic(2, most + 1))]) == {"elm.1": FIRST_S}


def test_what_was_counted_before_is_not_counted_again_and_connections_of_one_add_up() -> None:
    suspensions = Suspensions(LIMITS, Clock())
    half = Traffic(AT_ONCE // 2, 0)
    for _ in range(5):
        assert suspensions.count([(1, "elm.1", half), (2, "ash.1", half)]) == {}
    assert suspensions.count([(1, "elm.1", half), (3, "elm.1", Traffic(AT_ONCE // 2 + 1, 0))]) == {
        "elm.1": FIRST_S
    }


def test_the_numbers_of_a_broker_started_again_are_new() -> None:
    suspensions = Suspensions(LIMITS, Clock())
    assert suspensions.count([(1, "elm.1", Traffic(AT_ONCE, 0))]) == {}
    suspensions.forget_connections()
    assert suspensions.count([(1, "elm.1", Traffic(1, 0))]) == {"elm.1": FIRST_S}


@given(st.lists(st.tuples(st.integers(1, 600), st.integers(0, 2_000)), max_size=40))
def test_a_certificate_is_suspended_only_for_more_than_its_allowance(steps: list[tuple[int, int]]) -> None:
    """Against a plain account: a bucket of AT_ONCE that fills by twice the budget's rate."""
    clock = Clock()
    suspensions = Suspensions(LIMITS, clock)
    left, total = float(AT_ONCE), 0
    for elapsed_s, messages in steps:
        clock.now_s += elapsed_s
        left = min(AT_ONCE, left + elapsed_s * TOLERANCE * LIMITS.messages_a_second) - messages
        total += messages
        is_suspended = "elm.1" in suspensions.count([(1, "elm.1", Traffic(total, 0))])
        assert is_suspended == (left < 0)
        left = max(left, 0.0)
