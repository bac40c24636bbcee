"""The decisions of a community, those that are open first, and its rule in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from sera_coalition.deciding.rule import PURPOSE
from sera_coalition.deciding.steps import State
from sera_coalition.rule_files import digest_of, rule_path
from sera_pages.accounts.roles import Deed
from sera_pages.deciding.addresses import address_of, rule_in_force
from sera_pages.deciding.wording import rule_sentences, state_sentence, title_of
from sera_pages.views.moments import moment_words, timezone_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_coalition.deciding.decision import Decision
    from sera_pages.views.visit import Visit


def decisions(request: Request) -> Response:
    """List the decisions of a community for its people; others read its rule alone."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    may_read = visit.may(Deed.DECIDE, community.id)
    council = visit.installation.councils.find(community.id) if may_read else None
    lines = [_line(visit, community.id, decision) for decision in council.book.all()] if council else []
    _, rule, _ = rule_in_force(visit, community.id)
    own = visit.person.id if visit.person is not None else ""
    return page(
        visit,
        "decisions.html.j2",
        community=community,
        may_read=may_read,
        may_propose=may_read and rule is not None and may_propose(visit, community.id, own),
        open_now=[line for line in lines if line[0] == State.OPEN],
        ended=[line for line in lines if line[0] != State.OPEN],
    )


def _line(visit: Visit, community: str, decision: Decision) -> tuple[str, str, str, str]:
    """Put a decision into a line: its state, address, title, and where it is."""
    address, title = address_of(community, decision.id), title_of(visit.words, decision)
    return decision.state.value, address, title, place_words(visit, community, decision)


def place_words(visit: Visit, community: str, decision: Decision) -> str:
    """Write where a decision is, with the moment at which its days are over."""
    is_over = visit.installation.now_s() >= decision.ends_s
    timezone = timezone_of(visit, community)
    until = "" if is_over else moment_words(visit, decision.ends_s, timezone)
    return state_sentence(visit.words, decision, until)


def may_propose(visit: Visit, community: str, person: str) -> bool:
    """Return whether a person may make a proposal by the rule that holds now."""
    _, rule, _ = rule_in_force(visit, community)
    entity = visit.installation.registry.person(person) if person else None
    if rule is None or entity is None or not set(rule.propose) & set(entity.roles):
        return False
    return person in visit.installation.councils.eligible(community, rule)


def rule_page(request: Request) -> Response:
    """Show the rule of a community in plain words and as its file says it, to everybody."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    text, rule, problems = rule_in_force(visit, community.id)
    path = rule_path(visit.installation.folder, PURPOSE, community.id)
    return page(
        visit,
        "decision_rule.html.j2",
        community=community,
        sentences=rule_sentences(visit.words, rule) if rule is not None else [],
        text=text,
        digest=digest_of(text),
        problems=problems,
        is_own_rule=path.is_file(),
    )


ROUTES = (
    Route("/communities/{community}/decisions", decisions),
    Route("/communities/{community}/decisions/rule", rule_page),
)
