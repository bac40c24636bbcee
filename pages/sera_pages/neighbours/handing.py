"""Give and take by page: a steward downloads the next bundle, and uploads one that came."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.receiving import receive
from sera_coalition.errors import RefusedBundleError
from sera_commons.media.foreign import clean_media
from sera_pages.accounts.roles import Deed
from sera_pages.neighbours.views import agreement_view, find_agreement
from sera_pages.registry.acts import MakeBundle
from sera_pages.registry.desk import RefusedActError, perform
from sera_pages.views.forms import read_form, read_upload
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from sera_coalition.agreements.book import AgreementBook
    from sera_coalition.agreements.stored_agreements import StoredAgreement
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community


async def make(request: Request) -> Response:
    """Make the next bundle in a process that ends, and hand it out."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.NEIGHBOURS, community.id)
    form = await read_form(visit)
    book, stored = find_agreement(visit, community.id, request.path_params["agreement"])
    order = MakeBundle(agreement=stored.agreement.id, begins_anew=form.text("anew") != "")
    try:
        answer = await perform(visit, person, order)
    except RefusedActError as error:
        sentence = visit.words.say("neighbours.not_made")
        return _again(visit, community, book, stored, {"make": sentence}, str(error))
    headers = {"Content-Disposition": f'attachment; filename="{answer["name"]}"', "Cache-Control": "no-store"}
    content = base64.b64decode(answer["content"])
    return Response(content, media_type="application/zip", headers=headers)


async def take(request: Request) -> Response:
    """Take in a bundle that came, or say why not."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.NEIGHBOURS, community.id)
    form, upload = await read_upload(visit, "file")
    book, stored = find_agreement(visit, community.id, form.text("agreement"))
    if upload is None:
        return _again(visit, community, book, stored, {"file": visit.words.say("neighbours.no_file")}, "")
    try:
        rows = await anyio.to_thread.run_sync(_receive, visit.installation.folder, book, upload.content)
    except RefusedBundleError as error:
        sentence = visit.words.say(f"refusal.{error.reason}")
        return _again(visit, community, book, stored, {"file": sentence}, error.message)
    return RedirectResponse(f"/communities/{community.id}/neighbours/{stored.agreement.id}?taken={rows}", 303)


def _receive(data: Path, book: AgreementBook, content: bytes) -> int:
    folder, files = read_container(content)
    return receive(data, book, folder, files, content, clean_media).manifest.rows


def _again(
    visit: Visit,
    community: Community,
    book: AgreementBook,
    stored: StoredAgreement,
    errors: dict[str, str],
    problem: str,
) -> Response:
    """Show the page again, with what is wrong at the field, and below it what the command says."""
    return page(
        visit,
        "agreement.html.j2",
        422,
        community=community,
        view=agreement_view(visit, book, stored),
        taken=None,
        errors=errors,
        problem=problem,
    )


ROUTES = (
    Route("/communities/{community}/neighbours/{agreement}/make", make, methods=["POST"]),
    # An address of its own, since a bundle is larger than any form.
    Route("/neighbours/{community}/take", take, methods=["POST"]),
)
