"""The web application of one installation: its routes, its walls, and what it answers when it refuses."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sera_pages.community import garden_changes, history
from sera_pages.community import pages as community
from sera_pages.community import settings as garden_settings
from sera_pages.counting import count
from sera_pages.deciding import acting, proposing
from sera_pages.deciding import listing as decisions
from sera_pages.deciding import own as own_decisions
from sera_pages.deciding import reading as decision
from sera_pages.designs import advice, bed, drawing, earlier, listing, live, planting
from sera_pages.designs.rooms import Rooms
from sera_pages.district_report import claims
from sera_pages.district_report import reading as district_report
from sera_pages.errors import RefusedRequestError
from sera_pages.events import arranging, garden_change, giving, naming
from sera_pages.events import listing as event_pages
from sera_pages.figures import pages as figures
from sera_pages.figures.explanations import Explanations
from sera_pages.housekeeping import CHORES, repeat
from sera_pages.mine import pages as own_pages
from sera_pages.mine import personal_data, plantings
from sera_pages.moderation import deciding, reporting
from sera_pages.neighbours import handing
from sera_pages.neighbours import listing as neighbours_listing
from sera_pages.nodes import alerts
from sera_pages.nodes import pages as nodes
from sera_pages.packs import pages as packs
from sera_pages.people import handing_over, joining, people, room
from sera_pages.registry import boards, devices, entry, imports, lists
from sera_pages.registry import places as registry_places
from sera_pages.security.access_log import AccessLog
from sera_pages.security.faults import Faults
from sera_pages.security.headers import STATIC_PAGE_POLICY, SafeHeaders
from sera_pages.security.hosts import OwnHosts
from sera_pages.security.limits import Limits
from sera_pages.security.proxies import Proxied
from sera_pages.sending.emptying import empty_again_and_again
from sera_pages.stories import audiences, consenting, keepers, reading, telling, withdrawing
from sera_pages.surplus import fetching, looking
from sera_pages.surplus import giving as surplus_giving
from sera_pages.surplus import listing as surplus_listing
from sera_pages.views import answers
from sera_pages.views.answers import Answers, answered_once
from sera_pages.views.budgets import Budgets
from sera_pages.views.compression import COMPRESSED
from sera_pages.views.languages import Languages
from sera_pages.views.pages import STATIC
from sera_pages.views.refusals import refusal, refusal_page
from sera_pages.views.visit import installation_of
from sera_pages.workshop import joining as workshop_joining
from sera_pages.workshop import remote, remote_code, screen
from sera_pages.workshop.stream import Streams
from sera_store.errors import StoreUnusableError
from sera_vocabulary.durations import YEAR_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from sera_pages.installation import ServedInstallation

# Each thread has its own connections to the databases: few of them, so that memory stays bounded.
_THREADS = 4

ROUTES = (
    *community.ROUTES,
    *garden_settings.ROUTES,
    *garden_changes.ROUTES,
    *history.ROUTES,
    *count.ROUTES,
    *listing.ROUTES,
    *planting.ROUTES,
    *advice.ROUTES,
    *drawing.ROUTES,
    *bed.ROUTES,
    *earlier.ROUTES,
    *joining.ROUTES,
    *people.ROUTES,
    *handing_over.ROUTES,
    *own_pages.ROUTES,
    *personal_data.ROUTES,
    *plantings.ROUTES,
    *reading.ROUTES,
    *consenting.ROUTES,
    *keepers.ROUTES,
    *telling.ROUTES,
    *withdrawing.ROUTES,
    *audiences.ROUTES,
    *event_pages.ROUTES,
    *arranging.ROUTES,
    *naming.ROUTES,
    *garden_change.ROUTES,
    *giving.ROUTES,
    *surplus_listing.ROUTES,
    *looking.ROUTES,
    *surplus_giving.ROUTES,
    *fetching.ROUTES,
    *surplus_listing.LAST_ROUTES,
    *neighbours_listing.ROUTES,
    *handing.ROUTES,
    *district_report.ROUTES,
    *claims.ROUTES,
    *decisions.ROUTES,
    *proposing.ROUTES,
    *decision.ROUTES,
    *acting.ROUTES,
    *own_decisions.ROUTES,
    *reporting.ROUTES,
    *deciding.ROUTES,
    *figures.ROUTES,
    *nodes.ROUTES,
    *alerts.ROUTES,
    # Pages of one kind before those of any kind.
    *boards.ROUTES,
    *registry_places.ROUTES,
    *devices.ROUTES,
    *entry.ROUTES,
    *imports.ROUTES,
    *lists.ROUTES,
    *workshop_joining.ROUTES,
    *screen.ROUTES,
    *remote.ROUTES,
    *remote_code.ROUTES,
    *room.ROUTES,
    *packs.ROUTES,
    *answers.ROUTES,
)


class _Static(StaticFiles):
    """Files of ours, which a browser keeps: their addresses change with them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return response


class _ReportPages(StaticFiles):
    """Pages that the making process wrote: no script, their style inside."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = STATIC_PAGE_POLICY
        response.headers["Cache-Control"] = "no-cache"
        return response


def _report_pages(installation: ServedInstallation) -> _ReportPages:
    return _ReportPages(directory=installation.report_folder, html=True, check_dir=False)


def create_app(installation: ServedInstallation) -> Starlette:
    """Make the web application of an installation.

    Parameters
    ----------
    installation
        From `open_installation`; it stays open for as long as the application is served.

    Returns
    -------
    Starlette
        An ASGI application, of which the outermost wall is reached first: limits, then host and origin.
    """
    settings = installation.settings
    walls = [
        Middleware(SafeHeaders),
        Middleware(Proxied, settings.proxied_names),
        Middleware(Limits),
        Middleware(OwnHosts, (*settings.names, *settings.proxied_names)),
        Middleware(AccessLog, installation.log),
        Middleware(Faults, _failed),
    ]
    return create_bare_app(installation, walls, _living)


def create_bare_app(
    installation: ServedInstallation,
    walls: list[Middleware] | None = None,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Make the application without walls, for whoever asks it from inside this process alone."""
    app = Starlette(
        routes=[
            *(_taking_once(route) for route in ROUTES),
            *live.SOCKETS,
            Route("/health", _health),
            Mount("/static", _Static(directory=STATIC), middleware=[COMPRESSED]),
            Mount("/report", _report_pages(installation), middleware=[COMPRESSED]),
        ],
        middleware=[*(walls or ()), Middleware(Languages, installation.settings.languages)],
        exception_handlers={
            RefusedRequestError: _refused,
            StoreUnusableError: _not_stored,
            HTTPException: _no_page,
        },
        lifespan=lifespan,
    )
    app.state.installation = installation
    app.state.answers = Answers(installation)
    app.state.streams = Streams(installation)
    app.state.explanations = Explanations(installation.settings.explain)
    app.state.comparisons = Explanations(installation.settings.compare)
    app.state.surplus_budgets = Budgets()
    app.state.rooms = Rooms(installation.designs)
    return app


def _taking_once(route: Route) -> Route:
    if "POST" not in (route.methods or ()):
        return route
    return Route(route.path, answered_once(route.endpoint), methods=["POST"])


@asynccontextmanager
async def _living(app: Starlette) -> AsyncIterator[None]:
    """Send what waits, and do the chores, for as long as the application is served."""
    installation: ServedInstallation = app.state.installation
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    emptying = empty_again_and_again(installation.outbox, installation.sender, installation.log)
    chores = [repeat(chore, installation) for chore in CHORES]
    tasks = [asyncio.create_task(work) for work in (emptying, *chores)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _health(request: Request) -> Response:  # noqa: ARG001 - the form of an endpoint
    return PlainTextResponse("ok\n")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedRequestError)  # noqa: S101 - registered for no other
    return await refusal(request, error.status, error.sentence, **error.arguments)


async def _not_stored(request: Request, error: Exception) -> Response:
    """Answer that the disk has no room; all else that is wrong with a store is a fault."""
    if "full" not in str(error):
        raise error
    installation_of(request).log.warning("nothing_stored", detail=str(error))
    return await refusal(request, 503, "refused.no_room")


async def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for no other
    sentences = {404: "refused.no_page", 405: "refused.no_page"}
    return await refusal(request, error.status_code, sentences.get(error.status_code, "refused.unreadable"))


def _failed(request: Request, error: Exception) -> Response:
    # What stood in variables is written nowhere: the log of parts leaves it out.
    installation_of(request).log.error("page_failed", kind=type(error).__name__, detail=_last_line(error))
    return refusal_page(request, 500, "refused.fault")


def _last_line(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
