"""Be named at an event, by one's own yes: on a session, or by a slip that a host hands over."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio.to_thread
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_commons.errors import InvalidItemError
from sera_commons.events.event import EventRole, RoleKind
from sera_pages.accounts.codes import grouped_code, plain_code
from sera_pages.accounts.names import NAME_LONGEST
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.events.listing import event_page, may_change
from sera_pages.events.released import address_of, book_of, released_event
from sera_pages.events.wording import when_words
from sera_pages.people.people import qr_picture
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_commons.events.event import Event
    from sera_commons.events.release import StoredEvent, StoredRole
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

_OFFERED: Final = "event"
_AGREED: Final = "event-role"


@dataclass(frozen=True, slots=True)
class RoleSlip:
    """What a slip of a role opens.

    Parameters
    ----------
    owner
        By which the slip is kept.
    community, event
        Where, and of which event.
    kind
        What the holder is asked for, or said yes to.
    stored
        What they gave; None before.
    """

    owner: str
    community: str
    event: Event
    item_id: str
    kind: RoleKind
    stored: StoredRole | None


async def take_name(request: Request) -> Response:
    """Keep that who asks agrees to be named."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.TELL, community.id)
    view = released_event(visit, community.id, request.path_params["item"])
    form = await read_form(visit)
    kind = form.text("role")
    if kind not in [member.value for member in RoleKind]:
        errors = {"role": visit.words.say("log.choose")}
        return event_page(visit, community, view, form.fields(), errors)
    role = _role(form, view.item_id, RoleKind(kind))
    book = visit.installation.shelves.events_of(community.id)
    try:
        await anyio.to_thread.run_sync(book.take_role, role, person.id)
    except InvalidItemError as error:
        return event_page(visit, community, view, form.fields(), {"name": visit.wrong_words("tell", error)})
    return RedirectResponse(address_of(community.id, view.item_id), 303)


def _role(form: Form, item_id: str, kind: RoleKind) -> EventRole:
    name = form.text("name", 2 * NAME_LONGEST)
    return EventRole(event=item_id, kind=kind, name=name, on_paper=form.text("on_paper") != "")


async def withdraw_name(request: Request) -> Response:
    """Take a name of one's own back, on the page of its event."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    person = visit.require(Deed.TELL, community.id)
    form = await read_form(visit)
    withdraw_role_of(visit, person, form.text("name"))
    return RedirectResponse(address_of(community.id, request.path_params["item"]), 303)


def withdraw_role_of(visit: Visit, person: Person, number: str) -> None:
    """Erase a name that a person gave.

    Raises
    ------
    RefusedRequestError
        They gave none by this number (404).
    """
    book = book_of(visit, person.community)
    roles = [role for role in book.roles_of(person.id) if str(role.number) == number] if book else []
    if book is None or not roles:
        raise RefusedRequestError(404, "refused.no_entry")
    book.withdraw_role(roles[0].number)


async def draw_slip(request: Request) -> Response:
    """Draw a slip by which somebody without a session says yes to being named; it is shown once."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.ARRANGE, community.id)
    view = released_event(visit, community.id, request.path_params["item"])
    form = await read_form(visit)
    kind = form.text("role")
    if not may_change(visit, community.id, view.item_id) or kind not in [member.value for member in RoleKind]:
        raise RefusedRequestError(422, "log.choose")
    owner = "/".join((community.id, _OFFERED, view.item_id, kind, secrets.token_hex(8)))
    code = visit.installation.story_slips.draw(owner)
    link = f"{visit.request.url.scheme}://{visit.request.headers['host']}/slip/{code}"
    return page(
        visit,
        "event_slip_drawn.html.j2",
        address=address_of(community.id, view.item_id),
        event=view.event,
        role=visit.words.say(f"event.role_{kind}"),
        slip=grouped_code(code),
        link=link,
        picture=qr_picture(link),
    )


def role_of_slip(visit: Visit, code: str) -> RoleSlip | None:
    """Return what a slip of a role opens; None where the code is not one of these, or all is gone by now."""
    owner = visit.installation.story_slips.story_of(plain_code(code)) or ""
    community, _, rest = owner.partition("/")
    kind, _, name = rest.partition("/")
    book = book_of(visit, community) if kind in (_OFFERED, _AGREED) else None
    if book is None:
        return None
    if kind == _AGREED:
        role = next((role for role in book.roles() if str(role.number) == name), None)
        stored = book.find(role.role.event) if role is not None else None
        return _slip(owner, community, stored, role.role.kind.value if role else "", role)
    item_id, kind, _ = name.split("/")
    return _slip(owner, community, book.find(item_id), kind, None)


def _slip(
    owner: str, community: str, stored: StoredEvent | None, kind: str, role: StoredRole | None
) -> RoleSlip | None:
    if stored is None or stored.event is None:
        return None
    return RoleSlip(owner, community, stored.event, stored.item_id, RoleKind(kind), role)


def role_slip_page(
    visit: Visit, slip: RoleSlip, code: str, errors: dict[str, str], name: str = ""
) -> Response:
    """Show whoever holds a slip for what they are asked, or what they agreed to."""
    return page(
        visit,
        "event_slip.html.j2",
        422 if errors else 200,
        code=code,
        event=slip.event,
        when=when_words(visit.words, slip.event),
        role=visit.words.say(f"event.role_{slip.kind}"),
        given=slip.stored.role if slip.stored is not None else None,
        name=name,
        most=NAME_LONGEST,
        errors=errors,
    )


async def answer_by_slip(request: Request) -> Response:
    """Take the yes of a slip's holder, or take it back: no session, no reason."""
    visit = visit_of(request)
    form, code = await read_open_form(visit), request.path_params["code"]
    slip = role_of_slip(visit, code)
    if slip is None:
        raise RefusedRequestError(404, "slip.wrong_code")
    book = visit.installation.shelves.events_of(slip.community)
    slips = visit.installation.story_slips
    if slip.stored is not None:
        await anyio.to_thread.run_sync(book.withdraw_role, slip.stored.number)
        slips.forget(slip.owner)
        return page(visit, "event_name_gone.html.j2")
    role = _role(form, slip.item_id, slip.kind)
    try:
        # The author is drawn for this entry alone: whoever holds a slip may have no account.
        author = f"slip-{secrets.token_hex(8)}"
        number = await anyio.to_thread.run_sync(book.take_role, role, author)
    except InvalidItemError as error:
        errors = {"name": visit.wrong_words("tell", error)}
        return role_slip_page(visit, slip, code, errors, role.name)
    slips.move(slip.owner, "/".join((slip.community, _AGREED, str(number))))
    return RedirectResponse(f"/slip/{code}", 303)


_EVENT = "/communities/{community}/events/{item}"

ROUTES = (
    Route(_EVENT + "/names", take_name, methods=["POST"]),
    Route(_EVENT + "/names/withdraw", withdraw_name, methods=["POST"]),
    Route(_EVENT + "/slips", draw_slip, methods=["POST"]),
    Route("/slip/{code}/role", answer_by_slip, methods=["POST"]),
)
