"""A receiver at work without a whole gateway, and a broker that says what a test tells it to say."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway_parts import NOW_NS, Log
from real_parts import LOOPBACK, wait_until
from sera_gateway.config import BrokerSettings, DataSettings, GatewayIdentity, GatewaySettings
from sera_gateway.mqtt.budgets import Budgets
from sera_gateway.mqtt.intake import Intake
from sera_gateway.mqtt.receive import Receiver
from sera_gateway.mqtt.senders import Senders
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sera_gateway.journal.journal import Message

GATEWAY = "gateway-1"


@dataclass
class MemoryJournal:
    """Stands in for the journal: keeps messages in memory, or has no room."""

    messages: list[Message] = field(default_factory=list)
    last_number: int = 0

    def append(self, messages: Sequence[Message]) -> int:
        self.messages += messages
        self.last_number = len(self.messages)
        return self.last_number

    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]


class Pauses(threading.Event):
    """An event that keeps how long it was to be waited for [s], and waits a share of that."""

    def __init__(self, share: float = 1.0) -> None:
        super().__init__()
        self.asked_s: list[float] = []
        self._share = share

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.asked_s.append(timeout)
        return super().wait(timeout * self._share)


@dataclass
class Receiving:
    """A receiver at work, with what it keeps and reports."""

    receiver: Receiver
    journal: MemoryJournal
    log: Log
    messages: list[tuple[str, bytes]]
    intake: Any

    def wait_online(self) -> Receiving:
        wait_until(lambda: self.receiver.online, label="the subscription")
        return self


@contextmanager
def receiving(
    settings: GatewaySettings,
    first_connection: int = 1,
    *,
    keeps: bool = True,
    pauses: threading.Event | None = None,
) -> Iterator[Receiving]:
    log, saved, messages = Log(), MemoryJournal(), []
    store = Store.open(settings.data.store)
    budgets = Budgets(settings.budget, Senders(store.registry), log, time.monotonic)
    receiver = Receiver(settings, None, lambda: NOW_NS, log, budgets, first_connection)
    receiver.listen(lambda topic, payload: messages.append((topic, payload)), lambda: None)
    intake = Intake(saved, receiver, settings.receive, log)  # type: ignore[arg-type]
    stop, drained = pauses or threading.Event(), threading.Event()
    network = threading.Thread(target=receiver.run, args=(intake, stop))
    journal = threading.Thread(target=intake.run, args=(drained,))
    network.start()
    if keeps:
        journal.start()
    try:
        yield Receiving(receiver, saved, log, messages, intake)
    finally:
        stop.set()
        receiver.wake()
        network.join(120)
        drained.set()
        if keeps:
            journal.join(120)
        receiver.close()
        store.close()
        assert not network.is_alive()


def settings_in(
    folder: Path, url: str, protocol: Any = "3.1.1", subscribe: tuple[str, ...] = (), **broker: Any
) -> GatewaySettings:
    (folder / "data").mkdir(exist_ok=True)
    return GatewaySettings(
        broker=BrokerSettings(url=url, protocol=protocol, **broker),
        gateway=GatewayIdentity(id=GATEWAY, subscribe=subscribe),
        data=DataSettings(folder=str(folder / "data")),
    )


class ScriptedBroker:
    """Lets one client in at a time, and says what a test tells it to say."""

    def __init__(self) -> None:
        self._server = socket.create_server((LOOPBACK, 0))
        self._server.settimeout(120)
        self.url = f"mqtt://{LOOPBACK}:{self._server.getsockname()[1]}"

    def meet(self) -> tuple[socket.socket, Answers]:
        """Take a client's connection and read its CONNECT."""
        client, _ = self._server.accept()
        client.settimeout(120)
        answers = Answers(client)
        assert answers.next()[0] >> 4 == 1
        return client, answers

    def accept(self) -> socket.socket:
        """Accept a client and grant what it subscribes to."""
        client, report = self.meet()
        client.sendall(b"\x20\x02\x00\x00")
        arguments = report.next()
        client.sendall(b"\x90\x06" + arguments[2:4] + b"\x01\x01\x01\x00")
        return client

    def close(self) -> None:
        self._server.close()


class Answers:
    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def next(self) -> bytes:
        head = self._exactly(2)
        length = head[1] if head[1] < 128 else head[1] - 128 + 128 * self._exactly(1)[0]
        return head[:1] + b"\x00" + self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._client.recv(count - len(data))
            assert more, "the client went away"
            data += more
        return data
