"""A new community, with an invitation for its first steward; districts from a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from sera_pages.errors import InvalidFieldError
from sera_pages.people.people import invitation_page
from sera_pages.registry.acts import ImportDistricts, NewCommunity
from sera_pages.registry.desk import RefusedActError, perform, require_steward
from sera_pages.registry.entry import SINCE, read_since, require_id
from sera_pages.registry.lists import entry_address
from sera_pages.views.forms import read_form, read_upload
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.registry.persons import MEMBER, STEWARD

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.forms import Form, Upload
    from sera_pages.views.visit import Visit

FILE: Final = "file"
MAP_BYTES_MOST: Final = 900 * 1024
_TITLE_MOST: Final = 60
_PROPERTY_MOST: Final = 80
_PROPERTIES: Final = ("id_from", "title_from", "residents_from", "deprivation_from")
_SOURCE_MOST: Final = 120


def show_community(request: Request) -> Response:
    """Show the form of a new community."""
    visit = visit_of(request)
    require_steward(visit)
    return _community_page(visit)


def _community_page(visit: Visit, form: Form | None = None, *, problem: str = "", **errors: str) -> Response:
    return page(
        visit,
        "registry_community.html.j2",
        422 if errors or problem else 200,
        id=form.text("id") if form is not None else "",
        title=form.text("title", _TITLE_MOST) if form is not None else "",
        since_text=form.text(SINCE) if form is not None else "",
        errors=errors,
        problem=problem,
        most=_TITLE_MOST,
    )


async def enter_community(request: Request) -> Response:
    """Register a community, and show once an invitation for its first steward."""
    visit = visit_of(request)
    person = require_steward(visit)
    form = await read_form(visit)
    name = form.text("id")
    try:
        require_id(name, "id")
        act, since_s = NewCommunity(id=name, title=form.text("title", _TITLE_MOST)), read_since(form)
    except InvalidFieldError as error:
        return _community_page(visit, form, **{error.field: visit.words.say(error.sentence)})
    try:
        await perform(visit, person, act, since_s)
    except RefusedActError as error:
        return _community_page(visit, form, problem=str(error))
    code = visit.installation.invitations.make(name, {MEMBER, STEWARD}, person.id)
    return invitation_page(visit, name, code)


def show_map(request: Request) -> Response:
    """Show the form for a map of districts."""
    visit = visit_of(request)
    require_steward(visit)
    return _map_page(visit)


def _map_page(visit: Visit, form: Form | None = None, status: int = 200, **parts: Any) -> Response:
    values = {name: form.text(name, _PROPERTY_MOST) if form is not None else "" for name in _PROPERTIES}
    return page(
        visit,
        "registry_map.html.j2",
        status,
        values={
            **values,
            "id_from": values["id_from"] or "name",
            "source": form.text("source", _SOURCE_MOST) if form is not None else "",
            SINCE: form.text(SINCE) if form is not None else "",
        },
        assign=bool(form.text("assign")) if form is not None else False,
        kib=MAP_BYTES_MOST // 1024,
        most=_SOURCE_MOST,
        address=entry_address,
        **{"errors": {}, "problem": "", "content": None, **parts},
    )


async def enter_map(request: Request) -> Response:
    """Enter the districts of a map, all or none, and say which gardens lie in which."""
    visit = visit_of(request)
    person = require_steward(visit)
    form, upload = await read_upload(visit, FILE)
    try:
        act, since_s = _act(form, upload), read_since(form)
    except InvalidFieldError as error:
        sentences = {error.field: visit.words.say(error.sentence, **error.arguments)}
        return _map_page(visit, form, 422, errors=sentences)
    try:
        content = await perform(visit, person, act, since_s)
    except RefusedActError as error:
        return _map_page(visit, form, 422, problem=str(error))
    return _map_page(visit, form, content=content)


def _act(form: Form, upload: Upload | None) -> ImportDistricts:
    if upload is None or not upload.content:
        raise InvalidFieldError(FILE, "registry.no_file")
    if len(upload.content) > MAP_BYTES_MOST:
        raise InvalidFieldError(FILE, "registry.large_file", kib=MAP_BYTES_MOST // 1024)
    properties = {name: form.text(name, _PROPERTY_MOST) for name in _PROPERTIES}
    return ImportDistricts(
        name=upload.name,
        content=upload.content,
        **{**properties, "id_from": properties["id_from"] or "name"},
        source=form.text("source", _SOURCE_MOST),
        assign=bool(form.text("assign")),
    )


ROUTES = (
    Route("/registry/community/new", show_community),
    Route("/registry/community/new", enter_community, methods=["POST"]),
    Route("/registry/district/map", show_map),
    Route("/registry/district/map", enter_map, methods=["POST"]),
)
