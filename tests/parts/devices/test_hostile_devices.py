"""Hostile devices at the broker for devices: flooding, others' client ids, long packets."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from brokers.password_device import PasswordDevice, device
from gateway_parts import Log
from real_parts import LOOPBACK, wait_until
from sera_gateway.config import BudgetSettings
from sera_gateway.security.broker_files import PACKET_BYTES_MOST
from sera_gateway.security.device_clients import CLIENT_IDS_MOST, DeviceClients
from sera_gateway.security.device_users import DEVICES_FILE, DeviceUsers, device_rights
from sera_gateway.security.embedded_broker import EmbeddedBroker
from sera_gateway.security.session_guard import SessionGuard
from sera_gateway.security.suspensions import Suspensions
from sera_vocabulary import services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("new_nats"), pytest.mark.nats]

GATEWAY_ID = "drawn-for-the-gateway"
LIMITS = BudgetSettings(messages_at_once=50, messages_a_second=1.0)
STREAM_BYTES = 1_000_000


class Guarded:
    """A broker for two devices, whose guard looks when a test says so."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 0.0
        self.users = DeviceUsers(folder / DEVICES_FILE, lambda: 0.0)
        self.passwords = {name: self.users.add(name)[1] for name in ("bed-1", "bed-2")}
        self.passwords |= self.users.draw_services(services.GATEWAY, services.SESSION_GUARD)
        self.suspensions = Suspensions(LIMITS, lambda: self.now_s)
        self.broker = EmbeddedBroker(
            folder / "broker", rights=lambda: device_rights(self.users, self.suspensions.names())
        )
        clients = DeviceClients(self.users, self.passwords[services.SESSION_GUARD], GATEWAY_ID)
        self.log = Log()
        streams = {"$MQTT_msgs": STREAM_BYTES}
        self.guard = SessionGuard(
            self.broker, clients, self.log, self.suspensions, streams, lambda: self.now_s
        )

    @contextmanager
    def device(self, name: str, client_id: str = "") -> Iterator[PasswordDevice]:
        with device(self.broker.port, name, self.passwords[name], client_id) as created:
            yield created


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    created = Guarded(tmp_path)
    with created.broker:
        yield created
        created.guard.close()


def test_a_device_that_floods_is_shut_out_for_a_minute_and_no_other(guarded: Guarded) -> None:
    with guarded.device("bed-1") as flooding, guarded.device("bed-2") as quiet:
        for number in range(200):
            flooding.publish("bed-1", str(number).encode())
        assert guarded.guard.look() == []
        flooding.wait(lambda: flooding.ended > 0)
        assert "node_suspended" in guarded.log.events()
        with guarded.device("bed-1", "again") as again:
            assert not again.is_connected
        quiet.publish("bed-2", b"1")
        assert quiet.ended == 0
    guarded.now_s = 61.0
    guarded.guard.look()

    def is_let_in() -> bool:
        with guarded.device("bed-1") as later:
            return later.is_connected

    wait_until(is_let_in, label="the device is let in again")


def test_nobody_takes_the_session_of_the_gateway_or_of_another_device(guarded: Guarded) -> None:
    with guarded.device("bed-1", "greenhouse") as first:
        assert guarded.guard.look() == []
        with guarded.device("bed-2", GATEWAY_ID) as thief, guarded.device("bed-2", "greenhouse") as second:
            first.wait(lambda: first.ended > 0)
            foreign = guarded.guard.look()
            assert {(client.user, client.client_id) for client in foreign} >= {("bed-2", GATEWAY_ID)}
            thief.wait(lambda: thief.ended > 0)
            # paho connects again by itself, and takes it back; the rightful one goes on.
            second.client.loop_stop()
            first.wait(lambda: first.is_connected)
    assert guarded.log.events().count("foreign_client_id") >= 1


def test_a_device_has_so_many_client_ids_and_leaves_no_sessions_without_end(guarded: Guarded) -> None:
    devices = []
    for number in range(CLIENT_IDS_MOST + 3):
        created = PasswordDevice(guarded.broker.port, "bed-1", guarded.passwords["bed-1"], f"one-{number}")
        created.client.loop_stop()
        devices.append(created)
    assert len(guarded.guard.look()) == 3
    for created in devices:
        created.client.disconnect()
    # One that is made again at each start takes the place of one that has gone.
    with guarded.device("bed-1", "new") as later:
        assert guarded.guard.look() == []
        assert later.is_connected


def test_a_packet_that_is_too_long_ends_its_connection_alone(guarded: Guarded) -> None:
    with guarded.device("bed-1") as huge, guarded.device("bed-2") as other:
        huge.publish("bed-1/x", bytes(PACKET_BYTES_MOST + 1))
        assert huge.ended > 0
        other.publish("bed-2/x", bytes(60_000))
        assert other.ended == 0


def test_a_last_will_speaks_for_its_own_device_alone(guarded: Guarded) -> None:
    password = guarded.passwords["bed-1"]
    with device(
        guarded.broker.port, services.GATEWAY, guarded.passwords[services.GATEWAY], GATEWAY_ID
    ) as gateway:
        assert gateway.subscribe("#")
        for will in ("bed-2/state", "sera/v1/oak/bed-1/data", "bed-1/state"):
            dying = PasswordDevice(guarded.broker.port, "bed-1", password, "dying", will=will)
            dying.client.loop_stop()
            sock = dying.client.socket()
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)
        gateway.wait(lambda: ("bed-1/state", b"gone") in gateway.received)
        assert {topic for topic, _ in gateway.received} == {"bed-1/state"}


def test_without_a_password_nobody_is_let_in(guarded: Guarded) -> None:
    with socket.create_connection((LOOPBACK, guarded.broker.port), 5) as plain:
        plain.sendall(bytes([0x10, 0x10]) + b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x04anon")
        assert plain.recv(4)[3:] != b"\x00"
