"""Waits double up to a longest one, and begin again after a success."""

from __future__ import annotations

import doctest

from sera_store import backoff
from sera_store.backoff import FIRST_S, MOST_S, Backoff


def test_the_example_of_the_docstring_holds() -> None:
    assert doctest.testmod(backoff).attempted > 0
    assert doctest.testmod(backoff).failed == 0


def test_waits_double_up_to_the_longest_and_stay_there() -> None:
    waits = Backoff()
    assert [waits.next_s() for _ in range(8)] == [FIRST_S, 1.0, 2.0, 4.0, 8.0, 16.0, MOST_S, MOST_S]


def test_a_success_begins_anew() -> None:
    waits = Backoff(0.25, 5.0)
    for _ in range(10):
        waits.next_s()
    waits.reset()
    assert [waits.next_s(), waits.next_s()] == [0.25, 0.5]
