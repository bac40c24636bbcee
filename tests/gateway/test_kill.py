"""SIGKILL of the real gateway while nodes send through a real broker: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gateway_parts import EPOCH, batch, data_topic, months, plant, row, rows_of
from real_parts import LOOPBACK, wait_until
from sera_gateway.config import BrokerSettings, DataSettings, GatewayIdentity, GatewaySettings
from sera_gateway.journal import JournalReader
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODES = ("node-a", "node-b")
MESSAGES_A_NODE = 1500
ROWS_A_MESSAGE = 2
# Each kill comes when so many more messages are safe than at the last start.
KILLED_AFTER = (100, 300)
# NATS waits so long before it sends again, 30 s unless told; Mosquitto does so when the client comes back.
QUICK: dict[str, dict[str, Any]] = {"new_mosquitto": {}, "new_nats": {"ack_wait_s": 2}}
RECORDS = len(NODES) * MESSAGES_A_NODE * ROWS_A_MESSAGE


class RunningGateway:
    """The gateway as users start it, which can be killed and started again."""

    def __init__(self, folder: Path, url: str) -> None:
        self.settings = GatewaySettings(
            broker=BrokerSettings(url=url),
            gateway=GatewayIdentity(id="gateway-1"),
            data=DataSettings(folder=str(folder / "data")),
        )
        self._config = folder / "gateway.toml"
        self._config.write_bytes(msgspec.toml.encode(self.settings))
        self._log = folder / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def start(self) -> None:
        """Start it and wait until the broker has let it in."""
        self._starts += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sera_command", "gateway", "run", "--config", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self.log().count('"event": "ready"') == self._starts, 20, "the gateway's start")

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(20)

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def journaled(self) -> int:
        """How many of the messages are safe, those that came twice counted once."""
        payloads = "SELECT payload FROM message"
        return len({one for month in months(self.settings.data.journal) for one in rows_of(month, payloads)})


@contextmanager
def _sending(port: int, node: str) -> Iterator[Client]:
    """Send all batches of a node at QoS 1, and wait at the end until the broker has taken each."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=node)
    client.max_inflight_messages_set(20)
    client.connect(LOOPBACK, port)
    sent = []
    for number in range(MESSAGES_A_NODE):
        first = number * ROWS_A_MESSAGE + 1
        rows = [row(seq, 14.5) for seq in range(first, first + ROWS_A_MESSAGE)]
        sent.append(client.publish(data_topic(node), batch(rows), qos=1))
    client.loop_start()
    try:
        yield client
        for one in sent:
            one.wait_for_publish(20)
            assert one.is_published()
    finally:
        client.disconnect()
        client.loop_stop()


def _all_here(data: DataSettings) -> bool:
    found = rows_of(data.store / "records.sqlite", "SELECT count(*) FROM keys WHERE record IS NOT NULL")
    return bool(found[0][0] == RECORDS)


def _assert_each_key_once(data: DataSettings) -> None:
    found = rows_of(
        data.store / "records.sqlite",
        "SELECT s.node, s.epoch, r.seq, count(*) FROM records r JOIN origins o ON o.id = r.origin "
        "JOIN sources s ON s.id = o.source GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    seqs = range(1, MESSAGES_A_NODE * ROWS_A_MESSAGE + 1)
    assert found == [(node, EPOCH, seq, 1) for node in NODES for seq in seqs]


def _assert_accounts_close(data: DataSettings) -> None:
    with Store.open(data.store) as store:
        accounts = store.completeness()
        letters = store.dead_letters.counts()
    assert [(account.node, account.made, account.stored) for account in accounts] == [
        (node, MESSAGES_A_NODE * ROWS_A_MESSAGE, MESSAGES_A_NODE * ROWS_A_MESSAGE) for node in NODES
    ]
    assert not any(account.missing or account.lost or account.undated for account in accounts)
    assert not letters


@pytest.mark.timeout(60)
@pytest.mark.parametrize("broker", ["new_mosquitto", "new_nats"])
def test_a_gateway_killed_twice_while_nodes_send_loses_and_doubles_nothing(
    broker: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    start_broker = request.getfixturevalue(broker)
    server: Any = start_broker(**QUICK[broker])
    gateway = RunningGateway(tmp_path, server.url)
    data = gateway.settings.data
    with Store.open(data.store) as store:
        plant(store, NODES)
    gateway.start()
    try:
        with ExitStack() as senders:
            for node in NODES:
                senders.enter_context(_sending(server.port, node))
            for messages in KILLED_AFTER:
                least = gateway.journaled() + messages
                wait_until(lambda least=least: gateway.journaled() >= least, 20, f"{least} messages")
                assert gateway.end(signal.SIGKILL) == -signal.SIGKILL
                assert gateway.journaled() < len(NODES) * MESSAGES_A_NODE, "killed too late to prove anything"
                gateway.start()
        wait_until(lambda: _all_here(data), 20, "the arrival of all records")
        assert gateway.end(signal.SIGTERM) == os.EX_OK
    finally:
        gateway.end(signal.SIGKILL)
    _assert_each_key_once(data)
    _assert_accounts_close(data)
    with JournalReader(data.journal) as journal:
        verification = journal.verify()
    assert not verification.problems
    assert verification.first == 1
    assert verification.last == verification.messages >= len(NODES) * MESSAGES_A_NODE
