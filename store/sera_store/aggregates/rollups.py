"""Roll-ups by hour and day, local to each garden: made from the table of records, again where it changes.

The unit of work is a local date of one node in one garden and series. Whatever touches it (a new row, a late
one, a revision, new flags, a move to another garden) has it made again, whole, from the current records.
Which records an hour or day holds is the calendar's convention; how long each watched is bounded by time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np

from sera_store.aggregates.cells import CELL, FORM, cells_of, merged, no_cells
from sera_store.aggregates.changes import changed_slots, fingerprint, last_change
from sera_store.aggregates.rollup_reading import (
    EFFORT_SERIES,
    RollupPlace,
    RollupReader,
    origins_of,
)
from sera_store.calendar import (
    TIME_FIRST_S,
    TIME_LAST_S,
    day_start_s,
    hour_starts_s,
    intervals_of,
    is_amount,
    local_days,
)
from sera_store.local_clock import NO_TIMEZONE
from sera_vocabulary.durations import DAY_S, HOUR_S
from sera_vocabulary.series import COUNTS, VISITS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sera_store.database.database import Database
    from sera_store.database.names import Names
    from sera_store.records.series_tables import Table
    from sera_store.registry.registry import Registry

ROWS_A_STEP: Final = 200_000
_DAYS_A_RUN: Final = 32
# So many days of places together hold some 10,000 rows.
_PLACES_AND_DAYS_AT_ONCE: Final = 128
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
        """Forget all windows whose values are still here, so that the next steps make them again."""
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
            moved = list(self._moved_clocks(own, progress, version))
            places = _Places(own, self._timezone)
            dates = self._changed_days(records, places, progress.position, position)
            for place in moved:
                dates.setdefault(place, set()).update(self._days_of(records, places.of[place]))
            self._make(own, records, {number: (places.of[number], days) for number, days in dates.items()})
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

    def _changed_days(
        self, records: sqlite3.Connection, places: _Places, after: int, to: int
    ) -> dict[int, set[int]]:
        """Find which days of which places some rows touch."""
        dates: dict[int, set[int]] = {}
        # Most places of one garden are touched in the same hours.
        days_around: dict[tuple[str, frozenset[int]], set[int]] = {}
        for origin, slots in changed_slots(records, after, to, HOUR_S).items():
            _, node, _, community, garden, series = self._names.origin_of(origin)
            shifts = _WATCH_HOURS if series in EFFORT_SERIES else (0,)
            hours = frozenset(slot + shift for slot in slots for shift in shifts)
            for number in places.numbers(node, community, garden, series):
                key = places.of[number].timezone, hours
                if key not in days_around:
                    days_around[key] = _days_around(*key)
                dates.setdefault(number, set()).update(days_around[key])
        return dates

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

    def _days_of(self, records: sqlite3.Connection, place: RollupPlace) -> Iterable[int]:
        days: set[int] = set()
        for origin, _ in origins_of(records, [place]):
            hours = records.execute(
                "SELECT DISTINCT time_s / 3600 FROM timeline WHERE origin=? AND time_s>=? AND time_s<?",
                (origin, TIME_FIRST_S, TIME_LAST_S),
            ).fetchall()
            days |= _days_around(place.timezone, {hour for (hour,) in hours})
        return days

    def _make(
        self,
        own: sqlite3.Connection,
        records: sqlite3.Connection,
        dates: dict[int, tuple[RollupPlace, set[int]]],
    ) -> None:
        """Make days of places again: at once those of many places of one series and clock."""
        fixed_s = self.fixed_before_s()
        alike: dict[tuple[str, str, bool, int, int], list[tuple[int, RollupPlace]]] = {}
        for number, (place, days) in dates.items():
            free = [day for day in sorted(days) if day_start_s(place.timezone, day) >= fixed_s]
            for first, last in _runs(free):
                is_regular = place.series not in EFFORT_SERIES or self._reader.is_regular(place)
                key = place.series, place.timezone, is_regular, first, last
                alike.setdefault(key, []).append((number, place))
        layouts: dict[tuple[str, ...], int] = {}
        for (series, _, _, first, last), members in alike.items():
            most = max(1, _PLACES_AND_DAYS_AT_ONCE // (last - first + 1))
            # What a count without its own effort watched is read from the visits of its node.
            most = 1 if series == COUNTS else most
            for start in range(0, len(members), most):
                self._make_run(own, records, members[start : start + most], (first, last), layouts)

    def _make_run(
        self,
        own: sqlite3.Connection,
        records: sqlite3.Connection,
        members: Sequence[tuple[int, RollupPlace]],
        run: tuple[int, int],
        layouts: dict[tuple[str, ...], int],
    ) -> None:
        """Make the same days of some places again."""
        numbers = [number for number, _ in members]
        places = [place for _, place in members]
        timezone = places[0].timezone
        # An amount at the very end of the last day still belongs to it.
        span_s = (day_start_s(timezone, run[0]), day_start_s(timezone, run[1] + 1) + 1)
        table, awake_s = self._reader.read(records, places, span_s)
        own.executemany(
            "DELETE FROM days WHERE place=? AND day>=? AND day<=?", [(number, *run) for number in numbers]
        )
        rows = []
        for index, day, keys, cells, hours in _days(table, awake_s, places[0], run):
            if keys not in layouts:
                layouts[keys] = self._layout(own, keys)
            rows.append((numbers[index], day, layouts[keys], cells, hours, FORM))
        own.executemany("INSERT INTO days VALUES (?,?,?,?,?,?)", rows)

    def _layout(self, own: sqlite3.Connection, keys: tuple[str, ...]) -> int:
        text = msgspec.json.encode(keys).decode()
        row = own.execute("SELECT id FROM layouts WHERE columns=?", (text,)).fetchone()
        if row is not None:
            return int(row[0])
        return int(own.execute("INSERT INTO layouts (columns) VALUES (?)", (text,)).lastrowid or 0)


class _Places:
    """The places of one transaction.

    Parameters
    ----------
    own
        Connection to the roll-ups.
    timezone
        Returns the clock of a garden, for places that are new.
    """

    def __init__(self, own: sqlite3.Connection, timezone: Callable[[str], str]) -> None:
        self._own = own
        self._timezone = timezone
        rows = own.execute("SELECT id, node, community, garden, series, timezone FROM places").fetchall()
        self.of = {number: RollupPlace(*cells) for number, *cells in rows}
        self._numbers = {place[:4]: number for number, place in self.of.items()}

    def numbers(self, node: str, community: str, garden: str, series: str) -> list[int]:
        """Return the place of an origin, new where there is none; visits also touch counts without effort."""
        key = node, community, garden, series
        number = self._numbers.get(key)
        if number is None:
            place = RollupPlace(*key, self._timezone(garden))
            added = self._own.execute(
                "INSERT INTO places (node, community, garden, series, timezone) VALUES (?,?,?,?,?)", place
            )
            self._numbers[key] = number = int(added.lastrowid or 0)
            self.of[number] = place
        counts = self._numbers.get((*key[:3], COUNTS)) if series == VISITS else None
        return [number] if counts is None else [number, counts]


def hours_type(columns: int) -> np.dtype[Any]:
    """Describe one hour of a day with so many columns: its number within the day, and its cells."""
    return np.dtype([("hour", "u1"), ("cells", CELL, (columns,))])


def _days_around(timezone: str, hours: Collection[int]) -> set[int]:
    """Return the local days to which records in some hours of Unix time may belong, states or amounts."""
    first_s = np.array(sorted(hours), np.int64) * HOUR_S
    ends = np.concatenate([first_s, first_s + HOUR_S - 1])
    return {day for amounts in (False, True) for day in local_days(timezone, ends, amounts=amounts).tolist()}


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
    table: Table, awake_s: NDArray[np.float64], place: RollupPlace, run: tuple[int, int]
) -> Iterator[tuple[int, int, tuple[str, ...], bytes, bytes]]:
    """Roll the records of a run of days up: index of the place, date, columns, cells of day and hours.

    Parameters
    ----------
    table
        Its nodes are indexes of places.
    place
        Any of these: all have its series and its clock.
    """
    keys = tuple(table.values)
    if not len(table) or not keys:
        return
    starts_s = [hour_starts_s(place.timezone, day) for day in range(run[0], run[1] + 1)]
    bounds_s = np.append(np.concatenate(starts_s), day_start_s(place.timezone, run[1] + 1))
    slots, cells = _hour_cells(table, awake_s, place.series, bounds_s)
    if not len(slots):
        return
    index_of, hour_of = np.divmod(slots, len(bounds_s) - 1)
    day_of = np.repeat(np.arange(len(starts_s)), [len(day) for day in starts_s])[hour_of]
    within = np.concatenate([np.arange(len(day)) for day in starts_s])[hour_of]
    first_hours = _changes(index_of * len(starts_s) + day_of)
    ends = np.append(first_hours[1:], len(cells))
    for start, end, whole in zip(first_hours, ends, merged(cells, first_hours), strict=True):
        has_records = whole["records"] > 0
        hours = np.empty(end - start, hours_type(int(has_records.sum())))
        hours["hour"], hours["cells"] = within[start:end], cells[start:end, has_records]
        columns = tuple([key for key, has_record in zip(keys, has_records, strict=True) if has_record])
        index = int(table.nodes[index_of[start]])
        yield index, run[0] + int(day_of[start]), columns, whole[has_records].tobytes(), hours.tobytes()


def _hour_cells(
    table: Table, awake_s: NDArray[np.float64], series: str, bounds_s: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Roll records up by node and hour, states by the hour they begin and amounts by the hour they end.

    Returns
    -------
    array of int, shape (hours,)
        Which hours of which nodes have any record: the hours of one node after those of another.
    array of CELL, shape (hours, columns)
    """
    keys = tuple(table.values)
    hour_count = len(bounds_s) - 1
    cells = no_cells((len(table.nodes) * hour_count, len(keys)))
    for amounts in (False, True):
        columns = [index for index, key in enumerate(keys) if is_amount(series, key) == amounts]
        hour_of = intervals_of(bounds_s, table.time_s, amounts=amounts)
        inside = (hour_of >= 0) & (hour_of < hour_count)
        slots = (table.node * hour_count + hour_of)[inside]
        first_rows = _changes(slots)
        if not columns or not len(first_rows):
            continue
        column_cells = cells_of(
            table.rows(inside), tuple([keys[index] for index in columns]), awake_s[inside], first_rows
        )
        cells[np.ix_(slots[first_rows], np.array(columns))] = column_cells
    hours = np.flatnonzero((cells["records"] > 0).any(axis=1))
    return hours, cells[hours]


def _changes(sorted_numbers: NDArray[Any]) -> NDArray[np.intp]:
    """Return where each run of equal numbers begins."""
    return np.flatnonzero(np.diff(sorted_numbers, prepend=sorted_numbers[:1] - 1)).astype(np.intp)
