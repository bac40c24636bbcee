"""Flag what stands out of its series or its garden, or stands still, once its neighbours are here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_gateway.checks import series_flags
from sera_gateway.checks.end_reading import SPANS_AT_ONCE
from sera_gateway.checks.flat_lines import open_stretches
from sera_gateway.checks.garden.beside import REACHES, air_flags, other_flags, rise_flags
from sera_gateway.checks.garden.sources import GardenSources
from sera_gateway.checks.neighbours import RECORDS_AWAY, find_neighbours, flags_by_limit
from sera_gateway.checks.series_flags import add_finding, supersede, take_back
from sera_gateway.checks.spans import join_spans
from sera_gateway.checks.value_checks import CHECKS, FURTHER_CHECKS, is_bad
from sera_quality.limits import REACH_S
from sera_store.ledger.neighbour_rows import Span
from sera_vocabulary import quality
from sera_vocabulary.messages import parse_column
from sera_vocabulary.series import SERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sera_gateway.checks.garden.beside import Source
    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_gateway.checks.neighbours import Neighbours
    from sera_gateway.checks.series_flags import Findings
    from sera_quality.limits import Limit
    from sera_store.ledger.jobs import Job
    from sera_store.ledger.neighbour_rows import Stretches
    from sera_store.ledger.transaction import LedgerTransaction

# Of one origin whose garden has other limits, in one transaction.
_ROWS_A_TRANSACTION: Final = 20_000
# A row makes a spike of one eight records away, whose next one, as far again, is then not too fast.
_CHANGED_AWAY: Final = 2 * RECORDS_AWAY


class _Area(NamedTuple):
    """Rows that were read, with the flags of their own checks, and which of them are to be flagged.

    Parameters
    ----------
    stretches
        The rows.
    origins, gardens
        Origin and garden of each stretch.
    checked
        All that the flags of these rows depend on was read.
    noted
        Rows that have a flag of their series so far, and whether one of these is for a flat line.
    is_open : array, shape (stretches, 2)
        Whether there may be more rows before and after each stretch.
    """

    stretches: Stretches
    origins: list[int]
    gardens: list[str]
    checked: NDArray[np.bool_]
    noted: dict[int, bool]
    is_open: NDArray[np.bool_]


def revise_origin(transaction: LedgerTransaction, limits: LimitsInForce, job: Job) -> None:
    """Check the next rows of an origin whose garden has other limits."""
    after_s = max(job.position, job.from_s - 1)
    times_s = transaction.neighbours.times_after(int(job.name), after_s, _ROWS_A_TRANSACTION)
    if times_s:
        check_spans(transaction, limits, {int(job.name): [(time_s, time_s) for time_s in set(times_s)]})
    transaction.jobs.move(job, times_s[-1] if len(times_s) == _ROWS_A_TRANSACTION else None)


def check_spans(
    transaction: LedgerTransaction, limits: LimitsInForce, spans: dict[int, list[tuple[int, int]]]
) -> set[int]:
    """Check the rows in spans and beside them, and supersede records whose flags change.

    Parameters
    ----------
    spans
        By origin first and last times, Unix time [s].

    Returns
    -------
    set of int
        Change numbers of the rows that were written.
    """
    series = checked_series(limits)
    joined = [
        Span(origin, first_s, last_s)
        for origin, own in spans.items()
        if own and transaction.neighbours.origin(origin).series in series
        for first_s, last_s in join_spans(own, REACH_S)
    ]
    written: set[int] = set()
    for start in range(0, len(joined), SPANS_AT_ONCE):
        written |= _check(transaction, limits, joined[start : start + SPANS_AT_ONCE])
    return written


def checked_series(limits: LimitsInForce) -> list[str]:
    """List the series of which a column has limits."""
    names = limits.names()
    return [series.name for series in SERIES if names & set(series.columns)]


def _check(transaction: LedgerTransaction, limits: LimitsInForce, spans: Sequence[Span]) -> set[int]:
    """Supersede the records in and beside spans whose flags are to be others; return what was written.

    Where a value may stand still for longer than what was read, its span is read farther.
    """
    area = _read(transaction, limits, [(span, span) for span in spans], _CHANGED_AWAY)
    if area is None:
        return set()
    unfinished = _find_unfinished(area, limits)
    in_unfinished = np.repeat(np.isin(np.arange(len(spans)), unfinished), area.stretches.sizes)
    findings = _findings(transaction, limits, area._replace(checked=area.checked & ~in_unfinished))
    if unfinished:
        widened = _widen([spans[index] for index in unfinished], limits.still_reach_s())
        wide = _read(transaction, limits, widened, 0)
        findings |= _findings(transaction, limits, wide) if wide is not None else {}
    # A record between two spans may stand in both stretches, with the same flags in both.
    written: set[int] = set()
    for number in sorted(findings):
        stored = transaction.records.stored(number)
        written |= supersede(transaction, number, stored.record, findings[number])
    return written


def _find_unfinished(area: _Area, limits: LimitsInForce) -> list[int]:
    """Find the stretches that are too short to see whether a value stands still, or since when."""
    sizes = area.stretches.sizes
    stretch = np.repeat(np.arange(len(sizes)), sizes)
    still = [row for row, is_flat in area.noted.items() if is_flat]
    indices = set(stretch[still].tolist())
    for column in find_neighbours(area.stretches, area.gardens, limits):
        indices.update(open_stretches(column, sizes, area.checked, area.is_open).tolist())
    return sorted(indices)


def _widen(spans: Sequence[Span], reach_s: int) -> list[tuple[Span, Span]]:
    """Widen spans to the rows whose stillness they can change, and to what that depends on."""
    return [
        (Span(origin, first_s - reach_s, last_s + reach_s), Span(origin, first_s, last_s))
        for origin, members in groupby(sorted(spans), attrgetter("origin"))
        for first_s, last_s in join_spans(
            ((span.first_s - reach_s, span.last_s + reach_s) for span in members), REACH_S
        )
    ]


def _read(
    transaction: LedgerTransaction, limits: LimitsInForce, spans: Sequence[tuple[Span, Span]], away: int
) -> _Area | None:
    """Read spans and twice `away` records beside them; to flag are the second spans and `away` records."""
    stretches = transaction.neighbours.stretches([read for read, _ in spans], 2 * away, limits.names())
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
    origins = [span.origin for span, _ in spans]
    gardens = [transaction.neighbours.origin(origin).garden for origin in origins]
    return _Area(stretches, origins, gardens, checked, take_back(transaction.neighbours, stretches), is_open)


def _findings(transaction: LedgerTransaction, limits: LimitsInForce, area: _Area) -> dict[int, Findings]:
    """Return by change number what the series and the garden of the checked records say of their values.

    In the ordinary case no record has a flag of its series, and none is to have one: then there is nothing.
    """
    findings: dict[int, Findings] = {row: {} for row in area.noted if area.checked[row]}
    columns = list(find_neighbours(area.stretches, area.gardens, limits))
    for column, flags, reason in (*_by_series(columns), *_by_garden(transaction, limits, area, columns)):
        is_found = is_bad(flags) | ((flags == quality.GOOD) & (reason == series_flags.USUAL))
        is_found &= area.checked[column.rows]
        for row, flag in zip(column.rows[is_found].tolist(), flags[is_found].tolist(), strict=True):
            add_finding(findings.setdefault(row, {}), column.key, flag, reason)
    return {area.stretches.ids[row]: row_findings for row, row_findings in findings.items()}


def _by_series(columns: Iterable[Neighbours]) -> Iterator[tuple[Neighbours, NDArray[np.uint8], str]]:
    for column in columns:
        for check in (*CHECKS, *FURTHER_CHECKS):
            yield column, flags_by_limit(column, check.flags), check.reason


def _by_garden(
    transaction: LedgerTransaction, limits: LimitsInForce, area: _Area, columns: Sequence[Neighbours]
) -> Iterator[tuple[Neighbours, NDArray[np.uint8], str]]:
    """Compare the rows of each origin with what its garden's other origins measured."""
    ends = np.cumsum(area.stretches.sizes)
    times_s = np.array(area.stretches.times_s)
    rows: dict[int, tuple[int, int]] = {}
    for origin, members in groupby(range(len(area.origins)), lambda index: area.origins[index]):
        indices = list(members)
        start, end = int(ends[indices[0]] - area.stretches.sizes[indices[0]]), int(ends[indices[-1]])
        if transaction.neighbours.origin(origin).series in REACHES and area.checked[start:end].any():
            rows[origin] = start, end
    checked = {
        origin: np.unique(times_s[start:end][area.checked[start:end]])
        for origin, (start, end) in rows.items()
    }
    sources = GardenSources(transaction, checked, limits)
    for origin, (start, end) in rows.items():
        beside = sources.beside(origin)
        for column in columns:
            own = column.between(start, end)
            if len(own.rows):
                yield from _by_sources(area.stretches, own, beside)


def _by_sources(
    stretches: Stretches, column: Neighbours, beside: Sequence[Source]
) -> Iterator[tuple[Neighbours, NDArray[np.uint8], str]]:
    same_records = [
        np.where(np.isin(other.quality, (quality.GOOD, quality.SUSPECT)), other.values, np.nan)[column.rows]
        for key, other in stretches.columns.items()
        if key != column.key and (parse_column(key) or ("", 0))[0] == column.name
    ]
    checks: tuple[tuple[Callable[[Neighbours, Limit], NDArray[np.uint8]], str], ...] = (
        (lambda own, limit: other_flags(own, limit, beside, same_records), series_flags.NEIGHBOURS),
        (lambda own, limit: air_flags(own, limit, beside), series_flags.AIR),
        (lambda own, limit: rise_flags(own, limit, beside), series_flags.RISE),
    )
    for check, reason in checks:
        yield column, flags_by_limit(column, check), reason
