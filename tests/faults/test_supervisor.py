"""The processes beside the receiving one: started again when they die, ended with it in every case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from paho.mqtt import publish

from gateway_parts import Log, batch, data_topic, message, plant, row, rows_of
from real_parts import LOOPBACK, Mosquitto, wait_until
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings
from sera_gateway.journal.journal import Journal
from sera_gateway.ledger.batch_size import MESSAGES_MOST
from sera_gateway.supervisor import Worker
from sera_gateway.tasks import FOLLOWERS, LEDGER, Task
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE = "node-a"


def _settings(folder: Path, url: str = "mqtt://127.0.0.1:1") -> GatewaySettings:
    settings = GatewaySettings(broker=BrokerSettings(url=url), data=DataSettings(folder=str(folder / "data")))
    with Store.open(settings.data.store) as store:
        plant(store, [NODE])
    return settings


@contextmanager
def _working(worker: Worker) -> Iterator[threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        worker.end()
        thread.join(120)
        assert not thread.is_alive()


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _children(pid: int) -> list[int]:
    result = [
        task.read_text(encoding="utf-8").split() for task in Path(f"/proc/{pid}/task").glob("*/children")
    ]
    return [int(child) for children in result for child in children]


@pytest.mark.slow
@pytest.mark.parametrize("work", [LEDGER, FOLLOWERS])
def test_a_worker_that_dies_is_reported_and_started_again(work: str, tmp_path: Path) -> None:
    log = Log()
    worker = Worker(work, _settings(tmp_path), log)
    with _working(worker):
        first = wait_until(lambda: worker.pid, label="the start")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: worker.pid not in {None, first}, label="the second start")
        wait_until(lambda: worker._begun, label="its beginning")
    assert [event for event in log.events() if event == "worker_ended"] == ["worker_ended"]
    assert log.lines[0][2] | {"work": work, "code": -signal.SIGKILL} == log.lines[0][2]
    assert not _is_alive(worker.pid or 0)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "a service's end"])
def test_a_signal_to_all_processes_at_once_leaves_the_end_to_the_gateway(number: int, tmp_path: Path) -> None:
    log = Log()
    worker = Worker(LEDGER, _settings(tmp_path), log)
    with _working(worker):
        wait_until(lambda: worker._begun, label="its beginning")
        os.kill(worker.pid or 0, number)
        worker.end()
        assert worker._process is not None
        assert worker._process.returncode == 0
    assert log.events() == []


def test_a_worker_that_is_ended_before_it_began_is_gone_at_once(tmp_path: Path) -> None:
    worker = Worker(LEDGER, _settings(tmp_path), Log())
    with _working(worker):
        wait_until(lambda: worker.pid, label="the start")
    worker.wake()
    assert not _is_alive(worker.pid or 0)


@pytest.mark.slow
def test_what_its_work_needs_of_secrets_is_given_to_a_worker(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    following = msgspec.structs.replace(
        settings, influxdb=msgspec.structs.replace(settings.influxdb, url="http://127.0.0.1:1")
    )
    worker = Worker(FOLLOWERS, following, Log(), environ={"SERA_INFLUXDB_TOKEN": "a-token"})
    with _working(worker), Store.open(settings.data.store) as store:
        wait_until(lambda: "influxdb" in store.followers.names(), label="the follower's first try")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds child processes under /proc")
def test_workers_end_with_the_gateway_that_is_killed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    settings = _settings(tmp_path, mosquitto.url)
    config = tmp_path / "gateway.toml"
    config.write_bytes(msgspec.toml.encode(settings))
    gateway = subprocess.Popen(
        [sys.executable, "-m", "sera_command", "gateway", "run", "--config", str(config)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    database = settings.data.store / "records.sqlite"
    try:
        now_s = int(time.time())
        while not rows_of(database, "SELECT 1 FROM records"):
            publish.single(
                data_topic(NODE),
                batch([row(1, 14.5, utc_s=now_s)]),
                1,
                hostname=LOOPBACK,
                port=mosquitto.port,
            )
        children = wait_until(lambda: _children(gateway.pid), label="its workers")
        assert len(children) == 2
    finally:
        gateway.kill()
        gateway.wait()
    wait_until(lambda: not any(map(_is_alive, children)), label="the end of the workers")


@pytest.mark.slow
def test_a_ledger_whose_gateway_was_killed_sets_no_message_aside(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    now_s = int(time.time())
    with Journal(settings.data.journal, time.time_ns) as journal:
        # More than one transaction takes, so that one is left to be blamed.
        journal.append(
            [
                message(data_topic(NODE), batch([row(seq, 14.5, utc_s=now_s)]), now_s)
                for seq in range(1, MESSAGES_MOST + 10)
            ]
        )
    worker = subprocess.Popen(
        [sys.executable, "-m", "sera_gateway.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(msgspec.json.encode(Task(LEDGER, settings)) + b"\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == b"\n"
    worker.stdout.close()
    worker.wait(120)
    worker.stdin.close()
    database = settings.data.store / "records.sqlite"
    assert rows_of(database, "SELECT reason FROM dead_letters") == []
    assert rows_of(database, "SELECT count(*) > 0 FROM records") == [(1,)]
