"""Ask our own application for its public pages, as a stranger would, and write them as files."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from sera_pages.application import create_bare_app
from sera_pages.errors import NotSentError
from sera_pages.publishing.addresses import file_of, language_of, relink
from sera_pages.publishing.own_folder import NotPublishedError, replacing_folder

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette

    from sera_pages.installation import ServedInstallation

_DONE: Final = 200
_BESIDE: Final = re.compile(r'href="(index\.\w+\.html)"')


class NoSender:
    """Carries nothing: a published page has no form."""

    async def send(self, topic: str, payload: bytes) -> None:  # noqa: ARG002 - as every sender
        """Refuse."""
        raise NotSentError(f"published pages take nothing, and not {topic}")


def publish(installation: ServedInstallation, folder: Path, community: str = "") -> list[str]:
    """Write the public pages into a folder, in place of those that were published there before.

    Parameters
    ----------
    installation
        What they are made from; its settings say that they are published, and in which languages: the first
        at the root, each other in a folder of its name.
    folder
        Made where there is none.
    community
        Whose page is the first one, and whose gardens alone are in it; all where none is named.

    Returns
    -------
    list of str
        The files, in the order of their names.

    Raises
    ------
    NotPublishedError
        The folder holds something that was not published, or a page cannot be made.
    OSError
        It cannot be written; what was published before is still there.

    Notes
    -----
    The same rules hold as for a stranger's visit: places as closely as hosts allow, entries of people a day
    later and without the hour, no person.
    """
    with replacing_folder(folder) as draft:
        first = f"/communities/{community}" if community else "/"
        app, languages = create_bare_app(installation), installation.settings.languages
        pages = asyncio.run(_ask_for_all(app, first, languages))
        for name, content in pages.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return sorted(pages)


async def _ask_for_all(app: Starlette, first: str, languages: tuple[str, ...]) -> dict[str, bytes]:
    """Ask for the first page, and for all that it leads to; return contents by file."""
    pages: dict[str, bytes] = {}
    waiting = [("/", languages[0])]

    def follow(linked: str, language: str) -> str:
        other = language_of(linked, language)
        # The first page has its own file, whichever it is.
        path = "/" if urlsplit(linked).path == first else linked
        waiting.append((path, other))
        return _file(path, other, languages)

    while waiting:
        address, language = waiting.pop()
        file = _file(address, language, languages)
        if file in pages:
            continue
        kind, content = await _ask(app, first if address == "/" else address, language)
        if kind.startswith("text/html"):
            text = content.decode()
            content = relink(text, file, partial(follow, language=language)).encode()
            # A page that stands alone names itself in other languages as a file beside it.
            waiting += [(urljoin(address, name), language) for name in _BESIDE.findall(text)]
        pages[file] = content
    return pages


def _file(address: str, language: str, languages: tuple[str, ...]) -> str:
    return file_of(address, "" if language == languages[0] else f"{language}/")


async def _ask(app: Starlette, address: str, language: str) -> tuple[str, bytes]:
    """Ask for a page without a session in a language; return its media type and content."""
    parts, answered = urlsplit(address), []
    is_asked = asyncio.Event()
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": parts.path, "raw_path": parts.path.encode(), "root_path": "",
        "query_string": parts.query.encode(), "client": None, "server": ("localhost", 80),
        "headers": [(b"host", b"localhost"), (b"accept-language", language.encode())],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if is_asked.is_set():
            # An answer of a file waits until its reader has gone, and this one never does.
            await asyncio.Event().wait()
        is_asked.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        answered.append(message)

    await app(scope, receive, send)
    start, *bodies = answered
    if start["status"] != _DONE:
        raise NotPublishedError(f"the page {address} cannot be made (status {start['status']})")
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return headers.get("content-type", ""), b"".join(body.get("body", b"") for body in bodies)
