"""A gateway in processes of its own for the benchmark, with what it needs registered, and how it is doing."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gateway_load import FILTER, node
from gateway_parts import months, plant, rows_of
from real_parts import InfluxDB, Mosquitto, Nats, wait_until
from sera_command.installation import parts
from sera_command.installation.gateway_process import running_gateway
from sera_gateway.config import (
    UNBUDGETED,
    BrokerSettings,
    DataSettings,
    GatewayIdentity,
    GatewaySettings,
    InfluxSettings,
)
from sera_gateway.families.mapping_files import shipped
from sera_gateway.security.embedded_broker import PROCESSORS, PROCESSORS_VARIABLE
from sera_store.store import Store

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import ExitStack

    from real_parts import Bucket

LIMIT_S = 600.0
GLANCE_S = 0.02
# A gateway that has loaded what it needs takes less than this share of a processor while nothing comes.
SETTLED_S = 0.5
SETTLED_SHARE = 0.1
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Each change on its own disk sector would measure the broker instead of the gateway.
RELAXED = "autosave_on_changes false\nautosave_interval 1800"


@dataclass
class Progress:
    """How far a running gateway is, read past the code that wrote it."""

    data: DataSettings
    pid: int = 0

    def journaled(self) -> int:
        """Messages that are safe."""
        newest = "SELECT coalesce(max(number), 0) FROM message"
        return max((rows_of(month, newest)[0][0] for month in months(self.data.journal)), default=0)

    def position(self, name: str) -> int:
        """How far a cursor is."""
        rows = rows_of(
            self.data.store / "records.sqlite", "SELECT position FROM cursors WHERE name = ?", name
        )
        return rows[0][0] if rows else 0

    def last_change(self) -> int:
        """Read the number of the newest row of the table of records."""
        newest = "SELECT coalesce(max(id), 0) FROM records"
        return int(rows_of(self.data.store / "records.sqlite", newest)[0][0])

    def memory_mb(self) -> list[float]:
        """Resident memory of the receiving process and of its workers [MB]."""
        return [resident_mb(pid) for pid in processes(self.pid)]

    def settle(self) -> None:
        """Wait until all processes have loaded what they need, as is done for Telegraf."""

        def is_settled() -> bool:
            before_s = sum(self.cpu_s())
            time.sleep(SETTLED_S)
            return sum(self.cpu_s()) - before_s < SETTLED_SHARE * SETTLED_S

        wait_until(is_settled, LIMIT_S, "a gateway that has nothing to do any more")

    def cpu_s(self) -> list[float]:
        """Processor time of the receiving process and of its workers so far [s]."""
        return [cpu_s(pid) for pid in processes(self.pid)]


def processes(pid: int) -> list[int]:
    """List a process and its children."""
    children = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(int(child) for pids in children for child in pids)]


def resident_mb(pid: int) -> float:
    """Resident memory of a process [MB]; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(pid: int) -> float:
    """Processor time of a process so far [s]."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
    return 0.0


class Services(NamedTuple):
    """A broker and, where there is one, an InfluxDB, in a folder of their own."""

    folder: Path
    broker: Mosquitto | Nats
    influxdb: InfluxDB | None

    def services_s(self, load: subprocess.Popen[bytes]) -> float:
        """Processor time of all that any gateway here needs, so far [s]."""
        pids = [self.broker.pid, load.pid] + ([self.influxdb.pid] if self.influxdb else [])
        return sum(map(cpu_s, pids))


class NatsAsServed(Nats):
    """A NATS server with as many processors as `sera up` gives it."""

    def __init__(self, program: Path, folder: Path, settings: str = "") -> None:
        super().__init__(program, folder, settings)
        self.command = ["env", f"{PROCESSORS_VARIABLE}={PROCESSORS}", *self.command]


def start_services(
    stack: ExitStack, kind: type[Mosquitto | Nats] = Mosquitto, *, influx: bool = False
) -> Services:
    """Start what one measurement needs."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
    program = parts.require("mosquitto" if kind is Mosquitto else "nats-server")
    broker = kind(program, folder / "broker", RELAXED if kind is Mosquitto else "").start()
    stack.callback(broker.kill)
    influxd = parts.find("influxd") if influx else None
    if influxd is None:
        return Services(folder, broker, None)
    influxdb = InfluxDB(influxd.path, folder / "influxdb").start()
    stack.callback(influxdb.kill)
    influxdb.set_up()
    return Services(folder, broker, influxdb)


def settings_in(folder: Path, url: str, bucket: Bucket | None) -> GatewaySettings:
    """Make the settings of a gateway that hears the foreign family, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    influxdb = InfluxSettings()
    if bucket is not None:
        token = folder / "token"
        token.write_text(bucket.token, encoding="utf-8")
        influxdb = InfluxSettings(
            url=bucket.url, org=bucket.organisation, bucket=bucket.name, token_file=str(token)
        )
    return GatewaySettings(
        broker=BrokerSettings(url=url),
        gateway=GatewayIdentity(subscribe=(FILTER,)),
        data=DataSettings(folder=str(folder / "data")),
        influxdb=influxdb,
        budget=UNBUDGETED,
    )


def register(settings: GatewaySettings, nodes: int, further: Sequence[str] = ()) -> None:
    """Enter the nodes and the family's table in the registry."""
    with Store.open(settings.data.store) as store:
        plant(store, [*map(node, range(nodes)), *further])
        store.registry.put(shipped("garden-obs"), since_s=0, by="a benchmark")


@contextmanager
def gateway(settings: GatewaySettings) -> Iterator[Progress]:
    """Run a gateway while the body runs."""
    folder = Path(settings.data.folder).parent
    with running_gateway(settings, folder / "gateway.toml", folder / "gateway.log") as process:
        yield Progress(settings.data, process.pid)


def reach(condition: Callable[[], bool], what: str) -> float:
    """Wait until a condition holds, checking rarely enough not to disturb, and return the time [s]."""
    wait_until(lambda: condition() or time.sleep(GLANCE_S), LIMIT_S, what)
    return time.perf_counter()
