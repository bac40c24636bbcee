"""What the roll-ups of a node read: its records of some days, and the seconds that each of them watched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sera_store.aggregates.effort_time import WATCH_MOST_S, bounded_effort_s
from sera_store.records.series_tables import read_table
from sera_store.registry.entities import PERSON
from sera_vocabulary.measurements import AWAKE_S
from sera_vocabulary.quality import FAIL, MISSING
from sera_vocabulary.series import COUNTS, VISITS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sera_store.database.names import Names
    from sera_store.records.series_tables import Table
    from sera_store.registry.registry import Registry

# Series whose records say how long something watched.
EFFORT_SERIES: Final = (VISITS, COUNTS)
_MARGIN_S: Final = int(WATCH_MOST_S)


class RollupPlace(NamedTuple):
    """Whose windows they are, and by which clock."""

    node: str
    community: str
    garden: str
    series: str
    timezone: str


def origins_of(records: sqlite3.Connection, places: Sequence[RollupPlace]) -> list[tuple[int, int]]:
    """Return the origins of places of one series, one an epoch, each with the index of its place."""
    index_of = {place[:3]: index for index, place in enumerate(places)}
    marks = ",".join("?" * len(places))
    rows = records.execute(
        "SELECT o.id, s.node, o.community, o.garden FROM sources s JOIN origins o ON o.source = s.id "  # noqa: S608
        f"WHERE o.series=? AND s.node IN ({marks}) ORDER BY o.id",
        (places[0].series, *(place.node for place in places)),
    ).fetchall()
    return [(origin, index_of[key]) for origin, *rest in rows if (key := tuple(rest)) in index_of]


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

    def is_regular(self, place: RollupPlace) -> bool:
        """Return whether the node of a place reports at intervals; a person does not."""
        node = self._registry.node(place.node)
        return node is None or node.detector != PERSON

    def read(
        self, records: sqlite3.Connection, places: Sequence[RollupPlace], span_s: tuple[int, int]
    ) -> tuple[Table, NDArray[np.float64]]:
        """Read the records of a span, and how long each of them watched.

        Parameters
        ----------
        records
            Connection to the table of records.
        places
            Whose records: of one series and clock, all regular or none; one place of counts.
        span_s
            From which Unix time [s] to before which other one.

        Returns
        -------
        Table
            Its nodes are the indexes of the places, written with leading zeros. Its `awake_s` is what time
            allows, as everything that is made from it.
        array, shape (rows,)
            Seconds watched [s], NaN where nobody said.
        """
        origins = _named(origins_of(records, places))
        [*_, place] = places
        if place.series not in EFFORT_SERIES:
            table = read_table(records, self._names, origins, None, span_s)
            return table, np.full(len(table), np.nan)
        # What a record may claim depends on those within a day of it.
        wide_s = (span_s[0] - _MARGIN_S, span_s[1] + _MARGIN_S)
        table = read_table(records, self._names, origins, None, wide_s)
        claimed_s = self._claimed_s(records, place, table, wide_s)
        awake_s = bounded_effort_s(table, claimed_s, claimed_s > 0, regular=self.is_regular(place))
        inside = (table.time_s >= span_s[0]) & (table.time_s < span_s[1])
        return _bounded(table, awake_s).rows(inside), awake_s[inside]

    def _claimed_s(
        self, records: sqlite3.Connection, place: RollupPlace, table: Table, span_s: tuple[int, int]
    ) -> NDArray[np.float64]:
        """Return what each record says; of a count without its own, what the visits at its time say."""
        claimed_s = _own_s(table)
        if place.series != COUNTS or not np.isnan(claimed_s).any():
            return claimed_s
        origins = _named(origins_of(records, [place._replace(series=VISITS)]))
        beside = read_table(records, self._names, origins, (AWAKE_S,), span_s)
        if not len(beside):
            return claimed_s
        at = np.searchsorted(beside.time_s, table.time_s).clip(max=len(beside) - 1)
        lent_s = np.where(beside.time_s[at] == table.time_s, _own_s(beside)[at], np.nan)
        return np.where(np.isnan(claimed_s), lent_s, claimed_s)


def _named(origins: list[tuple[int, int]]) -> list[tuple[int, str]]:
    return [(origin, f"{index:09}") for origin, index in origins]


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
