"""Which names and origins a request may name: none of another site's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from sera_gateway.own_hosts import is_own

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD"})
# Before it was accepted: the server answers 403 to what wanted to be a WebSocket.
REFUSED_SOCKET: Message = {"type": "websocket.close", "code": 1008}
_WRONG_HOST = "This server has another name. Open it by the address that `sera up` printed.\n"
_WRONG_ORIGIN = "This form was not on a page of this server. Open the page here, and send it again.\n"


class OwnHosts:
    """Answer requests for our names alone, and take forms from our pages alone.

    A browser that a hostile page made believe that its name is an address of this machine still names that
    page in `Host`; a form on a hostile page names it in `Origin`. A request that changes something needs an
    `Origin` that is the `Host`, or a browser's word that it came from the same origin.

    Parameters
    ----------
    app
        The application behind it.
    names
        Names and addresses that people reach the server under, besides those of this machine alone.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = tuple(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            hosts = headers.getlist("host")
            # A WebSocket is opened by script, from wherever: only a page of ours may, and a browser names it.
            is_ours = len(hosts) == 1 and self._is_ours(hosts[0]) and is_same_origin(headers)
            if is_ours and "origin" in headers:
                await self._app(scope, receive, send)
            else:
                await send(REFUSED_SOCKET)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            await PlainTextResponse(_WRONG_HOST, 421)(scope, receive, send)
        elif scope["method"] not in SAFE_METHODS and not is_same_origin(headers):
            await PlainTextResponse(_WRONG_ORIGIN, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        return any(is_own(host, name) for name in ("127.0.0.1", *self._names))


def is_same_origin(headers: Headers) -> bool:
    """Return whether a request came from a page of the host that it names."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    return origin != "null" and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
