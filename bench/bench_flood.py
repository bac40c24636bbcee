"""How long good readings take while one node with a good certificate does the worst it can.

    python bench/bench_flood.py                    five minutes, NATS and Mosquitto
    python bench/bench_flood.py 60 nats            so many seconds, this broker only

On NATS it is a whole `sera up` with certificates, as installations run it; Mosquitto is given no rights and
lets everything in. Forty good nodes send a batch each in turn, one every 0.25 s in all; the hostile one sends
as fast as the broker takes it: payloads as long as can be, new epochs, new column layouts, new tables of
probes. Broker, nodes and gateway share the machine.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from brokers.flood import HOSTILE, Door, GoodNodes, disk_bytes, good_names, hostile_node, open_doors
from gateway_parts import plant
from gateway_run import cpu_s, processes, resident_mb, start_services
from installation_parts import running
from real_parts import Mosquitto
from sera_command.installation.gateway_process import running_gateway
from sera_command.installation.installation import Installation
from sera_gateway.config import BrokerSettings, DataSettings, GatewaySettings
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOOD_S = 300.0
NODES = 40
EVERY_S = 10.0
WITHIN_S = 5.0
LATEST_S = 300.0


class Target(NamedTuple):
    """What is flooded: its data, how nodes get in, and its processes."""

    data: Path
    log: Path
    good: dict[str, Door]
    hostile: Door
    pids: list[int]
    broker_pid: int


@contextmanager
def plain_mosquitto() -> Iterator[Target]:
    """Run a gateway behind a Mosquitto that knows no certificates."""
    with ExitStack() as stack:
        services = start_services(stack, Mosquitto)
        data, log = services.folder / "data", services.folder / "gateway.log"
        settings = GatewaySettings(
            broker=BrokerSettings(url=services.broker.url), data=DataSettings(folder=str(data))
        )
        with Store.open(settings.data.store) as store:
            plant(store, [HOSTILE, *good_names(NODES)])
        process = stack.enter_context(running_gateway(settings, services.folder / "gateway.toml", log))
        port = services.broker.port
        doors = open_doors(port, NODES)
        yield Target(data, log, doors, Door(port, HOSTILE), processes(process.pid), services.broker.pid)


@contextmanager
def shipped_nats() -> Iterator[Target]:
    """Run `sera up` with certificates for all nodes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        installation = Installation(Path(name) / "data")
        with installation.store() as store:
            plant(store, [HOSTILE, *good_names(NODES)])
        authority = installation.authority
        for node in (HOSTILE, *good_names(NODES)):
            authority.issue("node", node)
        with running(installation.folder, Path(name) / "ready.json") as (process, facts):
            port = int(facts["broker"].rpartition(":")[2])

            def door(node: str) -> Door:
                issued = authority.current("node", node)
                certificate, key = authority.path_of(issued.certificate), authority.path_of(issued.key)
                return Door(port, issued.client_id, str(authority.trust), str(certificate), str(key))

            log = installation.folder / "gateway.log"
            doors = {node: door(node) for node in good_names(NODES)}
            pids = [process.pid, *processes(facts["gateway_pid"])]
            yield Target(installation.folder, log, doors, door(HOSTILE), pids, facts["broker_pid"])


TARGETS = {"nats": shipped_nats, "mosquitto": plain_mosquitto}


def measure(name: str, seconds: float) -> None:
    """Flood one gateway behind one broker, and print what that did to the good nodes."""
    with TARGETS[name]() as target:
        before = disk_bytes(target.data)
        good = GoodNodes(target.good, target.data / "store", EVERY_S)
        with hostile_node(target.hostile, seconds) as sent:
            good.send_for(seconds)
        good.wait_for_all(LATEST_S)
        good.close()
        memory = "/".join(f"{resident_mb(pid):.0f}" for pid in (*target.pids, target.broker_pid))
        gateway_s, broker_s = sum(map(cpu_s, target.pids)), cpu_s(target.broker_pid)
        waited_s = sorted(good.waited_s)
        hundredths = statistics.quantiles(waited_s, n=100)
        late = sum(waited > WITHIN_S for waited in waited_s)
        log = target.log.read_text(encoding="utf-8")
        print(f"{name}, {seconds:.0f} s, {platform.machine()}, {len(os.sched_getaffinity(0))} processors")
        print(
            f"  hostile: {sent[0].messages} messages, {sent[0].total_bytes / 1e6:.0f} MB, "
            f"let in {sent[0].logins} times"
        )
        print(
            f"  good: {good.batches} batches, all stored; after {hundredths[49]:.2f} s (median), "
            f"{hundredths[98]:.2f} s (99 %), {waited_s[-1]:.2f} s at most; {late} later than {WITHIN_S:.0f} s"
        )
        print(f"  disk {(disk_bytes(target.data) - before) / 1e6:.1f} MB, memory {memory} MB (broker last)")
        print(f"  processor time: gateway {gateway_s:.1f} s, broker {broker_s:.1f} s")
        print(f"  alarms {log.count('beyond_budget')}")


def main() -> None:
    """Measure what the command line asks for."""
    words = sys.argv[1:]
    seconds = next((float(word) for word in words if word not in TARGETS), FLOOD_S)
    for name in [word for word in words if word in TARGETS] or TARGETS:
        measure(name, seconds)


if __name__ == "__main__":
    main()
