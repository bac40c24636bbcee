"""The store of one gateway: a folder with the table of records, the registry and the roll-ups."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Self

from sera_store.aggregates.rollup_tables import Rollups
from sera_store.aggregates.tallies import Tallies
from sera_store.database.cursors import Cursors
from sera_store.database.database import Database
from sera_store.database.follower_status import Followers
from sera_store.database.names import Names
from sera_store.database.rejected_lines import RejectedLines
from sera_store.database.schema import (
    RECORDS_APPLICATION_ID,
    RECORDS_FILE,
    RECORDS_STEPS,
    REGISTRY_APPLICATION_ID,
    REGISTRY_STEPS,
    ROLLUPS_APPLICATION_ID,
    ROLLUPS_STEPS,
    TALLIES_APPLICATION_ID,
    TALLIES_STEPS,
)
from sera_store.errors import StoreUnusableError
from sera_store.ledger.budgets import BudgetExcess, excess
from sera_store.ledger.clock_spans import last_clock_span
from sera_store.ledger.delivery import latest_extents
from sera_store.ledger.erasure import Erasures
from sera_store.ledger.foreign_keys import foreign_keys
from sera_store.ledger.statuses import NodeStatus, statuses
from sera_store.ledger.transaction import LedgerTransaction
from sera_store.private_files import make_private, require_private
from sera_store.records.completeness import NodeAccount, Outstanding, accounts, outstanding
from sera_store.records.dead_letters import DeadLetters
from sera_store.records.node_probes import NodeProbe, newest_probes
from sera_store.records.records import Records
from sera_store.registry.dead_letter_actions import DeadLetterActions
from sera_store.registry.noted_backups import NotedBackups
from sera_store.registry.opening import REGISTRY_FILE, REGISTRY_SYNCHRONOUS
from sera_store.registry.registry import Registry
from sera_store.results.results import Results
from sera_store.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_store.ledger.clock_spans import ClockSpan
    from sera_store.ledger.foreign_keys import ForeignKey
    from sera_store.records.keys import Extent

ROLLUPS_FILE: Final = "rollups.sqlite"
TALLIES_FILE: Final = "tallies.sqlite"

# Name, schema steps, application id, and whether each commit is flushed: what can be rebuilt need not be.
DATABASES: Final = (
    (RECORDS_FILE, RECORDS_STEPS, RECORDS_APPLICATION_ID, "NORMAL"),
    (REGISTRY_FILE, REGISTRY_STEPS, REGISTRY_APPLICATION_ID, REGISTRY_SYNCHRONOUS),
    (ROLLUPS_FILE, ROLLUPS_STEPS, ROLLUPS_APPLICATION_ID, "NORMAL"),
    (TALLIES_FILE, TALLIES_STEPS, TALLIES_APPLICATION_ID, "NORMAL"),
)


class Store:
    """Records, results, dead letters, cursors and the registry of one folder; made by `Store.open`.

    One object may be used by several threads, and several processes may open the same folder: one writes,
    the others read meanwhile.
    """

    def __init__(
        self,
        folder: Path,
        records: Database,
        registry: Database,
        rollups: Database,
        tallies: Database,
        clock: Callable[[], float],
    ) -> None:
        self.folder = folder
        self._records = records
        self._registry = registry
        self._rollups = rollups
        self._tallies = tallies
        self.names = Names(records)
        self.records = Records(records, self.names)
        self.results = Results(records, self.names, clock)
        self.dead_letters = DeadLetters(records)
        self.cursors = Cursors(records)
        self.rejected_lines = RejectedLines(records)
        self.followers = Followers(records, self.cursors)
        self.registry = Registry(registry, clock)
        self.dead_letter_actions = DeadLetterActions(registry, clock)
        self.backups = NotedBackups(registry)
        self.erasures = Erasures(records, registry, self.names, clock)
        self.rollups = Rollups(rollups, records, self.names, self.registry)
        self.retention = Retention(records, self.followers, self.rollups)
        self.tallies = Tallies(tallies, records, self.names)

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], float] = time.time) -> Store:
        """Open the store in a folder, which is made where there is none.

        Parameters
        ----------
        folder
            Where the databases are, or shall be.
        clock
            Gives the Unix time [s] at which registry entries are recorded.

        Raises
        ------
        StoreUnusableError
            When the folder or a database in it cannot be used; it names the path and the remedy.
        """
        require_private(folder)
        with ExitStack() as opened:
            databases = {}
            for name, steps, application_id, synchronous in DATABASES:
                databases[name] = Database(
                    folder / name, steps=steps, application_id=application_id, synchronous=synchronous
                )
                opened.callback(databases[name].close)
            opened.pop_all()
        records, registry, rollups, tallies = databases.values()
        return cls(folder, records, registry, rollups, tallies, clock)

    @contextmanager
    def ledger(self) -> Iterator[LedgerTransaction]:
        """Write atomically: records, refusals and the journal cursor together, or nothing of them."""
        with self._records.transaction() as connection:
            yield LedgerTransaction(connection, self.names)

    def version(self) -> tuple[int, int]:
        """Return what grows with each commit of another connection to the records, and to the registry."""
        return self._records.version(), self._registry.version()

    def waiting_jobs(self) -> int:
        """Count the pieces of work that the ledger has begun and not finished."""
        return int(self._records.rows("SELECT count(*) FROM jobs")[0][0])

    def clock_span(self) -> ClockSpan | None:
        """Read over which messages the gateway's clock was behind last; None where it never was."""
        return last_clock_span(self._records)

    def foreign_keys(self) -> list[ForeignKey]:
        """Read which keys of other makers' devices came when, and which no mapping reads."""
        return foreign_keys(self._records)

    def completeness(self, node: str | None = None, since_s: int | None = None) -> list[NodeAccount]:
        """Account for the records of each node and epoch, from a measurement time [s] on."""
        return accounts(self._records, node, since_s)

    def statuses(self) -> dict[str, NodeStatus]:
        """Read what each node said last of itself."""
        return statuses(self._records)

    def node_probes(self, node: str) -> list[NodeProbe]:
        """Return which probes a node itself says are on its wires, by its newest records."""
        return newest_probes(self._records, node)

    def outstanding(self) -> dict[str, Outstanding]:
        """Return what each node still holds and is not here, without counting what is."""
        return outstanding(self._records)

    def excess(self, sender: str | None = None, from_day: int = 0) -> list[BudgetExcess]:
        """List what was beyond budgets since a day (since 1970), of one sender or of all."""
        return excess(self._records, sender, from_day)

    def latest_extents(self) -> list[Extent]:
        """Return of each node how far its records have arrived, in the epoch that changed last."""
        return latest_extents(self._records)

    def backup(self, to: Path) -> None:
        """Copy all databases, each as of one moment, into a folder that is made where there is none.

        The tallies of the analysis are left out: the next run makes them again from the records.

        Raises
        ------
        StoreUnusableError
            When the folder is not empty of earlier databases, or cannot be written.
        """
        make_private(to)
        # Roll-ups first: what they have seen is then in the records that are copied after them.
        for name in (ROLLUPS_FILE, RECORDS_FILE, REGISTRY_FILE):
            if (to / name).exists():
                raise StoreUnusableError(to / name, "is there already", "name an empty folder for the backup")
            self.backup_file(name, to / name)

    def backup_file(self, name: str, to: Path) -> None:
        """Copy one database as of one moment into a new file.

        Parameters
        ----------
        name
            `RECORDS_FILE`, `REGISTRY_FILE` or `ROLLUPS_FILE`.
        to
            The new file.
        """
        databases = {
            ROLLUPS_FILE: self._rollups,
            RECORDS_FILE: self._records,
            REGISTRY_FILE: self._registry,
        }
        databases[name].backup(to)

    def compact(self) -> None:
        """Write all databases again, so that nothing is left in their files of what was deleted.

        No other process may have them open; each needs room for a second copy.

        Raises
        ------
        StoreUnusableError
            When there is no room, or another process reads.
        """
        for database in (self._records, self._registry, self._rollups, self._tallies):
            database.compact()

    def close(self) -> None:
        """Close the databases; closing twice changes nothing."""
        self._records.close()
        self._registry.close()
        self._rollups.close()
        self._tallies.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
