"""One transaction of the ledger: what each message of a chunk becomes, in the order of the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import (
    DataMessage,
    ErasedMessage,
    IgnoredMessage,
    ProbesMessage,
    RefusedMessage,
)
from sera_gateway.decode.envelope import Refusal
from sera_gateway.decode.mapping import ForeignMessage
from sera_gateway.ledger.allowances import Allowances
from sera_gateway.ledger.duplicates import Repeats
from sera_gateway.ledger.enrichment import record_of
from sera_gateway.ledger.foreign import as_batch, block_of, delivery_hash
from sera_gateway.ledger.redating import Redating
from sera_gateway.ledger.rejections import (
    Mending,
    Refusals,
    conflict,
    other_way,
    unknown_node,
    wrong_community,
)
from sera_gateway.ledger.ways_in import Ways
from sera_store.records.keys import KeyState
from sera_store.records.rows import AMENDED_BY
from sera_vocabulary.messages import FLAG_DAMAGED, SEQ_FIRST, is_epoch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_gateway.decode.decode import Decoded
    from sera_gateway.decode.decoded import DecodedRow
    from sera_gateway.decode.envelope import Envelope
    from sera_gateway.decode.recipe import Part
    from sera_gateway.journal.journal import Entry
    from sera_gateway.ledger.allowances import Beyond
    from sera_gateway.ledger.enrichment import Completion, Plan
    from sera_gateway.ledger.foreign import Placed
    from sera_store.ledger.ledger_writes import LedgerWrites
    from sera_store.records.dead_letters import DeadLetters
    from sera_store.records.keys import Extent
    from sera_store.records.rows import Record

Source = tuple[str, str]


class _Reach(NamedTuple):
    """How far a node told that its records go."""

    community: str
    lowest_held: int
    made_next: int
    boot: int | None
    journal: int
    received_s: int


class _Holder(NamedTuple):
    """The message and the record that hold a key."""

    entry: Entry
    record: Record


class Chunk:
    """The messages of one transaction.

    Parameters
    ----------
    writes
        The transaction.
    letters
        For comparing a message with the dead letter that holds its keys.
    completion
        What the registry adds.
    mending
        The dead letter that is tried again; None for messages that are new.
    """

    def __init__(
        self,
        writes: LedgerWrites,
        letters: DeadLetters,
        completion: Completion,
        mending: Mending | None = None,
    ) -> None:
        self._writes = writes
        self._completion = completion
        self._mending = mending
        self._known: dict[Source, dict[int, KeyState]] = {}
        self._fresh: list[tuple[Record, bytes]] = []
        self._fresh_at: dict[tuple[str, str, int], int] = {}
        self._noted: list[tuple[Entry, ForeignMessage]] = []
        self._alike: dict[tuple[str, int, bool], list[Placed]] = {}
        # Node and name of what waits to be written together, and of what is written one by one.
        self._alike_names: set[tuple[str, int]] = set()
        self._single_names: set[tuple[str, int]] = set()
        self._repeats = Repeats(is_counted=mending is None)
        self._reach: dict[Source, _Reach] = {}
        self._new_tables: dict[tuple[str, str], None] = {}
        self._first_spoken: dict[str, None] = {}
        self._redating = Redating(writes, completion)
        self._ways = Ways(writes)
        self._refusals = Refusals(writes, letters, self._known, self._repeats, mending)
        self._allowances = Allowances(writes, self._refusals, self._is_registered, is_new=mending is None)

    @property
    def alarms(self) -> Sequence[Beyond]:
        """What was beyond an allowance for the first time of a day."""
        return self._allowances.alarms

    def look_up(self, decoded: Iterable[Decoded]) -> None:
        """Ask once for all keys that the messages of this chunk hold."""
        wanted: dict[Source, set[int]] = {}
        for message in decoded:
            if isinstance(message, DataMessage):
                seqs = wanted.setdefault((message.node, message.envelope.epoch), set())
                seqs.update(row.seq for row in message.rows)
                seqs.update(seq for refusal in message.refusals for seq in refusal.seqs)
            elif isinstance(message, RefusedMessage) and message.node and message.refusal.epoch:
                wanted.setdefault((message.node, message.refusal.epoch), set()).update(message.refusal.seqs)
        for source, seqs in wanted.items():
            self._known[source] = self._writes.known(*source, seqs)

    def take(self, entry: Entry, message: Decoded) -> None:
        """Decide what one message becomes."""
        if self._allowances.refuses(entry, message):
            return
        message = self._allowances.plausible(entry, message)
        if isinstance(message, ForeignMessage):
            self._take_foreign(entry, message)
        elif isinstance(message, DataMessage):
            self._take_data(entry, message)
        elif isinstance(message, RefusedMessage):
            self._take_refused(entry, message)
        elif isinstance(message, ProbesMessage):
            self._take_probes(entry, message)
        elif isinstance(message, ErasedMessage):
            self._take_erased(entry, message)
        elif isinstance(message, IgnoredMessage):
            self._writes.ignore(entry.number, message.reason)

    def finish(self) -> list[Extent]:
        """Write what was gathered, date what can be dated, and tell how far each node has come."""
        self._write_alike()
        self._writes.append(self._fresh)
        self._write_keys()
        for node, table in self._new_tables:
            self._writes.revise_probe_table(node, table)
        for node in self._first_spoken:
            self._writes.revise_node(node, 0)
        self._repeats.write(self._writes)
        extents = [
            self._writes.advance(
                *source,
                reach.lowest_held,
                reach.made_next,
                community=reach.community,
                boot=reach.boot,
                changed=reach.journal,
                received_s=reach.received_s,
            )
            for source, reach in self._reach.items()
        ]
        for source in self._reach:
            self._redating.touch_source(source)
        self._redating.run()
        return extents

    def _take_foreign(self, entry: Entry, message: ForeignMessage) -> None:
        source = (message.node, message.mapping.id)
        if not message.has_time and self._is_redelivery(entry):
            self._writes.ignore(entry.number, reasons.REDELIVERED)
            return
        plan = self._completion.plan(message.node, (), None, message.time_s, self._writes.probes)
        if plan is None:
            self._look_up_more(source, message.seqs)
            refusal = unknown_node(message.node, source[1], message.time_s, message.seqs)
            self._refusals.refuse(entry, message.node, [refusal])
            return
        if way := self._ways.other_than(source[1], message.node, plan.way_in):
            self._look_up_more(source, message.seqs)
            refusal = other_way(message.node, source[1], way, message.seqs)
            self._refusals.refuse(entry, message.node, [refusal])
            return
        self._note_keys(entry, message)
        name = (message.node, message.name)
        if message.is_regular and self._mending is None and name not in self._single_names:
            alike = (source[1], id(message.recipe), message.has_time)
            self._alike.setdefault(alike, []).append((entry, message, plan))
            self._alike_names.add(name)
            return
        self._single_names.add(name)
        if name in self._alike_names:
            # The same reading came before, in another form: it has the key first.
            self._write_alike()
        for part in message.recipe.parts:
            self._take_part(entry, message, part, plan)

    def _note_keys(self, entry: Entry, message: ForeignMessage) -> None:
        if message.mapping.is_note_due(message, entry.received_ns // 1_000_000_000):
            self._noted.append((entry, message))

    def _write_keys(self) -> None:
        for entry, message in self._noted:
            of, at_s = (message.node, message.mapping.id), entry.received_ns // 1_000_000_000
            self._writes.note_keys(*of, message.recipe.names, at_s, is_read=True)
            unread = message.mapping.unread_keys(entry.payload)
            self._writes.note_keys(*of, unread, at_s, is_read=False)

    def _is_redelivery(self, entry: Entry) -> bool:
        if not entry.qos or self._mending is not None:
            return False
        return self._writes.is_redelivery(entry.mid, entry.connection, delivery_hash(entry), dup=entry.dup)

    def _write_alike(self) -> None:
        """Write foreign messages of one form together; those that are not new after that, one by one."""
        gathered, self._alike = self._alike, {}
        self._alike_names.clear()
        for placed in gathered.values():
            # In the order of the tables they go into, which then are walked once instead of for each message.
            new, known = sorted(placed, key=lambda one: (one[1].node, one[1].time_s)), []
            while new and (found := set(self._writes.append_block(block_of(new)))):
                known += [one for place, one in enumerate(new) if place in found]
                new = [one for place, one in enumerate(new) if place not in found]
            for entry, message, plan in known:
                for part in message.recipe.parts:
                    self._take_part(entry, message, part, plan)

    def _take_part(self, entry: Entry, message: ForeignMessage, part: Part, plan: Plan) -> None:
        made = as_batch(message, part, plan.community)
        [row] = made.rows
        self._look_up_more((made.node, made.envelope.epoch), (row.seq,))
        exact = self._plan(made, message.time_s) or plan
        refusals: list[Refusal] = []
        self._take_row(entry, row, record_of(made, row, exact, entry.number), refusals)
        self._refusals.refuse(entry, message.node, refusals)

    def _look_up_more(self, source: Source, seqs: Sequence[int]) -> None:
        known = self._known.setdefault(source, {})
        known.update(self._writes.known(*source, [seq for seq in seqs if seq not in known]))

    def _take_data(self, entry: Entry, message: DataMessage) -> None:
        received_s = entry.received_ns // 1_000_000_000
        refusals = list(message.refusals)
        elsewhere = False
        for row in message.rows:
            at_s = received_s if row.utc_s is None else row.utc_s
            plan = self._plan(message, at_s)
            if plan is None:
                refusals.append(unknown_node(message.node, message.envelope.epoch, at_s, (row.seq,)))
            elif plan.community != message.community:
                elsewhere = True
                refusals.append(wrong_community(message, plan.community, row.seq))
            elif way := self._ways.other_than(message.envelope.epoch, message.node, plan.way_in):
                refusals.append(other_way(message.node, message.envelope.epoch, way, (row.seq,)))
            else:
                self._take_row(entry, row, record_of(message, row, plan, entry.number), refusals)
        self._refusals.refuse(entry, message.node, refusals)
        if not message.rows:
            elsewhere = self._is_elsewhere(message.community, message.node, received_s)
        if not message.rows and not message.refusals:
            self._writes.ignore(entry.number, reasons.NO_ROWS)
        if not elsewhere:
            self._reached((message.node, message.envelope.epoch), message, message.envelope, entry)

    def _plan(self, message: DataMessage, at_s: int) -> Plan | None:
        return self._completion.plan(
            message.node, message.layout.columns, message.envelope.probes, at_s, self._writes.probes
        )

    def _take_row(self, entry: Entry, row: DecodedRow, made: Record, refusals: list[Refusal]) -> None:
        source = (made.node, made.epoch)
        state = self._known[source].get(row.seq)
        is_damaged = bool(row.flags & FLAG_DAMAGED)
        record = self._as_amended(made)
        if state is not None and state.is_erased:
            self._repeats.count(record.journal, source, 1)
        elif state is None or (state.record is None and (*source, row.seq) not in self._fresh_at):
            letter = state.dead_letter if state is not None else None
            if letter is None or is_damaged or not self._refusals.is_held_for_another(entry, letter, row.seq):
                self._add(source, record, row.content_hash)
            else:
                refusals.append(conflict(row.seq, source[1]))
        elif state.content_hash == row.content_hash:
            self._repeats.count(record.journal, source, 1)
        elif self._is_taken_over(source, row.seq, state):
            self._replace(source, state, record, row.content_hash)
        elif is_damaged:
            self._repeats.count(record.journal, source, 1)
        elif state.damaged:
            self._replace(source, state, record, row.content_hash)
        elif (later := self._later_holder(entry, state)) is not None:
            self._redating.touch(later.record)
            self._replace(source, state, record, row.content_hash)
            self._refusals.displace(later.entry, source, row.seq)
        else:
            refusals.append(conflict(row.seq, source[1]))

    def _later_holder(self, entry: Entry, state: KeyState) -> _Holder | None:
        """Find the later message whose record holds the key of one tried again: it has to give way.

        What an amendment has put there stays, as it does where messages come in order.
        """
        mending = self._mending
        if mending is None or mending.order is not None or state.record is None:
            return None
        record = self._writes.current(state.record)
        if record is None or record.journal < entry.number or AMENDED_BY in (record.detail or {}):
            return None
        later = mending.message(record.journal)
        return _Holder(later, record) if later is not None else None

    def _as_amended(self, record: Record) -> Record:
        if self._mending is None or self._mending.order is None:
            return record
        notes = (record.detail or {}) | {AMENDED_BY: f"order {self._mending.order}"}
        return replace(record, detail=notes)

    def _add(self, source: Source, record: Record, content_hash: bytes) -> None:
        key = (*source, record.seq)
        self._fresh_at[key] = len(self._fresh)
        self._fresh.append((record, content_hash))
        self._known[source][record.seq] = KeyState(
            content_hash, bool(record.flags & FLAG_DAMAGED), None, None
        )
        self._redating.touch(record)

    def _is_taken_over(self, source: Source, seq: int, state: KeyState) -> bool:
        """Tell whether an amendment replaces the message that this key came from, or names."""
        mending = self._mending
        if mending is None or mending.order is None or state.record is None:
            return False
        if mending.names(source[0], seq) or mending.original.get((*source, seq)) == state.content_hash:
            # The same content may stand here by another message that brought it again, and came first.
            return True
        holder = self._writes.current(state.record)
        return holder is not None and holder.journal == mending.journal

    def _replace(self, source: Source, state: KeyState, record: Record, content_hash: bytes) -> None:
        place = self._fresh_at.get((*source, record.seq))
        if place is not None:
            # The damaged one is in no table then: it counts as a repeat of what replaced it.
            self._repeats.count(self._fresh[place][0].journal, source, 1)
            self._fresh[place] = (record, content_hash)
        elif state.record is not None:
            before = self._writes.current(state.record)
            if before is not None:
                self._redating.touch(before)
            self._writes.supersede(state.record, record, content_hash)
        self._known[source][record.seq] = KeyState(
            content_hash, damaged=False, record=state.record, dead_letter=None
        )
        self._redating.touch(record)

    def _take_refused(self, entry: Entry, message: RefusedMessage) -> None:
        refusal, received_s = message.refusal, entry.received_ns // 1_000_000_000
        community, node = message.community, message.node
        if community and node and self._is_elsewhere(community, node, received_s):
            self._refusals.refuse(entry, node, [refusal._replace(reason=reasons.WRONG_COMMUNITY)])
            return
        self._refusals.refuse(entry, node, [refusal])
        if node and refusal.epoch and refusal.seqs:
            self._reached((node, refusal.epoch), message, message.envelope, entry)

    def _take_erased(self, entry: Entry, message: ErasedMessage) -> None:
        self._writes.ignore(entry.number, reasons.ERASED)
        if message.node is None or message.epoch is None:
            return
        source = (message.node, message.epoch)
        self._writes.erase_keys(*source, message.seqs)
        self._known.setdefault(source, {}).update(self._writes.known(*source, message.seqs))
        if is_epoch(message.epoch):
            self._reached(source, message, message, entry)

    def _take_probes(self, entry: Entry, message: ProbesMessage) -> None:
        # Kept under the community that its topic names, and so of no use to another: where the node belongs
        # may be entered later.
        is_new = self._writes.probes(message.community, message.node, message.table) is None
        is_kept = self._writes.put_probes(message.community, message.node, message.table, message.probes)
        if is_new:
            # Records may have come before the table that says which probe they are of.
            self._completion.forget()
            self._new_tables[message.node, message.table] = None
        if self._is_elsewhere(message.community, message.node, entry.received_ns // 1_000_000_000):
            found = f"{message.node} does not belong to {message.community}"
            self._refusals.refuse(entry, message.node, [Refusal(reasons.WRONG_COMMUNITY, found)])
        elif is_kept:
            self._writes.ignore(entry.number, reasons.PROBES_READ)
        else:
            found = f"table {message.table!r} is here with other probes"
            self._refusals.refuse(entry, message.node, [Refusal(reasons.CONFLICT, found)])

    def _is_registered(self, node: str, at_s: int) -> bool:
        return self._completion.plan(node, (), None, at_s, self._writes.probes) is not None

    def _is_elsewhere(self, community: str, node: str, at_s: int) -> bool:
        plan = self._completion.plan(node, (), None, at_s, self._writes.probes)
        return plan is not None and plan.community != community

    def _reached(
        self,
        source: Source,
        message: DataMessage | RefusedMessage | ErasedMessage,
        envelope: Envelope | ErasedMessage | None,
        entry: Entry,
    ) -> None:
        if self._ways.note_spoken(source[0]):
            # What mappings brought of it before is no longer taken for its own.
            self._first_spoken[source[0]] = None
        held, made_next = (envelope.lowest_held, envelope.made_next) if envelope else (SEQ_FIRST, SEQ_FIRST)
        before = self._reach.get(source)
        self._reach[source] = _Reach(
            message.community or "",
            max(held, before.lowest_held) if before else held,
            max(made_next, before.made_next) if before else made_next,
            envelope.boot if envelope else None,
            entry.number,
            entry.received_ns // 1_000_000_000,
        )
