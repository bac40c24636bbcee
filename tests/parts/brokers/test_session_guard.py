"""Client ids are bound to certificates on the embedded broker, seen at real connections and sessions."""

from __future__ import annotations

import json
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from brokers.certified import (
    BROKER_HOSTS,
    GATEWAY,
    GATEWAYS,
    NOW,
    PLACES,
    NatsBroker,
    Party,
    Site,
    broker_tls,
)
from gateway_parts import Log
from real_parts import wait_until
from sera_gateway.config import BudgetSettings
from sera_gateway.errors import ConnectionEndedError
from sera_gateway.security.authority import Authority
from sera_gateway.security.broker_files import CONNECTIONS_MOST, CONNECTIONS_SUBJECT, nats_rights
from sera_gateway.security.credentials import write_credentials
from sera_gateway.security.embedded_broker import EmbeddedBroker
from sera_gateway.security.guarded_clients import CertifiedClients
from sera_gateway.security.nats_client import NatsClient
from sera_gateway.security.session_guard import SessionGuard
from sera_gateway.security.suspensions import FIRST_S, Suspensions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats]

DATA = "sera/v1/oak/elm-1/data"
LIMITS = BudgetSettings(messages_at_once=500)
STREAMS = {"$MQTT_msgs": 1_000_000, "$MQTT_rmsgs": 500_000, "$MQTT_qos2in": 500_000}


class Clock:
    """A clock of intervals that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Guarded:
    """A broker with a guard, and parties that connect under the client id of a certificate."""

    def __init__(
        self,
        broker: EmbeddedBroker,
        authority: Authority,
        folder: Path,
        suspensions: Suspensions,
        clock: Clock,
    ) -> None:
        self.broker = broker
        self.clock = clock
        self.site = Site(NatsBroker(broker), authority, folder)
        self.log = Log()
        own = write_credentials(
            authority, authority.current("service", "session-guard"), folder / "credentials"
        )
        self.own = own
        self.guard = SessionGuard(
            broker, CertifiedClients(authority, own), self.log, suspensions, STREAMS, clock
        )

    def client_id(self, name: str) -> str:
        kind = "gateway" if f"{name}.1" in GATEWAYS else "node"
        return self.site.authority.current(kind, name).client_id

    def party(self, name: str, client_id: str | None = None, *, clean: bool = True) -> Party:
        drawn = client_id or self.client_id(name)
        return self.site.party(name, client_id=drawn, clean=clean).connect()

    def lets_in(self, name: str) -> bool:
        party = self.site.party(name, client_id=self.client_id(name))
        try:
            party.connect()
        except (OSError, AssertionError):
            return False
        finally:
            party.close()
        return True

    def sessions(self) -> int:
        folder = self.broker.folder / "messages" / "jetstream" / "$G" / "streams" / "$MQTT_msgs" / "obs"
        return len(list(folder.iterdir())) if folder.exists() else 0

    def stored_bytes(self) -> int:
        folder = self.broker.folder / "messages"
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    authority = Authority.open(tmp_path / "authority", lambda: NOW)
    guard = authority.issue("service", "session-guard", BROKER_HOSTS).name
    clock = Clock()
    suspensions = Suspensions(LIMITS, clock)

    def rights() -> str:
        places = [place for place in PLACES if place.name not in suspensions.names()]
        return nats_rights(places, GATEWAYS, guard)

    with EmbeddedBroker(tmp_path / "broker", tls=broker_tls(authority), rights=rights) as broker:
        created = Guarded(broker, authority, tmp_path, suspensions, clock)
        yield created
        created.site.close()


def test_a_node_under_its_own_client_id_is_left_alone(guarded: Guarded) -> None:
    gateway = guarded.party(GATEWAY, clean=False)
    gateway.subscribe("sera/#")
    node = guarded.party("elm-1")
    assert guarded.guard.look() == []
    node.publish(DATA, b"reading")
    gateway.wait(lambda: gateway.received == [(DATA, b"reading")])
    assert not node.ended
    gateway.close()
    assert guarded.guard.look() == []
    node.publish(DATA, b"later")
    again = guarded.party(GATEWAY, clean=False)
    again.wait(lambda: (DATA, b"later") in again.received)


def test_a_node_that_takes_another_nodes_session_is_shut_out_and_reported_by_its_certificate(
    guarded: Guarded,
) -> None:
    stolen = guarded.client_id("elm")
    thief = guarded.party("elm-1", stolen)
    thief.client.reconnect_delay_set(60, 60)
    (foreign,) = guarded.guard.look()
    assert foreign.user == "elm-1.1"
    thief.wait(lambda: thief.ended)
    victim = guarded.party("elm")
    assert guarded.guard.look() == []
    victim.publish("sera/v1/oak/elm/data", b"reading")
    assert not victim.ended
    reported = str(guarded.log.lines)
    assert "elm-1.1" in reported
    assert stolen not in reported


def test_sessions_of_made_up_client_ids_end(guarded: Guarded) -> None:
    for client_id in ("made-up-1", "made-up-2", "elm", 'é"\\/@<', "x" * 60_000):
        party = guarded.party("elm-1", client_id, clean=False)
        party.subscribe("sera/v1/oak/elm-1/have")
        party.close()
    assert guarded.sessions() == 5
    guarded.guard.look()
    wait_until(lambda: guarded.sessions() == 0, label="the end of the sessions")


def test_a_session_does_not_outlive_its_revoked_certificate(guarded: Guarded) -> None:
    node = guarded.party("elm-1", clean=False)
    node.subscribe("sera/v1/oak/elm-1/have")
    node.close()
    guarded.guard.look()
    assert guarded.sessions() == 1
    guarded.site.authority.revoke("elm-1", "stolen")
    guarded.guard.look()
    wait_until(lambda: guarded.sessions() == 0, label="the end of the session")


def test_a_flood_while_the_gateway_is_away_fills_no_disk_and_the_gateway_gets_in_again(
    guarded: Guarded,
) -> None:
    gateway = guarded.party(GATEWAY, clean=False)
    gateway.subscribe("sera/#")
    gateway.close()
    guarded.guard.look()
    node = guarded.party("elm-1")
    for qos in (1, 2):
        for _ in range(60):
            node.client.publish(DATA, b"x" * 60_000, qos=qos)
    node.wait(lambda: node.ended)
    node.close()
    assert guarded.stored_bytes() < 3 * sum(STREAMS.values())
    again = guarded.party(GATEWAY, clean=False)
    again.wait(lambda: len(again.received) >= 10)
    other = guarded.party("elm")
    other.publish("sera/v1/oak/elm/data", b"reading")
    again.wait(lambda: ("sera/v1/oak/elm/data", b"reading") in again.received)


def _flood(party: Party, messages: int) -> None:
    sent = {party.client.publish(DATA, b"flood", qos=1).mid for _ in range(messages)}
    party.wait(lambda: sent <= party.acknowledged)


def test_a_node_far_beyond_its_budget_is_shut_out_for_a_while_and_the_others_are_not(
    guarded: Guarded,
) -> None:
    hostile, good = guarded.party("elm-1"), guarded.party("elm")
    hostile.client.reconnect_delay_set(60, 60)
    guarded.guard.look()
    _flood(hostile, 990)
    guarded.guard.look()
    assert not hostile.ended
    _flood(hostile, 20)
    guarded.guard.look()
    hostile.wait(lambda: hostile.ended)
    assert [line for line in guarded.log.lines if "node_suspended" in str(line) and "elm-1.1" in str(line)]
    hostile.close()
    assert not guarded.lets_in("elm-1")
    good.publish("sera/v1/oak/elm/data", b"reading")
    assert not good.ended
    guarded.clock.now_s += FIRST_S + 1
    guarded.guard.look()
    # The server reads its rights a moment after it is told.
    wait_until(lambda: guarded.lets_in("elm-1"), label="the end of the suspension")
    again = guarded.party("elm-1")
    again.publish(DATA, b"reading")
    guarded.guard.look()
    assert not again.ended


def test_a_node_that_connects_anew_for_each_burst_is_shut_out_too(guarded: Guarded) -> None:
    # The server's list has no ended connections; what a look meets of each adds up.
    for _ in range(6):
        party = guarded.party("elm-1")
        _flood(party, 200)
        guarded.guard.look()
        party.close()
    assert "node_suspended" in str(guarded.log.lines)


def test_a_gateway_is_never_suspended(guarded: Guarded) -> None:
    gateway = guarded.party(GATEWAY)
    for _ in range(1_200):
        gateway.client.publish("sera/v1/oak/elm-1/have", b"{}", qos=0)
    gateway.publish("sera/v1/oak/elm-1/have", b"{}")
    guarded.guard.look()
    assert "node_suspended" not in str(guarded.log.lines)
    assert not gateway.ended


def test_a_broker_that_was_started_again_is_guarded_again(guarded: Guarded) -> None:
    guarded.party(GATEWAY)
    guarded.guard.look()
    guarded.broker.stop()
    with pytest.raises(ConnectionEndedError, match="does not run"):
        guarded.guard.look()
    guarded.broker.start()
    thief = guarded.party("elm-1", guarded.client_id("elm"))
    assert [foreign.user for foreign in guarded.guard.look()] == ["elm-1.1"]
    thief.wait(lambda: thief.ended)


def test_a_key_that_is_used_from_two_addresses_by_turns_is_reported(guarded: Guarded) -> None:
    guarded.party(GATEWAY)
    for turn in range(4):
        party = guarded.site.party("elm-1", client_id=guarded.client_id("elm-1"))
        party.client.connect("127.0.0.1", party.port, bind_address=f"127.0.0.{turn % 2 + 1}")
        party.client.loop_start()
        party.wait(lambda party=party: party.connected == "Success")
        assert guarded.guard.look() == []
        assert ("key_in_two_places" in guarded.log.events()) is (turn == 3)
        party.close()
    assert "elm-1.1" in str(guarded.log.lines)
    assert guarded.client_id("elm-1") not in str(guarded.log.lines)


def server_connections(guarded: Guarded) -> set[int]:
    """The server's numbers of the connections in its own protocol, but for the one that asks."""
    (port_file,) = (guarded.broker.folder / "ports").glob(f"*_{guarded.broker.pid}.ports")
    port = int(json.loads(port_file.read_bytes())["nats"][0].rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(guarded.site.authority.trust))
    context.load_cert_chain(guarded.own.pem)
    with NatsClient(port, context) as client:
        rows = client.request(CONNECTIONS_SUBJECT, limit=CONNECTIONS_MOST)["data"]["connections"]
    numbers = sorted(row["cid"] for row in rows if not row.get("mqtt_client"))
    return set(numbers[:-1])


def test_one_connection_serves_all_looks_and_is_closed_in_the_end(guarded: Guarded) -> None:
    guarded.guard.look()
    connections = server_connections(guarded)
    assert len(connections) == 1
    guarded.guard.look()
    assert server_connections(guarded) == connections
    guarded.guard.close()
    wait_until(lambda: server_connections(guarded) == set(), label="the end of the connection")


def test_a_guard_whose_key_was_replaced_shows_the_new_one(guarded: Guarded) -> None:
    guarded.guard.look()
    authority = guarded.site.authority
    new = authority.issue("service", "session-guard", BROKER_HOSTS)
    write_credentials(authority, new, guarded.own.pem.parent)
    guarded.broker.renew(rights=nats_rights(PLACES, GATEWAYS, new.name))
    authority.revoke("session-guard", "leaked", before=new.generation)
    assert guarded.guard.look() == []
    thief = guarded.party("elm-1", guarded.client_id("elm"))
    assert [foreign.user for foreign in guarded.guard.look()] == ["elm-1.1"]
    thief.wait(lambda: thief.ended)


def test_a_connection_that_has_ended_is_opened_again_within_the_same_look(guarded: Guarded) -> None:
    guarded.guard.look()
    assert guarded.guard._client is not None
    guarded.guard._client._socket.shutdown(socket.SHUT_RDWR)
    thief = guarded.party("elm-1", guarded.client_id("elm"))
    assert [foreign.user for foreign in guarded.guard.look()] == ["elm-1.1"]
    thief.wait(lambda: thief.ended)
