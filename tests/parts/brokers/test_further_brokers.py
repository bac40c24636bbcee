"""Brokers of others beside the own one: heard by name, each with a session, and without anything of Sera."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest
from paho.mqtt import publish

from gateway_parts import NOW_NS, Log, batch, data_topic, plant, row, rows_of
from real_parts import LOOPBACK, Mosquitto, Nats, wait_until
from sera_gateway.config import BrokerSettings, DataSettings, FurtherBroker, GatewaySettings
from sera_gateway.journal.journal import JournalReader
from sera_gateway.service import Gateway
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sera_gateway.journal.message import Entry

pytestmark = pytest.mark.mosquitto
NODE = "node-a"
USER, PASSWORD = "sera", "rain barrel"


@pytest.fixture
def further_broker(new_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> Mosquitto:
    """Somebody else's Mosquitto, which asks for user and password."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True)
    return new_mosquitto(settings=f"per_listener_settings false\npassword_file {passwords}\n")


def further(folder: Path, name: str, broker: Mosquitto, *subscribe: str, password: str = "") -> FurtherBroker:
    file = folder / f"{name}-password"
    file.write_text(f"{password}\n")
    user = {"user": USER, "password_file": str(file)} if password else {}
    return FurtherBroker(name=name, url=broker.url, subscribe=subscribe, keepalive_s=2, **user)


def settings_of(folder: Path, own: str, *brokers: FurtherBroker) -> GatewaySettings:
    settings = GatewaySettings(
        broker=BrokerSettings(url=own), data=DataSettings(folder=str(folder / "data")), brokers=brokers
    )
    with Store.open(settings.data.store) as store:
        plant(store, [NODE])
    return settings


@contextmanager
def running(settings: GatewaySettings, log: Log) -> Iterator[Gateway]:
    gateway, stop = Gateway(settings, log, lambda: NOW_NS, time.monotonic, {}), threading.Event()
    thread = threading.Thread(target=gateway.run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: "ready" in log.events(), label="the own broker")
        yield gateway
    finally:
        stop.set()
        thread.join(120)
        gateway.close()
        assert not thread.is_alive()


def send(broker: Mosquitto | Nats, topic: str, payload: bytes, password: str = "") -> None:
    auth = {"username": USER, "password": password} if password else None
    publish.single(topic, payload, qos=1, hostname=LOOPBACK, port=broker.port, auth=auth)


def journaled(settings: GatewaySettings) -> list[Entry]:
    with JournalReader(settings.data.journal) as journal:
        return journal.read(0, 1_000)


def topics(settings: GatewaySettings) -> list[str]:
    return sorted(entry.topic for entry in journaled(settings))


def test_each_message_is_journaled_with_the_name_of_its_broker_and_kept_once(
    mosquitto: Mosquitto, further_broker: Mosquitto, tmp_path: Path
) -> None:
    home = further(tmp_path, "home", further_broker, "zigbee2mqtt/+", password=PASSWORD)
    settings = settings_of(tmp_path, mosquitto.url, home)
    with running(settings, Log()) as gateway:
        wait_until(lambda: not gateway.figures()["further_brokers_away"], label="the other broker")
        send(further_broker, "zigbee2mqtt/bed-1", b'{"soil_moisture": 31}', PASSWORD)
        send(mosquitto, data_topic(NODE), batch([row(1, 14.5)]))
        wait_until(lambda: len(journaled(settings)) == 2, label="both messages")
    # Its session waits for the gateway, and what was acknowledged does not come again.
    send(further_broker, "zigbee2mqtt/bed-1", b'{"soil_moisture": 32}', PASSWORD)
    with running(settings, Log()):
        wait_until(lambda: len(journaled(settings)) == 3, label="what waited")
        send(mosquitto, data_topic(NODE), batch([row(2, 14.5)]))
        wait_until(lambda: len(journaled(settings)) == 4, label="one more")
    assert topics(settings) == [
        "home/zigbee2mqtt/bed-1", "home/zigbee2mqtt/bed-1", data_topic(NODE), data_topic(NODE)
    ]  # fmt: skip
    entries = journaled(settings)
    assert len({entry.connection for entry in entries}) == 4, "two brokers, each connected twice"
    assert {entry.mid >= 65_536 for entry in entries if entry.topic.startswith("home/")} == {True}


def test_nothing_under_sera_exists_on_another_broker(
    mosquitto: Mosquitto, new_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    further_broker = new_mosquitto()
    settings = settings_of(tmp_path, mosquitto.url, further(tmp_path, "city", further_broker, "#"))
    with running(settings, Log()) as gateway:
        wait_until(lambda: not gateway.figures()["further_brokers_away"], label="the other broker")
        send(further_broker, data_topic(NODE), batch([row(1, 99.0)]))
        send(mosquitto, data_topic(NODE), batch([row(1, 14.5)]))
        database = settings.data.store / "records.sqlite"
        wait_until(lambda: len(journaled(settings)) == 2, label="both messages")
        wait_until(lambda: rows_of(database, "SELECT seq FROM records") == [(1,)], label="the record")
        wait_until(lambda: gateway.figures()["dead_letters_waiting"] == 1, label="the dead letter")
    with Store.open(settings.data.store) as store:
        [stored] = list(store.records.changes(0, 10))
        assert stored.record.values == (14.5,)
        [letter] = store.dead_letters.list()
    assert letter.topic == f"city/{data_topic(NODE)}"


def test_a_broker_that_is_away_or_refuses_holds_nobody(
    mosquitto: Mosquitto, further_broker: Mosquitto, new_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    away = new_mosquitto()
    away.kill()
    password_file = tmp_path / "home-password"
    home = further(tmp_path, "home", further_broker, "garden/+", password="wrong")
    settings = settings_of(tmp_path, mosquitto.url, home, further(tmp_path, "city", away, "garden/+"))
    log = Log()
    with running(settings, log) as gateway:
        wait_until(lambda: "broker_refuses" in log.events(), label="the refusal")
        wait_until(lambda: "broker_unreachable" in log.events(), label="the broker that is away")
        send(mosquitto, data_topic(NODE), batch([row(1, 14.5)]))
        wait_until(lambda: topics(settings) == [data_topic(NODE)], label="the node's message")
        assert gateway.figures()["further_brokers_away"] == 2
        # Both are tried again by themselves, with the password as the file has it then.
        password_file.write_text(f"{PASSWORD}\n")
        away.start()
        wait_until(lambda: not gateway.figures()["further_brokers_away"], label="both brokers")
        send(further_broker, "garden/a", b"1", PASSWORD)
        send(away, "garden/a", b"2")
        wait_until(lambda: len(journaled(settings)) == 3, label="both messages")
    assert topics(settings) == ["city/garden/a", "home/garden/a", data_topic(NODE)]


@pytest.mark.nats
def test_the_own_broker_may_be_nats_and_the_same_topic_stands_apart(
    nats: Nats, further_broker: Mosquitto, tmp_path: Path
) -> None:
    home = further(tmp_path, "home", further_broker, "garden/+", password=PASSWORD)
    plain = settings_of(tmp_path, nats.url, home)
    identity = msgspec.structs.replace(plain.gateway, subscribe=("garden/+",))
    settings = msgspec.structs.replace(plain, gateway=identity)
    with running(settings, Log()) as gateway:
        wait_until(lambda: not gateway.figures()["further_brokers_away"], label="the other broker")
        send(nats, "garden/a", b"1")
        send(further_broker, "garden/a", b"2", PASSWORD)
        wait_until(lambda: len(journaled(settings)) == 2, label="both messages")
    assert topics(settings) == ["garden/a", "home/garden/a"]
