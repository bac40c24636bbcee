"""Reading roll-ups: windows as columns of numpy, of single nodes, of a garden or of a community."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
import numpy as np

from sera_store.aggregates.cells import CELL, FORM, merged, no_cells
from sera_store.aggregates.rollup_reading import RollupPlace
from sera_store.aggregates.rollups import RollupMaker, hours_type
from sera_store.calendar import day_start_s, epoch_day, hour_starts_s
from sera_store.errors import InvalidEntryError
from sera_store.records.columns import is_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from sera_store.database.database import Database
    from sera_store.database.names import Names
    from sera_store.registry.registry import Registry

Width = Literal["hour", "day"]
HOUR: Final = "hour"
DAY: Final = "day"

_PLACES: Final = "SELECT id, node, community, garden, series, timezone FROM places WHERE series = ?"
_DAYS: Final = (
    "SELECT place, day, layout, {}, form FROM days WHERE place = ? AND day >= ? AND day <= ? ORDER BY day"
)


@dataclass(frozen=True, slots=True)
class RollupTable:
    """Windows in which there are records, one element a window, in order of place and time.

    Parameters
    ----------
    places
        Whose windows they are; `node` is empty where several nodes were put together, and so is `garden`.
    place
        int32, index into `places`.
    date
        datetime64[D], the date on the garden's clock.
    hour
        int16, number of the hour within its date, from 0; always 0 where windows are days.
    start_s, end_s
        int64, the window as Unix time [s], end exclusive.
    cells
        By wire key, array of `sera_store.aggregates.cells.CELL`; `records` is 0 where none had the column.
    """

    places: tuple[RollupPlace, ...]
    place: NDArray[np.int32]
    date: NDArray[np.datetime64]
    hour: NDArray[np.int16]
    start_s: NDArray[np.int64]
    end_s: NDArray[np.int64]
    cells: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.place)

    def mean(self, key: str) -> NDArray[np.float64]:
        """Average the usable values of a column in each window; NaN without any."""
        return _divided(self.cells[key]["sum"], self.cells[key]["count"])

    def rate_per_s(self, key: str) -> NDArray[np.float64]:
        """Return what was counted a second awake [1/s]; NaN without effort."""
        return _divided(self.cells[key]["watched_sum"], self.cells[key]["effort_s"])

    def good_share(self, key: str) -> NDArray[np.float64]:
        """Return which share of a column's values is flagged good, 0 to 1; NaN where none was sent."""
        return _divided(self.cells[key]["good"], self.cells[key]["records"])

    def summed(self, by: Literal["garden", "community"]) -> RollupTable:
        """Merge windows of the same local date and hour, of each garden or of each community.

        Gardens of one community with different clocks meet by their local dates; the Unix times are then
        those of the first.
        """
        whole = [
            place._replace(node="", garden=place.garden if by == "garden" else "") for place in self.places
        ]
        keys = [place._replace(timezone="") for place in whole]
        names = sorted(set(keys))
        number = np.array([names.index(place) for place in keys], np.int32)
        place = number[self.place] if len(self) else np.empty(0, np.int32)
        order = np.lexsort((self.hour, self.date, place))
        sorted_keys = np.stack([column[order] for column in (place, self.date.astype(np.int64), self.hour)])
        starts = np.flatnonzero(np.r_[True, (np.diff(sorted_keys, axis=1) != 0).any(axis=0)][: len(self)])
        first = order[starts]
        return replace(
            self,
            places=tuple([whole[keys.index(name)] for name in names]),
            place=place[first],
            date=self.date[first],
            hour=self.hour[first],
            start_s=self.start_s[first],
            end_s=self.end_s[first],
            cells={key: merged(cells[order], starts) for key, cells in self.cells.items()},
        )


class Rollups:
    """The roll-ups of one store: making them, and reading them."""

    def __init__(self, database: Database, records: Database, names: Names, registry: Registry) -> None:
        self._database = database
        self._records = records
        self._maker = RollupMaker(database, records, names, registry)
        self.step = self._maker.step
        self.progress = self._maker.progress
        self.begin_again = self._maker.begin_again
        self.keep_before = self._maker.keep_before
        self.fixed_before_s = self._maker.fixed_before_s
        self.forget_fixed = self._maker.forget_fixed

    def catch_up(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Roll up all rows that are behind, and return how many were read.

        Parameters
        ----------
        progress
            Told the number of rows after each step.
        """
        total = 0
        while read := self.step():
            total += read
            progress(total)
        return total

    def behind(self) -> int:
        """Return how many rows of the table of records have not been rolled up yet."""
        last = self._records.rows("SELECT coalesce(max(id), 0) FROM records")[0][0]
        return int(last) - self.progress().position

    def read(
        self,
        series: str,
        columns: Sequence[str] | None = None,
        *,
        width: Width = DAY,
        first: date,
        last: date,
        node: str | None = None,
        garden: str | None = None,
        community: str | None = None,
    ) -> RollupTable:
        """Read the windows of a span of local dates, those that are made by now.

        Parameters
        ----------
        columns
            Wire keys: with a position only that one, without one all positions; None for all columns.
        width
            `day` or `hour`.
        first, last
            First and last date, both included, each on the clock of the garden.
        node, garden, community
            Only windows of these; None for all.

        Raises
        ------
        InvalidEntryError
            When `width` is neither, or the last date is before the first.
        """
        if width not in (HOUR, DAY):
            raise InvalidEntryError(f"width {width!r} is not known; expected {HOUR!r} or {DAY!r}")
        if last < first:
            raise InvalidEntryError(
                f"roll-ups from {first} to {last}: the last date is before the first; swap them"
            )
        with self._database.snapshot() as connection:
            filters = {"node": node, "garden": garden, "community": community}
            conditions = {name: value for name, value in filters.items() if value is not None}
            suffix = "".join([f" AND {name} = ?" for name in conditions]) + " ORDER BY node, garden, id"
            places = {
                int(number): RollupPlace(*rest)
                for number, *rest in connection.execute(_PLACES + suffix, (series, *conditions.values()))
            }
            days = _DAYS.format("hours" if width == HOUR else "cells")
            span = (epoch_day(first), epoch_day(last))
            rows = [row for number in places for row in connection.execute(days, (number, *span))]
            layouts = {
                number: msgspec.json.decode(text, type=tuple[str, ...])
                for number, text in connection.execute("SELECT id, columns FROM layouts")
            }
        return _table(rows, layouts, places, width, columns)


def _table(
    rows: list[tuple[int, int, int, bytes, int]],
    layouts: dict[int, tuple[str, ...]],
    places: dict[int, RollupPlace],
    width: Width,
    columns: Sequence[str] | None,
) -> RollupTable:
    numbers = list(dict.fromkeys([row[0] for row in rows]))
    index = {number: at for at, number in enumerate(numbers)}
    size = {layout: hours_type(len(keys)).itemsize for layout, keys in layouts.items()}
    many = np.array([len(row[3]) // size[row[2]] if width == HOUR else 1 for row in rows], np.int64)
    first = np.concatenate([[0], np.cumsum(many)]).astype(np.int64)
    hour = np.zeros(int(first[-1]), np.int16)
    cells: dict[str, NDArray[Any]] = {}
    for layout, form in sorted({(row[2], row[4]) for row in rows}):
        row_numbers = [at for at, row in enumerate(rows) if (row[2], row[4]) == (layout, form)]
        windows = np.concatenate([np.arange(first[at], first[at + 1]) for at in row_numbers])
        body, keys = b"".join([rows[at][3] for at in row_numbers]), layouts[layout]
        if width == HOUR:
            hours = np.frombuffer(body, hours_type(len(keys)))
            hour[windows], cell_rows = hours["hour"], hours["cells"]
        else:
            cell_rows = np.frombuffer(body, CELL).reshape(-1, len(keys))
        for column, key in enumerate(keys):
            if is_wanted(key, columns):
                column_cells = cells.setdefault(key, no_cells(len(hour)))
                column_cells[windows] = cell_rows[:, column]
                if form != FORM:
                    # Not known of a day whose records are gone.
                    column_cells["failed"][windows] = 0
    place = np.repeat(np.array([index[row[0]] for row in rows], np.int32), many)
    day = np.repeat(np.array([row[1] for row in rows], np.int64), many)
    start_s, end_s = _spans(rows, places, first, hour, width)
    row_places = tuple([places[number] for number in numbers])
    return RollupTable(row_places, place, day.astype("datetime64[D]"), hour, start_s, end_s, cells)


def _spans(
    rows: list[tuple[int, int, int, bytes, int]],
    places: dict[int, RollupPlace],
    first: NDArray[np.int64],
    hour: NDArray[np.int16],
    width: Width,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start_s, end_s = np.empty(len(hour), np.int64), np.empty(len(hour), np.int64)
    for at, (number, day, *_) in enumerate(rows):
        timezone, windows = places[number].timezone, slice(first[at], first[at + 1])
        after = day_start_s(timezone, day + 1)
        if width == HOUR:
            bounds = np.append(hour_starts_s(timezone, day), after)
            start_s[windows], end_s[windows] = bounds[hour[windows]], bounds[hour[windows] + 1]
        else:
            start_s[windows], end_s[windows] = day_start_s(timezone, day), after
    return start_s, end_s


def _divided(amount: NDArray[Any], by: NDArray[Any]) -> NDArray[np.float64]:
    quotient: NDArray[np.float64] = np.divide(amount, by, out=np.full(len(by), np.nan), where=by > 0)
    return quotient
