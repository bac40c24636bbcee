"""Bounds of what one client may ask for: bytes of a form, requests and forms in a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from sera_pages.security.hosts import REFUSED_SOCKET, SAFE_METHODS
from sera_store.database.recent_cache import RecentCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM_BYTES_MOST: Final = 64 * 1024
# Tables and maps of a registry; they are read for stewards alone, who have a session.
UPLOAD_BYTES_MOST: Final = 1024 * 1024
# Two pictures and a sound with their story; read only for whoever has a session.
MEDIA_BYTES_MOST: Final = 48 * 1024 * 1024
# A bundle of a neighbouring community with the form around it; read for stewards alone.
BUNDLE_BYTES_MOST: Final = 65 * 1024 * 1024
_BYTES_MOST: Final = {
    "/registry/": UPLOAD_BYTES_MOST,
    # A proposal in any script is said to be too long where it is read, and not cut off before.
    "/decide/": UPLOAD_BYTES_MOST,
    "/tell/": MEDIA_BYTES_MOST,
    "/neighbours/": BUNDLE_BYTES_MOST,
}
# Of a length; Python reads no number of thousands of digits.
_DIGITS_MOST: Final = 12
# Characters of an address without its query; none of ours is as long.
_PATH_MOST: Final = 2_000
_CLIENTS_REMEMBERED: Final = 4_096
_TOO_LONG: Final = "This address is longer than any of ours. Look whether all of it belongs there.\n"
_TOO_LARGE: Final = "This form is larger than any of ours. Shorten what you wrote, and send it again.\n"
_TOO_MANY: Final = "Too many requests from this device. Wait ten seconds, and try again.\n"
_RETRY_AFTER: Final = {"Retry-After": "10"}


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests at once, and how many a second after that."""

    at_once: float
    a_second: float


# A page with its stylesheet, script and drawing is five requests; a phone that was offline for an afternoon
# sends its counts one after the other.
REQUESTS: Final = Rate(300, 30)
FORMS: Final = Rate(60, 2)


class Bucket:
    """What one sender has left of a rate."""

    __slots__ = ("at_s", "left")

    def __init__(self, left: float, at_s: float) -> None:
        self.left = left
        self.at_s = at_s

    def wait_s(self, rate: Rate, now_s: float, amount: float) -> float:
        """Take an amount, also one that is not there; return how long it lasts until nothing is owed [s]."""
        self.left = min(rate.at_once, self.left + (now_s - self.at_s) * rate.a_second) - amount
        self.at_s = now_s
        return max(0.0, -self.left / rate.a_second)

    def is_full(self, rate: Rate, now_s: float) -> bool:
        """Return whether nothing is missing any more."""
        return self.left + (now_s - self.at_s) * rate.a_second >= rate.at_once

    def take(self, rate: Rate, now_s: float) -> bool:
        """Return whether one was there, and take it."""
        self.left = min(rate.at_once, self.left + (now_s - self.at_s) * rate.a_second)
        self.at_s = now_s
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Limits:
    """Refuse forms that are too large, and clients that ask too often, before anything else looks at them.

    Parameters
    ----------
    app
        The application behind it.
    clock_s
        The clock of intervals [s].
    requests, forms
        What one address may ask for, and send.

    Notes
    -----
    Of the clients only the last 4,096 addresses are remembered, in memory alone. A client of IPv6 is its
    network of 64 bits, since each device has as many addresses in it as it likes.
    """

    def __init__(
        self,
        app: ASGIApp,
        clock_s: Callable[[], float] = time.monotonic,
        requests: Rate = REQUESTS,
        forms: Rate = FORMS,
    ) -> None:
        self._app = app
        self._clock_s = clock_s
        self._rates = {False: requests, True: forms}
        self._buckets: RecentCache[tuple[str, bool], Bucket] = RecentCache(_CLIENTS_REMEMBERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            if self._takes(client_of(scope), is_form=False):
                await self._app(scope, receive, send)
            else:
                await send(REFUSED_SOCKET)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if len(scope["path"]) > _PATH_MOST:
            await PlainTextResponse(_TOO_LONG, 414)(scope, receive, send)
            return
        is_form = scope["method"] not in SAFE_METHODS
        if not self._takes(client_of(scope), is_form):
            await PlainTextResponse(_TOO_MANY, 429, _RETRY_AFTER)(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        starts = (most for start, most in _BYTES_MOST.items() if scope["path"].startswith(start))
        bytes_most = next(starts, FORM_BYTES_MOST)
        if not length.isdecimal() or len(length) > _DIGITS_MOST or int(length) > bytes_most:
            await PlainTextResponse(_TOO_LARGE, 413)(scope, receive, send)
            return
        await self._app(scope, _Bounded(receive, bytes_most).receive if is_form else receive, send)

    def _takes(self, client: str, is_form: bool) -> bool:
        now_s = self._clock_s()
        for kind in {False, is_form}:
            bucket = self._buckets.get((client, kind))
            if bucket is None:
                bucket = self._buckets[client, kind] = Bucket(self._rates[kind].at_once, now_s)
            if not bucket.take(self._rates[kind], now_s):
                return False
        return True


class _Bounded:
    """A body that ends where it is larger than it said: it is told as the client having gone."""

    def __init__(self, receive: Receive, bytes_most: int) -> None:
        self._receive = receive
        self._bytes_most = bytes_most
        self._bytes = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self._bytes > self._bytes_most else message


def client_of(scope: Scope) -> str:
    """Return whose requests are counted together: an address, or a network of IPv6."""
    host = scope["client"][0] if scope.get("client") else ""
    return ":".join(host.split(":")[:4]) if host.count(":") > 1 else host
