"""Work that the ledger has begun and not finished: kept with what it has done, so a crash repeats nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sera_store.boots import BootWrites
from sera_vocabulary.topics import ROOT

RECORDS: Final = "records"
LETTERS: Final = "letters"
BOOT: Final = "boot"
_OURS: Final = ROOT + "/"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Parameters
    ----------
    kind, name
        What is to be looked through: the records of a source, the letters of a node, a boot of a source.
    from_s
        Only what is measured from this time on, Unix time [s].
    position
        How far it has come.
    """

    kind: str
    name: str
    from_s: int
    position: int


class JobWrites(BootWrites):
    """Reads and writes of jobs inside one transaction."""

    def put_job(self, kind: str, name: str, from_s: int = 0, position: int = 0) -> None:
        """Add a job; one of the same kind and name begins again, from the earlier time."""
        self._connection.execute(
            "INSERT INTO jobs VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET "
            "from_s=min(from_s, excluded.from_s), position=min(position, excluded.position)",
            (kind, name, from_s, position),
        )

    def next_job(self, kind: str) -> Job | None:
        """Take one job of a kind, None where nothing is left to do."""
        row = self._connection.execute(
            "SELECT kind, name, from_s, position FROM jobs WHERE kind=? ORDER BY name LIMIT 1", (kind,)
        ).fetchone()
        return Job(*row) if row else None

    def move_job(self, job: Job, position: int | None) -> None:
        """Note how far a job has come; None that it is done."""
        if position is None:
            self._connection.execute("DELETE FROM jobs WHERE kind=? AND name=?", (job.kind, job.name))
        else:
            self._connection.execute(
                "UPDATE jobs SET position=? WHERE kind=? AND name=?", (position, job.kind, job.name)
            )

    def revise_node(self, node: str, from_s: int) -> None:
        """Have all records of a node from a time on looked through, and its letters tried again."""
        for number, *_ in self._connection.execute("SELECT id FROM sources WHERE node=?", (node,)).fetchall():
            self.put_job(RECORDS, str(number), from_s)
        self.put_job(LETTERS, node)

    def epochs(self, node: str) -> list[str]:
        """List the epochs of a node that are known: of its own, and ids of mappings that read it."""
        rows = self._connection.execute("SELECT epoch FROM sources WHERE node=? ORDER BY id", (node,))
        return [epoch for (epoch,) in rows]

    def source_of(self, number: int) -> tuple[str, str]:
        """Tell node and epoch of a source."""
        row = self._connection.execute("SELECT node, epoch FROM sources WHERE id=?", (number,)).fetchone()
        return row[0], row[1]

    def nodes_with_probe(self, serial: str) -> list[str]:
        """List the nodes that have named a probe's serial in a table of probes."""
        rows = self._connection.execute(
            "SELECT DISTINCT node, probes FROM probe_tables WHERE instr(probes, ?)", (serial,)
        )
        return sorted({node for node, _ in rows})

    def waiting_letters(
        self, reasons: tuple[str, ...], node: str, after: int, limit: int, *, is_foreign: bool = False
    ) -> list[tuple[int, int]]:
        """List letters of a node that wait, also in vain, with one of some reasons; the empty node is all.

        Parameters
        ----------
        reasons, node, after, limit
            Which ones, by id above `after`, and how many.
        is_foreign
            Whether only those of other makers' devices are asked for.

        Returns
        -------
        list of (int, int)
            Id and journal number, by id.
        """
        marks = ",".join("?" * len(reasons))
        rows = self._connection.execute(
            f"SELECT id, journal FROM dead_letters WHERE reason IN ({marks}) "  # noqa: S608
            "AND state IN ('waiting', 'dismissed') AND (?='' OR node=?) AND id>? "
            "AND (NOT ? OR substr(topic, 1, ?) <> ?) ORDER BY id LIMIT ?",
            (*reasons, node, node, after, is_foreign, len(_OURS), _OURS, limit),
        )
        return [(number, journal) for number, journal in rows]
