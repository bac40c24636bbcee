"""Decide about what was reported: hide it or leave it, with a reason; the log of it stays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.cases import APPEALED, DECISIONS, HIDE, HIDING, MAY_FOLLOW, RESTORE, UNDECIDED
from sera_pages.accounts.roles import ROLES_OF, Deed
from sera_pages.counting.case_words import case_row
from sera_pages.counting.hiding import hide, restore
from sera_pages.errors import RefusedRequestError
from sera_pages.moderation.reporting import TEXT_LONGEST
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.cases import Case
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community


def cases(request: Request) -> Response:
    """Show what was reported in a community, what waits for a decision first."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.MODERATE, community.id)
    return _page(visit, community)


def _page(
    visit: Visit,
    community: Community,
    status: int = 200,
    reasons: Mapping[str, str] = MappingProxyType({}),
    errors: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """Show all cases; reasons that were typed by case, and what is wrong by field."""
    rows = [case_row(visit, case, is_own=False) for case in visit.installation.cases.of(community.id)]
    return page(
        visit,
        "cases.html.j2",
        status,
        community=community,
        undecided=[row for row in rows if row.state in UNDECIDED],
        decided=[row for row in rows if row.state not in UNDECIDED],
        most=TEXT_LONGEST,
        reasons=reasons,
        errors=errors,
    )


async def decide(request: Request) -> Response:
    """Take a decision, which needs a reason; an appeal is decided by somebody else, where there is one."""
    visit = visit_of(request)
    case = visit.installation.cases.read(request.path_params["case"])
    person = visit.require(Deed.MODERATE, case.community if case is not None else "")
    form = await read_form(visit)
    kind, reason = form.text("decision"), form.text("reason", TEXT_LONGEST)
    if case is None or kind not in DECISIONS:
        raise RefusedRequestError(404, "refused.no_page")
    community = community_of(visit, case.community)
    if kind not in MAY_FOLLOW[case.state]:
        # Another moderator, or another tab, was faster.
        problem = {"main": visit.words.say("case.moved_on")}
        return _page(visit, community, 409, {case.id: reason}, problem)
    if not reason:
        return _page(visit, community, 422, {}, {f"reason-{case.id}": visit.words.say("case.no_reason")})
    if (
        case.state == APPEALED
        and _decided_last(visit, case) == person.id
        and _has_others(visit, case, person.id)
    ):
        problem = {f"reason-{case.id}": visit.words.say("case.other_decides")}
        return _page(visit, community, 409, {case.id: reason}, problem)
    content = await hide(visit.installation, case, person.id) if kind == HIDE else None
    visit.installation.cases.take_step(case.id, kind, person.id, reason, content)
    if kind == RESTORE and case.state in HIDING:
        await restore(visit.installation, case, person.id)
    return RedirectResponse(f"/communities/{case.community}/reports", 303)


def _decided_last(visit: Visit, case: Case) -> str:
    steps = [step for step in visit.installation.cases.steps(case.id) if step.kind in DECISIONS]
    return steps[-1].author if steps else ""


def _has_others(visit: Visit, case: Case, own: str) -> bool:
    persons = visit.installation.registry.persons(case.community)
    return any(person.id != own and set(person.roles) & ROLES_OF[Deed.MODERATE] for person in persons)


ROUTES = (
    Route("/communities/{community}/reports", cases),
    Route("/cases/{case}", decide, methods=["POST"]),
)
