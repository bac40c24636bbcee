"""The page of a ten-minute count: big buttons and a clock with script, a plain form without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.counting.entries import flower_name
from sera_pages.counting.fields import read_action, read_count
from sera_pages.counting.submission import take_form, take_keyed
from sera_pages.errors import NotSentError, RefusedRequestError
from sera_pages.sending.messages import COUNT_LEAST_S, FIT_COUNT_S, Key
from sera_pages.sending.outbox import draw_form
from sera_pages.views.answers import FORM
from sera_pages.views.fields import TIME_FORM, FieldReader
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of
from sera_store.local_clock import local_time
from sera_vocabulary import measurements as m
from sera_vocabulary.meanings import FLOWER_MEANINGS
from sera_vocabulary.measurements import GARDEN_ACTIONS, INSECT_GROUPS, TARGET_FLOWERS
from sera_vocabulary.messages import SEQ_FIRST, SEQ_MOST, is_epoch

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.sending.messages import Entry
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden, Person

# Half a metre square, as the scheme's protocol has it.
PATCH_M2: Final = 0.25
# Between which a script lets a number be: those of the vocabulary, which the server checks too.
BOUNDS: Final = {
    name: (f"{m.COLUMNS[name].lowest:g}", f"{m.COLUMNS[name].highest:g}")
    for name in (m.FLOWER_UNITS, m.PATCH_AREA, m.AIR_TEMPERATURE, m.WATER_DEPTH)
}
_FORM_HEADER: Final = "x-sera-form"
_CLOUDS: Final = ("0", "25", "50", "75", "100")
_WINDS: Final = ("0", "1", "2", "3", "4", "5")


def count(request: Request) -> Response:
    """Show the page of a count in a garden."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    visit.require(Deed.COUNT, garden.community)
    begun = local_now(visit, garden, FIT_COUNT_S)
    patch = visit.words.figures.number(PATCH_M2)
    fields = {m.PATCH_AREA: patch, "minutes": str(FIT_COUNT_S // 60), "begun": begun}
    return count_page(visit, garden, fields, {})


def count_page(
    visit: Visit, garden: Garden, fields: dict[str, str], errors: dict[str, str], **more: Any
) -> Response:
    """Show a form of a count, empty or as it came back."""
    flowers = [(name, flower_name(visit, name), _scientific(name)) for name in _flowers(visit)]
    say = visit.words.say
    return page(
        visit,
        "count.html.j2",
        422 if errors else 200,
        garden=garden,
        fields=fields,
        errors=errors,
        flowers=flowers,
        groups=[(group.name, visit.words.figures.name(group.name)) for group in INSECT_GROUPS],
        clouds=[(code, say(f"cloud.{code}")) for code in _CLOUDS],
        winds=[(code, say(f"wind.{code}")) for code in _WINDS],
        bounds=BOUNDS,
        seconds=FIT_COUNT_S,
        least_s=COUNT_LEAST_S,
        now_s=visit.installation.now_s(),
        **{"action": f"/gardens/{garden.id}/count", "is_correction": False, **more},
    )


def _flowers(visit: Visit) -> list[str]:
    flowers = [name for name in TARGET_FLOWERS if name not in ("other", "unrecorded")]
    return [*sorted(flowers, key=lambda name: flower_name(visit, name).lower()), "other"]


def _scientific(flower: str) -> str:
    row = FLOWER_MEANINGS.get(flower)
    return str(row.scientific_name) if row is not None else ""


def local_now(visit: Visit, garden: Garden, ago_s: int = 0) -> str:
    """Write a moment on the garden's clock as fields of time take it."""
    return local_time(visit.installation.now_s() - ago_s, garden.timezone).strftime(TIME_FORM)


async def take_count(request: Request) -> Response:
    """Take a count from the plain form."""
    return await _take(request, read_count, count_page)


async def take_log(request: Request) -> Response:
    """Take an action from the plain form."""
    return await _take(request, read_action, log_page)


async def _take(
    request: Request, read: Callable[[FieldReader, str, int], Entry], show: Callable[..., Response]
) -> Response:
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    person = visit.require(Deed.COUNT, garden.community)
    form = await read_form(visit)
    reader = FieldReader(form.fields())
    entry = read(reader, garden.timezone, visit.installation.now_s())
    if reader.errors:
        return show(visit, garden, form.fields(), reader.problems(visit.words.say))
    is_kept = await take_form(visit.installation, person, garden, form.text(FORM) or draw_form(), entry)
    return RedirectResponse(f"/mine?{'kept' if is_kept else 'waits'}=1", 303)


class QueuedEntry(msgspec.Struct, forbid_unknown_fields=True):
    """What a phone's queue sends: whose, its key, what kind, and the fields."""

    person: str
    epoch: str
    seq: int
    kind: str
    fields: dict[str, str]


_QUEUED: Final = msgspec.json.Decoder(QueuedEntry)


async def take_queued(request: Request) -> Response:
    """Take an entry from a phone's queue; 200 means that the journal has it, 503 that it is to come again."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    person = visit.require(Deed.COUNT, garden.community)
    if request.headers.get(_FORM_HEADER, "") != visit.form_token:
        raise RefusedRequestError(403, "refused.form_token")
    queued = _queued(await request.body(), person)
    reader = FieldReader(queued.fields)
    entry: Entry
    if queued.kind == "count":
        entry = read_count(reader, garden.timezone, visit.installation.now_s())
    else:
        entry = read_action(reader, garden.timezone, visit.installation.now_s())
    if reader.errors:
        problems = reader.problems(visit.words.say).values()
        return JSONResponse({"problem": visit.words.figures.clauses(*problems)}, 422)
    try:
        await take_keyed(visit.installation, person, garden, Key(queued.epoch, queued.seq), entry)
    except NotSentError:
        return JSONResponse({"problem": visit.words.say("queue.not_yet")}, 503)
    return JSONResponse({"kept": True})


def _queued(body: bytes, person: Person) -> QueuedEntry:
    try:
        queued = _QUEUED.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedRequestError(400, "refused.unreadable") from error
    is_key = is_epoch(queued.epoch) and SEQ_FIRST <= queued.seq < SEQ_MOST
    if not is_key or queued.kind not in ("count", "action"):
        raise RefusedRequestError(400, "refused.unreadable")
    if queued.person != person.id:
        # Somebody else has come in on this phone since: it is not theirs to give.
        raise RefusedRequestError(409, "refused.other_person")
    return queued


def log(request: Request) -> Response:
    """Show the page on which is written down what was done in a garden."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    visit.require(Deed.COUNT, garden.community)
    return log_page(visit, garden, {"time": local_now(visit, garden)}, {})


def log_page(
    visit: Visit, garden: Garden, fields: dict[str, str], errors: dict[str, str], **more: Any
) -> Response:
    """Show a form of an action, empty or as it came back."""
    kinds = [*GARDEN_ACTIONS[1:], GARDEN_ACTIONS[0]]
    return page(
        visit,
        "log.html.j2",
        422 if errors else 200,
        garden=garden,
        fields=fields,
        errors=errors,
        bounds=BOUNDS,
        kinds=[(kind, visit.words.say(f"action.{kind}")) for kind in kinds],
        now_s=visit.installation.now_s(),
        **{"action": f"/gardens/{garden.id}/log", "is_correction": False, **more},
    )


ROUTES = (
    Route("/gardens/{garden}/count", count),
    Route("/gardens/{garden}/count", take_count, methods=["POST"]),
    Route("/gardens/{garden}/log", log),
    Route("/gardens/{garden}/log", take_log, methods=["POST"]),
    Route("/gardens/{garden}/entries", take_queued, methods=["POST"]),
)
