"""Make records anew where the registry has changed: garden, probes, calibrations, over the whole span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_gateway.checks.spike_revision import without_series_flags
from sera_gateway.decode import reasons
from sera_gateway.ledger.enrichment import base_of, completed
from sera_gateway.ledger.redating import ROWS_A_TRANSACTION, boot_job, is_withheld, withheld
from sera_gateway.ledger.ways_in import Ways
from sera_store.ledger.jobs import BRACKETS, LETTERS
from sera_store.registry.entities import Calibration, Garden, Node, ProbePlace
from sera_store.registry.mappings import Mapping
from sera_vocabulary.messages import is_epoch
from sera_vocabulary.series import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_gateway.ledger.enrichment import Completion, Plan
    from sera_store.ledger.jobs import Job
    from sera_store.ledger.ledger_writes import LedgerWrites
    from sera_store.records.rows import Record
    from sera_store.registry.entities import Entity
    from sera_store.registry.registry import Registry

REGISTRY_CURSOR: Final = "registry"


def enter_changes(writes: LedgerWrites, registry: Registry) -> int:
    """Have looked at again what the registry's new entries touch, and return how many they are."""
    done = writes.position(REGISTRY_CURSOR)
    entries = registry.entries_after(done)
    for entry in entries:
        if isinstance(entry.entity, Mapping):
            # Letters that no mapping fitted belong to no node yet.
            writes.put_job(LETTERS, "")
        for node in _nodes(entry.entity, writes, registry):
            writes.revise_node(node, _from_s(entry.entity, entry.since_s, registry))
    if entries:
        writes.move(REGISTRY_CURSOR, entries[-1].number)
    return len(entries)


class Revision:
    """The records of one transaction that the registry may make others.

    Parameters
    ----------
    writes
        The transaction.
    completion
        What the registry adds.
    received_s
        Tells when a message arrived, Unix time [s], by its journal number; None where that is not known.
    """

    def __init__(
        self, writes: LedgerWrites, completion: Completion, received_s: Callable[[int], int | None]
    ) -> None:
        self._writes = writes
        self._completion = completion
        self._received_s = received_s
        self._ways = Ways(writes)

    def go_on(self, job: Job) -> None:
        """Look at the next records of a source, and supersede those that should be others now.

        What is dated by others has its turn after that, boot by boot, and then what is dated by neighbours.
        """
        rows = list(self._writes.records_after(int(job.name), job.position, job.from_s, ROWS_A_TRANSACTION))
        for stored in rows:
            record, root = without_series_flags(stored.record), self._writes.first_form(stored).record
            target = self._undated(record, root) if root.time_s is None else self._dated(root)
            if target != record:
                self._writes.supersede(stored.id, target)
            is_clock = record.series == CLOCK and target != record
            if record.boot is not None and (root.time_s is None or is_clock):
                self._writes.put_job(*boot_job((record.node, record.epoch, record.boot)))
        if len(rows) == ROWS_A_TRANSACTION:
            self._writes.move_job(job, rows[-1].record.seq)
        else:
            source = self._writes.source_of(int(job.name))
            if self._writes.boots_to_bracket(*source, 0, 1):
                self._writes.put_job(BRACKETS, *source)
            self._writes.move_job(job, None)

    def _dated(self, root: Record) -> Record:
        """Make the record of what brought its own time."""
        base = base_of(root)
        plan, why = self._plan(base, root.time_s or 0)
        return completed(base, plan) if plan is not None else withheld(base, why)

    def _undated(self, record: Record, root: Record) -> Record:
        """Make the record of what brought none: it was taken by where its node stood when it arrived."""
        base = base_of(root)
        received_s = self._received_s(root.journal)
        plan, why = self._plan(base, received_s) if received_s is not None else (None, "")
        if plan is None and why:
            return withheld(base, why)
        return base if is_withheld(record) else record

    def _plan(self, base: Record, at_s: int) -> tuple[Plan | None, str]:
        plan = self._completion.plan(base.node, base.columns, base.probe_table, at_s, self._writes.probes)
        if plan is None:
            return None, reasons.UNKNOWN_NODE
        # A foreign topic names no community of ours, so the registry alone decides.
        if is_epoch(base.epoch) and plan.community != base.community:
            return None, reasons.WRONG_COMMUNITY
        if self._ways.other_than(base.epoch, base.node, plan.way_in):
            return None, reasons.OTHER_WAY
        return plan, ""


def _nodes(entity: Entity, writes: LedgerWrites, registry: Registry) -> list[str]:
    """List the nodes whose records an entry can change."""
    if isinstance(entity, Node):
        return [entity.id]
    if isinstance(entity, Garden):
        return registry.nodes_ever_in(entity.id)
    if isinstance(entity, ProbePlace | Calibration):
        entered = [one.entity for one in registry.history("probe", entity.serial)]
        named = {one.node for one in entered if isinstance(one, ProbePlace)}
        return sorted(named | set(writes.nodes_with_probe(entity.serial)))
    return []


def _from_s(entity: Entity, since_s: int, registry: Registry) -> int:
    """Tell from which measurement time on an entry can change anything."""
    if not isinstance(entity, Calibration):
        return since_s
    versions = [one.entity for one in registry.history("calibration", entity.id)]
    return min(one.valid_from_s for one in versions if isinstance(one, Calibration))
