"""Brokers with the generated files, and clients with certificates that remember what they were sent."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import paho.mqtt.client as mqtt
from cryptography import x509
from paho.mqtt.enums import CallbackAPIVersion

from real_parts import free_port, port_answers, wait_until
from sera_gateway.security.broker_files import (
    BrokerTls,
    NodePlace,
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_gateway.security.authority import Authority
    from sera_gateway.security.embedded_broker import EmbeddedBroker

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GATEWAY = "gateway-1"
# Common names of their certificates.
GATEWAYS = ["gateway-1.1", "gateway-2.1"]
PAGES = "pages.1"
# `elm` could write as `elm-1` if a right were a prefix; the third lives in another community.
PLACES = [NodePlace("elm.1", "oak"), NodePlace("elm-1.1", "oak"), NodePlace("elm-2.1", "oak-elm")]
BROKER_HOSTS = ["localhost", "127.0.0.1"]
WAIT_S = 120.0


class Broker(Protocol):
    """What a test needs to know of either broker."""

    port: int

    def renew(self, places: list[NodePlace]) -> None: ...

    def renew_certificate(self, authority: Authority) -> None: ...


@dataclass
class Party:
    """One MQTT client with a certificate, that remembers what it was sent."""

    port: int
    trust: Path
    certificate: Path | None = None
    key: Path | None = None
    name: str = "somebody"
    client_id: str = ""
    clean: bool = True
    will: tuple[str, bytes] | None = None
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.news = threading.Condition()
        self.connected: object | None = None
        self.ended = False
        self.acknowledged: set[int] = set()
        self.granted: set[int] = set()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=self.client_id or self.name, clean_session=self.clean
        )
        if self.will:
            self.client.will_set(*self.will, qos=1, retain=True)
        # The brokers under test share a folder with others; no proxy, no name look-up.
        context = ssl.create_default_context(cafile=str(self.trust))
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        self.client.tls_set_context(context)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_publish = lambda _c, _u, mid, _r, _p: self._tell(lambda: self.acknowledged.add(mid))
        self.client.on_subscribe = lambda _c, _u, mid, _r, _p: self._tell(lambda: self.granted.add(mid))
        self.client.on_disconnect = lambda *_: self._tell(lambda: setattr(self, "ended", True))

    def _tell(self, change: Callable[[], object]) -> None:
        with self.news:
            change()
            self.news.notify_all()

    def _on_connect(self, _client: object, _data: object, _flags: object, reason: object, _p: object) -> None:
        self._tell(lambda: setattr(self, "connected", reason))

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        self._tell(lambda: self.received.append((message.topic, message.payload)))

    def wait(self, condition: Callable[[], bool]) -> None:
        with self.news:
            assert self.news.wait_for(condition, WAIT_S), f"{self.name} waited in vain; has {self.received}"

    def connect(self) -> Party:
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()
        self.wait(lambda: self.connected is not None)
        assert self.connected == "Success"
        return self

    def subscribe(self, pattern: str, qos: int = 1) -> None:
        mid = self.client.subscribe(pattern, qos)[1]
        self.wait(lambda: mid in self.granted or self.ended)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        mid = self.client.publish(topic, payload, qos=1, retain=retain).mid
        self.wait(lambda: mid in self.acknowledged or self.ended)

    def die(self) -> None:
        """Break the connection off, as a node without power does: the broker then speaks its last will."""
        self.client.loop_stop()
        sock = self.client.socket()
        if sock is not None:
            sock.close()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@dataclass
class Site:
    """A broker with its authority."""

    broker: Broker
    authority: Authority
    folder: Path
    parties: list[Party] = field(default_factory=list)

    def close(self) -> None:
        for party in self.parties:
            party.close()

    def forge(self, name: str, topic: str, *, retain: bool = False) -> None:
        """Publish once under a name's certificate, as a client that then leaves."""
        forger = self.party(name).connect()
        forger.publish(topic, b"forged", retain=retain)
        forger.close()

    def party(self, name: str, *, authority: Authority | None = None, **how: Any) -> Party:
        issuer = authority or self.authority
        kind = "gateway" if f"{name}.1" in GATEWAYS else "service" if f"{name}.1" == PAGES else "node"
        issued = issuer.current(kind, name)
        return self.party_with(issuer.path_of(issued.certificate), issuer.path_of(issued.key), name, **how)

    def party_again(self, party: Party) -> Party:
        return self.party_with(party.certificate, party.key, party.name)

    def served_serial(self) -> int:
        """Return which certificate the broker shows."""
        name = ssl.get_server_certificate(("127.0.0.1", self.broker.port))
        return x509.load_pem_x509_certificate(name.encode()).serial_number

    def party_with(self, certificate: Path | None, key: Path | None, name: str, **how: Any) -> Party:
        party = Party(self.broker.port, self.authority.trust, certificate, key, name, **how)
        self.parties.append(party)
        return party


@dataclass
class NatsBroker:
    embedded: EmbeddedBroker

    @property
    def port(self) -> int:
        return self.embedded.port

    def renew(self, places: list[NodePlace]) -> None:
        self.embedded.renew(rights=nats_rights(places, GATEWAYS, pages=PAGES))

    def renew_certificate(self, authority: Authority) -> None:
        authority.issue("broker", "sera-broker", BROKER_HOSTS)
        self.embedded.renew(tls=broker_tls(authority))


@dataclass
class Mosquitto:
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def renew(self, places: list[NodePlace]) -> None:
        (self.folder / "rights.acl").write_text(mosquitto_rights(places, GATEWAYS, pages=PAGES))
        self.process.send_signal(signal.SIGHUP)

    def renew_certificate(self, authority: Authority) -> None:
        authority.issue("broker", "sera-broker", BROKER_HOSTS)
        tls = broker_tls(authority)
        copy_in_place(tls, self.folder)
        self.process.send_signal(signal.SIGHUP)


def without(places: list[NodePlace], node: str) -> list[NodePlace]:
    """The places of all other nodes."""
    return [place for place in places if place.node != node]


def broker_tls(authority: Authority) -> BrokerTls:
    issued = authority.current("broker", "sera-broker", BROKER_HOSTS)
    return BrokerTls(
        authority.path_of(issued.certificate),
        authority.path_of(issued.key),
        authority.trust,
        authority.revoked,
    )


def copy_in_place(tls: BrokerTls, folder: Path) -> BrokerTls:
    """Mosquitto reads its certificate again on SIGHUP, but under the path that it was started with."""
    (folder / "broker.crt").write_bytes(tls.certificate.read_bytes())
    (folder / "broker.key").write_bytes(tls.key.read_bytes())
    return BrokerTls(folder / "broker.crt", folder / "broker.key", tls.trust, tls.revoked)


def start_mosquitto(folder: Path, authority: Authority, program: Path) -> Mosquitto:
    (folder / "messages").mkdir(parents=True)
    port = free_port()
    account = "root" if os.geteuid() == 0 else "mosquitto"
    (folder / "rights.acl").write_text(mosquitto_rights(PLACES, GATEWAYS, pages=PAGES))
    tls = copy_in_place(broker_tls(authority), folder)
    text = mosquitto_settings(folder, "127.0.0.1", port, tls, user=account)
    (folder / "mosquitto.conf").write_text(text)
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([str(program), "-c", str(folder / "mosquitto.conf")], stderr=log)
    wait_until(lambda: port_answers(port) or process.poll() is not None, label="mosquitto")
    assert process.poll() is None, (folder / "mosquitto.log").read_text()
    return Mosquitto(folder, port, process)


def is_refused(party: Party) -> bool:
    """Return whether a party is not let in: in the handshake, or with its first packet."""
    try:
        party.client.connect("127.0.0.1", party.port)
    except OSError:
        return True
    party.client.loop_start()
    party.wait(lambda: party.ended or party.connected is not None)
    return party.connected != "Success"
