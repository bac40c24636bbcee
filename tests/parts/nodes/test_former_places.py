"""What a node that moves to another community left retained at its old place goes: on both brokers."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from brokers.certified import Party
from gateway_parts import Log
from real_parts import LOOPBACK, Server, free_port, port_answers, real_part, wait_until
from sera_command.installation.installation import Installation
from sera_gateway.config import DataSettings, GatewayIdentity, GatewaySettings
from sera_gateway.security.broker_files import (
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
    nats_settings,
)
from sera_gateway.service import Gateway
from sera_store.registry.belonging import former_communities
from sera_store.registry.entities import Community, Garden, Node
from sera_vocabulary import services, topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE = "elm-a1"
OTHER = "elm-b2"
LEFT = f"sera/v1/oak/{NODE}"
STAYS = f"sera/v1/oak/{OTHER}"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Two communities, and two nodes in a garden of the first."""
    installation = Installation(tmp_path / "data")
    with installation.store() as store:
        for name in ("oak", "ash"):
            store.registry.put(Community(name), since_s=0, by="a test")
            garden = Garden(f"{name}-yard", name, None, name, 51.45, -2.59, "Europe/London")
            store.registry.put(garden, since_s=0, by="a test")
        for node in (NODE, OTHER):
            store.registry.put(Node(node, "oak-yard"), since_s=0, by="a test")
            installation.authority.issue("node", node)
    return installation


@contextmanager
def broker(program: str, installation: Installation, folder: Path) -> Iterator[int]:
    """Run a broker with the files that Sera writes for the registry once the node has moved."""
    port, tls = free_port(), installation.broker_tls((LOOPBACK,))
    with installation.store() as store:
        places, former = installation.places(store.registry), {NODE: ["oak"]}
    gateways = installation.gateways()
    for inner in ("messages", "ports"):
        (folder / inner).mkdir(parents=True)
    if program == "mosquitto":
        text = mosquitto_settings(folder, LOOPBACK, port, tls, user="root")
        rights = mosquitto_rights(places, gateways, ["oak", "ash"], former=former)
        (folder / "rights.acl").write_text(rights, encoding="utf-8")
    else:
        text = nats_settings(folder, LOOPBACK, port, tls)
        rights = nats_rights(places, gateways, communities=["oak", "ash"], former=former)
        (folder / "rights.conf").write_text(rights, encoding="utf-8")
    (folder / "broker.conf").write_text(text, encoding="utf-8")
    server = Server((real_part(program), "-c", folder / "broker.conf"), folder, lambda: port_answers(port))
    server.start()
    try:
        yield port
    finally:
        server.kill()


@contextmanager
def gateway(installation: Installation, port: int, log: Log) -> Iterator[None]:
    settings = GatewaySettings(
        broker=installation.gateway_broker(LOOPBACK, port),
        gateway=GatewayIdentity(communities=("oak", "ash")),
        data=DataSettings(folder=str(installation.folder)),
    )
    running, stop = Gateway(settings, log, time.time_ns, time.monotonic, {}), threading.Event()
    thread = threading.Thread(target=running.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: "ready" in log.events(), label="the gateway")
        yield
    finally:
        stop.set()
        thread.join(120)
        running.close()


def party(installation: Installation, port: int, holder: str) -> Party:
    """A client with the certificate of a node, or of the gateway."""
    issued, path_of = installation.authority.good(holder)[-1], installation.authority.path_of
    client = Party(
        port, installation.authority.trust, path_of(issued.certificate), path_of(issued.key), issued.client_id
    )
    return client.connect()


def leave_messages(installation: Installation, port: int) -> None:
    """Let both nodes say what a broker keeps of them."""
    for node in (NODE, OTHER):
        speaker = party(installation, port, node)
        for channel in (topics.STATUS, topics.PROBES):
            speaker.publish(topics.topic("oak", node, channel), b'{"v":1}', retain=True)
        speaker.close()


def retained_topics(installation: Installation, port: int) -> set[str]:
    """Topics of which the broker keeps something; what stays is asked for after what was left."""
    reader = party(installation, port, services.GATEWAY)
    reader.subscribe(f"{LEFT}/#")
    reader.subscribe(f"{STAYS}/#")
    reader.wait(lambda: {f"{STAYS}/status", f"{STAYS}/probes"} <= {name for name, _ in reader.received})
    reader.close()
    return {name for name, payload in reader.received if payload}


def move(installation: Installation) -> None:
    with installation.store() as store:
        store.registry.put(Node(NODE, "ash-yard"), since_s=1, by="a test")


@pytest.mark.parametrize("program", ["mosquitto", "nats-server"])
@pytest.mark.parametrize("is_running", [True, False], ids=["while the gateway runs", "before it starts"])
def test_what_a_moved_node_left_retained_is_cleared_and_nothing_else(
    installation: Installation, tmp_path: Path, program: str, *, is_running: bool
) -> None:
    with broker(program, installation, tmp_path / "broker") as port:
        leave_messages(installation, port)
        assert {f"{LEFT}/status", f"{LEFT}/probes"} <= retained_topics(installation, port)
        log = Log()
        if not is_running:
            move(installation)
        with gateway(installation, port, log):
            if is_running:
                move(installation)
            wait_until(lambda: "former_places_cleared" in log.events(), label="the clearing")
        left = retained_topics(installation, port)
    assert {f"{STAYS}/status", f"{STAYS}/probes"} <= left
    assert not [name for name in left if name.startswith(f"{LEFT}/")]


def test_the_rights_of_the_gateway_name_what_it_may_clear_and_no_more(installation: Installation) -> None:
    def gateway_rights() -> tuple[str, str]:
        with installation.store() as store:
            places, former = installation.places(store.registry), former_communities(store.registry)
        own = installation.gateways()
        nats = nats_rights(places, own, former=former).splitlines()
        name = next(index for index, line in enumerate(nats) if f'"CN={own[0]}"' in line)
        blocks = mosquitto_rights(places, own, former=former).split("\n\n")
        return nats[name + 1], next(block for block in blocks if block.startswith(f"user {own[0]}\n"))

    before = gateway_rights()
    assert not any(NODE in text for text in before)
    move(installation)
    nats, mosquitto = gateway_rights()
    assert [line for line in mosquitto.splitlines() if NODE in line] == [
        f"topic write {LEFT}/status",
        f"topic write {LEFT}/probes",
    ]
    assert f'"sera.v1.oak.{NODE}.status", "sera.v1.oak.{NODE}.probes"' in nats
    assert f"{NODE}.data" not in nats
    with installation.store() as store:
        # It came back: it speaks there again.
        store.registry.put(Node(NODE, "oak-yard"), since_s=2, by="a test")
        assert former_communities(store.registry) == {NODE: frozenset({"ash"})}
        assert f"sera.v1.ash.{NODE}.status" in installation.rights(store.registry)
