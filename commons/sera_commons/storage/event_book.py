"""The events of one community, and who agreed to be named at them: kept in its chronicle, held in memory."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from sera_commons.errors import InvalidItemError
from sera_commons.events.event import check_event, check_role, decode_event, decode_role
from sera_commons.events.release import (
    ReleasedEvent,
    StoredEvent,
    StoredRole,
    release_event,
)
from sera_commons.storage.shelf import NewVersion
from sera_store.chronicle.drafts import Draft, draw_item
from sera_store.chronicle.entries import WITHDRAWN
from sera_store.chronicle.following import Follower

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sera_commons.events.event import Event, EventRole
    from sera_commons.items.consent import Use
    from sera_commons.items.release import Reader, ReleasedItem
    from sera_commons.storage.shelf import Shelf
    from sera_store.chronicle.drafts import Contents
    from sera_store.chronicle.entries import Entry
    from sera_store.chronicle.following import Hiding
    from sera_store.coarse_grid import ConsentLevel

EVENT: Final = "event"
EVENT_ROLE: Final = "event-role"


class EventBook:
    """The events of one community.

    Parameters
    ----------
    shelf
        Its stories and audiences, in the same chronicle.

    Notes
    -----
    Threads may share it. Before each answer it looks at the head of the chronicle, so that what another
    process gave, hid or withdrew holds at once.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.chronicle = shelf.chronicle
        self.shelf = shelf
        self._follower = Follower(
            shelf.chronicle,
            {EVENT: self._take_event, EVENT_ROLE: self._take_role},
            forget=self._forget,
            hide=self._hide,
        )
        self._events: dict[int, StoredEvent] = {}
        self._newest: dict[str, int] = {}
        self._roles: dict[int, StoredRole] = {}
        self._hidden: dict[int, bool] = {}

    def arrange(self, event: Event, author: str, item_id: str = "") -> NewVersion:
        """Keep a new event, or a new version of one; it is on disk when this returns.

        Parameters
        ----------
        author
            Drawn id of whoever gives it.
        item_id
            The event of which it is a version; drawn where left out.

        Raises
        ------
        InvalidItemError
            A field is not what it may be.
        StoreUnusableError
            The disk refuses; nothing was kept.
        """
        check_event(event, self.chronicle.today())
        return self._enter(event, author, item_id or draw_item())

    def cancel(self, item_id: str, author: str, reason: str) -> None:
        """Cancel an event, with the reason; it stays on the programme as cancelled.

        Raises
        ------
        InvalidItemError
            There is no such event, or no reason.
        """
        stored = self.find(item_id)
        if stored is None or stored.event is None:
            raise InvalidItemError("event", "choose", f"there is no event {item_id}")
        if not reason.strip():
            raise InvalidItemError("cancelled", "empty", "expected a reason, in a few words")
        event = msgspec.structs.replace(stored.event, cancelled=reason.strip())
        # What was agreed to stays as it was, even where its day of review has come near.
        check_event(event)
        self._enter(event, author, item_id)

    def _enter(self, event: Event, author: str, item_id: str) -> NewVersion:
        version = self.chronicle.next_version(item_id)
        draft = Draft(EVENT, item_id, version, author, msgspec.json.encode(event))
        (entry,) = self.chronicle.append([draft])
        return NewVersion(item_id, version, entry.number)

    def withdraw(self, item_id: str, reason: str = WITHDRAWN) -> None:
        """Erase an event in all its versions, and the names that were given for it."""
        with self._follower.follow():
            names = [number for number, stored in self._roles.items() if stored.role.event == item_id]
        self.chronicle.erase([*self.chronicle.versions(item_id), *names], reason)

    def withdraw_of(self, person: str, reason: str = WITHDRAWN) -> int:
        """Erase all that a person gave of events, versions and names; return how many entries that were."""
        with self._follower.follow():
            entries: list[StoredEvent | StoredRole] = [*self._events.values(), *self._roles.values()]
            numbers = [stored.number for stored in entries if stored.author == person]
        self.chronicle.erase(numbers, reason)
        return len(numbers)

    def take_role(self, role: EventRole, author: str) -> int:
        """Keep that somebody agreed to be named at an event; return the number of the entry.

        Raises
        ------
        InvalidItemError
            A field is not what it may be, or there is no such event.
        """
        check_role(role)
        if self.find(role.event) is None:
            raise InvalidItemError("event", "choose", f"there is no event {role.event}")
        draft = Draft(EVENT_ROLE, draw_item(), 1, author, msgspec.json.encode(role))
        (entry,) = self.chronicle.append([draft])
        return entry.number

    def withdraw_role(self, number: int) -> None:
        """Erase a name for good."""
        self.chronicle.erase([number], WITHDRAWN)

    def find(self, item_id: str) -> StoredEvent | None:
        """Return the newest version of an event; None where there is none, or where that one is erased.

        A version before it is no answer: it may be wider, or not say that the event is cancelled.
        """
        with self._follower.follow():
            return self._events.get(self._newest.get(item_id, 0))

    def all(self) -> list[StoredEvent]:
        """List the newest version of each event, in the order in which they begin."""
        with self._follower.follow():
            newest = [self._events[number] for number in self._newest.values() if number in self._events]
        return sorted(newest, key=_beginning)

    def roles(self, event: str = "") -> list[StoredRole]:
        """List the names given for an event, or for all."""
        with self._follower.follow():
            return [stored for stored in self._roles.values() if event in ("", stored.role.event)]

    def entries_of(self, item_id: str) -> list[int]:
        """List the numbers of the entries of an event, withdrawn ones too: garden actions cite them."""
        return self.chronicle.versions(item_id)

    def by_author(self, person: str) -> list[StoredEvent]:
        """List the events of which a person gave a version, each in its newest one."""
        with self._follower.follow():
            own = {stored.item_id for stored in self._events.values() if stored.author == person}
        return [stored for stored in self.all() if stored.item_id in own]

    def authors(self, item_id: str) -> set[str]:
        """Return who gave a version of an event that was not withdrawn."""
        with self._follower.follow():
            return {stored.author for stored in self._events.values() if stored.item_id == item_id}

    def roles_of(self, person: str) -> list[StoredRole]:
        """List the names that a person gave."""
        return [stored for stored in self.roles() if stored.author == person]

    def released(
        self, use: Use, reader: Reader, day: date, levels: Mapping[str, ConsentLevel]
    ) -> list[ReleasedEvent]:
        """List what one output may show to one reader, in the order in which events begin.

        Parameters
        ----------
        levels
            How closely each garden's host lets its place be known.
        """
        audiences, roles = self.shelf.audiences(), self.roles()
        dishes = self._dishes(use, reader, day)
        views = [
            release_event(stored, use, reader, day, audiences, levels=levels, dishes=dishes, roles=roles)
            for stored in self.all()
        ]
        return [view for view in views if isinstance(view, ReleasedEvent)]

    def _dishes(self, use: Use, reader: Reader, day: date) -> dict[str, ReleasedItem]:
        """Return what may be shown of stories by name; one that took another's place has that name, too."""
        views = {(view.item_id, view.version): view for view in self.shelf.released(use, reader, day)}
        return {
            name: views[stored.item_id, stored.version]
            for stored in self.shelf.all()
            if (stored.item_id, stored.version) in views
            for name in stored.names
        }

    def _take_event(self, entry: Entry, contents: Contents) -> None:
        # What a moderator hid stays hidden, whatever is changed in it.
        is_hidden = self._hidden.get(self._newest.get(entry.item, 0), False)
        self._hidden[entry.number] = is_hidden
        self._newest[entry.item] = entry.number
        if contents.body is None:
            return
        event = None
        # What a later Sera wrote is kept in, and stays in the chronicle.
        with suppress(InvalidItemError):
            event = decode_event(contents.body)
        self._events[entry.number] = StoredEvent(
            number=entry.number,
            item_id=entry.item,
            version=entry.version,
            community=self.shelf.community,
            author=contents.author,
            day=entry.day,
            event=event,
            is_hidden=is_hidden,
        )

    def _take_role(self, entry: Entry, contents: Contents) -> None:
        with suppress(InvalidItemError):
            role = decode_role(contents.body or b"")
            self._roles[entry.number] = StoredRole(entry.number, contents.author, role)

    def _hide(self, hiding: Hiding) -> None:
        self._hidden[hiding.number] = hiding.is_hidden
        if (stored := self._events.get(hiding.number)) is not None:
            self._events[hiding.number] = replace(stored, is_hidden=hiding.is_hidden)

    def _forget(self, number: int) -> None:
        self._events.pop(number, None)
        self._roles.pop(number, None)


def _beginning(stored: StoredEvent) -> tuple[str, str]:
    return (stored.event.begins if stored.event is not None else "", stored.item_id)
