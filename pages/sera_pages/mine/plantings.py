"""Beds that somebody said were planted, on the page of what is kept about them; taken back there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

DESIGN: Final = "design"
_WITHDRAWN: Final = "withdrawn"


def plantings_of(visit: Visit, person: Person) -> list[int]:
    """List the entries of the chronicle in which a person said that a bed was planted."""
    shelf = visit.installation.shelves.find(person.community)
    if shelf is None:
        return []
    entries = [shelf.chronicle.entry(number) for number in shelf.chronicle.given_by(person.id)]
    return [entry.number for entry in entries if entry is not None and entry.kind == DESIGN]


def withdraw_plantings(visit: Visit, person: Person, numbers: list[int]) -> None:
    """Erase what the chronicle holds of some of them."""
    shelf = visit.installation.shelves.find(person.community)
    if shelf is not None:
        shelf.chronicle.erase(numbers, _WITHDRAWN)


async def withdraw(request: Request) -> Response:
    """Take back one of one's own."""
    visit = visit_of(request)
    if visit.person is None:
        raise RefusedRequestError(401, "kept.no_session")
    form = await read_form(visit)
    return _withdrawn(visit, visit.person, form.text("entry"), "/kept")


async def withdraw_by_slip(request: Request) -> Response:
    """Take back one by the slip of a person."""
    visit = visit_of(request)
    code = request.path_params["code"]
    person = visit.holder_of_slip(code)
    form = await read_open_form(visit)
    return _withdrawn(visit, person, form.text("entry"), f"/slip/{code}")


def _withdrawn(visit: Visit, person: Person, text: str, back: str) -> Response:
    numbers = [number for number in plantings_of(visit, person) if str(number) == text]
    if not numbers:
        raise RefusedRequestError(404, "refused.no_entry")
    withdraw_plantings(visit, person, numbers)
    return RedirectResponse(f"{back}?withdrawn=1", 303)


ROUTES = (
    Route("/kept/designs", withdraw, methods=["POST"]),
    Route("/slip/{code}/designs", withdraw_by_slip, methods=["POST"]),
)
