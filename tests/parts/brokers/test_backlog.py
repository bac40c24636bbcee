"""A backlog through a real broker, in short: everything arrives once, also what is live meanwhile.

How long live readings take is measured by `bench/bench_gateway.py backlog`.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gateway_parts import Log, batch, data_topic, plant, row, rows_of
from real_parts import LOOPBACK, wait_until
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings
from sera_gateway.service import Gateway
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from real_parts import Mosquitto

FLOOD = ("node-a", "node-b", "node-c")
LIVE = "live-a"
# More than one transaction of the ledger takes at first.
MESSAGES_A_NODE = 1000
LIVE_MESSAGES = 20
ROWS_A_MESSAGE = 4


def _publish(client: Client, node: str, number: int) -> None:
    seqs = range(number * ROWS_A_MESSAGE + 1, (number + 1) * ROWS_A_MESSAGE + 1)
    client.publish(data_topic(node), batch([row(seq, seq % 40 + 0.5) for seq in seqs]), qos=1)


def _run(settings: GatewaySettings, body: Callable[[Log], None]) -> None:
    log, stop = Log(), threading.Event()
    gateway = Gateway(settings, log, time.time_ns, time.monotonic, {})
    thread = threading.Thread(target=gateway.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: "ready" in log.events(), label="the connection")
        body(log)
    finally:
        stop.set()
        thread.join(120)
        gateway.close()


def test_a_backlog_and_what_is_live_meanwhile_all_arrive_once(mosquitto: Mosquitto, tmp_path: Path) -> None:
    settings = GatewaySettings(
        broker=BrokerSettings(url=mosquitto.url), data=DataSettings(folder=str(tmp_path / "data"))
    )
    with Store.open(settings.data.store) as store:
        plant(store, [*FLOOD, LIVE])
    _run(settings, lambda _log: None)
    client = Client(CallbackAPIVersion.VERSION2, client_id="nodes")
    client.connect(LOOPBACK, mosquitto.port)
    client.loop_start()
    for number in range(MESSAGES_A_NODE):
        for node in FLOOD:
            _publish(client, node, number)

    def live(_log: Log) -> None:
        for number in range(LIVE_MESSAGES):
            _publish(client, LIVE, number)
        wait_until(lambda: sum(_stored(settings).values()) == _record_count(), label="all records")

    _run(settings, live)
    client.disconnect()
    client.loop_stop()
    assert _stored(settings) == {
        **dict.fromkeys(FLOOD, MESSAGES_A_NODE * ROWS_A_MESSAGE),
        LIVE: LIVE_MESSAGES * ROWS_A_MESSAGE,
    }


def _record_count() -> int:
    return (len(FLOOD) * MESSAGES_A_NODE + LIVE_MESSAGES) * ROWS_A_MESSAGE


def _stored(settings: GatewaySettings) -> dict[str, int]:
    """Rows of the table of records by node, without revisions: one that was taken twice counts twice."""
    return dict(
        rows_of(
            settings.data.store / "records.sqlite",
            "SELECT s.node, count(*) FROM records r JOIN origins o ON o.id = r.origin "
            "JOIN sources s ON s.id = o.source WHERE r.supersedes IS NULL GROUP BY 1",
        )
    )
