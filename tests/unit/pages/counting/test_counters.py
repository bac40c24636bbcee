"""A person has one counter in a garden, however many requests ask for it at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from sera_pages.counting import counters
from sera_pages.counting.counters import counter_of

if TYPE_CHECKING:
    import pytest

    from web.parts import Pages

AT_ONCE = 4


def test_a_first_entry_that_is_sent_several_times_at_once_draws_one_counter(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, person = pages.installation.registry, pages.person()
    draw, all_draw = counters.draw_counter_id, threading.Barrier(AT_ONCE)

    def draw_beside_the_others() -> str:
        # Where only one is let in, the others do not come: then it goes on alone.
        with suppress(threading.BrokenBarrierError):
            all_draw.wait(0.2)
        return draw()

    monkeypatch.setattr(counters, "draw_counter_id", draw_beside_the_others)

    def ask(_: int) -> str:
        return counter_of(registry, person.id, "elm-yard", 1_700_000_000, person.id)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        names = set(pool.map(ask, range(AT_ONCE)))
    assert len(names) == 1
    assert [node.id for node in registry.nodes("elm-yard") if node.person == person.id] == sorted(names)


def test_an_entry_of_an_earlier_time_keeps_the_counter_and_makes_it_known_then(pages: Pages) -> None:
    registry, person = pages.installation.registry, pages.person()
    name = counter_of(registry, person.id, "elm-yard", 1_700_000_000, person.id)
    assert counter_of(registry, person.id, "elm-yard", 1_600_000_000, person.id) == name
    assert registry.node(name, 1_600_000_000) is not None
