"""A new node with the files for its board, handed out once; a new key; and that the board has it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sera_gateway.security.board_files import has_key
from sera_pages.errors import InvalidFieldError, RefusedRequestError
from sera_pages.registry.acts import NewKey, NewNode, NodeFiles, SettleKey
from sera_pages.registry.desk import RefusedActError, perform, require_steward
from sera_pages.registry.entry import SINCE, read_since
from sera_pages.registry.lists import entry_address
from sera_pages.registry.visibility import visible_entities
from sera_pages.registry.wording import detector_words
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.registry.entities import DETECTORS, NO_DETECTOR, PERSON

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit

BOARDS: Final = ("pico_w", "pico2_w", "esp32")
_NAME_MOST: Final = 128
_SENSORS_MOST: Final = 1_000
_FIELDS: Final = (
    "id",
    "garden",
    "detector",
    "mapping",
    "known_as",
    "board",
    "sensors",
    "network",
    "country",
    SINCE,
)


def show(request: Request) -> Response:
    """Show the form of a new node."""
    visit = visit_of(request)
    require_steward(visit)
    garden = request.query_params.get("garden", "")
    return _page(visit, {"garden": garden})


def _page(
    visit: Visit,
    values: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    problem: str = "",
    result: dict[str, Any] | None = None,
) -> Response:
    registry = visit.installation.registry
    person = require_steward(visit)
    none = [("", "–")]
    return page(
        visit,
        "registry_node.html.j2",
        422 if errors or problem else 200,
        values={**dict.fromkeys(_FIELDS, ""), "detector": NO_DETECTOR, **values},
        gardens=[
            (garden.id, getattr(garden, "name", "") or garden.id)
            for garden in visible_entities(registry, "garden", person.community)
        ],
        detectors=[(name, detector_words(visit, name)) for name in DETECTORS if name != PERSON],
        mappings=none + [(mapping.id, mapping.id) for mapping in registry.mappings()],
        boards=none + [(board, board) for board in BOARDS],
        errors=errors or {},
        problem=problem,
        result=result,
        has_key=result is not None and has_key(visit.installation.folder, result["node"]),
    )


async def enter(request: Request) -> Response:
    """Register a node; of a board of ours the files wait to be fetched once."""
    visit = visit_of(request)
    person = require_steward(visit)
    form = await read_form(visit)
    # Of the password nothing is shown again.
    values = {name: form.lines(name, _SENSORS_MOST).strip() for name in _FIELDS}
    try:
        act, since_s = _act(form, values), read_since(form)
    except InvalidFieldError as error:
        return _page(visit, values, errors={error.field: visit.words.say(error.sentence)})
    try:
        result = await perform(visit, person, act, since_s)
    except RefusedActError as error:
        return _page(visit, values, problem=str(error))
    return _page(visit, values, result=result)


def _act(form: Form, values: dict[str, str]) -> NewNode:
    if not values["id"]:
        raise InvalidFieldError("id", "registry.no_id")
    if not values["garden"]:
        raise InvalidFieldError("garden", "log.choose")
    return NewNode(
        id=values["id"][:_NAME_MOST],
        garden=values["garden"],
        detector=values["detector"] or NO_DETECTOR,
        mapping=values["mapping"],
        known_as=tuple(name.strip() for name in values["known_as"].splitlines() if name.strip()),
        simulated=bool(form.text("simulated")),
        board=values["board"],
        sensors=tuple(values["sensors"].split()),
        network=values["network"],
        password=form.lines("password", _NAME_MOST),
        country=values["country"],
    )


async def hand_out(request: Request) -> Response:
    """Answer with the files of a board, once: its key leaves this machine with them."""
    visit = visit_of(request)
    person = require_steward(visit)
    node = (await read_form(visit)).text("node")
    try:
        content = await perform(visit, person, NodeFiles(node=node))
    except RefusedActError as error:
        raise RefusedRequestError(409, "registry.handed_out") from error
    headers = {
        "Content-Disposition": f'attachment; filename="{content["name"]}"',
        "Cache-Control": "no-store",
    }
    return Response(base64.b64decode(content["zip"]), media_type="application/zip", headers=headers)


async def renew(request: Request) -> Response:
    """Write the files of a board with a new key, to be fetched once."""
    visit = visit_of(request)
    person = require_steward(visit)
    node = (await read_form(visit)).text("node")
    try:
        result = await perform(visit, person, NewKey(node=node))
    except RefusedActError as error:
        return _page(visit, {}, problem=str(error))
    return _page(visit, {}, result={**result, "known_as": [], "probes": []})


async def settle(request: Request) -> Response:
    """Enter that a board has its newest key: what it had before is shut out."""
    visit = visit_of(request)
    person = require_steward(visit)
    node = (await read_form(visit)).text("node")
    try:
        await perform(visit, person, SettleKey(node=node))
    except RefusedActError as error:
        return _page(visit, {}, problem=str(error))
    return RedirectResponse(entry_address("node", node, entered="1"), 303)


ROUTES = (
    Route("/registry/node/new", show),
    Route("/registry/node/new", enter, methods=["POST"]),
    Route("/registry/node/files", hand_out, methods=["POST"]),
    Route("/registry/node/key", renew, methods=["POST"]),
    Route("/registry/node/flashed", settle, methods=["POST"]),
)
