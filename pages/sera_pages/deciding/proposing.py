"""Make a proposal, and change its text while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio.to_thread
import msgspec
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_coalition.deciding.steps import NAME_LONGEST, TITLE_LONGEST, Proposal, State, body_problems
from sera_coalition.errors import InvalidStepError, RuleFileError, StepRefusedError
from sera_pages.deciding.addresses import address_of, decision_of_address, reader_of, rule_in_force
from sera_pages.deciding.listing import may_propose
from sera_pages.deciding.wording import rule_sentences
from sera_pages.errors import RefusedRequestError
from sera_pages.views.budgets import say_once_more
from sera_pages.views.forms import read_form
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from sera_coalition.deciding.rule import DecidingRule
    from sera_coalition.deciding.steps import Body
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

# More than may be kept, so that what is too long is said and not cut off.
WORDS_READ_MOST: Final = 1_000_000
_FIELDS: Final = ("title", "text", "reasons", "name")


def new(request: Request) -> Response:
    """Ask for a proposal."""
    visit = visit_of(request)
    community, rule, _ = _proposer(visit)
    return _page(visit, community, rule, dict.fromkeys(_FIELDS, ""), {}, "")


def _proposer(visit: Visit) -> tuple[Community, DecidingRule, str]:
    """Return the community, the rule that holds and its text, for whoever may propose."""
    community, person = reader_of(visit)
    text, rule, _ = rule_in_force(visit, community.id)
    if rule is None:
        raise RefusedRequestError(409, "decide.no_rule")
    if not may_propose(visit, community.id, person.id):
        raise RefusedRequestError(403, "refused.role")
    return community, rule, text


async def propose(request: Request) -> Response:
    """Enter a proposal, with the rule that holds now."""
    visit = visit_of(request)
    community, rule, text = _proposer(visit)
    form = await read_form(visit)
    typed, person = _typed(form), visit.person
    council = visit.installation.councils.of(community.id)

    def enter() -> str:
        proposal = msgspec.structs.replace(_proposal(typed), rule=text)
        return council.propose(proposal, person.id if person is not None else "")

    id_, errors = await attempt(visit, enter, _proposal(typed))
    if id_ is None:
        return _page(visit, community, rule, typed, errors, "")
    return RedirectResponse(f"{address_of(community.id, id_)}?kept=1", 303)


def _typed(form: Form) -> dict[str, str]:
    lines = {name: form.lines(name, WORDS_READ_MOST).strip() for name in ("text", "reasons")}
    return {
        "title": form.text("title", 2 * TITLE_LONGEST),
        "name": form.text("name", 2 * NAME_LONGEST),
        **lines,
    }


def _proposal(typed: Mapping[str, str]) -> Proposal:
    return Proposal(title=typed["title"], text=typed["text"], reasons=typed["reasons"], name=typed["name"])


async def attempt(
    visit: Visit, enter: Callable[[], str], body: Body | None = None, *, is_said: bool = True
) -> tuple[str | None, dict[str, str]]:
    """Do what somebody asked for in a thread; return what it gives, or what is wrong by field.

    What is wrong with what they wrote is said at once. What cannot be kept since the disk refuses is said at
    `room`, and what may not follow at `main`.

    Parameters
    ----------
    body
        What they wrote; None where it is held against its rules when it is entered.
    is_said
        Whether it is words, of which nobody enters as many as they like.
    """
    say = visit.words.say
    if body is not None and (problems := body_problems(body)):
        return None, _by_field(visit, problems)
    if is_said and visit.person is not None and (sentence := say_once_more(visit, visit.person.id)):
        return None, {"main": sentence}
    try:
        return await anyio.to_thread.run_sync(enter), {}
    except InvalidStepError as error:
        return None, _by_field(visit, [error])
    except StepRefusedError as error:
        return None, {"main": say(f"decide.refused_{error.code}")}
    except RuleFileError:
        return None, {"main": say("decide.no_rule")}
    except StoreUnusableError as error:
        visit.installation.log.warning("step_not_kept", detail=str(error))
        return None, {"room": say("story.no_room")}


def _by_field(visit: Visit, problems: Sequence[InvalidStepError]) -> dict[str, str]:
    families = {"too_few": "decide"}
    return {
        problem.field: visit.wrong_words(families.get(problem.code, "tell"), problem) for problem in problems
    }


def change(request: Request) -> Response:
    """Show the text of one's open proposal, to be changed."""
    visit = visit_of(request)
    community, person = reader_of(visit)
    _, decision = decision_of_address(visit, community.id)
    if decision.state is not State.OPEN or decision.text is None or decision.rule is None:
        raise RefusedRequestError(409, "decide.refused_closed")
    if decision.proposer != person.id:
        raise RefusedRequestError(403, "decide.refused_not_proposer")
    if not decision.rule.may_change(decision.begun_s, int(visit.installation.now_s())):
        raise RefusedRequestError(409, "decide.refused_late_change")
    typed = {name: getattr(decision.text, name) for name in _FIELDS}
    return _page(visit, community, decision.rule, typed, {}, decision.id)


async def put_change(request: Request) -> Response:
    """Keep another text in place of the one before."""
    visit = visit_of(request)
    community, person = reader_of(visit)
    form = await read_form(visit)
    council, decision = decision_of_address(visit, community.id)
    typed = _typed(form)
    if decision.rule is None:
        raise RefusedRequestError(409, "decide.refused_closed")

    def enter() -> str:
        council.change(decision.id, _proposal(typed), person.id)
        return decision.id

    id_, errors = await attempt(visit, enter, _proposal(typed))
    if id_ is None:
        return _page(visit, community, decision.rule, typed, errors, decision.id)
    return RedirectResponse(f"{address_of(community.id, id_)}?kept=1", 303)


def _page(
    visit: Visit,
    community: Community,
    rule: DecidingRule,
    typed: Mapping[str, str],
    errors: dict[str, str],
    decision: str,
) -> Response:
    return page(
        visit,
        "propose.html.j2",
        422 if errors else 200,
        community=community,
        decision=decision,
        typed=typed,
        errors=errors,
        sentences=rule_sentences(visit.words, rule),
        title_most=TITLE_LONGEST,
        name_most=NAME_LONGEST,
    )


ROUTES = (
    Route("/communities/{community}/decisions/new", new),
    Route("/decide/{community}", propose, methods=["POST"]),
    Route("/communities/{community}/decisions/{decision}/change", change),
    Route("/decide/{community}/{decision}/change", put_change, methods=["POST"]),
)
