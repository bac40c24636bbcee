"""Take back what is one's own: with a session, or by the slip that a person has on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.routing import Route

from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

    Withdraw = Callable[[Visit, Person, Form, str], Response]


def own_routes(name: str, withdraw: Withdraw) -> tuple[Route, Route]:
    """Return the two routes by which people take back something of their own.

    Parameters
    ----------
    name
        How both addresses end, as `stories`.
    withdraw
        Answers a form, in a thread, with the address of the page that lists what is theirs; a
        RefusedRequestError where it is not theirs.
    """

    async def with_session(request: Request) -> Response:
        visit = visit_of(request)
        if visit.person is None:
            raise RefusedRequestError(401, "kept.no_session")
        form = await read_form(visit)
        return await anyio.to_thread.run_sync(withdraw, visit, visit.person, form, "/kept")

    async def by_slip(request: Request) -> Response:
        visit, code = visit_of(request), request.path_params["code"]
        person = visit.holder_of_slip(code)
        form = await read_open_form(visit)
        return await anyio.to_thread.run_sync(withdraw, visit, person, form, f"/slip/{code}")

    return (
        Route(f"/kept/{name}", with_session, methods=["POST"]),
        Route(f"/slip/{{code}}/{name}", by_slip, methods=["POST"]),
    )
