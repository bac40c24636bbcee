"""Rows that are new to the checks of series, read inside a ledger transaction, with what is beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.records.columns import Column, lay_out

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from sera_store.database.names import Names, Origin

_LAST: Final = (
    "SELECT max(id) FROM (SELECT id FROM records WHERE id > ? AND layout IS NOT NULL ORDER BY id LIMIT ?)"
)
# Where rows have come, and where those stood that they supersede.
_TOUCHED: Final = (
    "SELECT origin, time_s FROM records WHERE id BETWEEN ?1 AND ?2 AND layout IS NOT NULL "
    "UNION ALL SELECT o.origin, o.time_s FROM records r JOIN records o ON o.id = r.supersedes "
    "WHERE r.id BETWEEN ?1 AND ?2 AND r.layout IS NOT NULL AND o.layout IS NOT NULL"
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


class NeighbourRows:
    """Reads of what is new in the table of records, and of stretches of single origins."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def touched_after(self, after: int, limit: int) -> tuple[int | None, dict[int, set[int]]]:
        """Tell the last of the next records after a change number, and what they touch.

        Returns
        -------
        int or None
            Its change number; None where no record is new.
        dict
            By origin, the Unix times [s] at which one of its records came or went.
        """
        [last] = self._connection.execute(_LAST, (after, limit)).fetchone()
        touched: dict[int, set[int]] = {}
        for origin, time_s in self._connection.execute(_TOUCHED, (after + 1, last)).fetchall():
            if time_s is not None:
                touched.setdefault(origin, set()).add(time_s)
        return last, touched

    def origin(self, number: int) -> Origin:
        """Tell whose rows an origin has, where, and of which series."""
        return self._names.origin_of(number)

    def others_in_garden(self, number: int) -> list[int]:
        """List the other origins of an origin's garden."""
        origin = self._names.origin_of(number)
        return [other for other in self._names.origins_in(origin.community, origin.garden) if other != number]

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
        parts = [sorted(self._connection.execute(_STRETCH, (*span, beside)).fetchall()) for span in spans]
        rows = [row for stretch in parts for row in stretch]
        if not rows:
            return None
        times_s, _, ids, details, layouts, bodies = zip(*rows, strict=True)
        columns = lay_out(layouts, bodies, self._names, selection)
        return Stretches([len(stretch) for stretch in parts], times_s, ids, details, columns)
