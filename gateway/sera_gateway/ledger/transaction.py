"""One transaction of the ledger: what each of its messages becomes, in the order of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_gateway.decode import reasons
from sera_gateway.decode.decoded import (
    DataMessage,
    ErasedMessage,
    IgnoredMessage,
    ProbesMessage,
    RejectedMessage,
    StatusMessage,
)
from sera_gateway.decode.envelope import Rejection
from sera_gateway.decode.mapping import ForeignBatch, ForeignMessage
from sera_gateway.ledger.allowances import Allowances
from sera_gateway.ledger.enrichment import record_of
from sera_gateway.ledger.foreign import ForeignMessages, PlacedMessage, delivery_hash
from sera_gateway.ledger.record_writer import RecordWriter, Repeats
from sera_gateway.ledger.redating import Redating
from sera_gateway.ledger.rejections import (
    KeyStates,
    Rejections,
    Retry,
    other_way,
    unknown_node,
    wrong_community,
)
from sera_gateway.ledger.revision import Withdrawals
from sera_gateway.ledger.ways_in import Ways, is_other_channel, is_own_epoch
from sera_store.ledger.statuses import NodeStatus
from sera_vocabulary.messages import SEQ_FIRST, STATE_LOST
from sera_vocabulary.recorded import is_recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_gateway.decode.decode import Decoded
    from sera_gateway.decode.envelope import Envelope
    from sera_gateway.journal.journal import Entry
    from sera_gateway.ledger.allowances import OverLimit, StartedCache
    from sera_gateway.ledger.enrichment import Enrichment, EnrichmentPlan
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.dead_letters import DeadLetters
    from sera_store.records.keys import Extent

Source = tuple[str, str]


class _Reach(NamedTuple):
    """How far a node's records go, by its own word."""

    community: str
    lowest_seq: int
    next_seq: int
    boot: int | None
    journal: int
    received_s: int


class Transaction:
    """The messages of one transaction.

    A message is `take`n: it is refused whole, or its rows are looked at. Rows of our own nodes are decided
    about at once, messages of other makers' devices are gathered; `finish` writes both.

    Parameters
    ----------
    transaction
        The store's transaction.
    dead_letters
        For comparing a message with the dead letter that holds its keys.
    enrichment
        What the registry adds.
    retry
        The message that is tried again; None for messages that arrive.
    started
        What nodes are noted to have started in transactions that are committed.
    """

    def __init__(
        self,
        transaction: LedgerTransaction,
        dead_letters: DeadLetters,
        enrichment: Enrichment,
        retry: Retry | None = None,
        started: StartedCache | None = None,
    ) -> None:
        self._transaction = transaction
        self._enrichment = enrichment
        self._retry = retry
        self._reach: dict[Source, _Reach] = {}
        self._new_tables: dict[tuple[str, str], None] = {}
        self._first_own: dict[str, None] = {}
        # What was found of a device's messages of one form and span of time holds for all of them.
        self._plans: dict[tuple[str, int, int], EnrichmentPlan] = {}
        states: KeyStates = {}
        self._states = states
        self._repeats = Repeats(is_counted=retry is None)
        self._redating = Redating(transaction, enrichment)
        self._ways = Ways(transaction)
        self._withdrawals = Withdrawals(transaction)
        self._rejections = Rejections(transaction, dead_letters, states, self._repeats.count, retry)
        self._writer = RecordWriter(
            transaction, dead_letters, states, self._repeats, self._rejections, self._redating, retry
        )
        self._foreign = ForeignMessages(transaction, enrichment, self._writer, self._rejections)
        self._allowances = Allowances(
            transaction, self._rejections, self._is_registered, is_new=retry is None, started=started
        )

    @property
    def alarms(self) -> Sequence[OverLimit]:
        """What was beyond an allowance for the first time of a day."""
        return self._allowances.alarms

    def note_committed(self) -> None:
        """Note that the transaction is committed: what nodes have begun in it need not be read again."""
        self._allowances.note_committed()

    def look_up(self, decoded: Iterable[Decoded]) -> None:
        """Read at once what holds the keys of our own nodes' messages, and by which ways nodes have come."""
        sequences: dict[Source, set[int]] = {}
        nodes: set[str] = set()
        for message in decoded:
            if isinstance(message, ForeignMessage):
                nodes.add(message.node)
            elif isinstance(message, DataMessage):
                nodes.add(message.node)
                seqs = sequences.setdefault((message.node, message.envelope.epoch), set())
                seqs.update([row.seq for row in message.rows])
                for rejection in message.rejections:
                    seqs.update(rejection.seqs)
            elif isinstance(message, RejectedMessage) and message.node and message.rejection.epoch:
                sequences.setdefault((message.node, message.rejection.epoch), set()).update(
                    message.rejection.seqs
                )
        self._ways.look_up(nodes)
        for source, seqs in sequences.items():
            self._writer.look_up(source, seqs)

    def take(self, entry: Entry, message: Decoded) -> None:
        """Decide what one message becomes."""
        if isinstance(message, ForeignMessage):
            self._take_foreign(entry, message)
            return
        if isinstance(message, ForeignBatch):
            self._take_batch(entry, message)
            return
        if self._allowances.refuses(entry, message):
            return
        message = self._allowances.plausible(entry, message)
        if isinstance(message, DataMessage):
            self._ways.look_up((message.node,))
            self._take_data(entry, message)
        elif isinstance(message, RejectedMessage):
            self._take_refused(entry, message)
        elif isinstance(message, ProbesMessage):
            self._take_probes(entry, message)
        elif isinstance(message, StatusMessage):
            self._take_status(entry, message)
        elif isinstance(message, ErasedMessage):
            self._take_erased(entry, message)
        elif isinstance(message, IgnoredMessage):
            self._transaction.delivery.ignore(entry.number, message.reason)

    def finish(self) -> list[Extent]:
        """Write what was gathered, date what can be dated, and return how far each node has come."""
        self._foreign.write()
        self._writer.flush()
        for node, table in self._new_tables:
            self._transaction.jobs.revise_probe_table(node, table)
        for node in self._first_own:
            self._transaction.jobs.revise_node(node, 0)
        self._withdrawals.write()
        self._repeats.write(self._transaction)
        extents = [
            self._transaction.delivery.advance(
                *source,
                reach.lowest_seq,
                reach.next_seq,
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
        form = (message.node, id(message.recipe), self._enrichment.moment(message.time_s))
        cached_plan = self._plans.get(form)
        if cached_plan is None and self._allowances.refuses(entry, message):
            return
        if not message.has_time and self._is_redelivery(entry):
            self._transaction.delivery.ignore(entry.number, reasons.REDELIVERED)
            return
        plan = cached_plan or self._foreign_plan(message)
        if isinstance(plan, Rejection):
            self._writer.look_up((message.node, message.mapping.id), message.seqs)
            self._rejections.reject(entry, message.node, [plan])
        else:
            # With the message its recipe stays, by whose identity its form is known.
            self._plans[form] = plan
            self._foreign.add(PlacedMessage(entry, message, plan))

    def _take_batch(self, entry: Entry, batch: ForeignBatch) -> None:
        """Take the readings of one message; what cannot be taken of it is one dead letter a reason."""
        if any(not message.has_time for message in batch.messages) and self._is_redelivery(entry):
            self._transaction.delivery.ignore(entry.number, reasons.REDELIVERED)
            return
        # A letter of several devices belongs to none of them and holds no keys.
        rejections = list(batch.rejections)
        for message in batch.messages:
            if self._allowances.refuses(entry, message):
                return
            plan = self._foreign_plan(message)
            if isinstance(plan, Rejection):
                rejections.append(plan._replace(epoch=None, seqs=()))
            else:
                self._foreign.add(PlacedMessage(entry, message, plan))
        self._rejections.reject(entry, None, rejections)

    def _foreign_plan(self, message: ForeignMessage) -> EnrichmentPlan | Rejection:
        """Find what the registry adds to a message, or why it becomes a dead letter."""
        node, epoch, tables = message.node, message.mapping.id, self._transaction.probe_tables.find
        plan = self._enrichment.plan(node, (), None, message.time_s, tables)
        if plan is None:
            return unknown_node(node, epoch, message.time_s, message.seqs)
        if way := self._ways.other_than(epoch, node, plan.way_in):
            return other_way(node, epoch, way, message.seqs)
        return plan

    def _is_redelivery(self, entry: Entry) -> bool:
        if not entry.qos or self._retry is not None:
            return False
        return self._transaction.delivery.is_redelivery(
            entry.mid, entry.connection, delivery_hash(entry), dup=entry.dup
        )

    def _take_data(self, entry: Entry, message: DataMessage) -> None:
        received_s = entry.received_s
        rejections = list(message.rejections)
        if not message.rows:
            is_elsewhere = self._is_elsewhere(message.community, message.node, received_s)
            if not message.rejections:
                self._transaction.delivery.ignore(entry.number, reasons.NO_ROWS)
        elif self._take_plain(entry, message, received_s):
            is_elsewhere = False
        else:
            is_elsewhere = self._take_rows(entry, message, received_s, rejections)
        self._rejections.reject(entry, message.node, rejections)
        self._withdrawals.note(message)
        if not is_elsewhere:
            self._note_reach((message.node, message.envelope.epoch), message, message.envelope, entry)

    def _take_plain(self, entry: Entry, message: DataMessage, received_s: int) -> bool:
        """Take all rows of a message together; False where they have to be looked at one by one."""
        times_s = [received_s if row.utc_s is None else row.utc_s for row in message.rows]
        if not self._enrichment.is_one_plan(min(times_s), max(times_s)):
            return False
        plan = self._plan(message, times_s[0])
        return (
            plan is not None
            and plan.community == message.community
            and not is_other_channel(message.channel, plan.way_in)
            and not self._ways.other_than(message.envelope.epoch, message.node, plan.way_in)
            and self._writer.write_plain(entry, message, plan)
        )

    def _take_rows(
        self, entry: Entry, message: DataMessage, received_s: int, rejections: list[Rejection]
    ) -> bool:
        """Take the rows of a message one by one; return whether its node stood with other people."""
        is_elsewhere = False
        node, epoch = message.node, message.envelope.epoch
        for row in message.rows:
            at_s = received_s if row.utc_s is None else row.utc_s
            plan = self._plan(message, at_s)
            if plan is None:
                rejections.append(unknown_node(node, epoch, at_s, (row.seq,)))
            elif plan.community != message.community:
                is_elsewhere = True
                rejections.append(wrong_community(message, plan.community, row.seq))
            elif is_other_channel(message.channel, plan.way_in):
                rejections.append(other_way(node, epoch, plan.way_in, (row.seq,)))
            elif way := self._ways.other_than(epoch, node, plan.way_in):
                rejections.append(other_way(node, epoch, way, (row.seq,)))
            else:
                record = record_of(message, row, plan, entry.number)
                self._writer.write(entry, record, row.content_hash, rejections)
        return is_elsewhere

    def _plan(self, message: DataMessage, at_s: int) -> EnrichmentPlan | None:
        return self._enrichment.plan(
            message.node,
            message.layout.columns,
            message.envelope.probes,
            at_s,
            self._transaction.probe_tables.find,
        )

    def _take_refused(self, entry: Entry, message: RejectedMessage) -> None:
        rejection, received_s = message.rejection, entry.received_s
        community, node = message.community, message.node
        if node:
            self._ways.look_up((node,))
        if community and node and self._is_elsewhere(community, node, received_s):
            self._rejections.reject(entry, node, [rejection._replace(reason=reasons.WRONG_COMMUNITY)])
            return
        self._rejections.reject(entry, node, [rejection])
        if node and rejection.epoch and rejection.seqs:
            self._note_reach((node, rejection.epoch), message, message.envelope, entry)

    def _take_erased(self, entry: Entry, message: ErasedMessage) -> None:
        self._transaction.delivery.ignore(entry.number, reasons.ERASED)
        if message.node is None or message.epoch is None:
            return
        source = (message.node, message.epoch)
        self._ways.look_up((message.node,))
        self._writer.flush()
        self._transaction.keys.erase(*source, message.seqs)
        self._states.setdefault(source, {}).update(self._transaction.keys.states(*source, message.seqs))
        if is_own_epoch(message.epoch):
            self._note_reach(source, message, message, entry)

    def _take_probes(self, entry: Entry, message: ProbesMessage) -> None:
        # Stored under the community that its topic names, and so of no use to another: where the node belongs
        # may be entered later.
        tables, key = self._transaction.probe_tables, (message.community, message.node, message.table)
        is_new = tables.find(*key) is None
        is_stored = tables.put(*key, message.probes)
        if is_new:
            # Records may have come before the table that says which probe they are of.
            self._enrichment.forget()
            self._new_tables[message.node, message.table] = None
        is_elsewhere = self._is_elsewhere(message.community, message.node, entry.received_s)
        # What the broker kept of a node that was moved since comes at each start, and is no news.
        if is_elsewhere and not entry.retain:
            detail = f"{message.node} does not belong to {message.community}"
            self._rejections.reject(entry, message.node, [Rejection(reasons.WRONG_COMMUNITY, detail)])
        elif is_stored:
            self._transaction.delivery.ignore(entry.number, reasons.PROBES_READ)
        else:
            detail = f"table {message.table!r} is here with other probes"
            self._rejections.reject(entry, message.node, [Rejection(reasons.CONFLICT, detail)])

    def _take_status(self, entry: Entry, message: StatusMessage) -> None:
        """Note what a node of this community said; the broker speaks for one that is lost."""
        received_s = entry.received_s
        self._transaction.delivery.ignore(entry.number, reasons.STATUS_READ)
        plan = self._enrichment.plan(message.node, (), None, received_s, self._transaction.probe_tables.find)
        if plan is None or plan.community != message.community:
            return
        # A retained one was said at some time before: the broker hands it to whoever subscribes.
        is_heard = not entry.retain and message.state != STATE_LOST
        status = NodeStatus(*message[1:], heard_s=received_s if is_heard else None)
        self._transaction.statuses.put(status)

    def _is_registered(self, node: str, at_s: int) -> bool:
        return self._enrichment.plan(node, (), None, at_s, self._transaction.probe_tables.find) is not None

    def _is_elsewhere(self, community: str, node: str, at_s: int) -> bool:
        plan = self._enrichment.plan(node, (), None, at_s, self._transaction.probe_tables.find)
        return plan is not None and plan.community != community

    def _note_reach(
        self,
        source: Source,
        message: DataMessage | RejectedMessage | ErasedMessage,
        envelope: Envelope | ErasedMessage | None,
        entry: Entry,
    ) -> None:
        if self._ways.note_own_protocol(source[0]):
            # What mappings brought of it before is no longer taken for its own.
            self._first_own[source[0]] = None
            self._plans.clear()
        if is_recorded(source[1]):
            # Named by their time: what lies between two of them was never made, and nobody can send it again.
            return
        lowest, next_seq = (envelope.lowest_seq, envelope.next_seq) if envelope else (SEQ_FIRST, SEQ_FIRST)
        before = self._reach.get(source)
        self._reach[source] = _Reach(
            message.community or "",
            max(lowest, before.lowest_seq) if before else lowest,
            max(next_seq, before.next_seq) if before else next_seq,
            envelope.boot if envelope else None,
            entry.number,
            entry.received_s,
        )
