"""Carry out what is decided about records: new rows together, revisions at once, repeats counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, Final

from sera_gateway.ledger.decision import Action, Attempt, Holder, decide, is_contested
from sera_gateway.ledger.rejections import conflict, has_other_content, has_same_content
from sera_store.errors import InvalidEntryError
from sera_store.ledger.jobs import LETTERS
from sera_store.records.blocks import Block
from sera_store.records.keys import KeyState
from sera_store.records.rows import AMENDED_BY, body_of
from sera_vocabulary.messages import FLAG_DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_gateway.decode.decoded import DataMessage
    from sera_gateway.decode.envelope import Rejection
    from sera_gateway.journal.journal import Entry
    from sera_gateway.ledger.enrichment import EnrichmentPlan
    from sera_gateway.ledger.redating import Redating
    from sera_gateway.ledger.rejections import KeyStates, Rejections, Retry
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.dead_letters import DeadLetters
    from sera_store.records.rows import Record

Source = tuple[str, str]

# In place of a change number: the row waits for the others of its transaction.
_PENDING: Final = 0


class Repeats:
    """How often records came again, by their source and by the message that brought them.

    Parameters
    ----------
    is_counted
        False where messages are tried again: they have been counted when they came.
    """

    def __init__(self, *, is_counted: bool) -> None:
        self._is_counted = is_counted
        self._by_source: Counter[Source] = Counter()
        self._by_journal: Counter[int] = Counter()

    def count(self, journal: int, source: Source, records: int) -> None:
        """Count records of one message."""
        if self._is_counted:
            self._by_source[source] += records
            self._by_journal[journal] += records

    def write(self, transaction: LedgerTransaction) -> None:
        """Add the counts to those of the store."""
        for source, records in self._by_source.items():
            transaction.delivery.add_repeats(*source, records)
        transaction.delivery.note_repeats(self._by_journal)


class RecordWriter:
    """The records of one transaction.

    Parameters
    ----------
    transaction, dead_letters
        Where they go, and what may hold their keys.
    states
        What holds the keys that the transaction has to do with; kept up to date here.
    repeats, rejections, redating
        Count what comes again, store what gives way, and date what has no time.
    retry
        The message that is tried again; None for messages that arrive.
    """

    def __init__(
        self,
        transaction: LedgerTransaction,
        dead_letters: DeadLetters,
        states: KeyStates,
        repeats: Repeats,
        rejections: Rejections,
        redating: Redating,
        retry: Retry | None,
    ) -> None:
        self._transaction = transaction
        self._dead_letters = dead_letters
        self._states = states
        self._repeats = repeats
        self._rejections = rejections
        self._redating = redating
        self._retry = retry
        self._attempt = Attempt.ARRIVAL if retry is None else retry.attempt
        self._pending = Block()

    @property
    def notes(self) -> dict[str, str]:
        """What the detail of each record of this transaction has: which order amends it."""
        if self._retry is None or self._retry.order is None:
            return {}
        return {AMENDED_BY: f"order {self._retry.order}"}

    def look_up(self, source: Source, seqs: Iterable[int]) -> None:
        """Read what holds some keys, where that has not been read yet."""
        states = self._states.setdefault(source, {})
        unread = [seq for seq in seqs if seq not in states]
        if unread:
            states.update(self._transaction.keys.states(*source, unread))

    def write(self, entry: Entry, record: Record, content_hash: bytes, rejections: list[Rejection]) -> None:
        """Decide about one record, and do what is decided.

        Parameters
        ----------
        entry
            The message that brought it.
        content_hash
            Hash of the content.
        rejections
            Takes up what becomes a dead letter.
        """
        source = (record.node, record.epoch)
        is_damaged = bool(record.flags & FLAG_DAMAGED)
        action = self.decide(entry, source, record.seq, content_hash, is_damaged=is_damaged)
        if self.notes:
            record = replace(record, detail={**(record.detail or {}), **self.notes})
        self.carry_out(action, entry, record, content_hash, rejections)

    def write_plain(self, entry: Entry, message: DataMessage, plan: EnrichmentPlan) -> bool:
        """Write the rows of a message together, where nothing is to be decided about them.

        That is where no key is taken, no row has notes of its own, and the registry adds no columns.

        Returns
        -------
        bool
            False where nothing was written, and the rows are to be written one by one.
        """
        envelope, rows = message.envelope, message.rows
        states = self._states.setdefault((message.node, envelope.epoch), {})
        seqs, uptimes_s, times_s, uncertainties_s, flags, values, quality, hashes, notes = zip(
            *rows, strict=True
        )
        if (
            self._retry is not None
            or plan.conversions
            or any(notes)
            or not states.keys().isdisjoint(seqs)
            or len(set(seqs)) < len(seqs)
        ):
            return False
        count, block, records = len(rows), self._pending, self._transaction.records
        origin = records.origin((message.node, envelope.epoch, plan.community, plan.garden, envelope.stream))
        detail = records.detail(plan.detail)
        block.origins += [origin] * count
        block.sources += [records.source(message.node, envelope.epoch)] * count
        block.layouts += [records.layout(message.layout.columns)] * count
        block.seqs += seqs
        block.boots += [envelope.boot] * count
        block.uptimes_s += uptimes_s
        block.times_s += times_s
        block.uncertainties_s += uncertainties_s
        block.flags += flags
        block.bodies += map(body_of, values, quality, repeat(len(message.layout.columns)))
        block.probe_tables += [envelope.probes] * count
        block.journals += [entry.number] * count
        undated = records.detail(plan.undated_detail)
        block.details += [undated if time_s is None else detail for time_s in times_s]
        block.hashes += hashes
        for seq, content_hash, flag in zip(seqs, hashes, flags, strict=True):
            states[seq] = KeyState(content_hash, bool(flag & FLAG_DAMAGED), _PENDING, None)
        self._redating.touch_rows(
            (message.node, envelope.epoch), envelope.boot, envelope.stream, is_undated=None in times_s
        )
        return True

    def decide(
        self, entry: Entry, source: Source, seq: int, content_hash: bytes, *, is_damaged: bool = False
    ) -> Action:
        """Decide about a row by what holds its key, which has been looked up."""
        state = self._states[source].get(seq)
        holder = None
        if is_contested(state, content_hash):
            state = self._settled(source, seq)
            holder = self._holder(entry, source, seq, state)
        return decide(state, content_hash, is_damaged=is_damaged, attempt=self._attempt, holder=holder)

    def carry_out(
        self, action: Action, entry: Entry, record: Record, content_hash: bytes, rejections: list[Rejection]
    ) -> None:
        """Do what is decided about a record."""
        source = (record.node, record.epoch)
        if action is Action.NEW:
            self._offer_again(source, record)
            self._add(source, self._as_first_stored(entry, record), content_hash)
        elif action in (Action.REPEAT, Action.ERASED):
            self.count_repeat(entry, source)
        elif action is Action.CONFLICT:
            rejections.append(conflict(record.seq, source[1]))
        else:
            self._replace(source, record, content_hash, is_displaced=action is Action.DISPLACES)

    def count_repeat(self, entry: Entry, source: Source) -> None:
        """Count a record that is here already."""
        self._repeats.count(entry.number, source, 1)

    def flush(self) -> None:
        """Write the new rows that wait.

        Raises
        ------
        InvalidEntryError
            A key has a record though none was there when it was looked up.
        """
        block, self._pending = self._pending, Block()
        if not block.seqs:
            return
        duplicates = self._transaction.records.append_block(block, takes_over=True)
        if duplicates:
            raise InvalidEntryError(
                f"{len(duplicates)} of {len(block)} new records have a key that already has a record; "
                "the store was changed by another process: stop that one"
            )

    def _as_first_stored(self, entry: Entry, record: Record) -> Record:
        """Return a record with the message that brought its content first, also where that is a dead letter.

        Otherwise other content that came between the two would come first, once it is tried again.
        """
        state = self._states[record.node, record.epoch].get(record.seq)
        if state is None or state.dead_letter is None or self._attempt is Attempt.AMENDMENT:
            return record
        letter = self._dead_letters.show(state.dead_letter)
        if letter.journal < entry.number and has_same_content(letter.payload, entry.payload, record.seq):
            return replace(record, journal=letter.journal)
        return record

    def _offer_again(self, source: Source, record: Record) -> None:
        """Queue the node's dead letters where a damaged record takes a key from one of them.

        What was in conflict with that letter's content may replace the damaged record.
        """
        state = self._states[source].get(record.seq)
        if state is not None and state.dead_letter is not None and record.flags & FLAG_DAMAGED:
            self._transaction.jobs.put(LETTERS, source[0])

    def _add(self, source: Source, record: Record, content_hash: bytes) -> None:
        self._transaction.records.add_to(self._pending, record, content_hash)
        is_damaged = bool(record.flags & FLAG_DAMAGED)
        self._states[source][record.seq] = KeyState(content_hash, is_damaged, _PENDING, None)
        self._redating.touch(record)

    def _settled(self, source: Source, seq: int) -> KeyState:
        """Return what holds a contested key, as it is in the store."""
        state = self._states[source][seq]
        if state.record == _PENDING:
            self.flush()
            state = self._states[source][seq] = self._transaction.keys.states(*source, (seq,))[seq]
        return state

    def _holder(self, entry: Entry, source: Source, seq: int, state: KeyState) -> Holder:
        retry = self._retry
        if state.record is None:
            if state.dead_letter is None:
                return Holder()
            dead_letter = self._dead_letters.show(state.dead_letter)
            return Holder(
                is_later=dead_letter.journal > entry.number,
                is_replaced=retry is not None and retry.holds(state.dead_letter),
                has_other_content=has_other_content(dead_letter.payload, entry.payload, seq),
            )
        record = self._transaction.records.current(state.record)
        is_amended = record is not None and AMENDED_BY in (record.detail or {})
        if retry is None:
            return Holder(is_amended=is_amended)
        # By its own keys, too: whether it has a dead letter depends on when the registry knew its node.
        is_named = retry.names(source[0], seq) or (*source, seq) in retry.original
        if record is None:
            return Holder(is_replaced=is_named)
        return Holder(
            # A later message can only give way where it can still be read, to become a dead letter.
            is_later=record.journal > entry.number and retry.message(record.journal) is not None,
            is_replaced=is_named or record.journal == retry.journal,
            is_amended=is_amended,
        )

    def _replace(self, source: Source, record: Record, content_hash: bytes, *, is_displaced: bool) -> None:
        state = self._settled(source, record.seq)
        number = state.record or 0
        before = self._transaction.records.current(number)
        if before is not None:
            self._redating.touch(before)
        number = self._transaction.records.supersede(number, record, content_hash)
        self._states[source][record.seq] = KeyState(
            content_hash, damaged=bool(record.flags & FLAG_DAMAGED), record=number, dead_letter=None
        )
        self._redating.touch(record)
        if is_displaced and before is not None and self._retry is not None:
            later = self._retry.message(before.journal)
            if later is not None:
                self._rejections.displace(later, source, record.seq)
