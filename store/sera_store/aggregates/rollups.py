"""Roll-ups by hour and day, local to each garden: made from the table of records, again where it changes.

The unit of work is a local date of one node in one garden and series. Whatever touches it (a new row, a late
one, a revision, new flags, a move to another garden) has it made again, whole, from the current records.
Which records an hour or day holds is the calendar's convention; how long each watched is bounded by time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np

from sera_store.aggregates.cells import CELL, cells_of, merged, no_cells
from sera_store.aggregates.changes import changed_slots, fingerprint, last_change
from sera_store.aggregates.rollup_reading import (
    WATCHED_SERIES,
    RollupPlace,
    RollupReader,
    origins_of,
)
from sera_store.calendar import (
    DAY_S,
    HOUR_S,
    NO_TIMEZONE,
    TIME_FIRST_S,
    TIME_LAST_S,
    day_start_s,
    hour_starts_s,
    intervals_of,
    is_amount,
    local_days,
)
from sera_vocabulary.series import COUNTS, VISITS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from sera_store.database.database import Database
    from sera_store.database.names import Names
    from sera_store.records.series_tables import Table
    from sera_store.registry.registry import Registry

ROWS_A_STEP: Final = 200_000
_DAYS_A_RUN: Final = 32
# A record bounds the seconds that others within a day of it watched. Half days: a date may have 23 hours.
_WATCH_HOURS: Final = (-24, -12, 0, 12, 24)


class Progress(NamedTuple):
    """How far the roll-ups have come: change number, fingerprint of that row, version of the registry."""

    position: int
    fingerprint: str
    registry_version: int


class RollupMaker:
    """Keeps the roll-ups in step with the table of records; any process may run it, one at a time does.

    Roll-ups have a file of their own, so that making them never holds the ledger up; their progress is in the
    same transaction as what was made.
    """

    def __init__(self, database: Database, records: Database, names: Names, registry: Registry) -> None:
        self._database = database
        self._records = records
        self._names = names
        self._registry = registry
        self._reader = RollupReader(names, registry)

    def progress(self) -> Progress:
        """Return how far the roll-ups have come."""
        return Progress(
            *self._database.rows("SELECT position, fingerprint, registry_version FROM progress WHERE id = 1")[
                0
            ]
        )

    def begin_again(self) -> None:
        """Forget all windows whose values are still here, so that the next steps make them anew."""
        with self._database.transaction() as own:
            self._forget(own)
            own.execute("UPDATE progress SET position=0, fingerprint='', registry_version=-1")

    def keep_before(self, time_s: int) -> int:
        """Never make windows again that begin before a time [s], since their values will go.

        Returns
        -------
        int
            The change number up to which all values are in windows.
        """
        with self._database.transaction() as own:
            own.execute("UPDATE progress SET kept_before_s = max(kept_before_s, ?)", (time_s,))
            return self.progress().position

    def forget_fixed(self, node: str, from_s: int, to_s: int) -> None:
        """Forget a node's windows of a span [s] that are never made again, since their values are gone.

        The day that ends where the span begins goes too: amounts at that midnight are in it.
        """
        with self._database.transaction() as own:
            fixed_s = self.fixed_before_s()
            rows = own.execute(
                "SELECT d.place, d.day, p.timezone FROM days d JOIN places p ON p.id = d.place "
                "WHERE p.node=?",
                (node,),
            ).fetchall()
            lost = [
                (place, day)
                for place, day, timezone in rows
                if day_start_s(timezone, day) < min(fixed_s, to_s)
                and day_start_s(timezone, day + 1) >= from_s
            ]
            own.executemany("DELETE FROM days WHERE place=? AND day=?", lost)

    def fixed_before_s(self) -> int:
        """Return the Unix time [s] before which no window is made again, 0 for none."""
        return int(self._database.rows("SELECT kept_before_s FROM progress")[0][0])

    def _forget(self, own: sqlite3.Connection, place: int | None = None) -> None:
        """Forget windows; those near the time before which they are fixed are replaced when they are made."""
        fixed_s = self.fixed_before_s()
        last_fixed = fixed_s // DAY_S + 1 if fixed_s else -1
        own.execute("DELETE FROM days WHERE day > ?1 AND (?2 IS NULL OR place = ?2)", (last_fixed, place))

    def step(self, limit: int = ROWS_A_STEP) -> int:
        """Roll up again what the next rows touch, and return the number of rows; 0 where it is up to date.

        Parameters
        ----------
        limit
            At most so many rows.

        Raises
        ------
        StoreUnusableError
            A file cannot be read or written; nothing of the step is done.
        """
        with self._database.transaction() as own, self._records.snapshot() as records:
            progress = self._checked(records, self.progress())
            position = min(progress.position + limit, last_change(records))
            version = self._registry.version()
            if (position, version) == (progress.position, progress.registry_version):
                return 0
            touched = self._touched(records, progress.position, position)
            for place in self._moved_clocks(own, progress, version):
                touched.setdefault(place, set()).update(self._days_of(records, own, place))
            for number, days in touched.items():
                self._make(own, records, number, sorted(days))
            own.execute(
                "UPDATE progress SET position=?, fingerprint=?, registry_version=?",
                (position, fingerprint(records, position), version),
            )
            return position - progress.position

    def _checked(self, records: sqlite3.Connection, progress: Progress) -> Progress:
        """Begin again where the table of records is another one than was followed: rebuilt, or restored."""
        if fingerprint(records, progress.position) == progress.fingerprint:
            return progress
        self._forget(self._database.connection)
        return Progress(0, "", -1)

    def _touched(self, records: sqlite3.Connection, after: int, to: int) -> dict[int, set[int]]:
        """Find which days of which places some rows touch."""
        touched: dict[int, set[int]] = {}
        for origin, slots in changed_slots(records, after, to, HOUR_S).items():
            watched = self._names.origin_of(origin)[-1] in WATCHED_SERIES
            hours = {slot + shift for slot in slots for shift in _WATCH_HOURS} if watched else slots
            for number, timezone in self._places_of(origin):
                touched.setdefault(number, set()).update(_days_around(timezone, hours))
        return touched

    def _places_of(self, origin: int) -> list[tuple[int, str]]:
        """Return the place of an origin, new where there is none; visits also touch counts without effort."""
        _, node, _, community, garden, series = self._names.origin_of(origin)
        places = [self._place(node, community, garden, series)]
        if series == VISITS:
            places += self._database.rows(
                "SELECT id, timezone FROM places WHERE node=? AND community=? AND garden=? AND series=?",
                (node, community, garden, COUNTS),
            )
        return places

    def _place(self, node: str, community: str, garden: str, series: str) -> tuple[int, str]:
        key = (node, community, garden, series)
        rows = self._database.rows(
            "SELECT id, timezone FROM places WHERE node=? AND community=? AND garden=? AND series=?", key
        )
        if rows:
            return int(rows[0][0]), str(rows[0][1])
        timezone = self._timezone(garden)
        added = self._database.connection.execute(
            "INSERT INTO places (node, community, garden, series, timezone) VALUES (?,?,?,?,?)",
            (*key, timezone),
        )
        return int(added.lastrowid or 0), timezone

    def _timezone(self, garden: str) -> str:
        entity = self._registry.garden(garden)
        return entity.timezone if entity is not None else NO_TIMEZONE

    def _moved_clocks(self, own: sqlite3.Connection, progress: Progress, version: int) -> Iterator[int]:
        """Iterate over the places whose garden has another time zone now; their windows are made again."""
        if version == progress.registry_version:
            return
        places = own.execute("SELECT id, garden, timezone FROM places").fetchall()
        for number, garden, timezone in places:
            if (now := self._timezone(garden)) != timezone:
                own.execute("UPDATE places SET timezone=? WHERE id=?", (now, number))
                self._forget(own, number)
                yield number

    def _days_of(self, records: sqlite3.Connection, own: sqlite3.Connection, number: int) -> Iterable[int]:
        place = _place_row(own, number)
        days: set[int] = set()
        for origin, _ in origins_of(records, place):
            hours = records.execute(
                "SELECT DISTINCT time_s / 3600 FROM timeline WHERE origin=? AND time_s>=? AND time_s<?",
                (origin, TIME_FIRST_S, TIME_LAST_S),
            ).fetchall()
            days |= _days_around(place.timezone, {hour for (hour,) in hours})
        return days

    def _make(
        self, own: sqlite3.Connection, records: sqlite3.Connection, number: int, days: list[int]
    ) -> None:
        place, fixed_s = _place_row(own, number), self.fixed_before_s()
        for first, last in _runs([day for day in days if day_start_s(place.timezone, day) >= fixed_s]):
            # An amount at the very end of the last day still belongs to it.
            span_s = (day_start_s(place.timezone, first), day_start_s(place.timezone, last + 1) + 1)
            table, awake_s = self._reader.read(records, place, span_s)
            own.execute("DELETE FROM days WHERE place=? AND day>=? AND day<=?", (number, first, last))
            own.executemany(
                "INSERT INTO days VALUES (?,?,?,?,?)",
                [
                    (number, day, self._layout(own, keys), cells, hours)
                    for day, keys, cells, hours in _days(table, awake_s, place, (first, last))
                ],
            )

    def _layout(self, own: sqlite3.Connection, keys: tuple[str, ...]) -> int:
        text = msgspec.json.encode(keys).decode()
        row = own.execute("SELECT id FROM layouts WHERE columns=?", (text,)).fetchone()
        if row is not None:
            return int(row[0])
        return int(own.execute("INSERT INTO layouts (columns) VALUES (?)", (text,)).lastrowid or 0)


def hours_type(columns: int) -> np.dtype[Any]:
    """Describe one hour of a day with so many columns: its number within the day, and its cells."""
    return np.dtype([("hour", "u1"), ("cells", CELL, (columns,))])


def _days_around(timezone: str, hours: set[int]) -> set[int]:
    """Return the local days to which records in some hours of Unix time may belong, states or amounts."""
    first_s = np.array(sorted(hours), np.int64) * HOUR_S
    ends = np.concatenate([first_s, first_s + HOUR_S - 1])
    return {day for amounts in (False, True) for day in local_days(timezone, ends, amounts=amounts).tolist()}


def _place_row(own: sqlite3.Connection, number: int) -> RollupPlace:
    return RollupPlace(
        *own.execute(
            "SELECT node, community, garden, series, timezone FROM places WHERE id=?", (number,)
        ).fetchone()
    )


def _runs(days: list[int]) -> Iterator[tuple[int, int]]:
    """Join neighbouring days into runs that are read at once."""
    if not days:
        return
    first = last = days[0]
    for day in days[1:]:
        if day != last + 1 or day - first >= _DAYS_A_RUN:
            yield first, last
            first = day
        last = day
    yield first, last


def _days(
    table: Table, awake_s: NDArray[np.float64], place: RollupPlace, days: tuple[int, int]
) -> Iterator[tuple[int, tuple[str, ...], bytes, bytes]]:
    """Roll the records of a run of days up: date, columns, cells of the day, cells of its hours."""
    keys = tuple(table.values)
    if not len(table) or not keys:
        return
    starts_s = [hour_starts_s(place.timezone, day) for day in range(days[0], days[1] + 1)]
    bounds_s = np.append(np.concatenate(starts_s), day_start_s(place.timezone, days[1] + 1))
    hour_of, cells = _hour_cells(table, awake_s, place.series, bounds_s)
    if not len(hour_of):
        return
    day_of = np.repeat(np.arange(len(starts_s)), [len(day) for day in starts_s])[hour_of]
    within = np.concatenate([np.arange(len(day)) for day in starts_s])[hour_of]
    first_hours = _changes(day_of)
    ends = np.append(first_hours[1:], len(cells))
    for start, end, whole in zip(first_hours, ends, merged(cells, first_hours), strict=True):
        has_records = whole["records"] > 0
        hours = np.empty(end - start, hours_type(int(has_records.sum())))
        hours["hour"], hours["cells"] = within[start:end], cells[start:end, has_records]
        columns = tuple([key for key, has_record in zip(keys, has_records, strict=True) if has_record])
        yield days[0] + int(day_of[start]), columns, whole[has_records].tobytes(), hours.tobytes()


def _hour_cells(
    table: Table, awake_s: NDArray[np.float64], series: str, bounds_s: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Roll records up by hour, states by the hour that they begin and amounts by the hour that they end.

    Returns
    -------
    array of int, shape (hours,)
        Which hours have any record.
    array of CELL, shape (hours, columns)
    """
    keys = tuple(table.values)
    cells = no_cells((len(bounds_s) - 1, len(keys)))
    for amounts in (False, True):
        columns = [index for index, key in enumerate(keys) if is_amount(series, key) == amounts]
        hour_of = intervals_of(bounds_s, table.time_s, amounts=amounts)
        inside = slice(*np.searchsorted(hour_of, (0, len(bounds_s) - 1)).tolist())
        first_rows = _changes(hour_of[inside])
        if not columns or not len(first_rows):
            continue
        column_cells = cells_of(
            table.rows(inside), tuple([keys[index] for index in columns]), awake_s[inside], first_rows
        )
        cells[np.ix_(hour_of[inside][first_rows], np.array(columns))] = column_cells
    hours = np.flatnonzero((cells["records"] > 0).any(axis=1))
    return hours, cells[hours]


def _changes(sorted_numbers: NDArray[Any]) -> NDArray[np.intp]:
    """Return where each run of equal numbers begins."""
    return np.flatnonzero(np.diff(sorted_numbers, prepend=sorted_numbers[:1] - 1)).astype(np.intp)
