"""How fast the store appends and reads, beside a plain SQLite table of one row a value in the same run."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sera_store.records.rows import Record
from sera_store.store import Store
from sera_vocabulary import series
from sera_vocabulary.measurements import AIR_HUMIDITY, AIR_PRESSURE, AIR_TEMPERATURE, ILLUMINANCE

if TYPE_CHECKING:
    from collections.abc import Callable

NODES: Final = 10
RECORDS_A_NODE: Final = 10_000
RECORDS_A_TRANSACTION: Final = 1_000
ROUNDS: Final = 3
STEP_S: Final = 60
COLUMNS: Final = (AIR_TEMPERATURE, AIR_HUMIDITY, ILLUMINANCE, AIR_PRESSURE)
SPAN_S: Final = (0, RECORDS_A_NODE * STEP_S)

PLAIN_TABLE: Final = """
CREATE TABLE readings (
  node TEXT NOT NULL, name TEXT NOT NULL, time_s INTEGER NOT NULL, value REAL, quality INTEGER NOT NULL,
  PRIMARY KEY (node, name, time_s)
) STRICT, WITHOUT ROWID
"""


def records() -> list[Record]:
    """Make the records of some nodes as they would arrive: minute by minute, each node in turn."""
    return [
        Record(
            node=f"node-{node}",
            epoch="9f2c01aa",
            seq=seq + 1,
            boot=1,
            series=series.AIR,
            community="avon",
            garden=f"garden-{node % 3}",
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
        for seq in range(RECORDS_A_NODE)
        for node in range(NODES)
    ]


def seconds(work: Callable[[], None]) -> float:
    """Time one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def sera(folder: Path, records: list[Record]) -> tuple[float, float]:
    """Append all records as the ledger does, cursor included, and read them as a table [s, s]."""
    with Store.open(folder / "store") as store:

        def append() -> None:
            for first in range(0, len(records), RECORDS_A_TRANSACTION):
                part = records[first : first + RECORDS_A_TRANSACTION]
                with store.ledger() as writes:
                    writes.records.append([(record, b"sixteen bytes ..") for record in part])
                    writes.move_cursor(first)

        def read() -> None:
            table = store.records.table(series.AIR, COLUMNS, start_s=SPAN_S[0], end_s=SPAN_S[1])
            assert sum([column.size for column in table.values.values()]) == len(records) * len(COLUMNS)

        return seconds(append), seconds(read)


def plain(folder: Path, records: list[Record]) -> tuple[float, float]:
    """Do the same with one row a value: no keys, no revisions, no cursor [s, s]."""
    connection = sqlite3.connect(folder / "plain.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-32000")
    connection.execute(PLAIN_TABLE)

    def append() -> None:
        for first in range(0, len(records), RECORDS_A_TRANSACTION):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO readings VALUES (?,?,?,?,?)",
                [
                    (record.node, name, record.time_s, value, flag)
                    for record in records[first : first + RECORDS_A_TRANSACTION]
                    for name, value, flag in zip(record.columns, record.values, record.quality, strict=True)
                ],
            )
            connection.execute("COMMIT")

    def read() -> None:
        query = (
            "SELECT time_s, value, quality FROM readings WHERE node=? AND name=? AND time_s>=? AND time_s<?"
        )
        count = 0
        for node in sorted({record.node for record in records}):
            for name in COLUMNS:
                rows = connection.execute(query, (node, name, *SPAN_S)).fetchall()
                count += np.array(rows, np.float64).shape[0]
        assert count == len(records) * len(COLUMNS)

    try:
        return seconds(append), seconds(read)
    finally:
        connection.close()


def best_of(
    run: Callable[[Path, list[Record]], tuple[float, float]], records: list[Record]
) -> tuple[float, ...]:
    """Time some rounds in folders of their own, and take the best of each task [s]."""
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(run(Path(folder), records))
    return tuple([min(times) for times in zip(*rounds, strict=True)])


def main() -> None:
    """Print one line a task: both stores, and the ratio of their speeds."""
    all_records = records()
    sera_s, plain_s = best_of(sera, all_records), best_of(plain, all_records)
    tasks = (
        ("append", len(all_records), "records/s"),
        ("read as a table", len(all_records) * len(COLUMNS), "values/s"),
    )
    print(f"{len(all_records):,} records of {len(COLUMNS)} values, {RECORDS_A_TRANSACTION:,} a transaction")
    for (task, count, unit), own_s, peer_s in zip(tasks, sera_s, plain_s, strict=True):
        print(
            f"{task:15} {count / own_s:10,.0f} {unit}, plain row a value {count / peer_s:10,.0f} {unit}, "
            f"ratio {peer_s / own_s:.2f}"
        )


if __name__ == "__main__":
    main()
