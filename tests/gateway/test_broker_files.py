"""Rights by certificate on both brokers, shown at the receiver's end; names with hyphens on purpose."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from paho.mqtt.enums import CallbackAPIVersion

from real_parts import free_port, port_answers, wait_until
from sera_command import parts
from sera_gateway.authority import Authority
from sera_gateway.broker_files import (
    BrokerTls,
    NodePlace,
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
)
from sera_gateway.embedded_broker import EmbeddedBroker
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Write = Callable[[list[NodePlace], list[str]], str]

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GATEWAY = "gateway-1"
GATEWAYS = [GATEWAY, "gateway-2"]
# `elm` could write as `elm-1` if a right were a prefix; the third lives in another community.
PLACES = [NodePlace("elm", "oak"), NodePlace("elm-1", "oak"), NodePlace("elm-2", "oak-elm")]
BROKER_HOSTS = ["localhost", "127.0.0.1"]
WAIT_S = 15.0


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
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.news = threading.Condition()
        self.connected: object | None = None
        self.ended = False
        self.acknowledged: set[int] = set()
        self.granted: set[int] = set()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.name)
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

    def forge(self, name: str, topic: str) -> None:
        """Publish once under a name's certificate, as a client that then leaves."""
        forger = self.party(name).connect()
        forger.publish(topic, b"forged")
        forger.close()

    def party(self, name: str, *, authority: Authority | None = None) -> Party:
        issuer = authority or self.authority
        issued = issuer.current("gateway" if name in GATEWAYS else "node", name)
        return self.party_with(issuer.path_of(issued.certificate), issuer.path_of(issued.key), name)

    def party_again(self, party: Party) -> Party:
        return self.party_with(party.certificate, party.key, party.name)

    def served_serial(self) -> int:
        """Tell which certificate the broker shows."""
        name = ssl.get_server_certificate(("127.0.0.1", self.broker.port))
        return x509.load_pem_x509_certificate(name.encode()).serial_number

    def party_with(self, certificate: Path | None, key: Path | None, name: str) -> Party:
        party = Party(self.broker.port, self.authority.trust, certificate, key, name)
        self.parties.append(party)
        return party


@dataclass
class NatsBroker:
    embedded: EmbeddedBroker

    @property
    def port(self) -> int:
        return self.embedded.port

    def renew(self, places: list[NodePlace]) -> None:
        self.embedded.renew(rights=nats_rights(places, GATEWAYS))

    def renew_certificate(self, authority: Authority) -> None:
        authority.issue("broker", "broker", BROKER_HOSTS)
        self.embedded.renew(tls=broker_tls(authority))


@dataclass
class Mosquitto:
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def renew(self, places: list[NodePlace]) -> None:
        (self.folder / "rights.acl").write_text(mosquitto_rights(places, GATEWAYS))
        self.process.send_signal(signal.SIGHUP)

    def renew_certificate(self, authority: Authority) -> None:
        authority.issue("broker", "broker", BROKER_HOSTS)
        tls = broker_tls(authority)
        copy_in_place(tls, self.folder)
        self.process.send_signal(signal.SIGHUP)


def broker_tls(authority: Authority) -> BrokerTls:
    issued = authority.current("broker", "broker", BROKER_HOSTS)
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
    (folder / "rights.acl").write_text(mosquitto_rights(PLACES, GATEWAYS))
    tls = copy_in_place(broker_tls(authority), folder)
    text = mosquitto_settings(folder, "127.0.0.1", port, tls, user=account)
    (folder / "mosquitto.conf").write_text(text)
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([str(program), "-c", str(folder / "mosquitto.conf")], stderr=log)
    wait_until(lambda: port_answers(port) or process.poll() is not None, what="mosquitto")
    assert process.poll() is None, (folder / "mosquitto.log").read_text()
    return Mosquitto(folder, port, process)


@pytest.fixture(params=["nats", "mosquitto"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    authority = Authority.open(tmp_path / "authority", lambda: NOW)
    request.getfixturevalue(f"new_{request.param}")  # skips where the machine lacks it
    if request.param == "nats":
        rights = nats_rights(PLACES, GATEWAYS)
        with EmbeddedBroker(tmp_path / "broker", tls=broker_tls(authority), rights=rights) as embedded:
            made = Site(NatsBroker(embedded), authority, tmp_path)
            yield made
            made.close()
    else:
        program = parts.find("mosquitto")
        assert program is not None
        mosquitto = start_mosquitto(tmp_path / "broker", authority, program.path)
        made = Site(mosquitto, authority, tmp_path)
        yield made
        made.close()
        mosquitto.process.kill()
        mosquitto.process.wait()


def is_refused(party: Party) -> bool:
    """Tell whether a party is not let in: in the handshake, or with its first packet."""
    try:
        party.client.connect("127.0.0.1", party.port)
    except OSError:
        return True
    party.client.loop_start()
    party.wait(lambda: party.ended or party.connected is not None)
    return party.connected != "Success"


def test_a_node_reaches_the_gateway_and_the_gateway_reaches_the_node(site: Site) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/v1/+/+/data")
    node = site.party("elm-1").connect()
    node.subscribe("sera/v1/oak/elm-1/have")
    node.publish("sera/v1/oak/elm-1/data", b"reading")
    gateway.wait(lambda: gateway.received == [("sera/v1/oak/elm-1/data", b"reading")])
    gateway.publish("sera/v1/oak/elm-1/have", b"thanks", retain=True)
    node.wait(lambda: node.received == [("sera/v1/oak/elm-1/have", b"thanks")])


@pytest.mark.parametrize(
    "foreign",
    [
        "sera/v1/oak/elm/data",
        "sera/v1/oak/elm-2/data",
        "sera/v1/oak-elm/elm-1/data",
        "sera/v1/oak-elm/elm-2/status",
        "sera/v1/oak/elm-1/have",
        "sera/v1/oak/elm-1/config",
        "sera/v1/oak/elm-1/update",
        "sera/v1/oak/elm-1/data/more",
        "other/topic",
    ],
)
def test_a_node_cannot_publish_anything_but_its_own_up_channels(site: Site, foreign: str) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    site.forge("elm-1", foreign)
    node = site.party("elm-1").connect()
    for channel in topics.UP_CHANNELS:
        node.publish(f"sera/v1/oak/elm-1/{channel}", b"own")
    gateway.wait(lambda: len(gateway.received) >= len(topics.UP_CHANNELS))
    assert sorted(gateway.received) == sorted(
        (f"sera/v1/oak/elm-1/{up}", b"own") for up in topics.UP_CHANNELS
    )


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize(
    "foreign",
    [
        "sera/v1/oak/elm/data",
        "sera/v1/oak/+/have",
        "sera/#",
        "#",
        "$MQTT/#",
        "$MQTT/msgs/#",
        "$SYS/#",
        "$JS/#",
    ],
)
def test_a_node_cannot_read_what_others_say(site: Site, foreign: str, qos: int) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/v1/+/+/data")
    listener = site.party("elm-1").connect()
    listener.subscribe(foreign, qos)
    if listener.ended:
        return
    listener.subscribe("sera/v1/oak/elm-1/have")
    speaker = site.party("elm").connect()
    speaker.subscribe("sera/v1/oak/elm/have")
    speaker.publish("sera/v1/oak/elm/data", b"private")
    gateway.wait(lambda: len(gateway.received) == 1)
    gateway.publish("sera/v1/oak/elm/have", b"for elm")
    speaker.wait(lambda: len(speaker.received) == 1)
    for number in (b"1", b"2"):
        gateway.publish("sera/v1/oak/elm-1/have", number)
    own = [("sera/v1/oak/elm-1/have", b"1"), ("sera/v1/oak/elm-1/have", b"2")]
    listener.wait(lambda: set(own) <= set(listener.received))
    assert set(listener.received) == set(own)


def test_without_a_certificate_there_is_no_entry(site: Site) -> None:
    assert is_refused(site.party_with(None, None, "nobody"))


def test_a_certificate_of_another_authority_gives_no_entry(site: Site) -> None:
    foreign = Authority.open(site.folder / "foreign", lambda: NOW)
    assert is_refused(site.party("elm-1", authority=foreign))


def test_an_expired_certificate_gives_no_entry(site: Site) -> None:
    site.authority._now = lambda: datetime.now(UTC) - timedelta(days=21 * 365)
    issued = site.authority.issue("node", "elm-1")
    path_of = site.authority.path_of
    assert is_refused(site.party_with(path_of(issued.certificate), path_of(issued.key), "elm-1"))


def test_a_name_without_rights_gives_no_entry_on_nats_and_no_word_on_mosquitto(site: Site) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/#")
    stranger = site.party("ash-9")
    if not is_refused(stranger):
        stranger.publish("sera/v1/oak/ash-9/data", b"forged")
        site.party("elm-1").connect().publish("sera/v1/oak/elm-1/data", b"own")
        gateway.wait(lambda: bool(gateway.received))
        assert gateway.received == [("sera/v1/oak/elm-1/data", b"own")]


def test_the_brokers_own_certificate_gives_no_entry(site: Site) -> None:
    tls = broker_tls(site.authority)
    assert is_refused(site.party_with(tls.certificate, tls.key, "broker"))


def test_a_gateway_cannot_speak_for_a_node(site: Site) -> None:
    listener = site.party("gateway-2").connect()
    listener.subscribe("sera/#")
    site.forge(GATEWAY, "sera/v1/oak/elm-1/data")
    site.party("elm-1").connect().publish("sera/v1/oak/elm-1/data", b"own")
    listener.wait(lambda: bool(listener.received))
    assert listener.received == [("sera/v1/oak/elm-1/data", b"own")]


def test_a_revoked_node_has_no_entry_once_the_files_are_renewed(site: Site) -> None:
    node = site.party("elm-1").connect()
    site.authority.revoke("elm-1", "stolen")
    site.broker.renew([place for place in PLACES if place.node not in site.authority.revoked_names()])
    if isinstance(site.broker, NatsBroker):
        node.wait(lambda: node.ended)
    node.close()
    wait_until(lambda: is_refused(site.party_again(node)), 5, what="refusal")
    assert is_refused(site.party_again(node))
    site.party("elm").connect()


def test_a_node_that_joins_later_gets_in_without_disturbing_the_others(site: Site) -> None:
    gateway = site.party(GATEWAY).connect()
    gateway.subscribe("sera/v1/+/+/data")
    site.broker.renew([*PLACES, NodePlace("ash-9", "oak")])
    wait_until(lambda: not is_refused(site.party("ash-9")), what="ash-9 is let in")
    gateway.ended = False
    site.party("ash-9").connect().publish("sera/v1/oak/ash-9/data", b"first")
    gateway.wait(lambda: gateway.received == [("sera/v1/oak/ash-9/data", b"first")])
    assert not gateway.ended


def test_the_brokers_certificate_is_renewed_without_an_end(site: Site) -> None:
    before = site.served_serial()
    site.broker.renew_certificate(site.authority)
    wait_until(lambda: site.served_serial() != before, what="another certificate is served")
    site.party("elm-1").connect()
