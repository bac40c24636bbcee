"""A form is answered by a redirect, once however often it is sent; what was typed outlives a session."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from starlette.routing import Route

from commons_parts.story_forms import STORY, FormReader, multipart, send, story_address
from sera_coalition.report.measures import MEASURES
from sera_pages.application import ROUTES
from sera_store.registry.persons import HOST, MEMBER
from sera_vocabulary.durations import DAY_S
from sharing.surplus import FIELDS, local
from web.every_page import full_pages
from web.forms import forms_of
from web.parts import NOW_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.every_page import Full
    from web.forms import PageForm
    from web.parts import Answer, Client, Clock, Pages

# These find something, or bring somebody in by a cookie, and enter nothing that a second press would double.
FINDING = ("/join", "/slip", "/w", "/word")
JOINING = re.compile(r"/(join|w)/[^/]+")
# By the end of an address: what makes its form one that is taken.
TAKEN: dict[str, dict[str, Any]] = {
    "/tell/oak": {**STORY, "step": "check"},
    "/arrange/oak": {"title": "Seed swap", "kind": "festival", "first_day": "2026-08-01", "place": "The yard",
                     "text": "Bring seeds.", "district": "", "gardens": [], "dishes": [], "wanted": []},
    "/surplus/give": {**FIELDS, "from": local(NOW_S), "until": local(NOW_S + DAY_S), "allergens": [],
                      "draw": ""},
    "/surplus/looking": {"kind": "vegetables", "what": "Leeks"},
    "/reserve": {"word": "Purple bucket", "portions": "1"},
    "/planted": {"day": "2026-06-19"},
    "/comment": {"comment": "And the north bed?"},
    "/objection": {"reason": "Too dry.", "change": "Water it."},
    "/decide/oak": {"title": "Tea", "text": "At five.", "reasons": "It is warm."},
    "/claims/new": {"title": "Food", "sentence-1": "Docks lacks it.", "measure-1": MEASURES[0].name,
                    "comparison-1": "above", "district-1": "docks", "than-1": "", "value-1": "50",
                    "go": "keep"},
    "/names": {"role": "cook", "name": "Anna"},
    "/slips": {"role": "cook"},
    "/report": {"text": "It is no kind word."},
    "/log": {"action": "watering", "water_depth": "3"},
    "/count": {"flower": "ivy"},
    "/designs": {"title": "By the shed"},
    "/audiences": {"name": "Those of the shed", "whole": "1"},
    "/invitations": {"role": "member"},
    "/soil": {"texture": "loam", "source": "by hand"},
}  # fmt: skip
# These end what other forms need.
LAST = ("/leave", "/freeze", "/turn", "/sessions/end", "/people/remove", "/room", "/withdraw", "/handover",
        "/erase", "/again", "/take-back", "/cancel", "/withdrawal")  # fmt: skip

ENDING = ("/kept", "/slip")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Full]:
    with full_pages(tmp_path / "full") as opened:
        yield opened


def forms(full: Full) -> list[tuple[Client, str, PageForm]]:
    """All forms of all pages that change something: who has them, on which page."""
    found = [
        (client, path, form)
        for client, path in full.addresses().values()
        for form in forms_of(client.get(path).body)
    ]
    return sorted(found, key=lambda row: row[2].action.endswith(LAST) or row[2].action.startswith(ENDING))


def filled(full: Full, form: PageForm) -> dict[str, Any]:
    wished = next((fields for end, fields in TAKEN.items() if form.action.endswith(end)), {})
    return {**form.values, **wished, **({"slip": full.slip} if "slip" in form.values else {})}


def posted(client: Client, form: PageForm, fields: dict[str, Any]) -> Answer:
    """Send a form as a browser does, and stay at its answer."""
    # More than a patient phone sends at once: both ways to this machine are used by turns.
    client.address = "::1" if client.address == "127.0.0.1" else "127.0.0.1"
    kind = "multipart/form-data; boundary=b0undary" if form.is_file else "application/x-www-form-urlencoded"
    body = multipart(fields, {}) if form.is_file else urlencode(fields, doseq=True).encode()
    headers = {"content-type": kind, "origin": f"http://{client.host}"}
    return client.request("POST", form.action, body, headers)


def rows(folder: Path) -> dict[str, int]:
    """How many rows each table of an installation has."""
    counts = {}
    for path in folder.rglob("*.sqlite"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tables = database.execute("SELECT name FROM sqlite_schema WHERE type='table'").fetchall()
            for (name,) in tables:
                [(number,)] = database.execute(f'SELECT count(*) FROM "{name}"')
                counts[f"{path.name} {name}"] = number
    return counts


def test_every_route_that_takes_a_form_answers_once() -> None:
    taking = [route for route in ROUTES if isinstance(route, Route) and "POST" in (route.methods or ())]
    assert len(taking) > 90
    assert [route.path for route in taking if not asyncio.iscoroutinefunction(route.endpoint)] == []


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_form_is_answered_by_a_redirect_and_enters_nothing_when_it_is_sent_again(full: Full) -> None:
    taken = set()
    for client, path, form in forms(full):
        fields, own = filled(full, form), re.sub(r"[0-9a-f]{8,}|\d+", "…", form.action)
        if form.action not in FINDING and not form.action.endswith("/word") and not JOINING.fullmatch(own):
            assert form.values.get("form"), f"{path}: nothing is drawn for the form to {form.action}"
        first = posted(client, form, fields)
        # A page is an error, or what a script asked for; a file is one.
        assert first.status == 303 or first.status >= 400 or first.header("content-disposition"), form.action
        if first.status != 303 or "set-cookie" in dict(first.headers) or not form.values.get("form"):
            continue
        before = rows(full.pages.installation.folder)
        again = posted(client, form, fields)
        assert rows(full.pages.installation.folder) == before, form.action
        if client.get("/mine").status == 200 or not form.values.get("form_token"):
            assert (again.status, again.header("location")) == (303, first.header("location")), form.action
        taken.add(own)
    assert not [end for end in TAKEN if not any(own.endswith(end) for own in taken)]


def test_what_is_shown_once_can_be_read_again_by_who_sent_the_form_for_a_day(
    pages: Pages, clock: Clock
) -> None:
    host = pages.signed_in(pages.person(MEMBER, HOST))
    token = host.get("/kept").field("form_token")
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{host.host}"}
    answer = host.request("POST", "/kept/slip", f"form_token={token}&form=1".encode(), headers)
    assert answer.status == 303
    address = answer.header("location")
    first = host.get(address)
    assert "/slip/" in first.body
    assert host.get(address).body == first.body
    assert "no-store" in first.header("cache-control")
    other = pages.signed_in(pages.person(MEMBER, number=2))
    assert {client.get(address).status for client in (other, pages.client())} == {404}
    clock.now_s += DAY_S + 1
    assert host.get(address).status == 404


def test_the_same_form_sent_twice_at_once_is_entered_once(pages: Pages, teller: Client) -> None:
    page = teller.get("/communities/oak/surplus/looking")
    fields = {"form": page.field("form"), "kind": "vegetables", "what": "Leeks"}

    async def both() -> list[int]:
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{teller.host}"}
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        asked = [teller._request("POST", "/communities/oak/surplus/looking", body, headers) for _ in range(2)]
        return [answer.status for answer in await asyncio.gather(*asked)]

    assert asyncio.run(both()) == [303, 303]
    assert len(pages.installation.surplus.of("oak").wishes.all()) == 1
    # Another line from the same form is another line.
    assert teller.post("/communities/oak/surplus/looking", {**fields, "what": "Beans"}).status == 303
    assert len(pages.installation.surplus.of("oak").wishes.all()) == 2


def test_of_a_form_that_was_taken_the_file_says_nothing(pages: Pages, teller: Client) -> None:
    page = teller.get("/communities/oak/surplus/looking")
    fields = {"form": page.field("form"), "kind": "vegetables", "what": "Leeks of the moon"}
    assert teller.post("/communities/oak/surplus/looking", fields).status == 303
    path = pages.installation.folder / "people" / "sessions.sqlite"
    content = b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    assert b"answered_forms" in content
    assert b"surplus/looking" not in content
    assert b"Leeks" not in content


def end_sessions(pages: Pages, client: Client) -> None:
    person = pages.installation.sessions.find(client.cookies["sera_session"])
    assert person is not None
    pages.installation.sessions.end_all(person.person)


def test_what_was_typed_when_a_session_ended_is_sent_after_coming_in_again(
    pages: Pages, teller: Client
) -> None:
    answer = teller.get("/tell/oak")
    for _ in range(3):
        answer = send(teller, {**FormReader(answer.body).fields, **STORY})
    assert 'name="step" value="allergens"' in answer.body
    fields = {**FormReader(answer.body).fields, **STORY}
    end_sessions(pages, teller)
    refused = send(teller, fields)
    assert refused.status == 401
    assert "What you typed" in refused.body
    assert STORY["steps"] in refused.body
    # In again, in another tab: as another person even.
    teller.cookies["sera_session"] = pages.installation.sessions.begin(pages.person(MEMBER, number=2).id)
    [form] = forms_of(refused.body)
    other_session = send(teller, form_fields(refused.body))
    assert other_session.status == 403
    assert STORY["steps"] in other_session.body
    answer = send(teller, form_fields(other_session.body))
    assert 'name="step" value="audience"' in answer.body
    for _ in range(4):
        answer = send(teller, {**FormReader(answer.body).fields, **STORY})
    assert STORY["title"] in teller.get(story_address(answer)).body
    assert form.action == "/tell/oak"


def form_fields(body: str) -> dict[str, list[str]]:
    return FormReader(body.replace('<form method="post"', '<form id="again" method="post"'), "again").fields


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/decide/oak", {"title": "Tea at five", "text": "Every day."}, 401),
        ("/arrange/oak", {"title": "Seed swap", "text": "Bring seeds."}, 401),
        ("/communities/oak/stories/x/1/consent", {"name": "Anna of the door"}, 401),
        ("/gardens/elm-yard/count", {"title": "Not of the page"}, 401),
        ("/nowhere", {"title": "What nobody takes"}, 405),
    ],
)
def test_no_refusal_loses_what_was_typed(
    pages: Pages, path: str, fields: dict[str, str], status: int
) -> None:
    answer = pages.client().post(path, fields)
    assert answer.status in (status, 404)
    assert all(text in answer.body for text in fields.values())
    assert ("Send it again" in answer.body) == (answer.status == 401)


def test_a_refusal_shows_no_code_and_nothing_to_send_where_nothing_was_written(pages: Pages) -> None:
    answer = pages.client().post("/kept/withdraw", {"entry": "everything", "form_token": "0" * 32})
    assert answer.status == 401
    assert "What you typed" not in answer.body
    assert "everything" not in answer.body
