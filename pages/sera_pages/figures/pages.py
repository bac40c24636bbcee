"""About a figure, and tables to take away; what analyses runs in a process that ends."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final, cast

from starlette.responses import Response
from starlette.routing import Route

from sera_pages.errors import RefusedRequestError
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.readers import may_see
from sera_pages.views.visit import visit_of
from sera_store.errors import InvalidEntryError
from sera_store.licence import Licence
from sera_store.local_clock import utc_date
from sera_store.release.delay import readable_until_s, released_until_s
from sera_store.release.licences import licence_of_figures
from sera_words.keys import part_words
from sera_workshop.views.figures import figure

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_pages.figures.explanations import Explanations
    from sera_pages.views.visit import Visit
    from sera_store.results.results import Result

_PERIODS: Final = ("span", "season", "month", "week", "day")
_COLUMNS: Final = (
    "place", "index", "group", "period", "first_day_utc", "value", "low", "high", "unit", "target",
    "effort_h", "n", "n_of", "coverage", "reason", "simulated",
)  # fmt: skip


async def about(request: Request) -> Response:
    """Show what a figure was made from."""
    visit = visit_of(request)
    number = request.path_params["number"]
    try:
        result = visit.installation.view.results.read(number)
    except (KeyError, InvalidEntryError) as error:
        raise RefusedRequestError(404, "refused.no_page") from error
    if not may_see(visit, result, number):
        raise RefusedRequestError(404, "refused.no_page")
    explained = await explanations_of(visit).of(number)
    return page(
        visit,
        "figure.html.j2",
        view=figure(result),
        result=result,
        method=visit.words.figures.method(result.method, result.interval_method),
        explained=visit.words.figures.explained(result.index),
        parts=[
            (part_words(visit.words.figures, name), visit.words.figures.number(value))
            for name, value in result.parts.items()
            if value is not None
        ],
        sources=(explained or {}).get("sources", []),
        left_out=len((explained or {}).get("left_out", [])),
        is_explained=explained is not None,
        place=_place_name(visit, result),
    )


def explanations_of(visit: Visit) -> Explanations:
    """Return the application's way to explanations, which all requests share."""
    return cast("Explanations", visit.request.app.state.explanations)


def _place_name(visit: Visit, result: Result) -> str:
    registry = visit.installation.registry
    entity = registry.garden(result.scope_id) if result.scope == "garden" else None
    return (entity.name if entity is not None else "") or result.scope_id


def data(request: Request) -> Response:
    """Show what may be taken away of a community."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    return page(visit, "data.html.j2", community=community, columns=_COLUMNS, periods=_PERIODS)


def figures_table(request: Request) -> Response:
    """Answer with the current figures of a community's gardens as CSV; they are made to be shown."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    period = request.query_params.get("period", "span")
    if period not in _PERIODS:
        raise RefusedRequestError(404, "refused.no_page")
    view = visit.installation.view
    registry, now_s = visit.installation.registry, visit.installation.now_s()
    gardens = [garden.id for garden in registry.gardens(community.id)]
    # The table says CC BY 4.0: what somebody gave under a narrower licence is on pages alone.
    open_gardens = [
        name for name in gardens if licence_of_figures(registry, name).may_be_under(Licence.CC_BY)
    ]
    # As everybody may see them, whoever asks: a table is handed on. Host and steward see more on the pages.
    results = []
    if open_gardens == gardens:
        results = view.results.current(
            scope="community",
            scope_id=community.id,
            period=period,
            until_s=readable_until_s(registry, gardens, now_s),
        )
    for garden, until_s in released_until_s(registry, open_gardens, now_s).items():
        results += view.results.current(scope="garden", scope_id=garden, period=period, until_s=until_s)
    name = f"{community.id}-figures-{period}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_csv(visit, results), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(visit: Visit, results: list[Result]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(visit, result) for result in results)
    return file.getvalue()


def _row(visit: Visit, result: Result) -> tuple[object, ...]:
    """Write a figure in the order of `_COLUMNS`."""
    first_day = utc_date(result.start_s).isoformat()
    reason = visit.words.figures.statement(result.reason) if result.reason is not None else ""
    place = (result.scope_id, result.index, result.group, result.period, first_day)
    value = (result.value, result.low, result.high, result.unit, result.target)
    simulated = "simulated" if result.is_simulated else ""
    return (*place, *value, result.effort_h, result.n, result.n_of, result.coverage, reason, simulated)


ROUTES = (
    Route("/figures/{number:int}", about),
    Route("/communities/{community}/data", data),
    Route("/communities/{community}/figures.csv", figures_table),
)
