"""One hostile node at full speed beside good ones: for a test in short, and for a benchmark.

    python tests/support/brokers/flood.py SECONDS MESSAGES PORT [TRUST CERTIFICATE KEY CLIENT_ID]

is the hostile node, in a process of its own: payloads far too long, new epochs, new column layouts and new
tables of probes in turn, as fast as the broker takes them, for so long and so many at least. Where its
connection ends it comes back. It prints how many messages and bytes it sent, and how often it was let in.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gateway_parts import COMMUNITY, batch, data_topic, row, rows_of
from real_parts import LOOPBACK, wait_until
from sera_gateway.mqtt import packets
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = "hostile-node"
BIG_BYTES = 900_000
# The longest that a broker with the shipped settings takes; it ends the connection of whoever sends more.
SHIPPED_BYTES = 65_000
SMALL_A_TURN = 200
BACK_AFTER_S = 0.5
ROWS_A_MESSAGE = 8
COLUMNS = ("air_temperature", "air_humidity")


class Sent(NamedTuple):
    """What the hostile node has sent, and how often the broker let it in."""

    messages: int
    total_bytes: int
    logins: int


class Door(NamedTuple):
    """How one client reaches a broker: without TLS, or with a certificate."""

    port: int
    client_id: str
    trust: str = ""
    certificate: str = ""
    key: str = ""

    def words(self) -> list[str]:
        """Return it as words of a command line."""
        return [str(self.port), self.client_id, self.trust, self.certificate, self.key]

    def connect(self) -> socket.socket:
        """Connect a client that publishes, and read away what the broker answers.

        Raises
        ------
        OSError
            If the broker does not let it in.
        """
        client = socket.create_connection((LOOPBACK, self.port), timeout=120)
        if self.certificate:
            context = ssl.create_default_context(cafile=self.trust)
            context.load_cert_chain(self.certificate, self.key)
            client = context.wrap_socket(client, server_hostname=LOOPBACK)
        client.sendall(packets.connect(packets.V311, packets.Login(self.client_id, 0)))
        if client.recv(4)[3:] != b"\x00":
            client.close()
            raise ConnectionRefusedError(self.client_id)

        def read_away() -> None:
            with suppress(OSError):
                while client.recv(65_536):
                    pass

        threading.Thread(target=read_away, daemon=True).start()
        return client


def hostile_payloads(turn: int, longest: int) -> Iterator[tuple[str, bytes]]:
    """Make one turn of a hostile node: topic and payload of each message."""
    data, probes = data_topic(HOSTILE), topics.topic(COMMUNITY, HOSTILE, topics.PROBES)
    yield data, b"\x00" * longest
    for number in range(turn * SMALL_A_TURN, (turn + 1) * SMALL_A_TURN):
        yield data, batch([row(1, 20.0)], e=f"{number:08x}")
        columns = [f"soil_temperature@{(number >> shift) % 60 + 1}" for shift in (0, 6, 12, 18)]
        yield data, batch([row(number + 1, *[20.0] * 4)], columns, s="soil")
        yield probes, json.dumps({"v": 1, "p": f"{number:08x}", "probes": [[1, "a", f"{number}"]]}).encode()


def flood(door: Door, seconds: float, messages_least: int = 0) -> Sent:
    """Send as fast as the broker takes it, and come back whenever it ends the connection.

    It takes so long at least, and on a slow machine until so many messages are sent.
    """
    messages = total_bytes = turn = logins = 0
    until_s = time.monotonic() + seconds

    def goes_on() -> bool:
        return messages < messages_least or time.monotonic() < until_s

    while goes_on():
        with suppress(OSError), door.connect() as client:
            logins += 1
            while goes_on():
                for topic, payload in hostile_payloads(
                    turn, SHIPPED_BYTES if door.certificate else BIG_BYTES
                ):
                    mid = messages % 65_535 + 1
                    client.sendall(packets.publish(packets.V311, mid, topic, payload, retain=False))
                    messages, total_bytes = messages + 1, total_bytes + len(payload)
                turn += 1
        time.sleep(BACK_AFTER_S)
    return Sent(messages, total_bytes, logins)


@contextmanager
def hostile_node(door: Door, seconds: float, messages_least: int = 0) -> Iterator[list[Sent]]:
    """Run a hostile node beside the body, and tell after it what was sent."""
    paths = os.pathsep.join((str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")))
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), str(seconds), str(messages_least), *door.words()],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    )
    sent: list[Sent] = []
    try:
        yield sent
        output, _ = process.communicate(timeout=seconds + 240)
        sent.append(Sent(*json.loads(output)))
    finally:
        process.kill()
        process.wait()


def open_doors(port: int, nodes: int) -> dict[str, Door]:
    """Return how good nodes reach a broker that asks for no certificate."""
    return {name: Door(port, name) for name in good_names(nodes)}


def good_names(nodes: int) -> list[str]:
    """Return the ids of so many good nodes."""
    return [f"good-{number:03}" for number in range(nodes)]


class GoodNodes:
    """Nodes that send a batch now and then, and how long each takes to the store [s]."""

    def __init__(self, doors: dict[str, Door], store: Path, every_s: float) -> None:
        self.names = list(doors)
        self._clients = {name: door.connect() for name, door in doors.items()}
        self._database = store / "records.sqlite"
        self._every_s = every_s / len(doors)
        self._under_way: dict[tuple[str, int], float] = {}
        self.batches = 0
        self.waited_s: list[float] = []

    def send_for(self, seconds: float) -> None:
        """Send in turn, and watch what arrives."""
        began_s = time.monotonic()
        while (now_s := time.monotonic()) < began_s + seconds:
            if now_s >= began_s + self.batches * self._every_s:
                self._send()
            self._look()
            time.sleep(0.02)

    def wait_for_all(self, seconds: float) -> None:
        """Wait until everything is stored."""
        record_count = self.batches * ROWS_A_MESSAGE
        wait_until(
            lambda: self._look() == 0 and self.stored() == record_count, seconds, "all readings of the good"
        )

    def stored(self) -> int:
        """Count the records of the good nodes."""
        counted = (
            "SELECT count(*) FROM keys k JOIN sources s ON s.id = k.source "
            "WHERE s.node LIKE 'good-%' AND k.record IS NOT NULL"
        )
        return int(rows_of(self._database, counted)[0][0])

    def close(self) -> None:
        """End the connections."""
        for client in self._clients.values():
            client.close()

    def _send(self) -> None:
        number, place = divmod(self.batches, len(self.names))
        first = number * ROWS_A_MESSAGE + 1
        rows = [row(seq, 14.5, 60.0) for seq in range(first, first + ROWS_A_MESSAGE)]
        name, mid = self.names[place], self.batches % 65_535 + 1
        message = packets.publish(packets.V311, mid, data_topic(name), batch(rows, COLUMNS), retain=False)
        self._clients[name].sendall(message)
        self._under_way[name, first + ROWS_A_MESSAGE - 1] = time.monotonic()
        self.batches += 1

    def _look(self) -> int:
        arguments = (
            "SELECT s.node, e.top FROM extents e JOIN sources s ON s.id = e.source WHERE s.node LIKE 'good-%'"
        )
        tops = dict(rows_of(self._database, arguments))
        for key in [key for key in self._under_way if tops.get(key[0], 0) >= key[1]]:
            self.waited_s.append(time.monotonic() - self._under_way.pop(key))
        return len(self._under_way)


def disk_bytes(folder: Path) -> int:
    """Return how much a folder holds [bytes]."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def resident_mb(pid: int) -> list[float]:
    """Return the memory of a process and of its children [MB]."""
    children = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    pids = [pid, *(int(child) for listed in children for child in listed)]
    return [_resident_mb(item) for item in pids]


def _resident_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    _seconds, _messages, _port, *_words = sys.argv[1:]
    sys.stdout.write(json.dumps(flood(Door(int(_port), *_words), float(_seconds), int(_messages))))
