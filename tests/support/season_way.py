"""A season of a few nodes on the way from flash to store, through a real gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from real_parts import wait_until
from sera_command.boards.processes import Boards
from sera_command.installation.gateway_process import running_gateway
from sera_command.simulated.registering import register
from sera_command.start.demo import plan as planning
from sera_command.start.demo.accounting import accounts
from sera_gateway.config import BrokerSettings, DataSettings, GatewayIdentity, GatewaySettings, InfluxSettings
from sera_simulator.flash import keys_on_flash
from sera_simulator.world.season import season
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Bucket

DAYS = 2
NODES = 3


class Way:
    """A season of a few nodes on the way from flash to store, over one broker."""

    def __init__(self, folder: Path, port: int, bucket: Bucket | None = None) -> None:
        self.plan = planning.DemoPlan(days=DAYS, nodes=NODES, seed=3, out=folder)
        self.season = season(gardens=1, nodes=NODES, days=DAYS, seed=3)
        self.port = port
        self.store = Store.open(self.plan.data / "store")
        register(self.season, self.store)
        influx = InfluxSettings()
        if bucket is not None:
            token = folder / "token"
            token.write_text(bucket.token, encoding="utf-8")
            influx = InfluxSettings(
                url=bucket.url, org=bucket.organisation, bucket=bucket.name, token_file=str(token)
            )
        self.settings = GatewaySettings(
            broker=BrokerSettings(url=f"mqtt://127.0.0.1:{port}"),
            gateway=GatewayIdentity(have_interval_s=0.2),
            data=DataSettings(folder=str(self.plan.data)),
            influxdb=influx,
        )
        self.runs = 0

    def gateway(self) -> Any:
        self.runs += 1
        log = self.plan.data / f"gateway-{self.runs}.log"
        return running_gateway(self.settings, self.plan.data / "gateway.toml", log)

    def boards(self, interpreter: Path) -> Boards:
        written = planning.boards(self.season, self.plan, ("127.0.0.1", self.port), has_littlefs=True)
        return Boards((str(interpreter), "-X", "heapsize=196K"), planning.board_script(), written)

    def account(self) -> Any:
        flashes = {
            node.id: keys_on_flash(planning.flash_path(self.plan, node.id, has_littlefs=True))
            for node in self.season.nodes
        }
        return accounts(flashes, self.store)

    def arrived(self) -> int:
        counts = self.store.records.counts()
        return counts.stored + counts.undated + counts.dead_lettered

    def await_home(self, boards: Boards) -> None:
        wait_until(lambda: boards.are_done, 120, "all nodes to end")
        record_count = sum(board.report["made"] for board in boards.all)
        try:
            wait_until(lambda: self.arrived() >= record_count, 120, "all records to arrive")
        except TimeoutError as error:
            raise TimeoutError(
                f"{error}: {self.store.records.counts()}, {self._last_said(boards)}"
            ) from error

    def _last_said(self, boards: Boards) -> str:
        """Return what nodes and gateway said last, for somebody who asks why records are missing."""
        logs = [*(board.log for board in boards.all), self.plan.data / f"gateway-{self.runs}.log"]
        said = [f"{log.name}: {log.read_text(encoding='utf-8')[-2000:]}" for log in logs]
        return "\n".join([*(f"{board.node}: {board.report}" for board in boards.all), *said])
