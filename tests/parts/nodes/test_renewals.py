"""A certificate comes to a node over its own connection: both brokers, both interpreters."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from firmware.node_process import cpython
from firmware.node_runs import contacts
from gateway_parts import Log
from real_parts import LOOPBACK, Server, free_port, port_answers, real_part, wait_until
from sera_command.errors import ExitCode
from sera_command.installation.boards import certificate_der, key_der
from sera_command.installation.installation import Installation
from sera_command.installation.renewals import finish_renewals
from sera_command.main import main
from sera_gateway.config import DataSettings, GatewayIdentity, GatewaySettings
from sera_gateway.mqtt.renewals import CONFIRMED, REFUSED, WAITING, read_renewals
from sera_gateway.security.broker_files import (
    NodePlace,
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
    nats_settings,
)
from sera_gateway.service import Gateway
from sera_store.registry.entities import Community, Garden, Node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE, COMMUNITY = "elm-a1", "elm"


@pytest.fixture(params=["mosquitto", "nats-server"])
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """An installation with one node that has its first certificate."""
    installation = Installation(tmp_path / "data")
    with installation.store() as store:
        store.registry.put(Community(COMMUNITY), since_s=0, by="a test")
        garden = Garden("elm-yard", COMMUNITY, None, "Elm", 51.45, -2.59, "Europe/London")
        store.registry.put(garden, since_s=0, by="a test")
        store.registry.put(Node(NODE, "elm-yard"), since_s=0, by="a test")
    installation.authority.issue("node", NODE)
    return installation


@contextmanager
def broker(program: str, installation: Installation, folder: Path, generations: int) -> Iterator[int]:
    """Run a broker with the files that Sera writes, which lets so many generations of the node in."""
    port, tls = free_port(), installation.broker_tls((LOOPBACK,))
    nodes = [NodePlace(f"{NODE}.{number}", COMMUNITY) for number in range(1, generations + 1)]
    gateways = installation.gateways()
    for inner in ("messages", "ports"):
        (folder / inner).mkdir(parents=True)
    if program == "mosquitto":
        text = mosquitto_settings(folder, LOOPBACK, port, tls, user="root")
        (folder / "rights.acl").write_text(mosquitto_rights(nodes, gateways), encoding="utf-8")
    else:
        text = nats_settings(folder, LOOPBACK, port, tls)
        (folder / "rights.conf").write_text(nats_rights(nodes, gateways), encoding="utf-8")
    (folder / "broker.conf").write_text(text, encoding="utf-8")
    server = Server((real_part(program), "-c", folder / "broker.conf"), folder, lambda: port_answers(port))
    server.start()
    try:
        yield port
    finally:
        server.kill()


@contextmanager
def gateway(installation: Installation, port: int, log: Log) -> Iterator[Gateway]:
    settings = GatewaySettings(
        broker=installation.gateway_broker(LOOPBACK, port),
        gateway=GatewayIdentity(communities=(COMMUNITY,)),
        data=DataSettings(folder=str(installation.folder)),
    )
    running, stop = Gateway(settings, log, time.time_ns, time.monotonic, {}), threading.Event()
    thread = threading.Thread(target=running.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: "ready" in log.events(), label="the gateway")
        yield running
    finally:
        stop.set()
        thread.join(120)
        running.close()


def board(installation: Installation, folder: Path) -> dict[str, Any]:
    """The broker's part of a board's settings, and its files."""
    issued = installation.authority.good(NODE)[0]
    folder.mkdir()
    files = {
        "ca": (installation.authority.path_of(installation.authority.trust.name).read_bytes()),
        "cert": installation.authority.path_of(issued.certificate).read_bytes(),
        "key": installation.authority.path_of(issued.key).read_bytes(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {
        "tls": {name: str(folder / name) for name in files},
        "client_id": issued.client_id,
        "generation": issued.generation,
    }


def rotate(installation: Installation, log: Log) -> None:
    assert main(["node", "rotate", NODE, "--data", str(installation.folder)]) == ExitCode.DONE
    wait_until(lambda: "renewals_ordered" in log.events(), label="the order")


def state(installation: Installation) -> str:
    return read_renewals(installation.folder)[NODE].state


@pytest.mark.parametrize("kind", ["cpython", "micropython"])
def test_a_certificate_is_brought_tried_confirmed_and_the_one_before_shut_out(
    program: str, kind: str, installation: Installation, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    interpreter = cpython()
    if kind == "micropython":
        # A Pico W's heap while TLS holds its part of the memory.
        interpreter = [str(request.getfixturevalue("micropython")), "-X", "heapsize=160K"]
    log = Log()
    with (
        broker(program, installation, tmp_path / "broker", 2) as port,
        gateway(installation, port, log),
    ):
        rotate(installation, log)
        assert state(installation) == WAITING
        reports = contacts(interpreter, tmp_path, port, 4, **board(installation, tmp_path / "board"))
        assert [contact["worked"] for contact in reports] == [True] * 4
        assert [contact["certificate"] for contact in reports] == [[1, 0, 0], [2, 1, 0], [2, 0, 0], [2, 0, 0]]
        wait_until(lambda: state(installation) == CONFIRMED, label="the confirmation")
    renewal = read_renewals(installation.folder)[NODE]
    assert (renewal.key, renewal.cert) == ("", "")
    [issued] = [record for record in installation.authority.good(NODE) if record.generation == 2]
    key = key_der(installation, issued)
    with installation.store() as store:
        assert finish_renewals(installation, store) == [NODE]
        assert finish_renewals(installation, store) == []
    assert [record.generation for record in installation.authority.good(NODE)] == [2]
    assert not installation.authority.path_of(issued.key).exists()
    # What is secret stands in no journal, no log, and no file of the broker.
    text = key_text(key)
    for path in [path for path in tmp_path.rglob("*") if path.is_file() and "node" not in path.parts]:
        assert text not in path.read_bytes(), path


def key_text(key: bytes) -> bytes:
    """A part of a key as base64 writes it, wherever it begins in a line."""
    import base64

    return base64.b64encode(key)[60:100]


@pytest.mark.parametrize("program", ["nats-server"])
def test_a_certificate_that_the_broker_does_not_let_in_is_returned_from(
    program: str, installation: Installation, tmp_path: Path
) -> None:
    log = Log()
    with (
        broker(program, installation, tmp_path / "broker", 1) as port,
        gateway(installation, port, log),
    ):
        rotate(installation, log)
        reports = contacts(cpython(), tmp_path, port, 6, **board(installation, tmp_path / "board"))
        assert [contact["worked"] for contact in reports] == [True, False, False, False, True, True]
        assert [contact["certificate"] for contact in reports][4:] == [[1, 2, 2], [1, 0, 2]]
        wait_until(lambda: state(installation) == REFUSED, label="the refusal")
    assert len(installation.authority.good(NODE)) == 2
    assert certificate_der(installation, installation.authority.good(NODE)[0])[1] > time.time()
