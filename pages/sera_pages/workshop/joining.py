"""Come into a workshop by its code: what is kept is said first, and a slip is given that finds it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.codes import grouped_code
from sera_pages.accounts.workshops import PAUSED
from sera_pages.errors import RefusedRequestError
from sera_pages.installation import BY
from sera_pages.people.joining import PERSON_KIND, set_cookie
from sera_pages.people.people import day_words, qr_picture
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_pages.workshop.board import gardens_of
from sera_store.registry.persons import MEMBER, Person
from sera_store.release.persons import draw_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.workshops import Workshop
    from sera_pages.views.visit import Visit

NAME_LONGEST: Final = 24


def enter_code(request: Request) -> Response:
    """Ask for the code on the screen, for whoever's phone reads no QR code."""
    return page(visit_of(request), "workshop_code.html.j2", errors={}, code="")


async def take_code(request: Request) -> Response:
    """Redirect from a code to its workshop."""
    visit = visit_of(request)
    code = (await read_open_form(visit)).text("code", 40)
    workshop = visit.installation.workshops.find(code)
    if workshop is None:
        errors = {"code": visit.words.say("workshop.wrong_code")}
        return page(visit, "workshop_code.html.j2", 422, errors=errors, code=code)
    return RedirectResponse(f"/w/{workshop.code}", 303)


def invitation(request: Request) -> Response:
    """Show what a workshop is, what is kept of whoever takes part, for how long, and who sees it."""
    visit = visit_of(request)
    workshop = _open_workshop(visit)
    if _takes_part(visit, workshop):
        return RedirectResponse(f"/workshops/{workshop.id}", 303)
    return _invitation_page(visit, workshop, {})


def _open_workshop(visit: Visit) -> Workshop:
    workshop = visit.installation.workshops.find(visit.request.path_params["code"])
    if workshop is None:
        raise RefusedRequestError(404, "workshop.over")
    return workshop


def _takes_part(visit: Visit, workshop: Workshop) -> bool:
    person = visit.person
    return person is not None and visit.installation.participants.find(workshop.id, person.id) is not None


def _invitation_page(visit: Visit, workshop: Workshop, errors: dict[str, str], name: str = "") -> Response:
    community = community_of(visit, workshop.community)
    return page(
        visit,
        "workshop_join.html.j2",
        422 if errors else 200,
        workshop=workshop,
        community=community.name or community.id,
        forget=day_words(visit, workshop.forget_s),
        errors=errors,
        name=name,
        most=NAME_LONGEST,
        is_paused=workshop.state == PAUSED,
    )


async def join(request: Request) -> Response:
    """Enter a group: a drawn person with a session, a number on the screen, and a slip."""
    visit = visit_of(request)
    workshop = _open_workshop(visit)
    form = await read_open_form(visit)
    if _takes_part(visit, workshop):
        # A form that was sent twice: the slip was on the page before, and can be drawn again on the next.
        return RedirectResponse(f"/workshops/{workshop.id}", 303)
    if workshop.state == PAUSED:
        raise RefusedRequestError(409, "workshop.pauses")
    name = form.text("name", 2 * NAME_LONGEST)
    if len(name) > NAME_LONGEST or not (name == "" or name.isprintable()):
        errors = {"name": visit.words.say("workshop.wrong_name", most=NAME_LONGEST)}
        return _invitation_page(visit, workshop, errors, name)
    return _let_in(visit, workshop, name)


def _let_in(visit: Visit, workshop: Workshop, name: str) -> Response:
    installation, own = visit.installation, visit.person
    is_guest = own is None or own.community != workshop.community
    person = draw_id(PERSON_KIND) if own is None or is_guest else own.id
    slip = installation.participants.enter(workshop.id, person, name, is_guest=is_guest)
    if slip is None:
        raise RefusedRequestError(409, "workshop.full")
    if not is_guest:
        return _slip_page(visit, workshop, slip)
    entity = Person(person, workshop.community, roles=(MEMBER,))
    installation.registry.put(entity, since_s=installation.now_s(), by=BY)
    token = installation.sessions.begin(person, days=max(1, workshop.forget_days))
    response = _slip_page(visit, workshop, slip)
    set_cookie(visit, response, token)
    return response


def _slip_page(visit: Visit, workshop: Workshop, slip: str) -> Response:
    """Show a slip once, to be kept or printed: of its code only a hash is here."""
    link = f"{visit.request.url.scheme}://{visit.request.headers['host']}/slip/{slip}"
    return page(
        visit,
        "workshop_slip.html.j2",
        workshop=workshop,
        gardens=gardens_of(visit.installation, workshop),
        slip=grouped_code(slip),
        link=link,
        picture=qr_picture(link),
        forget=day_words(visit, workshop.forget_s),
    )


async def draw_slip(request: Request) -> Response:
    """Draw a new slip for whoever has lost theirs; the one before opens nothing any more."""
    visit = visit_of(request)
    await read_form(visit)
    person = visit.person
    workshop = visit.installation.workshops.read(request.path_params["workshop"])
    if workshop is None or person is None:
        raise RefusedRequestError(404, "refused.no_page")
    participant = visit.installation.participants.find(workshop.id, person.id)
    if participant is None:
        raise RefusedRequestError(403, "workshop.no_part")
    slip = visit.installation.participants.draw_slip(participant)
    return _slip_page(visit, workshop, slip)


ROUTES = (
    Route("/w", enter_code),
    Route("/w", take_code, methods=["POST"]),
    Route("/w/{code}", invitation),
    Route("/w/{code}", join, methods=["POST"]),
    Route("/workshops/{workshop}/slip", draw_slip, methods=["POST"]),
)
