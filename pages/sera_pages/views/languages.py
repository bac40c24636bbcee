"""The language of a request: asked for by a link, else kept in a cookie, else the browser's own."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from sera_vocabulary.durations import YEAR_S
from sera_words.language import locale_of, requested_language, speaking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARAMETER: Final = "lang"
COOKIE: Final = "sera_language"


class Languages:
    """Answer each request in the language of whoever asks.

    A link with `?lang=de` shows its page in German, and is remembered in a cookie, which holds nothing else.

    Parameters
    ----------
    app
        The application behind it.
    languages
        Those that pages are written in; the first one where a browser asks for none of them.
    """

    def __init__(self, app: ASGIApp, languages: Sequence[str]) -> None:
        self._app = app
        self._languages = tuple(languages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        linked = self._linked(scope["query_string"].decode("latin-1"))
        language = (
            linked
            or self._remembered(headers)
            or requested_language(headers.get("accept-language", ""), self._languages)
        )

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if answer.get("content-type", "").startswith("text/html"):
                    answer["content-language"] = language
                    answer.add_vary_header("Accept-Language, Cookie")
                if linked:
                    answer.append("set-cookie", _cookie(linked, scope["scheme"]))
            await send(message)

        with speaking(locale_of(language)):
            await self._app(scope, receive, send_with_language)

    def _linked(self, query: str) -> str:
        language = parse_qs(query).get(PARAMETER, [""])[0] if PARAMETER in query else ""
        return language if language in self._languages else ""

    def _remembered(self, headers: Headers) -> str:
        language = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return language if language in self._languages else ""


def _cookie(language: str, scheme: str) -> str:
    cookie: SimpleCookie = SimpleCookie({COOKIE: language})
    cookie[COOKIE] |= {"path": "/", "max-age": YEAR_S, "samesite": "lax", "httponly": True}
    if scheme == "https":
        cookie[COOKIE]["secure"] = True
    return cookie[COOKIE].OutputString()
