"""How fast roll-ups are made and read, beside SQLite's own GROUP BY over one row a value in the same run."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sera_store.records.rows import Record
from sera_store.store import ROLLUPS_FILE, Store
from sera_vocabulary import series
from sera_vocabulary.measurements import AIR_HUMIDITY, AIR_PRESSURE, AIR_TEMPERATURE, ILLUMINANCE

if TYPE_CHECKING:
    from collections.abc import Callable

GARDENS: Final = 100
DAYS: Final = 14
READINGS_A_DAY: Final = 96
STEP_S: Final = 900
COLUMNS: Final = (AIR_TEMPERATURE, AIR_HUMIDITY, ILLUMINANCE, AIR_PRESSURE)
# What a year of a city is worked out for.
CITY_GARDENS: Final = 500
CITY_DAYS: Final = 365
ALWAYS: Final[dict[str, Any]] = {"first": date(1969, 1, 1), "last": date(1972, 1, 1)}

PLAIN_TABLE: Final = """
CREATE TABLE readings (
  node TEXT NOT NULL, name TEXT NOT NULL, time_s INTEGER NOT NULL, value REAL, quality INTEGER NOT NULL,
  PRIMARY KEY (node, name, time_s)
) STRICT, WITHOUT ROWID
"""
PLAIN_ROLLUP: Final = """
CREATE TABLE hours AS SELECT node, name, time_s / 3600 AS hour, sum(value) AS total, min(value) AS lowest,
max(value) AS highest, count(value) AS number, sum(quality = 1) AS good FROM readings GROUP BY 1, 2, 3
"""


def record(node: int, seq: int) -> Record:
    """Make one record of a garden's node."""
    return Record(
        node=f"node-{node}",
        epoch="9f2c01aa",
        seq=seq + 1,
        boot=1,
        series=series.AIR,
        community="avon",
        garden=f"garden-{node}",
        uptime_s=seq * STEP_S,
        time_s=seq * STEP_S,
        uncertainty_s=2,
        flags=0,
        columns=COLUMNS,
        values=(14.5 + seq % 7, 60.0, 800.0 + node, 1013.25),
        quality=(1,) * len(COLUMNS),
        probe_table=None,
        journal=seq + 1,
    )


def seconds(work: Callable[[], object]) -> float:
    """Time one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def append(store: Store, records: list[Record]) -> None:
    """Append records in one transaction."""
    with store.ledger() as writes:
        writes.records.append([(record, b"sixteen bytes ..") for record in records])


def plain(path: Path) -> float:
    """Fill a table of one row a value with the same readings, and time one grouping by hour [s]."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-32000")
    connection.execute(PLAIN_TABLE)
    readings = (record(node, seq) for node in range(GARDENS) for seq in range(DAYS * READINGS_A_DAY))
    connection.executemany(
        "INSERT INTO readings VALUES (?,?,?,?,?)",
        (
            (reading.node, name, reading.time_s, value, flag)
            for reading in readings
            for name, value, flag in zip(reading.columns, reading.values, reading.quality, strict=True)
        ),
    )
    connection.commit()
    try:
        return seconds(lambda: (connection.execute(PLAIN_ROLLUP), connection.commit()))
    finally:
        connection.close()


def time_rollups(store: Store) -> tuple[int, float, float, float, float]:
    """Fill a store day by day; time making, making again after late records, reading days and hours [s]."""
    for day in range(DAYS):
        seqs = range(day * READINGS_A_DAY, (day + 1) * READINGS_A_DAY)
        append(store, [record(node, seq) for seq in seqs for node in range(GARDENS)])
    rows = store.records.last_change()
    created_s = seconds(store.rollups.catch_up)
    append(store, [replace(record(node, rows), time_s=STEP_S) for node in range(GARDENS)])
    late_s = seconds(store.rollups.catch_up)
    day_s = seconds(lambda: store.rollups.read(series.AIR, COLUMNS, width="day", **ALWAYS))
    hour_s = seconds(lambda: store.rollups.read(series.AIR, COLUMNS, width="hour", **ALWAYS))
    return rows, created_s, late_s, day_s, hour_s


def main() -> None:
    """Print how fast windows are made from records as they arrived, made again after late ones, and read."""
    with tempfile.TemporaryDirectory() as folder:
        with Store.open(Path(folder) / "store") as store:
            rows, created_s, late_s, day_s, hour_s = time_rollups(store)
        plain_s = plain(Path(folder) / "plain.sqlite")
        size = (store.folder / ROLLUPS_FILE).stat().st_size
    city = CITY_GARDENS * CITY_DAYS * READINGS_A_DAY
    print(f"{rows:,} records of {len(COLUMNS)} values, {GARDENS} gardens, {DAYS} days, hours and days made")
    print(
        f"make            {rows / created_s:10,.0f} records/s, GROUP BY over a row a value "
        f"{rows / plain_s:10,.0f} records/s, ratio {plain_s / created_s:.2f}"
    )
    print(f"a year of {CITY_GARDENS} gardens, {city:,} records: {city / rows * created_s / 60:.1f} min")
    print(f"one late record in each of {GARDENS} gardens: {late_s * 1000:.0f} ms")
    print(f"read days       {GARDENS * DAYS / day_s:10,.0f} windows/s of {len(COLUMNS)} columns")
    print(f"read hours      {GARDENS * DAYS * 24 / hour_s:10,.0f} windows/s of {len(COLUMNS)} columns")
    print(f"size            {size / GARDENS / DAYS:10,.0f} byte a node and day")


if __name__ == "__main__":
    main()
