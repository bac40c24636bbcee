"""Read the ends of series from the table of records, where they are not known: once an origin and process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks.appended import write_ends
from sera_gateway.checks.neighbours import RECORDS_AWAY, find_neighbours
from sera_gateway.checks.series_flags import take_back
from sera_quality.limits import LIMITS
from sera_quality.stillness import equal_runs
from sera_store.ledger.neighbour_rows import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_gateway.checks.series_ends import SeriesEnds
    from sera_store.ledger.neighbour_rows import NeighbourRows, Stretches

# The last measure is among so many records, and the one before it among as many more.
_RECORDS: Final = 2 * RECORDS_AWAY
# What was read at once stays in memory until its ends are known.
SPANS_AT_ONCE: Final = 250


def read_ends(
    neighbours: NeighbourRows,
    ends: SeriesEnds,
    firsts: Sequence[tuple[int, int]],
    newest: int,
    limits: LimitsInForce,
) -> set[int]:
    """Read the ends of series as they were at a change number.

    Parameters
    ----------
    firsts
        Origin, and Unix time [s] of its first record after that change.

    Returns
    -------
    set of int
        Origins of which a record of that time or later was known by then; their ends are not read.
    """
    late = {origin for origin, first_s in firsts if not neighbours.is_last(origin, first_s, newest)}
    spans = [
        Span(origin, start_s, first_s)
        for origin, first_s in firsts
        if origin not in late
        and (start_s := neighbours.start_before(origin, first_s, newest, _RECORDS)) is not None
    ]
    for start in range(0, len(spans), SPANS_AT_ONCE):
        some = spans[start : start + SPANS_AT_ONCE]
        open_origins = _write(neighbours, ends, some, newest, limits)
        reach_s = limits.still_reach_s()
        wide = [span._replace(first_s=span.last_s - reach_s) for span in some if span.origin in open_origins]
        _write(neighbours, ends, wide, newest, limits)
    return late


def _write(
    neighbours: NeighbourRows, ends: SeriesEnds, spans: Sequence[Span], newest: int, limits: LimitsInForce
) -> set[int]:
    """Write the ends of some spans; return the origins whose last value may have stood still before, too."""
    stretches = neighbours.before(spans, newest, LIMITS) if spans else None
    if stretches is None:
        return set()
    take_back(neighbours, stretches)
    sizes = np.array(stretches.sizes)
    stretch = np.repeat(np.arange(len(sizes)), sizes)
    origins = np.array([span.origin for span in spans])
    _write_origins(ends, origins, sizes, stretches)
    counts = np.arange(len(stretch)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    open_origins: set[int] = set()
    gardens = [neighbours.origin(span.origin).garden for span in spans]
    for column in find_neighbours(stretches, gardens, limits):
        if not len(column.rows):
            continue
        of = stretch[column.rows]
        last = np.flatnonzero(np.diff(of, append=len(sizes)))
        table = ends.column(column.key)
        write_ends(table, table.places(origins[of[last]].tolist()), column, counts[column.rows], last)
        if any(limit.still_s is not None for limit, _ in column.limits):
            runs = equal_runs(column.values, column.times_s, column.near)
            began = runs.starts[np.searchsorted(runs.starts, last, "right") - 1]
            is_first = np.diff(of, prepend=-1)[began] != 0
            open_origins.update(origins[of[last[is_first & (sizes[of[last]] >= _RECORDS)]]].tolist())
    return open_origins


def _write_origins(
    ends: SeriesEnds, origins: NDArray[np.int64], sizes: NDArray[np.int64], stretches: Stretches
) -> None:
    """Note how many records were read, and when the last one was."""
    has_rows = sizes > 0
    places = ends.origins.places(origins[has_rows].tolist())
    ends.origins.rows["count"][places] = sizes[has_rows]
    ends.origins.rows["last_s"][places] = np.array(stretches.times_s)[np.cumsum(sizes)[has_rows] - 1]
