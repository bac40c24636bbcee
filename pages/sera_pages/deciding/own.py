"""What somebody gave to decisions, on the page of what is kept about them: listed, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from sera_coalition.errors import StepRefusedError
from sera_pages.deciding.wording import day_of, step_row, title_of
from sera_pages.errors import RefusedRequestError
from sera_pages.views.own_entries import own_routes
from sera_words.isolates import isolated

if TYPE_CHECKING:
    from starlette.responses import Response

    from sera_coalition.deciding.book import OwnStep
    from sera_coalition.deciding.decision import Decision
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Person


def steps_of(visit: Visit, person: Person) -> list[OwnStep]:
    """List what a person gave to decisions and did not take back."""
    council = visit.installation.councils.find(person.community)
    return council.book.by_author(person.id) if council is not None else []


def votes_of(visit: Visit, person: Person) -> list[Decision]:
    """List the open decisions in which a person has a vote."""
    council = visit.installation.councils.find(person.community)
    return council.votes_of(person.id) if council is not None else []


def step_lines(visit: Visit, person: Person) -> list[tuple[str, str]]:
    """Put what a person gave into lines: its number, and what it is."""
    return [(str(own.step.number), _line(visit, own)) for own in steps_of(visit, person)]


def _line(visit: Visit, own: OwnStep) -> str:
    say, row = visit.words.say, step_row(visit.words, own.decision, own.step)
    title = row.parts.get("title") or title_of(visit.words, own.decision)
    kind = say(f"decide.step_{own.step.kind.value}")
    day = day_of(visit.words, own.step)
    return say("form.problem_at", label=kind, problem=visit.words.figures.clauses(isolated(title), day))


def vote_lines(visit: Visit, person: Person) -> list[tuple[str, str]]:
    """Put a person's votes into lines: the decision's id and its title, never how they voted."""
    return [(decision.id, title_of(visit.words, decision)) for decision in votes_of(visit, person)]


def withdraw_all(visit: Visit, person: Person) -> None:
    """Take back all that a person gave to decisions, and their votes: they leave."""
    council = visit.installation.councils.find(person.community)
    if council is not None:
        council.withdraw_all(person.id)


def _withdraw(visit: Visit, person: Person, form: Form, back: str) -> Response:
    council = visit.installation.councils.find(person.community)
    number, decision = form.text("step"), form.text("decision")
    if council is None or not (number.isdecimal() or decision):
        raise RefusedRequestError(404, "refused.no_entry")
    try:
        if decision:
            council.take_vote_back(decision, person.id)
        else:
            council.take_back([int(number)], person.id)
    except StepRefusedError as error:
        raise RefusedRequestError(404, "refused.no_entry") from error
    return RedirectResponse(f"{back}?withdrawn=1", 303)


ROUTES = own_routes("decisions", _withdraw)
