"""Work that the ledger has begun and not finished: kept with what it has done, so a crash repeats nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sera_store.errors import JobStuckError

if TYPE_CHECKING:
    import sqlite3

LETTERS: Final = "letters"
CHECKS: Final = "checks"
# Stages of revision, which sort in this order: what a later one does gives an earlier one nothing to do.
RECORDS: Final = "records 1 by registry"
BOOT: Final = "records 2 by boot"
BRACKETS: Final = "records 3 by neighbours"

_JOB: Final = "SELECT kind, node, name, from_s, position FROM jobs "
_OF_LETTERS: Final = "kind = 'letters'"
_OF_RECORDS: Final = "kind > 'records'"
_OF_CHECKS: Final = "kind = 'checks'"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Parameters
    ----------
    kind, node, name
        What is to be looked through: the letters of a node, the records of a source, a boot of a source,
        those boots of a source that are dated by their neighbours, or the checked rows of an origin, whose
        number is the name.
    from_s
        Only what is measured from this time on, Unix time [s].
    position
        How far it has come.
    """

    kind: str
    node: str
    name: str
    from_s: int
    position: int


class JobWrites:
    """Reads and writes of jobs inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, kind: str, node: str, name: str = "", *, from_s: int = 0, position: int = 0) -> None:
        """Add a job, or extend one that is there already, which comes to its end first.

        Were it to begin at once from the start, one that is asked for again and again would never end.
        """
        self._connection.execute(
            "INSERT INTO jobs (kind, node, name, from_s, position, again) VALUES (?,?,?,?,?,0) "
            "ON CONFLICT DO UPDATE SET from_s = min(from_s, excluded.from_s), "
            "again = max(again, position > excluded.position)",
            (kind, node, name, from_s, position),
        )

    def next_of_letters(self, after: str) -> Job | None:
        """Return the next job about dead letters, None where nothing is left to do."""
        return self._next(_OF_LETTERS, after)

    def next_of_records(self, after: str) -> Job | None:
        """Return the next job about records, None where nothing is left to do.

        Parameters
        ----------
        after
            The node that had the turn before: the next one in order of names has the turn now.
        """
        return self._next(_OF_RECORDS, after)

    def next_of_checks(self) -> Job | None:
        """Return the next job about flags of series, None where nothing is left to do."""
        return self._next(_OF_CHECKS, "")

    def _next(self, condition: str, after: str) -> Job | None:
        for beyond in ("node > ?", "node <= ?"):
            row = self._connection.execute(
                f"{_JOB} WHERE {condition} AND {beyond} ORDER BY node, kind, name LIMIT 1",
                (after,),
            ).fetchone()
            if row:
                return Job(*row)
        return None

    def move(self, job: Job, position: int | None) -> None:
        """Note how far a job has come; None for its end, from which one that was extended begins again.

        Raises
        ------
        JobStuckError
            When it has come no further: it would never end.
        """
        key = (job.kind, job.node, job.name)
        if position is not None:
            if position <= job.position:
                raise JobStuckError(job.kind, job.node, job.name, position)
            self._connection.execute(
                "UPDATE jobs SET position=? WHERE kind=? AND node=? AND name=?", (position, *key)
            )
            return
        self._connection.execute("DELETE FROM jobs WHERE kind=? AND node=? AND name=? AND again=0", key)
        self._connection.execute(
            "UPDATE jobs SET position=0, again=0 WHERE kind=? AND node=? AND name=?", key
        )

    def drop(self, job: Job) -> None:
        """Take a job out that cannot be done."""
        self._connection.execute(
            "DELETE FROM jobs WHERE kind=? AND node=? AND name=?", (job.kind, job.node, job.name)
        )

    def revise_node(self, node: str, from_s: int) -> None:
        """Put jobs to look through all records of a node from a time on, and to try its letters again."""
        for (number,) in self._connection.execute("SELECT id FROM sources WHERE node=?", (node,)).fetchall():
            self.put(RECORDS, node, str(number), from_s=from_s)
        self.put(LETTERS, node)

    def check_garden(self, garden: str, from_s: int) -> None:
        """Put jobs to check the rows of a garden's origins again from a time on."""
        rows = self._connection.execute(
            "SELECT s.node, o.id FROM origins o JOIN sources s ON s.id = o.source WHERE o.garden=?", (garden,)
        )
        for node, number in rows.fetchall():
            self.put(CHECKS, node, str(number), from_s=from_s)

    def revise_probe_table(self, node: str, probe_table_id: str) -> None:
        """Put jobs to look through the records of those sources that have named a table of probes."""
        rows = self._connection.execute(
            "SELECT source FROM probe_table_sources WHERE node=? AND id=?", (node, probe_table_id)
        )
        for (number,) in rows.fetchall():
            self.put(RECORDS, node, str(number))
