"""Judge times by a clock that may have been behind: no message arrives earlier than the one before it.

A gateway that wakes without a clock of its own dates arrivals too early. Until its clock passes the latest
arrival it had seen, that one is the time by which times of measurement are judged. Where it runs on behind
for a whole day, it is the latest arrival that must have been wrong, and the clock is believed again. All of
it follows from the journal alone, so that a rebuild judges alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway.decode.decoded import Reference
from sera_gateway.journal.message import OWN_QOS
from sera_store.database.cursors import LATEST_CURSOR
from sera_store.ledger.clock_spans import ClockSpan
from sera_vocabulary.durations import DAY_S, HOUR_S, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.journal.journal import Entry
    from sera_store.ledger.transaction import LedgerTransaction

# The last arrival, since when the clock is behind, and by what letters were tried again [ns].
_LAST_CURSOR: Final = "last_arrival"
_SINCE_CURSOR: Final = "clock_behind_since"
_STEP_CURSOR: Final = "clock_step"
# Time servers step a clock back by less.
BEHIND_LEAST_NS: Final = 60 * SECOND_NS
_BELIEVED_AFTER_NS: Final = DAY_S * SECOND_NS
# After such a step forward, what lay too far ahead may lie so no more.
_STEP_LEAST_NS: Final = HOUR_S * SECOND_NS


class Arrivals:
    """The arrivals of one chunk after those before it.

    Parameters
    ----------
    transaction
        A transaction, for what is known of the arrivals before.
    """

    def __init__(self, transaction: LedgerTransaction) -> None:
        self._latest_ns = transaction.cursors.position(LATEST_CURSOR)
        self._last_ns = transaction.cursors.position(_LAST_CURSOR)
        self._since_ns = transaction.cursors.position(_SINCE_CURSOR)
        self._step_ns = 0
        self._span = transaction.clock_spans.find(transaction.cursor()) if self._since_ns else None
        self._spans: dict[int, ClockSpan] = {}

    def judge(self, entries: Sequence[Entry]) -> list[Reference]:
        """Return for each message by what its times are judged."""
        references: list[Reference] = []
        for entry in entries:
            arrived_s = self._judge(entry) // SECOND_NS
            # Many messages arrive within one second.
            is_like_last = bool(references) and references[-1].arrived_s == arrived_s
            references.append(references[-1] if is_like_last else Reference.of(arrived_s))
        return references

    def _judge(self, entry: Entry) -> int:
        if entry.qos == OWN_QOS:
            # What is left of an erased message tells only the day.
            return max(self._latest_ns, entry.received_ns)
        received_ns = entry.received_ns
        if received_ns >= self._latest_ns - BEHIND_LEAST_NS:
            self._since_ns, self._span = 0, None
        elif not self._since_ns:
            self._since_ns = received_ns
        elif received_ns - self._since_ns > _BELIEVED_AFTER_NS:
            self._latest_ns, self._since_ns, self._span = received_ns, 0, None
        if self._since_ns:
            self._widen(entry)
        self._latest_ns = max(self._latest_ns, received_ns)
        if self._last_ns and received_ns - self._last_ns > _STEP_LEAST_NS:
            self._step_ns = self._latest_ns
        self._last_ns = received_ns
        return self._latest_ns

    def _widen(self, entry: Entry) -> None:
        behind_ns = self._latest_ns - entry.received_ns
        before = self._span or ClockSpan(entry.number, entry.number, self._latest_ns, behind_ns)
        self._span = before._replace(last=entry.number, behind_ns=max(before.behind_ns, behind_ns))
        self._spans[self._span.first] = self._span

    def note(self, transaction: LedgerTransaction) -> bool:
        """Note how far arrivals have come; return whether the clock has made a step forward."""
        transaction.cursors.move(LATEST_CURSOR, self._latest_ns)
        transaction.cursors.move(_LAST_CURSOR, self._last_ns)
        transaction.cursors.move(_SINCE_CURSOR, self._since_ns)
        for span in self._spans.values():
            transaction.clock_spans.put(span)
        if self._step_ns:
            transaction.cursors.move(_STEP_CURSOR, self._step_ns)
        return bool(self._step_ns)


def reference(transaction: LedgerTransaction, entry: Entry, least_s: int = 0) -> Reference:
    """Return by what the times of a message are judged that is tried again.

    Parameters
    ----------
    transaction
        A transaction.
    entry
        The message.
    least_s
        A time that has passed by another clock, Unix time [s].
    """
    span = transaction.clock_spans.find(entry.number)
    arrived_s = max(entry.received_ns, span.latest_ns if span else 0) // SECOND_NS
    return Reference(
        arrived_s, max(arrived_s, transaction.cursors.position(_STEP_CURSOR) // SECOND_NS, least_s)
    )


def begin_again(transaction: LedgerTransaction, cursor: int, received_ns: int) -> None:
    """Go back to an earlier message, where the journal is an older one than the store's."""
    for name in (LATEST_CURSOR, _LAST_CURSOR):
        transaction.cursors.move(name, received_ns)
    transaction.cursors.move(_SINCE_CURSOR, 0)
    transaction.clock_spans.forget(cursor)
