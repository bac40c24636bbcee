"""Who may do what: the whole table, with and without somebody who could read along."""

from __future__ import annotations

import pytest

from sera_pages.accounts.roles import Deed, may
from sera_store.registry.persons import CURATOR, FACILITATOR, HOST, MEMBER, ROLES, STEWARD

# By deed: the roles that may do it where nobody can read along; the second, over plain http in a room.
TABLE = {
    Deed.COUNT: (set(ROLES), set(ROLES)),
    Deed.TELL: (set(ROLES), set(ROLES)),
    Deed.KEEP: (set(ROLES), set()),
    Deed.OFFER: (set(ROLES), set(ROLES)),
    Deed.RECEIVED: (set(ROLES), set(ROLES)),
    Deed.NEIGHBOURS: ({STEWARD}, set()),
    Deed.AUDIENCES: ({CURATOR, STEWARD}, set()),
    Deed.ARRANGE: ({HOST, FACILITATOR, CURATOR, STEWARD}, set()),
    Deed.CLAIM: (set(ROLES), set(ROLES)),
    Deed.DECIDE: (set(ROLES), set(ROLES)),
    Deed.DRAW: (set(ROLES), set(ROLES)),
    Deed.OWN_SESSIONS: (set(ROLES), set(ROLES)),
    Deed.SEE_LIVE: ({HOST, STEWARD}, set()),
    Deed.INVITE: ({FACILITATOR, STEWARD}, set()),
    Deed.PEOPLE: ({STEWARD}, set()),
    Deed.NODES: ({STEWARD}, set()),
    Deed.WORKSHOP: ({FACILITATOR, STEWARD}, set()),
    Deed.MODERATE: ({CURATOR, STEWARD}, set()),
    Deed.SETTINGS: ({HOST, STEWARD}, set()),
    Deed.REGISTRY: ({STEWARD}, set()),
}


@pytest.mark.parametrize("deed", Deed)
def test_each_role_may_what_the_table_says(deed: Deed) -> None:
    protected, open_ = TABLE[deed]
    assert {role for role in ROLES if may(deed, frozenset({role}), is_protected=True)} == protected
    assert {role for role in ROLES if may(deed, frozenset({role}), is_protected=False)} == open_


def test_who_has_left_may_nothing() -> None:
    assert not any(may(deed, frozenset(), is_protected=True) for deed in Deed)


def test_roles_add_up() -> None:
    both = frozenset({MEMBER, CURATOR, STEWARD})
    assert all(may(deed, both, is_protected=True) for deed in Deed)
