"""`sera up`: broker, gateway, store and pages for real nodes, until Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, Self

import typer

from sera_command.errors import CommandError, PartDidNotStartError
from sera_command.installation.boards import boards_elsewhere
from sera_command.installation.foreign_topics import heard_filters
from sera_command.installation.gateway_process import running_gateway
from sera_command.installation.installation import (
    DEFAULT_FOLDER,
    GATEWAY,
    PORT,
    Data,
    Installation,
    is_loopback,
)
from sera_command.installation.page_server import LOOPBACK, listening_socket, server
from sera_command.start.page_making import PageMaking
from sera_command.terminal import echo, warn
from sera_gateway.config import DataSettings, GatewayIdentity, GatewaySettings
from sera_gateway.process.disk_space import wait_for_disk_space
from sera_gateway.process.logs import json_log
from sera_gateway.process.ownership import owned
from sera_gateway.process.stopping import stopping_at_signals
from sera_gateway.security.embedded_broker import EmbeddedBroker
from sera_gateway.security.session_guard import SessionGuard, guarding
from sera_gateway.security.suspensions import Suspensions
from sera_store.backoff import Backoff
from sera_store.private_files import write_private
from sera_store.registry.opening import open_registry
from sera_vocabulary.services import SESSION_GUARD

if TYPE_CHECKING:
    from collections.abc import Callable

    from sera_command.installation.installation import Address
    from sera_gateway.process.logs import JsonLog

BACKOFF_FIRST_S: Final = 1.0
BACKOFF_MOST_S: Final = 60.0
_GLANCE_S: Final = 0.02
_GATEWAY_GLANCE_S: Final = 1.0

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the command line asked for."""

    host: str
    port: int
    page_port: int
    every_s: float
    ready_file: Path | None
    once: bool


@app.command()
def up(
    data: Data = DEFAULT_FOLDER,
    host: Annotated[str, typer.Option(help="Address of this machine that nodes reach.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for nodes (MQTT with TLS).")] = PORT,
    page_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the pages; 0 for a free one.")
    ] = 8080,
    every_minutes: Annotated[
        float, typer.Option(min=0.01, help="How often figures and pages are made.")
    ] = 10.0,
    ready_file: Annotated[Path | None, typer.Option(help="Written once all answers: a JSON object.")] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End once all answers and the pages are made.")
    ] = False,
) -> None:
    """Run broker, gateway and pages for real nodes until Ctrl-C."""
    run(data, UpOptions(host, port, page_port, every_minutes * 60, ready_file, once))


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
        installation = Installation(folder)
        registry = running.enter_context(open_registry(installation.store_folder))
        listener = listening_socket(LOOPBACK, options.page_port)
        running.callback(listener.close)
        hosts = sorted({options.host, "localhost", LOOPBACK})
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
        own = installation.renew_credentials(SESSION_GUARD)
        running.enter_context(guarding(SessionGuard(broker, installation.authority, own, log, suspensions)))
        address = installation.settle(options.host, broker.port)
        settings = partial(_gateway_settings, installation, address)
        gateway = _Gateway(installation, settings, lambda: tuple(heard_filters(registry)), log)
        running.enter_context(gateway)
        pages = PageMaking(installation.folder, stop, log)
        pages.make_first()
        _serve(running, installation, listener)
        _announce(installation, broker, listener.getsockname()[1], options, gateway)
        return _StartedParts(pages, running.pop_all())


class _Gateway:
    """The gateway in a process of its own, started again when it ends or has other devices to hear."""

    def __init__(
        self,
        installation: Installation,
        settings: Callable[[tuple[str, ...]], GatewaySettings],
        heard: Callable[[], tuple[str, ...]],
        log: JsonLog,
    ) -> None:
        self._settings = settings
        self._heard = heard
        self._file = installation.folder / "gateway.toml"
        self._log_file = installation.folder / "gateway.log"
        self._log = log
        self._ended = threading.Event()
        self._ready = threading.Event()
        self._problem: CommandError | None = None
        self._thread = threading.Thread(target=self._keep_running, name="gateway", daemon=True)
        self.pid: int | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise self._problem
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _keep_running(self) -> None:
        backoff = Backoff(BACKOFF_FIRST_S, BACKOFF_MOST_S)
        while not self._ended.is_set():
            began_s = time.monotonic()
            try:
                heard = self._heard()
                with running_gateway(self._settings(heard), self._file, self._log_file) as process:
                    self.pid = process.pid
                    self._ready.set()
                    while process.poll() is None and not self._ended.wait(_GATEWAY_GLANCE_S):
                        if self._heard() != heard:
                            break
                if self._heard() != heard:
                    self._log.info("gateway_hears_others", filters=self._heard())
                    continue
            except PartDidNotStartError as problem:
                if not self._ready.is_set():
                    self._problem = problem
                    self._ready.set()
                    return
                self._log.warning("gateway_not_ready", problem=str(problem))
            if not self._ended.is_set():
                if time.monotonic() - began_s > BACKOFF_MOST_S:
                    backoff.reset()
                wait_s = backoff.next_s()
                self._log.warning("gateway_ended", again_in_s=wait_s)
                self._ended.wait(wait_s)


def _gateway_settings(
    installation: Installation, address: Address, heard: tuple[str, ...]
) -> GatewaySettings:
    return GatewaySettings(
        broker=installation.gateway_broker(address.host, address.port),
        gateway=GatewayIdentity(id=GATEWAY, subscribe=heard),
        data=DataSettings(folder=str(installation.folder)),
    )


def _serve(running: contextlib.ExitStack, installation: Installation, listener: Any) -> None:
    web = server(installation.folder / "pages")
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]}, name="pages", daemon=True)
    thread.start()

    def end() -> None:
        web.should_exit = True
        thread.join()

    running.callback(end)
    while not web.started:
        thread.join(_GLANCE_S)
        if not thread.is_alive():
            raise PartDidNotStartError("the pages are not served: the web server ended at once; see above")


def _announce(
    installation: Installation, broker: EmbeddedBroker, page_port: int, options: UpOptions, gateway: _Gateway
) -> None:
    page = f"http://{LOOPBACK}:{page_port}/"
    if options.ready_file is not None:
        facts = {"broker": broker.url, "page": page, "broker_pid": broker.pid, "gateway_pid": gateway.pid}
        write_private(options.ready_file.absolute(), json.dumps(facts) + "\n")
    echo(
        f"Sera is up. Nodes: {broker.url}   Pages: {page}   Data: {installation.folder}", err=True, most=None
    )
    for expiry in installation.authority.expiries():
        if expiry.alarm:
            warn(f"The certificate of {expiry.name} ends in {expiry.days_left} days.")
    if is_loopback(options.host):
        echo(
            "Only this machine reaches the broker; boards need --host with this machine's own address.",
            err=True,
        )
    if elsewhere := boards_elsewhere(installation):
        warn(
            f"Boards made for another address: {', '.join(elsewhere)}. Write their files again with "
            "`sera node files NODE`, and copy them to the boards."
        )
    echo(
        f"Next: sera node new NODE --garden GARDEN --data {installation.folder}   Ctrl-C ends everything.",
        err=True,
        most=None,
    )
