"""SIGKILL before and after each request of the InfluxDB follower: at its cursor it equals the store."""

from __future__ import annotations

import multiprocessing
import os
import signal
import uuid
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import pytest

from influx.points import same
from real_parts import at_work
from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget
from sera_store.store import Store
from sera_vocabulary import series
from store_parts import AIR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from real_parts import Bucket, InfluxDB
    from sera_store.records.records import Record

MEASUREMENTS = (series.AIR, series.SOIL, series.COUNTS, series.VISITS)
SOIL = replace(
    AIR,
    series=series.SOIL,
    columns=("soil_moisture_raw@1", "soil_moisture@1", "soil_temperature@2"),
    values=(1843.0, 0.21, 12.5),
    quality=(1, 1, 1),
    detail={"probe@1": "c-1", "calibration": "first"},
)
COUNT = replace(
    AIR, series=series.COUNTS, columns=("wasps", "bumblebees", "awake_s"), values=(1.0, 2.0, 900.0),
    quality=(1, 1, 1),
)  # fmt: skip


class Gate(ThreadingHTTPServer):
    """Stands between a follower and the server, and kills the follower before or after one request."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), PassingHandler)
        self.behind = urlsplit(behind)
        self.victim: int | None = None
        self.kill_at = 0
        self.before = True
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def strike(self) -> bool:
        """Kill the follower if it is time to; the request then gets no answer."""
        if self.victim is None or len(self.paths) != self.kill_at:
            return False
        os.kill(self.victim, signal.SIGKILL)
        return True


class PassingHandler(BaseHTTPRequestHandler):
    server: Gate
    protocol_version: ClassVar[str] = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.before and self.server.strike():
            self.close_connection = True
            return
        status, answer = self._ask(body)
        if not self.server.before and self.server.strike():
            self.close_connection = True
            return
        self.server.paths.append(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _ask(self, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(self.server.behind.hostname or "", self.server.behind.port, timeout=120)
        try:
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def gate(influxdb: InfluxDB) -> Iterator[Gate]:
    running = Gate(influxdb.url)
    with at_work(running):
        yield running


def follow(folder: Path, bucket: Bucket, url: str, go: Any = None) -> None:
    """Follow a store to its end, as the gateway's thread does."""
    if go is not None:
        go.wait(120)
    with Store.open(folder) as store:
        following = InfluxFollower(
            store, InfluxTarget(url, bucket.organisation, bucket.name, bucket.token), timeout_s=120
        )
        while following.step():
            pass
        following.close()


@contextmanager
def fresh_bucket(influxdb: InfluxDB) -> Iterator[Bucket]:
    bucket = influxdb.make_bucket(f"bucket-{uuid.uuid4().hex[:12]}")
    yield bucket
    influxdb.remove_bucket(bucket.name)


def revise(store: Store, change: Callable[[Record], Record]) -> None:
    with store.ledger() as writes:
        for row in store.records.changes(0, 100):
            writes.records.supersede(row.id, change(row.record))  # type: ignore[union-attr]


def null_first(record: Record) -> Record:
    values, quality = (None, *record.values[1:]), (9, *record.quality[1:])
    return replace(record, values=values, quality=quality)


REVISIONS: dict[str, Callable[[Store], None]] = {
    "dated": lambda store: revise(store, lambda record: replace(record, time_s=1_780_000_500 + record.seq)),
    "dated again": lambda store: revise(
        store, lambda record: replace(record, time_s=(record.time_s or 1_780_000_000) + 3600)
    ),
    "calibrated again": lambda store: revise(
        store,
        lambda record: replace(
            record, values=tuple([v and v * 1.5 for v in record.values]), detail={"calibration": "second"}
        ),
    ),
    "moved to another garden": lambda store: revise(
        store, lambda record: replace(record, garden="rose-court")
    ),
    "value to null": lambda store: revise(store, null_first),
    "new rows": lambda store: None,
}


def fill(store: Store, *, dated: bool) -> None:
    records = [replace(record, seq=seq) for seq, record in enumerate((AIR, SOIL, COUNT, AIR), 1)]
    with store.ledger() as writes:
        writes.records.append(
            [(record if dated else replace(record, time_s=None), b"hash") for record in records]
        )


@pytest.mark.parametrize("kind", REVISIONS)
def test_a_kill_at_any_request_leaves_nothing_wrong_at_the_cursor(
    influxdb: InfluxDB, gate: Gate, tmp_path: Path, kind: str
) -> None:
    kills = 0
    for before in (True, False):
        for kill_at in range(60):
            folder = tmp_path / f"{before}-{kill_at}"
            with fresh_bucket(influxdb) as bucket:
                was_killed = one_kill(folder, bucket, gate, kind, kill_at=kill_at, before=before)
                with Store.open(folder) as store:
                    assert store.cursors.position("influxdb") == store.records.last_change()
                    for measurement in MEASUREMENTS:
                        assert same(store, bucket, measurement), (kind, before, kill_at, measurement)
            kills += was_killed
            if not was_killed:
                break
    assert kills >= 2


def one_kill(folder: Path, bucket: Bucket, gate: Gate, kind: str, *, kill_at: int, before: bool) -> bool:
    """Follow, revise, follow in a process that is to be killed, follow to the end; tell whether it was."""
    with Store.open(folder) as store:
        fill(store, dated=kind != "dated")
        if kind != "new rows":
            store.close()
            follow(folder, bucket, bucket.url)
    with Store.open(folder) as store:
        REVISIONS[kind](store)
    fork = multiprocessing.get_context("fork")
    go = fork.Event()
    gate.victim, gate.kill_at, gate.before, gate.paths = None, kill_at, before, []
    victim = fork.Process(target=follow, args=(folder, bucket, gate.url, go))
    victim.start()
    gate.victim = victim.pid
    go.set()
    victim.join(120)
    assert victim.exitcode in (0, -signal.SIGKILL)
    gate.victim = None
    follow(folder, bucket, bucket.url)
    return victim.exitcode != 0
