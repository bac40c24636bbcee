"""Let no sender wait behind another one's backlog: who sends little goes before who sends much at once."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.journal import Entry, JournalReader

# So far behind, the ledger looks ahead; less than this it takes within a second or two.
BEHIND_MESSAGES: Final = 2_000
LOOKED_AT_ONCE: Final = 100_000
AHEAD_AT_ONCE: Final = 500
# A sender may send so much at once, and so much a second for ever, and is still taken before its turn.
BURST_MESSAGES: Final = 5.0
STEADY_MESSAGES_S: Final = 2.0
_SENDERS_MOST: Final = 100_000


class FairOrder:
    """Chooses messages to take before their turn.

    Messages of one sender are never taken out of their order: once one of them has to wait for its turn, all
    later ones wait too, until it was taken.

    Parameters
    ----------
    journal
        What is looked through, by topics and times of arrival alone.
    foreign_sender
        Tells whose a message of another maker's device is, by topic and time of arrival [ns]: messages that
        may claim the same key have the same sender.
    """

    def __init__(self, journal: JournalReader, foreign_sender: Callable[[str, int], str]) -> None:
        self._journal = journal
        self._foreign_sender = foreign_sender
        self._looked = 0
        self._waiting: dict[str, int] = {}
        # How many messages a sender may still send at once, and when that was [ns].
        self._allowances: dict[str, tuple[float, int]] = {}
        self._chosen: list[int] = []
        self._given_up_to = 0
        self.is_behind = False

    def choose(self, after: int, last: int) -> list[Entry]:
        """Return messages above the cursor `after`, up to `last`, that may be taken now."""
        self.is_behind = last - after >= BEHIND_MESSAGES
        if after < self._given_up_to:
            return []
        if not self.is_behind or self._looked < after:
            self.begin(after)
        if not self.is_behind:
            return []
        if len(self._chosen) < AHEAD_AT_ONCE:
            self._look(after, last)
        count = min(AHEAD_AT_ONCE, bisect_right(self._chosen, last))
        chosen, self._chosen = self._chosen[:count], self._chosen[count:]
        found = (self._journal.entry(number) for number in chosen if number > after)
        return [entry for entry in found if entry is not None]

    def give_up(self) -> None:
        """Note that what was chosen was not taken: all that was looked at waits for its turn."""
        self._given_up_to = self._looked
        self._chosen = []

    def begin(self, after: int) -> None:
        """Forget what was looked at: the cursor is here, or senders may be others now."""
        self._looked, self._chosen = after, []
        self._waiting.clear()
        self._allowances.clear()

    def _look(self, after: int, last: int) -> None:
        if len(self._allowances) > _SENDERS_MOST:
            self._allowances.clear()
        for number, received_ns, topic in self._journal.heads(self._looked, LOOKED_AT_ONCE):
            if number > last:
                break
            self._looked = number
            name = _node(topic) or self._foreign_sender(topic, received_ns)
            if self._waiting.get(name, 0) <= after and self._is_allowed(name, received_ns):
                self._chosen.append(number)
            else:
                self._waiting[name] = number

    def _is_allowed(self, name: str, at_ns: int) -> bool:
        left, before_ns = self._allowances.get(name, (BURST_MESSAGES, at_ns))
        if at_ns > before_ns:
            left = min(BURST_MESSAGES, left + (at_ns - before_ns) / 1_000_000_000 * STEADY_MESSAGES_S)
        allowed = left >= 1
        self._allowances[name] = (left - 1 if allowed else left, at_ns)
        return allowed


@lru_cache(maxsize=_SENDERS_MOST)
def _node(topic: str) -> str | None:
    parsed = topics.parse(topic)
    return None if parsed is None else parsed[1]
