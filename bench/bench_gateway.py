"""How fast the gateway takes messages in and brings them home, beside Telegraf in the same run.

    python bench/bench_gateway.py                  everything
    python bench/bench_gateway.py speed memory     these parts only

Broker, publisher, gateway and InfluxDB share the machine. The message is a mapped foreign JSON of 250 bytes
with four observations and a battery voltage; QoS 1, a persistent session, ready-made packets. Processor time
a message is what a noisy machine changes least. Others are broker, publisher and InfluxDB; a gateway that
cost nothing would leave them all processors.
"""

from __future__ import annotations

import gzip
import os
import socket
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.service.write_service import WriteService

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import gateway_live
import gateway_peer
from gateway_load import go, publisher
from gateway_parts import batch, data_topic, row
from gateway_run import NatsAsServed, gateway, reach, register, settings_in, start_services
from real_parts import LOOPBACK, Mosquitto, Nats
from sera_command.installation import parts
from sera_gateway.journal.journal import JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_gateway.mqtt import packets
from sera_store.outputs.influxdb import LINES_A_WRITE
from sera_store.outputs.line_templates import LineTemplates
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway_run import Services

MESSAGES = 100_000
# Telegraf makes each value safe by itself when it keeps them on disk.
MESSAGES_ON_DISK = 20_000
CORES = len(os.sched_getaffinity(0))
NODES = 1_000
WAITING = 1_000_000
LIVE_S = 60.0
LIVE_NODES_A_MINUTE = 500
YEAR_SHARE_MESSAGES = 50_000
ROWS_A_BATCH = 8
RECORDS_A_NODE_AND_YEAR = 4 * 24 * 365
BACKLOG_NODES = 40
BACKLOG_LIVE_NODES = 20
BACKLOG_DAYS = int(os.environ.get("SERA_BACKLOG_DAYS", "90"))
# Soil, air and visits every quarter of an hour, health every hour, eight records a message.
MESSAGES_A_NODE_AND_DAY = (3 * 96 + 24) // 8


class Rates(NamedTuple):
    """Messages a second from the first packet until the last message is there; processor time each [us].

    Of the receiving process, of all of the gateway, and of broker, publisher and InfluxDB.
    """

    accepted: float
    store: float
    influxdb: float | None
    receiving_us: float
    all_us: float
    services_us: float


def rates(services: Services, messages: int, nodes: int, name: str = "gateway", warm_up: int = 0) -> Rates:
    """Run one gateway under load and time when the last message has come how far.

    So many messages come before that are not measured, by which the gateway knows the nodes.
    """
    bucket = services.influxdb.make_bucket(name) if services.influxdb else None
    settings = settings_in(services.folder / name, services.broker.url, bucket)
    register(settings, nodes)
    goal = warm_up + messages
    with ExitStack() as running:
        progress = running.enter_context(gateway(settings))
        with publisher(services.broker.port, warm_up, nodes) as load:
            go(load)
        reach(lambda: progress.position("ledger") >= warm_up, "the messages that are not measured")
        load = running.enter_context(publisher(services.broker.port, messages, nodes, warm_up))
        progress.settle()
        before_s, services_s = progress.cpu_s(), services.services_s(load)
        began = time.perf_counter()
        go(load)
        accepted = reach(lambda: progress.journaled() >= goal, "all messages in the journal")
        stored = reach(lambda: progress.position("ledger") >= goal, "all messages in the store")
        last = progress.last_change()
        followed = (
            reach(lambda: progress.position("influxdb") >= last, "all rows in InfluxDB") if bucket else None
        )
        spent_us = [(s - b) / messages * 1e6 for s, b in zip(progress.cpu_s(), before_s, strict=True)]
        services_us = (services.services_s(load) - services_s) / messages * 1e6
    return Rates(
        messages / (accepted - began),
        messages / (stored - began),
        messages / (followed - began) if followed else None,
        spent_us[0],
        sum(spent_us),
        services_us,
    )


def measure_speed() -> None:
    """Print messages a second beside Telegraf's."""
    print(f"{MESSAGES:,} messages of {NODES:,} nodes, messages a second from the first packet sent")
    titles = ("journal + ack", "store", "InfluxDB", "receiving us", "all us", "others us")
    print(f"{'':<22}" + "".join(f"{title:>14}" for title in titles))
    peer, keeping_peer = measure_peer(), measure_peer(on_disk=True)
    for name, kind, influx in (
        ("Sera, to InfluxDB", Mosquitto, True),
        ("Sera, embedded store", Mosquitto, False),
        ("Sera, embedded, NATS", Nats, False),
        ("  NATS as in `sera up`", NatsAsServed, False),
    ):
        with ExitStack() as stack:
            services = start_services(stack, kind, influx=influx)
            measured = rates(services, MESSAGES, NODES)
            print_line(name, measured, 0)
            for title, other in (("  times Telegraf", peer), ("  times one on disk", keeping_peer)):
                if other:
                    print_line(title, [rate and rate / other for rate in measured[:3]], 1)
            if services.influxdb:
                for title, most in (
                    ("InfluxDB by itself", measure_influxdb(services)),
                    ("a gateway for nothing", CORES * 1e6 / measured.services_us),
                ):
                    print_line(title, [None, None, most], 0)
                    if peer:
                        print_line("  times Telegraf", [None, None, most / peer], 1)


def measure_influxdb(services: Services, name: str = "gateway") -> float:
    """Write the lines of a gateway's store again, ready made, and return the messages a second."""
    bucket = services.influxdb.make_bucket("ready-made")
    with Store.open(settings_in(services.folder / name, services.broker.url, None).data.store) as store:
        templates, bodies, after = LineTemplates(store.names), [], 0
        while rows := store.records.line_rows(after, LINES_A_WRITE):
            bodies += [
                gzip.compress(piece.text.encode(), 1) for piece in templates.pieces(rows, LINES_A_WRITE)
            ]
            after = rows[-1][0]
    with InfluxDBClient(bucket.url, bucket.token, org=bucket.organisation) as client:
        writer = WriteService(client.api_client)
        began = time.perf_counter()
        for body in bodies:
            writer.post_write(bucket.organisation, bucket.name, body, precision="ns", content_encoding="gzip")
        return MESSAGES / (time.perf_counter() - began)


def measure_peer(*, on_disk: bool = False) -> float | None:
    """Print what Telegraf does, its buffer in memory or on disk, and return its messages a second."""
    telegraf = parts.find("telegraf")
    with ExitStack() as stack:
        services = start_services(stack, influx=telegraf is not None)
        if telegraf is None or services.influxdb is None:
            print(f"no comparison: get Telegraf with {parts.next_step('telegraf')}")
            return None
        measured = gateway_peer.measure(
            telegraf.path,
            services.folder / "telegraf",
            services.broker.port,
            services.influxdb.make_bucket("telegraf"),
            MESSAGES_ON_DISK if on_disk else MESSAGES,
            NODES,
            services.services_s,
            on_disk=on_disk,
        )
    name = "Telegraf, on disk" if on_disk else "Telegraf, in memory"
    print_line(name, [None, None, measured.influxdb, None, measured.cpu_us, measured.services_us], 0)
    return measured.influxdb


def print_line(name: str, numbers: Iterable[float | None], decimals: int) -> None:
    """Print one row of the table."""
    cells = ["" if number is None else f"{number:,.{decimals}f}" for number in numbers]
    print(f"{name:<22}" + "".join(f"{cell:>14}" for cell in cells))


def measure_memory() -> None:
    """Print the most memory the gateway needs while a million messages wait in the broker."""
    with ExitStack() as stack:
        services = start_services(stack)
        settings = settings_in(services.folder / "gateway", services.broker.url, None)
        register(settings, NODES)
        with gateway(settings):
            pass
        with publisher(services.broker.port, WAITING, NODES) as load:
            go(load)
        with gateway(settings) as progress:
            began, most = time.perf_counter(), [0.0]

            def look() -> bool:
                most[:] = max(most, progress.memory_mb(), key=sum)
                return progress.journaled() >= WAITING

            ended = reach(look, "all messages in the journal")
            end = time.perf_counter() + LIVE_S
            reach(
                lambda: (look() and progress.position("ledger") >= WAITING) or time.perf_counter() > end, ""
            )
            ledger_position = progress.position("ledger")
    print(f"{WAITING:,} messages waiting in the broker when the gateway starts:")
    print(
        f"  accepted at {WAITING / (ended - began):,.0f} a second; "
        f"{ledger_position:,} are records {LIVE_S:.0f} s later"
    )
    print(
        f"  most memory {sum(most):.0f} MB, of it receiving {most[0]:.0f}, the others "
        + ", ".join(f"{process_mb:.0f}" for process_mb in most[1:])
    )


def measure_nodes() -> None:
    """Print what a message costs with few and with many nodes."""
    print(f"{MESSAGES:,} messages of nodes that are known, messages a second and processor time of each")
    print(f"{'nodes':>8}{'journal + ack':>15}{'store':>12}{'all us':>12}")
    for nodes in (10, 1_000, 10_000):
        with ExitStack() as stack:
            measured = rates(start_services(stack), MESSAGES, nodes, warm_up=nodes)
        print(f"{nodes:>8,}{measured.accepted:>15,.0f}{measured.store:>12,.0f}{measured.all_us:>12.0f}")


def live_packets(names: list[str]) -> list[bytes]:
    """Make one batch of each node in Sera's protocol, as packets."""
    now_s = int(time.time())
    return [
        packets.publish(
            packets.V311,
            number % 65_535 + 1,
            data_topic(name),
            batch([row(seq, 14.5, utc_s=now_s - 8 + seq) for seq in range(1, ROWS_A_BATCH + 1)]),
            retain=False,
        )
        for number, name in enumerate(names)
    ]


def measure_live() -> None:
    """Print processor time and memory at 500 nodes a minute, and how long a reading takes to the store."""
    names = [f"node-{number:04}" for number in range(int(LIVE_NODES_A_MINUTE * LIVE_S / 60))]
    with ExitStack() as stack:
        services = start_services(stack)
        settings = settings_in(services.folder / "gateway", services.broker.url, None)
        register(settings, 1, names)
        progress = stack.enter_context(gateway(settings))
        client = stack.enter_context(socket.create_connection((LOOPBACK, services.broker.port)))
        client.sendall(packets.connect(packets.V311, packets.Login("load", 600)))
        client.recv(4)
        before_s, began, waited = sum(progress.cpu_s()), time.perf_counter(), []
        for number, packet in enumerate(live_packets(names), 1):
            sent = time.perf_counter()
            client.sendall(packet)
            waited.append(
                reach(lambda position=number: progress.position("ledger") >= position, "a batch") - sent
            )
            time.sleep(max(0.0, began + number * 60 / LIVE_NODES_A_MINUTE - time.perf_counter()))
        lasted_s, memory = time.perf_counter() - began, progress.memory_mb()
        share = (sum(progress.cpu_s()) - before_s) / lasted_s
    cuts = statistics.quantiles(waited, n=100)
    print(
        f"{LIVE_NODES_A_MINUTE} nodes a minute for {lasted_s:.0f} s: {share:.1%} of one core, "
        f"{sum(memory):.0f} MB in all"
    )
    print(f"  reading to store: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms")


def measure_replay() -> None:
    """Print how long a year of 500 nodes takes to replay, from a share of it."""
    with ExitStack() as stack:
        services = start_services(stack)
        settings = settings_in(services.folder / "gateway", services.broker.url, None)
        register(settings, NODES)
        with (
            gateway(settings) as progress,
            publisher(services.broker.port, YEAR_SHARE_MESSAGES, NODES) as load,
        ):
            go(load)
            reach(lambda: progress.journaled() >= YEAR_SHARE_MESSAGES, "all messages in the journal")
        replayed = settings_in(services.folder / "again", services.broker.url, None)
        register(replayed, NODES)
        with Store.open(replayed.data.store) as store, JournalReader(settings.data.journal) as journal:
            began = time.perf_counter()
            count = Ledger(store, journal).catch_up()
            rate = count / (time.perf_counter() - began)
    year = 500 * RECORDS_A_NODE_AND_YEAR
    print(f"replay of {count:,} messages into an empty store: {rate:,.0f} a second;")
    print(
        f"  a year of 500 nodes, a message every 15 minutes ({year:,}), would take "
        f"{year / rate / 60:.0f} minutes (scaled)"
    )


def measure_outage() -> None:
    """Print how fast a follower catches up after InfluxDB was away, beside what InfluxDB takes ready-made."""
    with ExitStack() as stack:
        services = start_services(stack, influx=True)
        if services.influxdb is None:
            print(f"no InfluxDB: get it with {parts.next_step('influxd')}")
            return
        bucket = services.influxdb.make_bucket("outage")
        settings = settings_in(services.folder / "gateway", services.broker.url, bucket)
        register(settings, NODES)
        services.influxdb.kill()
        with gateway(settings) as progress:
            with publisher(services.broker.port, MESSAGES, NODES) as load:
                go(load)
            reach(lambda: progress.position("ledger") >= MESSAGES, "all messages in the store")
            last = progress.last_change()
            services.influxdb.start()
            reach(lambda: progress.position("influxdb") > 0, "the follower's return")
            first, began = progress.position("influxdb"), time.perf_counter()
            drained = reach(lambda: progress.position("influxdb") >= last, "the drain")
            rate = (last - first) / (drained - began)
        most = measure_influxdb(services) * last / MESSAGES
    print(
        f"drain after an outage of InfluxDB: {rate:,.0f} rows a second, {last:,} rows behind at its return;"
    )
    print(
        f"  InfluxDB by itself takes {most:,.0f} a second of these lines ready made: {rate / most:.0%} of it"
    )


def measure_backlog() -> None:
    """Print how long live readings take while months of many nodes arrive at once."""
    floods = [f"flood-{number:02}" for number in range(BACKLOG_NODES)]
    live = [f"live-{number:02}" for number in range(BACKLOG_LIVE_NODES)]
    messages = BACKLOG_NODES * BACKLOG_DAYS * MESSAGES_A_NODE_AND_DAY
    with ExitStack() as stack:
        services = start_services(stack)
        settings = settings_in(services.folder / "gateway", services.broker.url, None)
        register(settings, 1, [*floods, *live])
        progress = stack.enter_context(gateway(settings))
        load = gateway_live.flood(floods, BACKLOG_DAYS * MESSAGES_A_NODE_AND_DAY)
        probe = gateway_live.Probe(services.broker.port, progress, live)
        # The gateway has been running for a while, not just begun to load.
        probe.send()
        probe.wait_for_all()
        probe.waited_s.clear()
        began = time.perf_counter()
        with gateway_live.sending(services.broker.port, load, messages):
            while progress.position("ledger") < messages + probe.sent:
                probe.send()
            drained_s = time.perf_counter() - began
            probe.wait_for_all()
    cuts = statistics.quantiles(probe.waited_s, n=100)
    print(
        f"{messages:,} messages of {BACKLOG_NODES} nodes at once ({BACKLOG_DAYS} days): "
        f"all are records after {drained_s:.0f} s"
    )
    print(
        f"  {len(probe.waited_s)} live messages meanwhile, sent to stored: p50 {cuts[49]:.2f} s, "
        f"p99 {cuts[98]:.2f} s, most {max(probe.waited_s):.2f} s"
    )


PARTS: dict[str, Callable[[], None]] = {
    "speed": measure_speed,
    "memory": measure_memory,
    "nodes": measure_nodes,
    "live": measure_live,
    "replay": measure_replay,
    "outage": measure_outage,
    "backlog": measure_backlog,
}


def main() -> None:
    """Measure what the command line names, or everything."""
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
