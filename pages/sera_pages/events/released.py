"""What of the events the visitor may see: pages ask here, and this asks the function that releases them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sera_commons.events.event import end_of, start_of
from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER
from sera_pages.errors import RefusedRequestError
from sera_pages.stories.released import reader_of
from sera_store.local_clock import community_day

if TYPE_CHECKING:
    from sera_commons.events.release import ReleasedEvent
    from sera_commons.items.release import Reader
    from sera_commons.storage.event_book import EventBook
    from sera_pages.installation import ServedInstallation
    from sera_pages.views.visit import Visit


def book_of(visit: Visit, community: str) -> EventBook | None:
    """Return the events of a community; None where nothing was ever given."""
    return visit.installation.shelves.find_events(community)


def events_for(
    installation: ServedInstallation, community: str, use: Use, reader: Reader
) -> list[ReleasedEvent]:
    """List what one output may show to one reader, in the order in which events begin."""
    book = installation.shelves.find_events(community)
    if book is None:
        return []
    levels = {garden.id: garden.consent for garden in installation.registry.gardens(community)}
    day = community_day(installation.registry, community, installation.now_s())
    return book.released(use, reader, day, levels)


def public_events(installation: ServedInstallation, community: str) -> list[ReleasedEvent]:
    """List the events for everybody, as files may hold them: nobody is named."""
    views = events_for(installation, community, Use.PAGE, STRANGER)
    return [replace(view, roles=()) for view in views]


def released_events(visit: Visit, community: str) -> list[ReleasedEvent]:
    """List what the visitor may see, in the order in which events begin.

    Notes
    -----
    Pages that are written as files name nobody: a file cannot be called back.
    """
    if visit.installation.settings.is_published:
        return public_events(visit.installation, community)
    return events_for(visit.installation, community, Use.PAGE, reader_of(visit))


def released_event(visit: Visit, community: str, item_id: str) -> ReleasedEvent:
    """Return one event.

    Raises
    ------
    RefusedRequestError
        There is none, or none for this visitor (404): both are answered alike.
    """
    views = released_events(visit, community)
    view = next((view for view in views if view.item_id == item_id), None)
    if view is None:
        raise RefusedRequestError(404, "refused.no_page")
    return view


def events_of_garden(visit: Visit, community: str, garden: str) -> list[ReleasedEvent]:
    """List the events in a garden that the visitor may see."""
    return [view for view in released_events(visit, community) if garden in view.event.gardens]


def is_over(visit: Visit, view: ReleasedEvent) -> bool:
    """Return whether an event is over by now."""
    return end_of(view.event).timestamp() <= visit.installation.now_s()


def has_begun(visit: Visit, view: ReleasedEvent) -> bool:
    """Return whether an event has begun by now."""
    return start_of(view.event).timestamp() <= visit.installation.now_s()


def address_of(community: str, item_id: str) -> str:
    """Return the address of an event: drawn ids alone, no title."""
    return f"/communities/{community}/events/{item_id}"
