"""One transaction of the ledger: what each message of a chunk becomes, in the order of the journal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sera_gateway import reasons
from sera_gateway.completion import dated, record_of
from sera_gateway.dating import date
from sera_gateway.decoded import DataMessage, IgnoredMessage, ProbesMessage, RefusedMessage
from sera_gateway.envelope import BYTES_LOOKED_INTO, Refusal, read_json
from sera_gateway.foreign import as_batch, blocks, delivery_hash
from sera_gateway.mapping import ForeignMessage
from sera_store.dead_letters import DeadLetter
from sera_store.keys import KeyState
from sera_vocabulary import messages as keys
from sera_vocabulary.messages import FLAG_DAMAGED, SEQ_FIRST
from sera_vocabulary.series import CLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_gateway.completion import Completion, Plan
    from sera_gateway.decode import Decoded
    from sera_gateway.decoded import DecodedRow
    from sera_gateway.envelope import Envelope
    from sera_gateway.foreign import Placed
    from sera_gateway.journal import Entry
    from sera_gateway.recipe import Part
    from sera_store.dead_letters import DeadLetters
    from sera_store.keys import Extent
    from sera_store.ledger import LedgerWrites
    from sera_store.rows import Record

Source = tuple[str, str]
Boot = tuple[str, str, int]

# How a dated record says where its time came from.
DATED_BY = "dated_by"


class _Reach(NamedTuple):
    """How far a node told that its records go."""

    community: str
    lowest_held: int
    made_next: int
    boot: int | None
    received_s: int


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
    """

    def __init__(self, writes: LedgerWrites, letters: DeadLetters, completion: Completion) -> None:
        self._writes = writes
        self._letters = letters
        self._completion = completion
        self._known: dict[Source, dict[int, KeyState]] = {}
        self._fresh: list[tuple[Record, bytes]] = []
        self._fresh_at: dict[tuple[str, str, int], int] = {}
        self._alike: dict[tuple[str, int, bool], list[Placed]] = {}
        self._repeats: Counter[Source] = Counter()
        self._repeated: Counter[int] = Counter()
        self._reach: dict[Source, _Reach] = {}
        self._boots: dict[Boot, None] = {}

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
        if isinstance(message, ForeignMessage):
            self._take_foreign(entry, message)
        elif isinstance(message, DataMessage):
            self._take_data(entry, message)
        elif isinstance(message, RefusedMessage):
            self._take_refused(entry, message)
        elif isinstance(message, ProbesMessage):
            self._take_probes(entry, message)
        elif isinstance(message, IgnoredMessage):
            self._writes.ignore(entry.number, message.reason)

    def finish(self) -> list[Extent]:
        """Write what was gathered, date what can be dated, and tell how far each node has come."""
        self._write_alike()
        self._writes.append(self._fresh)
        for boot in self._boots:
            self._date(*boot)
        for source, count in self._repeats.items():
            self._writes.repeat(*source, count)
        self._writes.note_repeated(self._repeated)
        return [
            self._writes.advance(
                *source,
                reach.lowest_held,
                reach.made_next,
                community=reach.community,
                boot=reach.boot,
                changed=reach.received_s,
            )
            for source, reach in self._reach.items()
        ]

    def _take_foreign(self, entry: Entry, message: ForeignMessage) -> None:
        source = (message.node, message.mapping.id)
        if not message.has_time and self._writes.is_redelivery(
            entry.mid, entry.connection, delivery_hash(entry), dup=entry.dup
        ):
            self._writes.ignore(entry.number, reasons.REDELIVERED)
            return
        plan = self._completion.plan(message.node, (), None, message.time_s, self._writes.probes)
        if plan is None:
            found = f"the registry has no garden for {message.node} at Unix time {message.time_s}"
            self._look_up_more(source, message.seqs)
            self._refuse(entry, message.node, [Refusal(reasons.UNKNOWN_NODE, found, source[1], message.seqs)])
        elif message.is_regular:
            alike = (source[1], id(message.recipe), message.has_time)
            self._alike.setdefault(alike, []).append((entry, message, plan))
        else:
            for part in message.recipe.parts:
                self._take_part(entry, message, part, plan)

    def _write_alike(self) -> None:
        """Write foreign messages of one form together; where one of them is not new, one by one."""
        for placed in self._alike.values():
            # In the order of the tables they go into, which then are walked once instead of for each message.
            placed.sort(key=lambda one: (one[1].node, one[1].time_s))
            for part, block in blocks(placed):
                if not self._writes.append_block(block):
                    for entry, message, plan in placed:
                        self._take_part(entry, message, part, plan)

    def _take_part(self, entry: Entry, message: ForeignMessage, part: Part, plan: Plan) -> None:
        made = as_batch(message, part, plan.community)
        [row] = made.rows
        self._look_up_more((made.node, made.envelope.epoch), (row.seq,))
        exact = self._plan(made, message.time_s) or plan
        refusals: list[Refusal] = []
        self._take_row(made, row, record_of(made, row, exact, entry.number), refusals)
        self._refuse(entry, message.node, refusals)

    def _look_up_more(self, source: Source, seqs: Sequence[int]) -> None:
        known = self._known.setdefault(source, {})
        known.update(self._writes.known(*source, [seq for seq in seqs if seq not in known]))

    def _repeat(self, journal: int, source: Source, count: int = 1) -> None:
        self._repeats[source] += count
        self._repeated[journal] += count

    def _take_data(self, entry: Entry, message: DataMessage) -> None:
        received_s = entry.received_ns // 1_000_000_000
        refusals = list(message.refusals)
        elsewhere = False
        for row in message.rows:
            at_s = received_s if row.utc_s is None else row.utc_s
            plan = self._plan(message, at_s)
            if plan is None:
                refusals.append(_unknown_node(message, at_s, row.seq))
            elif plan.community != message.community:
                elsewhere = True
                refusals.append(_wrong_community(message, plan.community, row.seq))
            else:
                self._take_row(message, row, record_of(message, row, plan, entry.number), refusals)
        self._refuse(entry, message.node, refusals)
        if not message.rows:
            elsewhere = self._is_elsewhere(message.community, message.node, received_s)
        if not message.rows and not message.refusals:
            self._writes.ignore(entry.number, reasons.NO_ROWS)
        if not elsewhere:
            self._reached((message.node, message.envelope.epoch), message, message.envelope, received_s)

    def _plan(self, message: DataMessage, at_s: int) -> Plan | None:
        return self._completion.plan(
            message.node, message.layout.columns, message.envelope.probes, at_s, self._writes.probes
        )

    def _take_row(
        self, message: DataMessage, row: DecodedRow, record: Record, refusals: list[Refusal]
    ) -> None:
        source = (message.node, message.envelope.epoch)
        state = self._known[source].get(row.seq)
        is_damaged = bool(row.flags & FLAG_DAMAGED)
        if state is None or (state.record is None and (*source, row.seq) not in self._fresh_at):
            self._add(source, record, row.content_hash)
        elif state.content_hash == row.content_hash or is_damaged:
            self._repeat(record.journal, source)
        elif state.damaged:
            self._replace_damaged(source, state, record, row.content_hash)
        else:
            found = f"sequence {row.seq} is here with other content; the first one stays"
            refusals.append(Refusal(reasons.CONFLICT, found, source[1], (row.seq,)))

    def _add(self, source: Source, record: Record, content_hash: bytes) -> None:
        key = (*source, record.seq)
        self._fresh_at[key] = len(self._fresh)
        self._fresh.append((record, content_hash))
        self._known[source][record.seq] = KeyState(
            content_hash, bool(record.flags & FLAG_DAMAGED), None, None
        )
        self._note_boot(record)

    def _replace_damaged(self, source: Source, state: KeyState, record: Record, content_hash: bytes) -> None:
        place = self._fresh_at.get((*source, record.seq))
        if place is not None:
            # The damaged one is in no table then: it counts as a repeat of what replaced it.
            self._repeat(self._fresh[place][0].journal, source)
            self._fresh[place] = (record, content_hash)
        elif state.record is not None:
            self._writes.supersede(state.record, record, content_hash)
        self._known[source][record.seq] = KeyState(
            content_hash, damaged=False, record=state.record, dead_letter=None
        )
        self._note_boot(record)

    def _note_boot(self, record: Record) -> None:
        if record.boot is not None and (record.time_s is None or record.series == CLOCK):
            self._boots[record.node, record.epoch, record.boot] = None

    def _take_refused(self, entry: Entry, message: RefusedMessage) -> None:
        refusal, received_s = message.refusal, entry.received_ns // 1_000_000_000
        community, node = message.community, message.node
        if community and node and self._is_elsewhere(community, node, received_s):
            self._refuse(entry, node, [refusal._replace(reason=reasons.WRONG_COMMUNITY)])
            return
        self._refuse(entry, node, [refusal])
        if node and refusal.epoch and refusal.seqs:
            self._reached((node, refusal.epoch), message, message.envelope, received_s)

    def _take_probes(self, entry: Entry, message: ProbesMessage) -> None:
        if self._is_elsewhere(message.community, message.node, entry.received_ns // 1_000_000_000):
            found = f"{message.node} does not belong to {message.community}"
            refusal = Refusal(reasons.WRONG_COMMUNITY, found)
        elif self._writes.put_probes(message.node, message.table, message.probes):
            self._completion.forget()
            self._writes.ignore(entry.number, reasons.PROBES_READ)
            return
        else:
            refusal = Refusal(reasons.CONFLICT, f"table {message.table!r} is here with other probes")
        self._refuse(entry, message.node, [refusal])

    def _is_elsewhere(self, community: str, node: str, at_s: int) -> bool:
        plan = self._completion.plan(node, (), None, at_s, self._writes.probes)
        return plan is not None and plan.community != community

    def _refuse(self, entry: Entry, node: str | None, refusals: list[Refusal]) -> None:
        """Keep one dead letter a reason; a message that came again whole is a repeat of its letter."""
        by_reason: dict[str, list[Refusal]] = {}
        for refusal in refusals:
            by_reason.setdefault(refusal.reason, []).append(refusal)
        for same in by_reason.values():
            seqs = tuple(dict.fromkeys(seq for refusal in same for seq in refusal.seqs))
            # Under another community's topic anybody may claim any key: none is taken for it.
            epoch = None if same[0].reason == reasons.WRONG_COMMUNITY else same[0].epoch
            source = (node, epoch) if node and epoch else None
            if source and seqs and self._is_repeated_letter(entry, source, seqs):
                self._repeat(entry.number, source, len(seqs))
                continue
            (number,) = self._writes.refuse([_letter(entry, node, epoch, seqs, same)])
            if source:
                known = self._known.setdefault(source, {})
                for seq in seqs:
                    known.setdefault(seq, KeyState(b"", damaged=False, record=None, dead_letter=number))

    def _is_repeated_letter(self, entry: Entry, source: Source, seqs: tuple[int, ...]) -> bool:
        states = [self._known.get(source, {}).get(seq) for seq in seqs]
        letters = {state.dead_letter if state and state.record is None else None for state in states}
        number = letters.pop()
        if letters or number is None:
            return False
        first, again = self._letters.show(number).payload, entry.payload[:BYTES_LOOKED_INTO]
        if first == again:
            return True
        # A node sends the same row again in another batch, with later bounds.
        before = _rows(first, seqs)
        return before is not None and before == _rows(again, seqs)

    def _reached(
        self,
        source: Source,
        message: DataMessage | RefusedMessage,
        envelope: Envelope | None,
        received_s: int,
    ) -> None:
        held, made_next = (envelope.lowest_held, envelope.made_next) if envelope else (SEQ_FIRST, SEQ_FIRST)
        before = self._reach.get(source)
        self._reach[source] = _Reach(
            message.community or "",
            max(held, before.lowest_held) if before else held,
            max(made_next, before.made_next) if before else made_next,
            envelope.boot if envelope else None,
            received_s,
        )

    def _date(self, node: str, epoch: str, boot: int) -> None:
        anchors = self._writes.anchors(node, epoch, boot)
        for stored in self._writes.undated(node, epoch, boot) if anchors else ():
            record = stored.record
            # The uptime of a damaged record is not to be trusted either.
            if record.uptime_s is None or record.flags & FLAG_DAMAGED:
                continue
            found = date(record.uptime_s, anchors)
            if found is None:
                continue
            plan = self._completion.plan(
                node, record.columns, record.probe_table, found.time_s, self._writes.probes
            )
            # A node that stood nowhere then, or with other people, keeps its record undated for a steward.
            if plan is not None and plan.community == record.community:
                how = {DATED_BY: f"clock record {found.anchor_seq}"}
                revised = dated(record, found.time_s, found.uncertainty_s, how, plan)
                self._writes.supersede(stored.id, revised)


def _rows(payload: bytes, seqs: tuple[int, ...]) -> list[object] | None:
    """Read what a batch says under some sequences, or None where it cannot be read as one."""
    found = read_json(payload)
    if not isinstance(found, dict) or not isinstance(found.get(keys.KEY_ROWS), list):
        return None
    rows = found[keys.KEY_ROWS]
    said = [row for row in rows if isinstance(row, list) and row and row[keys.ROW_SEQ] in seqs]
    return [found.get(keys.KEY_STREAM), found.get(keys.KEY_COLUMNS), found.get(keys.KEY_PROBES), said]


def _letter(
    entry: Entry, node: str | None, epoch: str | None, seqs: tuple[int, ...], same: list[Refusal]
) -> DeadLetter:
    return DeadLetter(
        journal=entry.number,
        reason=same[0].reason,
        detail=same[0].detail + (f" (and {len(same) - 1} more rows)" if len(same) > 1 else ""),
        topic=entry.topic,
        payload=entry.payload[:BYTES_LOOKED_INTO],
        node=node,
        epoch=epoch,
        seqs=seqs,
        received_s=entry.received_ns // 1_000_000_000,
    )


def _unknown_node(message: DataMessage, at_s: int, seq: int) -> Refusal:
    found = f"the registry has no garden for {message.node} at Unix time {at_s}"
    return Refusal(reasons.UNKNOWN_NODE, found, message.envelope.epoch, (seq,))


def _wrong_community(message: DataMessage, community: str, seq: int) -> Refusal:
    found = (
        f"{message.node} belonged to {community}, not to {message.community}; "
        f"epoch {message.envelope.epoch}, sequence {seq}"
    )
    return Refusal(reasons.WRONG_COMMUNITY, found, message.envelope.epoch, (seq,))
