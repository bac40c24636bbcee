"""The gateway of `sera up`: started again when it ends, or when there is something else to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sera_command.installation.child_process import RestartedPart
from sera_command.installation.foreign_topics import subscribed_filters
from sera_command.installation.gateway_process import running_gateway
from sera_command.installation.installation import GATEWAY
from sera_gateway.config import (
    BROKERS_FILE,
    DataSettings,
    FurtherBroker,
    GatewayIdentity,
    GatewaySettings,
    read_brokers,
)
from sera_gateway.errors import SettingsError

if TYPE_CHECKING:
    import subprocess
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sera_command.installation.installation import Address, Installation
    from sera_gateway.process.logs import JsonLog
    from sera_store.registry.registry import Registry


class Subscriptions(NamedTuple):
    """What a gateway hears: filters at its own broker, and further brokers."""

    filters: list[str]
    brokers: tuple[FurtherBroker, ...]


class BrokersFile:
    """The further brokers of `brokers.toml`, read again when the file has changed.

    Parameters
    ----------
    path
        The file; there need not be one.
    log
        Where a change that cannot be used is reported; what was read before then holds.

    Raises
    ------
    SettingsError
        The file cannot be used at the start.
    """

    def __init__(self, path: Path, log: JsonLog) -> None:
        self._path = path
        self._log = log
        self._stamp = self._now()
        self._brokers = read_brokers(path)

    def brokers(self) -> tuple[FurtherBroker, ...]:
        """Return the brokers that hold now."""
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._brokers = read_brokers(self._path)
            except SettingsError as error:
                self._log.error(
                    "brokers_not_read",
                    problem=str(error),
                    detail="the brokers of before are still heard; correct the file, and it is read again",
                )
        return self._brokers

    def _now(self) -> tuple[int, int, int]:
        try:
            status = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (status.st_mtime_ns, status.st_size, status.st_ino)


def gateway_part(
    installation: Installation,
    address: Address,
    registry: Registry,
    log: JsonLog,
    devices: tuple[FurtherBroker, ...] = (),
) -> RestartedPart:
    """Make the part that runs the gateway.

    Parameters
    ----------
    installation, address
        Whose gateway it is, and where its own broker listens.
    registry
        Its mappings say what is heard there.
    log
        Where it is reported that it ended.
    devices
        How the broker for devices is heard, where there is one.

    Raises
    ------
    SettingsError
        `brokers.toml` cannot be used.
    """
    file, log_file = installation.folder / "gateway.toml", installation.folder / "gateway.log"
    brokers = BrokersFile(installation.folder / BROKERS_FILE, log)
    started_with: list[Subscriptions] = []

    def subscriptions() -> Subscriptions:
        return Subscriptions(subscribed_filters(registry), brokers.brokers())

    def running() -> AbstractContextManager[subprocess.Popen[bytes]]:
        started_with[:] = [subscriptions()]
        [(filters, further)] = started_with
        settings = GatewaySettings(
            broker=installation.gateway_broker(address.host, address.port),
            gateway=GatewayIdentity(id=GATEWAY, subscribe=tuple(filters)),
            data=DataSettings(folder=str(installation.folder)),
            brokers=(*further, *devices),
        )
        return running_gateway(settings, file, log_file)

    return RestartedPart("gateway", running, log, is_outdated=lambda: [subscriptions()] != started_with)
