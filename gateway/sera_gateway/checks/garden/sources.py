"""Read what an origin's rows are compared with, and find whose rows others can change."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks.garden.beside import REACHES, sources_of
from sera_gateway.checks.series_flags import take_back
from sera_gateway.checks.spans import join_spans
from sera_store.ledger.neighbour_rows import Span
from sera_vocabulary import quality
from sera_vocabulary.measurements import GARDEN_ACTION, RAINFALL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sera_gateway.checks.garden.beside import Source
    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_store.ledger.neighbour_rows import NeighbourRows, Stretches
    from sera_store.ledger.transaction import LedgerTransaction

_USABLE: Final = (quality.GOOD, quality.SUSPECT)


class GardenSources:
    """What the origins of some gardens measured, read once for all whose rows are compared with it.

    Parameters
    ----------
    times_s
        By origin the times [s] of its rows that are compared.
    """

    def __init__(
        self, transaction: LedgerTransaction, times_s: Mapping[int, NDArray[np.int64]], limits: LimitsInForce
    ) -> None:
        self._neighbours = transaction.neighbours
        self._limits = limits
        self._compared: dict[int, list[int]] = {}
        self._sources = self._read(times_s)

    def beside(self, origin: int) -> list[Source]:
        """Return what rows of an origin are compared with."""
        return [source for other in self._compared[origin] for source in self._sources.get(other, ())]

    def _read(self, times_s: Mapping[int, NDArray[np.int64]]) -> dict[int, list[Source]]:
        spans_of: dict[int, list[tuple[int, int]]] = {}
        for origin, times in times_s.items():
            series = self._neighbours.origin(origin).series
            reaches = {
                other: reach
                for other in compared_with(self._neighbours, origin, self._limits)
                if (reach := REACHES.get(self._neighbours.origin(other).series, {}).get(series))
            }
            self._compared[origin] = list(reaches)
            for before_s, after_s in set(reaches.values()):
                spans = list(
                    join_spans(zip((times - after_s).tolist(), (times + before_s).tolist(), strict=True), 0)
                )
                for other, reach in reaches.items():
                    if reach == (before_s, after_s):
                        spans_of.setdefault(other, []).extend(spans)
        spans_read = [
            Span(other, first_s, last_s)
            for other, spans in spans_of.items()
            for first_s, last_s in join_spans(spans, 0)
        ]
        stretches = self._neighbours.stretches(
            spans_read, 0, {*self._limits.names(), RAINFALL, GARDEN_ACTION}
        )
        return {} if stretches is None else self._by_origin(spans_read, stretches)

    def _by_origin(self, spans: Sequence[Span], stretches: Stretches) -> dict[int, list[Source]]:
        take_back(self._neighbours, stretches)
        times_s = np.array(stretches.times_s)
        columns = {
            key: np.where(np.isin(column.quality, _USABLE), column.values, np.nan)
            for key, column in stretches.columns.items()
        }
        result, start = {}, 0
        for origin, members in groupby(
            zip(spans, stretches.sizes, strict=True), lambda member: member[0].origin
        ):
            end = start + sum(size for _, size in members)
            own = ((key, values[start:end]) for key, values in columns.items())
            result[origin] = sources_of(times_s[start:end], own)
            start = end
        return result


def changed_beside(
    transaction: LedgerTransaction, changes: Mapping[int, Collection[int]], limits: LimitsInForce
) -> Iterator[tuple[int, int, int]]:
    """Iterate over the spans, as origin, first and last time [s], that others' new rows can change.

    Parameters
    ----------
    changes
        By origin the times [s] at which rows came or went.
    """
    for origin, times_s in changes.items():
        reaches = REACHES.get(transaction.neighbours.origin(origin).series, {})
        if not times_s or not reaches:
            continue
        compared = compared_with(transaction.neighbours, origin, limits)
        for series, (before_s, after_s) in reaches.items():
            spans = list(join_spans(((time_s, time_s) for time_s in times_s), before_s + after_s))
            for other in compared:
                if transaction.neighbours.origin(other).series == series:
                    for first_s, last_s in spans:
                        yield other, first_s - before_s, last_s + after_s


def compared_with(neighbours: NeighbourRows, origin: int, limits: LimitsInForce) -> list[int]:
    """List the other origins of an origin's garden, where they are compared."""
    own = neighbours.origin(origin)
    if not limits.is_compared(own.garden):
        return []
    return [other for other in neighbours.origins_in(own.community, own.garden) if other != origin]
