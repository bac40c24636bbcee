"""Read what an origin's rows are compared with, and find whose rows others can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks.beside import REACHES, sources_of
from sera_gateway.checks.series_flags import take_back
from sera_gateway.checks.spans import join_spans
from sera_store.ledger.neighbour_rows import Span
from sera_vocabulary import quality
from sera_vocabulary.measurements import GARDEN_ACTION, RAINFALL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sera_gateway.checks.beside import Source
    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_store.ledger.transaction import LedgerTransaction

_USABLE: Final = (quality.GOOD, quality.SUSPECT)


def read_beside(
    transaction: LedgerTransaction, origin: int, times_s: Collection[int], limits: LimitsInForce
) -> list[Source]:
    """Read what rows of an origin at some times [s] are compared with."""
    own = transaction.neighbours.origin(origin)
    sources: list[Source] = []
    for number in _compared_with(transaction, origin, limits):
        reach = REACHES.get(transaction.neighbours.origin(number).series, {}).get(own.series)
        if reach is not None:
            sources += _read_sources(transaction, number, times_s, reach, limits)
    return sources


def is_compared(transaction: LedgerTransaction, origin: int, limits: LimitsInForce) -> bool:
    """Return whether an origin's rows are checked by more than the table and their own series."""
    own = transaction.neighbours.origin(origin)
    return limits.has_any(own.garden) or any(
        own.series in REACHES.get(transaction.neighbours.origin(other).series, {})
        for other in _compared_with(transaction, origin, limits)
    )


def changed_beside(
    transaction: LedgerTransaction, changes: Mapping[int, Collection[int]], limits: LimitsInForce
) -> Iterator[tuple[int, int, int]]:
    """Iterate over the spans, as origin, first and last time [s], that others' new rows can change.

    Parameters
    ----------
    touched
        By origin the times [s] at which rows came or went.
    """
    for origin, times_s in changes.items():
        if not times_s:
            continue
        for series, (before_s, after_s) in REACHES.get(
            transaction.neighbours.origin(origin).series, {}
        ).items():
            for other in _compared_with(transaction, origin, limits):
                if transaction.neighbours.origin(other).series == series:
                    spans = ((time_s, time_s) for time_s in times_s)
                    for first_s, last_s in join_spans(spans, before_s + after_s):
                        yield other, first_s - before_s, last_s + after_s


def _compared_with(transaction: LedgerTransaction, origin: int, limits: LimitsInForce) -> list[int]:
    if not limits.is_compared(transaction.neighbours.origin(origin).garden):
        return []
    return transaction.neighbours.others_in_garden(origin)


def _read_sources(
    transaction: LedgerTransaction,
    origin: int,
    times_s: Collection[int],
    reach: tuple[int, int],
    limits: LimitsInForce,
) -> list[Source]:
    before_s, after_s = reach
    spans = [
        Span(origin, first_s - after_s, last_s + before_s)
        for first_s, last_s in join_spans(((time_s, time_s) for time_s in times_s), before_s + after_s)
    ]
    stretches = transaction.neighbours.stretches(spans, 0, {*limits.names(), RAINFALL, GARDEN_ACTION})
    if stretches is None:
        return []
    take_back(transaction.neighbours, stretches)
    columns = (
        (key, np.where(np.isin(column.quality, _USABLE), column.values, np.nan))
        for key, column in stretches.columns.items()
    )
    return sources_of(np.array(stretches.times_s), columns)
