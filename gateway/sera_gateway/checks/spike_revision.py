"""Flag what stands out of its series or stands still, once its neighbours are here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_gateway.checks.flat_lines import flat_line_flags, open_stretches, still_reach_s
from sera_gateway.checks.neighbours import RECORDS_AWAY, find_neighbours
from sera_gateway.checks.spikes import spike_flags
from sera_quality.limits import COMPUTED_FROM, LIMITS, REACH_S
from sera_store.ledger.neighbour_rows import Span
from sera_vocabulary import quality
from sera_vocabulary.messages import column as wire_key
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import SERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sera_store.ledger.neighbour_rows import Stretches
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.rows import Record

SERIES_CURSOR: Final = "watched"
# The more rows a transaction, the more rows of an origin share the reading of what is beside them: sixteen on
# each side. So many take a fifth of a second on a PC, a second on a small board.
_ROWS_A_TRANSACTION: Final = 40_000
_SPANS_AT_ONCE: Final = 250
_PREFIX: Final = "check:"
_SPIKE, _FLAT_LINE = "spike", "flat line"
# By the flag that a value's own check gave it, which it has again when its series gives it none any more.
_NOTES: Final = {quality.GOOD: "", quality.SUSPECT: " of a suspect value"}
_CHECKED_SERIES: Final = frozenset(series.name for series in SERIES if LIMITS.keys() & set(series.columns))

# By wire key: the flag that its series gives a value, and why.
Findings = dict[str, tuple[int, str]]


class _Area(NamedTuple):
    """Rows that were read, with the flags of their own checks, and which of them are to be flagged.

    Parameters
    ----------
    stretches
        The rows.
    checked
        All that the flags of these rows depend on was read.
    noted
        Rows that have a flag of their series so far, and whether one of these is for a flat line.
    is_open : array, shape (stretches, 2)
        Whether there may be more rows before and after each stretch.
    """

    stretches: Stretches
    checked: NDArray[np.bool_]
    noted: dict[int, bool]
    is_open: NDArray[np.bool_]


def revise_series_flags(transaction: LedgerTransaction) -> bool:
    """Check the next rows and their neighbours, and supersede records whose flags change.

    Return False where no row is new.

    Whether a value is a spike depends on the good one before and after it, among eight records and within two
    hours; whether it stands still, on the run of equal values it is in. Each row that comes or goes has those
    looked at again; a record whose flags differ is superseded, and that row finds nothing to do.
    """
    last, touched = transaction.neighbours.touched_after(
        transaction.cursors.position(SERIES_CURSOR), _ROWS_A_TRANSACTION
    )
    if last is None:
        return False
    spans = [
        Span(origin, first_s, last_s)
        for origin, times_s in touched.items()
        if transaction.neighbours.series_of(origin) in _CHECKED_SERIES
        for first_s, last_s in _spans((time_s, time_s) for time_s in times_s)
    ]
    for start in range(0, len(spans), _SPANS_AT_ONCE):
        _check(transaction, spans[start : start + _SPANS_AT_ONCE])
    transaction.cursors.move(SERIES_CURSOR, last)
    return True


def without_series_flags(record: Record) -> Record:
    """Return a record without the flags of its series: only those of its own values are left."""
    detail = record.detail or {}
    own = _own_flags(detail)
    if not own:
        return record
    flags = [own.get(column, flag) for column, flag in zip(record.columns, record.quality, strict=True)]
    rest = {key: text for key, text in detail.items() if not key.startswith(_PREFIX)}
    return replace(record, quality=tuple(flags), detail=rest or None)


def _own_flags(detail: Mapping[str, str]) -> dict[str, int]:
    """Return by column with a flag of its series the flag that its own value gave it."""
    return {
        key.removeprefix(_PREFIX): quality.SUSPECT if note.endswith(_NOTES[quality.SUSPECT]) else quality.GOOD
        for key, note in detail.items()
        if key.startswith(_PREFIX)
    }


def _spans(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join spans that overlap or are neighbours."""
    ordered = sorted(spans)
    first_s, last_s = ordered[0]
    for start_s, end_s in ordered[1:]:
        if start_s - last_s > REACH_S:
            yield first_s, last_s
            first_s = start_s
        last_s = max(last_s, end_s)
    yield first_s, last_s


def _check(transaction: LedgerTransaction, spans: Sequence[Span]) -> None:
    """Supersede the records in and beside spans whose flags are to be others.

    Where a value may stand still for longer than what was read, its span is read farther.
    """
    area = _read(transaction, [(span, span) for span in spans], RECORDS_AWAY)
    if area is None:
        return
    unfinished = _find_unfinished(area)
    in_unfinished = np.repeat(np.isin(np.arange(len(spans)), unfinished), area.stretches.sizes)
    findings = _findings(area._replace(checked=area.checked & ~in_unfinished))
    if unfinished:
        wide = _read(transaction, _widen([spans[index] for index in unfinished]), 0)
        findings |= _findings(wide) if wide is not None else {}
    # A record between two spans may stand in both stretches, with the same flags in both.
    for number in sorted(findings):
        stored = transaction.records.stored(number)
        target = _apply_findings(without_series_flags(stored.record), findings[number])
        if target != stored.record:
            transaction.records.supersede(number, target)


def _find_unfinished(area: _Area) -> list[int]:
    """Find the stretches that are too short to see whether a value stands still, or since when."""
    sizes = area.stretches.sizes
    stretch = np.repeat(np.arange(len(sizes)), sizes)
    still = [row for row, is_flat in area.noted.items() if is_flat]
    indices = set(stretch[still].tolist())
    for column in find_neighbours(area.stretches):
        indices.update(open_stretches(column, sizes, area.checked, area.is_open).tolist())
    return sorted(indices)


def _widen(spans: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Widen spans to the rows whose stillness they can change, and to what that depends on."""
    reach_s = still_reach_s()
    return [
        (Span(origin, first_s - reach_s, last_s + reach_s), Span(origin, first_s, last_s))
        for origin, members in groupby(sorted(spans), attrgetter("origin"))
        for first_s, last_s in _spans((span.first_s - reach_s, span.last_s + reach_s) for span in members)
    ]


def _read(transaction: LedgerTransaction, spans: Sequence[tuple[Span, Span]], away: int) -> _Area | None:
    """Read spans and twice `away` records beside them; to flag are the second spans and `away` records."""
    stretches = transaction.neighbours.stretches([read for read, _ in spans], 2 * away, LIMITS)
    if stretches is None:
        return None
    checked = np.zeros(len(stretches.ids), bool)
    is_open = np.ones((len(spans), 2), bool)
    start = 0
    for index, ((_, span), size) in enumerate(zip(spans, stretches.sizes, strict=True)):
        end = start + size
        first = bisect_left(stretches.times_s, span.first_s, start, end)
        last = bisect_right(stretches.times_s, span.last_s, start, end)
        checked[max(start, first - away) : min(end, last + away)] = True
        is_open[index] = first - start >= 2 * away, end - last >= 2 * away
        start = end
    return _Area(stretches, checked, _take_back(transaction, stretches), is_open)


def _take_back(transaction: LedgerTransaction, stretches: Stretches) -> dict[int, bool]:
    """Remove the flags of series from the columns; return the rows that had any."""
    details = {number: transaction.neighbours.detail_of(number) for number in set(stretches.details)}
    own = {number: _own_flags(detail) for number, detail in details.items()}
    noted = {}
    for row, number in enumerate(stretches.details):
        if own[number]:
            noted[row] = any(details[number][_PREFIX + key].startswith(_FLAT_LINE) for key in own[number])
            for key in own[number].keys() & stretches.columns.keys():
                stretches.columns[key].quality[row] = own[number][key]
    return noted


def _findings(area: _Area) -> dict[int, Findings]:
    """Return by change number what the series of the checked records say of their values.

    In the ordinary case no record has a flag of its series, and none is to have one: then there is nothing.
    """
    findings: dict[int, Findings] = {row: {} for row in area.noted if area.checked[row]}
    for column in find_neighbours(area.stretches):
        for flags, reason in ((spike_flags(column), _SPIKE), (flat_line_flags(column), _FLAT_LINE)):
            bad = ((flags == quality.SUSPECT) | (flags == quality.FAIL)) & area.checked[column.rows]
            for row, flag in zip(column.rows[bad].tolist(), flags[bad].tolist(), strict=True):
                _add(findings.setdefault(row, {}), column.key, flag, reason)
    return {area.stretches.ids[row]: row_findings for row, row_findings in findings.items()}


def _add(findings: Findings, key: str, flag: int, reason: str) -> None:
    """Note the worse of two flags of a value; a flat line holds for what is computed from it, too."""
    findings[key] = max(findings.get(key, (flag, reason)), (flag, reason))
    parsed = parse_column(key)
    if reason == _FLAT_LINE and parsed is not None and parsed[0] in COMPUTED_FROM:
        _add(findings, wire_key(COMPUTED_FROM[parsed[0]], parsed[1]), flag, reason)


def _apply_findings(record: Record, findings: Findings) -> Record:
    own = dict(zip(record.columns, record.quality, strict=True))
    worse = {
        key: finding for key, finding in findings.items() if own.get(key) in _NOTES and finding[0] > own[key]
    }
    if not worse:
        return record
    notes = {f"{_PREFIX}{key}": f"{reason}{_NOTES[own[key]]}" for key, (_, reason) in worse.items()}
    flags = own | {key: flag for key, (flag, _) in worse.items()}
    return replace(record, quality=tuple(flags.values()), detail={**(record.detail or {}), **notes})
