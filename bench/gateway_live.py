"""Sera nodes for the benchmark of a backlog: a flood of packets, and live readings with their delay."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway_parts import batch, data_topic, row, rows_of
from real_parts import LOOPBACK
from sera_gateway.mqtt import packets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway_run import Progress

ROWS_A_MESSAGE = 8
LIVE_EVERY_S = 0.2
GLANCE_S = 0.02
LIMIT_S = 120.0
COLUMNS = ("air_temperature", "air_humidity")


def packet(node: str, number: int, mid: int) -> bytes:
    """Make the packet of one batch of a node, the number counted from 0."""
    first = number * ROWS_A_MESSAGE + 1
    rows = [row(seq, 14.5, 60.0, utc_s=1_780_000_000 + seq) for seq in range(first, first + ROWS_A_MESSAGE)]
    return packets.publish(packets.V311, mid, data_topic(node), batch(rows, COLUMNS), retain=False)


def flood(nodes: Sequence[str], messages_a_node: int) -> bytes:
    """Make all packets of nodes that come back after months, as they would send them side by side."""
    return b"".join(
        packet(node, number, (number * len(nodes) + index) % 65_535 + 1)
        for number in range(messages_a_node)
        for index, node in enumerate(nodes)
    )


def connect(port: int, name: str) -> socket.socket:
    """Connect a publisher."""
    client = socket.create_connection((LOOPBACK, port))
    client.sendall(packets.connect(packets.V311, packets.Login(name, 600)))
    client.recv(4)
    return client


@contextmanager
def sending(port: int, load: bytes, messages: int) -> Iterator[None]:
    """Send packets as fast as the broker takes them while the body runs."""
    with connect(port, "flood") as client:
        writer = threading.Thread(target=client.sendall, args=(load,))
        reader = threading.Thread(target=_read_away, args=(client, messages * 4))
        writer.start()
        reader.start()
        yield
        writer.join()
        reader.join()


def _read_away(client: socket.socket, expected: int) -> None:
    while expected > 0 and (count := len(client.recv(65_536))):
        expected -= count


class Probe:
    """Live nodes that send one batch after the other, and how long each takes to the store."""

    def __init__(self, port: int, progress: Progress, nodes: Sequence[str]) -> None:
        self._client = connect(port, "live")
        self._progress = progress
        self._nodes = nodes
        self._under_way: dict[tuple[str, int], float] = {}
        self._next = time.perf_counter()
        self.sent = 0
        self.waited_s: list[float] = []

    def send(self) -> None:
        """Send the next batch when it is time, and see which ones have arrived."""
        if time.perf_counter() >= self._next:
            number, place = divmod(self.sent, len(self._nodes))
            self._client.sendall(packet(self._nodes[place], number, self.sent % 65_535 + 1))
            self._under_way[self._nodes[place], (number + 1) * ROWS_A_MESSAGE] = time.perf_counter()
            self.sent += 1
            self._next += LIVE_EVERY_S
        self._look()
        time.sleep(GLANCE_S)

    def wait_for_all(self) -> None:
        """Wait for what is still under way."""
        until = time.perf_counter() + LIMIT_S
        while self._under_way and time.perf_counter() < until:
            self._look()
            time.sleep(GLANCE_S)
        self._next = time.perf_counter()

    def _look(self) -> None:
        tops = dict(
            rows_of(
                self._progress.data.store / "records.sqlite",
                "SELECT s.node, e.top FROM extents e JOIN sources s ON s.id = e.source "
                "WHERE s.node LIKE 'live-%'",
            )
        )
        for key in [key for key in self._under_way if tops.get(key[0], 0) >= key[1]]:
            self.waited_s.append(time.perf_counter() - self._under_way.pop(key))
