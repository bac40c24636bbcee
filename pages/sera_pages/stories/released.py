"""What of the stories the visitor may see: pages ask here, and this asks the one function that releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_commons.items.consent import Use
from sera_commons.items.release import STRANGER, Reader, ReleasedItem, release
from sera_pages.errors import RefusedRequestError
from sera_store.local_clock import community_day

if TYPE_CHECKING:
    from datetime import date

    from sera_commons.items.release import StoredVersion
    from sera_commons.storage.shelf import Shelf
    from sera_pages.views.visit import Visit


def today(visit: Visit, community: str) -> date:
    """Return the day in a community: by it a season begins, and a consent ends."""
    return community_day(visit.installation.registry, community, visit.installation.now_s())


def reader_of(visit: Visit) -> Reader:
    """Return who looks: a person with a role in a community, or a stranger."""
    person = visit.person
    return Reader(person.id, person.community) if person is not None else STRANGER


def released_stories(visit: Visit, community: str, words: str = "") -> list[ReleasedItem]:
    """List what the visitor may see, the newest first; or what words find of it, best first."""
    shelf = visit.installation.shelves.find(community)
    if shelf is None:
        return []
    if words:
        return shelf.search(words, Use.PAGE, reader_of(visit), today(visit, community))
    return shelf.released(Use.PAGE, reader_of(visit), today(visit, community))


def stories_of_garden(visit: Visit, community: str, garden: str) -> list[ReleasedItem]:
    """List what the visitor may see of what grows in a garden."""
    return [view for view in released_stories(visit, community) if garden in view.gardens]


def released_story(visit: Visit, community: str, item_id: str, version: int) -> ReleasedItem:
    """Return one version.

    Raises
    ------
    RefusedRequestError
        There is none, or none for this visitor (404): both are answered alike.
    """
    shelf = shelf_of(visit, community)
    stored = shelf.current(item_id, version) if shelf is not None else None
    if shelf is not None and stored is not None:
        view = release(stored, Use.PAGE, reader_of(visit), today(visit, community), shelf.audiences())
        if isinstance(view, ReleasedItem):
            return view
    raise RefusedRequestError(404, "refused.no_page")


def stored_for(visit: Visit, community: str, item_id: str, version: int) -> tuple[Shelf, StoredVersion]:
    """Return a version as it is kept, with its shelf, for a visitor who may see it: to be changed by them.

    Raises
    ------
    RefusedRequestError
        There is none, or none for this visitor (404).
    """
    released_story(visit, community, item_id, version)
    shelf = visit.installation.shelves.of(community)
    stored = shelf.current(item_id, version)
    if stored is None or stored.item is None:
        raise RefusedRequestError(404, "refused.no_page")
    return shelf, stored


def shelf_of(visit: Visit, community: str) -> Shelf | None:
    """Return the shelf of a community; None where nothing was given."""
    return visit.installation.shelves.find(community)


def address_of(community: str, view: ReleasedItem) -> str:
    """Return the address of a version: drawn ids alone, no title."""
    return f"/communities/{community}/stories/{view.item_id}/{view.version}"
