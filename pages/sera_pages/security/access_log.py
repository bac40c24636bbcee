"""What is written down of each request: which page, how it ended, how long it took. No address, no person."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sera_gateway.process.logs import JsonLog


class AccessLog:
    """Write a line a request that changes something or fails; the rest is counted by nobody.

    The path is not written, since an invitation's code stands in it: the name of the route is.

    Parameters
    ----------
    app
        The application behind it.
    log
        Where lines go.
    """

    def __init__(self, app: ASGIApp, log: JsonLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = time.monotonic(), 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._note(scope, status, time.monotonic() - began_s)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["method"] in ("GET", "HEAD") and status < 400:
            return
        endpoint = scope.get("endpoint")
        self._log.info(
            "request",
            method=scope["method"],
            page=getattr(endpoint, "__name__", "none"),
            status=status,
            milliseconds=round(seconds * 1000),
        )
