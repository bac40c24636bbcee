"""A steward sees which nodes need somebody; what was registered today is none of them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_store.registry.entities import Node
from sera_store.registry.persons import STEWARD

if TYPE_CHECKING:
    from web.parts import Clock, Pages

DAY_S = 86_400


def test_a_new_node_needs_nobody_before_its_first_day_is_over(pages: Pages, clock: Clock) -> None:
    registry = pages.installation.registry
    registry.put(Node("new-1", "elm-yard"), since_s=int(clock()), by="a test")
    steward = pages.signed_in(pages.person(STEWARD))
    [entry] = registry.history("node", "new-1")
    clock.now_s = entry.recorded_s + DAY_S - 1
    body = steward.get("/communities/oak/nodes").body
    assert "0 of " in body
    assert "new, not heard yet" in body
    clock.now_s += 1
    body = steward.get("/communities/oak/nodes").body
    assert "never heard of" in body
