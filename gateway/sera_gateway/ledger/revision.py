"""Make records again where the registry has changed, and take those out that people take back.

A record of series `withdrawal` names the key of another one of the same counter, which stays in the table and
leaves all series, whichever of the two came first. It is done as a revision, so that a rebuild, a changed
registry and a message that comes again all end alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.checks.limits_in_force import crowded_gardens
from sera_gateway.checks.series_flags import without_series_flags
from sera_gateway.decode import reasons
from sera_gateway.ledger.enrichment import base_of, completed
from sera_gateway.ledger.redating import ROWS_A_TRANSACTION, boot_job, is_withheld, withheld
from sera_gateway.ledger.ways_in import Ways
from sera_store.ledger.jobs import BRACKETS, LETTERS
from sera_store.records.rows import WITHDRAWN
from sera_store.registry.check_limits import CheckLimit
from sera_store.registry.entities import Calibration, Garden, Node, ProbePlace
from sera_store.registry.mappings import Mapping
from sera_vocabulary.measurements import WITHDRAWN_EPOCH, WITHDRAWN_SEQ
from sera_vocabulary.messages import EPOCH_DIGITS, FLAG_DAMAGED
from sera_vocabulary.recorded import is_own
from sera_vocabulary.series import CLOCK, WITHDRAWAL
from sera_vocabulary.topics import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sera_gateway.decode.decoded import DataMessage
    from sera_gateway.ledger.enrichment import Enrichment, EnrichmentPlan
    from sera_store.ledger.jobs import Job
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.rows import Record
    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry

REGISTRY_CURSOR: Final = "registry"


def enter_changes(transaction: LedgerTransaction, registry: Registry) -> int:
    """Queue what the registry's new entries touch, and return how many entries there are."""
    done = transaction.cursors.position(REGISTRY_CURSOR)
    entries = registry.entries_after(done)
    gardens: dict[str, int] = {}
    crowded = crowded_gardens(registry) if entries else frozenset()
    for entry in entries:
        if isinstance(entry.entity, Mapping) or (isinstance(entry.entity, Node) and entry.entity.known_as):
            # Letters that no mapping fitted, or of a name that was nobody's, belong to no node yet.
            transaction.jobs.put(LETTERS, "")
        for garden, from_s in _checked_anew(entry.entity, entry.since_s, registry, crowded):
            gardens[garden] = min(from_s, gardens.get(garden, from_s))
        for node in affected_nodes(entry.entity, transaction, registry):
            transaction.jobs.revise_node(node, affected_from_s(entry.entity, entry.since_s, registry))
    for garden, from_s in gardens.items():
        transaction.jobs.check_garden(garden, from_s)
    if entries:
        transaction.cursors.move(REGISTRY_CURSOR, entries[-1].number)
    return len(entries)


class Revision:
    """The records of one transaction that the registry may make others.

    Parameters
    ----------
    transaction
        The transaction.
    enrichment
        What the registry adds.
    received_s
        Returns when a message arrived, Unix time [s], by its journal number; None where its month is gone.
    try_message
        Tries a message again, by its journal number.
    """

    def __init__(
        self,
        transaction: LedgerTransaction,
        enrichment: Enrichment,
        received_s: Callable[[int], int | None],
        try_message: Callable[[int], None],
    ) -> None:
        self._transaction = transaction
        self._enrichment = enrichment
        self._received_s = received_s
        self._try_message = try_message
        self._ways = Ways(transaction)

    def go_on(self, job: Job) -> None:
        """Revise the next records of a source, and supersede those that should be others now.

        A record that would be rejected now is retracted, and its message tried again: it becomes the dead
        letter that it had become if the registry had said so when it came. Where its month of the journal is
        gone, it is withheld instead. What is dated by others has its turn after that, boot by boot, and then
        what is dated by neighbours.
        """
        records = self._transaction.records
        rows = list(records.after(int(job.name), job.position, job.from_s, ROWS_A_TRANSACTION))
        again: set[int] = set()
        for stored in rows:
            record, root = without_series_flags(stored.record), records.first_form(stored).record
            target, why = self._target(record, root)
            if why and self._received_s(root.journal) is not None:
                again |= records.retract(stored.id, why)
            elif target != record:
                records.supersede(stored.id, target)
            is_clock = record.series == CLOCK and target != record
            if record.boot is not None and (root.time_s is None or is_clock):
                self._transaction.jobs.put(*boot_job((record.node, record.epoch, record.boot)))
        for journal in sorted(again):
            self._try_message(journal)
        source = self._transaction.keys.source(int(job.name))
        if again:
            # Dead letters of other messages may have the keys, or be rejected for another reason, now.
            self._transaction.jobs.put(LETTERS, source[0])
        if len(rows) == ROWS_A_TRANSACTION:
            self._transaction.jobs.move(job, rows[-1].record.seq)
        else:
            if self._transaction.boots.to_bracket(*source, 0, 1):
                self._transaction.jobs.put(BRACKETS, *source)
            self._transaction.jobs.move(job, None)

    def _target(self, record: Record, root: Record) -> tuple[Record, str]:
        """Make what a record should be now; with the reason where it would be rejected."""
        if self._transaction.withdrawals.has(root.node, root.epoch, root.seq) and root.series != WITHDRAWAL:
            return withheld(base_of(root), WITHDRAWN), ""
        return self._undated(record, root) if root.time_s is None else self._dated(root)

    def _dated(self, root: Record) -> tuple[Record, str]:
        """Make the record of what brought its own time; with the reason where it would be rejected."""
        base = base_of(root)
        plan, why = self._plan(base, root.time_s or 0)
        return (completed(base, plan) if plan is not None else withheld(base, why)), why

    def _undated(self, record: Record, root: Record) -> tuple[Record, str]:
        """Make the record of what brought none: it was taken by where its node stood when it arrived."""
        base = base_of(root)
        received_s = self._received_s(root.journal)
        plan, why = self._plan(base, received_s) if received_s is not None else (None, "")
        if plan is None and why:
            return withheld(base, why), why
        return (base if is_withheld(record) else record), ""

    def _plan(self, base: Record, at_s: int) -> tuple[EnrichmentPlan | None, str]:
        plan = self._enrichment.plan(
            base.node, base.columns, base.probe_table, at_s, self._transaction.probe_tables.find
        )
        if plan is None:
            return None, reasons.UNKNOWN_NODE
        # A foreign topic names no community of ours, so the registry alone decides.
        if is_own(base.epoch) and plan.community != base.community:
            return None, reasons.WRONG_COMMUNITY
        if self._ways.other_than(base.epoch, base.node, plan.way_in):
            return None, reasons.OTHER_WAY
        return plan, ""


def affected_nodes(entity: Entity, transaction: LedgerTransaction, registry: Registry) -> list[str]:
    """List the nodes whose records an entry can change."""
    if isinstance(entity, Node):
        return [entity.id]
    if isinstance(entity, Garden):
        return registry.nodes_ever_in(entity.id)
    if isinstance(entity, ProbePlace | Calibration):
        entered = [entry.entity for entry in registry.history("probe", entity.serial)]
        nodes = {entry.node for entry in entered if isinstance(entry, ProbePlace) and entry.node}
        return sorted(nodes | set(transaction.probe_tables.nodes_with(entity.serial)))
    return []


def _checked_anew(
    entity: Entity, since_s: int, registry: Registry, crowded: frozenset[str]
) -> list[tuple[str, int]]:
    """List the gardens whose values are checked by others than before, each with from when on [s]."""
    if isinstance(entity, CheckLimit):
        entered = [entry.entity for entry in registry.history("limit", entity.id)]
        gardens = {limit.garden for limit in entered if isinstance(limit, CheckLimit)}
        return [(garden, since_s) for garden in sorted(gardens)]
    if isinstance(entity, Node):
        entered = [entry.entity for entry in registry.history("node", entity.id)]
        gardens = {node.garden for node in entered if isinstance(node, Node) and node.garden}
        # The nodes of a garden are compared with one another no more.
        return [(garden, 0) for garden in sorted(gardens & crowded)]
    return []


def affected_from_s(entity: Entity, since_s: int, registry: Registry) -> int:
    """Return from which measurement time on an entry can change anything."""
    if not isinstance(entity, Calibration):
        return since_s
    versions = [entry.entity for entry in registry.history("calibration", entity.id)]
    return min(entry.valid_from_s for entry in versions if isinstance(entry, Calibration))


class WithdrawnKey(NamedTuple):
    """The key of a record that its counter took back."""

    epoch: str
    seq: int


class Withdrawals:
    """The withdrawals of one transaction.

    Parameters
    ----------
    transaction
        The store's transaction.
    """

    def __init__(self, transaction: LedgerTransaction) -> None:
        self._transaction = transaction
        self._withdrawn: dict[tuple[str, str, int], None] = {}
        self._came: dict[tuple[str, str, int], None] = {}

    def note(self, message: DataMessage) -> None:
        """Note what a message of a person takes back, and what it brings that may be taken back already."""
        if message.channel != PEOPLE:
            return
        if message.envelope.stream == WITHDRAWAL:
            keys = [(message.node, *key) for key in withdrawn_keys(message)]
            self._withdrawn.update(dict.fromkeys(keys))
        else:
            epoch = message.envelope.epoch
            self._came.update(dict.fromkeys((message.node, epoch, row.seq) for row in message.rows))

    def write(self) -> None:
        """Keep what was taken back, and have the records of those counters looked at again."""
        withdrawals = self._transaction.withdrawals
        nodes = {key[0]: None for key in self._withdrawn if withdrawals.add(*key)}
        nodes.update({key[0]: None for key in self._came if withdrawals.has(*key)})
        for node in nodes:
            self._transaction.jobs.revise_node(node, 0)


def withdrawn_keys(message: DataMessage) -> Iterator[WithdrawnKey]:
    """Iterate over the keys that the rows of a message name; a row that names none is passed over."""
    names = message.layout.names
    for row in message.rows:
        values = dict(zip(names, row.values, strict=True))
        epoch, seq = values.get(WITHDRAWN_EPOCH), values.get(WITHDRAWN_SEQ)
        if epoch is None or seq is None or row.flags & FLAG_DAMAGED:
            continue
        text = f"{int(epoch):0{EPOCH_DIGITS}x}"
        if len(text) == EPOCH_DIGITS and epoch == int(epoch) and seq == int(seq):
            yield WithdrawnKey(text, int(seq))
