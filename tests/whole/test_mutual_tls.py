"""The whole way over mutual TLS: nodes with 160 KB, both brokers with the files Sera writes, the gateway."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from firmware.shipped import virtual_board
from real_parts import LOOPBACK, Server, free_port, port_answers, real_part, wait_until
from season_way import Way
from sera_command.boards.processes import Boards
from sera_command.start.demo import plan as planning
from sera_gateway.config import BrokerSettings
from sera_gateway.security.authority import Authority
from sera_gateway.security.broker_files import (
    BrokerTls,
    NodePlace,
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
    nats_settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GATEWAY = "gateway-1"
HEAP = "heapsize=160K"


class TlsWay(Way):
    """A season of a few nodes whose every connection is proved by certificates on both sides."""

    def __init__(self, folder: Path, port: int, authority: Authority) -> None:
        super().__init__(folder, port)
        self._authority = authority
        own = files_of(authority, "gateway", GATEWAY)
        broker = BrokerSettings(
            url=f"mqtts://{LOOPBACK}:{port}",
            client_id=GATEWAY,
            ca_file=own["ca"],
            cert_file=own["cert"],
            key_file=own["key"],
        )
        self.settings = msgspec.structs.replace(self.settings, broker=broker)

    def boards(self, interpreter: Path) -> Boards:
        # As bytecode, as on a board: compiled here, the sources would take the small heap apart.
        paths = virtual_board()
        written = planning.boards(self.season, self.plan, (LOOPBACK, self.port), has_littlefs=True)
        for board in written:
            settings = json.loads(board.settings.read_text(encoding="utf-8"))
            settings["paths"] = paths
            settings["broker"]["tls"] = files_of(self._authority, "node", board.node)
            board.settings.write_text(json.dumps(settings), encoding="utf-8")
        return Boards((str(interpreter), "-X", HEAP), planning.board_script(), written)


def files_of(authority: Authority, kind: Any, name: str) -> dict[str, str]:
    issued = authority.current(kind, name)
    return {
        "ca": str(authority.trust),
        "cert": str(authority.path_of(issued.certificate)),
        "key": str(authority.path_of(issued.key)),
    }


def start_broker(
    program: str, folder: Path, authority: Authority, nodes: list[NodePlace]
) -> tuple[Server, int]:
    """Start a broker as `sera broker files` sets it up for these nodes."""
    port = free_port()
    issued = authority.current("broker", "sera-broker", (LOOPBACK,))
    tls = BrokerTls(
        authority.path_of(issued.certificate),
        authority.path_of(issued.key),
        authority.trust,
        authority.revoked,
    )
    for inner in ("messages", "ports"):
        (folder / inner).mkdir(parents=True)
    if program == "mosquitto":
        text = mosquitto_settings(folder, LOOPBACK, port, tls, user="root")
        (folder / "rights.acl").write_text(mosquitto_rights(nodes, [f"{GATEWAY}.1"]), encoding="utf-8")
    else:
        text = nats_settings(folder, LOOPBACK, port, tls)
        (folder / "rights.conf").write_text(nats_rights(nodes, [f"{GATEWAY}.1"]), encoding="utf-8")
    (folder / "broker.conf").write_text(text, encoding="utf-8")
    server = Server((real_part(program), "-c", folder / "broker.conf"), folder, lambda: port_answers(port))
    return server.start(), port


@pytest.fixture(params=["mosquitto", "nats-server"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TlsWay]:
    authority = Authority.open(tmp_path / "authority", lambda: datetime.now(UTC))
    planned = Way(tmp_path / "planned", 1)
    nodes = [NodePlace(f"{node.id}.1", planned.season.community.id) for node in planned.season.nodes]
    planned.store.close()
    server, port = start_broker(request.param, tmp_path / "broker", authority, nodes)
    try:
        yield TlsWay(tmp_path / "way", port, authority)
    finally:
        server.kill()


def test_every_record_of_every_node_is_accounted_for(way: TlsWay, micropython: Path) -> None:
    with way.store, way.gateway(), way.boards(micropython) as boards:
        way.await_home(boards)
        wait_until(lambda: way.account().closes, 60, "the account to close")
        account = way.account()
    assert account.made > 1000
    assert (account.missing, account.lost, account.duplicated, account.invented) == (0, 0, 0, 0)
    # One reading of a sensor that the vocabulary does not have is the season's own doing.
    assert account.stored + account.undated + account.dead_lettered == account.made
    assert account.dead_lettered == 1
