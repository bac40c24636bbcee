"""What somebody does about a decision: vote, comment, object, lift, take back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_coalition.deciding.steps import NAME_LONGEST, Choice, Comment, Lifting, Objection
from sera_pages.deciding.addresses import address_of, decision_of_address, reader_of
from sera_pages.deciding.proposing import WORDS_READ_MOST, attempt
from sera_pages.deciding.reading import decision_page
from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_coalition.deciding.council import Council
    from sera_coalition.deciding.decision import Decision
    from sera_pages.views.forms import Form

    Act = Callable[[Council, str, dict[str, str], str], None]

# The forms have the same words in other fields, so that each has ids of its own on the page.
_FIELDS = {
    "vote": ("choice",),
    "comment": ("comment", "comment_name"),
    "objection": ("reason", "change", "objection_name"),
    "lifting": ("objection", "lifting"),
    "withdrawal": ("step",),
}
# What a field of a step is called on the page.
_FIELDS_BY_ACT = {
    "comment": {"text": "comment", "name": "comment_name"},
    "objection": {"name": "objection_name"},
    "lifting": {"text": "lifting"},
}
# A vote takes the place of the one before, and who takes back only does so.
_UNSAID = ("vote", "withdrawal")
_CONFLICT, _WRONG = 409, 422


def _vote(council: Council, id_: str, typed: dict[str, str], person: str) -> None:
    council.vote(id_, Choice(typed["choice"]), person)


def _comment(council: Council, id_: str, typed: dict[str, str], person: str) -> None:
    council.comment(id_, Comment(text=typed["comment"], name=typed["comment_name"]), person)


def _objection(typed: dict[str, str]) -> Objection:
    return Objection(reason=typed["reason"], change=typed["change"], name=typed["objection_name"])


def _object(council: Council, id_: str, typed: dict[str, str], person: str) -> None:
    council.raise_objection(id_, _objection(typed), person)


def _lift(council: Council, id_: str, typed: dict[str, str], person: str) -> None:
    council.lift(id_, Lifting(objection=_number(typed["objection"]), text=typed["lifting"]), person)


def _withdraw(council: Council, id_: str, typed: dict[str, str], person: str) -> None:
    number = _number(typed["step"])
    own = [own_step for own_step in council.book.by_author(person) if own_step.step.number == number]
    if not own or own[0].decision.id != id_:
        raise RefusedRequestError(404, "refused.no_entry")
    council.take_back([number], person)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < len("1000000000") else 0


ACTS: dict[str, Act] = {
    "vote": _vote,
    "comment": _comment,
    "objection": _object,
    "lifting": _lift,
    "withdrawal": _withdraw,
}


async def act(request: Request) -> Response:
    """Do one of `ACTS`; what cannot be is said beside its field, with all that was typed."""
    visit = visit_of(request)
    community, person = reader_of(visit)
    form, kind = await read_form(visit), request.path_params["act"]
    if kind not in ACTS:
        raise RefusedRequestError(404, "refused.no_page")
    council, decision = decision_of_address(visit, community.id)
    typed = _typed(form, kind)
    errors = _unchosen(kind, typed, visit.words.say("tell.wrong_choose"))
    if not errors:

        def enter() -> str:
            ACTS[kind](council, decision.id, typed, person.id)
            return decision.id

        body = _objection(typed) if kind == "objection" else None
        _, errors = await attempt(visit, enter, body, is_said=kind not in _UNSAID)
    if errors:
        names = _FIELDS_BY_ACT.get(kind, {})
        placed = {names.get(field, field): sentence for field, sentence in errors.items()}
        status = _CONFLICT if "main" in placed else _WRONG
        return decision_page(visit, community, council, _again(council, decision), status, typed, placed)
    return RedirectResponse(f"{address_of(community.id, decision.id)}?kept=1", 303)


def _again(council: Council, decision: Decision) -> Decision:
    """Return a decision as it is now: somebody else may have been faster."""
    return council.book.find(decision.id) or decision


def _typed(form: Form, kind: str) -> dict[str, str]:
    return {
        name: form.text(name, 2 * NAME_LONGEST)
        if name in ("choice", "objection", "step") or name.endswith("_name")
        else form.lines(name, WORDS_READ_MOST).strip()
        for name in _FIELDS[kind]
    }


def _unchosen(kind: str, typed: dict[str, str], sentence: str) -> dict[str, str]:
    is_missing = kind == "vote" and typed["choice"] not in [choice.value for choice in Choice]
    return {"choice": sentence} if is_missing else {}


ROUTES = (Route("/decide/{community}/{decision}/{act}", act, methods=["POST"]),)
