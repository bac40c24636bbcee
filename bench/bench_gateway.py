"""How many messages a second come from a real broker on loopback into the journal, the store and InfluxDB.

The load is ready-made packets of eight readings each, sent over one socket; the gateway is a process of its
own. A rate counts from the first packet sent until the last message is there.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from gateway_parts import batch, data_topic, months, plant, row, rows_of
from real_parts import LOOPBACK, InfluxDB, Mosquitto, Nats, wait_until
from sera_command import parts
from sera_command.running import running_gateway
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings, InfluxSettings
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MESSAGES = 10_000
ROWS_A_MESSAGE = 8
NODES = tuple(f"node-{number:02}" for number in range(20))
LIMIT_S = 90.0
CONNECT = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05bench"
# Each change on its own disk sector would measure the broker instead of the gateway.
RELAXED = "autosave_on_changes false\nautosave_interval 1800"


class Rates(NamedTuple):
    """Messages a second, None where there is no such store."""

    journal: float
    store: float
    influxdb: float | None


def packets() -> Iterator[bytes]:
    """Make the PUBLISH packets of all messages, QoS 1."""
    columns = ("air_temperature", "air_humidity")
    for number in range(MESSAGES):
        node, first = NODES[number % len(NODES)], number // len(NODES) * ROWS_A_MESSAGE + 1
        rows = [
            row(seq, 14.5, 60.0, utc_s=1_780_000_000 + seq) for seq in range(first, first + ROWS_A_MESSAGE)
        ]
        topic = data_topic(node).encode()
        body = len(topic).to_bytes(2, "big") + topic + (number % 65_535 + 1).to_bytes(2, "big")
        body += batch(rows, columns)
        yield b"\x32" + bytes((len(body) & 127 | 128, len(body) >> 7)) + body


def send(port: int, load: bytes) -> None:
    """Send the load as fast as the broker takes it, and read its acknowledgements away."""
    with socket.create_connection((LOOPBACK, port)) as client:
        client.sendall(CONNECT)
        client.recv(4)
        reader = threading.Thread(target=_read_away, args=(client,))
        reader.start()
        client.sendall(load)
        reader.join(LIMIT_S)


def _read_away(client: socket.socket) -> None:
    expected = MESSAGES * 4
    while expected > 0 and (taken := len(client.recv(65_536))):
        expected -= taken


def measure(url: str, port: int, folder: Path, influxdb: InfluxDB | None) -> Rates:
    """Run one gateway, send the load, and time when the last message has come how far."""
    follower = InfluxSettings()
    if influxdb is not None:
        token = folder / "token"
        token.write_text(influxdb.token, encoding="utf-8")
        follower = InfluxSettings(
            url=influxdb.url, org=influxdb.organisation, bucket="first", token_file=str(token)
        )
    data = DataSettings(folder=str(folder / "data"))
    settings = GatewaySettings(broker=BrokerSettings(url=url), data=data, influxdb=follower)
    with Store.open(data.store) as store:
        plant(store, NODES)
    load = b"".join(packets())
    with running_gateway(settings, folder / "gateway.toml", folder / "gateway.log"):
        began = time.perf_counter()
        sender = threading.Thread(target=send, args=(port, load))
        sender.start()
        journal = _rate(began, lambda: _journaled(data) >= MESSAGES, "the journal")
        records = _rate(began, lambda: _position(data, "ledger") >= MESSAGES, "the store")
        rows = MESSAGES * ROWS_A_MESSAGE
        lines = _rate(began, lambda: _position(data, "influxdb") >= rows, "InfluxDB") if influxdb else None
        sender.join()
    return Rates(journal, records, lines)


def _rate(began: float, is_there: Callable[[], bool], what: str) -> float:
    wait_until(is_there, LIMIT_S, f"all messages in {what}")
    return MESSAGES / (time.perf_counter() - began)


def _journaled(data: DataSettings) -> int:
    newest = "SELECT coalesce(max(number), 0) FROM message"
    return max((rows_of(month, newest)[0][0] for month in months(data.journal)), default=0)


def _position(data: DataSettings, name: str) -> int:
    found = rows_of(data.store / "records.sqlite", "SELECT position FROM cursors WHERE name = ?", name)
    return found[0][0] if found else 0


def main() -> None:
    """Print one table."""
    print(f"{MESSAGES:,} messages of {ROWS_A_MESSAGE} readings, messages a second from the first packet sent")
    print(f"{'broker':<12}{'journal + ack':>15}{'store':>12}{'InfluxDB':>12}")
    influxd = parts.find("influxd")
    for name, kind, part in (("Mosquitto", Mosquitto, "mosquitto"), ("NATS", Nats, "nats-server")):
        found = parts.find(part)
        if found is None:
            print(f"{name:<12}not here; get it with {parts.next_step(part)}")
            continue
        with tempfile.TemporaryDirectory() as text, ExitStack() as started:
            folder = Path(text)
            broker = kind(found.path, folder / "broker", RELAXED if kind is Mosquitto else "").start()
            started.callback(broker.kill)
            influxdb = None
            if influxd is not None:
                influxdb = InfluxDB(influxd.path, folder / "influxdb").start()
                started.callback(influxdb.kill)
                influxdb.set_up()
            rates = measure(broker.url, broker.port, folder, influxdb)
        last = f"{rates.influxdb:,.0f}" if rates.influxdb else "not here"
        print(f"{name:<12}{rates.journal:>15,.0f}{rates.store:>12,.0f}{last:>12}")


if __name__ == "__main__":
    main()
