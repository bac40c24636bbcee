"""One installation on disk: authority, broker files, registry, settings; for `sera up` and `sera node`."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.foreign_topics import published_filters, subscribed_filters
from sera_gateway.config import BrokerSettings
from sera_gateway.own_hosts import outward_address
from sera_gateway.process.ownership import restrict_access
from sera_gateway.security.authority import Authority
from sera_gateway.security.broker_files import BrokerTls, NodePlace, nats_rights
from sera_gateway.security.credentials import Credentials, write_credentials
from sera_gateway.security.embedded_broker import RIGHTS_FILE, reload_running
from sera_store.private_files import make_private, write_private
from sera_store.registry.belonging import former_communities
from sera_vocabulary import services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_store.registry.registry import Registry
    from sera_store.store import Store

DEFAULT_FOLDER: Final = Path("sera-data")
GATEWAY: Final = services.GATEWAY
LOOPBACK: Final = "127.0.0.1"
PORT: Final = 8883
PAGES_PORT: Final = 8080
PAGES_ADDRESS: Final = "pages.address"
SETTINGS_FILE: Final = "installation.json"
AUTHORITY: Final = "authority"
DEVICES_ADDRESS: Final = "devices.address"
BY: Final = "sera command"
# Folders by which an installation is recognised; the second is that of a gateway without `sera up` too.
_MARKS: Final = (AUTHORITY, "store")
Data = Annotated[Path, typer.Option("--data", help="The installation's folder.")]


@dataclass(frozen=True, slots=True)
class Address:
    """Where nodes reach the broker.

    Parameters
    ----------
    host, port
        Address or name of this machine, as `sera up` was told, and the port.
    local_host
        The name `NAME.local` that it answers to in the network, and that boards look for; or empty.
    """

    host: str
    port: int
    local_host: str = ""

    @property
    def board_host(self) -> str:
        """What boards look for."""
        return self.local_host or self.host


class Installation:
    """An installation's folder, made on first use; `existing` opens one and never makes it.

    Parameters
    ----------
    folder
        The data folder; holds `authority`, `credentials`, `broker`, `boards`, `store`, `pages` and
        `installation.json`.
    reads_keys
        As for `Authority.open`.

    Raises
    ------
    CannotWriteError
        If the folder cannot be made or written.
    """

    def __init__(self, folder: Path, *, reads_keys: bool = True) -> None:
        self.folder = folder.absolute()
        try:
            make_private(self.folder)
            restrict_access(self.folder)
        except OSError as error:
            raise CannotWriteError(
                f"{folder}: {error.strerror}; name a folder that this user may write to with --data"
            ) from error
        if not os.access(self.folder, os.W_OK):
            raise CannotWriteError(f"{folder} cannot be written; name another folder with --data")
        self.authority = Authority.open(
            self.folder / AUTHORITY, lambda: datetime.now(UTC), reads_keys=reads_keys
        )

    @classmethod
    def existing(cls, folder: Path) -> Self:
        """Open the installation of a folder, and never make one.

        For verbs that read an installation, or change something in it: a mistyped --data must leave no
        folder, and no authority with new keys, behind.

        Raises
        ------
        BadInputError
            The folder holds no installation.
        """
        if not any((folder / name).is_dir() for name in _MARKS):
            raise BadInputError(
                f"{folder} holds no installation; name the data folder of `sera up` or `sera demo` with "
                "--data, or begin a new one with `sera community new`"
            )
        return cls(folder)

    @property
    def broker(self) -> Path:
        """The embedded broker's folder."""
        return self.folder / "broker"

    @property
    def device_broker(self) -> Path:
        """The folder of the broker for devices that know only user and password."""
        return self.folder / "device-broker"

    @property
    def has_broker(self) -> bool:
        """Whether `sera up` has run here, so that there are rights to be renewed."""
        return (self.broker / RIGHTS_FILE).exists()

    @property
    def store_folder(self) -> Path:
        """The store's folder."""
        return self.folder / "store"

    def store(self) -> Store:
        """Open the store and its registry; a context manager."""
        # Here, since `sera up` reads the registry alone, and stays in memory.
        from sera_store.store import Store  # noqa: PLC0415

        return Store.open(self.store_folder)

    def address(self) -> Address:
        """Return where nodes reach the broker: as `sera up` was last told, else this host and port 8883."""
        try:
            settings = json.loads(self._settings.read_text(encoding="utf-8"))
            local_host = str(settings["local_host"]) if settings.get("is_announced") else ""
            return Address(str(settings["host"]), int(settings["port"]), local_host)
        except FileNotFoundError:
            return Address("127.0.0.1", PORT)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInputError(
                f"{self._settings} is damaged ({error}); remove it and start `sera up`"
            ) from error

    def local_host(self) -> str:
        """Return the name that `sera up` answered to last, which boards may look for; else nothing."""
        try:
            return str(json.loads(self._settings.read_text(encoding="utf-8")).get("local_host", ""))
        except (OSError, ValueError, AttributeError):
            return ""

    def settle(self, host: str, port: int, local_host: str = "") -> Address:
        """Keep where nodes reach the broker, for the boards that are made later.

        A name that is not answered to now is kept, since boards may look for it.
        """
        settings = {"host": host, "port": port}
        name = {"local_host": local_host or self.local_host(), "is_announced": bool(local_host)}
        content = json.dumps({**settings, **(name if name["local_host"] else {})}, indent=1)
        write_private(self._settings, f"{content}\n".encode())
        return Address(host, port, local_host)

    def settle_pages(self, address: str) -> None:
        """Keep under which address people reach the pages, for invitations that are made later."""
        write_private(self.folder / PAGES_ADDRESS, f"{address}\n")

    def pages_address(self) -> str:
        """Return under which address people reach the pages, as `sera up` was last told."""
        try:
            return (self.folder / PAGES_ADDRESS).read_text(encoding="utf-8").strip()
        except OSError:
            return f"http://127.0.0.1:{PAGES_PORT}"

    def settle_devices(self, url: str) -> None:
        """Keep where devices with user and password reach their broker."""
        write_private(self.folder / DEVICES_ADDRESS, f"{url}\n")

    def devices_url(self) -> str:
        """Return where such devices reach their broker, as `sera up` was last told; else nothing."""
        try:
            return (self.folder / DEVICES_ADDRESS).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def settle_first(self, host: str, port: int) -> None:
        """Keep where nodes reach the broker, unless `sera up` was told before."""
        if not self._settings.exists():
            self.settle(host, port)

    def broker_tls(self, hosts: Sequence[str]) -> BrokerTls:
        """Return the files by which the broker proves itself under these hosts; new ones where needed."""
        self.authority.current("broker", services.BROKER, hosts)
        own = self.renew_credentials(services.BROKER)
        return BrokerTls(own.pem, own.pem, self.authority.trust, self.authority.revoked)

    def gateway_broker(self, host: str, port: int) -> BrokerSettings:
        """Return the gateway's settings of a broker, with files that stay the same when it is rotated."""
        self.authority.current("gateway", GATEWAY)
        own = self.renew_credentials(GATEWAY)
        return BrokerSettings(
            url=f"mqtts://[{host}]:{port}" if ":" in host else f"mqtts://{host}:{port}",
            client_id_file=str(own.client_id),
            ca_file=str(self.authority.trust),
            crl_file=str(self.authority.revoked),
            cert_file=str(own.pem),
            key_file=str(own.pem),
        )

    def pages_broker(self, host: str, port: int) -> BrokerSettings:
        """Return the settings of a broker by which the pages publish what people enter."""
        self.authority.current("service", services.PAGES)
        own = self.renew_credentials(services.PAGES)
        return BrokerSettings(
            url=f"mqtts://[{host}]:{port}" if ":" in host else f"mqtts://{host}:{port}",
            client_id_file=str(own.client_id),
            ca_file=str(self.authority.trust),
            cert_file=str(own.pem),
            key_file=str(own.pem),
        )

    def renew_credentials(self, service: str) -> Credentials:
        """Write the newest good key, certificate and client id of a service where that reads them."""
        issued = self.authority.good(service)[-1]
        return write_credentials(self.authority, issued, self.folder / "credentials")

    def gateways(self) -> list[str]:
        """List the certificate names by which the gateway may connect."""
        self.authority.current("gateway", GATEWAY)
        return [record.name for record in self.authority.good(GATEWAY)]

    def places(self, registry: Registry) -> list[NodePlace]:
        """List the certificates that nodes may connect with: not revoked, and the node stands in a garden."""
        places = {
            node.id: (place[0], tuple(published_filters(registry, node)))
            for node in registry.nodes()
            if (place := registry.place_of(node.id)) is not None
        }
        return [
            NodePlace(record.name, *places[record.holder])
            for record in self.authority.good()
            if record.kind == "node" and record.holder in places
        ]

    def rights(self, registry: Registry, suspended: frozenset[str] = frozenset()) -> str:
        """Write the text of `rights.conf` from the registry and the authority's records.

        Parameters
        ----------
        registry
            Says in which community each node stands.
        suspended
            Certificate names of nodes that are left out for now.
        """
        guard = self.authority.current("service", services.SESSION_GUARD)
        pages = self.authority.current("service", services.PAGES)
        places = [place for place in self.places(registry) if place.name not in suspended]
        subscriptions = subscribed_filters(registry)
        communities = self.communities(registry)
        former = former_communities(registry)
        return nats_rights(
            places, self.gateways(), guard.name, communities, subscriptions, pages.name, former
        )

    def communities(self, registry: Registry) -> list[str]:
        """List the communities whose nodes the gateway answers."""
        return [community.id for community in registry.communities()]

    def renew_rights(self, store: Store) -> bool:
        """Write the rights again; return whether a running broker was told."""
        make_private(self.broker)
        write_private(self.broker / RIGHTS_FILE, self.rights(store.registry))
        return reload_running(self.broker)

    @property
    def _settings(self) -> Path:
        return self.folder / SETTINGS_FILE


def is_own_address(address: str) -> bool:
    """Return whether an address is one of this machine's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether a name or address leads to this machine alone, so that no board reaches it."""
    try:
        addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in addresses)


def own_address() -> str:
    """Return this machine's address on the way to other networks, or the empty text where it has none."""
    address = outward_address()
    return "" if not address or is_loopback(address) else address
