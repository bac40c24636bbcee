"""What a host says of their garden: its title, and how closely its place may be known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of
from sera_store.coarse_grid import ConsentLevel

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden, Person

TITLE_LONGEST: Final = 60


def hosts(visit: Visit, garden: Garden) -> bool:
    """Return whether the person hosts this garden, or is a steward of its community."""
    person = visit.person
    return person is not None and (garden.id in person.gardens or visit.may(Deed.PEOPLE, garden.community))


def require_host(visit: Visit, garden: Garden) -> Person:
    """Return who asks, who may change this garden.

    Raises
    ------
    RefusedRequestError
        There is no session (401), it is not theirs to change, or the request came over plain http (403).
    """
    person = visit.require(Deed.SETTINGS, garden.community)
    if not hosts(visit, garden):
        raise RefusedRequestError(403, "refused.role")
    return person


def settings(request: Request) -> Response:
    """Show a garden's title and consent, to be changed."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    require_host(visit, garden)
    return _page(visit, garden, garden.name, garden.consent.value, {})


def _page(visit: Visit, garden: Garden, title: str, consent: str, errors: dict[str, str]) -> Response:
    levels = [(level.value, visit.words.say(f"settings.{level.value}")) for level in ConsentLevel]
    return page(
        visit,
        "settings.html.j2",
        422 if errors else 200,
        garden=garden,
        title=title,
        consent=consent,
        levels=levels,
        errors=errors,
        most=TITLE_LONGEST,
    )


async def change(request: Request) -> Response:
    """Enter a garden's title and consent into the registry, which keeps what they were before."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    person = require_host(visit, garden)
    form = await read_form(visit)
    title, consent = form.text("title", 2 * TITLE_LONGEST), form.text("consent")
    errors = {}
    if not 0 < len(title) <= TITLE_LONGEST:
        errors["title"] = visit.words.say("settings.wrong_title", most=TITLE_LONGEST)
    if consent not in [level.value for level in ConsentLevel]:
        errors["consent"] = visit.words.say("log.choose")
    if errors:
        return _page(visit, garden, title, consent, errors)
    changed = structs.replace(garden, name=title, consent=ConsentLevel(consent))
    visit.installation.registry.put(changed, since_s=visit.installation.now_s(), by=person.id)
    return RedirectResponse(f"/gardens/{garden.id}", 303)


ROUTES = (
    Route("/gardens/{garden}/settings", settings),
    Route("/gardens/{garden}/settings", change, methods=["POST"]),
)
