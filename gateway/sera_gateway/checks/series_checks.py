"""Check what is new in the table of records among its neighbours: the one pass that the ledger runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks.appended import Appended, judge_appended
from sera_gateway.checks.beside import are_enough
from sera_gateway.checks.end_reading import read_ends
from sera_gateway.checks.garden_sources import changed_beside, is_compared
from sera_gateway.checks.series_ends import SeriesEnds
from sera_gateway.checks.series_flags import add_finding, supersede
from sera_gateway.checks.series_revision import check_spans, checked_series, revise_origin
from sera_quality.limits import LIMITS
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import ACTION

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_gateway.checks.series_flags import Findings
    from sera_store.ledger.neighbour_rows import NewRows
    from sera_store.ledger.transaction import LedgerTransaction

SERIES_CURSOR: Final = "watched"
# The more rows a transaction, the more of one series share what is done once a series. So many take a tenth
# of a second on a PC.
_ROWS_A_TRANSACTION: Final = 20_000

Changes = dict[int, set[int]]


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

    def step(self, transaction: LedgerTransaction) -> bool:
        """Check the next rows and their neighbours, and those that have other limits; False without any."""
        self._limits.renew()
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
        self._ends.begin(position)
        changes = self._changes_by_moves(new)
        spans_beside = list(changed_beside(transaction, _times_by_origin(new, changes), self._limits))
        for origin in self._find_compared(transaction, new):
            changes.setdefault(origin, set())
        self._ends.forget(changes)
        self._check_appended(transaction, new, changes, position)
        spans = {origin: [(time_s, time_s) for time_s in times_s] for origin, times_s in changes.items()}
        for origin, first_s, last_s in spans_beside:
            spans.setdefault(origin, []).append((first_s, last_s))
        self._ends.own_changes |= check_spans(transaction, self._limits, spans)
        self._ends.finish(new.last)
        transaction.cursors.move(SERIES_CURSOR, new.last)
        return True

    def _find_compared(self, transaction: LedgerTransaction, new: NewRows) -> set[int]:
        """Find the origins of new rows that are checked by more than the table and their own series."""
        layouts = {layout for layout in set(new.layouts) if _has_others(transaction, layout)}
        in_record = {
            origin for origin, layout in zip(new.origins, new.layouts, strict=True) if layout in layouts
        }
        return in_record | {
            origin for origin in set(new.origins) if is_compared(transaction, origin, self._limits)
        }

    def _changes_by_moves(self, new: NewRows) -> Changes:
        """Return by origin the times [s] at which rows were superseded, or came in place of others."""
        changes: Changes = {}
        for number, origin, time_s in new.moved:
            if number not in self._ends.own_changes:
                times_s = changes.setdefault(origin, set())
                if time_s is not None:
                    times_s.add(time_s)
        return changes

    def _check_appended(
        self, transaction: LedgerTransaction, new: NewRows, changes: Changes, position: int
    ) -> None:
        """Check rows that go on at the end of their series; `touched` gets what is to be looked at again."""
        if not new.ids:
            return
        origins, times_s = np.array(new.origins, np.int64), np.array(new.times_s, np.int64)
        rows = np.lexsort((times_s, origins))
        starts = np.flatnonzero(np.diff(origins[rows], prepend=-1))
        is_plain = self._find_plain(transaction, origins[rows], times_s[rows], starts, changes, position)
        is_plain = np.repeat(is_plain, np.diff(starts, append=len(rows)))
        _touch(changes, origins[rows], times_s[rows], ~is_plain)
        rows = rows[is_plain]
        if len(rows):
            self._judge(transaction, _appended(transaction, new, rows, origins, times_s), changes)

    def _find_plain(
        self,
        transaction: LedgerTransaction,
        origins: NDArray[np.int64],
        times_s: NDArray[np.int64],
        starts: NDArray[np.intp],
        changes: Collection[int],
        position: int,
    ) -> NDArray[np.bool_]:
        """Tell of which origins the new rows come after all that was there; forget the ends of the others."""
        ends, firsts = self._ends, origins[starts]
        is_ordered = np.diff(times_s, prepend=times_s[0]) > 0
        is_ordered[starts] = True
        places = ends.origins.places(firsts.tolist())
        is_plain = np.logical_and.reduceat(is_ordered, starts)
        if changes:
            is_plain &= ~np.isin(firsts, list(changes))
        is_known = ends.origins.rows["is_known"][places]
        is_plain &= ~is_known | (times_s[starts] > ends.origins.rows["last_s"][places])
        unknown = np.flatnonzero(is_plain & ~is_known)
        if len(unknown):
            at = zip(firsts[unknown].tolist(), times_s[starts[unknown]].tolist(), strict=True)
            late = read_ends(transaction.neighbours, ends, list(at), position, self._limits)
            is_plain &= ~np.isin(firsts, list(late))
        ends.forget(firsts[~is_plain].tolist())
        return np.asarray(is_plain, bool)

    def _judge(self, transaction: LedgerTransaction, appended: Appended, changes: Changes) -> None:
        verdicts = list(judge_appended(appended, self._ends))
        changed = [origin for verdict in verdicts for origin in verdict.changed.tolist()]
        is_changed = np.repeat(np.isin(appended.origins, changed), appended.sizes)
        _touch(changes, np.repeat(appended.origins, appended.sizes), appended.times_s, is_changed)
        findings: dict[int, Findings] = {}
        for verdict in verdicts:
            is_new = ~is_changed[verdict.rows]
            for row, flag in zip(verdict.rows[is_new].tolist(), verdict.flags[is_new].tolist(), strict=True):
                number = int(appended.ids[row])
                add_finding(findings.setdefault(number, {}), verdict.key, flag, verdict.reason)
        for number in sorted(findings):
            # One that is superseded by now is looked at with the row in its place.
            record = transaction.records.current(number)
            if record is not None:
                self._ends.own_changes |= supersede(transaction, number, record, findings[number])


def _times_by_origin(new: NewRows, changes: Changes) -> Changes:
    times_by_origin = {origin: set(times_s) for origin, times_s in changes.items()}
    for origin, time_s in zip(new.origins, new.times_s, strict=True):
        times_by_origin.setdefault(origin, set()).add(time_s)
    return times_by_origin


def _has_others(transaction: LedgerTransaction, layout: int) -> bool:
    """Return whether a record of a layout has enough positions of one measurement to compare them."""
    names = [parsed[0] for key in transaction.neighbours.columns_of(layout) if (parsed := parse_column(key))]
    return any(are_enough(names.count(name) - 1) for name in set(names))


def _touch(
    changes: Changes, origins: NDArray[np.int64], times_s: NDArray[np.int64], is_touched: NDArray[np.bool_]
) -> None:
    for origin, time_s in zip(origins[is_touched].tolist(), times_s[is_touched].tolist(), strict=True):
        changes.setdefault(origin, set()).add(time_s)


def _appended(
    transaction: LedgerTransaction,
    new: NewRows,
    rows: NDArray[np.intp],
    origins: NDArray[np.int64],
    times_s: NDArray[np.int64],
) -> Appended:
    """Lay out some of the new rows, which are in order of origin and time."""
    places = rows.tolist()
    columns = transaction.neighbours.columns(
        [new.layouts[place] for place in places], [new.bodies[place] for place in places], LIMITS
    )
    starts = np.flatnonzero(np.diff(origins[rows], prepend=-1))
    return Appended(
        np.array(new.ids, np.int64)[rows],
        times_s[rows],
        columns,
        origins[rows[starts]],
        starts,
        np.diff(starts, append=len(rows)),
    )
