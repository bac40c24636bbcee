"""The remote in the room: a code that may start, pause, hide names and freeze this workshop, and no more.

It is drawn on the machine that serves, or over https, and works over plain http, since whoever copies it can
do no more than this to one afternoon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.workshops import NEXT, PAUSED, RUNNING
from sera_pages.errors import RefusedRequestError
from sera_pages.people.people import qr_picture
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_pages.workshop.addresses import outside_address
from sera_pages.workshop.board import board_of
from sera_pages.workshop.remote import make_frozen, run_workshop

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.workshops import Workshop
    from sera_pages.views.visit import Visit

# Ending is left to the freeze, and all else to a session.
_STATES: Final = (RUNNING, PAUSED)


async def draw(request: Request) -> Response:
    """Draw a code for whoever runs the workshop, and show it once."""
    visit = visit_of(request)
    workshop = run_workshop(visit)
    await read_form(visit)
    if not workshop.is_open:
        raise RefusedRequestError(409, "workshop.over")
    link = f"{outside_address(visit)}/r/{visit.installation.remotes.draw(workshop.id)}"
    return page(
        visit,
        "workshop_remote_code.html.j2",
        workshop=workshop,
        community=community_of(visit, workshop.community),
        link=link,
        picture=qr_picture(link),
    )


def _workshop(visit: Visit) -> Workshop:
    """Return the open workshop of the code in the address.

    Raises
    ------
    RefusedRequestError
        The code is no remote's, or its workshop has ended (404).
    """
    name = visit.installation.remotes.workshop_of(visit.request.path_params["code"])
    workshop = visit.installation.workshops.read(name) if name is not None else None
    if workshop is None or not workshop.is_open:
        raise RefusedRequestError(404, "workshop.remote_over")
    return workshop


def remote(request: Request) -> Response:
    """Show the remote, and how the workshop goes."""
    visit = visit_of(request)
    workshop = _workshop(visit)
    return page(
        visit,
        "workshop_room_remote.html.j2",
        workshop=workshop,
        code=request.path_params["code"],
        community=community_of(visit, workshop.community),
        board=board_of(visit.installation, workshop),
        states=[state for state in NEXT[workshop.state] if state in _STATES],
        is_failed="failed" in request.query_params,
    )


async def turn(request: Request) -> Response:
    """Start, pause or go on."""
    visit = visit_of(request)
    workshop, state = _workshop(visit), (await read_open_form(visit)).text("state")
    if state in _STATES:
        visit.installation.workshops.turn(workshop.id, state)
    return _back(request)


async def names(request: Request) -> Response:
    """Hide the names of all groups on the screen, or show them."""
    visit = visit_of(request)
    workshop, form = _workshop(visit), await read_open_form(visit)
    visit.installation.workshops.hide_names(workshop.id, are_hidden=form.text("hidden") == "1")
    return _back(request)


async def freeze(request: Request) -> Response:
    """End the workshop and make its pack, which this machine alone hands out; the code ends, too."""
    visit = visit_of(request)
    workshop = _workshop(visit)
    await read_open_form(visit)
    if not await make_frozen(visit, workshop):
        return _back(request, "?failed=1")
    return page(visit, "workshop_frozen.html.j2", workshop=workshop)


def _back(request: Request, query: str = "") -> Response:
    return RedirectResponse(f"/r/{request.path_params['code']}{query}", 303)


ROUTES = (
    Route("/workshops/{workshop}/remote-code", draw, methods=["POST"]),
    Route("/r/{code}", remote),
    Route("/r/{code}/turn", turn, methods=["POST"]),
    Route("/r/{code}/names", names, methods=["POST"]),
    Route("/r/{code}/freeze", freeze, methods=["POST"]),
)
