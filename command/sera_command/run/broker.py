"""`sera broker files`: the files of NATS or Mosquitto, for those who run a broker of their own."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.foreign_topics import subscribed_filters
from sera_command.installation.installation import DEFAULT_FOLDER, GATEWAY, PORT, Data, Installation
from sera_command.terminal import echo
from sera_gateway.config import DataSettings, GatewayIdentity, GatewaySettings
from sera_gateway.security.broker_files import (
    BrokerTls,
    mosquitto_rights,
    mosquitto_settings,
    nats_rights,
    nats_settings,
)
from sera_store.private_files import write_private
from sera_store.registry.belonging import former_communities

if TYPE_CHECKING:
    from sera_store.store import Store

app = typer.Typer(no_args_is_help=True, help="Files for brokers, written from the registry.")

# Of what the broker reads, and of what it writes.
_READS: Final = 0o640
_WRITES: Final = 0o700


class Kind(StrEnum):
    """The brokers that files are written for."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"


@app.callback()
def _broker() -> None:
    """Keep `files` a word of its own while it is the only one."""


@app.command("files")
def files(
    kind: Annotated[Kind, typer.Argument(help="Which broker.")],
    out: Annotated[Path, typer.Option(help="Folder to write into; the broker's own.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on, and name in its certificate.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for MQTT with TLS.")] = PORT,
    user: Annotated[
        str, typer.Option(help="Account that the broker runs under when it is started as root.")
    ] = "mosquitto",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write a broker's files, and settings of a gateway for it; after each change again, then reload it."""
    installation, folder = Installation(data), out.absolute()
    account = _account(user) if kind is Kind.MOSQUITTO else None
    own = installation.broker_tls([host, "localhost", "127.0.0.1"])
    tls = BrokerTls(
        folder / "broker.pem", folder / "broker.pem", folder / "trust.crt", folder / "revoked.crl"
    )
    contents = {
        "broker.pem": own.key.read_bytes(),
        "trust.crt": installation.authority.trust.read_bytes(),
        "revoked.crl": installation.authority.revoked.read_bytes(),
    }
    with installation.store() as store:
        contents |= _texts(kind, installation, store, (folder, host, port, tls, user))
    try:
        _write(folder, contents, account)
    except OSError as error:
        raise CannotWriteError(f"{out}: {error.strerror}; name another folder with --out") from error
    settings = _write_gateway_settings(installation, kind, host, port)
    installation.settle_first(host, port)
    for name in contents:
        echo(str(folder / name))
    echo(str(settings))
    _explain(kind, folder, settings, user if account is None and kind is Kind.MOSQUITTO else None)


def _texts(
    kind: Kind, installation: Installation, store: Store, where: tuple[Path, str, int, BrokerTls, str]
) -> dict[str, bytes]:
    folder, host, port, tls, user = where
    registry, gateways = store.registry, installation.gateways()
    places, communities = installation.places(registry), installation.communities(registry)
    subscriptions, former = subscribed_filters(registry), former_communities(registry)
    if kind is Kind.NATS:
        texts = {
            "nats.conf": nats_settings(folder, host, port, tls),
            "rights.conf": nats_rights(
                places, gateways, communities=communities, subscriptions=subscriptions, former=former
            ),
        }
    else:
        texts = {
            "mosquitto.conf": mosquitto_settings(folder, host, port, tls, user=user),
            "rights.acl": mosquitto_rights(places, gateways, communities, subscriptions, former=former),
        }
    return {name: text.encode() for name, text in texts.items()}


def _account(user: str) -> tuple[int, int] | None:
    """Find whom the files are for; None where this user cannot give them away."""
    if os.name != "posix" or os.geteuid() != 0 or user == "root":
        return None
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise BadInputError(
            f"there is no user {user!r} here, which Mosquitto would run under; install it, or name another "
            "with --user"
        ) from None
    return account.pw_uid, account.pw_gid


def _write(folder: Path, contents: dict[str, bytes], account: tuple[int, int] | None) -> None:
    """Write what a broker reads for its group alone, and make the folders that it writes into its own."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    for name, content in contents.items():
        write_private(folder / name, content)
    for inner in ("messages", "ports"):
        (folder / inner).mkdir(exist_ok=True, mode=_WRITES)
    if account is None:
        return
    uid, gid = account
    os.chown(folder, 0, gid)
    for name in contents:
        os.chown(folder / name, 0, gid)
        (folder / name).chmod(_READS)
    for path in (folder / "messages", *(folder / "messages").iterdir()):
        os.chown(path, uid, gid)


def _write_gateway_settings(installation: Installation, kind: Kind, host: str, port: int) -> Path:
    settings = GatewaySettings(
        broker=installation.gateway_broker(host, port),
        gateway=GatewayIdentity(id=GATEWAY),
        data=DataSettings(folder=str(installation.folder)),
    )
    path = installation.folder / f"gateway-{kind}.toml"
    write_private(path, msgspec.toml.encode(settings))
    return path


def _explain(kind: Kind, folder: Path, settings: Path, owner: str | None) -> None:
    if owner is not None:
        echo(
            f"Written as this user: where Mosquitto is started as root, give it its files first: "
            f"chown -R {owner} {folder}",
            err=True,
        )
    start = {
        Kind.NATS: f"nats-server -c {folder / 'nats.conf'}",
        Kind.MOSQUITTO: f"mosquitto -c {folder / 'mosquitto.conf'}",
    }
    again = {
        Kind.NATS: "nats-server --signal reload",
        Kind.MOSQUITTO: "systemctl reload mosquitto, or kill -HUP; it ends no open connection by that, but "
        "takes its rights",
    }
    echo(f"Start: {start[kind]}, then: sera gateway run --config {settings}", err=True)
    echo(
        "A new, revoked or rotated certificate counts once these files were written again and the broker was "
        f"told: {again[kind]}.",
        err=True,
    )
