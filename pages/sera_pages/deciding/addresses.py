"""The council and the decision that an address names, for whoever may read there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_coalition.deciding.rule import PURPOSE, read_deciding_rule, rule_text_of
from sera_coalition.errors import RuleFileError
from sera_coalition.rule_files import rule_path
from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.views.places import community_of

if TYPE_CHECKING:
    from sera_coalition.deciding.council import Council
    from sera_coalition.deciding.decision import Decision
    from sera_coalition.deciding.rule import DecidingRule
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community, Person


def reader_of(visit: Visit) -> tuple[Community, Person]:
    """Return the community of an address, and who reads there.

    Raises
    ------
    RefusedRequestError
        There is no such community (404), no session (401), or it is of another community (403).
    """
    community = community_of(visit, visit.request.path_params["community"])
    return community, visit.require(Deed.DECIDE, community.id)


def decision_of_address(visit: Visit, community: str) -> tuple[Council, Decision]:
    """Return the decision that an address names.

    Raises
    ------
    RefusedRequestError
        There is none (404).
    """
    council = visit.installation.councils.find(community)
    decision = council.book.find(visit.request.path_params["decision"]) if council is not None else None
    if council is None or decision is None:
        raise RefusedRequestError(404, "refused.no_page")
    return council, decision


def rule_in_force(visit: Visit, community: str) -> tuple[str, DecidingRule | None, tuple[str, ...]]:
    """Return the text of a community's rule and the rule; or None and what is wrong with it, by line."""
    folder = visit.installation.folder
    try:
        text = rule_text_of(folder, community)
        return text, read_deciding_rule(text, rule_path(folder, PURPOSE, community).name, community), ()
    except RuleFileError as error:
        return "", None, error.problems
    except OSError as error:
        return "", None, (str(error.strerror),)


def address_of(community: str, decision: str) -> str:
    """Return the address of a decision: drawn ids alone, no title."""
    return f"/communities/{community}/decisions/{decision}"
