"""What is kept about somebody: all of it, where, how long, who sees it; taken back one by one or as a whole.

By a session, or by the code of a slip, which needs none and outlives it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import structs
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.cases import ANSWER, APPEAL, VISIBLE
from sera_pages.accounts.codes import grouped_code, plain_code
from sera_pages.accounts.roles import Deed
from sera_pages.counting.case_words import case_row
from sera_pages.counting.counters import counters_of
from sera_pages.counting.entries import entries_of_person
from sera_pages.counting.submission import take_form
from sera_pages.deciding.own import step_lines, steps_of, vote_lines, votes_of
from sera_pages.deciding.own import withdraw_all as leave_decisions
from sera_pages.district_report.claims import claims_of, withdraw_claims
from sera_pages.errors import RefusedRequestError
from sera_pages.events.giving import events_of_person, withdraw_events_of
from sera_pages.events.naming import role_of_slip, role_slip_page
from sera_pages.mine.leaving import leave_for_good
from sera_pages.mine.plantings import plantings_of, withdraw_plantings
from sera_pages.mine.receipts import receipt_of
from sera_pages.people.people import day_words, qr_picture
from sera_pages.sending.messages import Key, Withdrawal
from sera_pages.stories.withdrawing import slip_page, stories_of, story_of_slip, withdraw_all, yeses_of
from sera_pages.views.fields import as_choice
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of
from sera_store.licence import Licence
from sera_store.registry.persons import MEMBER

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.counting.entries import EntryRow
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person

ALL_ENTRIES: Final = "everything"
# More than anybody counts in ten years.
_ENTRIES_MOST: Final = 5_000
# Sent side by side, so that who takes back an afternoon does not wait for each in turn.
_AT_ONCE: Final = 16
_ANSWER_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class PersonalDataRow:
    """One kind of thing that is kept: what, where, how long, and who sees it, as sentences."""

    what: str
    where: str
    how_long: str
    who: str


def personal_data_rows(visit: Visit, person: Person, entries: int) -> list[PersonalDataRow]:
    """List all kinds of things that are kept about a person, in words."""
    installation, say = visit.installation, visit.words.say
    sessions = installation.sessions.of(person.id)
    copies = installation.outbox.copies_of(counters_of(installation.registry, person))
    roles = visit.words.figures.listed(say(f"role.{role}") for role in person.roles)
    lines = [
        _line(visit, "entries", count=entries),
        _line(visit, "copies", count=len(copies)) if copies else None,
        _line(visit, "person", roles=roles or "–"),
        _line(visit, "name", name=name) if (name := installation.names.of(person.id)) else None,
        _line(visit, "sessions", count=len(sessions)) if sessions else None,
        _line(visit, "stories", number=len(stories)) if (stories := stories_of(visit, person)) else None,
        _line(visit, "claims", number=len(claims)) if (claims := claims_of(visit, person)) else None,
        _line(visit, "yeses", number=len(yeses)) if (yeses := yeses_of(visit, person)) else None,
        _line(visit, "designs", number=len(beds)) if (beds := plantings_of(visit, person)) else None,
        _line(visit, "events", number=len(events)) if (events := events_of_person(visit, person)) else None,
        _line(visit, "surplus", count=len(offers))
        if (offers := installation.surplus.by_giver(person))
        else None,
        _line(visit, "steps", number=len(steps)) if (steps := steps_of(visit, person)) else None,
        _line(visit, "votes", number=len(votes)) if (votes := votes_of(visit, person)) else None,
    ]
    for part in installation.participants.parts_of(person.id):
        workshop = installation.workshops.read(part.workshop)
        day = day_words(visit, workshop.forget_s) if workshop is not None else "–"
        name = part.name or say("kept.no_name")
        lines.append(_line(visit, "part", number=part.number, name=name, day=day))
    if installation.slips.has(person.id):
        lines.append(_line(visit, "slip"))
    # What is not kept has no place, no time and no readers.
    lines.append(PersonalDataRow(say("kept.log.what"), "", "", ""))
    return [line for line in lines if line is not None]


def _line(visit: Visit, kind: str, **arguments: object) -> PersonalDataRow:
    say = visit.words.say
    parts = (say(f"kept.{kind}.{part}", **arguments) for part in ("what", "where", "how_long", "who"))
    return PersonalDataRow(*parts)


def own_data(request: Request) -> Response:
    """Show what is kept about who asks."""
    visit = visit_of(request)
    return _page(visit, _own(visit), "/kept")


def data_by_slip(request: Request) -> Response:
    """Show what is kept about the holder of a slip."""
    visit = visit_of(request)
    code = request.path_params["code"]
    stored = story_of_slip(visit, code)
    if stored is not None:
        return slip_page(visit, stored, code)
    role = role_of_slip(visit, code)
    if role is not None:
        return role_slip_page(visit, role, code, {})
    return _page(visit, _holder(visit), f"/slip/{code}")


def _page(visit: Visit, person: Person, base: str, wrong_case: str = "") -> Response:
    entries = entries_of_person(visit, person, _ENTRIES_MOST)
    return page(
        visit,
        "personal_data.html.j2",
        422 if wrong_case else 200,
        base=base,
        person=person,
        entries=entries,
        lines=personal_data_rows(visit, person, len(entries)),
        all_entries=ALL_ENTRIES,
        has_withdrawn="withdrawn" in visit.request.query_params,
        waits="waits" in visit.request.query_params,
        has_licence="licence" in visit.request.query_params,
        licences=[
            (licence.value, as_choice(visit.words.say(f"settings.licence_{licence.value}")))
            for licence in Licence
        ],
        has_left=not person.roles,
        stories=[
            (str(stored.number), stored.item.title) for stored in stories_of(visit, person) if stored.item
        ],
        events=events_of_person(visit, person),
        plantings=plantings_of(visit, person),
        claims=[(str(entered.number), entered.claim.title) for entered in claims_of(visit, person)],
        steps=step_lines(visit, person),
        votes=vote_lines(visit, person),
        cases=[
            case_row(visit, case, is_own=True)
            for case in visit.installation.cases.about(person.id, person.gardens)
            if case.state != VISIBLE
        ],
        most=_ANSWER_LONGEST,
        errors={f"text-{wrong_case}": visit.words.say("case.no_words")} if wrong_case else {},
        has_receipt=bool(receipt_of(visit, person).lines),
    )


def _own(visit: Visit) -> Person:
    if visit.person is None:
        raise RefusedRequestError(401, "kept.no_session")
    return visit.person


def _holder(visit: Visit) -> Person:
    return visit.holder_of_slip(visit.request.path_params["code"])


async def withdraw(request: Request) -> Response:
    """Take back one's own entries, one or all."""
    visit = visit_of(request)
    person = visit.require(Deed.COUNT, _own(visit).community)
    return await _withdraw(visit, person, await read_form(visit), "/kept")


async def withdraw_by_slip(request: Request) -> Response:
    """Take back one entry or all: the code is proof enough, since nobody else was given it."""
    visit = visit_of(request)
    person = _holder(visit)
    return await _withdraw(visit, person, await read_open_form(visit), f"/slip/{request.path_params['code']}")


async def _withdraw(visit: Visit, person: Person, form: Form, base: str) -> Response:
    choice = form.text("entry", 120)
    entries = entries_of_person(visit, person, _ENTRIES_MOST)
    selected = [entry for entry in entries if choice in (ALL_ENTRIES, name_of(entry))]
    if not selected and choice != ALL_ENTRIES:
        raise RefusedRequestError(404, "refused.no_entry")
    outcome = "withdrawn" if await take_back(visit, person, selected) else "waits"
    return RedirectResponse(f"{base}?{outcome}=1", 303)


async def take_back(visit: Visit, person: Person, entries: list[EntryRow]) -> bool:
    """Take entries back, each by a message; return whether the journal has all of them by now."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def take(entry: EntryRow) -> bool:
        # One form for each entry, however often its button is pressed, and by whichever way.
        withdrawal = Withdrawal(Key(*entry.key), visit.installation.now_s())
        garden = garden_of(visit, entry.garden)
        async with limit:
            return await take_form(visit.installation, person, garden, f"kept/{name_of(entry)}", withdrawal)

    return all(await asyncio.gather(*(take(entry) for entry in entries)))


async def give_under(request: Request) -> Response:
    """Choose the licence under which one gives what one counts; it holds for every later output."""
    visit = visit_of(request)
    person = visit.require(Deed.COUNT, _own(visit).community)
    return _manage_under(visit, person, await read_form(visit), "/kept")


async def give_under_by_slip(request: Request) -> Response:
    """Choose the licence by a slip."""
    visit = visit_of(request)
    form = await read_open_form(visit)
    return _manage_under(visit, _holder(visit), form, f"/slip/{request.path_params['code']}")


def _manage_under(visit: Visit, person: Person, form: Form, base: str) -> Response:
    choice = form.text("licence")
    if choice not in [licence.value for licence in Licence]:
        raise RefusedRequestError(422, "log.choose")
    changed = structs.replace(person, licence=Licence(choice))
    visit.installation.registry.put(changed, since_s=visit.installation.now_s(), by=person.id)
    return RedirectResponse(f"{base}?licence=1", 303)


async def answer(request: Request) -> Response:
    """Answer what was decided about something of one's own, or appeal."""
    visit = visit_of(request)
    person = visit.require(Deed.COUNT, _own(visit).community)
    return _answered(visit, person, await read_form(visit), "/kept")


async def answer_by_slip(request: Request) -> Response:
    """Answer by a slip."""
    visit = visit_of(request)
    form = await read_open_form(visit)
    return _answered(visit, _holder(visit), form, f"/slip/{request.path_params['code']}")


def _answered(visit: Visit, person: Person, form: Form, base: str) -> Response:
    cases = visit.installation.cases
    name, kind, text = form.text("case"), form.text("step"), form.text("text", _ANSWER_LONGEST)
    own = [case.id for case in cases.about(person.id, person.gardens)]
    if name not in own or kind not in (ANSWER, APPEAL):
        raise RefusedRequestError(404, "refused.no_page")
    if not text:
        return _page(visit, person, base, name)
    cases.take_step(name, kind, person.id, text)
    return RedirectResponse(f"{base}?answered=1", 303)


async def leave(request: Request) -> Response:
    """Take everything back that is one's own, and leave: no role, no session, no name from now on."""
    visit = visit_of(request)
    person = visit.require(Deed.OWN_SESSIONS, _own(visit).community)
    await read_form(visit)
    if not visit.is_protected and set(person.roles) - {MEMBER}:
        raise RefusedRequestError(403, "refused.plain_http")
    return await _leave(visit, person, "/")


async def leave_by_slip(request: Request) -> Response:
    """Take everything back by a slip, and leave."""
    visit = visit_of(request)
    await read_open_form(visit)
    return await _leave(visit, _holder(visit), f"/slip/{request.path_params['code']}")


async def _leave(visit: Visit, person: Person, back: str) -> Response:
    # Before anything is taken back: who may not leave yet keeps all of it.
    leave_for_good(visit, person)
    withdraw_all(visit, person)
    withdraw_events_of(visit, person)
    withdraw_plantings(visit, person, plantings_of(visit, person))
    withdraw_claims(visit, person)
    leave_decisions(visit, person)
    is_kept = await take_back(visit, person, entries_of_person(visit, person, _ENTRIES_MOST))
    return RedirectResponse(f"{back}?{'withdrawn' if is_kept else 'waits'}=1", 303)


async def draw_slip(request: Request) -> Response:
    """Draw a slip for whoever has a session, and show it once."""
    visit = visit_of(request)
    person = visit.require(Deed.OWN_SESSIONS, _own(visit).community)
    await read_form(visit)
    code = visit.installation.slips.draw(person.id)
    link = f"{visit.request.url.scheme}://{visit.request.headers['host']}/slip/{code}"
    return page(visit, "own_slip.html.j2", slip=grouped_code(code), link=link, picture=qr_picture(link))


def receipt(request: Request) -> Response:
    """Show what was taken back by whoever asks, to be printed."""
    visit = visit_of(request)
    return page(visit, "receipt.html.j2", receipt=receipt_of(visit, _own(visit)), back="/kept")


def receipt_by_slip(request: Request) -> Response:
    """Show what was taken back by the holder of a slip."""
    visit = visit_of(request)
    back = f"/slip/{request.path_params['code']}"
    return page(visit, "receipt.html.j2", receipt=receipt_of(visit, _holder(visit)), back=back)


def enter_slip(request: Request) -> Response:
    """Ask for the code of a slip."""
    return page(visit_of(request), "slip_code.html.j2", errors={}, code="")


async def take_slip(request: Request) -> Response:
    """Redirect from a slip to what it finds."""
    visit = visit_of(request)
    typed = (await read_open_form(visit)).text("code", 60)
    code = plain_code(typed)
    owners = (visit.installation.slips.person_of, partial(story_of_slip, visit), partial(role_of_slip, visit))
    if all(owner(code) is None for owner in owners):
        errors = {"code": visit.words.say("slip.wrong_code")}
        return page(visit, "slip_code.html.j2", 422, errors=errors, code=typed)
    return RedirectResponse(f"/slip/{code}", 303)


def name_of(entry: EntryRow) -> str:
    """Name an entry in forms: its counter and its key."""
    return f"{entry.counter}/{entry.key.epoch}/{entry.key.seq}"


ROUTES = (
    Route("/kept", own_data),
    Route("/kept/withdraw", withdraw, methods=["POST"]),
    Route("/kept/licence", give_under, methods=["POST"]),
    Route("/kept/answer", answer, methods=["POST"]),
    Route("/kept/leave", leave, methods=["POST"]),
    Route("/kept/slip", draw_slip, methods=["POST"]),
    Route("/kept/receipt", receipt),
    Route("/slip", enter_slip),
    Route("/slip", take_slip, methods=["POST"]),
    Route("/slip/{code}", data_by_slip),
    Route("/slip/{code}/withdraw", withdraw_by_slip, methods=["POST"]),
    Route("/slip/{code}/licence", give_under_by_slip, methods=["POST"]),
    Route("/slip/{code}/answer", answer_by_slip, methods=["POST"]),
    Route("/slip/{code}/leave", leave_by_slip, methods=["POST"]),
    Route("/slip/{code}/receipt", receipt_by_slip),
)
