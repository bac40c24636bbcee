"""What the roll-ups of a node read: its records of some days, and the seconds that each of them watched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_store.aggregates.watched_time import WATCH_MOST_S, watched_s
from sera_store.records.series_tables import read_table
from sera_store.registry.entities import PERSON
from sera_vocabulary.measurements import AWAKE_S
from sera_vocabulary.quality import FAIL, MISSING
from sera_vocabulary.series import COUNTS, VISITS

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

    from sera_store.database.names import Names
    from sera_store.records.series_tables import Table
    from sera_store.registry.registry import Registry

# Series whose records say how long something watched.
WATCHED_SERIES: Final = (VISITS, COUNTS)
_MARGIN_S: Final = int(WATCH_MOST_S)


class RollupPlace(NamedTuple):
    """Whose windows they are, and by which clock."""

    node: str
    community: str
    garden: str
    series: str
    timezone: str


def origins_of(records: sqlite3.Connection, place: RollupPlace) -> list[tuple[int, str]]:
    """Return the origins of a place's records, one an epoch, each with its node."""
    return records.execute(
        "SELECT o.id, s.node FROM sources s JOIN origins o ON o.source = s.id "
        "WHERE s.node=? AND o.community=? AND o.garden=? AND o.series=?",
        place[:4],
    ).fetchall()


class RollupReader:
    """Reads places of the table of records.

    Parameters
    ----------
    names
        Of that table.
    registry
        Which nodes are persons.
    """

    def __init__(self, names: Names, registry: Registry) -> None:
        self._names = names
        self._registry = registry

    def read(
        self, records: sqlite3.Connection, place: RollupPlace, span_s: tuple[int, int]
    ) -> tuple[Table, NDArray[np.float64]]:
        """Read the records of a span, and how long each of them watched.

        Parameters
        ----------
        records
            Connection to the table of records.
        place
            Whose records.
        span_s
            From which Unix time [s] to before which other one.

        Returns
        -------
        Table
            Its `awake_s` is what time allows, as everything that is made from it.
        array, shape (rows,)
            Seconds watched [s], NaN where nobody said.
        """
        if place.series not in WATCHED_SERIES:
            table = read_table(records, self._names, origins_of(records, place), None, span_s)
            return table, np.full(len(table), np.nan)
        # What a record may claim depends on those within a day of it.
        wide_s = (span_s[0] - _MARGIN_S, span_s[1] + _MARGIN_S)
        table = read_table(records, self._names, origins_of(records, place), None, wide_s)
        claimed_s = self._claimed_s(records, place, table, wide_s)
        node = self._registry.node(place.node)
        regular = node is None or node.detector != PERSON
        awake_s = watched_s(table, claimed_s, claimed_s > 0, regular=regular)
        inside = slice(*np.searchsorted(table.time_s, span_s).tolist())
        return _bounded(table, awake_s).rows(inside), awake_s[inside]

    def _claimed_s(
        self, records: sqlite3.Connection, place: RollupPlace, table: Table, span_s: tuple[int, int]
    ) -> NDArray[np.float64]:
        """Return what each record says; of a count without its own, what the visits at its time say."""
        claimed_s = _own_s(table)
        if place.series != COUNTS or not np.isnan(claimed_s).any():
            return claimed_s
        origins = origins_of(records, place._replace(series=VISITS))
        beside = read_table(records, self._names, origins, (AWAKE_S,), span_s)
        if not len(beside):
            return claimed_s
        at = np.searchsorted(beside.time_s, table.time_s).clip(max=len(beside) - 1)
        lent_s = np.where(beside.time_s[at] == table.time_s, _own_s(beside)[at], np.nan)
        return np.where(np.isnan(claimed_s), lent_s, claimed_s)


def _own_s(table: Table) -> NDArray[np.float64]:
    values = table.values.get(AWAKE_S)
    if values is None:
        return np.full(len(table), np.nan)
    return np.where(np.isin(table.quality[AWAKE_S], (FAIL, MISSING)), np.nan, values)


def _bounded(table: Table, awake_s: NDArray[np.float64]) -> Table:
    """Put what time allows in place of the seconds that records claim."""
    values = table.values.get(AWAKE_S)
    if values is None:
        return table
    bounded_s = np.where(values > awake_s, awake_s, values)
    return replace(table, values={**table.values, AWAKE_S: bounded_s})
