"""Connections that say nothing, or say it slowly, are ended; one address has a bounded number of them."""

from __future__ import annotations

from collections import Counter
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sera_pages.security.proxies import LOOPBACK

if TYPE_CHECKING:
    import asyncio

# From the first byte, or the connection, to the last byte of a request. A form has 64 KiB at most.
REQUEST_WITHIN_S: Final = 15.0
# A phone opens six, and one for the screen of a workshop.
CLIENT_CONNECTIONS_MOST: Final = 32
_UNFINISHED: Final = (h11.IDLE, h11.SEND_BODY)


class BoundedProtocol(H11Protocol):
    """HTTP for as long as requests arrive whole within a time.

    Between two requests the server's own time for idle connections holds. A proxy on this machine brings
    the connections of many, so that loopback is not counted.
    """

    request_within_s = REQUEST_WITHIN_S
    client_connections_most = CLIENT_CONNECTIONS_MOST
    _open: ClassVar[Counter[str]] = Counter()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection, or end it at once where its address has too many."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._open[self._address] += 1
        if self._address not in LOOPBACK and self._open[self._address] > self.client_connections_most:
            transport.abort()
            return
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Take bytes, and look whether the request is whole by now."""
        self._renew_date()
        super().data_received(data)
        if self.conn.their_state in _UNFINISHED:
            self._arm()
        else:
            self._disarm()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over: it has its own time, and its pages are counted by session."""
        self._disarm()
        self._forget()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request; a body that nobody waited for is no reason to wait."""
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self._disarm()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._disarm()
        self._forget()
        super().connection_lost(exc)

    def _renew_date(self) -> None:
        """Date the answer to come; a server that did so at each tick would wake for ever, asked or not."""
        date = formatdate(usegmt=True).encode("ascii")
        self.server_state.default_headers = [(b"date", date), *self.config.encoded_headers]

    def _forget(self) -> None:
        self._open[self._address] -= 1
        if self._open[self._address] <= 0:
            del self._open[self._address]

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.request_within_s, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
