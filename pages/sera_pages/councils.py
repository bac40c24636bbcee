"""The councils of an installation: one a community, opened once and held for all threads that serve pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sera_coalition.deciding.ballots import Ballots
from sera_coalition.deciding.council import Council
from sera_store.chronicle.schema import communities_with_chronicle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_coalition.deciding.rule import DecidingRule
    from sera_pages.accounts.participants import Participants
    from sera_pages.shelves import Shelves
    from sera_store.registry.registry import Registry


class Councils:
    """The councils by community.

    Parameters
    ----------
    data
        The data folder.
    shelves
        Hold the chronicles, in which decisions are beside stories.
    registry, participants
        Who has which role; who came in by the code of a workshop, and decides nothing.
    clock
        Unix time [s].
    """

    def __init__(
        self,
        data: Path,
        shelves: Shelves,
        registry: Registry,
        participants: Participants,
        clock: Callable[[], float],
    ) -> None:
        self._data = data
        self._shelves = shelves
        self._registry = registry
        self._participants = participants
        self._clock = clock
        self._lock = threading.Lock()
        self._councils: dict[str, Council] = {}

    def of(self, community: str) -> Council:
        """Return the council of a community, begun where there is none.

        Raises
        ------
        StoreUnusableError
            Its chronicle or its votes cannot be used; the message names the path and the remedy.
        """
        chronicle = self._shelves.of(community).chronicle
        with self._lock:
            if community not in self._councils:

                def eligible(rule: DecidingRule) -> frozenset[str]:
                    return self.eligible(community, rule)

                ballots = Ballots.open(self._data, community)
                self._councils[community] = Council(chronicle, ballots, eligible, self._clock)
            return self._councils[community]

    def find(self, community: str) -> Council | None:
        """Return the council of a community; None where nothing was ever given there."""
        if community in self._councils or community in communities_with_chronicle(self._data):
            return self.of(community)
        return None

    def all(self) -> list[Council]:
        """List the councils of all communities in which something was given."""
        return [self.of(community) for community in communities_with_chronicle(self._data)]

    def eligible(self, community: str, rule: DecidingRule) -> frozenset[str]:
        """Return who may take part by a rule now: persons of the registry with such a role, and no guests."""
        roles, guests = set(rule.take_part), self._participants.guests()
        persons = self._registry.persons(community)
        return frozenset(person.id for person in persons if roles & set(person.roles)) - guests

    def close(self) -> None:
        """Close the votes; the chronicles are the shelves'."""
        with self._lock:
            for council in self._councils.values():
                council.ballots.close()
            self._councils.clear()
