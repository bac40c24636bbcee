"""Whatever anybody sends to any page, no answer is a fault, nothing is told, and looking changes nothing.

`SERA_PAGE_REQUESTS` says how many requests are drawn, and `SERA_PAGE_SEED` from which number on.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import msgspec
import pytest

from drawn.page_requests import STREAM, TEXTS, drawn_get, drawn_post, find_targets, record_names
from sera_pages.application import ROUTES
from sera_pages.security.limits import Bucket
from web.every_page import full_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drawn.page_requests import Target
    from web.every_page import Full

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]
REQUESTS = int(os.environ.get("SERA_PAGE_REQUESTS", "400"))
SEED = int(os.environ.get("SERA_PAGE_SEED", "1"))
# These end what others need: the session, the person, the workshop.
LAST = ("/leave", "/sessions/end", "/people/remove", "/freeze", "/handover", "/turn", "/room")
FORMS_OF_TEN = 7


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Full]:
    # One phone asks for all, in no time.
    monkeypatch.setattr(Bucket, "take", lambda *_: True)
    with full_pages(tmp_path / "full") as opened:
        registry = opened.pages.installation.registry
        zones = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
        for garden, zone in zip(list(registry.gardens("oak")), zones, strict=False):
            registry.put(msgspec.structs.replace(garden, timezone=zone), since_s=2, by="a test")
        yield opened


def state(folder: Path) -> dict[str, str]:
    """A digest of what each file says, of databases of their rows."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.endswith(("-wal", "-shm")):
            continue
        if path.read_bytes()[:6] == b"SQLite":
            with closing(sqlite3.connect(path)) as database:
                content = "\n".join(database.iterdump()).encode()
        else:
            content = path.read_bytes()
        digests[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return digests


def secrets_of(full: Full) -> set[str]:
    cookies = {client.cookies["sera_session"] for client in (full.steward, full.guest, full.taker)}
    return {"51.5", *cookies, full.slip, full.remote, full.story_slip, full.role_slip}


def assert_harmless(full: Full, status: int, body: str, headers: str, what: object) -> None:
    assert status < 500, (what, full.pages.log.getvalue()[-400:])
    assert "Traceback" not in body, what
    assert "<svg onload" not in body, what
    assert "set-cookie: x" not in headers, what


def test_whatever_comes_is_answered_and_no_fault(full: Full, monkeypatch: pytest.MonkeyPatch) -> None:
    targets = find_targets(full)
    routes = {(target.method, target.route) for target in targets}
    expected = {
        (method, route.path) for route in ROUTES for method in route.methods or () if method != "HEAD"
    }
    assert expected - routes == {("GET", STREAM)}
    names = record_names(monkeypatch)
    forms = [target for target in targets if target.method == "POST"]
    pages = [target for target in targets if target.method == "GET"]
    random, statuses = Random(SEED), set()
    for number in range(REQUESTS):
        known = sorted({"q", "lang", *names})
        if random.random() * 10 < FORMS_OF_TEN:
            target = of_any_route(random, forms, is_last=number > 0.95 * REQUESTS)
            path, body, headers = drawn_post(random, target, known)
        else:
            target, body = of_any_route(random, pages), b""
            path, headers = drawn_get(random, target, known)
        answer = target.client.request(target.method, path, body, headers)
        what = (target.method, path[:200], body[:200], headers)
        assert_harmless(full, answer.status, answer.body, str(answer.headers).lower(), what)
        statuses.add(answer.status)
    assert {200, 303, 404, 422} <= statuses
    log = full.pages.log.getvalue()
    assert not [secret for secret in secrets_of(full) if secret in log]
    assert not [text for text in TEXTS if len(text) > 8 and text in log]


def of_any_route(random: Random, targets: list[Target], *, is_last: bool = True) -> Target:
    """Draw a route, and then one of its addresses: no route has many only since it has many addresses."""
    while True:
        route = random.choice(sorted({target.route for target in targets}))
        if is_last or not route.endswith(LAST):
            return random.choice([target for target in targets if target.route == route])


def test_looking_at_anything_changes_nothing(full: Full, tmp_path: Path) -> None:
    pages = [target for target in find_targets(full) if target.method == "GET"]
    before, random = state(tmp_path / "full"), Random(SEED)
    for target in pages:
        path, headers = drawn_get(random, target, ["q", "lang", "id", "kept", "garden", "name"])
        for address in (target.path, path):
            assert target.client.request("GET", address, b"", headers).status < 500, (address, headers)
    assert state(tmp_path / "full") == before
