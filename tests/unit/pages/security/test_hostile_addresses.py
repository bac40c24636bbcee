"""Whatever somebody writes into an address, a page answers, and no fault of ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from sera_pages.application import ROUTES, create_bare_app
from web.every_page import full_pages
from web.parts import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web.every_page import Full

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

HOSTILE = (
    "9" * 30, "-1", "0", "%00", "%0d%0aSet-Cookie:%20x=1", "..%2f..%2fetc%2fpasswd", "%ff%fe", "%ed%a0%80",
    "a" * 3_000, "%27%20OR%201=1--", "%3Csvg%20onload=x%3E", "%D9%A3", "%F0%9F%90%9D", "1e400", "nan",
    "%5C..%5C",
)  # fmt: skip
QUERIES = ("q", "id", "period", "lang", "kept", "entered", "saved", "garden", "page")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    with full_pages(tmp_path_factory.mktemp("full")) as opened:
        yield opened


def paths() -> list[str]:
    return sorted({route.path for route in ROUTES if not route.path.endswith("/events")})


@pytest.mark.parametrize("path", paths())
def test_no_address_is_a_fault_of_ours(full: Full, path: str) -> None:
    parameters = {
        "{community}": "oak",
        "{garden}": "elm-yard",
        "{kind}": "garden",
        "{workshop}": full.workshop,
    }
    # Without walls: none is refused for asking often, and a fault is not caught.
    client = Client(create_bare_app(full.pages.installation), cookies=dict(full.steward.cookies))
    for hostile in HOSTILE:
        filled = re.sub(r"\{\w+(?::int)?\}", hostile, path)
        beside = path
        for name, value in parameters.items():
            beside = beside.replace(name, value)
        beside = re.sub(r"\{\w+(?::int)?\}", hostile, beside)
        query = "&".join(f"{name}={hostile}" for name in QUERIES)
        for address in (unquote(filled, errors="surrogateescape"), unquote(beside, errors="surrogateescape")):
            answer = client.get(f"{address.encode(errors='replace').decode()}?{query}")
            assert answer.status < 500, (address[:60], answer.status)
            assert answer.header("x") == ""
            assert "set-cookie: x" not in str(answer.headers).lower()
            assert "<svg onload" not in answer.body
