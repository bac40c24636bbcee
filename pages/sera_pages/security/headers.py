"""What every answer says to the browser: nothing from elsewhere, no script in the page, no framing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Pages that the workshop's templates made: they carry their style inside, and no script.
STATIC_PAGE_POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    b"x-content-type-options": b"nosniff",
    # Not `no-referrer`: with that a browser says `Origin: null` for our own forms, too.
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}
# Over plain http a browser ignores it, and complains on each page.
_OVER_HTTPS: Final = {b"cross-origin-opener-policy": b"same-origin"}
_UNLESS_SET: Final = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"cache-control": b"no-store",
}


class SafeHeaders:
    """Add the headers to every answer; an answer may bring its own policy and its own caching."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                over_https = _OVER_HTTPS if scope.get("scheme") == "https" else {}
                own = {
                    **_ALWAYS,
                    **over_https,
                    **{name: text for name, text in _UNLESS_SET.items() if name not in present},
                }
                message = {**message, "headers": [*headers, *own.items()]}
            await send(message)

        await self._app(scope, receive, send_with_headers)
