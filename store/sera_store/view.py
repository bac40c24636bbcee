"""What pages and the receiving process read of the store, without what loads arrays."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sera_store.database.cursors import Cursors
from sera_store.database.database import Database
from sera_store.database.names import Names
from sera_store.database.schema import RECORDS_APPLICATION_ID, RECORDS_FILE, RECORDS_STEPS
from sera_store.ledger.budgets import BudgetExcess, excess
from sera_store.ledger.delivery import latest_extents
from sera_store.records.dead_letters import DeadLetters
from sera_store.records.rows import ROW_COLUMNS, stored_record
from sera_store.results.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sera_store.records.keys import Extent
    from sera_store.records.rows import Record

_OF_NODES: Final = (
    "FROM sources s JOIN origins o ON o.source = s.id JOIN timeline t ON t.origin = o.id "
    "JOIN records r ON r.id = t.id "
    "WHERE s.node IN (SELECT value FROM json_each(?1)) AND o.series IN (SELECT value FROM json_each(?2)) "
)
_LAST_CHANGE: Final = f"SELECT coalesce(max(r.id), 0) {_OF_NODES}"
_NEWEST: Final = (
    f"SELECT {ROW_COLUMNS} {_OF_NODES}AND t.time_s >= ?3 ORDER BY t.time_s DESC, r.id DESC LIMIT ?4"
)


class StoreView:
    """Figures, refused messages and the state of nodes, in a process that never loads arrays.

    Parameters
    ----------
    database
        The records.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names = Names(database)
        self.results = Results(database, self._names)
        self.dead_letters = DeadLetters(database)
        self.cursors = Cursors(database)

    def last_change(self) -> int:
        """Return the newest change number, by which a page knows whether it is still right."""
        return int(self._database.rows("SELECT coalesce(max(id), 0) FROM records")[0][0])

    def last_change_of(self, nodes: Iterable[str], series: Iterable[str]) -> int:
        """Return the newest change number of the current records of some nodes and series; 0 for none."""
        rows = self._database.rows(_LAST_CHANGE, (json.dumps(list(nodes)), json.dumps(list(series))))
        return int(rows[0][0])

    def waiting_jobs(self) -> int:
        """Count the pieces of work that the ledger has begun and not finished."""
        return int(self._database.rows("SELECT count(*) FROM jobs")[0][0])

    def excess(self, from_day: int = 0) -> list[BudgetExcess]:
        """List what was beyond budgets since a day (since 1970)."""
        return excess(self._database, None, from_day)

    def latest_extents(self) -> list[Extent]:
        """Return of each node how far its records have arrived, in the epoch that changed last."""
        return latest_extents(self._database)

    def newest(
        self, nodes: Iterable[str], series: Iterable[str], from_s: int = 0, limit: int = 100
    ) -> list[Record]:
        """Read the newest current records of some nodes and series, the newest first.

        Parameters
        ----------
        nodes, series
            Ids of nodes or counters, and names of series.
        from_s
            Only what was measured at this Unix time [s] or later.
        limit
            At most so many.
        """
        rows = self._database.rows(
            _NEWEST, (json.dumps(list(nodes)), json.dumps(list(series)), from_s, limit)
        )
        return [stored_record(row, self._names).record for row in rows]

    def last_heard_s(self) -> dict[str, int]:
        """Return when the newest record of each node was measured, Unix time [s]."""
        rows = self._database.rows(
            "SELECT s.node, max((SELECT max(t.time_s) FROM timeline t WHERE t.origin = o.id)) AS time_s "
            "FROM origins o JOIN sources s ON s.id = o.source WHERE s.node <> '' GROUP BY s.node"
        )
        return {node: int(time_s) for node, time_s in rows if time_s is not None}


@contextmanager
def open_view(folder: Path) -> Iterator[StoreView]:
    """Open the records of a store for reading, while the body runs.

    Parameters
    ----------
    folder
        The store's folder.

    Raises
    ------
    StoreUnusableError
        The database cannot be used; it names the path and the remedy.
    """
    database = Database(
        folder / RECORDS_FILE,
        steps=RECORDS_STEPS,
        application_id=RECORDS_APPLICATION_ID,
        synchronous="NORMAL",
    )
    try:
        yield StoreView(database)
    finally:
        database.close()
