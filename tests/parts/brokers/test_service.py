"""The gateway as a whole: a broker that is not there yet, folders and ports that cannot be used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from paho.mqtt import publish

from gateway_parts import NOW_NS, Log, batch, data_topic, plant, row, rows_of
from real_parts import LOOPBACK, Mosquitto, free_port, wait_until
from sera_command.errors import ExitCode
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings, MetricsSettings
from sera_gateway.metrics import METRICS
from sera_gateway.service import Gateway
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NODE = "node-a"


@contextmanager
def _running(settings: GatewaySettings, log: Log) -> Iterator[Gateway]:
    gateway, stop = Gateway(settings, log, lambda: NOW_NS, time.monotonic, {}), threading.Event()
    thread = threading.Thread(target=gateway.run, args=(stop,))
    thread.start()
    try:
        yield gateway
    finally:
        stop.set()
        thread.join(120)
        gateway.close()
        assert not thread.is_alive()


def _settings(folder: Path, url: str, metrics: str = "") -> GatewaySettings:
    return GatewaySettings(
        broker=BrokerSettings(url=url),
        data=DataSettings(folder=str(folder / "data")),
        metrics=MetricsSettings(address=metrics),
    )


def test_a_gateway_without_a_broker_says_so_and_works_once_there_is_one(
    new_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker = new_mosquitto()
    broker.kill()
    settings, log = _settings(tmp_path, broker.url), Log()
    with Store.open(settings.data.store) as store:
        plant(store, [NODE])
    with _running(settings, log):
        wait_until(lambda: log.events().count("broker_unreachable") >= 2, label="the second try")
        assert "ready" not in log.events()
        broker.start()
        wait_until(lambda: "ready" in log.events(), label="the connection")
        publish.single(data_topic(NODE), batch([row(1, 14.5)]), qos=1, hostname=LOOPBACK, port=broker.port)
        database = settings.data.store / "records.sqlite"
        wait_until(lambda: rows_of(database, "SELECT seq FROM records") == [(1,)], label="the record")
    fields = next(fields for _, event, fields in log.lines if event == "broker_unreachable")
    assert fields["url"] == broker.url
    assert log.events()[-1] == "stopped"


def test_a_broker_that_dies_and_comes_back_is_connected_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    log = Log()
    with _running(_settings(tmp_path, mosquitto.url), log):
        wait_until(lambda: log.events().count("connected") == 1, label="the first connection")
        mosquitto.restart()
        wait_until(lambda: log.events().count("connected") == 2, label="the second connection")
    assert log.events().count("ready") == 1


def test_metrics_tell_what_the_gateway_is_doing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    port, log = free_port(), Log()
    with _running(_settings(tmp_path, mosquitto.url, f"{LOOPBACK}:{port}"), log):
        wait_until(lambda: "ready" in log.events(), label="the connection")
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=120) as answer:
            text = answer.read().decode()
    assert "sera_gateway_connected 1.0" in text
    assert "sera_gateway_ledger_behind 0.0" in text
    served = set(re.findall(r"^sera_gateway_(\w+?)(?:_total)? ", text, re.MULTILINE))
    assert served == METRICS.keys()
    assert "# TYPE sera_gateway_journaled_messages_total counter" in text


def _sera(*words: str, settings: str, folder: Path) -> subprocess.CompletedProcess[str]:
    config = folder / "gateway.toml"
    config.write_text(settings, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "sera_command", *words, "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "SERA_TRACEBACK"},
    )


def test_a_metrics_port_in_use_ends_it_with_a_clear_message(mosquitto: Mosquitto, tmp_path: Path) -> None:
    address = f"{LOOPBACK}:{mosquitto.port}"
    ended = _sera("gateway", "run", settings=f'[metrics]\naddress = "{address}"', folder=tmp_path)
    assert ended.returncode == ExitCode.PART_MISSING
    assert f"[metrics] address {address} cannot be used" in ended.stderr
    assert "choose another port" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("part", ["journal", "store"])
def test_a_folder_that_cannot_be_written_ends_it_with_a_clear_message(part: str, tmp_path: Path) -> None:
    # A file where the folder should be, since a test may run as root, whom no mode stops.
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / part).write_text("no folder", encoding="utf-8")
    ended = _sera("gateway", "run", settings='[data]\nfolder = "data"', folder=tmp_path)
    assert ended.returncode == ExitCode.CANNOT_WRITE
    assert f"data/{part}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_setting_ends_it_with_its_name(tmp_path: Path) -> None:
    ended = _sera("gateway", "run", settings='[broker]\nurl = "http://x"', folder=tmp_path)
    assert ended.returncode == ExitCode.BAD_INPUT
    assert "gateway.toml: [broker] url" in ended.stderr
