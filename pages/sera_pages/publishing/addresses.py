"""Which pages are published, in which files, and how their links lead from one file to another."""

from __future__ import annotations

import posixpath
import re
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from sera_pages.errors import PagesError

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = r"[^/?#]+"
# By address: the file. What matches none of these is for people with a session, and is not published.
_FILES: Final[tuple[tuple[str, str], ...]] = (
    (rf"/communities/({_NAME})/figures\.csv", r"communities/\1/figures-{period}.csv"),
    (rf"/communities/({_NAME})/data", r"communities/\1/data.html"),
    (rf"/communities/({_NAME})", r"communities/\1.html"),
    (rf"/gardens/({_NAME})", r"gardens/\1.html"),
    (r"/figures/(\d+)", r"figures/\1.html"),
    (rf"/(drawings/{_NAME}\.svg)", r"\1"),
    (rf"/(static/{_NAME})", r"\1"),
    (r"/(report/(?:[^/?#]+/)?)", r"\1index.html"),
)
_LINK: Final = re.compile(r'(?P<name>\s(?:href|src|srcset)=")(?P<address>/[^"]*)(?P<end>")')


class UnpublishedLinkError(PagesError):
    """A page of the published ones leads to one that is not; the fault is ours."""


def file_of(address: str) -> str:
    """Return the file of an address, relative to the published folder.

    Parameters
    ----------
    address
        Path and query; a fragment is left out.

    Raises
    ------
    UnpublishedLinkError
        It is not one of those that are published.

    Examples
    --------
    >>> file_of("/gardens/elm-yard"), file_of("/communities/oak/figures.csv?period=week")
    ('gardens/elm-yard.html', 'communities/oak/figures-week.csv')
    """
    parts = urlsplit(address)
    if parts.path == "/":
        return "index.html"
    for pattern, file in _FILES:
        match = re.fullmatch(pattern, parts.path)
        if match is not None:
            period = parse_qs(parts.query).get("period", ["span"])[0]
            return match.expand(file).replace("{period}", period)
    raise UnpublishedLinkError(f"{address} is not one of the public pages")


def relink(text: str, file: str, follow: Callable[[str], None]) -> str:
    """Rewrite the links of a page from addresses of the server to files beside it.

    Parameters
    ----------
    text
        The page.
    file
        Its own file.
    follow
        Called with each address that it leads to.
    """
    folder = posixpath.dirname(file)

    def rewritten(match: re.Match[str]) -> str:
        address = unescape(match["address"])
        follow(address)
        target = posixpath.relpath(file_of(address), folder or ".")
        fragment = urlsplit(address).fragment
        return match["name"] + target + (f"#{fragment}" if fragment else "") + match["end"]

    return _LINK.sub(rewritten, text)
