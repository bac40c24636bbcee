"""What somebody gave of events, on the page of what is kept about them; taken back there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import RedirectResponse

from sera_pages.errors import RefusedRequestError
from sera_pages.events.naming import withdraw_role_of
from sera_pages.events.released import book_of
from sera_pages.stories.withdrawing import handed_out, receipt_page
from sera_pages.views.own_entries import own_routes

if TYPE_CHECKING:
    from starlette.responses import Response

    from sera_commons.storage.event_book import EventBook
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person


class EventPart(NamedTuple):
    """An event, or a name at one: by which field and value a form takes it back, and what it is."""

    field: str
    value: str
    title: str
    name: str


def events_of_person(visit: Visit, person: Person) -> list[EventPart]:
    """List the events that a person entered or changed, and the names that they gave."""
    book = book_of(visit, person.community)
    if book is None:
        return []
    titles = {stored.item_id: stored.event.title for stored in book.all() if stored.event is not None}
    own = [
        EventPart("event", stored.item_id, titles.get(stored.item_id, ""), "")
        for stored in book.by_author(person.id)
    ]
    names = [
        EventPart("name", str(stored.number), titles.get(stored.role.event, ""), stored.role.name)
        for stored in book.roles_of(person.id)
    ]
    return [*own, *names]


def withdraw_events_of(visit: Visit, person: Person) -> None:
    """Take back all that a person gave of events: they leave."""
    book = book_of(visit, person.community)
    if book is not None:
        book.withdraw_of(person.id)


def _withdraw(visit: Visit, person: Person, form: Form, back: str) -> Response:
    book, item_id = book_of(visit, person.community), form.text("event")
    if not item_id:
        withdraw_role_of(visit, person, form.text("name"))
        return RedirectResponse(f"{back}?withdrawn=1", 303)
    if book is None or item_id not in [stored.item_id for stored in book.by_author(person.id)]:
        raise RefusedRequestError(404, "refused.no_entry")
    return withdraw_event(visit, book, item_id, back)


def withdraw_event(visit: Visit, book: EventBook, item_id: str, back: str) -> Response:
    """Erase an event in all its versions, and show the receipt, once."""
    numbers = book.entries_of(item_id)
    names = {f"{item_id}/{version}" for version in range(1, len(numbers) + 1)}
    outputs = handed_out(visit, names)
    book.withdraw(item_id)
    return receipt_page(visit, numbers[-1], outputs, back)


ROUTES = own_routes("events", _withdraw)
