"""No log and no output of any verb holds where a garden is exactly, a token, a password or a client id."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from installation_parts import command, sera
from real_parts import free_port, wait_until
from sera_command.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATITUDE, LONGITUDE = "51.50735", "-0.12776"
TOKEN, PASSWORD = "planted-token-7c1e", "planted-password-93ab"
PLANTED = ("51.5073", "0.1277", TOKEN, PASSWORD)
SECRETS = {"SERA_INFLUXDB_TOKEN": TOKEN, "SERA_BROKER_PASSWORD": PASSWORD}
LOGGER = "".join(
    f"{index};2020.10.06 {index // 4:02d}:{index % 4 * 15:02d};4;10.5;10;12;{1200 + index};202;0\n"
    for index in range(40)
)

# Verbs that read the store, or fail on it; `DATA` stands for the data folder, `OUT` for a new path.
READING = [
    "analyse run --data DATA",
    "analyse run --data DATA --json",
    "completeness --data DATA --json",
    "deadletters list --data DATA",
    "doctor",
    "explain tomst-94184102 effort --data DATA",
    "export raw --data DATA",
    "follower list --data DATA",
    "gateway status --data DATA",
    "gateway run --config nowhere.toml",
    "gateway run --broker mqtt://ann:planted-password-93ab@host --data DATA",
    "gateway run --broker mqtt://host --influxdb http://ann:planted-password-93ab@host --data DATA",
    "journal status --data DATA",
    "journal verify --data DATA",
    "mural --data DATA --garden tomst-94184102 --out OUT",
    "node list --data DATA",
    "node new elm-1 --garden nowhere --data DATA",
    "pack --data DATA --garden tomst-94184102 --from 2020-10-01 --to 2020-10-31 --out OUT",
    "readings --data DATA --garden tomst-94184102",
    "retention --data DATA",
    "backup --data DATA --to OUT",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "data"
    place = ["--latitude", LATITUDE, "--longitude", LONGITUDE, "--timezone", "Europe/London"]
    main(["community", "new", "oak", "--data", str(folder)])
    main(["garden", "new", "elm-yard", "--community", "oak", *place, "--data", str(folder)])
    return folder


def planted_in(text: str, *more: str) -> list[str]:
    return [word for word in (*PLANTED, *more) if word in text]


def logs_of(data: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in data.rglob("*.log*"))


def logger_file(folder: Path) -> Path:
    path = folder / "data_94184102_0.csv"
    path.write_text(LOGGER, encoding="utf-8")
    return path


def ingest(data: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    place = ["--latitude", LATITUDE, "--longitude", LONGITUDE, "--community", "oak"]
    return sera("ingest", logger_file(folder), *place, "--data", data)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.usefixtures("new_nats")
def test_what_fails_in_a_running_installation_is_logged_without_secrets(data: Path, tmp_path: Path) -> None:
    ready, reports = tmp_path / "ready.json", tmp_path / "up.log"
    words = ["--port", str(free_port()), "--page-port", "0", "--ready-file", str(ready)]
    with reports.open("wb") as output:
        process = subprocess.Popen(
            command(data, *words, "--every-minutes", "0.01"),
            stdout=output,
            stderr=output,
            env={**os.environ, **SECRETS},
        )
        try:
            wait_until(ready.exists, label="sera up")
            with locked(data / "store/tallies.sqlite"):
                ingested = ingest(data, tmp_path)
                assert ingested.returncode == 0, ingested.stderr
                wait_until(lambda: "pages_not_renewed" in reports.read_text(), label="a page that fails")
            # A folder where the page has to be: no right to write is no obstacle for root.
            (data / "pages/index.html").unlink()
            (data / "pages/index.html/in-the-way").mkdir(parents=True)
            failed = reports.read_text().count("pages_not_renewed")
            wait_until(
                lambda: reports.read_text().count("pages_not_renewed") > failed,
                label="another page that fails",
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)
    client_id = (data / "credentials" / "gateway-1.client_id").read_text(encoding="utf-8").strip()
    text = reports.read_text()
    assert "Traceback" in text or "exception" in text
    assert planted_in(text + logs_of(data), client_id) == []


@pytest.mark.parametrize("verb", READING)
def test_a_verb_shows_no_secret_whether_it_works_or_fails(data: Path, tmp_path: Path, verb: str) -> None:
    ingest(data, tmp_path)
    words = verb.replace("DATA", str(data)).replace("OUT", str(tmp_path / "out")).split()
    outcome = subprocess.run(
        [sys.executable, "-m", "sera_command", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **SECRETS, "SERA_TRACEBACK": "1"},
    )
    assert planted_in(outcome.stdout + outcome.stderr) == []
    assert "a fault of Sera" not in outcome.stderr


def test_a_gateway_without_its_broker_and_influxdb_logs_no_secret(data: Path) -> None:
    words = ["gateway", "run", "--data", str(data), "--broker", f"mqtt://127.0.0.1:{free_port()}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sera_command", *words, "--influxdb", f"http://127.0.0.1:{free_port()}"],
        stderr=subprocess.PIPE,
        env={**os.environ, **SECRETS},
    )
    assert process.stderr is not None
    output = ""
    while not ("broker_unreachable" in output and '"influxdb"' in output):
        line = process.stderr.readline().decode()
        assert line, output
        output += line
    process.send_signal(signal.SIGTERM)
    output += process.communicate(timeout=120)[1].decode()
    assert planted_in(output) == []
