"""What the analysis has added up by garden and month, and from what each of its figures was last made.

All of it can be made again from the table of records, so it has a file of its own and is in no backup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.aggregates.changes import changed_slots, fingerprint, last_change
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.series import AIR, COUNTS, SOIL, VISITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_store.database.database import Database
    from sera_store.database.names import Names

# The series from which figures are made.
_SERIES: Final = (AIR, COUNTS, SOIL, VISITS)
_OF_GARDEN: Final = (
    "SELECT DISTINCT t.time_s / 86400 FROM timeline t JOIN origins o ON o.id = t.origin "
    "WHERE o.series IN (?,?,?,?) AND o.garden = ?"
)


class MonthDigests(NamedTuple):
    """One month of a garden: its number, what it was computed by, and a digest of 8 bytes a day."""

    month: int
    basis: str
    digests: bytes


class Tallies:
    """Sums by garden and month, fingerprints of all figures, and up to which row both are."""

    def __init__(self, database: Database, records: Database, names: Names) -> None:
        self._database = database
        self._records = records
        self._names = names

    def position(self) -> int:
        """Return up to which change number all is added up; all is forgotten where the records are others."""
        position, sealed, was = self._database.rows("SELECT position, sealed, fingerprint FROM progress")[0]
        with self._records.snapshot() as records:
            if fingerprint(records, sealed) == was:
                return int(position)
        with self._database.transaction() as connection:
            for table in ("months", "standings", "made"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
            connection.execute("UPDATE progress SET position=0, sealed=0, fingerprint=''")
        return 0

    def move(self, position: int) -> None:
        """Note that everything up to a change number is added up."""
        self._seal("UPDATE progress SET position=?, sealed=?, fingerprint=?", (position,))

    def seal(self) -> None:
        """Note which row is the last after all figures are written."""
        self._seal("UPDATE progress SET sealed=?, fingerprint=?", ())

    def _seal(self, statement: str, values: tuple[int, ...]) -> None:
        with self._records.snapshot() as records:
            last = last_change(records)
            now = fingerprint(records, last)
        with self._database.transaction() as connection:
            connection.execute(statement, (*values, last, now))

    def changed_days(self, after: int, to: int) -> dict[str, set[int]]:
        """Find by garden which days of UTC since 1970 the rows between two change numbers touch."""
        with self._records.snapshot() as records:
            slots = changed_slots(records, after, to, DAY_S)
        gardens: dict[str, set[int]] = {}
        for number, days in slots.items():
            origin = self._names.origin_of(number)
            if origin.series in _SERIES:
                gardens.setdefault(origin.garden, set()).update(days)
        return gardens

    def days(self, garden: str) -> set[int]:
        """Return all days, in days of UTC since 1970, on which a garden has records."""
        return {day for (day,) in self._records.rows(_OF_GARDEN, (*_SERIES, garden))}

    def month_digests(self, garden: str) -> list[MonthDigests]:
        """List a garden's months with their digests, in order."""
        rows = self._database.rows(
            "SELECT month, basis, marks FROM months WHERE garden=? ORDER BY month", (garden,)
        )
        return [MonthDigests(*row) for row in rows]

    def months(self, garden: str) -> list[bytes]:
        """Read the sums of each month of a garden, in order."""
        rows = self._database.rows("SELECT body FROM months WHERE garden=? ORDER BY month", (garden,))
        return [body for (body,) in rows]

    def put_months(self, garden: str, months: Iterable[tuple[MonthDigests, bytes]]) -> None:
        """Store the sums of some months of a garden."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO months VALUES (?,?,?,?,?)",
                [(garden, *digests, body) for digests, body in months],
            )

    def forget(self, garden: str) -> None:
        """Drop all months of a garden, to add them up again."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM months WHERE garden=?", (garden,))

    def summary(self, garden: str, basis: str) -> bytes | None:
        """Read the summary of a garden's months, None where they have changed since."""
        rows = self._database.rows("SELECT body FROM standings WHERE garden=? AND basis=?", (garden, basis))
        return rows[0][0] if rows else None

    def put_summary(self, garden: str, basis: str, body: bytes) -> None:
        """Store the summary of a garden's months."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO standings VALUES (?,?,?)", (garden, basis, body))

    def fingerprint(self, scope: str, scope_id: str) -> bytes | None:
        """Read the fingerprint of the figures of a garden or community, None where there is none."""
        rows = self._database.rows("SELECT body FROM made WHERE scope=? AND scope_id=?", (scope, scope_id))
        return rows[0][0] if rows else None

    def put_fingerprint(self, scope: str, scope_id: str, body: bytes) -> None:
        """Store the fingerprint of the figures of a garden or community, after they are written."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO made VALUES (?,?,?)", (scope, scope_id, body))
