"""What a host says of their garden: title, consent, delay, and the licence under which they give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.report_folder import remove_drawings
from sera_pages.views.fields import as_choice
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.readers import hosts
from sera_pages.views.visit import visit_of
from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import Licence
from sera_store.registry.entities import Delay

if TYPE_CHECKING:
    from enum import StrEnum

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden, Person

TITLE_LONGEST: Final = 60
# What is chosen by name, and how the keys of its sentences begin.
_CHOICES: Final[dict[str, tuple[type[StrEnum], str]]] = {
    "consent": (ConsentLevel, ""),
    "delay": (Delay, "delay_"),
    "licence": (Licence, "licence_"),
}


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
    values = {name: getattr(garden, name).value for name in _CHOICES}
    return _page(visit, garden, {"title": garden.name, **values}, {})


def _page(visit: Visit, garden: Garden, values: dict[str, str], errors: dict[str, str]) -> Response:
    say = visit.words.say
    labels = {
        name: [(value.value, as_choice(say(f"settings.{prefix}{value.value}"))) for value in kind]
        for name, (kind, prefix) in _CHOICES.items()
    }
    return page(
        visit,
        "settings.html.j2",
        422 if errors else 200,
        garden=garden,
        values=values,
        labels=labels,
        errors=errors,
        most=TITLE_LONGEST,
    )


async def change(request: Request) -> Response:
    """Enter a garden's title and choices into the registry, which keeps what they were before."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    person = require_host(visit, garden)
    form = await read_form(visit)
    values = {"title": form.text("title", 2 * TITLE_LONGEST)}
    values |= {name: form.text(name) for name in _CHOICES}
    errors = {
        name: visit.words.say("log.choose")
        for name, (kind, _) in _CHOICES.items()
        if values[name] not in [value.value for value in kind]
    }
    title = values["title"]
    if not 0 < len(title) <= TITLE_LONGEST:
        errors["title"] = visit.words.say("settings.wrong_title", most=TITLE_LONGEST)
    if errors:
        return _page(visit, garden, values, errors)
    choices = {name: kind(values[name]) for name, (kind, _) in _CHOICES.items()}
    changed = structs.replace(garden, name=title, **choices)
    visit.installation.registry.put(changed, since_s=visit.installation.now_s(), by=person.id)
    if changed != garden:
        # None shows longer what may be seen no more.
        remove_drawings(visit.installation.report_folder, garden.community, garden.id)
    return RedirectResponse(f"/gardens/{garden.id}?saved=1", 303)


ROUTES = (
    Route("/gardens/{garden}/settings", settings),
    Route("/gardens/{garden}/settings", change, methods=["POST"]),
)
