"""How long good readings take while one node with a good certificate does the worst it can.

    python bench/bench_flood.py                    five minutes, NATS and Mosquitto
    python bench/bench_flood.py 60 nats            so many seconds, this broker only

Forty good nodes send a batch each in turn, one every 0.25 s in all; the hostile one sends as fast as the
broker takes it: payloads of 900 kB, new epochs, new column layouts, new tables of probes. Broker, nodes and
gateway share the machine.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from brokers.flood import HOSTILE, GoodNodes, disk_bytes, hostile_node, resident_mb
from gateway_parts import plant
from gateway_run import cpu_s, processes, site
from real_parts import Mosquitto, Nats
from sera_command.installation.gateway_process import running_gateway
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings
from sera_store.store import Store

BROKERS: dict[str, type[Mosquitto | Nats]] = {"nats": Nats, "mosquitto": Mosquitto}
FLOOD_S = 300.0
NODES = 40
EVERY_S = 10.0
WITHIN_S = 5.0
LATEST_S = 300.0


def measure(name: str, seconds: float) -> None:
    """Flood one gateway behind one broker, and print what that did to the good nodes."""
    with ExitStack() as started:
        place = site(started, BROKERS[name])
        data = place.folder / "data"
        settings = GatewaySettings(
            broker=BrokerSettings(url=place.broker.url), data=DataSettings(folder=str(data))
        )
        good = GoodNodes(place.broker.port, settings, NODES, EVERY_S)
        started.callback(good.close)
        with Store.open(settings.data.store) as store:
            plant(store, [HOSTILE, *good.names])
        before = disk_bytes(data)
        log = place.folder / "gateway.log"
        with running_gateway(settings, place.folder / "gateway.toml", log) as process:
            with hostile_node(place.broker.port, seconds) as sent:
                good.send_for(seconds)
            good.wait_for_all(LATEST_S)
            memory_mb = resident_mb(process.pid)
            gateway_s, broker_s = sum(map(cpu_s, processes(process.pid))), cpu_s(place.broker.pid)
        waited_s = sorted(good.waited_s)
        hundredths = statistics.quantiles(waited_s, n=100)
        late = sum(waited > WITHIN_S for waited in waited_s)
        print(f"{name}, {seconds:.0f} s, {platform.machine()}, {len(os.sched_getaffinity(0))} processors")
        print(f"  hostile: {sent[0].messages} messages, {sent[0].total_bytes / 1e6:.0f} MB")
        print(
            f"  good: {good.batches} batches, all stored; after {hundredths[49]:.2f} s (median), "
            f"{hundredths[98]:.2f} s (99 %), {waited_s[-1]:.2f} s at most; {late} later than {WITHIN_S:.0f} s"
        )
        memory = "/".join(f"{mb:.0f}" for mb in memory_mb)
        print(f"  disk {(disk_bytes(data) - before) / 1e6:.1f} MB, memory {memory} MB")
        print(f"  processor time: gateway {gateway_s:.1f} s, broker {broker_s:.1f} s")
        print(f"  alarms {log.read_text(encoding='utf-8').count('beyond_budget')}")


def main() -> None:
    """Measure what the command line asks for."""
    words = sys.argv[1:]
    seconds = next((float(word) for word in words if word not in BROKERS), FLOOD_S)
    for name in [word for word in words if word in BROKERS] or BROKERS:
        measure(name, seconds)


if __name__ == "__main__":
    main()
