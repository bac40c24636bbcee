"""Report something: anybody may, and nobody learns who did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.routing import Route

from sera_pages.accounts.cases import DECISION, ENTRY, EVENT, NAME, STORY, TITLE
from sera_pages.counting.entries import entries_of_garden, find_entry
from sera_pages.deciding.addresses import decision_of_address, reader_of
from sera_pages.deciding.wording import step_row
from sera_pages.errors import RefusedRequestError
from sera_pages.events.released import book_of, released_event
from sera_pages.stories.released import released_story, shelf_of
from sera_pages.stories.wording import title_words
from sera_pages.views.forms import read_open_form
from sera_pages.views.pages import page
from sera_pages.views.places import garden_of
from sera_pages.views.visit import visit_of
from sera_words.isolates import isolated, side_by_side

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Garden

TEXT_LONGEST: Final = 400
# Of each text of a step, which is there to be recognised.
_SHOWN_LONGEST: Final = 160


class Subject(NamedTuple):
    """What a report is about: kind, subject, garden, who gave it."""

    community: str
    kind: str
    subject: str
    garden: str = ""
    person: str = ""


def garden_form(request: Request) -> Response:
    """Ask what of a garden's page is wrong."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    return _form(visit, f"/gardens/{garden.id}/report", _of_garden(visit, garden), {})


def _of_garden(visit: Visit, garden: Garden) -> list[tuple[str, str]]:
    entries = entries_of_garden(visit, garden)
    title = [(TITLE, visit.words.say("report.title_of", title=isolated(garden.name)))] if garden.name else []
    return [
        *title,
        *(
            (entry.token, visit.words.say("form.problem_at", label=entry.when, problem=entry.words))
            for entry in entries
        ),
    ]


def workshop_form(request: Request) -> Response:
    """Ask which group's name is wrong."""
    visit = visit_of(request)
    workshop = request.path_params["workshop"]
    return _form(visit, f"/workshops/{workshop}/report", _of_workshop(visit), {})


def _of_workshop(visit: Visit) -> list[tuple[str, str]]:
    workshop = visit.installation.workshops.read(visit.request.path_params["workshop"])
    if workshop is None or visit.person is None or visit.person.community != workshop.community:
        raise RefusedRequestError(404, "refused.no_page")
    if workshop.are_names_hidden:
        return []
    return [
        (str(part.number), visit.words.say("report.name_of", number=part.number, name=isolated(part.name)))
        for part in visit.installation.participants.of(workshop.id)
        if part.name
    ]


def _back(visit: Visit, action: str) -> dict[str, Any]:
    """Return the address and the title of the page that is reported about."""
    if "decision" in visit.request.path_params:
        return {"back": action.removesuffix("/report"), "back_title": visit.words.say("decide.title")}
    if "item" in visit.request.path_params:
        is_story = "version" in visit.request.path_params
        title = visit.words.say("story.list" if is_story else "event.list")
        return {"back": action.removesuffix("/report"), "back_title": title}
    name = visit.request.path_params.get("garden")
    garden = garden_of(visit, name) if name is not None else None
    title = (garden.name or garden.id) if garden is not None else visit.words.say("workshop.title")
    return {"back": action.removesuffix("/report"), "back_title": title}


def _form(
    visit: Visit, action: str, options: list[tuple[str, str]], errors: dict[str, str], text: str = ""
) -> Response:
    return page(
        visit,
        "report.html.j2",
        422 if errors else 200,
        action=action,
        options=options,
        errors=errors,
        text=text,
        most=TEXT_LONGEST,
        **_back(visit, action),
    )


async def report_of_garden(request: Request) -> Response:
    """Take a report of a garden's title, or of an entry that its page shows."""
    visit = visit_of(request)
    garden = garden_of(visit, request.path_params["garden"])
    form = await read_open_form(visit)
    choice = form.text("about")
    options = _of_garden(visit, garden)
    subject = None
    if choice in dict(options):
        subject = Subject(garden.community, TITLE, garden.id, garden.id)
        if choice != TITLE:
            subject = _entry(visit, garden, choice)
    return _enter_report(
        visit, f"/gardens/{garden.id}/report", options, subject, form.text("text", TEXT_LONGEST)
    )


def _entry(visit: Visit, garden: Garden, token: str) -> Subject | None:
    record = find_entry(visit.installation, garden, token)
    node = visit.installation.registry.node(record.node) if record is not None else None
    if record is None or node is None:
        return None
    return Subject(garden.community, ENTRY, record.name, garden.id, node.person)


async def report_of_workshop(request: Request) -> Response:
    """Take a report of a group's name."""
    visit = visit_of(request)
    options = _of_workshop(visit)
    form = await read_open_form(visit)
    name, number, subject = request.path_params["workshop"], form.text("about"), None
    workshop = visit.installation.workshops.read(name)
    if workshop is not None and number in dict(options):
        parts = {str(part.number): part.person for part in visit.installation.participants.of(name)}
        subject = Subject(workshop.community, NAME, f"{name}/{number}", person=parts[number])
    return _enter_report(
        visit, f"/workshops/{name}/report", options, subject, form.text("text", TEXT_LONGEST)
    )


def _enter_report(
    visit: Visit, action: str, options: list[tuple[str, str]], subject: Subject | None, text: str
) -> Response:
    errors = {} if subject is not None else {"about": visit.words.say("log.choose")}
    if not text:
        errors["text"] = visit.words.say("report.say_why")
    if subject is None or errors:
        return _form(visit, action, options, errors, text)
    visit.installation.cases.report(
        subject.community, subject.kind, subject.subject, text, garden=subject.garden, person=subject.person
    )
    return page(visit, "reported.html.j2", **_back(visit, action))


def story_form(request: Request) -> Response:
    """Ask what is wrong with a story."""
    visit = visit_of(request)
    return _form(visit, request.url.path, _of_story(visit), {})


def _of_story(visit: Visit) -> list[tuple[str, str]]:
    view = released_story(visit, *_story_name(visit))
    return [(STORY, title_words(visit.words, view))]


def _story_name(visit: Visit) -> tuple[str, str, int]:
    parameters = visit.request.path_params
    return parameters["community"], parameters["item"], parameters["version"]


async def report_of_story(request: Request) -> Response:
    """Take a report of a story that the reporter may see."""
    visit = visit_of(request)
    options = _of_story(visit)
    form = await read_open_form(visit)
    community, item_id, version = _story_name(visit)
    shelf = shelf_of(visit, community)
    stored = shelf.find(item_id, version) if shelf is not None else None
    subject = None
    if form.text("about") == STORY and stored is not None:
        subject = Subject(community, STORY, f"{item_id}/{version}", person=stored.author)
    return _enter_report(visit, request.url.path, options, subject, form.text("text", TEXT_LONGEST))


def event_form(request: Request) -> Response:
    """Ask what is wrong with an event."""
    visit = visit_of(request)
    return _form(visit, request.url.path, _of_event(visit), {})


def _of_event(visit: Visit) -> list[tuple[str, str]]:
    parameters = visit.request.path_params
    view = released_event(visit, parameters["community"], parameters["item"])
    return [(EVENT, visit.words.say("event.title_of", title=isolated(view.event.title)))]


async def report_of_event(request: Request) -> Response:
    """Take a report of an event that the reporter may see."""
    visit = visit_of(request)
    options = _of_event(visit)
    form = await read_open_form(visit)
    community, item_id = request.path_params["community"], request.path_params["item"]
    book = book_of(visit, community)
    stored = book.find(item_id) if book is not None else None
    subject = None
    if form.text("about") == EVENT and stored is not None:
        subject = Subject(community, EVENT, item_id, person=stored.author)
    return _enter_report(visit, request.url.path, options, subject, form.text("text", TEXT_LONGEST))


_EVENT_REPORT: Final = "/communities/{community}/events/{item}/report"


def decision_form(request: Request) -> Response:
    """Ask what of a decision is wrong."""
    visit = visit_of(request)
    return _form(visit, request.url.path, _of_decision(visit), {})


def _of_decision(visit: Visit) -> list[tuple[str, str]]:
    community, _ = reader_of(visit)
    _, decision = decision_of_address(visit, community.id)
    rows = [step_row(visit.words, decision, step) for step in decision.steps]
    say = visit.words.say
    return [
        (
            str(row.number),
            say(
                "form.problem_at",
                label=say(f"decide.step_{row.kind}"),
                problem=side_by_side(row.parts.values(), most=_SHOWN_LONGEST),
            ),
        )
        for row in rows
        if row.parts
    ]


async def report_of_decision(request: Request) -> Response:
    """Take a report of what was said in a decision."""
    visit = visit_of(request)
    community, _ = reader_of(visit)
    _, decision = decision_of_address(visit, community.id)
    options, form = _of_decision(visit), await read_open_form(visit)
    number, subject = form.text("about"), None
    authors = {str(step.number): step.author for step in decision.steps}
    if number in dict(options):
        subject = Subject(community.id, DECISION, f"{decision.id}/{number}", person=authors[number])
    return _enter_report(visit, request.url.path, options, subject, form.text("text", TEXT_LONGEST))


_DECISION_REPORT: Final = "/communities/{community}/decisions/{decision}/report"
_STORY_REPORT: Final = "/communities/{community}/stories/{item}/{version:int}/report"

ROUTES = (
    Route(_EVENT_REPORT, event_form),
    Route(_EVENT_REPORT, report_of_event, methods=["POST"]),
    Route(_DECISION_REPORT, decision_form),
    Route(_DECISION_REPORT, report_of_decision, methods=["POST"]),
    Route(_STORY_REPORT, story_form),
    Route(_STORY_REPORT, report_of_story, methods=["POST"]),
    Route("/gardens/{garden}/report", garden_form),
    Route("/gardens/{garden}/report", report_of_garden, methods=["POST"]),
    Route("/workshops/{workshop}/report", workshop_form),
    Route("/workshops/{workshop}/report", report_of_workshop, methods=["POST"]),
)
