"""Remove what a policy no longer keeps in the table of records, explicitly, and leave a note of it for ever.

The journal stays the truth: whatever is removed here can be made again from it. Keys and hashes, roll-ups and
figures stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_store.database.follower_status import ROLLUPS
from sera_store.errors import InvalidEntryError
from sera_vocabulary.durations import DAY_S
from sera_vocabulary.series import CLOCK, INDEX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from sera_store.aggregates.rollup_tables import Rollups
    from sera_store.database.database import Database
    from sera_store.database.follower_status import Followers

SUPERSEDED: Final = "superseded"
VALUES: Final = "values"
# Younger ones are still being revised, and boards, packs and indices read them.
SUPERSEDED_DAYS_LEAST: Final = 31
VALUES_DAYS_LEAST: Final = 366
# So few that the ledger, which waits meanwhile, hardly notices.
_ROWS_A_TRANSACTION: Final = 5_000
_TRIGGER: Final = "records_never_go"

# What counts is the time of the row that is current now; a figure's is the same in all its rows. In the order
# of what supersedes them, so that of a chain of revisions the oldest goes first and none is without the next.
_SUPERSEDED: Final = (
    "FROM records new JOIN records old ON old.id = new.supersedes "
    "LEFT JOIN origins o ON o.id = old.origin LEFT JOIN keys k ON k.source = o.source AND k.seq = old.seq "
    "LEFT JOIN records head ON head.id = k.record WHERE new.id > ?1 AND new.id < ?2 "
    "AND CASE WHEN old.layout IS NULL THEN new.time_s ELSE head.time_s END < ?3"
)
_VALUES: Final = (
    "FROM timeline t JOIN records r ON r.id = t.id WHERE t.origin = ?1 AND t.time_s < ?2 AND t.id < ?3"
)


class Policy(NamedTuple):
    """For how many days what is kept: rows that others supersede, and current values; None for ever."""

    superseded_days: int | None = None
    values_days: int | None = None


class RemovalPlan(NamedTuple):
    """What a policy would remove.

    Parameters
    ----------
    superseded_before_s, values_before_s
        What was measured before goes, Unix time [s]; None where nothing does. With values also goes what they
        supersede.
    superseded, values
        How many rows.
    first_journal
        Lowest journal number that they came from; None for no row.
    obstacles
        Why it cannot be done now, a sentence each.
    """

    superseded_before_s: int | None
    values_before_s: int | None
    superseded: int
    values: int
    first_journal: int | None
    obstacles: tuple[str, ...]


class Removal(NamedTuple):
    """The note of one removal."""

    kind: str
    before_s: int
    rows: int
    at_s: int
    by: str


class Retention:
    """Planning and doing removals; nothing is ever removed by itself."""

    def __init__(self, records: Database, followers: Followers, rollups: Rollups) -> None:
        self._records = records
        self._followers = followers
        self._rollups = rollups

    def removals(self) -> list[Removal]:
        """List what was ever removed, oldest first."""
        rows = self._records.rows("SELECT kind, before_s, rows, at_s, author FROM removals ORDER BY id")
        return [Removal(*row) for row in rows]

    def plan(self, policy: Policy, now_s: int) -> RemovalPlan:
        """Return what a policy would remove now, and what stands in the way.

        Raises
        ------
        InvalidEntryError
            When it keeps nothing, or less than can be done without.
        """
        _check(policy)
        values_before_s = _before_s(policy.values_days, now_s)
        superseded_before_s = max(
            (
                before_s
                for before_s in (_before_s(policy.superseded_days, now_s), values_before_s)
                if before_s is not None
            ),
            default=None,
        )
        with self._records.snapshot() as connection:
            safe = self._safe()
            counted: list[tuple[int, int | None]] = []
            superseded: tuple[int, int | None] = (0, None)
            if superseded_before_s is not None:
                superseded = connection.execute(
                    f"SELECT count(*), min(nullif(old.journal, 0)) {_SUPERSEDED}",
                    (0, safe, superseded_before_s),
                ).fetchone()
            if values_before_s is not None:
                counted = [
                    connection.execute(
                        f"SELECT count(*), min(r.journal) {_VALUES}",
                        (origin, values_before_s, safe),
                    ).fetchone()
                    for origin in _origins(connection)
                ]
        journals = [number for _, number in (superseded, *counted) if number is not None]
        return RemovalPlan(
            superseded_before_s,
            values_before_s,
            superseded[0],
            sum([count for count, _ in counted]),
            min(journals) if journals else None,
            tuple(self._obstacles()),
        )

    def remove(
        self, plan: RemovalPlan, now_s: int, by: str, progress: Callable[[int], None] = lambda _: None
    ) -> int:
        """Carry a plan out, some thousand rows a transaction, and return how many rows went.

        A process that is killed leaves whole transactions; the same plan again does the rest.

        Parameters
        ----------
        by
            Who decided it, for the note.
        progress
            Told the number of rows after each transaction.

        Raises
        ------
        InvalidEntryError
            When something stands in the way.
        """
        obstacles = self._obstacles()
        if obstacles:
            raise InvalidEntryError(f"nothing was removed: {'; '.join(obstacles)}")
        total, safe = 0, self._safe()
        if plan.values_before_s is not None:
            # From here on no window before that time is made again, whatever else happens.
            safe = min(safe, self._rollups.keep_before(plan.values_before_s))
        for ids, current, note in self._all(plan, safe, now_s, by):
            total += self._remove(note, ids, current=current)
            progress(total)
        return total

    def _all(
        self, plan: RemovalPlan, safe: int, now_s: int, by: str
    ) -> Iterator[tuple[Sequence[int], bool, int]]:
        """Iterate over what goes, some rows at a time: superseded ones first, so that none looks current."""
        if plan.superseded_before_s is not None:
            note = self._note(SUPERSEDED, plan.superseded_before_s, now_s, by)
            for ids in self._superseded(plan.superseded_before_s, safe):
                yield ids, False, note
        if plan.values_before_s is not None:
            note = self._note(VALUES, plan.values_before_s, now_s, by)
            for ids in self._values(plan.values_before_s, safe):
                yield ids, True, note

    def _safe(self) -> int:
        """Return the change number that all followers have finished with."""
        positions = [status.position for status in self._followers.statuses() if status.name != ROLLUPS]
        return min([*positions, self._rollups.progress().position])

    def _obstacles(self) -> list[str]:
        obstacles = [
            f"follower {status.name} is {status.behind} rows behind ({status.state}): let it catch up, "
            "or resume it"
            for status in self._followers.statuses()
            if status.name != ROLLUPS and status.behind
        ]
        behind = self._rollups.behind()
        return [*obstacles, f"roll-ups are {behind} rows behind: let them catch up"] if behind else obstacles

    def _note(self, kind: str, before_s: int, at_s: int, by: str) -> int:
        with self._records.transaction() as connection:
            added = connection.execute(
                "INSERT INTO removals (kind, before_s, rows, at_s, author) VALUES (?,?,0,?,?)",
                (kind, before_s, at_s, by),
            )
            return int(added.lastrowid or 0)

    def _superseded(self, before_s: int, safe: int) -> Iterator[Sequence[int]]:
        after = 0
        while rows := self._records.rows(
            f"SELECT new.id, old.id {_SUPERSEDED} ORDER BY new.id LIMIT {_ROWS_A_TRANSACTION}",
            (after, safe, before_s),
        ):
            after = rows[-1][0]
            yield [old for _, old in rows]

    def _values(self, before_s: int, safe: int) -> Iterator[Sequence[int]]:
        for origin in _origins(self._records.connection):
            while rows := self._records.rows(
                f"SELECT t.id {_VALUES} LIMIT {_ROWS_A_TRANSACTION}",
                (origin, before_s, safe),
            ):
                yield [row[0] for row in rows]

    def _remove(self, note: int, ids: Sequence[int], *, current: bool) -> int:
        """Remove some rows in one transaction; the trigger that forbids it is away for no longer."""
        keys = [(number,) for number in ids]
        with self._records.transaction() as connection:
            [(trigger,)] = connection.execute(
                "SELECT sql FROM sqlite_master WHERE type='trigger' AND name=?", (_TRIGGER,)
            ).fetchall()
            if current:
                _uncount(connection, keys)
            connection.execute(f"DROP TRIGGER {_TRIGGER}")
            connection.executemany("DELETE FROM records WHERE id=?", keys)
            connection.execute(trigger)
            connection.execute("UPDATE removals SET rows = rows + ? WHERE id=?", (len(ids), note))
        return len(ids)


def _uncount(connection: sqlite3.Connection, keys: Sequence[tuple[int]]) -> None:
    """Remove current rows from the indexes, and count them as stored and removed."""
    connection.executemany(
        "INSERT OR IGNORE INTO removed_records SELECT o.source, r.seq FROM records r "
        "JOIN origins o ON o.id = r.origin WHERE r.id=?",
        keys,
    )
    connection.executemany(
        "DELETE FROM timeline WHERE (origin, time_s, id) = "
        "(SELECT origin, time_s, id FROM records WHERE id=?)",
        keys,
    )
    for table in ("anchored", "bracketed"):
        connection.executemany(
            f"DELETE FROM {table} WHERE (source, boot, id) = (SELECT o.source, coalesce(r.boot, -1), r.id "  # noqa: S608
            "FROM records r JOIN origins o ON o.id = r.origin WHERE r.id=?)",
            keys,
        )


def _origins(connection: sqlite3.Connection) -> list[int]:
    """List the origins whose values may go; what dates other records, and figures, never do."""
    rows = connection.execute("SELECT id FROM origins WHERE series NOT IN (?,?) ORDER BY id", (CLOCK, INDEX))
    return [row[0] for row in rows.fetchall()]


def _before_s(days: int | None, now_s: int) -> int | None:
    return None if days is None else (now_s // DAY_S - days) * DAY_S


def _check(policy: Policy) -> None:
    if policy == Policy():
        raise InvalidEntryError("the policy keeps everything for ever; say for how many days what is kept")
    for name, days, least in (
        ("superseded rows", policy.superseded_days, SUPERSEDED_DAYS_LEAST),
        ("values", policy.values_days, VALUES_DAYS_LEAST),
    ):
        if days is not None and days < least:
            raise InvalidEntryError(f"{name} cannot be kept for {days} days only; expected {least} or more")
