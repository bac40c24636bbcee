"""The pace of the ledger: transactions that last about as long, whatever messages cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_gateway.ledger.batch_size import CHUNK_S, MESSAGES_FEWEST, MESSAGES_FIRST, MESSAGES_MOST, Pace


class Clock:
    """A clock that each message moves on."""

    def __init__(self, cost_s: float) -> None:
        self.now_s, self.cost_s = 0.0, cost_s

    def __call__(self) -> float:
        return self.now_s

    def take(self, pace: Pace, messages: int) -> None:
        with pace.measure(messages):
            self.now_s += messages * self.cost_s


@given(st.floats(1e-6, 1e-2))
def test_a_backlog_is_taken_in_transactions_of_about_the_same_time(cost_s: float) -> None:
    clock = Clock(cost_s)
    pace = Pace(clock)
    for _ in range(10):
        clock.take(pace, pace.limit)
    lasts_s = pace.limit * cost_s
    assert MESSAGES_FEWEST <= pace.limit <= MESSAGES_MOST
    assert lasts_s == pytest.approx(CHUNK_S, rel=0.1) or pace.limit in (MESSAGES_FEWEST, MESSAGES_MOST)


def test_few_messages_teach_nothing_unless_they_last_too_long() -> None:
    clock = Clock(1e-5)
    pace = Pace(clock)
    clock.take(pace, 3)
    assert pace.limit == MESSAGES_FIRST
    clock.cost_s = 1.0
    clock.take(pace, 3)
    assert pace.limit == MESSAGES_FEWEST


def test_a_transaction_that_fails_teaches_nothing() -> None:
    clock = Clock(1.0)
    pace = Pace(clock)

    def fail() -> None:
        with pace.measure(5000):
            clock.now_s += 60
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert pace.limit == MESSAGES_FIRST
