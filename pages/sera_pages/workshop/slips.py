"""A slip finds what somebody gave in a workshop and takes it back, without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.codes import plain_code
from sera_pages.counting.entries import entries_of_person
from sera_pages.counting.submission import take_form
from sera_pages.errors import RefusedRequestError
from sera_pages.sending.messages import Key, Withdrawal
from sera_pages.views.forms import read_open_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.counting.entries import EntryRow
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

ALL_ENTRIES = "everything"


def enter_slip(request: Request) -> Response:
    """Ask for the code of a slip."""
    return page(visit_of(request), "slip_code.html.j2", errors={}, code="")


async def take_slip(request: Request) -> Response:
    """Lead from a slip to what it finds."""
    visit = visit_of(request)
    code = plain_code((await read_open_form(visit)).text("code", 60))
    if visit.installation.participants.by_slip(code) is None:
        errors = {"code": visit.words.say("slip.wrong_code")}
        return page(visit, "slip_code.html.j2", 422, errors=errors, code=code)
    return RedirectResponse(f"/slip/{code}", 303)


def slip(request: Request) -> Response:
    """Show what the holder of a slip gave, each with a button that takes it back."""
    visit = visit_of(request)
    person = _holder(visit)
    return page(
        visit,
        "slip.html.j2",
        code=request.path_params["code"],
        entries=entries_of_person(visit, person),
        all_entries=ALL_ENTRIES,
        has_withdrawn="withdrawn" in request.query_params,
        waits="waits" in request.query_params,
    )


def _holder(visit: Visit) -> Person:
    participant = visit.installation.participants.by_slip(visit.request.path_params["code"])
    person = visit.installation.registry.person(participant.person) if participant is not None else None
    if person is None:
        raise RefusedRequestError(404, "slip.wrong_code")
    return person


async def withdraw(request: Request) -> Response:
    """Take back one entry or all: the code is proof enough, since nobody else was given it."""
    visit = visit_of(request)
    person = _holder(visit)
    choice = (await read_open_form(visit)).text("entry")
    entries = [entry for entry in entries_of_person(visit, person) if choice in (ALL_ENTRIES, _name(entry))]
    if not entries and choice != ALL_ENTRIES:
        raise RefusedRequestError(404, "refused.no_entry")
    are_kept = [await _withdraw(visit, person, entry) for entry in entries]
    outcome = "withdrawn" if all(are_kept) else "waits"
    return RedirectResponse(f"/slip/{request.path_params['code']}?{outcome}=1", 303)


async def _withdraw(visit: Visit, person: Person, entry: EntryRow) -> bool:
    # One form for each entry, however often its button is pressed.
    withdrawal = Withdrawal(Key(*entry.key), visit.installation.now_s())
    garden = garden_of(visit, entry.garden)
    return await take_form(visit.installation, person, garden, f"slip/{_name(entry)}", withdrawal)


def _name(entry: EntryRow) -> str:
    return f"{entry.counter}/{entry.key.epoch}/{entry.key.seq}"


ROUTES = (
    Route("/slip", enter_slip),
    Route("/slip", take_slip, methods=["POST"]),
    Route("/slip/{code}", slip),
    Route("/slip/{code}/withdraw", withdraw, methods=["POST"]),
)
