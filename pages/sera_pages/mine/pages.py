"""What is kept about oneself: entries with correction and withdrawal, sessions, another device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.names import NAME_LONGEST, checked_name
from sera_pages.accounts.roles import Deed
from sera_pages.counting.count import count_page, local_now, log_page
from sera_pages.counting.counters import counters_of
from sera_pages.counting.entries import entries_of_person
from sera_pages.counting.fields import read_action, read_count
from sera_pages.counting.hiding import entry_of
from sera_pages.counting.submission import take_form
from sera_pages.errors import InvalidFieldError, RefusedRequestError
from sera_pages.people.handing_over import open_offer
from sera_pages.people.people import day_words, invitation_page
from sera_pages.sending.messages import GardenAction, Key, Withdrawal
from sera_pages.sending.outbox import draw_form
from sera_pages.views.answers import FORM
from sera_pages.views.fields import FieldReader
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.places import community_of, garden_of
from sera_pages.views.visit import visit_of
from sera_vocabulary import measurements as m
from sera_vocabulary import series

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.records.rows import Record
    from sera_store.registry.registry import Person

_DEVICE_DAYS = 1


def own_page(request: Request) -> Response:
    """Show what a person entered, and their sessions."""
    visit = visit_of(request)
    person = _person(visit)
    return _page(visit, person, visit.installation.names.of(person.id), {})


def _page(visit: Visit, person: Person, name: str, errors: dict[str, str]) -> Response:
    waiting = {entry.counter for entry in visit.installation.outbox.waiting()}
    return page(
        visit,
        "mine.html.j2",
        422 if errors else 200,
        person=person,
        community=community_of(visit, person.community),
        entries=entries_of_person(visit, person),
        sessions=visit.installation.sessions.of(person.id),
        waiting=sum(counter in waiting for counter in counters_of(visit.installation.registry, person)),
        handover=open_offer(visit),
        is_kept="kept" in visit.request.query_params,
        day=day_words,
        name=name,
        errors=errors,
        most=NAME_LONGEST,
    )


def _person(visit: Visit) -> Person:
    if visit.person is None:
        raise RefusedRequestError(401, "refused.no_session")
    return visit.person


async def rename(request: Request) -> Response:
    """Change the name that others may call the person, or take it away."""
    visit = visit_of(request)
    person = _person(visit)
    name = (await read_form(visit)).text("name", 2 * NAME_LONGEST)
    try:
        visit.installation.names.put(person.id, checked_name(name))
    except InvalidFieldError as error:
        return _page(visit, person, name, {error.field: visit.words.say(error.sentence)})
    return RedirectResponse("/mine", 303)


async def add_device(request: Request) -> Response:
    """Make an invitation for another device of the same person, which ends after a day."""
    visit = visit_of(request)
    person = visit.require(Deed.OWN_SESSIONS, _person(visit).community)
    await read_form(visit)
    if not visit.is_protected and set(person.roles) - {"member"}:
        raise RefusedRequestError(403, "refused.plain_http")
    code = visit.installation.invitations.make(
        person.community, person.roles, person.id, person=person.id, days=_DEVICE_DAYS
    )
    return invitation_page(visit, person.community, code, is_own=True)


async def withdraw(request: Request) -> Response:
    """Take back an entry: a message that names its key."""
    visit = visit_of(request)
    record = _record(visit, request)
    form = await read_form(visit)
    is_kept = await _withdraw(visit, record, form.text(FORM) or draw_form())
    return RedirectResponse(f"/mine?{'kept' if is_kept else 'waits'}=1", 303)


async def _withdraw(visit: Visit, record: Record, form: str) -> bool:
    garden = garden_of(visit, record.garden)
    entry = Withdrawal(Key(record.epoch, record.seq), visit.installation.now_s())
    return await take_form(visit.installation, _person(visit), garden, form, entry)


def _record(visit: Visit, request: Request) -> Record:
    """Return an entry of the person's own by the key in the address.

    Raises
    ------
    RefusedRequestError
        There is no session (401), or no such entry of theirs (404): also one that was taken back.
    """
    person, parameters = _person(visit), request.path_params
    counter, key = parameters["counter"], Key(parameters["epoch"], parameters["seq"])
    if counter in counters_of(visit.installation.registry, person):
        for record in visit.installation.view.newest([counter], (series.COUNTS, series.ACTION), limit=5_000):
            if (record.epoch, record.seq) == key:
                return record
    raise RefusedRequestError(404, "refused.no_entry")


def correction(request: Request) -> Response:
    """Show an entry as a form, to be corrected."""
    visit = visit_of(request)
    record = _record(visit, request)
    garden = garden_of(visit, record.garden)
    fields = _fields(visit, record)
    show = count_page if record.series == series.COUNTS else log_page
    return show(visit, garden, fields, {}, action=request.url.path, is_correction=True)


def _fields(visit: Visit, record: Record) -> dict[str, str]:
    garden = garden_of(visit, record.garden)
    values = {name: value for name, value in record.by_column.items() if value is not None}
    ago_s = visit.installation.now_s() - (record.time_s or 0)
    if record.series == series.ACTION:
        kind = m.GARDEN_ACTIONS[int(values.pop(m.GARDEN_ACTION, 0))]
        values.pop(m.CHRONICLE_ENTRY, None)
        own = {"action": kind, "time": local_now(visit, garden, ago_s)}
        names = {m.PATCH_AREA: "area"}
    else:
        seconds = values.pop(m.AWAKE_S, 0)
        flower = m.TARGET_FLOWERS[int(values.pop(m.TARGET_FLOWER, 0))]
        begun = local_now(visit, garden, ago_s + int(seconds))
        own = {"flower": flower, "minutes": f"{seconds / 60:g}", "begun": begun}
        names = {}
    return own | {names.get(name, name): _number(visit, value) for name, value in values.items()}


def _number(visit: Visit, value: float) -> str:
    """Write a number as it is typed in the visitor's language: all of it, its thousands not parted."""
    text = f"{value:g}"
    return visit.words.figures.fixed(float(text), len(text.partition(".")[2]))


async def correct(request: Request) -> Response:
    """Take a correction: the entry again, and then the one before is taken back."""
    visit = visit_of(request)
    record = _record(visit, request)
    garden = garden_of(visit, record.garden)
    form = await read_form(visit)
    is_count = record.series == series.COUNTS
    reader = FieldReader(form.fields())
    entry = (read_count if is_count else read_action)(reader, garden.timezone, visit.installation.now_s())
    if reader.errors:
        show = count_page if is_count else log_page
        more = {"action": request.url.path, "is_correction": True}
        return show(visit, garden, form.fields(), reader.problems(visit.words.say), **more)
    if isinstance(entry, GardenAction):
        # What it cites is no field of the form.
        before = entry_of(record)
        assert isinstance(before, GardenAction)  # noqa: S101 - a correction is of the same kind
        entry = replace(entry, chronicle_entry=before.chronicle_entry)
    drawn = form.text(FORM) or draw_form()
    is_kept = await take_form(visit.installation, _person(visit), garden, drawn, entry)
    is_kept = await _withdraw(visit, record, f"{drawn}/before") and is_kept
    return RedirectResponse(f"/mine?{'kept' if is_kept else 'waits'}=1", 303)


_ENTRY = "/mine/{counter}/{epoch}/{seq:int}"

ROUTES = (
    Route("/mine", own_page),
    Route("/mine/name", rename, methods=["POST"]),
    Route("/mine/device", add_device, methods=["POST"]),
    Route(_ENTRY, correction),
    Route(_ENTRY, correct, methods=["POST"]),
    Route(_ENTRY + "/withdraw", withdraw, methods=["POST"]),
)
