"""Flag what stands out of its series, once its neighbours are here: a follower of the ledger's own rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks.spikes import RECORDS_AWAY, find_spikes
from sera_quality.limits import LIMITS, REACH_S
from sera_store.ledger.neighbour_rows import Span
from sera_store.records.rows import BY_NEIGHBOURS, DATED_BY
from sera_vocabulary import quality
from sera_vocabulary.series import SERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sera_store.ledger.ledger_writes import LedgerWrites
    from sera_store.ledger.neighbour_rows import Stretches
    from sera_store.records.rows import Record

WATCH_CURSOR: Final = "watched"
# The more rows a transaction, the more rows of an origin share the reading of what is beside them.
_ROWS_A_TRANSACTION: Final = 10_000
_SPANS_AT_ONCE: Final = 250
_PREFIX: Final = "check:"
# By the flag that a value's own check gave it, which it has again when it stands out no longer.
_NOTES: Final = {quality.GOOD: "spike", quality.SUSPECT: "spike of a suspect value"}
_WATCHED: Final = frozenset(one.name for one in SERIES if LIMITS.keys() & set(one.columns))
# Of two flags the worse one, by the order in which they outweigh one another.
_WORSE: Final = (quality.NOT_EVALUATED, quality.GOOD, quality.SUSPECT, quality.FAIL)


def watch(writes: LedgerWrites) -> bool:
    """Check what the next rows have brought, and what is beside it; False where no row is new.

    A flag depends on a value and the good one before and after it, among eight records and within two hours.
    Each row that comes or goes has those looked at again; a record whose flags differ is superseded, and that
    row finds nothing to do.
    """
    last, touched = writes.touched_after(writes.position(WATCH_CURSOR), _ROWS_A_TRANSACTION)
    if last is None:
        return False
    spans = [
        Span(origin, first_s, last_s)
        for origin, times_s in touched.items()
        if writes.series_of(origin) in _WATCHED
        for first_s, last_s in _spans(times_s)
    ]
    for start in range(0, len(spans), _SPANS_AT_ONCE):
        _check(writes, spans[start : start + _SPANS_AT_ONCE])
    writes.move(WATCH_CURSOR, last)
    return True


def unwatched(record: Record) -> Record:
    """Take the flags of series away again: what is left is what the record's own values gave it."""
    detail = record.detail or {}
    own = _own_flags(detail)
    if not own:
        return record
    flags = [own.get(column, flag) for column, flag in zip(record.columns, record.quality, strict=True)]
    kept = {key: text for key, text in detail.items() if not key.startswith(_PREFIX)}
    return replace(record, quality=tuple(flags), detail=kept or None)


def _own_flags(detail: Mapping[str, str]) -> dict[str, int]:
    """Tell for the columns with a flag of series the flags that their own values gave them."""
    # Before there were two notes, only this told that a value was suspect already.
    by_neighbours = detail.get(DATED_BY, "").startswith(BY_NEIGHBOURS)
    return {
        key.removeprefix(_PREFIX): quality.SUSPECT
        if by_neighbours or note == _NOTES[quality.SUSPECT]
        else quality.GOOD
        for key, note in detail.items()
        if key.startswith(_PREFIX)
    }


def _spans(times_s: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Join times that are neighbours into spans."""
    ordered = sorted(times_s)
    breaks = [place for place, (one, other) in enumerate(pairwise(ordered), 1) if other - one > REACH_S]
    for start, end in zip([0, *breaks], [*breaks, len(ordered)], strict=True):
        yield ordered[start], ordered[end - 1]


def _check(writes: LedgerWrites, spans: Sequence[Span]) -> None:
    """Supersede the records in and beside spans whose flags are to be others.

    In the ordinary case none has a flag of series, and none is to have one: then no record is made at all.
    """
    stretches = writes.stretches(spans, 2 * RECORDS_AWAY, LIMITS)
    if stretches is None:
        return
    checked = _checked(stretches, spans)
    found: dict[int, dict[str, int]] = {row: {} for row in _take_back(writes, stretches) if checked[row]}
    for rows, column, flags in find_spikes(stretches):
        for row, flag in zip(rows.tolist(), flags.tolist(), strict=True):
            if checked[row]:
                found.setdefault(row, {})[column] = flag
    # A record between two spans may stand in both stretches, with the same flags in both.
    for number, flags_found in {stretches.ids[row]: found[row] for row in sorted(found)}.items():
        stored = writes.stored(number)
        target = _flagged(unwatched(stored.record), flags_found)
        if target != stored.record:
            writes.supersede(number, target)


def _checked(stretches: Stretches, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Tell which rows are in or beside a span, so that all that their flags depend on is in the stretch."""
    checked = np.zeros(len(stretches.ids), bool)
    start = 0
    for span, size in zip(spans, stretches.sizes, strict=True):
        end = start + size
        first = bisect_left(stretches.times_s, span.first_s, start, end) - RECORDS_AWAY
        last = bisect_right(stretches.times_s, span.last_s, start, end) + RECORDS_AWAY
        checked[max(start, first) : min(end, last)] = True
        start = end
    return checked


def _take_back(writes: LedgerWrites, stretches: Stretches) -> list[int]:
    """Take the flags of series out of the columns again; tell which rows had any."""
    noted = _noted(writes, stretches.details)
    for row, own in noted:
        for key in own.keys() & stretches.columns.keys():
            stretches.columns[key].quality[row] = own[key]
    return [row for row, _ in noted]


def _noted(writes: LedgerWrites, details: Sequence[int | None]) -> list[tuple[int, dict[str, int]]]:
    """Find the rows whose detail tells flags of series, each with the flags that stood there before."""
    own = {number: _own_flags(writes.detail_of(number)) for number in set(details)}
    return [(row, own[number]) for row, number in enumerate(details) if own[number]]


def _flagged(record: Record, found: dict[str, int]) -> Record:
    own = dict(zip(record.columns, record.quality, strict=True))
    worse = {column: flag for column, flag in found.items() if _WORSE.index(flag) > _WORSE.index(own[column])}
    if not worse:
        return record
    notes = {f"{_PREFIX}{column}": _NOTES[own[column]] for column in worse}
    return replace(record, quality=tuple((own | worse).values()), detail={**(record.detail or {}), **notes})
