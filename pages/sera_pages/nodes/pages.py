"""For stewards: which nodes are silent or lack readings, worst first, and what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from sera_gateway.decode.reasons import REASONS
from sera_pages.accounts.roles import Deed
from sera_pages.views.moments import moment_words, timezone_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.plain_text import plain
from sera_store.records.dead_letters import OtherCommunities
from sera_store.registry.dated_entries import registered_s
from sera_store.registry.entities import PERSON
from sera_vocabulary.alert_rules import RULES_BY_CODE
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.topics import ROOT, VERSION

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Registry

SILENT_AFTER_S: Final = 24 * HOUR_S
_DEAD_LETTERS_MOST: Final = 100
_PAYLOAD_MOST: Final = 600

# Worst first.
NEVER: Final = "never"
SILENT: Final = "silent"
MISSING: Final = "missing"
REFUSED: Final = "refused"
AWAITED: Final = "awaited"
GOOD: Final = "good"
STATES: Final = (NEVER, SILENT, MISSING, REFUSED, AWAITED, GOOD)


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as its steward has to know it.

    Parameters
    ----------
    node, garden
        Its id, and where it stands.
    state
        One of `STATES`.
    silent_h
        Hours since its newest record was measured; None where there is none.
    missing, refused
        Records that it made and that are not here; refused messages that wait.
    """

    node: str
    garden: str
    state: str
    silent_h: int | None
    missing: int
    refused: int

    @property
    def is_doubtful(self) -> bool:
        """Whether it needs somebody."""
        return self.state not in (AWAITED, GOOD)


def node_states(visit: Visit, community: str) -> list[NodeState]:
    """Return the nodes of a community, worst first: no person is among them."""
    installation = visit.installation
    last_contact_s, now_s = installation.view.last_heard_s(), installation.now_s()
    missing = {
        extent.node: max(0, extent.top - extent.next + 1) for extent in installation.view.latest_extents()
    }
    refused: dict[str, int] = {}
    for (_, name), count in installation.view.dead_letters.counts(
        without=foreign_topics(visit, community)
    ).items():
        refused[name] = refused.get(name, 0) + count
    states = []
    for garden in installation.registry.gardens(community):
        for node in installation.registry.nodes(garden.id):
            if node.detector == PERSON:
                continue
            last_s = last_contact_s.get(node.id)
            silent_s = None if last_s is None else max(0, now_s - last_s)
            counts = (missing.get(node.id, 0), refused.get(node.id, 0))
            silent_h = None if silent_s is None else silent_s // HOUR_S
            title = garden.name or garden.id
            state = _first_state(installation.registry, node.id, now_s) if silent_s is None else ""
            states.append(
                NodeState(node.id, title, state or _state(silent_s or 0, *counts), silent_h, *counts)
            )
    return sorted(states, key=lambda row: (STATES.index(row.state), -(row.silent_h or 0), row.node))


def _first_state(registry: Registry, node: str, now_s: int) -> str:
    """Return the state of a node that was never heard: for its first hours that is as it should be."""
    age_s = now_s - registered_s(registry.history("node", node))
    return NEVER if age_s >= RULES_BY_CODE["never_heard"].look * HOUR_S else AWAITED


def _state(silent_s: int, missing: int, refused: int) -> str:
    if silent_s >= SILENT_AFTER_S:
        return SILENT
    return MISSING if missing else REFUSED if refused else GOOD


def foreign_topics(visit: Visit, community: str) -> OtherCommunities:
    """Return what is of other communities here: their nodes, and their topics."""
    registry = visit.installation.registry
    names = [entity.id for entity in registry.communities() if entity.id != community]
    gardens = [garden.id for name in names for garden in registry.gardens(name)]
    nodes = [node.id for garden in gardens for node in registry.nodes(garden)]
    return OtherCommunities(tuple(nodes), tuple([f"{ROOT}/{VERSION}/{name}/" for name in names]))


def nodes(request: Request) -> Response:
    """Show the nodes of a community, worst first."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.NODES, community.id)
    states = node_states(visit, community.id)
    counts = visit.installation.view.dead_letters.counts(without=foreign_topics(visit, community.id))
    letters = sum(counts.values())
    doubtful = sum(row.is_doubtful for row in states)
    return page(
        visit, "nodes.html.j2", community=community, states=states, doubtful=doubtful, letters=letters
    )


def dead_letters(request: Request) -> Response:
    """Show messages that were refused, each with its meaning and what to do."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.NODES, community.id)
    without = foreign_topics(visit, community.id)
    letters = visit.installation.view.dead_letters.list(limit=_DEAD_LETTERS_MOST, without=without)
    timezone = timezone_of(visit, community.id)
    counts: dict[str, int] = {}
    for (reason, _), count in visit.installation.view.dead_letters.counts(without=without).items():
        counts[reason] = counts.get(reason, 0) + count
    return page(
        visit,
        "dead_letters.html.j2",
        community=community,
        letters=letters,
        counts=sorted(counts.items(), key=lambda row: -row[1]),
        rejection=lambda code, part: _rejection_words(visit, code, part),
        payload_text=_payload_text,
        when=lambda time_s: moment_words(visit, time_s, timezone),
        total=sum(counts.values()),
    )


def _rejection_words(visit: Visit, code: str, part: str) -> str:
    """Write what a reason means, or what to do; a code of a later version stands for itself."""
    if code not in REASONS:
        return code if part == "meaning" else ""
    return visit.words.figures.rejection(code, part, getattr(REASONS[code], part))


def _payload_text(payload: bytes) -> str:
    return plain(payload.decode(errors="replace"), _PAYLOAD_MOST)


ROUTES = (
    Route("/communities/{community}/nodes", nodes),
    Route("/communities/{community}/dead-letters", dead_letters),
)
