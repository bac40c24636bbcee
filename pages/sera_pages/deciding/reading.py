"""One decision as a page, with what its reader may do about it; and its minutes as Markdown."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from sera_coalition.deciding.decision import refusal_of
from sera_coalition.deciding.steps import NAME_LONGEST, WORDS_LONGEST, Proposal, State, StepKind
from sera_coalition.rule_files import digest_of
from sera_pages.deciding.addresses import address_of, decision_of_address, reader_of
from sera_pages.deciding.listing import place_words
from sera_pages.deciding.minutes import minutes_of
from sera_pages.deciding.wording import rows_of, rule_sentences, sums_of, title_of
from sera_pages.views.pages import page
from sera_pages.views.visit import visit_of
from sera_store.chronicle.head_words import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from sera_coalition.deciding.council import Council
    from sera_coalition.deciding.decision import Decision
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

_NO_FIELDS: Mapping[str, str] = MappingProxyType({})


def decision(request: Request) -> Response:
    """Show one decision."""
    visit = visit_of(request)
    community, _ = reader_of(visit)
    council, decision = decision_of_address(visit, community.id)
    return decision_page(visit, community, council, decision)


def decision_page(
    visit: Visit,
    community: Community,
    council: Council,
    decision: Decision,
    status: int = 200,
    typed: Mapping[str, str] = _NO_FIELDS,
    errors: Mapping[str, str] = _NO_FIELDS,
) -> Response:
    """Show one decision, with what was typed in one of its forms and what is wrong there."""
    words, reader = visit.words, visit.person.id if visit.person is not None else ""
    texts = rows_of(words, decision, StepKind.PROPOSAL, reader)
    return page(
        visit,
        "decision.html.j2",
        status,
        community=community,
        decision=decision,
        address=address_of(community.id, decision.id),
        title=title_of(words, decision),
        where=place_words(visit, community.id, decision),
        text=texts[-1],
        earlier=texts[:-1],
        objections=rows_of(words, decision, StepKind.OBJECTION, reader),
        comments=rows_of(words, decision, StepKind.COMMENT, reader),
        decided=decision.result.text if decision.result is not None else "",
        sums=sums_of(words, decision.result) if decision.result is not None else [],
        sentences=rule_sentences(words, decision.rule) if decision.rule is not None else [],
        digest=digest_of(rule_text(decision)),
        may=_may(visit, council, decision, reader),
        is_kept="kept" in visit.request.query_params,
        typed=typed,
        errors=errors,
        name_most=NAME_LONGEST,
        words_most=WORDS_LONGEST,
    )


def rule_text(decision: Decision) -> str:
    """Return the text of the rule with which a decision began."""
    if decision.result is not None:
        return decision.result.rule
    first = decision.steps[0].body
    return first.rule if isinstance(first, Proposal) else ""


def _may(visit: Visit, council: Council, decision: Decision, reader: str) -> dict[str, Any]:
    """Return what a reader may do about a decision now, and what they are told of votes."""
    is_open = decision.state is State.OPEN and visit.installation.now_s() < decision.ends_s
    takes_part = is_open and reader in council.eligible(decision)
    return {
        "comment": is_open,
        "vote": takes_part and reader not in decision.objectors,
        "object": takes_part and reader not in decision.objectors,
        "has_no_part": is_open and not takes_part,
        "has_voted": is_open and council.has_voted(decision, reader),
        "has_quorum": is_open and council.has_quorum(decision),
        "change": refusal_of(decision, StepKind.PROPOSAL, reader, int(visit.installation.now_s())) == "",
        "withdraw": decision.text is not None and reader == decision.proposer,
        "lift": is_open,
    }


def minutes(request: Request) -> Response:
    """Answer with the minutes of a decision, to be kept elsewhere."""
    visit = visit_of(request)
    community, _ = reader_of(visit)
    council, decision = decision_of_address(visit, community.id)
    head = council.book.chronicle.head()
    where = place_words(visit, community.id, decision)
    text = minutes_of(
        visit.words, decision, where, rule_text(decision), words_of(head) if head is not None else ""
    )
    name = {"content-disposition": f'attachment; filename="minutes-{decision.id[:8]}.md"'}
    return Response(text, media_type="text/markdown", headers=name)


ROUTES = (
    Route("/communities/{community}/decisions/{decision}", decision),
    Route("/communities/{community}/decisions/{decision}/minutes.md", minutes),
)
