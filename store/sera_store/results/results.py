"""The table of results: figures under change numbers of the table of records, current ones by key."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sera_store.database.inserts import insert_many
from sera_store.results.result import (
    PERIODS,
    SCOPES,
    Result,
    ResultKey,
)
from sera_store.results.result_rows import COLUMN_LIST, COLUMNS, key, result_of, rows
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.series import INDEX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from sera_store.database.database import Database
    from sera_store.database.names import Names
    from sera_store.results.result_rows import HeadKey, Row

__all__ = [
    "PERIODS",
    "SCOPES",
    "Result",
    "ResultKey",
    "Results",
    "StoredResult",
]

_START_S: Final = COLUMNS.index("start_s")
_COLUMNS_OF_CURRENT: Final = ", ".join([f"r.{column}" for column in COLUMNS])
# A result has a row in the table of records too, without a layout, which gives it its change number.
_INSERT_RESULT: Final = (f"INSERT INTO results (id, {COLUMN_LIST})", f"(?{',?' * len(COLUMNS)})")
# What the rows just written have to say is not brought to the database a second time.
_INSERT_CHANGES: Final = (
    "INSERT INTO records (id, supersedes, origin, seq, time_s, uncertainty_s, flags, body, journal) "
    "SELECT r.id, h.id, ?, 0, r.start_s, 0, 0, x'', 0 FROM results r LEFT JOIN result_heads h "
    "ON (h.scope, h.scope_id, h.name, h.period, h.start_s, h.grouped, h.target) "
    "= (r.scope, r.scope_id, r.index_name, r.period, r.start_s, r.group_name, r.target) "
    "WHERE r.id > ? ORDER BY r.id"
)
_INSERT_HEADS: Final = (
    "INSERT OR REPLACE INTO result_heads SELECT scope, scope_id, index_name, period, start_s, group_name, "
    "target, id FROM results WHERE id > ?"
)
# When figures were made is noted to five minutes, rounded up, and for two days and the last time before them.
_WRITTEN_STEP_S: Final = 300
_WRITTEN_AGE_S: Final = 2 * DAY_S
_NOTE_WRITTEN: Final = (
    "INSERT INTO result_times VALUES (?, ?) "
    "ON CONFLICT (made_s) DO UPDATE SET last_id = max(last_id, excluded.last_id)"
)
_FORGET_WRITTEN: Final = (
    "DELETE FROM result_times WHERE made_s < (SELECT max(made_s) FROM result_times WHERE made_s < ?)"
)
# From each head back to the newest row that a reader may see: its window had ended, or it was made by then.
_VISIBLE: Final = (
    "WITH RECURSIVE chain (head, id) AS (SELECT h.id, h.id FROM result_heads h WHERE {where} "
    "UNION ALL SELECT c.head, p.supersedes FROM chain c JOIN results r ON r.id = c.id "
    "JOIN records p ON p.id = c.id WHERE r.end_s > ?{until} AND c.id > ?{last} AND p.supersedes IS NOT NULL) "
    "SELECT {columns} FROM chain h CROSS JOIN results r ON r.id = h.id "
    "WHERE r.end_s <= ?{until} OR r.id <= ?{last} "
    "ORDER BY r.scope, r.scope_id, r.index_name, r.period, r.start_s, r.group_name, r.target"
)


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result with its change number, and the change number of the row it supersedes."""

    id: int
    supersedes: int | None
    result: Result


def read_results(database: Database, numbers: Iterable[int]) -> dict[int, Result]:
    """Read the results of change numbers, current or superseded; numbers of other rows are left out."""
    return {number: result_of(row) for number, row in _rows(database, numbers).items()}


def _rows(database: Database, numbers: Iterable[int]) -> dict[int, Row]:
    rows = database.rows(
        f"SELECT id, {COLUMN_LIST} FROM results "  # noqa: S608
        "WHERE id IN (SELECT value FROM json_each(?))",
        (str(list(numbers)),),
    )
    return {row[0]: row[1:] for row in rows}


class Results:
    """The table of results; each has a change number of the table of records, series `index`.

    Parameters
    ----------
    database, names
        The database of the records, and its names.
    clock
        Gives the Unix time [s] at which figures are made.
    """

    def __init__(self, database: Database, names: Names, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._names = names
        self._clock = clock

    def put(self, results: Iterable[Result]) -> int:
        """Append the results that differ from the current ones of their keys, and supersede those.

        Parameters
        ----------
        results
            Figures in any order.

        Returns
        -------
        int
            How many were written; 0 where nothing differs.
        """
        by_place: dict[tuple[str, str], list[Result]] = {}
        for result in results:
            by_place.setdefault((result.scope, result.scope_id), []).append(result)
        with self._database.transaction():
            return sum([self.put_rows(*place, rows(own)) for place, own in by_place.items()])

    def put_rows(self, scope: str, scope_id: str, *results: list[Row]) -> int:
        """Append the results of one place, written by `result_rows.rows`, that differ from its current ones.

        Parameters
        ----------
        scope, scope_id
            The place that all of them are about.
        results
            Rows, no key in more than one list.

        Returns
        -------
        int
            How many were written; 0 where nothing differs. A figure whose values were removed by policy
            stands as it is.
        """
        with self._database.transaction() as connection:
            current, fixed_before_s = self._heads(scope, scope_id), self._fixed_before_s()
            appending = list(chain.from_iterable(results))
            keys = [key(row) for row in appending]
            stored = _rows(self._database, [current[name] for name in keys if name in current])
            origin = self._names.origin(("", "", "", "", INDEX))
            last = self._last_id(connection)
            changed = [
                row
                for name, row in zip(keys, appending, strict=True)
                if (old := current.get(name)) is None
                or not (row[_START_S] < fixed_before_s or stored[old] == row)
            ]
            insert_many(
                connection, *_INSERT_RESULT, [(last + index, *row) for index, row in enumerate(changed, 1)]
            )
            connection.execute(_INSERT_CHANGES, (origin, last))
            connection.execute(_INSERT_HEADS, (last,))
            if changed:
                self._note_written(connection, last + len(changed))
            return len(changed)

    def _note_written(self, connection: sqlite3.Connection, last_id: int) -> None:
        now_s = int(self._clock())
        connection.execute(_NOTE_WRITTEN, (-(-now_s // _WRITTEN_STEP_S) * _WRITTEN_STEP_S, last_id))
        connection.execute(_FORGET_WRITTEN, (now_s - _WRITTEN_AGE_S,))

    def _written_until(self, until_s: int) -> int:
        """Return the last change number of the figures that were made by a time [s]; 0 for none."""
        rows = self._database.rows(
            "SELECT coalesce(max(last_id), 0) FROM result_times WHERE made_s <= ?", (until_s,)
        )
        return int(rows[0][0])

    def is_seen(self, number: int, until_s: int | None) -> bool:
        """Return whether who sees figures until a time [s], or without a limit, may see this one.

        Raises
        ------
        KeyError
            There is no figure of this change number.
        """
        end_s = self.read(number).end_s
        return until_s is None or end_s <= until_s or number <= self._written_until(until_s)

    def _fixed_before_s(self) -> int:
        """Return before which time figures stand as they are, since the values behind them were removed."""
        rows = self._database.rows("SELECT coalesce(max(before_s), 0) FROM removals WHERE kind = 'values'")
        return int(rows[0][0])

    def has_any(self) -> bool:
        """Return whether there is any figure."""
        return bool(self._database.rows("SELECT 1 FROM result_heads LIMIT 1"))

    def heads(self, scope: str, scope_id: str, until_s: int | None = None) -> dict[ResultKey, int]:
        """Return the change numbers of the results of one place, by key: current, or as of a time."""
        with self._database.snapshot():
            if until_s is None:
                heads = self._heads(scope, scope_id)
            else:
                rows = self._visible([("scope=?", scope), ("scope_id=?", scope_id)], until_s)
                heads = {key(row[1:]): row[0] for row in rows}
        return {
            (scope, scope_id, index, period, group, target, start_s): number
            for (index, period, start_s, group, target), number in heads.items()
        }

    def read(self, number: int) -> Result:
        """Read the result of a change number, current or superseded."""
        return read_results(self._database, [number])[number]

    def _heads(self, scope: str, scope_id: str) -> dict[HeadKey, int]:
        rows = self._database.rows(
            "SELECT name, period, start_s, grouped, target, id FROM result_heads "
            "WHERE scope=? AND scope_id=?",
            (scope, scope_id),
        )
        return {row[:5]: row[5] for row in rows}

    def _last_id(self, connection: sqlite3.Connection) -> int:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='records'").fetchone()
        return int(row[0]) if row else 0

    def current(
        self,
        *,
        scope: str | None = None,
        scope_id: str | None = None,
        index: str | None = None,
        period: str | None = None,
        start_s: int | None = None,
        end_s: int | None = None,
        until_s: int | None = None,
    ) -> list[Result]:
        """Read the current results, those that no other supersedes.

        Parameters
        ----------
        scope, scope_id, index, period
            Only results with these; None for all.
        start_s, end_s
            Only results whose window begins in this span, Unix time [s], end exclusive.
        until_s
            As they were at this Unix time [s]: of each key the newest row whose window had ended by then, or
            that was made by then. None for those that no other supersedes.

        Returns
        -------
        list of Result
            In order of scope, place, index, period, start, group and target.
        """
        # By the columns of the heads, whose key finds a few results among millions, in this order.
        equalities = (("scope=?", scope), ("scope_id=?", scope_id), ("name=?", index), ("period=?", period))
        bounds = (("start_s>=?", start_s), ("start_s<?", end_s))
        conditions = [(text, value) for text, value in (*equalities, *bounds) if value is not None]
        if until_s is not None:
            return [result_of(row[1:]) for row in self._visible(conditions, until_s)]
        where = " AND ".join(["1", *[f"h.{text}" for text, _ in conditions]])
        rows = self._database.rows(
            f"SELECT {_COLUMNS_OF_CURRENT} FROM result_heads h CROSS JOIN results r ON r.id = h.id "  # noqa: S608
            f"WHERE {where} "
            "ORDER BY h.scope, h.scope_id, h.name, h.period, h.start_s, h.grouped, h.target",
            [value for _, value in conditions],
        )
        return [result_of(row) for row in rows]

    def _visible(self, conditions: list[tuple[str, Any]], until_s: int) -> list[Row]:
        """Read the rows, each after its change number, that who sees nothing after a time [s] sees."""
        number = len(conditions)
        where = " AND ".join(["1", *[f"h.{text}{index}" for index, (text, _) in enumerate(conditions, 1)]])
        statement = _VISIBLE.format(
            where=where, columns=f"r.id, {_COLUMNS_OF_CURRENT}", until=number + 1, last=number + 2
        )
        values = [value for _, value in conditions]
        return self._database.rows(statement, [*values, until_s, self._written_until(until_s)])
