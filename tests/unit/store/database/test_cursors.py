"""Cursors that are saved late: a replay that somebody asks for stands, and a death leaves nothing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_store.database.cursors import SAVE_S, LateCursor
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "influxdb"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


class Clock:
    """A clock that stands until somebody moves it."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_it_is_saved_at_most_once_in_a_while_and_when_asked(store: Store) -> None:
    clock = Clock()
    late = LateCursor(store.cursors, NAME, clock)
    assert late.position() == 0
    late.reach(10)
    assert store.cursors.position(NAME) == 10
    late.reach(20)
    assert (late.position(), store.cursors.position(NAME)) == (20, 10)
    clock.now_s += SAVE_S
    late.reach(30)
    assert store.cursors.position(NAME) == 30
    late.reach(40)
    late.save()
    assert store.cursors.position(NAME) == 40


def test_one_that_starts_anew_repeats_what_was_not_saved(store: Store) -> None:
    late = LateCursor(store.cursors, NAME, Clock())
    late.position()
    late.reach(10)
    late.reach(20)
    assert LateCursor(store.cursors, NAME, Clock()).position() == 10


def test_a_rewind_stands_whenever_it_comes(store: Store) -> None:
    late = LateCursor(store.cursors, NAME, Clock())
    late.position()
    late.reach(10)
    late.reach(20)
    store.cursors.move(NAME, 5)
    late.save()
    assert store.cursors.position(NAME) == 5
    assert late.position() == 5
    late.reach(7)
    late.save()
    assert store.cursors.position(NAME) == 7
