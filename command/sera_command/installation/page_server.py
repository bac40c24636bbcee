"""Serve a folder of pages on this machine, for `sera demo`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from sera_command.errors import PartDidNotStartError
from sera_command.installation.installation import LOOPBACK
from sera_gateway.own_hosts import is_own
from sera_pages.quiet_server import QuietServer
from sera_pages.security.connections import BoundedProtocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

# The pages need nothing from elsewhere and run no script.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class _OwnHosts(BaseHTTPMiddleware):
    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if not is_own(request.headers.get("host", ""), LOOPBACK):
            return PlainTextResponse("This server has another name.\n", status_code=421)
        return await call_next(request)


class _SafeHeaders(BaseHTTPMiddleware):
    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response


def application(folder: Path) -> Starlette:
    """Make the web application that serves a folder on loopback; `index.html` stands for the folder."""
    pages = StaticFiles(directory=folder, html=True, check_dir=False)
    return Starlette(routes=[Mount("/", pages)], middleware=[Middleware(_OwnHosts), Middleware(_SafeHeaders)])


def listening_socket(host: str, port: int) -> socket.socket:
    """Take a port to serve on; 0 takes a free one.

    Raises
    ------
    PartDidNotStartError
        The port is in use, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PartDidNotStartError(
            f"the pages cannot be served on {host} port {port}: {error.strerror}; choose another port"
        ) from error
    return listener


def server(folder: Path) -> QuietServer:
    """Make a quiet server for a folder; run it on a socket of `listening_socket`."""
    config = uvicorn.Config(application(folder), log_level="error", lifespan="off", http=BoundedProtocol)
    return QuietServer(config)
