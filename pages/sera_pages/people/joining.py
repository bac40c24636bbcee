"""Come in by an invitation: a page says what is kept, a button begins the session, and nothing is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.codes import plain_code
from sera_pages.accounts.names import NAME_LONGEST, checked_name
from sera_pages.accounts.sessions import DAYS
from sera_pages.errors import InvalidFieldError, RefusedRequestError
from sera_pages.installation import BY
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.pages import page
from sera_pages.views.visit import COOKIE, visit_of
from sera_store.registry.persons import Person
from sera_store.release.persons import draw_id
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.invitations import Invitation
    from sera_pages.installation import ServedInstallation
    from sera_pages.views.visit import Visit

PERSON_KIND = "member"


def enter_code(request: Request) -> Response:
    """Ask for the code of an invitation, for whoever has no link."""
    return page(visit_of(request), "join_code.html.j2", errors={}, code="")


async def take_code(request: Request) -> Response:
    """Redirect from a code to its invitation."""
    visit = visit_of(request)
    typed = (await read_open_form(visit)).text("code", 40)
    code = plain_code(typed)
    if not code or visit.installation.invitations.find(code) is None:
        errors = {"code": visit.words.say("join.wrong_code")}
        return page(visit, "join_code.html.j2", 422, errors=errors, code=typed)
    return RedirectResponse(f"/join/{code}", 303)


def invitation(request: Request) -> Response:
    """Show what an invitation leads to; looking at it uses nothing up."""
    visit = visit_of(request)
    return _invitation_page(visit, request.path_params["code"], {})


def _invitation_page(visit: Visit, code: str, errors: dict[str, str], name: str = "") -> Response:
    invited = visit.installation.invitations.find(code)
    if invited is None:
        raise RefusedRequestError(404, "refused.invitation")
    community = visit.installation.registry.community(invited.community)
    return page(
        visit,
        "join.html.j2",
        422 if errors else 200,
        code=code,
        community=(community.name if community is not None else "") or invited.community,
        roles=invited.roles,
        is_known=invited.person is not None,
        errors=errors,
        name=name,
        most=NAME_LONGEST,
        days=DAYS,
    )


async def join(request: Request) -> Response:
    """Use an invitation up: enter the person, begin the session, and set its cookie."""
    visit = visit_of(request)
    code = request.path_params["code"]
    form = await read_open_form(visit)
    name = form.text("name", 2 * NAME_LONGEST)
    try:
        person_name = checked_name(name)
    except InvalidFieldError as error:
        return _invitation_page(visit, code, {error.field: visit.words.say(error.sentence)}, name)
    used = visit.installation.invitations.use(code)
    if used is None:
        raise RefusedRequestError(404, "refused.invitation")
    person = enter_person(visit.installation, used, person_name)
    token = visit.installation.sessions.begin(person)
    response = RedirectResponse(f"/communities/{used.community}", 303)
    set_cookie(visit, response, token)
    return response


def enter_person(installation: ServedInstallation, used: Invitation, name: str) -> str:
    """Return the person of an invitation, entered into the registry where they are new."""
    if used.person is not None:
        return used.person
    person = Person(draw_id(PERSON_KIND), used.community, used.roles, used.gardens)
    installation.registry.put(person, since_s=installation.now_s(), by=BY)
    installation.names.put(person.id, name)
    return person.id


def set_cookie(visit: Visit, response: Response, token: str) -> None:
    """Set the cookie of a session, which no script of a page can read."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=DAYS * DAY_S,
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )


async def leave(request: Request) -> Response:
    """End the session of this device."""
    visit = visit_of(request)
    await read_form(visit)
    if visit.session is not None:
        visit.installation.sessions.end(visit.session.id)
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response


ROUTES = (
    Route("/join", enter_code),
    Route("/join", take_code, methods=["POST"]),
    Route("/join/{code}", invitation),
    Route("/join/{code}", join, methods=["POST"]),
    Route("/leave", leave, methods=["POST"]),
)
