"""Reading the table of records: changes by number, the current view by place and time, tables of numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_store.errors import InvalidEntryError
from sera_store.records.completeness import Counts, totals
from sera_store.records.garden_actions import Action, garden_actions
from sera_store.records.latest import LatestValue, latest_values
from sera_store.records.rows import LINE_COLUMNS, ROW_COLUMNS, Record, StoredRecord, stored_record
from sera_store.records.series_tables import Table, read_table
from sera_store.results.results import StoredResult, read_results

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from sera_store.database.database import Database
    from sera_store.database.names import Names

__all__ = ["LatestValue", "Record", "Records", "StoredKey", "StoredRecord", "StoredResult", "Table"]

_LAYOUT: Final = 3
_CHUNK: Final = 2_000


class StoredKey(NamedTuple):
    """Key of a current row, read from the rows themselves."""

    node: str
    epoch: str
    seq: int
    dated: bool


class Records:
    """The append-only table of records; its row id is the change number."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database = database
        self._names = names

    def changes(self, after: int, limit: int) -> list[StoredRecord | StoredResult]:
        """Read every row after a change number, superseded ones too, in order.

        Rows become visible in the order of their numbers, so a reader that goes on from the last number it
        has seen misses none.

        Parameters
        ----------
        after
            Change number already seen, 0 for the beginning.
        limit
            At most so many rows.
        """
        return self.stored(self.rows(after, limit))

    def changes_in(self, first: int, last: int) -> list[StoredRecord | StoredResult]:
        """Read every row of a span of change numbers, both of it, in order."""
        return self.stored(
            self._database.rows(
                f"SELECT {ROW_COLUMNS} FROM records r WHERE r.id BETWEEN ? AND ? ORDER BY r.id",  # noqa: S608
                (first, last),
            )
        )

    def rows(self, after: int, limit: int) -> list[tuple[Any, ...]]:
        """Read the same rows as they are in the database, in the order of `ROW_COLUMNS`."""
        return self._database.rows(
            f"SELECT {ROW_COLUMNS} FROM records r WHERE r.id > ? ORDER BY r.id LIMIT ?",  # noqa: S608
            (after, limit),
        )

    def line_rows(self, after: int, limit: int) -> list[tuple[Any, ...]]:
        """Read of the same rows what lines of InfluxDB are made of, in the order of `LINE_COLUMNS`."""
        return self._database.rows(
            f"SELECT {LINE_COLUMNS} FROM records r WHERE r.id > ? ORDER BY r.id LIMIT ?",  # noqa: S608
            (after, limit),
        )

    def last_change(self) -> int:
        """Return the highest change number, 0 for an empty table."""
        return int(self._database.rows("SELECT coalesce(max(id), 0) FROM records")[0][0])

    def first_change_since(self, time_s: int) -> int | None:
        """Return the lowest change number of current records and results of a time [s] or later."""
        [(first,)] = self._database.rows(
            "SELECT min(id) FROM (SELECT min(id) AS id FROM timeline WHERE time_s >= ?1 "
            "UNION ALL SELECT min(id) FROM result_heads WHERE start_s >= ?1)",
            (time_s,),
        )
        return first if first is None else int(first)

    def row(self, id: int) -> StoredRecord | StoredResult:  # noqa: A002
        """Read one row by its change number, current or superseded.

        Raises
        ------
        InvalidEntryError
            When there is no such row.
        """
        rows = self._database.rows(f"SELECT {ROW_COLUMNS} FROM records r WHERE r.id=?", (id,))  # noqa: S608
        if not rows:
            raise InvalidEntryError(f"the table of records has no row {id}; its last is {self.last_change()}")
        return self.stored(rows)[0]

    def row_or_none(self, id: int) -> StoredRecord | StoredResult | None:  # noqa: A002
        """Read one row by its change number; None where there is none, or a policy has removed it."""
        rows = self._database.rows(f"SELECT {ROW_COLUMNS} FROM records r WHERE r.id=?", (id,))  # noqa: S608
        return next(iter(self.stored(rows)), None)

    def stored(self, rows: Sequence[tuple[Any, ...]]) -> list[StoredRecord | StoredResult]:
        """Make records and results of rows read by `rows`.

        A result that an erasure has taken away since its row was read is left out, as its row would be.
        """
        results = read_results(self._database, [row[0] for row in rows if row[_LAYOUT] is None])
        return [
            stored_record(row, self._names)
            if row[_LAYOUT] is not None
            else StoredResult(row[0], row[1], results[row[0]])
            for row in rows
            if row[_LAYOUT] is not None or row[0] in results
        ]

    def actions(self, garden: str | None = None) -> list[Action]:
        """List what was done in a garden, or in all, by time; what was withdrawn is not among it."""
        return garden_actions(self._database, self._names, garden)

    def current(
        self,
        *,
        series: str,
        start_s: int,
        end_s: int,
        node: str | None = None,
        garden: str | None = None,
        community: str | None = None,
    ) -> Iterator[StoredRecord]:
        """Read the current dated records of one series, in order of time and change number.

        Parameters
        ----------
        start_s, end_s
            Span of Unix time [s], end exclusive.
        node, garden, community
            Only records of these; None for all.
        """
        # Origins and all heads are read as of one moment, so that a revision meanwhile, which may bring an
        # origin of its own, is seen neither twice nor not at all.
        with self._database.snapshot():
            origins = [str(origin) for origin, _ in self._origins(series, garden, community, node)]
            heads = self._database.rows(
                f"SELECT time_s, id FROM timeline WHERE origin IN ({','.join(origins)}) "  # noqa: S608
                "AND time_s>=? AND time_s<? ORDER BY time_s, id",
                (start_s, end_s),
            )
        for first in range(0, len(heads), _CHUNK):
            numbers = [head[1] for head in heads[first : first + _CHUNK]]
            rows = self._database.rows(
                f"SELECT {ROW_COLUMNS} FROM records r WHERE r.id IN ({','.join('?' * len(numbers))})",  # noqa: S608
                numbers,
            )
            by_number = {row[0]: row for row in rows}
            for number in numbers:
                yield stored_record(by_number[number], self._names)

    def walk(
        self, *, node: str | None = None, start_s: int | None = None, end_s: int | None = None
    ) -> Iterator[Record]:
        """Iterate over current records by node, series and time, then those without a time, as of one moment.

        Parameters
        ----------
        node
            Only records of this one.
        start_s, end_s
            Only records of this span [s], end exclusive; with either, none without a time.
        """
        with self._database.snapshot() as connection:
            origins = connection.execute(
                "SELECT o.id FROM origins o JOIN sources s ON s.id = o.source "
                "WHERE ?1 IS NULL OR s.node = ?1 ORDER BY s.node, o.series, s.epoch, o.id",
                (node,),
            ).fetchall()
            span = (-(2**62) if start_s is None else start_s, 2**62 if end_s is None else end_s)
            for (origin,) in origins:
                yield from self._streamed(
                    connection,
                    "FROM timeline t JOIN records r ON r.id = t.id WHERE t.origin=? AND t.time_s>=? "
                    "AND t.time_s<? AND r.layout IS NOT NULL ORDER BY t.time_s, t.id",
                    (origin, *span),
                )
            if start_s is None and end_s is None:
                yield from self._streamed(
                    connection,
                    "FROM undated u JOIN sources s ON s.id = u.source JOIN records r ON r.id = u.id "
                    "WHERE ?1 IS NULL OR s.node = ?1 ORDER BY s.node, u.id",
                    (node,),
                )

    def _streamed(
        self, connection: sqlite3.Connection, condition: str, values: tuple[Any, ...]
    ) -> Iterator[Record]:
        cursor = connection.execute(f"SELECT {ROW_COLUMNS} {condition}", values)
        while rows := cursor.fetchmany(_CHUNK):
            for row in rows:
                yield stored_record(row, self._names).record

    def knows(self, node: str) -> bool:
        """Return whether a node has any records here."""
        return bool(self._database.rows("SELECT 1 FROM sources WHERE node=? LIMIT 1", (node,)))

    def knows_mapping(self, mapping: str) -> bool:
        """Return whether a mapping, by its id, has read anything that is here."""
        return bool(self._database.rows("SELECT 1 FROM sources WHERE epoch=? LIMIT 1", (mapping,)))

    def last_times_s(self) -> dict[str, int]:
        """Return when each node's newest current record was measured, Unix time [s]."""
        rows = self._database.rows(
            "SELECT s.node, max((SELECT max(t.time_s) FROM timeline t WHERE t.origin = o.id)) AS last_s "
            "FROM origins o JOIN sources s ON s.id = o.source GROUP BY s.node"
        )
        return {node: int(last_s) for node, last_s in rows if last_s is not None}

    def count_since(self, node: str, since_s: int) -> int:
        """Count the current dated records of a node, measured at a Unix time [s] or later."""
        rows = self._database.rows(
            "SELECT count(*) FROM sources s JOIN origins o ON o.source = s.id "
            "JOIN timeline t ON t.origin = o.id WHERE s.node=? AND t.time_s>=?",
            (node, since_s),
        )
        return int(rows[0][0])

    def any_current(
        self, *, series: str, start_s: int, end_s: int, node: str, garden: str, community: str
    ) -> bool:
        """Return whether a node has current records of a series in a garden and span [s], end exclusive."""
        with self._database.snapshot():
            return any(
                self._database.rows(
                    "SELECT 1 FROM timeline WHERE origin=? AND time_s>=? AND time_s<? LIMIT 1",
                    (origin, start_s, end_s),
                )
                for origin, _ in self._origins(series, garden, community, node)
            )

    def undated(self, node: str | None = None) -> list[StoredRecord]:
        """Read the current records that have no time yet, of one node or of all."""
        rows = self._database.rows(
            f"SELECT {ROW_COLUMNS} FROM undated u JOIN sources s ON s.id = u.source "  # noqa: S608
            "JOIN records r ON r.id = u.id WHERE ?1 IS NULL OR s.node = ?1 ORDER BY u.id",
            (node,),
        )
        return [stored_record(row, self._names) for row in rows]

    def table(
        self,
        series: str,
        columns: Sequence[str],
        *,
        garden: str | None = None,
        community: str | None = None,
        node: str | None = None,
        start_s: int,
        end_s: int,
    ) -> Table:
        """Read current dated records of one series as columns of numpy, as of one moment.

        Parameters
        ----------
        columns
            Wire keys: with a position only that one, without one all positions.
        garden, community, node
            Only records of these; None for all.
        start_s, end_s
            Span of Unix time [s], end exclusive.
        """
        with self._database.snapshot() as connection:
            origins = self._origins(series, garden, community, node)
            return read_table(connection, self._names, origins, columns, (start_s, end_s))

    def latest(
        self,
        series: str,
        columns: Sequence[str] | None = None,
        *,
        garden: str | None = None,
        community: str | None = None,
        node: str | None = None,
    ) -> list[LatestValue]:
        """Find the newest usable value of each column of each node of a series.

        Parameters
        ----------
        columns
            Wire keys, or measurements for all positions; None for all.
        garden, community, node
            Only values of these; None for all.
        """
        origins = self._origins(series, garden, community, node)
        return latest_values(self._database, self._names, origins, columns)

    def sequences(self, node: str, epoch: str) -> set[int]:
        """Read the sequences of a source that are taken: by a record, by a dead letter, or by an erasure."""
        rows = self._database.rows(
            "SELECT k.seq FROM keys k JOIN sources s ON s.id = k.source WHERE s.node=? AND s.epoch=?",
            (node, epoch),
        )
        return {seq for (seq,) in rows}

    def keys(self, node: str | None = None) -> Iterator[StoredKey]:
        """Read the keys of all rows that no other row supersedes; a key that is stored twice comes twice.

        This reads the table of records itself, not the current view beside it, and so checks that view.
        """
        yield from [
            StoredKey(name, epoch, seq, bool(dated))
            for name, epoch, seq, dated in self._database.rows(
                "SELECT s.node, s.epoch, r.seq, r.time_s IS NOT NULL FROM records r "
                "JOIN origins o ON o.id = r.origin JOIN sources s ON s.id = o.source "
                "LEFT JOIN details d ON d.id = r.detail "
                "AND (d.text LIKE '{\"erased_by\":%' OR d.text LIKE '{\"retracted\":%') "
                "WHERE r.layout IS NOT NULL AND d.id IS NULL AND (?1 IS NULL OR s.node = ?1) AND r.id NOT IN "
                "(SELECT supersedes FROM records WHERE supersedes IS NOT NULL) "
                "ORDER BY s.node, s.epoch, r.seq",
                (node,),
            )
        ]

    def span_s(self, series: str, *, garden: str | None = None) -> tuple[int, int] | None:
        """Return the first and last time of current records of a series [s], None without any."""
        with self._database.snapshot():
            ends = [
                self._database.rows(
                    "SELECT min(time_s), max(time_s) FROM timeline WHERE origin=?", (origin,)
                )[0]
                for origin, _ in self._origins(series, garden, None, None)
            ]
        spans = [(first, last) for first, last in ends if first is not None]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    def dated_span_s(self) -> tuple[int, int] | None:
        """Return the first and last time of all current records [s], None without any."""
        first, last = self._database.rows(
            "SELECT min((SELECT min(time_s) FROM timeline t WHERE t.origin = o.id)), "
            "max((SELECT max(time_s) FROM timeline t WHERE t.origin = o.id)) FROM origins o"
        )[0]
        return None if first is None else (int(first), int(last))

    def counts(self, node: str | None = None) -> Counts:
        """Count records by what became of them, for one node or for all."""
        return totals(self._database, node)

    def gardens(
        self, series: str, *, node: str | None = None, garden: str | None = None, community: str | None = None
    ) -> list[str]:
        """Name the gardens that ever had records of a series."""
        rows = self._database.rows(
            "SELECT DISTINCT o.garden FROM origins o JOIN sources s ON s.id = o.source WHERE o.series = ?1 "
            "AND (?2 IS NULL OR s.node = ?2) AND (?3 IS NULL OR o.garden = ?3) "
            "AND (?4 IS NULL OR o.community = ?4) ORDER BY o.garden",
            (series, node, garden, community),
        )
        return [row[0] for row in rows]

    def _origins(
        self, series: str, garden: str | None, community: str | None, node: str | None
    ) -> list[tuple[int, str]]:
        return self._database.rows(
            "SELECT o.id, s.node FROM origins o JOIN sources s ON s.id = o.source WHERE o.series = ?1 "
            "AND (?2 IS NULL OR o.garden = ?2) AND (?3 IS NULL OR o.community = ?3) "
            "AND (?4 IS NULL OR s.node = ?4)",
            (series, garden, community, node),
        )
