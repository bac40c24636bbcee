"""The first way into the pages of a community: a link for its steward, printed by `sera up`."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

from sera_command.installation.installation import BY
from sera_pages.accounts.invitations import Invitations
from sera_pages.accounts.schema import open_accounts
from sera_store.registry.persons import MEMBER, STEWARD

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.registry.registry import Registry

_DAYS: Final = 1


def first_links(data: Path, registry: Registry, address: str) -> list[str]:
    """Make a link for each community that has no steward yet, and return a line for each.

    An earlier link that nobody used ends: only what was printed last opens anything.
    """
    lines = []
    with closing(open_accounts(data)) as accounts:
        invitations = Invitations(accounts, time.time)
        for community in registry.communities():
            if any(STEWARD in person.roles for person in registry.persons(community.id)):
                continue
            for invitation in invitations.open(community.id):
                if invitation.author == BY and STEWARD in invitation.roles:
                    invitations.cancel(invitation.id)
            code = invitations.make(community.id, {MEMBER, STEWARD}, BY, days=_DAYS)
            lines.append(f"Steward of {community.id}, once and within a day: {address}/join/{code}")
    return lines
