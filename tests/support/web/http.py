"""A person at plain forms of a running installation, over HTTP without a browser."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin


class Visitor:
    """Keeps cookies, follows redirects, and names its origin as a browser does."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.url = self.address

    def get(self, path: str) -> str:
        return self._open(urllib.request.Request(urljoin(self.address + "/", path.lstrip("/"))))

    def post(self, path: str, fields: dict[str, str]) -> str:
        request = urllib.request.Request(
            urljoin(self.address + "/", path.lstrip("/")),
            urlencode(fields).encode(),
            {"Origin": self.address},
        )
        return self._open(request)

    def submit(self, path: str, fields: dict[str, str], to: str = "") -> str:
        """Open a page with a form, and send it with these fields to the same address, or to another."""
        page = self.get(path)
        return self.post(to or path, hidden(page) | fields)

    def _open(self, request: urllib.request.Request) -> str:
        with self.opener.open(request, timeout=120) as answer:
            self.url = answer.url
            return str(answer.read().decode())


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's first form."""
    form = page[page.index("<form") :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
