"""Whose client id is whose on an embedded broker, and how its guard logs in there."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from sera_gateway.mqtt.connection import CONNECT_TIMEOUT_S
from sera_gateway.mqtt.packets import Login
from sera_gateway.security.nats_client import NatsClient
from sera_gateway.security.suspensions import Traffic  # noqa: TC001 - of a NamedTuple's field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sera_gateway.security.authority import Authority, Issued
    from sera_gateway.security.credentials import Credentials

_KEEPALIVE_S: Final = 30


class MqttConnection(NamedTuple):
    """A connection of an MQTT client, by the user as which the server knows it.

    Parameters
    ----------
    user
        The common name of its certificate, or the name that it gave with its password.
    """

    user: str
    address: str
    client_id: str
    number: int
    traffic: Traffic


class ClientIds(NamedTuple):
    """Which client ids belong to whom.

    Parameters
    ----------
    own
        The client ids of each user.
    limited
        Users that are shut out for a while where they bring too much.
    """

    own: dict[str, set[str]]
    limited: frozenset[str]

    @property
    def known(self) -> set[str]:
        """All client ids that belong to somebody; sessions of others are ended."""
        return set().union(*self.own.values())


class Wording(NamedTuple):
    """How the guard of a broker reports: what it calls a user, and what there is to do."""

    user: str
    foreign: str
    suspended: str
    two_places: str


class GuardedClients(Protocol):
    """The clients of one embedded broker."""

    @property
    def wording(self) -> Wording:
        """How they are reported."""

    def files_version(self) -> tuple[int, ...]:
        """Return numbers that change when the files by which the guard logs in were replaced."""

    def open_client(self, port: int) -> NatsClient:
        """Log in as the guard in NATS's own protocol."""

    def open_mqtt(self, host: str, port: int) -> socket.socket:
        """Connect to the MQTT listener."""

    def login(self, client_id: str) -> Login:
        """Return the guard's login that ends the session of a client id."""

    def client_ids(self, connections: Sequence[MqttConnection]) -> ClientIds:
        """Return whose client ids are whose, now that these connections are seen."""


class CertifiedClients:
    """Clients with certificates, to each of which a client id was issued.

    Parameters
    ----------
    authority
        Knows which client id was issued with which certificate.
    own
        The guard's own certificate, to which `nats_rights` gave what it asks.
    """

    wording: Final = Wording(
        "certificate",
        "its client id was issued to another certificate or to none, and is shut out; "
        "if its board was not just given new files, `sera node revoke` shuts its key out",
        "it sends far more than its budget and delays the others; it is shut out so long; "
        "if it goes on, `sera node revoke` shuts it out for good",
        "it connects from two addresses by turns; if nobody moved that board, its key was "
        "copied: `sera node revoke`, then `sera node files --new-key`",
    )

    def __init__(self, authority: Authority, own: Credentials) -> None:
        self._authority = authority
        self._own = own

    def files_version(self) -> tuple[int, ...]:
        """Return when certificate and trust were written."""
        return tuple(path.stat().st_mtime_ns for path in (self._own.pem, self._authority.trust))

    def open_client(self, port: int) -> NatsClient:
        """Log in by the guard's certificate."""
        return NatsClient(port, self._context())

    def open_mqtt(self, host: str, port: int) -> socket.socket:
        """Connect with TLS."""
        plain = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
        try:
            return self._context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def login(self, client_id: str) -> Login:
        """Return a clean login; the certificate says who it is."""
        return Login(client_id, _KEEPALIVE_S, clean=True)

    def client_ids(self, connections: Sequence[MqttConnection]) -> ClientIds:  # noqa: ARG002 - the protocol
        """Return the client ids that were issued, by certificate."""
        good = self._authority.good()
        limited = frozenset(record.name for record in good if record.kind == "node")
        return ClientIds(_issued_client_ids(good), limited)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._authority.trust))
        context.load_cert_chain(self._own.pem)
        return context


def _issued_client_ids(issued: Iterable[Issued]) -> dict[str, set[str]]:
    """Return the client ids that each certificate may use.

    A board whose files have no client id uses its node's id, under its own certificate alone.
    """
    return {record.name: {record.client_id, record.holder} for record in issued}
