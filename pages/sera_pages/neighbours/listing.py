"""Pages of agreements: all of them, one with its text, and the rows that came in by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.routing import Route

from sera_coalition.agreements.stored_agreements import AgreementStatus
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.tables import MEDIA_FILE
from sera_commons.media.foreign import MEDIA_TYPES, PICTURE
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.neighbours.views import (
    agreement_view,
    find_agreement,
    licence_sentence,
    released_rows_of,
    row_view,
    with_received,
)
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_coalition.bundles.received import ReceivedMedia
    from sera_pages.views.visit import Visit

ROWS_MOST: Final = 200
_STORIES_MOST: Final = 50


def neighbours(request: Request) -> Response:
    """Show what a community agreed with others, and what went each way."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    book = visit.installation.shelves.agreements(community.id)
    views = [agreement_view(visit, book, stored) for stored in book.agreements()] if book is not None else []
    return page(visit, "neighbours.html.j2", community=community, views=views)


def agreement(request: Request) -> Response:
    """Show one agreement: its text, what went each way, and what a steward can do."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    book, stored = find_agreement(visit, community.id, request.path_params["agreement"])
    count_text = request.query_params.get("taken", "")
    return page(
        visit,
        "agreement.html.j2",
        community=community,
        view=agreement_view(visit, book, stored),
        taken=int(count_text) if count_text.isdecimal() and len(count_text) < 8 else None,
        errors={},
        problem="",
    )


def received(request: Request) -> Response:
    """Show the newest rows of one table that came in, to members."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.RECEIVED, community.id)
    book, stored = find_agreement(visit, community.id, request.path_params["agreement"])
    table = request.path_params["table"]
    if table not in list(DataClass) or table == DataClass.MEDIA:
        raise RefusedRequestError(404, "refused.no_page")
    is_told = table == DataClass.STORIES
    most = _STORIES_MOST if is_told else ROWS_MOST
    rows = released_rows_of(visit, book, stored, table, most)
    return page(
        visit,
        "received.html.j2",
        community=community,
        agreement=stored.agreement,
        other=stored.agreement.other(community.id),
        sentence=licence_sentence(visit, stored.agreement.licence),
        stories=[_with_media(visit, book, stored, row) for row in rows] if is_told else [],
        rows=[] if is_told else [row_view(visit, row) for row in rows],
        table=table,
        is_cut=len(rows) == most,
    )


def _with_media(
    visit: Visit, book: AgreementBook, stored: StoredAgreement, story: dict[str, Any]
) -> dict[str, Any]:
    """Add the pictures and sounds of a story that came in."""
    nothing: list[ReceivedMedia] = []
    media = with_received(
        visit, book, stored, lambda source: source.media_of(story["item"], story["version"]), nothing
    )
    return {**story, "pictures": [one for one in media if one.file.endswith(f".{PICTURE}")], "media": media}


def media(request: Request) -> Response:
    """Answer with a picture or sound that came in, to members."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.RECEIVED, community.id)
    book, stored = find_agreement(visit, community.id, request.path_params["agreement"])
    file = request.path_params["file"]
    content = None
    if MEDIA_FILE.fullmatch(file) and stored.status_on(book.today()) is not AgreementStatus.REVOKED:
        content = with_received(visit, book, stored, lambda source: source.content(file), None)
    if content is None:
        raise RefusedRequestError(404, "refused.no_page")
    return Response(content, media_type=MEDIA_TYPES[file.rpartition(".")[2]])


ROUTES = (
    Route("/communities/{community}/neighbours", neighbours),
    Route("/communities/{community}/neighbours/{agreement}", agreement),
    Route("/communities/{community}/neighbours/{agreement}/{table}", received),
    Route("/communities/{community}/neighbours/{agreement}/media/{file}", media),
)
