"""Earlier states of a drawing, read only: what the first so many changes of its log make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import Response
from starlette.routing import Route

from sera_commons.designs.document import open_document, read_design
from sera_commons.designs.plan import picture_svg
from sera_pages.designs.drawing import PLAN_POLICY
from sera_pages.designs.live import allowed_design
from sera_pages.designs.wording import title_of
from sera_pages.errors import RefusedRequestError
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_commons.designs.document import Design
    from sera_commons.designs.update_log import DesignRow
    from sera_pages.views.visit import Visit

_DIGITS_MOST = 6
# From state to state, and over an afternoon.
_STRIDES = (-25, -1, 1, 25)


async def earlier(request: Request) -> Response:
    """Show a drawing as it was after some changes, with the way to those before and after."""
    visit = visit_of(request)
    row, design, step, last = await anyio.to_thread.run_sync(
        _state, visit, request.query_params.get("step", "")
    )
    steps = [step + stride for stride in _STRIDES if 1 <= step + stride <= last]
    return page(
        visit,
        "design_earlier.html.j2",
        garden=garden_of(visit, row.garden),
        row=row,
        name=title_of(visit, design),
        has_bed=design.bed is not None,
        plants=design.count,
        step=step,
        last=last,
        before=[number for number in steps if number < step],
        after=[number for number in steps if number > step],
    )


async def picture(request: Request) -> Response:
    """Answer with an earlier state as a picture."""
    visit = visit_of(request)
    *_, design, _, _ = await anyio.to_thread.run_sync(_state, visit, request.path_params["step"])
    if design.bed is None:
        raise RefusedRequestError(404, "refused.no_page")
    headers = {"Content-Security-Policy": PLAN_POLICY}
    return Response(picture_svg(design), media_type="image/svg+xml", headers=headers)


def _state(visit: Visit, text: str) -> tuple[DesignRow, Design, int, int]:
    """Return a design as it was after some changes, how many these are, and how many there are."""
    row = allowed_design(visit, visit.request.path_params["design"])
    updates = visit.installation.designs.updates(row.id)
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MOST
    step = min(max(int(text), 1), len(updates)) if is_number else len(updates)
    return row, read_design(open_document(updates[:step])), step, len(updates)


ROUTES = (
    Route("/designs/{design}/earlier", earlier),
    Route("/designs/{design}/earlier/{step}.svg", picture),
)
