"""Rows that are new to the checks of series, read inside a ledger transaction, with what is beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_store.records.columns import Column, lay_out

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

    from sera_store.database.names import Names, Origin

_LAST: Final = (
    "SELECT max(id) FROM (SELECT id FROM records WHERE id > ? AND layout IS NOT NULL ORDER BY id LIMIT ?)"
)
# What is not read costs nothing: of many messages most values have no checks.
_NEW: Final = (
    "SELECT r.id, r.origin, r.time_s, r.layout, r.body, r.supersedes FROM records r "
    "CROSS JOIN origins o ON o.id = r.origin "
    "WHERE r.id BETWEEN ? AND ? AND r.layout IS NOT NULL AND o.series IN ({}) ORDER BY r.id"
)
# Where those stood that are superseded by new rows.
_SUPERSEDED: Final = (
    "SELECT r.id, old.origin, old.time_s FROM records r JOIN records old ON old.id = r.supersedes "
    "JOIN origins o ON o.id = old.origin WHERE r.id BETWEEN ? AND ? AND r.layout IS NOT NULL "
    "AND old.layout IS NOT NULL AND o.series IN ({})"
)
# By the order of the timeline, so that no more is read than is beside; all rows of one second or none, since
# only then it does not matter in which order they came.
_STRETCH: Final = (
    "SELECT t.time_s, r.seq, r.id, r.detail, r.layout, r.body "
    "FROM timeline t CROSS JOIN records r ON r.id = t.id WHERE t.origin=?1 "
    "AND t.time_s >= ifnull((SELECT min(time_s) FROM (SELECT time_s FROM timeline "
    "WHERE origin=?1 AND time_s < ?2 ORDER BY time_s DESC LIMIT ?4)), ?2) "
    "AND t.time_s <= ifnull((SELECT max(time_s) FROM (SELECT time_s FROM timeline "
    "WHERE origin=?1 AND time_s > ?3 ORDER BY time_s LIMIT ?4)), ?3)"
)
# Among the rows up to a change number: those before a time, so many or from another time on, and what is not
# before it.
_BEFORE: Final = (
    "SELECT t.time_s, r.seq, r.id, r.detail, r.layout, r.body FROM timeline t "
    "CROSS JOIN records r ON r.id = t.id WHERE t.origin=? AND t.time_s >= ? AND t.time_s < ? AND t.id <= ?"
)
_START: Final = (
    "SELECT min(time_s) FROM (SELECT time_s FROM timeline WHERE origin=? AND time_s < ? AND id <= ? "
    "ORDER BY time_s DESC LIMIT ?)"
)
_NOT_BEFORE: Final = "SELECT 1 FROM timeline WHERE origin=? AND time_s >= ? AND id <= ? LIMIT 1"


class Span(NamedTuple):
    """From one Unix time [s] of an origin to another, both of it."""

    origin: int
    first_s: int
    last_s: int


@dataclass(frozen=True, slots=True)
class Stretches:
    """Current rows in and beside some spans, one stretch after another, each in order of time and sequence.

    Parameters
    ----------
    sizes
        How many rows each stretch has.
    times_s, ids, details
        Unix time [s], change number, and number of the detail; one a row.
    columns
        Values and quality by wire key.
    """

    sizes: list[int]
    times_s: tuple[int, ...]
    ids: tuple[int, ...]
    details: tuple[int | None, ...]
    columns: dict[str, Column]


class NewRows(NamedTuple):
    """Of the next rows of the table of records those of some series, in the order in which they were written.

    Parameters
    ----------
    last
        Change number of the last one of any series.
    ids, origins, times_s, layouts, bodies
        Change number, origin, Unix time [s], layout and body; one a row that is dated and supersedes none.
    moved
        Of each that supersedes another one: change number, origin, and Unix time [s] or None; and once more
        with origin and time of the other one.
    """

    last: int
    ids: Sequence[int]
    origins: Sequence[int]
    times_s: Sequence[int]
    layouts: Sequence[int]
    bodies: Sequence[bytes]
    moved: list[tuple[int, int, int | None]]


class NeighbourRows:
    """Reads of what is new in the table of records, and of stretches of single origins."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def new_after(self, after: int, limit: int, series: Sequence[str]) -> NewRows | None:
        """Read of the next records after a change number those of some series; None where there are none.

        Parameters
        ----------
        limit
            How many records, of any series.
        """
        [last] = self._connection.execute(_LAST, (after, limit)).fetchone()
        if last is None:
            return None
        marks = ",".join("?" * len(series))
        values = (after + 1, last, *series)
        rows = self._connection.execute(_NEW.format(marks), values).fetchall()
        moved = [row[:3] for row in rows if row[5] is not None]
        # By the rows of any series: a record may have had another one before.
        moved += self._connection.execute(_SUPERSEDED.format(marks), values).fetchall()
        plain = [row for row in rows if row[5] is None and row[2] is not None]
        ids, origins, times_s, layouts, bodies, _ = zip(*plain, strict=True) if plain else ((),) * 6
        return NewRows(last, ids, origins, times_s, layouts, bodies, moved)

    def origin(self, number: int) -> Origin:
        """Return whose rows an origin has, where, and of which series."""
        return self._names.origin_of(number)

    def columns_of(self, layout: int) -> tuple[str, ...]:
        """Return the wire keys of a layout."""
        return self._names.columns_of(layout)

    def origins_in(self, community: str, garden: str) -> list[int]:
        """List the origins of a garden."""
        return self._names.origins_in(community, garden)

    def last_time(self, origin: int) -> int:
        """Return the Unix time [s] of the last row of an origin; 0 where it has none."""
        statement = "SELECT ifnull(max(time_s), 0) FROM timeline WHERE origin=?"
        return int(self._connection.execute(statement, (origin,)).fetchone()[0])

    def times_after(self, origin: int, after_s: int, limit: int) -> list[int]:
        """List the times [s] of the next rows of an origin after a time, all rows of the last one counted."""
        statement = "SELECT time_s FROM timeline WHERE origin=? AND time_s > ? ORDER BY time_s LIMIT ?"
        return [time_s for (time_s,) in self._connection.execute(statement, (origin, after_s, limit))]

    def detail_of(self, number: int | None) -> dict[str, str]:
        """Read a detail by its number; empty where a row has none."""
        return self._names.detail_of(number) or {}

    def stretches(self, spans: Iterable[Span], beside: int, selection: Collection[str]) -> Stretches | None:
        """Read current records in spans and beside them; None where there are none.

        Parameters
        ----------
        beside
            How many more before the first and after the last of each, and all that share a second with these.
        selection
            Measurements whose columns are read.
        """
        return self._laid_out([self._read(_STRETCH, (*span, beside)) for span in spans], selection)

    def start_before(self, origin: int, time_s: int, newest: int, beside: int) -> int | None:
        """Return the Unix time [s] of the record that is so many before a time; None where there are none.

        Parameters
        ----------
        newest
            No record counts that was written after this change number.
        """
        [start_s] = self._connection.execute(_START, (origin, time_s, newest, beside)).fetchone()
        return None if start_s is None else int(start_s)

    def is_last(self, origin: int, time_s: int, newest: int) -> bool:
        """Return whether no record up to a change number is of a Unix time [s] or later."""
        return self._connection.execute(_NOT_BEFORE, (origin, time_s, newest)).fetchone() is None

    def before(self, spans: Iterable[Span], newest: int, selection: Collection[str]) -> Stretches | None:
        """Read current records from one time of an origin to before another one; None where there are none.

        Parameters
        ----------
        newest
            No record is read that was written after this change number.
        selection
            Measurements whose columns are read.
        """
        return self._laid_out([self._read(_BEFORE, (*span, newest)) for span in spans], selection)

    def _read(self, statement: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
        return sorted(self._connection.execute(statement, values).fetchall())

    def _laid_out(self, parts: list[list[tuple[Any, ...]]], selection: Collection[str]) -> Stretches | None:
        rows = [row for stretch in parts for row in stretch]
        if not rows:
            return None
        times_s, _, ids, details, layouts, bodies = zip(*rows, strict=True)
        columns = self.columns(layouts, bodies, selection)
        return Stretches([len(stretch) for stretch in parts], times_s, ids, details, columns)

    def columns(
        self, layouts: Sequence[int], bodies: Sequence[bytes], selection: Collection[str]
    ) -> dict[str, Column]:
        """Lay out bodies of rows as columns by wire key, those of some measurements."""
        return lay_out(layouts, bodies, self._names, selection)
