"""Events for tests: a meal with everything, and strategies of what may differ in one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from commons_parts.stories import ANNA
from commons_parts.stories import consent as story_consent
from sera_commons.events.event import Event, EventKind, EventRole, RoleKind
from sera_commons.events.release import StoredEvent, StoredRole
from sera_store.coarse_grid import ConsentLevel

EVENT_ID = "c" * 32
DISH = f"{'a' * 32}/1"
LEVELS = {"elm-yard": ConsentLevel.NEIGHBOURHOOD, "mill-court": ConsentLevel.HIDDEN}


def consent(**fields: Any) -> Any:
    """A yes to pages, print and exhibit for everybody, but for these fields; nobody is named by it."""
    return story_consent(
        **{"naming": "none", "name": "", "licence": "none", "review": "2028-06-20", **fields}
    )


def meal(**fields: Any) -> Event:
    """A spring meal with everything, but for these fields."""
    defaults = {
        "kind": EventKind.MEAL, "title": "Spring meal", "language": "en",
        "text": "Bring a bowl.\nAnd a song.",
        "begins": "2027-04-12T12:00", "ends": "2027-04-12T16:30", "timezone": "Europe/London",
        "place": "the courtyard behind the library", "gardens": ("elm-yard",), "dishes": (DISH,),
        "wanted": (RoleKind.COOK,), "consent": consent(),
    }  # fmt: skip
    return Event(**{**defaults, **fields})


def role(**fields: Any) -> EventRole:
    """A cook who chose a form of name."""
    return EventRole(**{"event": EVENT_ID, "kind": RoleKind.COOK, "name": "Anna of the green door", **fields})


def stored(event: Event | None = None, **fields: Any) -> StoredEvent:
    """A version as a chronicle has it."""
    return StoredEvent(
        **{"number": 7, "item_id": EVENT_ID, "version": 1, "community": "oak", "author": ANNA,
           "day": "2026-06-01", "event": event if event is not None else meal(), **fields}
    )  # fmt: skip


def roles() -> st.SearchStrategy[list[StoredRole]]:
    """Names of all kinds, given by anybody, for this event and for another."""
    people = st.text(st.sampled_from("abcdefghij0123456789"), min_size=4, max_size=12)
    valid_roles = st.builds(
        EventRole,
        event=st.sampled_from([EVENT_ID, "d" * 32]),
        kind=st.sampled_from(list(RoleKind)),
        name=st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60),
        on_paper=st.booleans(),
    )
    return st.lists(st.builds(StoredRole, st.integers(1, 10**6), people, valid_roles), max_size=5)
