"""Flag what stands out of its series or stands still, once its neighbours are here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_gateway.checks.flat_lines import open_stretches, still_reach_s
from sera_gateway.checks.neighbours import RECORDS_AWAY, find_neighbours
from sera_gateway.checks.value_checks import CHECKS, FLAT_LINE, is_bad
from sera_quality.limits import COMPUTED_FROM, LIMITS, REACH_S
from sera_store.ledger.neighbour_rows import Span
from sera_vocabulary import quality
from sera_vocabulary.messages import column as wire_key
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sera_store.ledger.neighbour_rows import NeighbourRows, Stretches
    from sera_store.ledger.transaction import LedgerTransaction
    from sera_store.records.rows import Record

_SPANS_AT_ONCE: Final = 250
_PREFIX: Final = "check:"
# By the flag that a value's own check gave it, which it has again when its series gives it none any more.
_NOTES: Final = {quality.GOOD: "", quality.SUSPECT: " of a suspect value"}

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


def check_spans(transaction: LedgerTransaction, spans: Sequence[Span]) -> set[int]:
    """Check the rows in spans and beside them, and supersede records whose flags change.

    Returns
    -------
    set of int
        Change numbers of the rows that were written.
    """
    written: set[int] = set()
    for start in range(0, len(spans), _SPANS_AT_ONCE):
        written |= _check(transaction, spans[start : start + _SPANS_AT_ONCE])
    return written


def supersede(transaction: LedgerTransaction, number: int, record: Record, findings: Findings) -> set[int]:
    """Give a current record the flags of its series, and no others of that kind; return what was written."""
    target = _apply_findings(without_series_flags(record), findings)
    return set() if target == record else {transaction.records.supersede(number, target)}


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


def join_spans(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join spans that overlap or are neighbours."""
    ordered = sorted(spans)
    first_s, last_s = ordered[0]
    for start_s, end_s in ordered[1:]:
        if start_s - last_s > REACH_S:
            yield first_s, last_s
            first_s = start_s
        last_s = max(last_s, end_s)
    yield first_s, last_s


def _check(transaction: LedgerTransaction, spans: Sequence[Span]) -> set[int]:
    """Supersede the records in and beside spans whose flags are to be others; return what was written.

    Where a value may stand still for longer than what was read, its span is read farther.
    """
    area = _read(transaction, [(span, span) for span in spans], RECORDS_AWAY)
    if area is None:
        return set()
    unfinished = _find_unfinished(area)
    in_unfinished = np.repeat(np.isin(np.arange(len(spans)), unfinished), area.stretches.sizes)
    findings = _findings(area._replace(checked=area.checked & ~in_unfinished))
    if unfinished:
        wide = _read(transaction, _widen([spans[index] for index in unfinished]), 0)
        findings |= _findings(wide) if wide is not None else {}
    # A record between two spans may stand in both stretches, with the same flags in both.
    written: set[int] = set()
    for number in sorted(findings):
        stored = transaction.records.stored(number)
        written |= supersede(transaction, number, stored.record, findings[number])
    return written


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
        for first_s, last_s in join_spans((span.first_s - reach_s, span.last_s + reach_s) for span in members)
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
    return _Area(stretches, checked, take_back(transaction.neighbours, stretches), is_open)


def take_back(neighbours: NeighbourRows, stretches: Stretches) -> dict[int, bool]:
    """Remove the flags of series from the columns; return the rows that had any."""
    details = {number: neighbours.detail_of(number) for number in set(stretches.details)}
    own = {number: _own_flags(detail) for number, detail in details.items()}
    noted = {}
    for row, number in enumerate(stretches.details):
        if own[number]:
            noted[row] = any(details[number][_PREFIX + key].startswith(FLAT_LINE) for key in own[number])
            for key in own[number].keys() & stretches.columns.keys():
                stretches.columns[key].quality[row] = own[number][key]
    return noted


def _findings(area: _Area) -> dict[int, Findings]:
    """Return by change number what the series of the checked records say of their values.

    In the ordinary case no record has a flag of its series, and none is to have one: then there is nothing.
    """
    findings: dict[int, Findings] = {row: {} for row in area.noted if area.checked[row]}
    for column in find_neighbours(area.stretches):
        for check in CHECKS:
            flags = check.flags(column)
            bad = is_bad(flags) & area.checked[column.rows]
            for row, flag in zip(column.rows[bad].tolist(), flags[bad].tolist(), strict=True):
                add_finding(findings.setdefault(row, {}), column.key, flag, check.reason)
    return {area.stretches.ids[row]: row_findings for row, row_findings in findings.items()}


def add_finding(findings: Findings, key: str, flag: int, reason: str) -> None:
    """Note the worse of two flags of a value; a flat line holds for what is computed from it, too."""
    findings[key] = max(findings.get(key, (flag, reason)), (flag, reason))
    parsed = parse_column(key)
    if reason == FLAT_LINE and parsed is not None and parsed[0] in COMPUTED_FROM:
        add_finding(findings, wire_key(COMPUTED_FROM[parsed[0]], parsed[1]), flag, reason)


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
