"""The second broker of `sera up --devices`: for devices that know only a user and a password."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sera_gateway.config import DEVICES, FurtherBroker
from sera_gateway.security.broker_files import BrokerTls
from sera_gateway.security.device_clients import DeviceClients
from sera_gateway.security.device_users import DEVICES_FILE, DeviceUsers, device_rights
from sera_gateway.security.embedded_broker import EmbeddedBroker
from sera_gateway.security.session_guard import SessionGuard, guarding
from sera_gateway.security.suspensions import Suspensions
from sera_store.private_files import make_private, write_private
from sera_vocabulary import services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_command.installation.installation import Installation
    from sera_command.start.up_options import DeviceListener
    from sera_gateway.process.logs import JsonLog


class DeviceBroker(NamedTuple):
    """The broker that runs, and how the gateway hears it."""

    broker: EmbeddedBroker
    heard: FurtherBroker


@contextmanager
def running_device_broker(
    installation: Installation, listener: DeviceListener, log: JsonLog
) -> Iterator[DeviceBroker]:
    """Run the broker for devices and its guard while the body runs.

    Raises
    ------
    BrokerUnusableError
        If its port is in use, or it does not start.
    DeviceUserError
        The file of devices cannot be read.
    """
    folder = installation.folder
    users = DeviceUsers(folder / DEVICES_FILE, time.time)
    passwords = users.draw_services(services.GATEWAY, services.SESSION_GUARD)
    client_id = _keep_credentials(folder / "credentials", passwords[services.GATEWAY])
    suspensions = Suspensions()
    trust = installation.authority.trust if listener.tls else None
    with EmbeddedBroker(
        installation.device_broker,
        listener.port,
        host=listener.host,
        tls=_tls(installation, listener),
        rights=lambda: device_rights(users, suspensions.names()),
    ) as broker:
        clients = DeviceClients(users, passwords[services.SESSION_GUARD], client_id, trust)
        with guarding(SessionGuard(broker, clients, log, suspensions)):
            installation.settle_devices(broker.url)
            yield DeviceBroker(broker, _further_broker(folder / "credentials", broker.url, trust))


def _tls(installation: Installation, listener: DeviceListener) -> BrokerTls | None:
    """Return the certificate of the broker, which asks devices for none."""
    if not listener.tls:
        return None
    # Of the main broker, under all names that both listen on.
    hosts = {listener.host, installation.address().host, "localhost", "127.0.0.1"}
    own = installation.broker_tls(sorted(hosts))
    return BrokerTls(own.certificate, own.key, None)


def _keep_credentials(folder: Path, password: str) -> str:
    """Write what the gateway logs in with; its client id stays, so that its session does."""
    make_private(folder)
    write_private(_password_file(folder), f"{password}\n")
    file = _client_id_file(folder)
    if not file.exists():
        write_private(file, f"{secrets.token_hex(11)}\n")
    return file.read_text(encoding="utf-8").strip()


def _further_broker(folder: Path, url: str, trust: Path | None) -> FurtherBroker:
    return FurtherBroker(
        name=DEVICES,
        url=url,
        client_id_file=str(_client_id_file(folder)),
        user=services.GATEWAY,
        password_file=str(_password_file(folder)),
        ca_file=str(trust or ""),
        # All that devices publish: what no mapping reads waits as dead letters.
        subscribe=("#",),
    )


def _password_file(folder: Path) -> Path:
    return folder / f"{DEVICES}.password"


def _client_id_file(folder: Path) -> Path:
    return folder / f"{DEVICES}.client_id"
