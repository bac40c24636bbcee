"""A start on a full disk: it says so, acknowledges nothing, and goes on by itself once there is room."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest
from paho.mqtt import publish

from gateway_parts import Log, batch, data_topic, message, plant, row, rows_of
from real_parts import LOOPBACK, Mosquitto, wait_until
from sera_command.errors import ExitCode
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings
from sera_gateway.errors import NoRoomError
from sera_gateway.journal.journal import Journal
from sera_gateway.process import disk_space
from sera_gateway.tasks import FOLLOWERS, LEDGER, Task
from sera_store.store import Store
from small_disks import IN_MEMORY, SMALL_BLOCKS, SmallDisk, mounted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE = "node-a"
DISK_MEBIBYTES = 12
CLOSED_PORT_URL = "mqtt://127.0.0.1:1"


@pytest.fixture(params=[IN_MEMORY, SMALL_BLOCKS])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system that the test may fill."""
    with mounted(request.param, tmp_path, DISK_MEBIBYTES) as item:
        yield item


@contextmanager
def _process(folder: Path, *words: str, url: str = CLOSED_PORT_URL) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sera_command", "gateway", "run", "--broker", url]
    process = subprocess.Popen(
        [*command, "--data", str(folder), *words], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _await_event(process: subprocess.Popen[str], event: str) -> dict[str, object]:
    """Read its log up to an event; the test's own time limit ends what never comes."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("{") and (json := msgspec.json.decode(line))["event"] == event:
            return json
    raise AssertionError(f"it ended with {process.wait()} and without {event!r}")


def _limit(process: subprocess.Popen[bytes], most_bytes: int) -> None:
    """Stand in for a full disk: no file of the process can grow."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


@pytest.mark.parametrize(
    ("before", "left_bytes"),
    [("no journal", 0), ("a killed gateway", 40_960)],
    ids=["nothing left", "a little"],
)
def test_a_gateway_that_starts_on_a_full_disk_goes_on_once_there_is_room(
    before: str, left_bytes: int, mosquitto: Mosquitto, disk: SmallDisk
) -> None:
    data = disk.folder / "data"
    database = data / "store" / "records.sqlite"
    with Store.open(data / "store") as store:
        plant(store, [NODE])
    with _process(data, url=mosquitto.url) as first:
        _await_event(first, "ready")
    if before == "no journal":
        # The session stays at the broker, which keeps what comes.
        for path in (data / "journal").iterdir():
            path.unlink()
    now_s = int(time.time())
    disk.fill(left_bytes)
    publish.single(
        data_topic(NODE), batch([row(1, 14.5, utc_s=now_s)]), 1, hostname=LOOPBACK, port=mosquitto.port
    )
    with _process(data, url=mosquitto.url) as second:
        waits = _await_event(second, "waiting_for_room")
        assert f"{data}: its disk has no room (No space left on device)" in str(waits["detail"])
        assert "make room" in str(waits["detail"])
        assert second.poll() is None
        disk.empty()
        _await_event(second, "ready")
        wait_until(lambda: rows_of(database, "SELECT seq FROM records") == [(1,)], label="the record")
        second.send_signal(signal.SIGTERM)
        assert second.wait(120) == ExitCode.DONE


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_gateway_that_waits_for_room_ends_when_asked(number: signal.Signals, disk: SmallDisk) -> None:
    disk.fill()
    with _process(disk.folder / "data") as gateway:
        _await_event(gateway, "waiting_for_room")
        gateway.send_signal(number)
        assert gateway.wait(120) == ExitCode.DONE
    assert not (disk.folder / "data").exists()


@pytest.mark.slow
def test_a_gateway_that_shall_not_wait_ends_with_a_clear_message(disk: SmallDisk) -> None:
    disk.fill()
    with _process(disk.folder / "data", "--no-wait") as gateway:
        _, output = gateway.communicate(timeout=120)
    assert gateway.returncode == ExitCode.CANNOT_WRITE
    assert "its disk has no room (No space left on device); expected 1 MiB" in output
    assert "Traceback" not in output


@pytest.mark.slow
def test_the_status_of_a_gateway_says_that_its_disk_is_full(disk: SmallDisk) -> None:
    data = disk.folder / "data"
    Store.open(data / "store").close()

    def status() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sera_command", "gateway", "status", "--json", "--data", str(data)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert msgspec.json.decode(status().stdout)["disk_full"] is False
    with Store.open(data / "store"):
        disk.fill()
        full = status()
    assert full.stderr.startswith(f"ALARM: {data}: its disk has no room")
    assert msgspec.json.decode(full.stdout)["disk_full"] is True


@contextmanager
def _worker(work: str, settings: GatewaySettings) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker where no file can grow."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sera_gateway.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _limit(process, 1)
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(msgspec.json.encode(Task(work, settings)) + b"\n")
    process.stdin.flush()
    try:
        assert msgspec.json.decode(process.stderr.readline())["event"] == "waiting_for_room"
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    result = GatewaySettings(
        broker=BrokerSettings(url=CLOSED_PORT_URL), data=DataSettings(folder=str(tmp_path / "data"))
    )
    now_s = int(time.time())
    with Store.open(result.data.store) as store:
        plant(store, [NODE])
    with Journal(result.data.journal, time.time_ns) as journal:
        journal.append([message(data_topic(NODE), batch([row(1, 14.5, utc_s=now_s)]), now_s)])
    return result


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "done"), [(LEDGER, "SELECT 1 FROM records"), (FOLLOWERS, "SELECT 1 FROM followers")]
)
def test_a_worker_that_starts_on_a_full_disk_goes_on_once_there_is_room(
    work: str, done: str, settings: GatewaySettings
) -> None:
    database = settings.data.store / "records.sqlite"
    with _worker(work, settings) as worker:
        assert rows_of(database, done) == []
        _limit(worker, resource.RLIM_INFINITY)
        wait_until(lambda: rows_of(database, done), label="its work")
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(120) == os.EX_OK


@pytest.mark.slow
@pytest.mark.parametrize("work", [LEDGER, FOLLOWERS])
def test_a_worker_that_waits_for_room_ends_with_its_gateway(work: str, settings: GatewaySettings) -> None:
    with _worker(work, settings) as worker:
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(120) == os.EX_OK


def test_the_wait_for_room_is_over_as_soon_as_the_end_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_space, "RETRY_FIRST_S", 3600.0)
    log, stop, begun = Log(), threading.Event(), []

    def begin() -> None:
        begun.append(True)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a file")

    waiting = threading.Thread(target=disk_space.wait_for_disk_space, args=(tmp_path, begin, stop, log))
    waiting.start()
    wait_until(lambda: "waiting_for_room" in log.events(), label="the first try")
    stop.set()
    waiting.join(120)
    assert not waiting.is_alive()
    assert begun == [True]
    assert log.lines[0][2]["detail"].startswith("a file: its disk has no room")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_what_any_other_disk_lacks_is_told_by_its_cause(code: int, tmp_path: Path) -> None:
    error = ValueError("a part's own words")
    error.__cause__ = OSError(code, os.strerror(code))
    with pytest.raises(NoRoomError, match=os.strerror(code)), disk_space.require_disk_space(tmp_path):
        raise error


@pytest.mark.parametrize(
    "error", [OSError(errno.EACCES, "denied"), OSError(errno.EIO, "broken"), ValueError()]
)
def test_what_waiting_cannot_mend_ends_it_at_once(error: Exception, tmp_path: Path) -> None:
    def begin() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        disk_space.wait_for_disk_space(tmp_path, begin, threading.Event(), Log())
    assert raised.value is error


def test_a_folder_that_cannot_be_written_is_no_full_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    assert disk_space.shortage(tmp_path / "file" / "data") is None
    assert disk_space.shortage(tmp_path / "not" / "made" / "yet") is None
