"""Beds that somebody said were planted, on the page of what is kept about them; taken back there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse

from sera_pages.errors import RefusedRequestError
from sera_pages.views.own_entries import own_routes
from sera_store.chronicle.entries import WITHDRAWN

if TYPE_CHECKING:
    from starlette.responses import Response

    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

DESIGN: Final = "design"


def plantings_of(visit: Visit, person: Person) -> list[int]:
    """List the entries of the chronicle in which a person said that a bed was planted."""
    shelf = visit.installation.shelves.find(person.community)
    if shelf is None:
        return []
    entries = [shelf.chronicle.entry(number) for number in shelf.chronicle.by_author(person.id)]
    return [entry.number for entry in entries if entry is not None and entry.kind == DESIGN]


def withdraw_plantings(visit: Visit, person: Person, numbers: list[int]) -> None:
    """Erase what the chronicle holds of some of them."""
    shelf = visit.installation.shelves.find(person.community)
    if shelf is not None:
        shelf.chronicle.erase(numbers, WITHDRAWN)


def _withdraw(visit: Visit, person: Person, form: Form, back: str) -> Response:
    numbers = [number for number in plantings_of(visit, person) if str(number) == form.text("entry")]
    if not numbers:
        raise RefusedRequestError(404, "refused.no_entry")
    withdraw_plantings(visit, person, numbers)
    return RedirectResponse(f"{back}?withdrawn=1", 303)


ROUTES = own_routes("designs", _withdraw)
