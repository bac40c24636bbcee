"""How a node performs on real 32-bit MicroPython: messages a second, work a wake, bytes, heap, flash.

Beside it stands umqtt.simple, MicroPython's usual MQTT client (MIT): pip fetches it from the package index
into the user's cache the first time, or `--peer FOLDER` names a folder that holds `umqtt/simple.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from firmware.node_process import micropython_command
from firmware.node_runs import season
from firmware.shipped import board_folder, retained_heap
from firmware.stand_in_broker import StandInBroker
from firmware.tls_brokers import files_of, start_broker, with_tls
from real_parts import LOOPBACK, Mosquitto, Nats
from sera_command.installation import parts
from sera_gateway.security.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES = 10_000
# A neighbour on the machine makes a run slow, none makes it fast: the quickest says what ours can do.
RUNS = 5
PEER_MESSAGES = 100
DAYS = 14
WAKES_A_DAY = 96
RECORDS_A_WAKE = 2
VALUES_A_WAKE = 5
# Erases that a block of NOR flash bears, by the data sheets of the boards' chips.
ERASES_MOST = 100_000
FLASH_BLOCKS = 848 * 1024 // 4096
PEER = "umqtt.simple-1.3.4"
PEER_SHA256 = "8555d2f654deb8eb0d724f79b0811a78cc94029d070f3d96bbd74288653d63a5"
_FETCH = (sys.executable, "-m", "pip", "download", "--no-clean", "--no-deps", "--quiet")

_OWN = """
import sys
sys.path[:0] = {paths!r}
import time
from sera_firmware.mqtt import Client
class Inbox:
    def on_message(self, topic, payload):
        pass
client = Client("bench", 10000, Inbox())
client.connect({broker!r}, "bench/will", b"lost", 60)
client.publish("bench/data", b"")
client.settle()
began = time.time()
payload = bytes([32]) * 600
for _ in range({count}):
    client.publish("bench/data", payload)
client.settle()
print({count} / (time.time() - began))
client.close()
"""
_PEER = """
import sys
sys.path[:0] = [{peer!r}]
import time
from umqtt.simple import MQTTClient
client = MQTTClient("bench", {broker!r}["host"], {broker!r}["port"])
client.connect()
began = time.time()
payload = bytes([32]) * 600
for _ in range({count}):
    client.publish(b"bench/data", payload, qos=1)
print({count} / (time.time() - began))
client.disconnect()
"""


def peer_folder() -> Path | None:
    """Find umqtt.simple in the cache, or let pip fetch it there; None where that cannot be."""
    folder = parts.cache_folder() / PEER
    if not (folder / "umqtt" / "simple.py").is_file():
        with tempfile.TemporaryDirectory() as scratch:
            # Its archive holds no setup script, so pip stops at it; what it unpacked stays with --no-clean.
            subprocess.run(
                [*_FETCH, "--dest", scratch, "micropython-umqtt.simple==1.3.4"],
                env=os.environ | {"TMPDIR": scratch},
                capture_output=True,
                check=False,
            )
            for source in Path(scratch).rglob("umqtt/simple.py"):
                (folder / "umqtt").mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / "umqtt" / "simple.py")
    try:
        content = (folder / "umqtt" / "simple.py").read_bytes()
    except OSError:
        return None
    return folder if hashlib.sha256(content).hexdigest() == PEER_SHA256 else None


def messages_a_second(micropython: list[str], script: str, **values: Any) -> tuple[float, float]:
    """Run a sender of messages of 600 bytes at QoS 1; return its rate and its processor time each [us]."""
    before = spent_s()
    completed = subprocess.run(
        [*micropython, "-c", script.format(**values)], capture_output=True, text=True, check=True
    )
    return float(completed.stdout), (spent_s() - before) / values["count"] * 1e6


def brokers(stack: ExitStack, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Start the brokers that are here, plain and with mutual TLS; yield name and how a node connects."""
    authority = Authority.open(folder / "authority", lambda: datetime.now(UTC))
    for name, kind, program in (("Mosquitto", Mosquitto, "mosquitto"), ("NATS", Nats, "nats-server")):
        installed = parts.find(program)
        if installed is None:
            print(f"{name}: not here")
            continue
        server = kind(installed.path, folder / program).start()
        stack.callback(server.kill)
        yield name, {"host": LOOPBACK, "port": server.port}
        own = files_of(authority, "broker", f"broker-{program}", (LOOPBACK,))
        port, secured = start_broker(program, own, folder / f"{program}-tls")
        stack.callback(secured.kill)
        yield f"{name} with mutual TLS", with_tls(port, files_of(authority, "node", "bench"))


def compare_clients(stack: ExitStack, micropython: list[str], folder: Path, peer: Path | None) -> None:
    """Print how fast messages are sent, ours and the peer's in the same run."""
    for name, broker in brokers(stack, folder):
        values = {"paths": [str(board_folder())], "broker": broker, "count": MESSAGES}
        runs = [messages_a_second(micropython, _OWN, **values) for _ in range(RUNS)]
        rate, message_us = max(rate for rate, _ in runs), min(message_us for _, message_us in runs)
        beside = ""
        if peer and "TLS" not in name:
            slow, _ = messages_a_second(
                micropython, _PEER, peer=str(peer), broker=broker, count=PEER_MESSAGES
            )
            beside = f"; umqtt.simple {slow:,.0f}, ratio {rate / slow:,.0f}"
        slowest = min(rate for rate, _ in runs)
        print(
            f"{name}: {slowest:,.0f} to {rate:,.0f} messages of 600 bytes a second at QoS 1, "
            f"{message_us:.0f} us of processor time each{beside}"
        )


def spent_s() -> float:
    """Processor time of all programs that this one has run [s]."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def live(micropython: Path, folder: Path) -> None:
    """Print what a season off the network costs, and what its delivery puts on the wire."""
    wakes = DAYS * WAKES_A_DAY
    no_broker = {"host": LOOPBACK, "port": 1}
    spent = []
    for count in (1, wakes):
        before = spent_s()
        season(
            micropython, folder, no_broker, count, outages=[[0, count]], last_contacts=0, sample_every=wakes
        )
        spent.append(spent_s() - before)
        (folder / "flash").unlink()
    wake_ms = 1000 * (spent[1] - spent[0]) / (wakes - 1)
    print(f"{DAYS} days: {wake_ms:.2f} ms of processor time a wake of {RECORDS_A_WAKE} records")
    with StandInBroker() as broker:
        node = {"host": LOOPBACK, "port": broker.port}
        plan = {"outages": [[0, wakes]], "last_contacts": 1, "stay_ms": 0, "sample_every": wakes}
        before = spent_s()
        sample, _ = season(micropython, folder, node, wakes, **plan)
        sending_s = spent_s() - before - spent[1]
        records, sent = len(broker.rows), broker.dialogues[-1].up
    print(f"from flash to a broker: {1e6 * sending_s / records:.0f} us of processor time a record")
    values = VALUES_A_WAKE / RECORDS_A_WAKE
    print(f"on the wire: {sent / records:.1f} bytes a record of {values} values, MQTT included")
    a_year = sample["erases"] / DAYS * 365
    share = a_year / FLASH_BLOCKS / ERASES_MOST
    print(
        f"flash: {sample['erases'] / wakes:.2f} erases and {sample['programmed_bytes'] / wakes:,.0f} bytes "
        f"a wake; {a_year:,.0f} erases a year over {FLASH_BLOCKS} blocks, {share:.2%} of what they bear"
    )


def print_retained_heap(micropython: Path, scratch: Path) -> None:
    """Print what a node keeps of the heap, module by module, in the order in which a board loads them."""
    report = retained_heap(micropython, board_folder(), scratch)
    for name, size in sorted(report["modules"].items(), key=lambda module: -module[1]):
        print(f"  {name}: {size:,} bytes, with what it is the first to import")
    print(
        f"heap kept after import from .mpy: firmware, vocabulary and sensors {report['firmware']:,} bytes, "
        f"the board's own {report['device']:,}; with a node and its buffers {report['running']:,}"
    )


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, help="folder that holds umqtt/simple.py")
    peer = parser.parse_args().peer or peer_folder()
    micropython = parts.require("micropython")
    command = micropython_command(micropython)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        compare_clients(stack, command, folder, peer)
        if peer is None:
            print("umqtt.simple: not measured; pip cannot fetch it here, name its folder with --peer")
        live(micropython, folder)
        print_retained_heap(micropython, folder / "heap")


if __name__ == "__main__":
    main()
