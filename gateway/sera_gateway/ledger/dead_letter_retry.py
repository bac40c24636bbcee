"""Try dead letters again: when the registry changes, or when a person says so, amended or as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway.decode import reasons
from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import DataMessage
from sera_gateway.decode.mapping import ForeignMessage
from sera_gateway.journal.journal import Entry
from sera_gateway.ledger.arrivals import reference
from sera_gateway.ledger.rejections import Mending
from sera_gateway.ledger.transaction import Chunk
from sera_store.records.dead_letters import AMENDED, DISMISSED, REPLAYED, WAITING
from sera_store.registry.dead_letter_actions import AMEND, DISMISS, RESTORE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.decode.decode import Decoded
    from sera_gateway.decode.mappings import Mappings
    from sera_gateway.journal.journal import JournalReader
    from sera_gateway.ledger.enrichment import Completion
    from sera_store.ledger.jobs import Job
    from sera_store.ledger.ledger_writes import LedgerWrites
    from sera_store.records.dead_letters import DeadLetter
    from sera_store.registry.dead_letter_actions import DeadLetterAction
    from sera_store.store import Store

ORDERS_CURSOR: Final = "orders"
_LETTERS_A_TRANSACTION: Final = 200
_EVER: Final = 2**62
# What another garden, node or mapping in the registry can mend.
_BY_REGISTRY: Final = (reasons.UNKNOWN_NODE, reasons.WRONG_COMMUNITY, reasons.OTHER_WAY)
_BY_MAPPING: Final = (reasons.NO_MAPPING, reasons.UNKNOWN_MEASUREMENT)
# What a clock that was put right can mend; under a name that is no node's id.
CLOCK_LETTERS: Final = "@clock"
_BY_CLOCK: Final = (reasons.TIME_OUT_OF_RANGE,)


class Mender:
    """What becomes of dead letters that are tried again.

    Parameters
    ----------
    store, journal
        Where letters and orders are, and the messages they are of.
    completion, mappings
        How messages are read.
    """

    def __init__(
        self, store: Store, journal: JournalReader, completion: Completion, mappings: Mappings
    ) -> None:
        self._store = store
        self._journal = journal
        self._completion = completion
        self._mappings = mappings

    def until(self, writes: LedgerWrites) -> int:
        """Return how many messages may be taken before the next order that has its place among them.

        One that has none yet is in nobody's way: its place is wherever the cursor is when it is taken.
        """
        order = self._next(writes.position(ORDERS_CURSOR))
        if order is None or order.taken_after is None:
            return _EVER
        return max(0, order.taken_after - writes.cursor())

    def is_due(self, writes: LedgerWrites) -> bool:
        """Return whether an order is to be taken now: one without a place is taken wherever the cursor is."""
        order = self._next(writes.position(ORDERS_CURSOR))
        return order is not None and (order.taken_after is None or order.taken_after <= writes.cursor())

    def take_order(self, writes: LedgerWrites, passed: Callable[[str], None]) -> None:
        """Take the next order, which is noted first with its place among the messages."""
        order = self._next(writes.position(ORDERS_CURSOR))
        if order is None:
            return
        if order.taken_after is None:
            self._store.dead_letter_actions.take(order.number, writes.cursor())
            passed("noted")
        if order.action in (DISMISS, RESTORE):
            self._settle(writes, order)
        else:
            self._try(writes, order.journal, order.number, order.recorded_s)
        passed("obeyed")
        writes.move(ORDERS_CURSOR, order.number)

    def pass_over(self, writes: LedgerWrites) -> None:
        """Leave the next order out: its letters wait on."""
        order = self._next(writes.position(ORDERS_CURSOR))
        if order is not None:
            writes.move(ORDERS_CURSOR, order.number)

    def try_again(self, writes: LedgerWrites, job: Job) -> None:
        """Try the next letters of a node, those that no mapping fitted, or those judged by a wrong clock."""
        reasons_wanted = {"": _BY_MAPPING, CLOCK_LETTERS: _BY_CLOCK}.get(job.node, _BY_REGISTRY)
        node = "" if job.node == CLOCK_LETTERS else job.node
        found = writes.waiting_letters(
            reasons_wanted, node, job.position, _LETTERS_A_TRANSACTION, is_foreign=not job.node
        )
        for journal in dict.fromkeys(journal for _, journal in found):
            self._try(writes, journal, writes.position(ORDERS_CURSOR))
        writes.move_job(job, found[-1][0] if len(found) == _LETTERS_A_TRANSACTION else None)

    def _next(self, after: int) -> DeadLetterAction | None:
        return next(iter(self._store.dead_letter_actions.after(after)), None)

    def _settle(self, writes: LedgerWrites, order: DeadLetterAction) -> None:
        before, after = (WAITING, DISMISSED) if order.action == DISMISS else (DISMISSED, WAITING)
        for letter in self._letters(order.journal, before):
            if letter.reason == order.reason:
                writes.settle(letter.id or 0, after)

    def _letters(self, journal: int, state: str) -> list[DeadLetter]:
        return self._store.dead_letters.list(journal=journal, state=state, limit=_LETTERS_A_TRANSACTION)

    def _try(self, writes: LedgerWrites, journal: int, until: int, known_s: int = 0) -> None:
        """Try a message again, as its latest amendment up to an order says, where there is one.

        Its times are judged by the latest clock, which may be right now: the arrivals', or `known_s` [s].
        """
        letters = self._letters(journal, WAITING) + self._letters(journal, DISMISSED)
        entry = self._journal.entry(journal) or next(map(_entry, letters), None)
        if entry is None:
            return
        # In a rebuild later ones are noted already, and are not to be known before their time.
        orders = [one for one in self._store.dead_letter_actions.of_message(journal) if one.number <= until]
        amendment = _in_force([one for one in orders if one.action == AMEND])
        mending = Mending(journal, letters, self._journal.entry, amendment.number if amendment else None)
        by = reference(writes, entry, known_s)
        message = decode(entry if amendment is None else _amended(entry, amendment), self._mappings, by)
        if amendment is not None:
            before = decode(entry, self._mappings, by)
            mending.original = _hashes(before)
            message = _named_as_before(message, before)
        chunk = Chunk(writes, self._store.dead_letters, self._completion, mending)
        chunk.look_up([message])
        chunk.take(entry if amendment is None else _amended(entry, amendment), message)
        chunk.finish()
        for letter in letters:
            if letter.reason not in mending.refused:
                writes.settle(letter.id or 0, REPLAYED if amendment is None else AMENDED)


def _named_as_before(message: Decoded, before: Decoded) -> Decoded:
    """Give an amended message the keys of the one it replaces, which are made of that one's content."""
    if isinstance(message, ForeignMessage) and isinstance(before, ForeignMessage):
        return message._replace(name=before.name)
    return message


def _hashes(message: Decoded) -> dict[tuple[str, str, int], bytes]:
    """Return the hash of what a message says under each of its keys."""
    if isinstance(message, ForeignMessage):
        return {(message.node, message.mapping.id, seq): message.digest for seq in message.seqs}
    if isinstance(message, DataMessage):
        return {(message.node, message.envelope.epoch, row.seq): row.content_hash for row in message.rows}
    return {}


def _in_force(amendments: list[DeadLetterAction]) -> DeadLetterAction | None:
    """Choose the latest amendment; of the same ones in a row the first, which the others only say again."""
    chosen = None
    for one in amendments:
        if chosen is None or (one.topic, one.payload) != (chosen.topic, chosen.payload):
            chosen = one
    return chosen


def _amended(entry: Entry, amendment: DeadLetterAction) -> Entry:
    return entry._replace(
        topic=amendment.topic or entry.topic,
        payload=entry.payload if amendment.payload is None else amendment.payload,
    )


def _entry(letter: DeadLetter) -> Entry:
    """Make the message anew from its letter, where its month of the journal is gone."""
    received_ns = letter.received_s * 1_000_000_000
    return Entry(
        letter.journal,
        received_ns,
        letter.topic,
        letter.payload,
        qos=0,
        retain=False,
        dup=False,
        mid=0,
        connection=0,
    )
