"""A stand-in broker that fails at any byte, in a thread of its own, for the tests of a node's contact."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Fault:
    """What goes wrong on one connection: after so many bytes of one side it closes, or says no more.

    `up` counts what the node sent, `down` what the broker answered; a side of None never fails.
    `drip_s` is the pause after each single byte of an answer, `late_s` that before each answer;
    `instead` is said in place of each acknowledgement.
    """

    up: int | None = None
    down: int | None = None
    closes: bool = True
    drip_s: float = 0
    late_s: float = 0
    instead: bytes = b""


@dataclass
class Dialogue:
    """One connection as the broker saw it: its bytes each way, and whether the node said goodbye."""

    fault: Fault
    up: int = 0
    down: int = 0
    packets: list[int] = field(default_factory=list)
    has_disconnected: bool = False


class _FaultReachedError(Exception):
    """The connection's fault is due."""


class StandInBroker:
    """Speaks MQTT 3.1.1 with one node at a time; `faults` says what goes wrong on the n-th connection.

    `greeting` may give messages (topic, payload) that are retained for the node: its `have`.
    """

    def __init__(
        self,
        faults: Callable[[int], Fault] = lambda number: Fault(),
        greeting: Callable[[StandInBroker], list[tuple[str, bytes]]] = lambda broker: [],
    ) -> None:
        self.rows: dict[int, tuple[Any, ...]] = {}
        self.conflicts: list[int] = []
        self.epochs: set[str] = set()
        self.lowest_seq = 0
        self.statuses: list[bytes] = []
        self.tables: list[bytes] = []
        self.dialogues: list[Dialogue] = []
        self._faults, self._greeting = faults, greeting
        self._listener = socket.create_server((_LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._links: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for link in self._links:
            link.close()

    @property
    def next(self) -> int:
        """The lowest sequence that never arrived."""
        following = 1
        while following in self.rows:
            following += 1
        return following

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            dialogue = Dialogue(self._faults(len(self.dialogues)))
            self.dialogues.append(dialogue)
            try:
                self._converse(link, dialogue)
            except _FaultReachedError:
                if not dialogue.fault.closes:
                    self._links.append(link)
                    continue
            except OSError:
                pass
            link.close()

    def _converse(self, link: socket.socket, dialogue: Dialogue) -> None:
        received = b""
        while True:
            while (packet := _first(received)) is not None:
                kind, body, size = packet
                received = received[size:]
                dialogue.packets.append(kind & 0xF0)
                for answer in self._answers(kind, body, dialogue):
                    self._say(link, answer, dialogue)
                if dialogue.has_disconnected:
                    return
            limit = dialogue.fault.up
            if limit is not None and dialogue.up >= limit:
                raise _FaultReachedError
            part = link.recv(4096 if limit is None else min(4096, limit - dialogue.up))
            if not part:
                return
            dialogue.up += len(part)
            received += part

    def _say(self, link: socket.socket, answer: bytes, dialogue: Dialogue) -> None:
        fault = dialogue.fault
        time.sleep(fault.late_s)
        if fault.down is not None:
            answer = answer[: fault.down - dialogue.down]
        for at in range(0, len(answer), 1 if fault.drip_s else len(answer)):
            link.sendall(answer[at : at + 1] if fault.drip_s else answer)
            time.sleep(fault.drip_s)
        dialogue.down += len(answer)
        if fault.down is not None and dialogue.down >= fault.down:
            raise _FaultReachedError

    def _answers(self, kind: int, body: bytes, dialogue: Dialogue) -> list[bytes]:
        match kind & 0xF0:
            case 0x10:
                return [b"\x20\x02\x00\x00"]
            case 0x80:
                granted = b"\x01" * _topics(body)
                greetings = [_message(topic, payload) for topic, payload in self._greeting(self)]
                return [bytes([0x90, 2 + len(granted)]) + body[:2] + granted, *greetings]
            case 0x30:
                (size,) = struct.unpack_from(">H", body)
                self._take(body[2 : 2 + size].decode(), body[4 + size :])
                return [dialogue.fault.instead or b"\x40\x02" + body[2 + size : 4 + size]]
            case 0xE0:
                dialogue.has_disconnected = True
        return []

    def _take(self, topic: str, payload: bytes) -> None:
        if topic.endswith("/status"):
            self.statuses.append(payload)
        if topic.endswith("/probes"):
            self.tables.append(payload)
        if not topic.endswith("/data"):
            return
        batch = json.loads(payload)
        self.epochs.add(batch["e"])
        self.lowest_seq = batch["f"]
        for seq, *rest in batch["r"]:
            row = (batch["s"], batch["b"], *rest)
            if self.rows.setdefault(seq, row) != row:
                self.conflicts.append(seq)


def _first(received: bytes) -> tuple[int, bytes, int] | None:
    """Take the first whole packet apart: kind, body, size; None where it is not all there."""
    if len(received) < 2:
        return None
    length, head = received[1] & 0x7F, 2
    if received[1] & 0x80:
        if len(received) < 3:
            return None
        length, head = length | (received[2] << 7), 3
    return (
        (received[0], received[head : head + length], head + length)
        if len(received) >= head + length
        else None
    )


def _topics(body: bytes) -> int:
    count, at = 0, 2
    while at < len(body):
        at += 3 + int.from_bytes(body[at : at + 2], "big")
        count += 1
    return count


def _message(topic: str, payload: bytes) -> bytes:
    """A PUBLISH at QoS 1 with number 9."""
    body = struct.pack(">H", len(topic)) + topic.encode() + b"\x00\x09" + payload
    return bytes([0x32, len(body) & 0x7F | 0x80, len(body) >> 7]) + body


class CuttingProxy:
    """Passes bytes between a node and its broker, and cuts the n-th connection after so many of them."""

    def __init__(self, port: int, cuts: list[tuple[int, bool]]) -> None:
        self.connections = 0
        self.sizes: list[int] = []
        self._target, self._cuts = port, cuts
        self._listener = socket.create_server((_LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                node, _ = self._listener.accept()
            except OSError:
                return
            number, self.connections = self.connections, self.connections + 1
            is_faulty = number % 2 == 0 and number // 2 < len(self._cuts)
            limit, closes = self._cuts[number // 2] if is_faulty else (1 << 30, True)
            with node, socket.create_connection((_LOOPBACK, self._target)) as broker, suppress(OSError):
                self.sizes.append(_pass_on(node, broker, limit))
                if self.sizes[-1] >= limit and not closes:
                    while node.recv(4096):
                        pass


def _pass_on(node: socket.socket, broker: socket.socket, limit: int) -> int:
    """Pass on until either side ends or so many bytes went by, both ways together."""
    byte_count = 0
    while byte_count < limit:
        for row in select.select([node, broker], [], [])[0]:
            part = row.recv(min(4096, limit - byte_count))
            if not part:
                return byte_count
            (broker if row is node else node).sendall(part)
            byte_count += len(part)
            if byte_count >= limit:
                break
    return byte_count
