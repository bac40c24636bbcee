"""Real brokers and a real InfluxDB for tests and benchmarks, each in a folder and on ports of its own.

A server is started by `start`, which returns when it answers; `kill` is a SIGKILL, `stop` asks it to end.
The folder survives both, so that `start` again is what a reboot is to a real one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pytest

from sera_command.installation import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from socketserver import BaseServer

# How long a busy machine is given: nothing waits longer than until its condition comes true.
PATIENCE_S = 120.0
LOOPBACK = "127.0.0.1"
LOG_LINES_MOST = 60

# Below the ephemeral ports: while a server is down, no outgoing connection can take its port, and none can
# connect to itself, which loopback allows within the ephemeral range.
_PORTS = range(10_000, 32_000)
# How long an end waits at most; half a second, as by itself, is as long as many a test.
_LOOK_S = 0.02
_MQTT_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"


class ServerStartError(Exception):
    """A server ended early or did not answer in time; the message holds its log."""


def free_port() -> int:
    """Find a port on loopback that nobody listens on."""
    for port in random.SystemRandom().sample(_PORTS, 200):
        with socket.socket() as trial, suppress(OSError):
            trial.bind((LOOPBACK, port))
            return port
    raise ServerStartError("no free port on loopback among 200 tried")


def port_answers(port: int) -> bool:
    """Return whether a port of loopback accepts connections."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1.0):
        return True
    return False


def mqtt_answers(port: int) -> bool:
    """Return whether an MQTT broker without TLS accepts a client on a port of loopback."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=2.0) as client:
        client.sendall(_MQTT_CONNECT)
        return client.recv(4)[3:] == b"\x00"
    return False


@contextmanager
def at_work(server: BaseServer) -> Iterator[None]:
    """Serve until the block ends, then close the server."""
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_S,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_until(
    condition: Callable[[], Any], timeout_s: float = PATIENCE_S, label: str = "the condition"
) -> Any:
    """Wait until a condition holds and return what it returned; fail after a time.

    Parameters
    ----------
    condition
        Called again and again until what it returns is true.
    timeout_s
        How long to wait [s].
    label
        Said in the failure.
    """
    end = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{label} did not come true within {timeout_s:g} s")
        time.sleep(0.02)


class Server:
    """A server process in a process group of its own.

    Parameters
    ----------
    command
        The program and its arguments.
    folder
        Its working folder, where its log goes too.
    answers
        Tells whether it is ready.
    """

    def __init__(self, command: Sequence[str | Path], folder: Path, answers: Callable[[], bool]) -> None:
        self.command = [str(word) for word in command]
        self.folder = folder
        self.log_path = folder / "server.log"
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> Self:
        """Start it and wait until it answers."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(self._ready, label=f"the start of {self.command[0]}")
        except (TimeoutError, ServerStartError) as error:
            self.kill()
            raise ServerStartError(f"{error}\n{self.log()}") from None
        return self

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill it and start it again on the same port and folder."""
        self.kill()
        self.start()

    @property
    def pid(self) -> int:
        """Its process id while it runs."""
        if self._process is None:
            raise ServerStartError(f"{self.command[0]} is not running")
        return self._process.pid

    def log(self) -> str:
        """The last lines that it wrote."""
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES_MOST:])

    def _ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise ServerStartError(f"{self.command[0]} ended with {self._process.returncode}")
        return self._answers()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)


class Mosquitto(Server):
    """A Mosquitto broker on loopback without TLS, which saves each change to disk.

    Parameters
    ----------
    program
        Path of the broker.
    folder
        Where its configuration and its database go.
    settings
        Further lines of `mosquitto.conf`.
    """

    def __init__(self, program: Path, folder: Path, settings: str = "") -> None:
        self.port = free_port()
        self.url = f"mqtt://{LOOPBACK}:{self.port}"
        configuration = folder / "mosquitto.conf"
        super().__init__((program, "-c", configuration), folder, lambda: mqtt_answers(self.port))
        lines = (
            f"listener {self.port} {LOOPBACK}",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {folder}/",
            "autosave_on_changes true",
            "autosave_interval 1",
            "max_inflight_messages 1000",
            "max_queued_messages 0",
            # Started by root, it would become a user who cannot write in this folder.
            "user root" if os.geteuid() == 0 else "",
            settings,
        )
        configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Nats(Server):
    """A NATS server on loopback without TLS, with JetStream and MQTT.

    Parameters
    ----------
    program
        Path of the server.
    folder
        Where its configuration and its streams go.
    settings
        Further lines of its configuration.
    ack_wait_s
        After so long it sends again what nobody acknowledged [s], also to a client that came back.
    """

    def __init__(self, program: Path, folder: Path, settings: str = "", ack_wait_s: int = 30) -> None:
        self.port = free_port()
        self.client_port = free_port()
        self.url = f"mqtt://{LOOPBACK}:{self.port}"
        configuration = folder / "nats.conf"
        super().__init__((program, "-c", configuration), folder, lambda: mqtt_answers(self.port))
        configuration.write_text(
            f'server_name: "test"\nlisten: "{LOOPBACK}:{self.client_port}"\n'
            f'jetstream {{ store_dir: "{folder}/streams" }}\n'
            f'mqtt {{ listen: "{LOOPBACK}:{self.port}", ack_wait: "{ack_wait_s}s", max_ack_pending: 1000 }}\n'
            f"{settings}\n",
            encoding="utf-8",
        )


@dataclass(frozen=True)
class Bucket:
    """One bucket of a real InfluxDB, and what a client needs to write and read it."""

    url: str
    token: str
    organisation: str
    name: str


class InfluxDB(Server):
    """A real InfluxDB 2 on loopback, set up with a user, an organisation and a token.

    Parameters
    ----------
    program
        Path of influxd.
    folder
        Where its data go.
    """

    organisation = "sera"
    token = "a-token-for-tests"

    def __init__(self, program: Path, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        command = (
            program,
            "run",
            f"--bolt-path={folder}/influxd.bolt",
            f"--engine-path={folder}/engine",
            f"--sqlite-path={folder}/influxd.sqlite",
            f"--http-bind-address={LOOPBACK}:{self.port}",
            "--reporting-disabled",
            "--log-level=warn",
        )
        super().__init__(command, folder, self._is_healthy)

    def set_up(self) -> None:
        """Make the user, the organisation, a first bucket and the token."""
        self.request(
            "POST",
            "/api/v2/setup",
            {
                "username": "tester",
                "password": "a-password-for-tests",
                "org": self.organisation,
                "bucket": "first",
                "token": self.token,
            },
        )

    def make_bucket(self, name: str) -> Bucket:
        """Make an empty bucket."""
        [organisation] = self.request("GET", f"/api/v2/orgs?org={self.organisation}")["orgs"]
        self.request(
            "POST", "/api/v2/buckets", {"orgID": organisation["id"], "name": name, "retentionRules": []}
        )
        return Bucket(self.url, self.token, self.organisation, name)

    def keep_for(self, name: str, seconds: int, shard_s: int) -> None:
        """Set how long a bucket keeps points, in shards of so long."""
        [bucket] = self.request("GET", f"/api/v2/buckets?name={name}")["buckets"]
        rule = {"type": "expire", "everySeconds": seconds, "shardGroupDurationSeconds": shard_s}
        self.request("PATCH", f"/api/v2/buckets/{bucket['id']}", {"retentionRules": [rule]})

    def remove_bucket(self, name: str) -> None:
        """Delete a bucket with all that is in it."""
        [bucket] = self.request("GET", f"/api/v2/buckets?name={name}")["buckets"]
        self.request("DELETE", f"/api/v2/buckets/{bucket['id']}")

    def request(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        """Send one request to its API and return the decoded answer, or None for an empty one."""
        arguments = urllib.request.Request(
            self.url + path,
            data=None if content is None else json.dumps(content).encode(),
            method=method,
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(arguments, timeout=PATIENCE_S) as answer:
            output = answer.read()
        return json.loads(output) if output else None

    def _is_healthy(self) -> bool:
        with suppress(OSError, urllib.error.URLError, ValueError):
            return bool(self.request("GET", "/health")["status"] == "pass")
        return False


def real_part(name: str) -> Path:
    """Return the path of a part; skip, or fail where SERA_REQUIRE names it, when it is not here."""
    match = parts.find(name)
    if match is not None:
        return match.path
    reason = f"{name} is not here; get it with {parts.next_step(name)}"
    if is_required(name):
        pytest.fail(f"SERA_REQUIRE: {reason}", pytrace=False)
    pytest.skip(reason)


def is_required(name: str) -> bool:
    """Return whether SERA_REQUIRE, `all` or names with commas between, makes a missing part a failure."""
    required = {word.strip() for word in os.environ.get("SERA_REQUIRE", "").split(",")}
    return bool(required & {"all", name})
