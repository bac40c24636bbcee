"""Which new rows have to be looked at with what their garden's others measured: by ranges in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sera_gateway.checks.garden.ranges import (
    BIN_S,
    COMPARED,
    Values,
    any_values,
    bin_keys,
    differ_alone,
    empty_values,
    joined,
    with_next_rises,
)
from sera_gateway.checks.series_flags import take_back
from sera_quality.limits import LIMITS, REACH_S
from sera_store.ledger.neighbour_rows import Span
from sera_vocabulary import quality
from sera_vocabulary.measurements import GARDEN_ACTION, RAINFALL
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from sera_gateway.checks.garden.ranges import GardenRanges
    from sera_gateway.checks.limits_in_force import LimitsInForce
    from sera_gateway.checks.ordered_rows import OrderedRows
    from sera_store.ledger.neighbour_rows import NeighbourRows
    from sera_store.records.columns import Column

WATERS: Final = (RAINFALL, GARDEN_ACTION)
_READ: Final = {*COMPARED, *(name for name, limit in LIMITS.items() if limit.suspect_rise is not None)}
_NOT_COMPARED: Final = -1


class GardenRows:
    """The new rows of one transaction, as their gardens see them.

    Parameters
    ----------
    neighbours
        What is stored.
    ranges
        What is known of the gardens.
    limits
        Which gardens are compared, and which have limits of their own.
    """

    def __init__(self, neighbours: NeighbourRows, ranges: GardenRanges, limits: LimitsInForce) -> None:
        self._neighbours = neighbours
        self._ranges = ranges
        self._limits = limits

    def find_apart(
        self,
        new: OrderedRows,
        is_plain: NDArray[np.bool_],
        rises: NDArray[np.bool_],
        moved: Mapping[int, Collection[int]],
    ) -> NDArray[np.bool_]:
        """Return which new rows others of their garden may flag, or which may flag others.

        Parameters
        ----------
        is_plain
            Whether a row goes on at the end of its series.
        rises
            Whether a probe has risen by more than its limit.
        moved
            By origin the times [s] at which rows came in place of others, or went.
        """
        values, waters = _values_of(new.columns, len(new.ids))
        numbers = np.repeat(
            np.array([self._number(origin) for origin in new.origins.tolist()], int), new.sizes
        )
        # A record of several positions is compared within itself, wherever it stands.
        is_apart = differ_alone(values)
        rows = np.flatnonzero(numbers != _NOT_COMPARED)
        keys = bin_keys(numbers[rows], new.times_s[rows])
        read = self._read_missing(numbers[rows], new.times_s[rows])
        compared = Values(keys, values.low[rows], values.high[rows], rises[rows])
        late = empty_values(keys[~is_plain[rows]])
        further = joined(with_next_rises(joined(late, *self._values_of_moved(moved))), *read)
        is_apart[rows] |= self._ranges.find_apart(compared, waters[rows], further)
        return is_apart

    def _number(self, origin: int) -> int:
        number = self._ranges.number_of.get(origin)
        if number is None:
            whose = self._neighbours.origin(origin)
            is_compared = self._limits.is_compared(whose.garden) and whose.garden not in self._limits.gardens
            number = self._ranges.number(whose.community, whose.garden) if is_compared else _NOT_COMPARED
            self._ranges.number_of[origin] = number
        return number

    def _values_of_moved(self, moved: Mapping[int, Collection[int]]) -> list[Values]:
        """Return the bins of what came in place of others, or went: anything may have been measured there."""
        result = []
        for origin, times_s in moved.items():
            number = self._number(origin)
            if number != _NOT_COMPARED and self._ranges.is_known(number) and times_s:
                keys = bin_keys(np.full(len(times_s), number), np.array(sorted(times_s), np.int64))
                result.append(any_values(keys))
        return result

    def _read_missing(self, numbers: NDArray[np.int64], times_s: NDArray[np.int64]) -> list[Values]:
        """Read what is stored of the new rows' gardens, where it is not known."""
        order = np.lexsort((times_s, numbers))
        starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
        ends = np.flatnonzero(np.diff(numbers[order], append=-1))
        bins = times_s[order] // BIN_S
        return [
            self._read(number, *missing)
            for number, first, last in zip(
                numbers[order[starts]].tolist(), bins[starts].tolist(), bins[ends].tolist(), strict=True
            )
            if (missing := self._ranges.missing(number, first, last))
        ]

    def _read(self, number: int, begin: int, end: int) -> Values:
        """Read the rows of a garden between two half hours."""
        origins = self._neighbours.origins_in(*self._ranges.garden(number))
        begin_s, end_s = begin * BIN_S, (end + 1) * BIN_S - 1
        is_all = all(self._neighbours.last_time(origin) <= end_s for origin in origins)
        self._ranges.note_known(number, begin, None if is_all else end)
        # What is before it says whether its first values have risen.
        spans = [Span(origin, begin_s - REACH_S, end_s) for origin in origins]
        stretches = self._neighbours.stretches(spans, 0, _READ)
        if stretches is None:
            return empty_values(np.zeros(0, np.int64))
        take_back(self._neighbours, stretches)
        times_s = np.array(stretches.times_s, np.int64)
        values, _ = _values_of(stretches.columns, len(times_s))
        stretch = np.repeat(np.arange(len(stretches.sizes)), stretches.sizes)
        keys = bin_keys(np.full(len(times_s), number), times_s)
        result = values._replace(keys=keys, rises=_rises_of(stretches.columns, stretch))
        return result.map_cells(lambda cells: cells[times_s >= begin_s])


def _values_of(columns: Mapping[str, Column], size: int) -> tuple[Values, NDArray[np.bool_]]:
    """Return lowest and highest measure of each row, and whether it brings water."""
    values, waters = empty_values(np.zeros(size, np.int64)), np.zeros(size, bool)
    for key, column in columns.items():
        name = (parse_column(key) or ("", 0))[0]
        is_measure = (column.quality == quality.GOOD) | (column.quality == quality.SUSPECT)
        if name in WATERS:
            waters |= is_measure
        if name in COMPARED:
            place = COMPARED.index(name)
            measures = np.where(is_measure, column.values, np.nan)
            values.low[:, place] = np.fmin(values.low[:, place], measures)
            values.high[:, place] = np.fmax(values.high[:, place], measures)
    return values, waters


def _rises_of(columns: Mapping[str, Column], stretch: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which rows of some stretches have a measure that is more by a limit than the one before it."""
    rises = np.zeros(len(stretch), bool)
    for key, column in columns.items():
        limit = LIMITS.get((parse_column(key) or ("", 0))[0])
        steps = () if limit is None else (limit.suspect_rise, limit.fail_rise)
        least = min((step for step in steps if step is not None), default=None)
        if least is not None:
            rows = np.flatnonzero((column.quality == quality.GOOD) | (column.quality == quality.SUSPECT))
            has_risen = np.diff(column.values[rows]) > least
            rises[rows[1:][has_risen & (np.diff(stretch[rows]) == 0)]] = True
    return rises
