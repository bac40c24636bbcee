"""One owner of a data folder: what a second command does to an installation that runs or was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from installation_parts import PLACE, command, is_alive, running, sera, with_garden
from real_parts import free_port, port_answers, wait_until
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.security.embedded_broker import running_pid
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats]

# What says how broker and gateway run; a second command must leave each byte of it.
SETTINGS = ("broker/nats.conf", "broker/rights.conf", "broker/broker.pid", "gateway.toml", "gateway.pid")
LOGGER = "".join(
    f"{index};2020.10.06 {index // 4:02d}:{index % 4 * 15:02d};4;10.5;10;12;{1200 + index};202;0\n"
    for index in range(40)
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return with_garden(tmp_path / "data")


@pytest.fixture
def logger_file(tmp_path: Path) -> Path:
    path = tmp_path / "data_94184102_0.csv"
    path.write_text(LOGGER, encoding="utf-8")
    return path


def settings_of(data: Path) -> dict[str, bytes]:
    return {name: (data / name).read_bytes() for name in (*SETTINGS, "installation.json", "owner.json")}


def messages_file(folder: Path, entries: list[dict[str, str]]) -> Path:
    path = folder / "messages.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def lets_strangers_in(port: int) -> bool:
    """Return whether a client without TLS and certificate gets an answer to its CONNECT."""
    answers: list[Any] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="stranger")
    client.on_connect = lambda *words: answers.append(words[3])
    client.connect("127.0.0.1", port)
    ends_at = time.monotonic() + 5
    while not answers and time.monotonic() < ends_at and not client.loop(0.1):
        pass
    return bool(answers)


def test_a_second_up_is_refused_and_changes_no_byte(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json") as (process, facts):
        before = settings_of(data)
        words = ["--port", str(free_port()), "--page-port", "0", "--once"]
        second = subprocess.run(
            command(data, *words), capture_output=True, text=True, timeout=120, check=False
        )
        assert second.returncode == ExitCode.CANNOT_WRITE
        assert f"in use by `sera up` (process {process.pid})" in second.stderr
        assert "--data" in second.stderr
        assert settings_of(data) == before
        assert is_alive(facts["broker_pid"])
        assert is_alive(facts["gateway_pid"])


def test_a_gateway_beside_a_running_installation_is_refused(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json"):
        second = sera("gateway", "run", "--broker", "mqtt://127.0.0.1:9", "--data", data)
    assert second.returncode == ExitCode.CANNOT_WRITE
    assert "in use by `sera up`" in second.stderr


def test_files_go_through_the_installation_that_runs_and_leave_it_as_it_was(
    data: Path, tmp_path: Path, logger_file: Path
) -> None:
    messages = messages_file(tmp_path, [{"family": "x", "topic": "zigbee/x", "payload": "{}"}])
    with running(data, tmp_path / "ready.json") as (_, facts):
        before = settings_of(data)
        ingested = sera("ingest", logger_file, messages, "--data", data, *PLACE[:4], "--json")
        assert ingested.returncode == ExitCode.DONE, ingested.stderr
        # The gateway may now answer the nodes of the recorded community, and nothing else has changed.
        rights = (data / "broker/rights.conf").read_bytes()
        assert b"sera.v1.recorded.*.have" in rights
        before["broker/rights.conf"] = rights
        answer = json.loads(ingested.stdout)
        assert answer["recordings"][0]["new"] == 40
        assert answer["refused_messages"] == 1
        again = sera("ingest", logger_file, messages, "--data", data, *PLACE[:4], "--json")
        assert json.loads(again.stdout)["recordings"][0]["already_stored"] == 40
        assert settings_of(data) == before
        assert is_alive(facts["broker_pid"])
        assert not lets_strangers_in(int(facts["broker"].rsplit(":", 1)[1]))
        assert list((data / "handover").iterdir()) == []


def test_files_that_come_in_while_nothing_runs_start_no_broker(data: Path, logger_file: Path) -> None:
    ingested = sera("ingest", logger_file, "--data", data, *PLACE[:4], "--json")
    assert json.loads(ingested.stdout)["recordings"][0]["new"] == 40
    assert not (data / "broker").exists()
    assert not (data / "owner.json").exists()


def test_what_a_killed_owner_left_running_is_ended_by_the_next(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json") as (process, left):
        process.kill()
        process.wait(120)
        assert is_alive(left["broker_pid"])
        assert is_alive(left["gateway_pid"])
        with running(data, tmp_path / "again.json") as (_, facts):
            assert not is_alive(left["broker_pid"])
            assert not is_alive(left["gateway_pid"])
            assert is_alive(facts["gateway_pid"])


def test_files_that_come_in_after_a_killed_owner_end_what_it_left(
    data: Path, tmp_path: Path, logger_file: Path
) -> None:
    with running(data, tmp_path / "ready.json") as (process, left):
        process.kill()
        process.wait(120)
        ingested = sera("ingest", logger_file, "--data", data, *PLACE[:4], "--json")
    assert json.loads(ingested.stdout)["recordings"][0]["new"] == 40
    assert not is_alive(left["broker_pid"])
    assert not is_alive(left["gateway_pid"])


def test_a_broker_that_dies_comes_back_with_its_rights_whatever_its_files_say(
    data: Path, tmp_path: Path
) -> None:
    with running(data, tmp_path / "ready.json") as (_, facts):
        main(["node", "new", "elm-1", "--garden", "elm-yard", "--data", str(data)])
        port = int(facts["broker"].rsplit(":", 1)[1])
        open_to_all = f'listen: "127.0.0.1:-1"\nmqtt {{ host: "127.0.0.1", port: {port} }}\n'
        (data / "broker/nats.conf").write_text(open_to_all, encoding="utf-8")
        (data / "broker/rights.conf").write_text("", encoding="utf-8")
        os.kill(facts["broker_pid"], signal.SIGKILL)
        wait_until(
            lambda: running_pid(data / "broker") not in (None, facts["broker_pid"]), label="its return"
        )
        wait_until(lambda: port_answers(port), label="its port")
        assert not lets_strangers_in(port)
        # Registered after the start: what comes back is what holds now.
        assert "elm-1" in (data / "broker/rights.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_asked_to_end_takes_broker_gateway_and_nodes_along(
    number: signal.Signals, tmp_path: Path
) -> None:
    out = tmp_path / "demo"
    words = ["demo", "--days", "9", "--nodes", "2", "--no-serve", "--out", str(out)]
    process = subprocess.Popen([sys.executable, "-m", "sera_command", *words], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: list((out / "nodes").glob("*.log")), label="the nodes")
        assert running_with(out)
        process.send_signal(number)
        assert process.wait(120) == ExitCode.INTERRUPTED
        wait_until(lambda: not running_with(out), label="the end of all that was started")
    finally:
        process.kill()
        process.wait()


def test_up_ends_with_its_terminal(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json") as (process, facts):
        process.send_signal(signal.SIGHUP)
        assert process.wait(120) == ExitCode.DONE
    assert not is_alive(facts["broker_pid"])
    assert not is_alive(facts["gateway_pid"])


def running_with(folder: Path) -> list[str]:
    """The command lines that name a folder, of all processes but this one."""
    results = []
    for pid in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - no path of ours
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:  # noqa: PTH123
                line = file.read().replace("\0", " ")
        except OSError:
            continue
        if str(folder) in line and int(pid) != os.getpid():
            results.append(line)
    return results


def test_saved_messages_on_more_topics_than_a_session_takes_come_in(tmp_path: Path) -> None:
    entries = [{"topic": f"garden/sensor/{number:03}", "payload": "{}"} for number in range(130)]
    ingested = sera("ingest", messages_file(tmp_path, entries), "--data", tmp_path / "data", "--json")
    assert ingested.returncode == ExitCode.DONE, ingested.stderr
    assert json.loads(ingested.stdout)["refused_messages"] == 130
    with Store.open(tmp_path / "data/store") as store:
        assert store.dead_letters.counts() == {("no_mapping", ""): 130}


@pytest.mark.parametrize("topic", ["sera/v1/oak/elm-1/data", "sera/v1/oak/elm-1/config", "sera", "sera/x"])
def test_saved_messages_that_speak_for_nodes_are_refused_as_a_whole(
    data: Path, tmp_path: Path, topic: str
) -> None:
    entries = [{"topic": "zigbee/x", "payload": "{}"}, {"topic": topic, "payload": "{}"}]
    ingested = sera("ingest", messages_file(tmp_path, entries), "--data", data)
    assert ingested.returncode == ExitCode.BAD_INPUT
    assert "entry 2" in ingested.stderr
    assert "take out what is under sera/" in ingested.stderr
    assert not (data / "journal").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_ingest_that_is_asked_to_end_leaves_nothing_and_the_next_one_works(
    number: signal.Signals, tmp_path: Path, logger_file: Path
) -> None:
    data, many = tmp_path / "data", messages_file(tmp_path, [{"topic": "a/b", "payload": "{}"}] * 20_000)
    words = [sys.executable, "-m", "sera_command", "ingest", str(many), "--data", str(data)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        wait_until((data / "ingest.log").exists, label="the ledger")
        workers = wait_until(lambda: children_of(process.pid), label="its process")
        process.send_signal(number)
        assert process.wait(120) == ExitCode.INTERRUPTED
        assert [pid for pid in workers if is_alive(pid)] == []
    finally:
        process.kill()
        process.wait()
    ingested = sera("ingest", logger_file, "--data", data, *PLACE[:4], "--json")
    assert json.loads(ingested.stdout)["recordings"][0]["new"] == 40


def children_of(pid: int) -> list[int]:
    """The processes that any thread of a process started."""
    results = []
    for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - no path of ours
        with open(f"/proc/{pid}/task/{thread}/children", encoding="utf-8") as file:  # noqa: PTH123
            results += [int(word) for word in file.read().split()]
    return results
