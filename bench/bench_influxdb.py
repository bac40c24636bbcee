"""How fast InfluxDB follows the store, beside ready-made lines through influxdb-client in the same run."""

from __future__ import annotations

import gzip
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from real_parts import Bucket, InfluxDB
from sera_command.installation import parts
from sera_store.outputs.influxdb import LINES_A_WRITE, InfluxFollower, InfluxTarget
from sera_store.outputs.line_protocol import encode, points
from sera_store.records.rows import Record
from sera_store.store import Store
from sera_vocabulary import series
from sera_vocabulary.measurements import AIR_HUMIDITY, AIR_PRESSURE, AIR_TEMPERATURE, ILLUMINANCE

if TYPE_CHECKING:
    from collections.abc import Callable

NODES: Final = 50
RECORDS_A_NODE: Final = 2_000
ROUNDS: Final = 3
COLUMNS: Final = (AIR_TEMPERATURE, AIR_HUMIDITY, ILLUMINANCE, AIR_PRESSURE)
LEVELS: Final = (1, 4, 6, 9)


def records() -> list[Record]:
    """Make the records of some nodes as they would arrive, each in turn."""
    template = Record(
        node="",
        epoch="9f2c01aa",
        seq=1,
        boot=1,
        series=series.AIR,
        community="avon",
        garden="",
        uptime_s=0,
        time_s=0,
        uncertainty_s=2,
        flags=0,
        columns=COLUMNS,
        values=(),
        quality=(1,) * len(COLUMNS),
        probe_table=None,
        journal=1,
    )
    return [
        replace(
            template,
            node=f"node-{node}",
            garden=f"garden-{node}",
            seq=seq,
            time_s=1_750_000_000 + seq * 900,
            values=(14.5 + seq * 13 % 70 / 10, 60.0 + seq * 7 % 90 / 10, 800.0 + node, 1013.0 + seq % 9 / 10),
        )
        for seq in range(1, RECORDS_A_NODE + 1)
        for node in range(NODES)
    ]


def seconds(work: Callable[[], object]) -> float:
    """Time one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def client(bucket: Bucket, bodies: list[bytes], at_once: int = 1) -> float:
    """Write lines that are ready made through the client as its guide shows, synchronously and packed [s]."""
    with (
        InfluxDBClient(bucket.url, bucket.token, org=bucket.organisation, enable_gzip=True) as opened,
        opened.write_api(write_options=SYNCHRONOUS) as writer,
        ThreadPoolExecutor(at_once) as senders,
    ):
        write = partial(writer.write, bucket.name, bucket.organisation)
        return seconds(lambda: list(senders.map(write, bodies)))


def follow(store: Store, bucket: Bucket) -> float:
    """Time a follower that reads, encodes and writes all rows of the store [s]."""
    target = InfluxTarget(bucket.url, bucket.organisation, bucket.name, bucket.token)
    follower = InfluxFollower(store, target, cursor=bucket.name)

    def all_steps() -> None:
        while follower.step():
            pass

    try:
        return seconds(all_steps)
    finally:
        follower.close()


def main() -> None:
    """Print lines a second of both, their ratio, and what each level of gzip costs."""
    program = parts.find("influxd")
    if program is None:
        print(f"no InfluxDB here; get it with {parts.next_step('influxd')}")
        return
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store") as store:
        with store.ledger() as writes:
            writes.records.append([(record, b"sixteen bytes ..") for record in records()])
        rows = store.records.changes(0, NODES * RECORDS_A_NODE)
        lines = [encode(point).encode() for row in rows for point in points(row)]
        bodies = [b"\n".join(lines[at : at + LINES_A_WRITE]) for at in range(0, len(lines), LINES_A_WRITE)]
        server = InfluxDB(program.path, Path(folder) / "influxdb").start()
        try:
            server.set_up()
            client_s = min(client(server.make_bucket(f"a{n}"), bodies) for n in range(ROUNDS))
            two_at_a_time_s = min(client(server.make_bucket(f"c{n}"), bodies, 2) for n in range(ROUNDS))
            follower_s = min(follow(store, server.make_bucket(f"b{n}")) for n in range(ROUNDS))
        finally:
            server.kill()
    print(
        f"{len(lines):,} lines of {2 * len(COLUMNS)} fields: from rows "
        f"{len(lines) / follower_s:,.0f} lines/s, ready made through the client "
        f"{len(lines) / client_s:,.0f} lines/s, ratio {client_s / follower_s:.2f}"
    )
    print(
        f"two requests at a time instead of one, ready made: {client_s / two_at_a_time_s:.2f} times as fast"
    )
    for level in LEVELS:
        packed = [gzip.compress(body, level) for body in bodies[:4]]
        took = seconds(lambda level=level: [gzip.compress(body, level) for body in bodies[:4]])
        print(
            f"gzip {level}: {sum(map(len, bodies[:4])) / sum(map(len, packed)):.1f} times smaller, "
            f"{4 * LINES_A_WRITE / took:,.0f} lines/s"
        )


if __name__ == "__main__":
    main()
