"""What a host says of their garden: its title, how closely its place and how soon its days are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.report_folder import remove_drawings
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.readers import hosts
from sera_pages.views.visit import visit_of
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Delay

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden, Person

TITLE_LONGEST: Final = 60


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
    """Show a garden's title, consent and delay, to be changed."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    require_host(visit, garden)
    return _page(visit, garden, garden.name, garden.consent.value, garden.delay.value, {})


def _page(
    visit: Visit, garden: Garden, title: str, consent: str, delay: str, errors: dict[str, str]
) -> Response:
    levels = [(level.value, visit.words.say(f"settings.{level.value}")) for level in ConsentLevel]
    delays = [(value.value, visit.words.say(f"settings.delay_{value.value}")) for value in Delay]
    return page(
        visit,
        "settings.html.j2",
        422 if errors else 200,
        garden=garden,
        title=title,
        consent=consent,
        levels=levels,
        delay=delay,
        delays=delays,
        errors=errors,
        most=TITLE_LONGEST,
    )


async def change(request: Request) -> Response:
    """Enter a garden's title, consent and delay into the registry, which keeps what they were before."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    person = require_host(visit, garden)
    form = await read_form(visit)
    title, consent = form.text("title", 2 * TITLE_LONGEST), form.text("consent")
    delay = form.text("delay")
    errors = {}
    if not 0 < len(title) <= TITLE_LONGEST:
        errors["title"] = visit.words.say("settings.wrong_title", most=TITLE_LONGEST)
    if consent not in [level.value for level in ConsentLevel]:
        errors["consent"] = visit.words.say("log.choose")
    if delay not in [value.value for value in Delay]:
        errors["delay"] = visit.words.say("log.choose")
    if errors:
        return _page(visit, garden, title, consent, delay, errors)
    changed = structs.replace(garden, name=title, consent=ConsentLevel(consent), delay=Delay(delay))
    visit.installation.registry.put(changed, since_s=visit.installation.now_s(), by=person.id)
    if changed != garden:
        # None shows longer what may be seen no more.
        remove_drawings(visit.installation.report_folder, garden.community, garden.id)
    return RedirectResponse(f"/gardens/{garden.id}", 303)


ROUTES = (
    Route("/gardens/{garden}/settings", settings),
    Route("/gardens/{garden}/settings", change, methods=["POST"]),
)
