"""The process of `sera up`, and what it runs: broker, gateway and pages.

Started with its options in one JSON object: see `up_options.become`.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sera_command.installation.boards import boards_elsewhere
from sera_command.installation.child_process import RestartedPart
from sera_command.installation.installation import LOOPBACK, Installation, is_loopback
from sera_command.installation.local_responder import is_available
from sera_command.installation.pages_process import PagesAddress, running_pages
from sera_command.start.announcement import Reach, announcement
from sera_command.start.device_broker import running_device_broker
from sera_command.start.gateway_part import gateway_part
from sera_command.start.local_name import BROKER, PAGES, LocalName, answered_name
from sera_command.start.page_making import PageMaking
from sera_command.start.stewards import first_links
from sera_command.start.up_options import UpOptions
from sera_command.terminal import echo, warn
from sera_command.unwinding import guarded
from sera_gateway.process.disk_space import wait_for_disk_space
from sera_gateway.process.logs import json_log
from sera_gateway.process.ownership import owned
from sera_gateway.process.stopping import stopping_at_signals
from sera_gateway.security.embedded_broker import EmbeddedBroker
from sera_gateway.security.guarded_clients import CertifiedClients
from sera_gateway.security.session_guard import SessionGuard, guarding
from sera_gateway.security.suspensions import Suspensions
from sera_pages.accounts.opening import open_room, room_address
from sera_store.private_files import write_private
from sera_store.registry.opening import open_registry
from sera_vocabulary.services import SESSION_GUARD

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sera_command.installation.installation import Address
    from sera_gateway.config import FurtherBroker
    from sera_gateway.process.logs import JsonLog
    from sera_store.registry.registry import Registry


def run(folder: Path, options: UpOptions) -> None:
    """Run an installation until the process is asked to end; on a full disk as soon as that has room.

    Parameters
    ----------
    folder
        The installation's folder.
    options
        Addresses, ports and intervals.

    Raises
    ------
    PartDidNotStartError
        If a port is in use or a part does not start.
    """
    stop = threading.Event()
    log = json_log(verb="up")
    with stopping_at_signals(stop):
        started = wait_for_disk_space(folder, partial(_start, folder, options, stop, log), stop, log)
        if started is None:
            return
        with started.running:
            if not options.once:
                started.pages.renew_until_stopped(options.every_s)


class _StartedParts(NamedTuple):
    pages: PageMaking
    running: contextlib.ExitStack


def _start(folder: Path, options: UpOptions, stop: threading.Event, log: JsonLog) -> _StartedParts:
    """Start all parts, or none; first of all the folder is owned."""
    with contextlib.ExitStack() as running:
        running.enter_context(owned(folder, "up", log))
        # Read once before this process began: see `up_options.become`.
        installation = Installation(folder, reads_keys=False)
        registry = running.enter_context(open_registry(installation.store_folder))
        local_name = running.enter_context(answered_name(installation, registry, options))
        hosts = sorted(
            {options.host, "localhost", LOOPBACK, local_name.host, installation.local_host()} - {""}
        )
        suspensions = Suspensions()
        tls = installation.broker_tls(hosts)
        broker = running.enter_context(
            EmbeddedBroker(
                installation.broker,
                options.port,
                host=options.host,
                tls=tls,
                rights=lambda: installation.rights(registry, suspensions.names()),
            )
        )
        running.enter_context(guarding(_guard(installation, broker, suspensions, log)))
        board_host = "" if is_loopback(options.host) else local_name.host
        address = installation.settle(options.host, broker.port, board_host)
        if board_host:
            local_name.announce(BROKER, broker.port)
        devices = running.enter_context(_device_brokers(installation, options, log))
        gateway = running.enter_context(gateway_part(installation, address, registry, log, devices))
        pages = PageMaking(installation.folder, stop, log)
        pages.make_first()
        served = _ServedPages(installation, address, options, local_name)
        process = running.enter_context(
            RestartedPart("pages", served.running, log, is_outdated=served.is_outdated)
        )
        parts = {"gateway": gateway, "pages": process}
        _announce(installation, broker, served.port, options, registry, parts, local_name.host)
        for link in first_links(installation.folder, registry, f"http://{LOOPBACK}:{served.port}"):
            echo(link, err=True, most=None)
        return _StartedParts(pages, running.pop_all())


def _guard(
    installation: Installation, broker: EmbeddedBroker, suspensions: Suspensions, log: JsonLog
) -> SessionGuard:
    own = installation.renew_credentials(SESSION_GUARD)
    return SessionGuard(broker, CertifiedClients(installation.authority, own), log, suspensions)


@contextlib.contextmanager
def _device_brokers(
    installation: Installation, options: UpOptions, log: JsonLog
) -> Iterator[tuple[FurtherBroker, ...]]:
    """Run the broker for devices where it is asked for; give how the gateway hears it."""
    if options.devices is None:
        yield ()
        return
    with running_device_broker(installation, options.devices, log) as (broker, further_broker):
        echo(f"Devices with user and password: {broker.url}   `sera device new` lets one in.", err=True)
        if not options.devices.tls:
            warn(
                "They speak without TLS: whoever listens on that network reads their passwords and readings."
            )
        yield (further_broker,)


class _ServedPages:
    """The process that serves pages, on the same port again when it is started again."""

    def __init__(
        self, installation: Installation, address: Address, options: UpOptions, local_name: LocalName
    ) -> None:
        self._folder = installation.folder
        self._broker = installation.pages_broker(address.host, address.port)
        self._options = options
        self._local_name = local_name
        self.port = options.page_port
        self._installation = installation
        self._lan = options.lan
        open_room(installation.folder, options.lan)

    def is_outdated(self) -> bool:
        """Return whether the room was opened or closed since the process was started."""
        return room_address(self._folder) != self._lan

    def running(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Run the process once."""
        self._lan = lan = room_address(self._folder)
        listen = [(LOOPBACK, self.port), *([(lan, self.port)] if lan else [])]
        public = (self._options.public_name,) if self._options.public_name else ()
        names = tuple(filter(None, (lan, self._local_name.host))) if lan else ()
        address = PagesAddress(listen=listen, names=names, proxied_names=public)
        return running_pages(
            self._folder, self._broker, address, self._folder / "pages.log", self._note_ports
        )

    def _note_ports(self, ports: list[int]) -> None:
        self.port = ports[0]
        self._installation.settle_pages(_outside_address(self._options.public_name, self._lan, self.port))
        if self._lan:
            self._local_name.announce(PAGES, self.port, self._lan)
        else:
            self._local_name.withdraw(PAGES)


def _outside_address(public_name: str, lan: str, port: int) -> str:
    """Return the address under which others reach the pages, or this machine alone."""
    if public_name:
        return f"https://{public_name}"
    host = lan or LOOPBACK
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(
    installation: Installation,
    broker: EmbeddedBroker,
    page_port: int,
    options: UpOptions,
    registry: Registry,
    parts: dict[str, RestartedPart],
    local_host: str,
) -> None:
    page = f"http://{LOOPBACK}:{page_port}/"
    if options.ready_file is not None:
        pids = {f"{name}_pid": part.pid for name, part in parts.items()}
        facts = {"broker": broker.url, "page": page, "broker_pid": broker.pid, **pids}
        write_private(Path(options.ready_file), json.dumps(facts) + "\n")
    pages = f"{_outside_address(options.public_name, options.lan, page_port)}/"
    local_pages = f"http://{local_host}:{page_port}/" if local_host and options.lan else ""
    board_host = "" if is_loopback(options.host) else local_host
    reach = Reach(pages, broker.url, options.host, board_host, local_pages, is_available())
    notice = announcement(reach, installation.folder, registry)
    for line in notice.lines:
        echo(line, err=True, most=None)
    for line in notice.warnings:
        warn(line)
    for expiry in installation.authority.expiries():
        if expiry.alarm:
            warn(f"The certificate of {expiry.name} ends in {expiry.days_left} days.")
    if elsewhere := boards_elsewhere(installation):
        warn(
            f"Boards made for another address: {', '.join(elsewhere)}. Write their files again with "
            "`sera node files NODE`, and copy them to the boards."
        )
    echo(f"Next: {notice.next_step}", err=True, most=None)
    echo("Ctrl-C ends everything.", err=True)


def main(folder: str, options: str) -> int:
    """Run an installation, and return the exit code."""
    return guarded(lambda: run(Path(folder), msgspec.json.decode(options, type=UpOptions)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
