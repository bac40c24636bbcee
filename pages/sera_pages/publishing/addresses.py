"""Which pages are published, in which files, and how their links lead from one file to another."""

from __future__ import annotations

import posixpath
import re
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from sera_pages.errors import PagesError
from sera_pages.views.languages import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_NAME: Final = r"[^/?#]+"
# By address: the file. What matches none of these is for people with a session, and is not published.
_FILES: Final[tuple[tuple[str, str], ...]] = (
    (rf"/communities/({_NAME})/figures\.csv", r"communities/\1/figures-{period}.csv"),
    (rf"/communities/({_NAME})/(events\.ics|events/{_NAME}\.ics)", r"communities/\1/\2"),
    (rf"/communities/({_NAME})/(events|events/{_NAME})", r"communities/\1/\2.html"),
    (rf"/communities/({_NAME})/districts", r"communities/\1/districts.html"),
    (rf"/communities/({_NAME})/data", r"communities/\1/data.html"),
    (rf"/communities/({_NAME})", r"communities/\1.html"),
    (rf"/communities/({_NAME})/stories", r"communities/\1/stories.html"),
    (rf"/communities/({_NAME})/stories/({_NAME})/(\d+)", r"communities/\1/stories/\2-\3.html"),
    (rf"/communities/({_NAME})/plants/({_NAME})", r"communities/\1/plants/\2.html"),
    (rf"/gardens/({_NAME})", r"gardens/\1.html"),
    (r"/figures/(\d+)", r"figures/\1.html"),
    (r"/", "index.html"),
)
# The same for all languages, or with the language in the address.
_SHARED: Final[tuple[tuple[str, str], ...]] = (
    (rf"/(drawings/{_NAME}/{_NAME}\.svg)", r"\1"),
    (rf"/(static/{_NAME})", r"\1"),
    (rf"/(communities/{_NAME}/districts\.json)", r"\1"),
    (rf"/(communities/{_NAME}/stories)/({_NAME})/(\d+)/(files/{_NAME})", r"\1/\2-\3/\4"),
    (r"/(report/(?:[^/?#]+/)?)", r"\1index.html"),
    (r"/(report/(?:[^/?#]+/)?index\.\w+\.html)", r"\1"),
)
_LINK: Final = re.compile(r'(?P<name>\s(?:href|src|srcset)=")(?P<address>/[^"]*)(?P<end>")')


_STORY_FILE: Final = re.compile(r"(?:.*/)?communities/[^/]+/stories/([0-9a-f]+)-(\d+)\.html")


class UnpublishedLinkError(PagesError):
    """A page of the published ones leads to one that is not; the fault is ours."""


def language_of(address: str, language: str) -> str:
    """Return the language that an address on a page asks for: that of the page unless it names another."""
    return parse_qs(urlsplit(address).query).get(PARAMETER, [language])[0]


def file_of(address: str, folder: str = "") -> str:
    """Return the file of an address, relative to the published folder.

    Parameters
    ----------
    address
        Path and query; a fragment is left out.
    folder
        That of the language: empty for the first one, else `de/`.

    Raises
    ------
    UnpublishedLinkError
        It is not one of those that are published.

    Examples
    --------
    >>> file_of("/gardens/elm-yard"), file_of("/communities/oak/figures.csv?period=week")
    ('gardens/elm-yard.html', 'communities/oak/figures-week.csv')
    >>> file_of("/communities/oak/events"), file_of("/communities/oak/events/0a.ics")
    ('communities/oak/events.html', 'communities/oak/events/0a.ics')
    """
    parts = urlsplit(address)
    for pattern, file in (*_FILES, *_SHARED):
        match = re.fullmatch(pattern, parts.path)
        if match is not None:
            period = parse_qs(parts.query).get("period", ["span"])[0]
            own = match.expand(file).replace("{period}", period)
            return own if (pattern, file) in _SHARED else folder + own
    raise UnpublishedLinkError(f"{address} is not one of the public pages")


def stories_in(files: Iterable[str]) -> list[str]:
    """List the stories that published files are of, each as its id and version.

    Examples
    --------
    >>> stories_in(["communities/oak/stories/0a-2.html", "de/communities/oak/stories/0a-2.html"])
    ['0a/2']
    """
    matches = [_STORY_FILE.fullmatch(file) for file in files]
    return sorted({f"{match[1]}/{match[2]}" for match in matches if match is not None})


def relink(text: str, file: str, follow: Callable[[str], str]) -> str:
    """Rewrite the links of a page from addresses of the server to files beside it.

    Parameters
    ----------
    text
        The page.
    file
        Its own file.
    follow
        Called with each address that it leads to; returns that one's file.
    """
    folder = posixpath.dirname(file)

    def rewritten(match: re.Match[str]) -> str:
        address = unescape(match["address"])
        target = posixpath.relpath(follow(address), folder or ".")
        fragment = urlsplit(address).fragment
        return match["name"] + target + (f"#{fragment}" if fragment else "") + match["end"]

    return _LINK.sub(rewritten, text)
