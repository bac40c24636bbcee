"""Devices with passwords on their embedded broker: a client id belongs to whoever used it first."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from sera_gateway.mqtt.connection import CONNECT_TIMEOUT_S
from sera_gateway.mqtt.packets import Login
from sera_gateway.security.guarded_clients import ClientIds, MqttConnection, Wording
from sera_gateway.security.nats_client import NatsClient
from sera_vocabulary import services

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_gateway.security.device_users import DeviceUsers

# A device that draws a client id at each start keeps the last ones.
CLIENT_IDS_MOST: Final = 4
_KEEPALIVE_S: Final = 30


class DeviceClients:
    """Whose client ids are whose where nobody issued any.

    Parameters
    ----------
    users
        The devices.
    password
        The guard's own.
    gateway_client_id
        That of the gateway, which no device may use.
    trust
        Certificates to believe where the broker speaks TLS; None without.
    """

    wording: Final = Wording(
        "device",
        "its client id belongs to another device or to the gateway, or it uses more than "
        f"{CLIENT_IDS_MOST} at once, and is shut out; give each device a client id of its own",
        "it sends far more than its budget and delays the others; it is shut out so long; "
        "if it goes on, `sera device revoke` shuts it out for good",
        "it connects from two addresses by turns; if nobody moved it, its password is used by another: "
        "`sera device rotate` gives it a new one",
    )

    def __init__(
        self, users: DeviceUsers, password: str, gateway_client_id: str, trust: Path | None = None
    ) -> None:
        self._users = users
        self._password = password
        self._gateway_client_id = gateway_client_id
        self._trust = trust
        self._owners: dict[str, str] = {}

    def files_version(self) -> tuple[int, ...]:
        """Return nothing: its password stays as long as it runs."""
        return ()

    def open_client(self, port: int) -> NatsClient:
        """Log in by password; that listener is on loopback alone."""
        return NatsClient(port, user=services.SESSION_GUARD, password=self._password)

    def open_mqtt(self, host: str, port: int) -> socket.socket:
        """Connect, with TLS where the broker speaks it."""
        plain = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        if self._trust is None:
            return plain
        try:
            return ssl.create_default_context(cafile=str(self._trust)).wrap_socket(
                plain, server_hostname=host
            )
        except BaseException:
            plain.close()
            raise

    def login(self, client_id: str) -> Login:
        """Return a clean login by password."""
        return Login(client_id, _KEEPALIVE_S, services.SESSION_GUARD, self._password, clean=True)

    def client_ids(self, connections: Sequence[MqttConnection]) -> ClientIds:
        """Learn client ids from connections, first come first served, and so many a device.

        Where a device has all it may, those without a connection make room.
        """
        names = frozenset(device.name for device in self._users.devices())
        connected = {connection.client_id for connection in connections}
        self._owners = {client_id: user for client_id, user in self._owners.items() if user in names}
        for connection in sorted(connections, key=lambda client: client.number):
            client_id, user = connection.client_id, connection.user
            if user in names and client_id not in self._owners and client_id != self._gateway_client_id:
                self._learn(client_id, user, connected)
        own: dict[str, set[str]] = {services.GATEWAY: {self._gateway_client_id}}
        for client_id, user in self._owners.items():
            own.setdefault(user, set()).add(client_id)
        return ClientIds(own, names)

    def _learn(self, client_id: str, user: str, connected: set[str]) -> None:
        own = [name for name, owner in self._owners.items() if owner == user]
        absent = [name for name in own if name not in connected]
        if len(own) >= CLIENT_IDS_MOST and absent:
            del self._owners[absent[0]]
            own.remove(absent[0])
        if len(own) < CLIENT_IDS_MOST:
            self._owners[client_id] = user
