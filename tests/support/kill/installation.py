"""A site that can be hurt: broker, gateway, InfluxDB, the network between them, and what must hold after."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import msgspec

from gateway_parts import EPOCH, months, plant, rows_of
from kill.proxy import Proxy
from kill.senders import FlashNode, ForeignDevice
from real_parts import LOOPBACK, InfluxDB, Mosquitto, Nats, wait_until
from sera_gateway.config import (
    BrokerSettings,
    DataSettings,
    GatewayIdentity,
    GatewaySettings,
    InfluxSettings,
)
from sera_gateway.families.mapping_files import shipped
from sera_gateway.journal.excess import EXCESS_TOPIC
from sera_gateway.journal.journal import JournalReader
from sera_store.store import Store

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from real_parts import Bucket

NODES = ("node-a", "node-b", "node-c")
FOREIGN = "gdn-0001"
RECORDS_A_FOREIGN_MESSAGE = 4
LAUNCHER = Path(__file__).with_name("launcher.py")
# So small that nothing can be appended to any file any more.
NO_ROOM_BYTES = 1
FULL_S = 0.3
# The pause until the next contact; each is longer, so that a slow machine is not taken for a loss.
CONTACT_S = 2.0
CONTACTS_MOST = 20


class LostError(Exception):
    """Records that nodes made did not arrive, however often the nodes came back."""


@dataclass
class Outcome:
    """What the rounds did, and what was lost and doubled by it."""

    rounds: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    made: int = 0
    sent_again: int = 0
    lost: int = 0
    doubled: int = 0
    foreign: int = 0
    foreign_lost: int = 0
    foreign_lost_without_broker_kill: int = 0
    sent_again_without_broker_kill: int = 0


class KillSite:
    """Broker, proxy, gateway, senders, and InfluxDB where there is one.

    Parameters
    ----------
    folder
        Where everything lies.
    broker, influxdb
        Started; None to do without InfluxDB.
    bucket
        An empty bucket of it.
    """

    def __init__(
        self, folder: Path, broker: Mosquitto | Nats, influxdb: InfluxDB | None, bucket: Bucket | None
    ) -> None:
        self.broker = broker
        self.influxdb = influxdb
        self.bucket = bucket
        self.outcome = Outcome()
        self._stack = ExitStack()
        self.proxy = Proxy(broker.port)
        self._offset = folder / "offset"
        self._offset.write_text("0", encoding="utf-8")
        self._log = folder / "gateway.log"
        self._log.touch()
        self._config = folder / "gateway.toml"
        self.settings = self._settings(folder)
        self._config.write_bytes(msgspec.toml.encode(self.settings))
        with Store.open(self.settings.data.store) as store:
            plant(store, [*NODES, FOREIGN])
            store.registry.put(shipped("garden-obs"), since_s=0, by="a test")
        self._process: subprocess.Popen[bytes] | None = None
        self._broker_killed = False
        self.nodes = [FlashNode(name, broker.port) for name in NODES]
        self.foreign = ForeignDevice(FOREIGN, broker.port)

    def _settings(self, folder: Path) -> GatewaySettings:
        influxdb = InfluxSettings()
        if self.bucket is not None:
            token = folder / "token"
            token.write_text(self.bucket.token, encoding="utf-8")
            influxdb = InfluxSettings(
                url=self.bucket.url,
                org=self.bucket.organisation,
                bucket=self.bucket.name,
                token_file=str(token),
            )
        return GatewaySettings(
            broker=BrokerSettings(url=f"mqtt://{LOOPBACK}:{self.proxy.port}", keepalive_s=5),
            gateway=GatewayIdentity(id="gateway-1", subscribe=("garden/v1/+/+/+/obs",), have_interval_s=0.3),
            data=DataSettings(folder=str(folder / "data")),
            influxdb=influxdb,
        )

    def __enter__(self) -> Self:
        self.start_gateway()
        self.ready(1)
        for sender in (*self.nodes, self.foreign):
            self._stack.enter_context(sender)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self.end_gateway(signal.SIGKILL)
        self.proxy.cut()

    def start_gateway(self) -> None:
        """Start the gateway; `ready` waits for it."""
        self._process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), str(self._config), str(self._offset)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._keep_log, args=(self._process.stdout,), daemon=True).start()

    def _keep_log(self, lines: Iterable[bytes]) -> None:
        """Write down what comes through the pipe, which goes on where the gateway can write no file."""
        for line in lines:
            with self._log.open("ab") as log:
                log.write(line)

    def end_gateway(self, number: signal.Signals) -> int:
        """Send a signal and return how it ended."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(120)

    def ready(self, starts: int) -> None:
        """Wait until the broker has let the gateway in for the so many'th time."""
        wait_until(lambda: self.log().count('"event": "ready"') >= starts, label="the gateway's start")

    def log(self) -> str:
        """What the gateway has reported."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    # What can happen.

    def kill_gateway(self, pause: Callable[[], None]) -> None:
        """SIGKILL of the receiving process, whose workers end with it."""
        self.end_gateway(signal.SIGKILL)
        pause()
        self.start_gateway()

    def kill_worker(self, pause: Callable[[], None]) -> None:
        """SIGKILL of ledger and followers alone."""
        for pid in self._workers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        pause()

    def kill_broker(self, pause: Callable[[], None]) -> None:
        """SIGKILL of the broker."""
        self._broker_killed = True
        self.broker.kill()
        pause()
        self.broker.start()

    def kill_influxdb(self, pause: Callable[[], None]) -> None:
        """SIGKILL of InfluxDB."""
        if self.influxdb is not None:
            self.influxdb.kill()
            pause()
            self.influxdb.start()

    def fill_disk(self, pause: Callable[[], None]) -> None:
        """No file of the gateway can grow: the system refuses each write to it."""
        self._limit_files(NO_ROOM_BYTES)
        pause()
        self._limit_files(resource.RLIM_INFINITY)

    def kill_on_full_disk(self, pause: Callable[[], None]) -> None:
        """SIGKILL while messages are here that could not be written: none may have been acknowledged."""
        self._limit_files(NO_ROOM_BYTES)
        threading.Event().wait(FULL_S)
        self.kill_gateway(pause)

    def start_on_full_disk(self, pause: Callable[[], None]) -> None:
        """SIGKILL, and a start that finds no room: it waits by itself until there is some."""
        self.end_gateway(signal.SIGKILL)
        waited = self.log().count('"waiting_for_room"')
        self.start_gateway()
        self._limit_files(NO_ROOM_BYTES)
        wait_until(lambda: self.log().count('"waiting_for_room"') > waited, label="the wait for room")
        pause()
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, most_bytes: int) -> None:
        """Limit the receiving process first: a worker that it starts from then on has its limit."""
        if self._process is None:
            return
        limit = (most_bytes, resource.RLIM_INFINITY)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limit)
        for pid in self._workers():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)

    def cut_network(self, pause: Callable[[], None]) -> None:
        """The way between gateway and broker ends and comes back."""
        self.proxy.cut()
        pause()
        self.proxy.mend()

    def jump_clock(self, pause: Callable[[], None]) -> None:
        """The gateway's clock is a month ahead, or a month behind."""
        ahead = self._offset.read_text(encoding="utf-8") == "0"
        self._offset.write_text(str(40 * 86_400 if ahead else 0), encoding="utf-8")
        pause()

    def _workers(self) -> list[int]:
        if self._process is None:
            return []
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text(encoding="utf-8").split()]

    # One round, and what must hold after it.

    def round(self, faults: list[str], chance: random.Random) -> None:
        """Send from all nodes, hurt the site at random moments, and check that nothing is lost or doubled."""
        never = threading.Event()
        self._broker_killed = False
        for sender in (*self.nodes, self.foreign):
            sender.go()
        for fault in faults:
            never.wait(chance.uniform(0.05, 0.6))
            FAULTS[fault](self, lambda: never.wait(chance.uniform(0.0, 0.6)))
            self.outcome.faults[fault] = self.outcome.faults.get(fault, 0) + 1
        never.wait(chance.uniform(0.05, 0.3))
        for sender in (*self.nodes, self.foreign):
            sender.hold()
        self.outcome.rounds += 1
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"the gateway has ended by itself: {self.log()[-2000:]}")
        self._next_contact()
        self._account()

    def _next_contact(self) -> None:
        """Record once more on each node, as on each later contact, until all that they made is here."""
        wait_until(
            lambda: all(node.client.is_connected() for node in self.nodes), label="the nodes' connection"
        )
        for number in range(CONTACTS_MOST):
            for node in self.nodes:
                node.made += 1
            with suppress(TimeoutError):
                wait_until(lambda: self.missing() == 0, CONTACT_S * (1 + number / 4))
                break
        else:
            raise LostError(
                f"{self.missing()} records are missing after {CONTACTS_MOST} more contacts; "
                f"the ledger has taken {self._record_count()} of {self._journaled()} messages; "
                f"refused beyond a budget: {self.refused()}"
            )
        wait_until(lambda: not self.foreign.waiting, label="the broker's acknowledgements")
        # A Mosquitto that was killed has forgotten for good what it did not save, and the others came in
        # order before the nodes' last. NATS forgets nothing, and sends again after a while.
        if self._broker_killed and isinstance(self.broker, Mosquitto):
            return
        with suppress(TimeoutError):
            wait_until(lambda: not self._foreign_lost(), label="the foreign messages")

    def missing(self) -> int:
        """Records that nodes have made and the store does not hold."""
        rows = dict(
            self._sql(
                "SELECT s.node, count(*) FROM keys k JOIN sources s ON s.id = k.source "
                "WHERE s.epoch = ? AND k.record IS NOT NULL GROUP BY 1",
                EPOCH,
            )
        )
        return sum(node.made - rows.get(node.name, 0) for node in self.nodes)

    def refused(self) -> int:
        """Rows of the journal that count messages beyond a budget, which are not lost but never kept."""
        counted = "SELECT count(*) FROM message WHERE topic = ?"
        return sum(
            rows_of(month, counted, EXCESS_TOPIC)[0][0] for month in months(self.settings.data.journal)
        )

    def _record_count(self) -> int:
        return sum(position for (position,) in self._sql("SELECT position FROM cursors WHERE name='ledger'"))

    def _journaled(self) -> int:
        newest = "SELECT coalesce(max(number), 0) FROM message"
        return max((rows_of(month, newest)[0][0] for month in months(self.settings.data.journal)), default=0)

    def settle(self) -> None:
        """Wait until the ledger has taken all that is journaled."""
        wait_until(lambda: self._record_count() == self._journaled(), label="the ledger")

    def _account(self) -> None:
        record_count = sum(node.made for node in self.nodes)
        [(rows, distinct)] = self._sql(
            "SELECT count(*), count(DISTINCT s.node || ':' || r.seq) FROM timeline t "
            "JOIN records r ON r.id = t.id JOIN origins o ON o.id = r.origin "
            "JOIN sources s ON s.id = o.source WHERE s.epoch = ?",
            EPOCH,
        )
        lost = self._foreign_lost()
        outcome = self.outcome
        outcome.made = record_count
        outcome.lost = record_count - distinct
        outcome.doubled = rows - distinct
        again, outcome.sent_again = outcome.sent_again, sum(node.sent_again for node in self.nodes)
        outcome.sent_again_without_broker_kill += 0 if self._broker_killed else outcome.sent_again - again
        outcome.foreign = len(self.foreign.acknowledged)
        outcome.foreign_lost += lost
        outcome.foreign_lost_without_broker_kill += 0 if self._broker_killed else lost
        # Each loss is counted once.
        self.foreign.acknowledged &= self._foreign_journaled()

    def _foreign_journaled(self) -> set[bytes]:
        payloads = "SELECT payload FROM message WHERE topic LIKE 'garden/%'"
        return {row for month in months(self.settings.data.journal) for (row,) in rows_of(month, payloads)}

    def _foreign_lost(self) -> int:
        return len(self.foreign.acknowledged - self._foreign_journaled())

    def foreign_doubled(self) -> int:
        """Records of the foreign device beyond one in each series for each message that is journaled."""
        [(rows,)] = self._sql(
            "SELECT count(*) FROM timeline t JOIN origins o ON o.id = t.origin "
            "JOIN sources s ON s.id = o.source WHERE s.node = ?",
            FOREIGN,
        )
        return rows - RECORDS_A_FOREIGN_MESSAGE * len(self._foreign_journaled())

    def influx_count(self, node: str) -> int:
        """Points of a node in InfluxDB, once its follower has finished the table of records."""
        assert self.influxdb is not None
        assert self.bucket is not None
        # What is checked among its neighbours becomes a revision, which the follower has to write, too.
        at_rest = (
            "SELECT count(*) FROM cursors WHERE name IN ('influxdb', 'watched') "
            "AND position = (SELECT max(id) FROM records)"
        )
        wait_until(lambda: self._sql(at_rest) == [(2,)], label="InfluxDB")
        arguments = urlencode(
            {"db": self.bucket.name, "q": f"SELECT count(air_temperature) FROM air WHERE node='{node}'"}
        )
        [result] = self.influxdb.request("GET", f"/query?{arguments}")["results"]
        return int(result["series"][0]["values"][0][1])

    def verified(self) -> tuple[str, ...]:
        """Problems of the journal."""
        with JournalReader(self.settings.data.journal) as journal:
            return journal.verify().problems

    def _sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return rows_of(self.settings.data.store / "records.sqlite", statement, *values)


FAULTS: dict[str, Callable[[KillSite, Callable[[], None]], None]] = {
    "gateway killed": KillSite.kill_gateway,
    "workers killed": KillSite.kill_worker,
    "broker killed": KillSite.kill_broker,
    "InfluxDB killed": KillSite.kill_influxdb,
    "disk full": KillSite.fill_disk,
    "killed on a full disk": KillSite.kill_on_full_disk,
    "started on a full disk": KillSite.start_on_full_disk,
    "network cut": KillSite.cut_network,
    "clock jumped": KillSite.jump_clock,
}
