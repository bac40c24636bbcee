"""How fast a node works on real MicroPython: messages a second, processor time a wake, bytes a reading.

With `--peer FOLDER`, a folder that holds micropython-lib's `umqtt/simple.py`, that client is measured
beside ours; the package index offers it in no form that pip installs.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from littlefs import LittleFS, UserContext

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from firmware.node_process import BEAM, ROOT, lived, micropython_command, write_plan
from real_parts import LOOPBACK, Mosquitto, Nats
from sera_command import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 14
MESSAGES = 5000
PEER_MESSAGES = 100
VALUES_A_WAKE = 11

_OURS = """
import sys
sys.path[:0] = {paths!r}
import time
from sera_firmware.mqtt import Client
class Inbox:
    def received(self, topic, payload):
        pass
client = Client("bench", 10000, Inbox())
client.connect({{"host": {host!r}, "port": {port}}}, "bench/will", b"lost", 60)
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
client = MQTTClient("bench", {host!r}, {port})
client.connect()
began = time.time()
payload = bytes([32]) * 600
for _ in range({count}):
    client.publish(b"bench/data", payload, qos=1)
print({count} / (time.time() - began))
client.disconnect()
"""


def messages_a_second(micropython: list[str], script: str, **values: Any) -> float:
    """Run a sender of messages of 600 bytes at QoS 1 and read what it measured."""
    done = subprocess.run(
        [*micropython, "-c", script.format(host=LOOPBACK, **values)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def season(micropython: list[str], folder: Path) -> tuple[float, float, float]:
    """Run fourteen days off the network; return wakes a second, processor ms a wake, bytes a value."""
    plan = write_plan(folder, 1, DAYS, BEAM, deliver=False)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    lived(micropython, plan)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wakes = DAYS * 86400 // json.loads(plan.read_text(encoding="utf-8"))["interval_s"]
    used = _segment_bytes(folder / "flash")
    return wakes / spent_s, 1000 * spent_s / wakes, used / (wakes * VALUES_A_WAKE)


def _segment_bytes(image: Path) -> int:
    content = bytearray(image.read_bytes())
    context = UserContext(len(content))
    context.buffer = content
    system = LittleFS(context=context, block_size=4096, block_count=len(content) // 4096)
    return sum(system.stat(f"records/{name}").size for name in system.listdir("records"))


def brokers(stack: ExitStack, folder: Path) -> Iterator[tuple[str, int]]:
    """Start the brokers that are here; yield name and port."""
    for name, kind, program in (("Mosquitto", Mosquitto, "mosquitto"), ("NATS", Nats, "nats-server")):
        found = parts.find(program)
        if found is None:
            print(f"{name}: not here")
            continue
        server = kind(found.path, folder / program).start()
        stack.callback(server.kill)
        yield name, server.port


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="folder that holds umqtt/simple.py")
    peer = parser.parse_args().peer
    micropython = micropython_command(parts.require("micropython"))
    paths = [str(ROOT / part) for part in ("firmware", "vocabulary")]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name, port in brokers(stack, folder):
            rate = messages_a_second(micropython, _OURS, paths=paths, port=port, count=MESSAGES)
            print(f"{name}: {rate:,.0f} messages of 600 bytes a second at QoS 1, window of 6")
            if peer:
                rate = messages_a_second(micropython, _PEER, peer=peer, port=port, count=PEER_MESSAGES)
                print(f"{name}: {rate:,.0f} with umqtt.simple")
        if not peer:
            print("umqtt.simple: not measured; name its folder with --peer")
        rate, spent_ms, used = season(micropython, folder / "season")
        print(f"{DAYS} days: {rate:,.0f} wakes a second of processor time, {spent_ms:.2f} ms a wake")
        print(f"flash: {used:.1f} bytes a value, {VALUES_A_WAKE} values a wake")


if __name__ == "__main__":
    main()
