"""The list of what people look for: open to all, without names, each line by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_coalition.errors import InvalidSurplusError
from sera_coalition.surplus.offer import KINDS, check_kind, check_text
from sera_coalition.surplus.wish_list import WISH_LONGEST
from sera_pages.accounts.roles import Deed
from sera_pages.people.people import day_words
from sera_pages.surplus.tables import problem_words, table_of, writing
from sera_pages.views.budgets import LOOKING, spend
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

_MOST: Final = 200


def looking(request: Request) -> Response:
    """Show the list, with the form that adds a line."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    return _page(visit, community, {}, {"kind": "", "what": ""})


def _page(visit: Visit, community: Community, errors: dict[str, str], typed: dict[str, str]) -> Response:
    table = visit.installation.surplus.find(community.id)
    if table is not None:
        table.forget_before_reading()
    say = visit.words.say
    return page(
        visit,
        "surplus_looking.html.j2",
        422 if errors else 200,
        community=community,
        lines=[
            (wish.id, say(f"surplus.kind_{wish.kind}"), wish.what, day_words(visit, wish.ends_s))
            for wish in (table.wishes.all() if table is not None else [])
        ],
        kinds=[(name, say(f"surplus.kind_{name}")) for name in KINDS],
        days=visit.installation.surplus.rule(community.id).looking.days,
        errors=errors,
        typed=typed,
        most=WISH_LONGEST,
        may_moderate=visit.may(Deed.MODERATE, community.id),
    )


async def look_for(request: Request) -> Response:
    """Add a line."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    form = await read_open_form(visit)
    typed = {"kind": form.text("kind"), "what": form.text("what", _MOST)}
    try:
        check_kind(typed["kind"])
        if typed["what"]:
            check_text("what", typed["what"], WISH_LONGEST)
        spend(visit, LOOKING)
        with writing(visit, community.id):
            visit.installation.surplus.of(community.id).wishes.add(typed["kind"], typed["what"])
    except InvalidSurplusError as error:
        return _page(visit, community, problem_words(visit, error), typed)
    return RedirectResponse(f"/communities/{community.id}/surplus/looking", 303)


async def remove(request: Request) -> Response:
    """Take a line away that should not be there: a curator's or a steward's."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.MODERATE, community.id)
    form = await read_form(visit)
    table = table_of(visit, community.id)
    with writing(visit, community.id):
        table.wishes.remove(form.text("line"))
    return RedirectResponse(f"/communities/{community.id}/surplus/looking", 303)


_LIST = "/communities/{community}/surplus/looking"

ROUTES = (
    Route(_LIST, looking),
    Route(_LIST, look_for, methods=["POST"]),
    Route(_LIST + "/remove", remove, methods=["POST"]),
)
