"""Flag what stands out of its series, once its neighbours are here: a follower of the ledger's own rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks import spike
from sera_gateway.limits import LIMITS, REACH_S
from sera_store.rows import BY_NEIGHBOURS, DATED_BY
from sera_vocabulary import quality
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import SERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sera_store.ledger import LedgerWrites
    from sera_store.rows import Record, StoredRecord

WATCH_CURSOR: Final = "watched"
_ROWS_A_TRANSACTION: Final = 2000
_RECORDS_AWAY: Final = 8
_PREFIX: Final = "check:"
_SPIKE: Final = "spike"
_WATCHED: Final = frozenset(one.name for one in SERIES if LIMITS.keys() & set(one.columns))
# Of two flags the worse one, by the order in which they outweigh one another.
_WORSE: Final = (quality.NOT_EVALUATED, quality.GOOD, quality.SUSPECT, quality.FAIL)


def watch(writes: LedgerWrites) -> bool:
    """Check what the next rows have brought, and what is beside it; False where no row is new.

    A flag depends on a value and the good one before and after it, among eight records and within two hours.
    Each row that comes or goes has those looked at again; a record whose flags differ is superseded, and that
    row finds nothing to do.
    """
    rows = writes.touched_after(writes.position(WATCH_CURSOR), _ROWS_A_TRANSACTION)
    if not rows:
        return False
    touched: dict[int, set[int]] = {}
    for row in rows:
        for origin, time_s in ((row.origin, row.time_s), (row.old_origin, row.old_time_s)):
            if origin is not None and time_s is not None and writes.series_of(origin) in _WATCHED:
                touched.setdefault(origin, set()).add(time_s)
    for origin, times_s in touched.items():
        for first_s, last_s in _spans(times_s):
            stretch = writes.stretch(origin, first_s, last_s, 2 * _RECORDS_AWAY)
            for stored, target in _checked(stretch, first_s, last_s):
                writes.supersede(stored.id, target)
    writes.move(WATCH_CURSOR, rows[-1].id)
    return True


def unwatched(record: Record) -> Record:
    """Take the flags of series away again: what is left is what the record's own values gave it."""
    detail = record.detail or {}
    noted = {key.removeprefix(_PREFIX) for key in detail if key.startswith(_PREFIX)}
    if not noted:
        return record
    by_neighbours = detail.get(DATED_BY, "").startswith(BY_NEIGHBOURS)
    own = quality.SUSPECT if by_neighbours else quality.GOOD
    flags = [
        own if column in noted else flag for column, flag in zip(record.columns, record.quality, strict=True)
    ]
    kept = {key: text for key, text in detail.items() if not key.startswith(_PREFIX)}
    return replace(record, quality=tuple(flags), detail=kept or None)


def _spans(times_s: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Join times that are neighbours into spans."""
    ordered = sorted(times_s)
    breaks = [place for place, (one, other) in enumerate(pairwise(ordered), 1) if other - one > REACH_S]
    for start, end in zip([0, *breaks], [*breaks, len(ordered)], strict=True):
        yield ordered[start], ordered[end - 1]


def _checked(
    stretch: Sequence[StoredRecord], first_s: int, last_s: int
) -> Iterator[tuple[StoredRecord, Record]]:
    """Give the records in and beside a span whose flags are to be others, each with what it is to be."""
    plain = [unwatched(stored.record) for stored in stretch]
    found: dict[int, dict[str, int]] = {}
    for column in sorted({column for record in plain for column in record.columns}):
        parsed = parse_column(column)
        if parsed is not None and parsed[0] in LIMITS:
            for place, flag in _spikes(plain, column, parsed[0]):
                found.setdefault(place, {})[column] = flag
    times_s = [record.time_s or 0 for record in plain]
    first = bisect_left(times_s, first_s) - _RECORDS_AWAY
    last = bisect_right(times_s, last_s) + _RECORDS_AWAY
    for place, (stored, record) in enumerate(zip(stretch, plain, strict=True)):
        if not first <= place < last:
            continue
        target = _flagged(record, found.get(place, {}))
        if target != stored.record:
            yield stored, target


def _spikes(records: Sequence[Record], column: str, name: str) -> Iterator[tuple[int, int]]:
    """Find the values of a column that stand out; those that fail by themselves are no measure for others."""
    places, values, times_s = [], [], []
    for place, record in enumerate(records):
        if column in record.columns:
            at = record.columns.index(column)
            if record.quality[at] in (quality.GOOD, quality.SUSPECT):
                places.append(place)
                values.append(record.values[at])
                times_s.append(record.time_s or 0)
    if len(values) < 3:
        return
    limit = LIMITS[name]
    # By differences: against the mean of its neighbours a good value beside a spike would stand out too.
    flags = spike(np.array(values, float), limit.suspect_spike, limit.fail_spike, "differential")
    for number in range(1, len(values) - 1):
        if _are_near(places, times_s, number) and flags[number] in (quality.SUSPECT, quality.FAIL):
            yield places[number], int(flags[number])


def _are_near(places: Sequence[int], times_s: Sequence[int], number: int) -> bool:
    return all(
        places[after] - places[before] <= _RECORDS_AWAY and times_s[after] - times_s[before] <= REACH_S
        for before, after in ((number - 1, number), (number, number + 1))
    )


def _flagged(record: Record, found: dict[str, int]) -> Record:
    worse = {
        column: flag
        for column, flag in found.items()
        if _WORSE.index(flag) > _WORSE.index(record.quality[record.columns.index(column)])
    }
    if not worse:
        return record
    flags = [worse.get(column, flag) for column, flag in zip(record.columns, record.quality, strict=True)]
    notes = {f"{_PREFIX}{column}": _SPIKE for column in worse}
    return replace(record, quality=tuple(flags), detail={**(record.detail or {}), **notes})
