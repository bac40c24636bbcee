"""Check what is new in the table of records among its neighbours: the one pass that the ledger runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks.appended import judge_appended
from sera_gateway.checks.end_reading import read_ends
from sera_gateway.checks.garden.ranges import GardenRanges
from sera_gateway.checks.garden.rows import WATERS, GardenRows
from sera_gateway.checks.garden.sources import changed_beside
from sera_gateway.checks.ordered_rows import order_rows
from sera_gateway.checks.series_ends import SeriesEnds
from sera_gateway.checks.series_flags import add_finding, supersede
from sera_gateway.checks.series_revision import check_spans, checked_series, revise_origin
from sera_quality.limits import LIMITS
from sera_vocabulary.series import ACTION

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_gateway.checks.ordered_rows import OrderedRows
    from sera_gateway.checks.series_flags import Findings
    from sera_store.ledger.neighbour_rows import NewRows
    from sera_store.ledger.transaction import LedgerTransaction

SERIES_CURSOR: Final = "watched"
# The more rows a transaction, the more of one series share what is done once a series. So many take a fifth
# of a second on a PC.
_ROWS_A_TRANSACTION: Final = 60_000

_READ: Final = frozenset({*LIMITS, *WATERS})

Changes = dict[int, set[int]]
Spans = dict[int, list[tuple[int, int]]]


class SeriesChecks:
    """The checks of values among their neighbours, of one process.

    Whether a value is a spike depends on the good one before and after it, among eight records and within two
    hours; whether it stands still, on the run of equal values it is in. Where the new rows of an origin come
    after all that was there, as nearly all do, what its series ended with is known, and nothing else is read.
    Where rows come between others or supersede them, or what follows a row changes its flags, all that is
    beside them is looked at again. A record whose flags differ is superseded.
    """

    def __init__(self, limits: LimitsInForce) -> None:
        self._limits = limits
        self._ends = SeriesEnds()
        self._ranges = GardenRanges()

    def step(self, transaction: LedgerTransaction) -> bool:
        """Check the next rows and their neighbours, and those that have other limits; False without any."""
        if self._limits.renew():
            self._ranges = GardenRanges()
        job = transaction.jobs.next_of_checks()
        if job is not None:
            revise_origin(transaction, self._limits, job)
        return self._check_next(transaction) or job is not None

    def _check_next(self, transaction: LedgerTransaction) -> bool:
        position = transaction.cursors.position(SERIES_CURSOR)
        series = (*checked_series(self._limits), ACTION)
        new = transaction.neighbours.new_after(position, _ROWS_A_TRANSACTION, series)
        if new is None:
            return False
        if not self._ends.begin(position) or self._ranges.are_many():
            self._ranges = GardenRanges()
        moved = self._changes_by_moves(new)
        spans = self._spans_of(transaction, order_rows(transaction.neighbours, new, _READ), moved, position)
        self._ends.own_changes |= check_spans(transaction, self._limits, spans)
        self._ends.finish(new.last)
        transaction.cursors.move(SERIES_CURSOR, new.last)
        return True

    def _spans_of(
        self, transaction: LedgerTransaction, new: OrderedRows, moved: Changes, position: int
    ) -> Spans:
        """Check rows that go on at the end of their series; return the spans of all that is left."""
        own = self._with_own(transaction, new)
        changes = {origin: set(times_s) for origin, times_s in moved.items()} | {
            origin: set(moved.get(origin, ())) for origin in own
        }
        self._ends.forget(changes)
        is_plain = self._find_plain(transaction, new, changes, position)
        is_plain_row = np.repeat(is_plain, new.sizes)
        _touch(changes, new, ~is_plain_row)
        rises = np.zeros(len(new.ids), bool)
        if is_plain.any():
            rises[is_plain_row] = self._judge(transaction, new.of_origins(is_plain), changes)
        garden = GardenRows(transaction.neighbours, self._ranges, self._limits)
        is_apart = garden.find_apart(new, is_plain_row, rises, moved)
        is_apart |= np.repeat(np.isin(new.origins, own), new.sizes)
        beside = {origin: set(times_s) for origin, times_s in moved.items()}
        for times_by_origin in (changes, beside):
            _touch(times_by_origin, new, is_apart)
        spans = {origin: [(time_s, time_s) for time_s in times_s] for origin, times_s in changes.items()}
        for origin, first_s, last_s in changed_beside(transaction, beside, self._limits):
            spans.setdefault(origin, []).append((first_s, last_s))
        return spans

    def _with_own(self, transaction: LedgerTransaction, new: OrderedRows) -> list[int]:
        """List the origins whose rows are checked by limits of their garden's own."""
        if not self._limits.gardens:
            return []
        return [
            origin
            for origin in new.origins.tolist()
            if transaction.neighbours.origin(origin).garden in self._limits.gardens
        ]

    def _changes_by_moves(self, new: NewRows) -> Changes:
        """Return by origin the times [s] at which rows were superseded, or came in place of others."""
        changes: Changes = {}
        for number, origin, time_s in new.moved:
            if number not in self._ends.own_changes:
                times_s = changes.setdefault(origin, set())
                if time_s is not None:
                    times_s.add(time_s)
        return changes

    def _find_plain(
        self, transaction: LedgerTransaction, new: OrderedRows, changes: Collection[int], position: int
    ) -> NDArray[np.bool_]:
        """Return whose new rows come after all that was there; forget the ends of the others."""
        if not len(new.origins):
            return np.zeros(0, bool)
        ends, firsts_s = self._ends, new.times_s[new.starts]
        is_ordered = np.diff(new.times_s, prepend=new.times_s[0]) > 0
        is_ordered[new.starts] = True
        places = ends.origins.places(new.origins.tolist())
        is_plain = np.logical_and.reduceat(is_ordered, new.starts)
        if changes:
            is_plain &= ~np.isin(new.origins, list(changes))
        is_known = ends.origins.rows["is_known"][places]
        is_plain &= ~is_known | (firsts_s > ends.origins.rows["last_s"][places])
        unknown = np.flatnonzero(is_plain & ~is_known)
        if len(unknown):
            at = zip(new.origins[unknown].tolist(), firsts_s[unknown].tolist(), strict=True)
            late = read_ends(transaction.neighbours, ends, list(at), position, self._limits)
            is_plain &= ~np.isin(new.origins, list(late))
        ends.forget(new.origins[~is_plain].tolist())
        return np.asarray(is_plain, bool)

    def _judge(
        self, transaction: LedgerTransaction, appended: OrderedRows, changes: Changes
    ) -> NDArray[np.bool_]:
        """Flag rows by their series, add to `changes` what is to be looked at again; return what rose."""
        verdicts = list(judge_appended(appended, self._ends))
        changed = [origin for verdict in verdicts for origin in verdict.changed.tolist()]
        is_changed = np.repeat(np.isin(appended.origins, changed), appended.sizes)
        _touch(changes, appended, is_changed)
        findings: dict[int, Findings] = {}
        rises = np.zeros(len(appended.ids), bool)
        for verdict in verdicts:
            rises[verdict.rises] = True
            is_new = ~is_changed[verdict.rows]
            for row, flag in zip(verdict.rows[is_new].tolist(), verdict.flags[is_new].tolist(), strict=True):
                number = int(appended.ids[row])
                add_finding(findings.setdefault(number, {}), verdict.key, flag, verdict.reason)
        for number in sorted(findings):
            # One that is superseded by now is looked at with the row in its place.
            record = transaction.records.current(number)
            if record is not None:
                self._ends.own_changes |= supersede(transaction, number, record, findings[number])
        return rises


def _touch(changes: Changes, new: OrderedRows, is_changed: NDArray[np.bool_]) -> None:
    rows = np.flatnonzero(is_changed)
    if len(rows):
        origins = np.repeat(new.origins, new.sizes)[rows]
        for origin, time_s in zip(origins.tolist(), new.times_s[rows].tolist(), strict=True):
            changes.setdefault(origin, set()).add(time_s)
