"""The screen of a workshop: on the wall and on the phones of whoever takes part; it moves by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.responses import StreamingResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.people.people import qr_picture
from sera_pages.views.pages import page, render
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_pages.workshop.addresses import outside_address
from sera_pages.workshop.board import board_of, gardens_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.workshops import Workshop
    from sera_pages.views.visit import Visit
    from sera_pages.workshop.board import Board
    from sera_pages.workshop.stream import Streams


def open_workshop(visit: Visit) -> Workshop:
    """Return the workshop of the address, which the visitor may watch.

    Raises
    ------
    RefusedRequestError
        There is none (404), there is no session (401), or its person neither takes part nor runs it (403).
    """
    workshop = visit.installation.workshops.read(visit.request.path_params["workshop"])
    if workshop is None:
        raise RefusedRequestError(404, "refused.no_page")
    person = visit.person
    if person is None:
        raise RefusedRequestError(401, "refused.no_session")
    if visit.installation.participants.find(workshop.id, person.id) is None:
        visit.require(Deed.WORKSHOP, workshop.community)
    return workshop


def screen(request: Request) -> Response:
    """Show a workshop on a phone, with the way to count."""
    visit = visit_of(request)
    workshop = open_workshop(visit)
    person = visit.person
    part = visit.installation.participants.find(workshop.id, person.id) if person is not None else None
    return page(
        visit,
        "workshop.html.j2",
        workshop=workshop,
        community=community_of(visit, workshop.community),
        board=board_of(visit.installation, workshop),
        part=part,
        gardens=gardens_of(visit.installation, workshop),
        may_run=visit.may(Deed.WORKSHOP, workshop.community),
    )


def wall(request: Request) -> Response:
    """Show a workshop large, with the codes by which people come in, for a projector."""
    visit = visit_of(request)
    workshop = open_workshop(visit)
    visit.require(Deed.WORKSHOP, workshop.community)
    link = f"{outside_address(visit)}/w/{workshop.code}"
    return page(
        visit,
        "workshop_wall.html.j2",
        workshop=workshop,
        community=community_of(visit, workshop.community),
        board=board_of(visit.installation, workshop),
        link=link,
        is_only_here=not (visit.installation.settings.names or visit.installation.settings.proxied_names),
        picture=qr_picture(link) if workshop.code else "",
        network=qr_picture(workshop.network) if workshop.network else "",
    )


async def events(request: Request) -> Response:
    """Send the board whenever it has moved, as server-sent events."""
    visit = visit_of(request)
    workshop = open_workshop(visit)
    streams_of(visit).require_place(visit.session.id if visit.session is not None else "")
    return StreamingResponse(
        _events(visit, workshop),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def streams_of(visit: Visit) -> Streams:
    """Return the screens of the application that are open."""
    return cast("Streams", visit.request.app.state.streams)


async def _events(visit: Visit, workshop: Workshop) -> AsyncIterator[bytes]:
    assert visit.session is not None  # noqa: S101 - who watches has one
    streams = streams_of(visit)
    with streams.place(visit.session.id):
        async for board in streams.boards(workshop.id):
            if not _is_still_in(visit):
                return
            yield _event(visit, board) if board is not None else b": still here\n\n"


def _is_still_in(visit: Visit) -> bool:
    """Return whether the session goes on: one that was ended meanwhile watches no longer."""
    session = visit.session
    return session is not None and any(
        open_session.id == session.id for open_session in visit.installation.sessions.of(session.person)
    )


def _event(visit: Visit, board: Board) -> bytes:
    text = render(visit, "workshop_board.html.j2", board=board)
    return b"".join(f"data: {line}\n".encode() for line in text.splitlines() if line) + b"\n"


ROUTES = (
    Route("/workshops/{workshop}", screen),
    Route("/workshops/{workshop}/wall", wall),
    Route("/workshops/{workshop}/events", events),
)
