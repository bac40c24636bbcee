"""The registry's kinds with their counts; the entries of one, searched and page by page; as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from sera_pages.errors import RefusedRequestError
from sera_pages.registry.acts import ExportTable
from sera_pages.registry.desk import perform, require_steward
from sera_pages.registry.visibility import visible_entities
from sera_pages.registry.wording import label, released_values
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.plain_text import plain
from sera_store.registry.entities import KINDS

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_pages.views.visit import Visit

ROWS_A_PAGE: Final = 50
_QUERY_MOST: Final = 80
# Beside its id, what tells an entry from others at a glance.
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "community": ("name",),
    "district": ("name", "residents", "deprivation"),
    "garden": ("name", "place", "consent", "district"),
    "node": ("garden", "detector", "way_in", "known_as"),
    "probe": ("node", "position", "depth_m"),
    "calibration": ("serial", "target", "valid_from_s"),
    "mapping": ("version", "topic"),
    "source": ("garden",),
    "soil": ("source", "sand", "clay"),
    "verification": ("garden", "source"),
    "person": ("roles", "gardens"),
    "limit": ("garden", "measurement", "check", "withdrawn"),
}
# Entered by ways of their own, not by their fields.
OWN_WAYS: Final = frozenset({"mapping", "source", "verification", "person"})


class Row(NamedTuple):
    """One entry of a list: its id, the address of its page, and cells in the order of the columns."""

    id: str
    address: str
    cells: list[tuple[str, str]]


def kind_of(request: Request) -> str:
    """Return the kind that an address names.

    Raises
    ------
    RefusedRequestError
        There is none (404).
    """
    kind: str = request.path_params["kind"]
    if kind not in KINDS:
        raise RefusedRequestError(404, "refused.no_page")
    return kind


def settable_kind(request: Request) -> str:
    """Return the kind that an address names, where its entries are changed by their fields.

    Raises
    ------
    RefusedRequestError
        There is none, or it has ways of its own (404).
    """
    kind = kind_of(request)
    if kind in OWN_WAYS:
        raise RefusedRequestError(404, "refused.no_page")
    return kind


def entry_address(kind: str, name: str, **more: str) -> str:
    """Return the address of an entry's page."""
    return f"/registry/{kind}/entry?{urlencode({'id': name, **more})}"


def kinds(request: Request) -> Response:
    """Show the kinds of entries, each with how many there are."""
    visit = visit_of(request)
    person = require_steward(visit)
    registry = visit.installation.registry
    counts = [(kind, len(visible_entities(registry, kind, person.community))) for kind in KINDS]
    return page(visit, "registry.html.j2", counts=counts)


def entries(request: Request) -> Response:
    """Show the entries of a kind."""
    visit = visit_of(request)
    person = require_steward(visit)
    kind = kind_of(request)
    query = plain(request.query_params.get("q", "")).strip()[:_QUERY_MOST]
    rows = _rows(visit, kind, person.community, query)
    last = max(1, -(-len(rows) // ROWS_A_PAGE))
    text = request.query_params.get("page", "1")
    number = min(last, max(1, int(text) if text.isdecimal() and len(text) < 6 else 1))
    first = (number - 1) * ROWS_A_PAGE
    return page(
        visit,
        "registry_list.html.j2",
        kind=kind,
        columns=[label(visit, kind, name) for name in _COLUMNS[kind]],
        rows=rows[first : first + ROWS_A_PAGE],
        count=len(rows),
        query=query,
        number=number,
        last=last,
        turn=lambda to: f"/registry/{kind}?{urlencode({'q': query, 'page': to})}",
        can_be_set=kind not in OWN_WAYS,
    )


def _rows(visit: Visit, kind: str, community: str, query: str) -> list[Row]:
    rows = []
    for entity in visible_entities(visit.installation.registry, kind, community):
        texts = released_values(visit, kind, entity)
        if query and not any(query.casefold() in text.casefold() for text in (entity.id, *texts.values())):
            continue
        cells = [(label(visit, kind, name), texts.get(name, "")) for name in _COLUMNS[kind]]
        rows.append(Row(entity.id, entry_address(kind, entity.id), cells))
    return rows


async def table(request: Request) -> Response:
    """Answer with the entries of a kind as CSV, which an import takes back; places are coarse."""
    visit = visit_of(request)
    person = require_steward(visit)
    kind = kind_of(request)
    content = await perform(visit, person, ExportTable(kind=kind))
    headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
    return Response(content["text"], media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = (
    Route("/registry", kinds),
    Route("/registry/{kind}", entries),
    Route("/registry/{kind}/table.csv", table),
)
