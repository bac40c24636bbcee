"""A steward hands over to the next: both agree, and no community is without a steward meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.registry.persons import MEMBER, STEWARD

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.handovers import Handover
    from sera_pages.views.visit import Visit


async def offer(request: Request) -> Response:
    """Offer to hand over to somebody of the community; nothing changes until they accept."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    own = visit.require(Deed.PEOPLE, community.id)
    form = await read_form(visit)
    taker = visit.installation.registry.person(form.text("person"))
    if taker is None or taker.community != community.id or not taker.roles or STEWARD in taker.roles:
        raise RefusedRequestError(422, "handover.nobody")
    stays = form.text("stays") == "1"
    visit.installation.handovers.offer(community.id, own.id, taker.id, stays=stays)
    return RedirectResponse(f"/communities/{community.id}/people", 303)


def open_offer(visit: Visit) -> Handover | None:
    """Return the offer that waits for whoever asks; None without one, or if its giver is no steward now."""
    person = visit.person
    handover = visit.installation.handovers.of(person.community) if person is not None else None
    if person is None or handover is None or handover.taker != person.id:
        return None
    giver = visit.installation.registry.person(handover.giver)
    return handover if giver is not None and STEWARD in giver.roles else None


async def answer(request: Request) -> Response:
    """Accept an offer, or decline it: the next steward is one before the one before ceases to be."""
    visit = visit_of(request)
    form = await read_form(visit)
    handover, person = open_offer(visit), visit.person
    if handover is None or person is None:
        raise RefusedRequestError(404, "handover.over")
    if form.text("accept") == "1":
        if not visit.is_protected:
            raise RefusedRequestError(403, "refused.plain_http")
        _accept(visit, handover)
    visit.installation.handovers.close(handover.community)
    return RedirectResponse("/mine", 303)


def _accept(visit: Visit, handover: Handover) -> None:
    registry, now_s = visit.installation.registry, visit.installation.now_s()
    taker, giver = registry.person(handover.taker), registry.person(handover.giver)
    if taker is None or giver is None:
        raise RefusedRequestError(404, "handover.over")
    roles = tuple(dict.fromkeys((*taker.roles, STEWARD)))
    entries = [(structs.replace(taker, roles=roles), now_s)]
    if not handover.stays:
        left = tuple(role for role in giver.roles if role != STEWARD) or (MEMBER,)
        entries.append((structs.replace(giver, roles=left), now_s))
    # All or nothing: nobody ever reads a community without a steward.
    registry.put_all(entries, by=taker.id)


ROUTES = (
    Route("/communities/{community}/handover", offer, methods=["POST"]),
    Route("/handover", answer, methods=["POST"]),
)
