"""Flag rows that go on at the end of their series: all origins at once, nothing read beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sera_gateway.checks.garden.beside import risen_flags
from sera_gateway.checks.limits_in_force import table_limit
from sera_gateway.checks.neighbours import RECORDS_AWAY, Neighbours, flags_by_limit
from sera_gateway.checks.series_flags import RATE
from sera_gateway.checks.spikes import change_flags
from sera_gateway.checks.value_checks import CHECKS, is_bad
from sera_quality.limits import LIMITS, REACH_S
from sera_quality.stillness import equal_runs
from sera_vocabulary import quality
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sera_gateway.checks.ordered_rows import OrderedRows
    from sera_gateway.checks.series_ends import OriginTable, SeriesEnds
    from sera_quality.limits import Limit

_ENDS: Final = 2


class Verdict(NamedTuple):
    """What one check says of a column.

    Parameters
    ----------
    key, reason
        Wire key, and the check's reason.
    rows, flags
        New rows that do not pass, and their flags.
    changed
        Origins of which what is new changes flags of older rows.
    rises
        New rows whose value has risen by more than its garden has to explain.
    """

    key: str
    reason: str
    rows: NDArray[np.intp]
    flags: NDArray[np.uint8]
    changed: NDArray[np.int64]
    rises: NDArray[np.intp]


class _Joined(NamedTuple):
    """A column with the two measures before its new ones.

    Parameters
    ----------
    column
        The last two measures of each origin, then its new ones; -1 for the row of what is not new.
    heads
        Index of the first of the last two measures of each origin.
    """

    column: Neighbours
    counts: NDArray[np.int64]
    heads: NDArray[np.intp]


def judge_appended(appended: OrderedRows, ends: SeriesEnds) -> Iterator[Verdict]:
    """Flag new rows by what their series ended with, and move the ends on behind them."""
    places = ends.origins.places(appended.origins.tolist())
    rows = ends.origins.rows
    index = np.arange(len(appended.ids)) - np.repeat(appended.starts, appended.sizes)
    counts = np.repeat(rows["count"][places], appended.sizes) + index + 1
    group = np.repeat(np.arange(len(appended.origins)), appended.sizes)
    for key, column in appended.columns.items():
        parsed = parse_column(key)
        measures = np.flatnonzero((column.quality == quality.GOOD) | (column.quality == quality.SUSPECT))
        if parsed is None or parsed[0] not in LIMITS or not len(measures):
            continue
        first = np.flatnonzero(np.diff(group[measures], prepend=-1))
        origins = appended.origins[group[measures[first]]]
        table = ends.column(key)
        lanes = table.places(origins.tolist())
        new = Neighbours(
            key,
            parsed[0],
            _table_limit(parsed[0], len(measures)),
            measures,
            column.values[measures],
            appended.times_s[measures],
            np.zeros(0, bool),
            appended.times_s[measures],
        )
        joined = _join(new, counts[measures], first, table, lanes)
        yield from _judge(joined, origins)
        _move_on(table, lanes, joined)
    rows["is_known"][places] = True
    rows["last_s"][places] = appended.times_s[appended.starts + appended.sizes - 1]
    rows["count"][places] += appended.sizes


def _join(
    new: Neighbours,
    counts: NDArray[np.int64],
    first: NDArray[np.intp],
    table: OriginTable,
    lanes: NDArray[np.intp],
) -> _Joined:
    """Put before the new measures of each origin the last two that it had."""
    ends = table.rows[lanes]
    heads = first + _ENDS * np.arange(len(first))
    at_ends = np.add.outer(heads, np.arange(_ENDS)).ravel()
    is_new = np.ones(len(counts) + len(at_ends), bool)
    is_new[at_ends] = False

    def joined(old: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
        cells = np.empty(len(is_new), added.dtype)
        cells[at_ends], cells[is_new] = old.ravel(), added
        return cells

    times_s = joined(ends["times_s"], new.times_s)
    all_counts = joined(ends["counts"], counts)
    near = (np.diff(all_counts) <= RECORDS_AWAY) & (np.diff(times_s) <= REACH_S)
    near[heads[1:] - 1] = False
    column = new._replace(
        limits=_table_limit(new.name, len(is_new)),
        rows=joined(np.full(len(at_ends), -1), new.rows),
        values=joined(ends["values"], new.values),
        times_s=times_s,
        near=near,
        # A run may have begun before the two measures.
        began_s=joined(np.repeat(ends["began_s"], _ENDS), new.times_s),
    )
    return _Joined(column, all_counts, heads)


def _judge(joined: _Joined, origins: NDArray[np.int64]) -> Iterator[Verdict]:
    """Flag the new measures; what the last one before them was flagged without them is compared."""
    column, before = joined.column, _series_ends(joined)
    empty = np.zeros(0, np.intp)
    for check in CHECKS:
        flags = flags_by_limit(column, check.flags)
        flags_before = flags_by_limit(before, check.flags)[1::_ENDS]
        bad = is_bad(flags)
        last = joined.heads + 1
        changed = np.where(bad[last], flags[last], 0) != np.where(is_bad(flags_before), flags_before, 0)
        bad &= column.rows >= 0
        yield Verdict(column.key, check.reason, column.rows[bad], flags[bad], origins[changed], empty)
    # Whether it is too fast depends on a third measure: its origin is looked at with what is beside.
    is_fast = np.flatnonzero(is_bad(flags_by_limit(column, change_flags)) & (column.rows >= 0))
    fast = origins[np.unique(np.searchsorted(joined.heads, is_fast, "right") - 1)]
    rises = column.rows[is_bad(flags_by_limit(column, risen_flags)) & (column.rows >= 0)]
    yield Verdict(column.key, RATE, empty, np.zeros(0, np.uint8), fast, rises)


def _table_limit(name: str, size: int) -> list[tuple[Limit, NDArray[np.bool_]]]:
    """Return the table's limits for all of some values: gardens with others are not checked here."""
    return [(table_limit(name), np.ones(size, bool))]


def _series_ends(joined: _Joined) -> Neighbours:
    """Return the last two measures of each origin without what comes after them."""
    column = joined.column
    at_ends = np.add.outer(joined.heads, np.arange(_ENDS)).ravel()
    near = np.zeros(max(0, len(at_ends) - 1), bool)
    near[::_ENDS] = column.near[joined.heads]
    return column._replace(
        limits=_table_limit(column.name, len(at_ends)),
        rows=column.rows[at_ends],
        values=column.values[at_ends],
        times_s=column.times_s[at_ends],
        near=near,
        began_s=column.began_s[at_ends],
    )


def _move_on(table: OriginTable, lanes: NDArray[np.intp], joined: _Joined) -> None:
    """Make the last two measures of each origin what its next rows are compared with."""
    column = joined.column
    last = np.append(joined.heads[1:], len(column.values)) - 1
    write_ends(table, lanes, column, joined.counts, last)


def write_ends(
    table: OriginTable,
    lanes: NDArray[np.intp],
    column: Neighbours,
    counts: NDArray[np.int64],
    last: NDArray[np.intp],
) -> None:
    """Write the measures at some indexes, and the ones before them, as the ends of series.

    Parameters
    ----------
    lanes
        Where each goes in the table.
    counts
        How many records its origin had with each measure.
    last
        Index of the last measure of each origin; the one before it counts where both are neighbours.
    """
    runs = equal_runs(column.values, column.times_s, column.near)
    began_s = column.began_s[runs.starts[np.searchsorted(runs.starts, last, "right") - 1]]
    second = np.maximum(last - 1, 0)
    is_near = np.zeros(len(last), bool)
    is_near[last > 0] = column.near[last[last > 0] - 1]
    ends = table.rows[lanes]
    for name, cells in (("values", column.values), ("times_s", column.times_s), ("counts", counts)):
        ends[name][:, 1] = cells[last]
        ends[name][:, 0] = np.where(is_near, cells[second], table.empty_row[name][0])
    ends["began_s"] = began_s
    table.rows[lanes] = ends
