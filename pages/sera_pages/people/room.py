"""Open the pages to the room, and close them, while everything runs: for stewards, not over plain http."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from sera_gateway.own_hosts import outward_address
from sera_pages.accounts.opening import checked_address, open_room, room_address
from sera_pages.accounts.roles import Deed
from sera_pages.errors import InvalidFieldError, RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit


def room(request: Request) -> Response:
    """Show whether the room reaches the pages, and under which address."""
    visit = visit_of(request)
    _require(visit)
    return _page(visit, outward_address(), {})


def _require(visit: Visit) -> None:
    if visit.person is None:
        raise RefusedRequestError(401, "refused.no_session")
    visit.require(Deed.PEOPLE, visit.person.community)


def _page(visit: Visit, proposed: str, errors: dict[str, str], *, is_told: bool = False) -> Response:
    return page(
        visit,
        "room.html.j2",
        422 if errors else 200,
        address=room_address(visit.installation.folder),
        proposed=proposed,
        errors=errors,
        is_told=is_told,
    )


async def change(request: Request) -> Response:
    """Open the pages to the room, or close them; what serves them begins again within a second."""
    visit = visit_of(request)
    _require(visit)
    form = await read_form(visit)
    address = ""
    if form.text("open") == "1":
        try:
            address = checked_address(form.text("address"))
        except InvalidFieldError as error:
            return _page(visit, form.text("address"), {error.field: visit.words.say(error.sentence)})
    open_room(visit.installation.folder, address)
    return _page(visit, address or outward_address(), {}, is_told=True)


ROUTES = (
    Route("/room", room),
    Route("/room", change, methods=["POST"]),
)
