"""One installation on disk: authority, broker files, registry, settings; for `sera up` and `sera node`."""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_gateway.authority import Authority
from sera_gateway.broker_files import BrokerTls, NodePlace, nats_rights
from sera_gateway.embedded_broker import reload_running
from sera_gateway.ownership import close_to_others
from sera_store.private_files import make_private, write_private
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_FOLDER: Final = Path("sera-data")
GATEWAY: Final = "gateway-1"
BROKER: Final = "sera-broker"
PORT: Final = 8883
BY: Final = "sera command"
Data = Annotated[Path, typer.Option("--data", help="The installation's folder.")]


@dataclass(frozen=True, slots=True)
class Address:
    """Where nodes reach the broker, and the gateway's MQTT client id, which nobody can guess."""

    host: str
    port: int
    client_id: str


class Site:
    """An installation's folder, made on first use.

    Parameters
    ----------
    folder
        The data folder; holds `authority`, `broker`, `boards`, `store`, `pages` and `site.json`.

    Raises
    ------
    CannotWriteError
        If the folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        try:
            make_private(self.folder)
            close_to_others(self.folder)
        except OSError as error:
            raise CannotWriteError(
                f"{folder}: {error.strerror}; name a folder that this user may write to with --data"
            ) from error
        if not os.access(self.folder, os.W_OK):
            raise CannotWriteError(f"{folder} cannot be written; name another folder with --data")
        self.authority = Authority.open(self.folder / "authority", lambda: datetime.now(UTC))

    @property
    def broker(self) -> Path:
        """The embedded broker's folder."""
        return self.folder / "broker"

    def store(self) -> Store:
        """Open the store and its registry; a context manager."""
        return Store.open(self.folder / "store")

    def address(self) -> Address:
        """Tell where nodes reach the broker: as `sera up` was last told, else this host and port 8883."""
        try:
            known = json.loads(self._settings.read_text(encoding="utf-8"))
            return Address(str(known["host"]), int(known["port"]), str(known["client_id"]))
        except FileNotFoundError:
            return Address("127.0.0.1", PORT, f"{GATEWAY}-{secrets.token_hex(16)}")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInputError(
                f"{self._settings} is damaged ({error}); remove it and start `sera up`"
            ) from error

    def settle(self, host: str, port: int) -> Address:
        """Keep where nodes reach the broker, for the boards that are made later."""
        address = Address(host, port, self.address().client_id)
        content = {"host": host, "port": port, "client_id": address.client_id}
        # Who knows the client id can disturb the gateway's session.
        write_private(self._settings, json.dumps(content, indent=1) + "\n")
        return address

    def broker_tls(self, hosts: Sequence[str]) -> BrokerTls:
        """Give the files by which the broker proves itself under these hosts; new ones where needed."""
        issued = self.authority.current("broker", BROKER, hosts)
        path_of = self.authority.path_of
        return BrokerTls(
            path_of(issued.certificate), path_of(issued.key), self.authority.trust, self.authority.revoked
        )

    def places(self, store: Store) -> list[NodePlace]:
        """List the nodes that may connect: those that stand in a garden and were not revoked."""
        gone = self.authority.revoked_names()
        found = [(node.id, store.registry.place_of(node.id)) for node in store.registry.nodes()]
        return [NodePlace(node, place[0]) for node, place in found if place is not None and node not in gone]

    def renew_rights(self, store: Store) -> bool:
        """Write the rights anew from the registry; say whether a running broker was told."""
        make_private(self.broker)
        write_private(self.broker / "rights.conf", nats_rights(self.places(store), [GATEWAY]))
        return reload_running(self.broker)

    @property
    def _settings(self) -> Path:
        return self.folder / "site.json"


def now_s() -> int:
    """Give the present as Unix time [s]."""
    return int(time.time())
