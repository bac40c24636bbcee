"""Plain tables in one SQLite file, for Datasette and everything that reads SQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from sera_store.release.licences import licence_of_dates
from sera_vocabulary.meanings import MEANINGS
from sera_vocabulary.measurements import MEASUREMENTS
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.exports.selection import Selection
    from sera_store.release.persons import Pseudonyms
    from sera_store.store import Store

SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE gardens (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, community TEXT NOT NULL, timezone TEXT NOT NULL,
  latitude REAL, longitude REAL, uncertainty_m INTEGER, simulated INTEGER NOT NULL
);
CREATE TABLE quantities (
  name TEXT PRIMARY KEY, label TEXT NOT NULL, meaning TEXT NOT NULL, unit TEXT NOT NULL
);
CREATE TABLE readings (
  id INTEGER PRIMARY KEY, garden TEXT NOT NULL REFERENCES gardens (id), node TEXT NOT NULL,
  series TEXT NOT NULL, quantity TEXT NOT NULL REFERENCES quantities (name), position INTEGER,
  local_time TEXT NOT NULL, value REAL, quality INTEGER NOT NULL, time_uncertainty_s INTEGER NOT NULL
);
CREATE TABLE figures (
  id INTEGER PRIMARY KEY, scope TEXT NOT NULL, place TEXT NOT NULL, name TEXT NOT NULL, insect_group TEXT,
  period TEXT NOT NULL, start_s INTEGER NOT NULL, end_s INTEGER NOT NULL, value REAL, low REAL, high REAL,
  unit TEXT NOT NULL, target TEXT, effort_h REAL, n INTEGER, n_of TEXT, reason TEXT
);
"""
_INDEXES: Final = """
CREATE INDEX readings_by_garden ON readings (garden, quantity, local_time);
CREATE INDEX figures_by_place ON figures (place, name, period);
"""


def write_sqlite(path: Path, store: Store, selection: Selection, pseudonyms: Pseudonyms) -> int:
    """Write a new SQLite file; the same bytes for the same data and pseudonyms.

    Parameters
    ----------
    path
        A file that is not there.

    Returns
    -------
    int
        How many readings are in it.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA foreign_keys = ON;{SCHEMA}")
        deed = selection.licence.deed
        connection.execute("INSERT INTO about VALUES ('license', ?)", (f"{deed.title}, {deed.page}",))
        connection.executemany("INSERT INTO gardens VALUES (?,?,?,?,?,?,?,?)", _gardens(store, selection))
        connection.executemany("INSERT INTO quantities VALUES (?,?,?,?)", _quantities())
        cursor = connection.executemany(
            "INSERT INTO readings VALUES (NULL,?,?,?,?,?,?,?,?,?)", _readings(store, selection, pseudonyms)
        )
        connection.executemany(
            "INSERT INTO figures VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", _figures(store, selection)
        )
        connection.commit()
        connection.executescript(_INDEXES)
        return max(0, cursor.rowcount)


def _gardens(store: Store, selection: Selection) -> Iterator[tuple[object, ...]]:
    for garden in selection.gardens(store):
        place = garden.place
        cells = (None,) * 3 if place is None else (place.latitude, place.longitude, place.uncertainty_m)
        name = garden.name or garden.id
        yield (garden.id, name, garden.community, garden.timezone, *cells, int(garden.is_simulated))


def _quantities() -> Iterator[tuple[str, str, str, str]]:
    for row in MEASUREMENTS:
        meaning = MEANINGS.get(row.name)
        if meaning is not None:
            yield row.name, meaning.label, meaning.meaning, row.unit
    for name in sorted(MEANINGS.keys() - {row.name for row in MEASUREMENTS}):
        yield name, MEANINGS[name].label, MEANINGS[name].meaning, "1"


def _readings(store: Store, selection: Selection, pseudonyms: Pseudonyms) -> Iterator[tuple[object, ...]]:
    for garden in selection.gardens(store):
        for reading in selection.readings(store, garden, pseudonyms):
            quantity, position = parse_column(reading.name) or (reading.name, 0)
            yield (
                reading.garden,
                reading.node,
                reading.series,
                quantity,
                position or None,
                reading.time,
                reading.value,
                reading.flag,
                reading.uncertainty_s,
            )


def _figures(store: Store, selection: Selection) -> Iterator[tuple[object, ...]]:
    # Figures rest on all counts of a garden together.
    gardens = {
        garden.id
        for garden in selection.gardens(store)
        if licence_of_dates(store, garden).may_be_under(selection.licence)
    }
    results = [result for result in store.results.current(scope="garden") if result.scope_id in gardens]
    for result in sorted(results, key=lambda result: result.key):
        yield (
            result.scope,
            result.scope_id,
            result.index,
            result.group or None,
            result.period,
            result.start_s,
            result.end_s,
            result.value,
            result.low,
            result.high,
            result.unit,
            result.target or None,
            result.effort_h,
            result.n,
            result.n_of or None,
            None if result.reason is None else str(result.reason),
        )
