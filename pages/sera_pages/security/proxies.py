"""Believe a proxy on this machine what it says of the client, for the names that it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "::1"})


class Proxied:
    """Take scheme and address of the client from a proxy's headers, where it runs here and serves our name.

    Parameters
    ----------
    app
        The application behind it.
    names
        Public names that a proxy on this machine serves; from nobody else the headers are believed.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] in ("http", "websocket") and (scope.get("client") or ("",))[0] in LOOPBACK:
            headers = Headers(scope=scope)
            if headers.get("host", "").partition(":")[0].lower() in self._names:
                scope = {**scope, **_of_client(headers, is_socket=scope["type"] == "websocket")}
        await self._app(scope, receive, send)


def _of_client(headers: Headers, *, is_socket: bool) -> dict[str, Any]:
    """Read the last hop, which the proxy itself has written: a client may have made up what is before it."""
    address = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    is_safe = headers.get("x-forwarded-proto", "").strip().lower() in ("https", "wss")
    scheme = ("wss" if is_safe else "ws") if is_socket else ("https" if is_safe else "http")
    return {"client": (address or "proxy", 0), "scheme": scheme}
