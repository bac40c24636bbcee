"""How long a bundle of a year of 40 gardens takes to make, to verify and to take.

Every garden has a node that measures soil and air and notices passages once an hour. Times are of one run of
this process; the records are written before. `PYTHONPATH=tests/support python bench/bench_bundles.py`,
with `--gardens` and `--days` for a smaller one. `--by-records` also times how long the same rows take from
every record in place of the roll-ups.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from coalition.by_records import days_by_records
from coalition.exchange import make, rows_of, take
from coalition.laptops import Laptop, agree, laptop, terms
from sera_coalition.agreements.terms import DataClass
from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.receiving import verify
from sera_commons.media.foreign import clean_media
from sera_store.coarse_grid import ConsentLevel
from sera_store.records.records import Record
from sera_store.registry.entities import Community, Garden, Node
from sera_store.store import Store

if TYPE_CHECKING:
    from sera_coalition.bundles.tables import Row

FIRST = date(2026, 12, 28)
HOUR_S = 3_600
GARDENS_A_CELL = 5


def plant(data: Path, gardens: int, days: int) -> int:
    """Write the records of gardens, five in each cell; return how many."""
    start = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp())
    count = 0
    with Store.open(data / "store") as store:
        store.registry.put(Community("elm", "Elm"), since_s=0, by="bench")
        for number in range(gardens):
            name = f"plot-{number:02}"
            north = 51.452 + 0.01 * (number // GARDENS_A_CELL)
            garden = Garden(name, "elm", None, name, north, -2.595, "UTC", consent=ConsentLevel.NEIGHBOURHOOD)
            store.registry.put(garden, since_s=0, by="bench")
            store.registry.put(Node(f"{name}-node", name, "beam"), since_s=0, by="bench")
            records = list(node_records(name, number, start, days * 24))
            with store.ledger() as ledger:
                ledger.records.append([(record, record.node.encode()) for record in records])
            count += len(records)
    return count


def node_records(garden: str, number: int, start: int, hours: int) -> list[Record]:
    """Return an hour's soil, air and passages for each hour."""
    said = {
        "soil": {"soil_moisture@1": 0.2 + number / 1_000, "soil_temperature@1": 12.5},
        "air": {"air_temperature": 10.0 + number / 10, "air_humidity": 70.0},
        "visits": {"passages": 5.0, "awake_s": 3_600.0},
    }
    return [
        Record(
            node=f"{garden}-node", epoch="9f2c01aa", seq=3 * hour + index + 1, boot=1, series=series,
            community="elm", garden=garden, uptime_s=None, time_s=start + hour * HOUR_S + 1_800,
            uncertainty_s=2, flags=0, columns=tuple(values), values=tuple(values.values()),
            quality=tuple(1 for _ in values), probe_table=None, journal=1,
        )
        for hour in range(hours)
        for index, (series, values) in enumerate(said.items())
    ]  # fmt: skip


def compare_with_records(
    elm: Laptop, window: tuple[date, date], tables: dict[str, list[Row]], rolled_up_s: float
) -> None:
    """Print how much longer the same rows take from every record."""
    begun = time.perf_counter()
    with patch("sera_coalition.bundles.contents.released_days", days_by_records):
        is_same = rows_of(elm, window) == tables
    took_s = time.perf_counter() - begun
    told = "the same rows" if is_same else "OTHER ROWS"
    print(f"from every record    {took_s:7.2f} s  {told}, {took_s / rolled_up_s:.0f} times as long")


def main() -> None:
    """Print how long each step takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gardens", type=int, default=40)
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--by-records", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        elm, oak = laptop(Path(folder), "elm"), laptop(Path(folder), "oak")
        elm.now_s = oak.now_s = datetime(2027, 12, 31, 23, tzinfo=UTC).timestamp()
        agree(elm, oak, terms(elm.party(DataClass.READINGS, DataClass.VISITS), oak.party()))
        count = plant(elm.data, asked.gardens, asked.days)
        print(f"{asked.gardens} gardens, {asked.days} days: {count:,} records")
        window = (FIRST, FIRST + timedelta(days=asked.days - 1))
        begun = time.perf_counter()
        with Store.open(elm.data / "store") as store:
            store.rollups.catch_up()
        print(f"roll up, as a gateway does all the time  {time.perf_counter() - begun:7.2f} s")
        begun = time.perf_counter()
        tables = rows_of(elm, window)
        collected = time.perf_counter()
        content = make(elm, tables, window).content
        made = time.perf_counter()
        rows = sum(map(len, tables.values()))
        if asked.by_records:
            compare_with_records(elm, window, tables, collected - begun)
        print(f"release and coarsen  {collected - begun:7.2f} s")
        print(f"write and sign       {made - collected:7.2f} s  {rows:,} rows, {len(content) / 1e6:.1f} MB")
        begun = time.perf_counter()
        with oak.book() as book:
            verify(book, None, *read_container(content), clean_media)
        verified = time.perf_counter()
        take(oak, content)
        print(f"verify               {verified - begun:7.2f} s")
        print(f"verify and take      {time.perf_counter() - verified:7.2f} s")


if __name__ == "__main__":
    main()
