"""Load for the benchmark of the gateway: ready-made packets, sent over one socket by a process of its own.

    python bench/gateway_load.py PORT MESSAGES NODES FIRST

It prints `ready` once the packets are made, begins when a line comes on stdin, and ends when the broker has
acknowledged each message. A Python client library as publisher would be slower than the gateway.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
FILTER = "garden/v1/+/+/+/obs"
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
MESSAGES_A_PIECE = 10_000
CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04load"
OBSERVATIONS_A_MESSAGE = 4

OBSERVATIONS = (
    '"bat":3.71,"obs":[{"k":"air_temperature","v":70.1,"u":"degF"},'
    '{"k":"soil_moisture","v":0.231,"u":"m3/m3"},{"k":"acoustic_level","v":40.5,"u":"dB"},'
    '{"k":"pollinator_count","v":3,"u":"count"}]}'
)


def node(number: int) -> str:
    """Name a node."""
    return f"gdn-{number:04}"


def packet(number: int, nodes: int) -> bytes:
    """Make the PUBLISH packet of one message, QoS 1; no two messages are the same record."""
    seq, place = divmod(number, nodes)
    at = (BEGIN + timedelta(seconds=seq)).strftime("%Y-%m-%dT%H:%M:%S")
    name = node(place)
    topic = f"garden/v1/bristol/site-{place % 50}/{name}/obs".encode()
    payload = f'{{"node":"{name}","seq":{seq + 1},"ts":"{at}.000Z",{OBSERVATIONS}'.encode()
    body = len(topic).to_bytes(2, "big") + topic + (number % 65_535 + 1).to_bytes(2, "big") + payload
    return b"\x32" + bytes((len(body) & 127 | 128, len(body) >> 7)) + body


def pieces(messages: int, nodes: int, first: int = 0) -> Iterator[bytes]:
    """Make the packets of many messages, some thousand at a time."""
    for start in range(first, first + messages, MESSAGES_A_PIECE):
        stop = min(start + MESSAGES_A_PIECE, first + messages)
        yield b"".join([packet(number, nodes) for number in range(start, stop)])


@contextmanager
def publisher(port: int, messages: int, nodes: int, first: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that holds the load; `go` lets it begin, `wait` is the end of it."""
    words = [str(word) for word in (port, messages, nodes, first)]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.wait(600)
    finally:
        process.kill()
        process.wait()


def go(process: subprocess.Popen[bytes]) -> None:
    """Start a publisher that waits."""
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()


def _read_away(client: socket.socket, messages: int) -> None:
    expected = messages * 4
    while expected > 0 and (count := len(client.recv(65_536))):
        expected -= count


def main() -> None:
    """Send what the command line asks for."""
    port, messages, nodes, first = map(int, sys.argv[1:])
    # More than this is made while it is sent, so as not to hold it all in memory.
    load: Iterator[bytes] | list[bytes] = pieces(messages, nodes, first)
    if messages <= 20 * MESSAGES_A_PIECE:
        load = list(load)
    with socket.create_connection((LOOPBACK, port)) as client:
        client.sendall(CONNECT)
        client.recv(4)
        reader = threading.Thread(target=_read_away, args=(client, messages))
        reader.start()
        print("ready", flush=True)
        sys.stdin.readline()
        for piece in load:
            client.sendall(piece)
        reader.join()


if __name__ == "__main__":
    main()
