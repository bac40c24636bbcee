"""Date what brought no time: by its boot's clock records, or by its neighbours once the boot is final."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sera_gateway.checks.series_flags import without_series_flags
from sera_gateway.ledger.dating import bracket, date
from sera_gateway.ledger.enrichment import base_of, completed, suspected
from sera_store.ledger.jobs import BOOT, BRACKETS
from sera_store.records.rows import BY_NEIGHBOURS
from sera_vocabulary.messages import FLAG_DAMAGED
from sera_vocabulary.recorded import is_own
from sera_vocabulary.series import CLOCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.ledger.dating import Bracket
    from sera_gateway.ledger.enrichment import Enrichment
    from sera_store.ledger.jobs import Job
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.keys import Anchor
    from sera_store.records.rows import Record, StoredRecord

Source = tuple[str, str]
Boot = tuple[str, str, int]

ROWS_A_TRANSACTION: Final = 2000
BOOTS_A_TRANSACTION: Final = 200
_ALL: Final = -1
_WITHHELD: Final = "withheld"


class Redating:
    """The boots whose records may get a time, or another one, in one transaction.

    What a record is dated by depends on what is here and not on the order in which it came, in three stages:
    records that have their own time, which the registry may take out of all series; records dated by clock
    records of their boot; records dated by neighbours of the first two kinds. What a stage does is given by
    the stages before it alone, and gives those nothing to do: so each piece of work ends, and all of it does.

    Parameters
    ----------
    transaction
        The transaction.
    enrichment
        What the registry adds at the time found.
    """

    def __init__(self, transaction: LedgerTransaction, enrichment: Enrichment) -> None:
        self._transaction = transaction
        self._enrichment = enrichment
        self._before = transaction.records.last_change()
        self._sources: dict[Source, None] = {}
        self._boots: dict[Boot, bool] = {}

    def touch(self, record: Record) -> None:
        """Note a record that has come, or been replaced by another one."""
        source = (record.node, record.epoch)
        self.touch_rows(source, record.boot, record.series, is_undated=record.time_s is None)

    def touch_rows(self, source: Source, boot: int | None, series: str, *, is_undated: bool) -> None:
        """Note new rows of one boot and series; `is_undated` where one of them has no time."""
        if boot is None:
            return
        self._sources[source] = None
        if series == CLOCK or is_undated:
            key = (*source, boot)
            self._boots[key] = self._boots.get(key, False) or series == CLOCK

    def touch_source(self, source: Source) -> None:
        """Note a node that has told how far it is: what it holds no longer may make a boot final."""
        self._sources[source] = None

    def run(self) -> None:
        """Date what can be dated now; what is more than one transaction should hold is left as jobs."""
        for boot, whole in self._boots.items():
            self._begin(boot, whole=whole)
        # Only then, since a record that has just been dated may be a nearer neighbour.
        for source in self._sources:
            first = self._bracket_boots(source, 0)
            if first is not None:
                self._transaction.jobs.put(BRACKETS, *source, position=first)

    def go_on(self, job: Job) -> None:
        """Do the next part of a boot, or of the boots of a source, that were too much for one transaction."""
        if job.kind == BRACKETS:
            self._transaction.jobs.move(job, self._bracket_boots((job.node, job.name), job.position))
            return
        epoch, _, number = job.name.rpartition(" ")
        boot = (job.node, epoch, int(number))
        anchors = self._transaction.boots.anchors(*boot)
        position = self._revise(boot, anchors, job.position)
        if position is None:
            # Its records may be nearer neighbours of others now; they are no longer neighbours of its own.
            self._transaction.jobs.put(BRACKETS, job.node, epoch)
        self._transaction.jobs.move(job, position)

    def _begin(self, boot: Boot, *, whole: bool) -> None:
        """Date a boot again: all of it where what it is dated by is another one, else what has just come."""
        anchors = self._transaction.boots.anchors(*boot)
        bracket = None if anchors else self._bracket(boot)
        if self._transaction.boots.note_bracket(*boot, bracket) or whole:
            position = self._revise(boot, anchors, 0)
            if position is not None:
                self._transaction.jobs.put(*boot_job(boot), position=position)
        elif anchors or bracket:
            rows = self._transaction.boots.without_own_time(*boot, self._before, _ALL, placed=False)
            self._supersede(rows, anchors, bracket)

    def _bracket_boots(self, source: Source, first: int) -> int | None:
        """Check whether boots of a source lie between others than before; return from which boot to go on."""
        boots = self._transaction.boots.to_bracket(*source, first, BOOTS_A_TRANSACTION)
        for number in boots:
            boot = (*source, number)
            if self._transaction.boots.note_bracket(*boot, self._bracket(boot)):
                self._transaction.jobs.put(*boot_job(boot))
        return boots[-1] + 1 if len(boots) == BOOTS_A_TRANSACTION else None

    def _revise(self, boot: Boot, anchors: Sequence[Anchor], after: int) -> int | None:
        """Check some records of a boot and return after which to go on, None where all are done."""
        rows = self._transaction.boots.without_own_time(*boot, after, ROWS_A_TRANSACTION, placed=None)
        self._supersede(rows, anchors, None if anchors else self._bracket(boot))
        return rows[-1].id if len(rows) == ROWS_A_TRANSACTION else None

    def _supersede(
        self, rows: Sequence[StoredRecord], anchors: Sequence[Anchor], bracket: Bracket | None
    ) -> None:
        for stored in rows:
            target = self._target(stored, anchors, bracket)
            if target != without_series_flags(stored.record):
                self._transaction.records.supersede(stored.id, target)

    def _target(self, stored: StoredRecord, anchors: Sequence[Anchor], own_bracket: Bracket | None) -> Record:
        root = self._transaction.records.first_form(stored).record
        # That its node stood elsewhere is no matter of dating.
        if root.time_s is not None or is_withheld(stored.record):
            return without_series_flags(stored.record)
        base = base_of(root)
        # The uptime of a damaged record is not to be trusted either.
        if base.uptime_s is None or base.flags & FLAG_DAMAGED:
            return base
        dating = (
            date(base.uptime_s, anchors)
            if anchors
            else own_bracket.date(base.uptime_s)
            if own_bracket
            else None
        )
        if dating is None:
            return base
        plan = self._enrichment.plan(
            base.node, base.columns, base.probe_table, dating.time_s, self._transaction.probe_tables.find
        )
        # A node that stood nowhere then, or with other people, keeps its record undated for a steward.
        if plan is None or (is_own(base.epoch) and plan.community != base.community):
            return base
        if own_bracket is None:
            return completed(base, plan, dating, f"clock record {dating.anchor_seq}")
        between = f"{BY_NEIGHBOURS} {own_bracket.before_seq} and {own_bracket.after_seq}"
        return suspected(completed(base, plan, dating, between))

    def _bracket(self, boot: Boot) -> Bracket | None:
        """Place a boot without anchors, once it is final: nothing of it can come any more."""
        node, epoch, number = boot
        span = self._transaction.boots.span(node, epoch, number)
        extent = self._transaction.delivery.extent(node, epoch)
        if span is None or extent is None:
            return None
        first, last, *uptimes_s = span
        later = self._transaction.boots.later_seq(node, epoch, number, last)
        if later is None or extent.next <= later:
            return None
        before = self._transaction.boots.neighbour(node, epoch, first, after=False)
        after = self._transaction.boots.neighbour(node, epoch, last, after=True)
        if before is None or after is None:
            return None
        return bracket((uptimes_s[0], uptimes_s[1]), before, after)


def boot_job(boot: Boot) -> tuple[str, str, str]:
    """Return kind, node and name of the job that looks through a boot."""
    node, epoch, number = boot
    return BOOT, node, f"{epoch} {number}"


def withheld(base: Record, why: str) -> Record:
    """Take a record out of all series: by what the registry says now, it should not have been there."""
    return replace(base, time_s=None, detail={**(base.detail or {}), _WITHHELD: why})


def is_withheld(record: Record) -> bool:
    """Return whether a record was taken out of all series."""
    return _WITHHELD in (record.detail or {})
