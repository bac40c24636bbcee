"""Audiences as a community defines them: named, with members or for all, for a season or the whole year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.errors import InvalidItemError
from sera_commons.items.audiences import NAME_LONGEST, Audience, audience_problems
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.chronicle.drafts import draw_item

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

_NEW = Audience(id="new", name="")
# By field of an audience: beside which of the form its problem stands.
_ASKED_BY: Final = {"season": "first"}


def audiences(request: Request) -> Response:
    """Show the audiences of a community, to be changed."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.AUDIENCES, community.id)
    return _page(visit, community, None, {})


def _page(visit: Visit, community: Community, typed: Audience | None, errors: dict[str, str]) -> Response:
    shelf = visit.installation.shelves.find(community.id)
    defined = list(shelf.audiences().values()) if shelf is not None else []
    # What was typed stands in its form, beside what is wrong with it.
    forms = [
        (audience.name, typed if typed is not None and typed.id == audience.id else audience)
        for audience in (*defined, _NEW)
    ]
    persons = [person for person in visit.installation.registry.persons(community.id) if person.roles]
    names = [(person.id, visit.installation.names.of(person.id) or person.id) for person in persons]
    return page(
        visit,
        "audiences.html.j2",
        422 if errors else 200,
        community=community,
        forms=forms,
        persons=names,
        errors=errors,
        most=NAME_LONGEST,
    )


async def put(request: Request) -> Response:
    """Keep an audience as it is from now on, or take it away."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.AUDIENCES, community.id)
    form = await read_form(visit)
    shelf, name = visit.installation.shelves.of(community.id), form.text("audience")
    if name != _NEW.id and name not in shelf.audiences():
        raise RefusedRequestError(404, "refused.no_page")
    if form.text("remove") and name != _NEW.id:
        shelf.remove_audience(name)
        return RedirectResponse(f"/communities/{community.id}/audiences", 303)
    person_ids = {entity.id for entity in visit.installation.registry.persons(community.id)}
    audience = Audience(
        id=name,
        name=form.text("name", 2 * NAME_LONGEST),
        members=tuple(sorted(person_ids & set(form.texts("member")))),
        is_whole_community=form.text("whole") != "",
        first_day=form.text("first"),
        last_day=form.text("last"),
    )
    if problems := [*audience_problems(audience), *_no_members(audience)]:
        errors = {
            f"{_ASKED_BY.get(problem.field, problem.field)}-{name}": visit.wrong_words("tell", problem)
            for problem in problems
        }
        return _page(visit, community, audience, errors)
    drawn = msgspec.structs.replace(audience, id=draw_item()) if name == _NEW.id else audience
    shelf.put_audience(drawn, person.id)
    return RedirectResponse(f"/communities/{community.id}/audiences", 303)


def _no_members(audience: Audience) -> list[InvalidItemError]:
    """Refuse an audience of no one: only one that came from elsewhere waits for its members."""
    if audience.members or audience.is_whole_community:
        return []
    return [InvalidItemError("members", "no_members", "expected members, or the whole community")]


ROUTES = (
    Route("/communities/{community}/audiences", audiences),
    Route("/communities/{community}/audiences", put, methods=["POST"]),
)
