"""What a client with a good certificate cannot make either broker hold: limits of the generated files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from brokers.certified import GATEWAY, GATEWAYS, NOW, PLACES, Party, broker_tls, copy_in_place, is_refused
from brokers.certified import Site as Parties
from real_parts import LOOPBACK, Server, free_port, port_answers, real_part, wait_until
from sera_gateway.security.authority import Authority
from sera_gateway.security.broker_files import (
    CONNECTIONS_MOST,
    MEMORY_BYTES_MOST,
    PAYLOAD_BYTES_MOST,
    SESSION_DAYS_MOST,
    STORED_BYTES_MOST,
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
    nats_settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., "Running"]

DATA = "sera/v1/oak/elm-1/data"
OTHER = "sera/v1/oak/elm/data"


@dataclass
class Running:
    """A broker of generated files at work, and its clients."""

    server: Server
    folder: Path
    parties: Parties

    def party(self, name: str, **how: object) -> Party:
        return self.parties.party(name, **how)

    def stored_bytes(self) -> int:
        return sum(path.stat().st_size for path in (self.folder / "messages").rglob("*") if path.is_file())

    def memory_bytes(self) -> int:
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:  # noqa: PTH123
            line = next(line for line in file if line.startswith("VmRSS:"))
        return 1024 * int(line.split()[1])


@dataclass
class Endpoint:
    port: int


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a broker; each limit that is named is replaced by a smaller one, so that a test reaches it."""
    started: list[Running] = []

    def begin(kind: str, **changes: str) -> Running:
        folder, port = tmp_path / "broker", free_port()
        for inner in ("messages", "ports"):
            (folder / inner).mkdir(parents=True)
        authority = Authority.open(tmp_path / "authority", lambda: NOW)
        tls = copy_in_place(broker_tls(authority), folder)
        if kind == "mosquitto":
            text = mosquitto_settings(folder, LOOPBACK, port, tls, user="root")
            (folder / "rights.acl").write_text(mosquitto_rights(PLACES, GATEWAYS), encoding="utf-8")
        else:
            text = nats_settings(folder, LOOPBACK, port, tls)
            (folder / "rights.conf").write_text(nats_rights(PLACES, GATEWAYS), encoding="utf-8")
        for line in changes.values():
            before, after = line.split(" -> ")
            assert before in text
            text = text.replace(before, after)
        (folder / "broker.conf").write_text(text, encoding="utf-8")
        program = real_part("mosquitto" if kind == "mosquitto" else "nats-server")
        server = Server((program, "-c", folder / "broker.conf"), folder, lambda: port_answers(port)).start()
        started.append(Running(server, folder, Parties(Endpoint(port), authority, tmp_path)))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for running in started:
        running.parties.close()
        running.server.kill()


@pytest.mark.parametrize("kind", ["nats", "mosquitto"])
def test_a_message_of_64_kb_arrives_and_a_longer_one_ends_the_connection(start: Start, kind: str) -> None:
    running = start(kind)
    gateway = running.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    node = running.party("elm-1").connect()
    node.publish(DATA, b"x" * PAYLOAD_BYTES_MOST)
    gateway.wait(lambda: len(gateway.received) == 1)
    node.client.publish(DATA, b"y" * (2 * PAYLOAD_BYTES_MOST), qos=1, retain=True)
    node.wait(lambda: node.ended)
    node.close()
    running.party("elm").connect().publish(OTHER, b"next")
    gateway.wait(lambda: len(gateway.received) == 2)
    assert [len(payload) for _, payload in gateway.received] == [PAYLOAD_BYTES_MOST, 4]
    late = running.party("gateway-2").connect()
    late.subscribe("sera/#")
    running.party("elm").connect().publish(OTHER, b"last")
    late.wait(lambda: bool(late.received))
    assert late.received == [(OTHER, b"last")]


@pytest.mark.parametrize("kind", ["nats", "mosquitto"])
def test_beyond_the_most_connections_nobody_is_let_in_until_one_leaves(start: Start, kind: str) -> None:
    colon = ":" if kind == "nats" else ""
    line = f"max_connections{colon} {CONNECTIONS_MOST}"
    running = start(kind, connections=f"{line} -> max_connections{colon} 3")
    names = ("elm", "elm-1", "elm-2")
    inside = [running.party(name).connect() for name in names]
    assert is_refused(running.party(GATEWAY))
    inside[0].close()
    wait_until(lambda: not is_refused(running.party(GATEWAY)), label="the place that is free")


def test_nats_keeps_no_more_on_disk_than_it_may(start: Start) -> None:
    running = start("nats", stored=f"max_file_store: {STORED_BYTES_MOST} -> max_file_store: 2000000")
    gateway = running.party(GATEWAY, client_id="lasting", clean=False).connect()
    gateway.subscribe("sera/#")
    gateway.close()
    node = running.party("elm-1").connect()
    for _ in range(100):
        node.client.publish(DATA, b"x" * 60_000, qos=1)
    node.wait(lambda: node.ended)
    node.close()
    assert running.stored_bytes() < 4_000_000


def test_mosquitto_takes_no_more_memory_than_it_may_and_lives_on(start: Start) -> None:
    limit = 8_000_000
    running = start("mosquitto", memory=f"memory_limit {MEMORY_BYTES_MOST} -> memory_limit {limit}")
    gateway = running.party(GATEWAY, clean=False).connect()
    gateway.subscribe("sera/#")
    gateway.close()
    before = running.memory_bytes()
    node = running.party("elm-1").connect()
    for _ in range(400):
        node.client.publish(DATA, b"x" * 60_000, qos=1)
    node.wait(lambda: node.ended)
    node.close()
    assert running.memory_bytes() - before < 3 * limit
    again = running.party(GATEWAY, clean=False).connect()
    again.wait(lambda: len(again.received) >= 10)


def test_a_session_of_nats_whose_client_stays_away_keeps_no_messages_any_more(start: Start) -> None:
    threshold = "consumer_inactive_threshold: "
    running = start("nats", session=f'{threshold}"{24 * SESSION_DAYS_MOST}h" -> {threshold}"2s"')
    absent = running.party("elm-1", client_id="made-up-7", clean=False).connect()
    absent.subscribe("sera/v1/oak/elm-1/have")
    consumers = running.folder / "messages" / "jetstream" / "$G" / "streams" / "$MQTT_msgs" / "obs"
    assert len(list(consumers.iterdir())) == 1
    absent.close()
    wait_until(lambda: not list(consumers.iterdir()), label="the end of what it subscribed to")
