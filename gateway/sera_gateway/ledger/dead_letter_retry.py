"""Try dead letters again: when the registry changes, or when a person says so, amended or as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sera_gateway.decode import reasons
from sera_gateway.decode.decode import decode
from sera_gateway.decode.decoded import DataMessage
from sera_gateway.decode.mapping import ForeignBatch, ForeignMessage
from sera_gateway.journal.journal import Entry
from sera_gateway.ledger.arrivals import reference
from sera_gateway.ledger.rejections import Retry
from sera_gateway.ledger.transaction import Transaction
from sera_store.ledger.jobs import LETTERS
from sera_store.records.dead_letters import AMENDED, DISMISSED, REPLAYED, WAITING
from sera_store.registry.dead_letter_actions import AMEND, DISMISS, RESTORE
from sera_vocabulary.durations import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sera_gateway.decode.decode import Decoded
    from sera_gateway.decode.mappings import Mappings
    from sera_gateway.journal.journal import JournalReader
    from sera_gateway.ledger.enrichment import Enrichment
    from sera_store.ledger.jobs import Job
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.dead_letters import DeadLetter
    from sera_store.registry.dead_letter_actions import DeadLetterAction
    from sera_store.store import Store

ORDERS_CURSOR: Final = "orders"
_LETTERS_A_TRANSACTION: Final = 200
# Of a thousand nodes that are entered at once hardly any has letters.
_EMPTY_JOBS_AT_ONCE: Final = 1_000
# Of one message: one a reason, and one a time that it was tried and another reason came up.
_LETTERS_MOST: Final = 1_000
_EVER: Final = 2**62
# What another mapping, or node, in the registry can mend, of messages that belong to no node yet.
_BY_REGISTRY: Final = (
    reasons.NO_MAPPING,
    reasons.UNKNOWN_MEASUREMENT,
    reasons.UNKNOWN_NODE,
    reasons.OTHER_WAY,
    reasons.NOT_MEASURED,
    reasons.NOT_DECODED,
)
# What a clock that was put right can mend; under a name that is no node's id.
CLOCK_LETTERS: Final = "@clock"
_BY_CLOCK: Final = (reasons.TIME_OUT_OF_RANGE,)


class DeadLetterRetry:
    """Tries dead letters again, and takes people's orders about them.

    Parameters
    ----------
    store, journal
        Where letters and orders are, and the messages they are of.
    enrichment, mappings
        How messages are read.
    """

    def __init__(
        self, store: Store, journal: JournalReader, enrichment: Enrichment, mappings: Mappings
    ) -> None:
        self._store = store
        self._journal = journal
        self._enrichment = enrichment
        self._mappings = mappings

    def until(self, transaction: LedgerTransaction) -> int:
        """Return how many messages may be taken before the next order that has its place among them.

        One that has none yet is in nobody's way: its place is wherever the cursor is when it is taken.
        """
        order = self._next(transaction.cursors.position(ORDERS_CURSOR))
        if order is None or order.applied_after is None:
            return _EVER
        return max(0, order.applied_after - transaction.cursor())

    def is_due(self, transaction: LedgerTransaction) -> bool:
        """Return whether an order is to be taken now: one without a place is taken wherever the cursor is."""
        order = self._next(transaction.cursors.position(ORDERS_CURSOR))
        return order is not None and (
            order.applied_after is None or order.applied_after <= transaction.cursor()
        )

    def take_order(self, transaction: LedgerTransaction, checkpoint: Callable[[str], None]) -> None:
        """Take the next order, which is noted first with its place among the messages."""
        order = self._next(transaction.cursors.position(ORDERS_CURSOR))
        if order is None:
            return
        if order.applied_after is None:
            self._store.dead_letter_actions.take(order.number, transaction.cursor())
            checkpoint("noted")
        if order.action in (DISMISS, RESTORE):
            self._settle(transaction, order)
        else:
            self._try(transaction, order.journal, order.number, order.recorded_s)
        checkpoint("obeyed")
        transaction.cursors.move(ORDERS_CURSOR, order.number)

    def pass_over(self, transaction: LedgerTransaction) -> None:
        """Leave the next order out: its letters wait on."""
        order = self._next(transaction.cursors.position(ORDERS_CURSOR))
        if order is not None:
            transaction.cursors.move(ORDERS_CURSOR, order.number)

    def next_job(self, transaction: LedgerTransaction, after: str) -> tuple[Job | None, bool]:
        """Find the next job that has a letter, after a node's turn; those that have none are done.

        Returns
        -------
        Job or None
            The job; None where none is left, or many had no letter.
        bool
            Whether any job was done.
        """
        for count in range(_EMPTY_JOBS_AT_ONCE):
            job = transaction.jobs.next_of_letters(after)
            if job is None or _next_journals(transaction, job):
                return job, count > 0
            transaction.jobs.move(job, None)
            after = job.node
        return None, True

    def try_again(self, transaction: LedgerTransaction, job: Job) -> None:
        """Try the next dead letters of a node, those that no mapping fitted, or those of a wrong clock.

        Those of a node are tried whatever their reason is: by another place of the node in the registry one
        that could not be read belongs to other people, and its keys are free.
        """
        journals = _next_journals(transaction, job)
        for journal in journals:
            self.try_message(transaction, journal)
        is_last = len(journals) < _LETTERS_A_TRANSACTION
        transaction.jobs.move(job, None if is_last else journals[-1])

    def try_message(self, transaction: LedgerTransaction, journal: int) -> None:
        """Try one message again, as it came or as the latest amendment so far says."""
        self._try(transaction, journal, transaction.cursors.position(ORDERS_CURSOR))

    def _next(self, after: int) -> DeadLetterAction | None:
        return next(iter(self._store.dead_letter_actions.after(after)), None)

    def _settle(self, transaction: LedgerTransaction, order: DeadLetterAction) -> None:
        before, after = (WAITING, DISMISSED) if order.action == DISMISS else (DISMISSED, WAITING)
        for letter in self._store.dead_letters.list(journal=order.journal, state=before, limit=_LETTERS_MOST):
            if letter.reason == order.reason:
                transaction.dead_letters.settle(letter.id or 0, after)

    def _try(self, transaction: LedgerTransaction, journal: int, until: int, least_s: int = 0) -> None:
        """Try a message again, as its latest amendment up to an order says, where there is one.

        Its times are judged by the latest clock, which may be right now: the arrivals', or `least_s` [s].
        """
        dead_letters = self._store.dead_letters.list(journal=journal, state=None, limit=_LETTERS_MOST)
        waiting = [letter for letter in dead_letters if letter.state in (WAITING, DISMISSED)]
        entry = self._journal.entry(journal) or next(map(_entry, dead_letters), None)
        if entry is None:
            return
        # In a rebuild later ones are noted already, and are not to be known before their time.
        orders = [
            action for action in self._store.dead_letter_actions.of_message(journal) if action.number <= until
        ]
        amendment = _in_force([action for action in orders if action.action == AMEND])
        retry = Retry(journal, dead_letters, self._journal.entry, amendment.number if amendment else None)
        by = reference(transaction, entry, least_s)
        message = decode(entry if amendment is None else _amended(entry, amendment), self._mappings, by)
        if amendment is not None:
            before = decode(entry, self._mappings, by)
            retry.original = _keys(before)
            message = _renamed_as_before(message, before)
        released = {
            (letter.node, letter.epoch, seq)
            for letter in dead_letters
            for seq in transaction.keys.release(letter)
        }
        messages = Transaction(transaction, self._store.dead_letters, self._enrichment, retry)
        messages.look_up([message])
        messages.take(entry if amendment is None else _amended(entry, amendment), message)
        messages.finish()
        for letter in waiting:
            if letter.reason in retry.rejected:
                transaction.keys.hold(letter)
            else:
                transaction.dead_letters.settle(letter.id or 0, REPLAYED if amendment is None else AMENDED)
        if amendment is not None and reasons.WRONG_COMMUNITY not in retry.rejected:
            # An amendment takes over all keys of its message, also those of which it has no record.
            for letter in dead_letters:
                transaction.keys.hold(letter)
        self._offer(transaction, released)

    def _offer(
        self, transaction: LedgerTransaction, released: Collection[tuple[str | None, str | None, int]]
    ) -> None:
        """Queue the dead letters of a node where keys are free that one of them may hold."""
        for node, epoch, seq in released:
            if node and epoch and not transaction.keys.states(node, epoch, (seq,)):
                transaction.jobs.put(LETTERS, node)


def _next_journals(transaction: LedgerTransaction, job: Job) -> list[int]:
    """List the messages that a job tries next."""
    letter_reasons = {"": _BY_REGISTRY, CLOCK_LETTERS: _BY_CLOCK}.get(job.node, ())
    node = "" if job.node == CLOCK_LETTERS else job.node
    return transaction.dead_letters.waiting(
        letter_reasons, node, job.position, _LETTERS_A_TRANSACTION, is_foreign=not job.node
    )


def _renamed_as_before(message: Decoded, before: Decoded) -> Decoded:
    """Rename an amended message by the keys of the one it replaces, which are made of that one's content."""
    if isinstance(message, ForeignMessage) and isinstance(before, ForeignMessage):
        return replace(message, name=before.name)
    if isinstance(message, ForeignBatch) and isinstance(before, ForeignBatch):
        # A reading of the same device and time takes the place of the one that it amends.
        names = {(reading.node, reading.time_s): reading.name for reading in before.messages}
        renamed = [
            replace(reading, name=names.get((reading.node, reading.time_s), reading.name))
            for reading in message.messages
        ]
        return message._replace(messages=tuple(renamed))
    return message


def _keys(message: Decoded) -> set[tuple[str, str, int]]:
    """Return the keys of a message: node, epoch and sequence."""
    if isinstance(message, ForeignMessage):
        return {(message.node, message.mapping.id, seq) for seq in message.seqs}
    if isinstance(message, ForeignBatch):
        return {key for reading in message.messages for key in _keys(reading)}
    if isinstance(message, DataMessage):
        return {(message.node, message.envelope.epoch, row.seq) for row in message.rows}
    return set()


def _in_force(amendments: list[DeadLetterAction]) -> DeadLetterAction | None:
    """Choose the latest amendment; of the same ones in a row the first, which the others only say again."""
    latest = None
    for action in amendments:
        if latest is None or (action.topic, action.payload) != (latest.topic, latest.payload):
            latest = action
    return latest


def _amended(entry: Entry, amendment: DeadLetterAction) -> Entry:
    return entry._replace(
        topic=amendment.topic or entry.topic,
        payload=entry.payload if amendment.payload is None else amendment.payload,
    )


def _entry(letter: DeadLetter) -> Entry:
    """Make the message again from its letter, where its month of the journal is gone."""
    received_ns = letter.received_s * SECOND_NS
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
