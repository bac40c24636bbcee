"""What a person may do, by role and by how the request came: one table, so that it is tested as one."""

from __future__ import annotations

from enum import Enum
from typing import Final

from sera_store.registry.persons import CURATOR, FACILITATOR, HOST, MEMBER, STEWARD


class Deed(Enum):
    """Something that needs a session."""

    COUNT = "count"
    """Count insects, write in a garden's log, and correct or withdraw what one entered."""
    TELL = "tell"
    """Tell stories and recipes, and take back what one told."""
    KEEP = "keep"
    """Agree, as one of those who hold something, on who may see it."""
    ARRANGE = "arrange"
    """Enter events, change, cancel and take back one's own."""
    OFFER = "offer"
    """Give surplus on the community's table."""
    CLAIM = "claim"
    """Check claims against the open report, enter them, and take back what one entered."""
    DECIDE = "decide"
    """Read what is proposed, comment, and take part by the rule of a proposal."""
    DRAW = "draw"
    """Draw on beds of the community's gardens."""
    OWN_SESSIONS = "own sessions"
    """See and end the sessions of one's own."""
    SEE_LIVE = "see live"
    """See what was entered and measured within the last day."""
    INVITE = "invite"
    """Invite people to a community."""
    PEOPLE = "people"
    """See who is in a community, and end sessions of others."""
    NODES = "nodes"
    """See the nodes of a community, and messages that were refused."""
    WORKSHOP = "workshop"
    """Start a workshop, run it from the remote, and freeze it; have a pack made."""
    MODERATE = "moderate"
    """See what was reported, and hide it or leave it, with a reason."""
    AUDIENCES = "audiences"
    """Define who an audience of the community is, and its season."""
    RECEIVED = "received"
    """See what a neighbouring community gave."""
    NEIGHBOURS = "neighbours"
    """Give a neighbouring community what was agreed, and take in what it gives."""
    SETTINGS = "settings"
    """Change a garden's title, consent and soil."""
    REGISTRY = "registry"
    """See the registry of a community, and enter what is new or other in it: nodes, devices, districts."""


_ALL_ROLES: Final = frozenset({MEMBER, HOST, FACILITATOR, CURATOR, STEWARD})
ROLES_OF: Final[dict[Deed, frozenset[str]]] = {
    Deed.COUNT: _ALL_ROLES,
    Deed.TELL: _ALL_ROLES,
    Deed.KEEP: _ALL_ROLES,
    Deed.ARRANGE: frozenset({HOST, FACILITATOR, CURATOR, STEWARD}),
    Deed.OFFER: _ALL_ROLES,
    Deed.CLAIM: _ALL_ROLES,
    Deed.DECIDE: _ALL_ROLES,
    Deed.DRAW: _ALL_ROLES,
    Deed.OWN_SESSIONS: _ALL_ROLES,
    Deed.SEE_LIVE: frozenset({HOST, STEWARD}),
    Deed.INVITE: frozenset({FACILITATOR, STEWARD}),
    Deed.PEOPLE: frozenset({STEWARD}),
    Deed.NODES: frozenset({STEWARD}),
    Deed.WORKSHOP: frozenset({FACILITATOR, STEWARD}),
    Deed.MODERATE: frozenset({CURATOR, STEWARD}),
    Deed.AUDIENCES: frozenset({CURATOR, STEWARD}),
    Deed.RECEIVED: _ALL_ROLES,
    Deed.NEIGHBOURS: frozenset({STEWARD}),
    Deed.SETTINGS: frozenset({HOST, STEWARD}),
    Deed.REGISTRY: frozenset({STEWARD}),
}
# Over plain http in a room a cookie can be copied: who has it may do these, and no more.
OVER_PLAIN_HTTP: Final = frozenset(
    {Deed.COUNT, Deed.CLAIM, Deed.DECIDE, Deed.DRAW, Deed.TELL, Deed.OFFER, Deed.RECEIVED, Deed.OWN_SESSIONS}
)


def may(deed: Deed, roles: frozenset[str], *, is_protected: bool) -> bool:
    """Return whether roles allow a deed.

    Parameters
    ----------
    deed
        What is to be done.
    roles
        Of the person, in the community that it concerns.
    is_protected
        Whether the request came over https, or from this machine itself.
    """
    return bool(roles & ROLES_OF[deed]) and (is_protected or deed in OVER_PLAIN_HTTP)
