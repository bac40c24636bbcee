"""Judge times by a clock that may have been behind: a message arrives no earlier than the one before it.

A gateway that wakes without a clock of its own dates arrivals too early. Until its clock passes the latest arrival
it had seen, that one is the time by which times of measurement are judged. Where it runs on behind for a whole day,
it is the latest arrival that must have been wrong, and the clock is believed again. All of it follows from the
journal alone, so that a rebuild judges alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.journal import Entry
    from sera_store.ledger import LedgerWrites

LATEST_CURSOR: Final = "latest_arrival"
_SINCE_CURSOR: Final = "clock_behind_since"
# Time servers step a clock back by less.
BEHIND_LEAST_NS: Final = 60 * 1_000_000_000
_BELIEVED_AFTER_NS: Final = 86_400 * 1_000_000_000
# After such a step forward, what lay too far ahead may lie so no more.
_STEP_LEAST_NS: Final = 3600 * 1_000_000_000


class Arrivals:
    """The arrivals of one chunk, beside those before it.

    Parameters
    ----------
    writes
        A transaction, for what is known of the arrivals before.
    """

    def __init__(self, writes: LedgerWrites) -> None:
        self._before_ns = self._latest_ns = writes.position(LATEST_CURSOR)
        self._since_ns = writes.position(_SINCE_CURSOR)

    def judge(self, entries: Sequence[Entry]) -> list[int]:
        """Return for each message the time that has passed for sure when it arrived, Unix time [ns]."""
        return [self._judge(entry.received_ns) for entry in entries]

    def _judge(self, received_ns: int) -> int:
        if received_ns >= self._latest_ns - BEHIND_LEAST_NS:
            self._since_ns = 0
        elif not self._since_ns:
            self._since_ns = received_ns
        elif received_ns - self._since_ns > _BELIEVED_AFTER_NS:
            self._latest_ns, self._since_ns = received_ns, 0
        self._latest_ns = max(self._latest_ns, received_ns)
        return self._latest_ns

    def note(self, writes: LedgerWrites) -> bool:
        """Note how far arrivals have come; return whether the clock has made a step forward."""
        writes.move(LATEST_CURSOR, self._latest_ns)
        writes.move(_SINCE_CURSOR, self._since_ns)
        return bool(self._before_ns) and self._latest_ns - self._before_ns > _STEP_LEAST_NS


def begin_again(writes: LedgerWrites, latest_ns: int) -> None:
    """Go back to an earlier arrival, where the journal is an older one than the store's."""
    writes.move(LATEST_CURSOR, latest_ns)
    writes.move(_SINCE_CURSOR, 0)
