"""What an output may show of an event: consent, audience, the place of its gardens, dishes and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import structs

from sera_commons.events.event import RoleKind
from sera_commons.items.consent import Use
from sera_commons.items.guarded_plants import leads_to_garden
from sera_commons.items.release import Reason, refusal_of
from sera_store.coarse_grid import ConsentLevel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sera_commons.events.event import Event, EventRole
    from sera_commons.items.audiences import Audience
    from sera_commons.items.release import Reader, ReleasedItem

# Words for a place tell about as much as a cell of this side: they stay in where a host let less be known.
_AS_WORDS: Final = frozenset({ConsentLevel.STREET, ConsentLevel.NEIGHBOURHOOD})


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One version of an event as the chronicle has it.

    Parameters
    ----------
    number
        Of its entry in the chronicle.
    item_id, version
        By which it is named for ever.
    community, author, day
        Where, by whom (drawn id), on which day (ISO 8601) it was given.
    event
        What was given; None where it was withdrawn.
    is_hidden
        Whether a moderator hides it.
    """

    number: int
    item_id: str
    version: int
    community: str
    author: str
    day: str
    event: Event | None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class StoredRole:
    """A role as the chronicle has it: number of its entry, who gave it (drawn id), and what was given."""

    number: int
    author: str
    role: EventRole


@dataclass(frozen=True, slots=True)
class ReleasedRole:
    """A role that may be shown; `number` is that of its entry where it is the reader's own, else 0."""

    kind: RoleKind
    name: str
    on_paper: bool
    number: int = 0


@dataclass(frozen=True, slots=True)
class ReleasedEvent:
    """What an output may show of an event; all that it may know of it.

    Parameters
    ----------
    event
        Without the gardens, dishes and places that are not for this reader.
    dishes, roles
        What is served, and who agreed to be named.
    is_place_withheld
        Whether words for the place stay in the community.
    """

    item_id: str
    version: int
    number: int
    day: str
    event: Event
    dishes: tuple[ReleasedItem, ...]
    roles: tuple[ReleasedRole, ...]
    is_place_withheld: bool
    is_own: bool

    @property
    def name(self) -> str:
        """Item and version, as outputs are noted."""
        return f"{self.item_id}/{self.version}"


def release_event(
    stored: StoredEvent,
    use: Use,
    reader: Reader,
    day: date,
    audiences: Mapping[str, Audience],
    *,
    levels: Mapping[str, ConsentLevel],
    dishes: Mapping[str, ReleasedItem],
    roles: Sequence[StoredRole],
) -> ReleasedEvent | Reason:
    """Decide what one output may show of an event to one reader on one day.

    Parameters
    ----------
    stored
        Its newest version.
    use, reader, day, audiences
        As of `sera_commons.items.release.release`.
    levels
        How closely each garden's host lets its place be known; gardens that are not in it are left out.
    dishes
        What the same reader may see of stories for the same use, by item and version.
    roles
        Those given for this event.

    Returns
    -------
    ReleasedEvent or Reason
        What may be shown; or why nothing of it may.

    Notes
    -----
    Who entered it sees it on pages, whoever it is for. Names are on pages alone: a file cannot be called
    back. A dish with a plant that leads to no garden stands beside none.
    """
    if stored.event is None:
        return Reason.WITHDRAWN
    is_own = bool(reader.person) and reader.person == stored.author and use == Use.PAGE
    if not is_own:
        if stored.is_hidden:
            return Reason.HIDDEN
        reason = refusal_of(stored.event.consent, stored.community, use, reader, day, audiences)
        if reason is not None:
            return reason
    gardens = tuple(garden for garden in stored.event.gardens if garden in levels)
    is_within = is_own or (bool(reader.community) and reader.community == stored.community)
    is_open = is_within or all(levels[garden] in _AS_WORDS for garden in gardens)
    return ReleasedEvent(
        item_id=stored.item_id,
        version=stored.version,
        number=stored.number,
        day=stored.day,
        event=_without(stored.event, gardens, is_open=is_open),
        dishes=tuple(_dishes(stored.event, gardens, dishes)),
        roles=tuple(_roles(roles, stored, reader)) if use == Use.PAGE else (),
        is_place_withheld=not is_open and bool(stored.event.place or stored.event.district),
        is_own=is_own,
    )


def _without(event: Event, gardens: tuple[str, ...], *, is_open: bool) -> Event:
    """Return an event as it may leave: its dishes stand beside it, as they were released."""
    places = {} if is_open else {"place": "", "district": ""}
    return structs.replace(event, gardens=gardens, dishes=(), **places)


def _dishes(event: Event, gardens: tuple[str, ...], dishes: Mapping[str, ReleasedItem]) -> list[ReleasedItem]:
    released = [dishes[name] for name in event.dishes if name in dishes]
    return [dish for dish in released if may_stand_beside(gardens, dish)]


def may_stand_beside(gardens: Sequence[str], dish: ReleasedItem) -> bool:
    """Return whether a dish may stand on the programme of an event in gardens: not with a guarded plant."""
    return not gardens or leads_to_garden(dish.plants)


def _roles(roles: Sequence[StoredRole], stored: StoredEvent, reader: Reader) -> list[ReleasedRole]:
    """List names in the order of what they do and of their letters, which does not show who came first."""
    order = list(RoleKind)
    own = [
        ReleasedRole(
            stored_role.role.kind,
            stored_role.role.name,
            stored_role.role.on_paper,
            stored_role.number if reader.person and reader.person == stored_role.author else 0,
        )
        for stored_role in roles
        if stored_role.role.event == stored.item_id
    ]
    return sorted(own, key=lambda role: (order.index(role.kind), role.name, role.on_paper))
