"""Who is in a community, their sessions, and invitations: for stewards, and each for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.codes import grouped_code
from sera_pages.accounts.invitations import DAYS, DAYS_MOST
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.views.fields import FieldReader
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of, garden_title
from sera_pages.views.visit import visit_of
from sera_store.local_clock import utc_date
from sera_store.registry.persons import MEMBER, ROLES, STEWARD

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.accounts.sessions import Session
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community, Person


class PersonLine(NamedTuple):
    """A person in a community's list: a name if they gave one, titles of gardens they host, open sessions."""

    person: Person
    name: str
    gardens: list[str]
    sessions: list[Session]
    is_self: bool
    is_steward: bool


def people(request: Request) -> Response:
    """List the people of a community, their open sessions, and the open invitations."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.PEOPLE, community.id)
    return _page(visit, community, {"days": str(DAYS)}, [], {})


def _page(
    visit: Visit, community: Community, fields: dict[str, str], own_gardens: list[str], errors: dict[str, str]
) -> Response:
    own = visit.person.id if visit.person is not None else ""
    persons = [person for person in visit.installation.registry.persons(community.id) if person.roles]
    lines = [
        PersonLine(
            person,
            visit.installation.names.of(person.id),
            [garden_title(visit, garden) for garden in person.gardens],
            visit.installation.sessions.of(person.id),
            person.id == own,
            STEWARD in person.roles,
        )
        for person in persons
    ]
    return page(
        visit,
        "people.html.j2",
        422 if errors else 200,
        community=community,
        lines=lines,
        invitations=visit.installation.invitations.open(community.id),
        roles=ROLES,
        roles_of=lambda roles: visit.words.figures.listed(visit.words.say(f"role.{role}") for role in roles),
        gardens=visit.installation.registry.gardens(community.id),
        day=day_words,
        fields=fields,
        hosted=own_gardens,
        errors=errors,
    )


def day_words(visit: Visit, time_s: int) -> str:
    """Write the day of a time [s] in UTC, near enough for when a session or an invitation ends."""
    return visit.words.figures.date(utc_date(time_s))


async def invite(request: Request) -> Response:
    """Make an invitation, and show its link and QR code once."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    own = visit.require(Deed.INVITE, community.id)
    form = await read_form(visit)
    role = form.text("role") or MEMBER
    if role not in ROLES or (role != MEMBER and not visit.may(Deed.PEOPLE, community.id)):
        raise RefusedRequestError(403, "refused.role")
    gardens = [garden.id for garden in visit.installation.registry.gardens(community.id)]
    garden_ids = [name for name in form.texts("garden") if name in gardens]
    reader = FieldReader(form.fields())
    days = reader.within("days", 1, DAYS_MOST, is_whole=True)
    if reader.errors:
        if not visit.may(Deed.PEOPLE, community.id):
            raise RefusedRequestError(422, "field.whole_within", low=1, high=DAYS_MOST)
        return _page(visit, community, form.fields(), garden_ids, reader.problems(visit.words.say))
    code = visit.installation.invitations.make(
        community.id,
        {MEMBER, role},
        own.id,
        gardens=garden_ids,
        person=_own_person(form.text("person"), own),
        days=DAYS if days is None else int(days),
    )
    return invitation_page(visit, community.id, code)


def _own_person(name: str, own: Person) -> str | None:
    # Only oneself: an invitation for another person would be a way into their sessions.
    return own.id if name == own.id else None


def invitation_page(visit: Visit, community: str, code: str, *, is_own: bool = False) -> Response:
    """Show an invitation's link and QR code, one's own for another device; the code is shown this once."""
    link = f"{visit.request.url.scheme}://{visit.request.headers['host']}/join/{code}"
    return page(
        visit,
        "invitation.html.j2",
        community=community_of(visit, community),
        link=link,
        code=grouped_code(code),
        picture=qr_picture(link),
        is_own=is_own,
        is_only_here=visit.is_protected and visit.request.url.scheme == "http",
    )


def qr_picture(text: str) -> str:
    """Draw a QR code as a picture that stands inside the page (a data address of SVG)."""
    # Here, since it loads XML and the web's client, which nothing else of these pages needs.
    import segno  # noqa: PLC0415

    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=6, border=2, omitsize=False))


async def cancel(request: Request) -> Response:
    """Cancel an invitation."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.PEOPLE, community.id)
    visit.installation.invitations.cancel((await read_form(visit)).text("invitation"))
    return RedirectResponse(f"/communities/{community.id}/people", 303)


async def end_session(request: Request) -> Response:
    """End a session: one's own, or as a steward anybody's of the community."""
    visit = visit_of(request)
    form = await read_form(visit)
    person = visit.person
    if person is None:
        raise RefusedRequestError(401, "refused.no_session")
    name, owner = form.text("session"), form.text("person") or person.id
    if owner != person.id:
        other = visit.installation.registry.person(owner)
        visit.require(Deed.PEOPLE, other.community if other is not None else "")
    visit.installation.sessions.end(name, owner)
    back = "/mine" if owner == person.id else f"/communities/{person.community}/people"
    return RedirectResponse(back, 303)


async def remove(request: Request) -> Response:
    """End a membership: no roles, and all sessions ended. What the person counted stays under drawn ids."""
    visit = visit_of(request)
    form = await read_form(visit)
    person = visit.installation.registry.person(form.text("person"))
    own = visit.require(Deed.PEOPLE, person.community if person is not None else "")
    if person is None or person.id == own.id:
        raise RefusedRequestError(422, "refused.remove_self")
    former = msgspec.structs.replace(person, roles=(), gardens=())
    visit.installation.registry.put(former, since_s=visit.installation.now_s(), by=own.id)
    visit.installation.sessions.end_all(person.id)
    visit.installation.names.put(person.id, "")
    return RedirectResponse(f"/communities/{person.community}/people", 303)


ROUTES = (
    Route("/communities/{community}/people", people),
    Route("/communities/{community}/invitations", invite, methods=["POST"]),
    Route("/communities/{community}/invitations/cancel", cancel, methods=["POST"]),
    Route("/sessions/end", end_session, methods=["POST"]),
    Route("/people/remove", remove, methods=["POST"]),
)
