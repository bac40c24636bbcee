"""The process that serves the pages, started by `sera up` as `python -m sera_pages.serving`.

It reads its settings from stdin, which its owner holds open: when the owner ends, however, it ends too.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import uvicorn

from sera_commons.designs.update_log import UPDATE_BYTES_MOST
from sera_gateway.config import BrokerSettings, DataSettings
from sera_gateway.process.logs import json_log
from sera_pages.application import create_app
from sera_pages.installation import PageSettings, open_installation
from sera_pages.quiet_server import QuietServer
from sera_pages.security.connections import BoundedProtocol
from sera_pages.sending.sender import BrokerSender

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp

    from sera_gateway.process.logs import JsonLog

READY: Final = "pages_ready"
PORT_IN_USE: Final = 4
_BACKLOG: Final = 128
_CONNECTIONS_MOST: Final = 256
# A phone that went out of reach is noticed.
_PING_S: Final = 20.0


class ServingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told.

    Parameters
    ----------
    folder
        The data folder.
    listen
        Addresses and ports to listen on.
    broker
        Where the broker is, and what the pages prove themselves with.
    names, proxied_names, explain, freeze, pack, register, compare
        As in `PageSettings`.
    """

    folder: str
    listen: list[tuple[str, int]]
    broker: BrokerSettings
    names: tuple[str, ...] = ()
    proxied_names: tuple[str, ...] = ()
    explain: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    pack: tuple[str, ...] = ()
    register: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()


def main() -> int:
    """Serve until told to end; return the exit code."""
    settings = msgspec.json.decode(sys.stdin.buffer.readline(), type=ServingSettings)
    log = json_log(part="pages")
    listeners: list[socket.socket] = []
    for host, port in settings.listen:
        try:
            # A free port is drawn once: the room reaches the pages under the same as this machine.
            drawn = listeners[0].getsockname()[1] if listeners else 0
            listeners.append(listening_socket(host, port or drawn))
        except OSError as error:
            log.warning("port_taken", host=host, port=port, detail=error.strerror or str(error))
            return PORT_IN_USE
    serve(settings, listeners, log)
    return 0


def serve(settings: ServingSettings, listeners: list[socket.socket], log: JsonLog) -> None:
    """Serve on some sockets until a signal, or the end of stdin, ends it."""
    folder = Path(settings.folder)
    sender = BrokerSender(settings.broker, DataSettings(folder=settings.folder).journal, log)
    commands = (settings.explain, settings.freeze, settings.pack, settings.register, settings.compare)
    pages = PageSettings(settings.names, settings.proxied_names, *commands)
    sender.start()
    try:
        with open_installation(folder, sender, log, pages) as installation:
            server = QuietServer(server_config(create_app(installation)))
            threading.Thread(target=_end_with_owner, args=(server,), daemon=True).start()
            log.info(READY, ports=[listener.getsockname()[1] for listener in listeners])
            server.run(sockets=listeners)
    finally:
        sender.close()


def server_config(app: ASGIApp) -> uvicorn.Config:
    """Return how an application is served: what a connection may be, and how large what comes over it."""
    return uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        limit_concurrency=_CONNECTIONS_MOST,
        http=BoundedProtocol,
        ws=cast("type[asyncio.Protocol]", _drawing_protocol),
        # Of a shared drawing: with the number of four bytes before a change.
        ws_max_size=UPDATE_BYTES_MOST + 4,
        ws_max_queue=8,
        ws_ping_interval=_PING_S,
        ws_ping_timeout=_PING_S,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
    )


def _drawing_protocol(*arguments: Any, **options: Any) -> asyncio.Protocol:
    """Serve a phone that draws a bed; loaded with the first, since it takes a megabyte."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import (  # noqa: PLC0415 - as said
        WebSocketsSansIOProtocol,
    )

    return WebSocketsSansIOProtocol(*arguments, **options)


def listening_socket(host: str, port: int) -> socket.socket:
    """Take a port to serve on; 0 takes a free one.

    Raises
    ------
    OSError
        The port is in use, or the address is not of this machine.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From now on who comes waits for the server, and is not refused.
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _end_with_owner(server: QuietServer) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.end()


if __name__ == "__main__":
    sys.exit(main())
