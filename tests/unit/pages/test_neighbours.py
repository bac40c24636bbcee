"""Pages of neighbouring communities: what went each way; a bundle made, taken in, refused."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import befriend, make, take
from coalition.gardens import plant, street
from coalition.laptops import ID, Laptop
from sera_coalition.agreements.book import digest_of
from sera_coalition.bundles.issued import enter_issued
from sera_coalition.errors import RefusedBundleError
from sera_pages.installation import PageSettings
from sera_store.registry.persons import MEMBER, STEWARD
from sera_words.isolates import isolated
from web.parts import NOW_S, pages_of
from web.registry_desk import multipart, register_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Answer, Client, Pages

LIST = "/communities/oak/neighbours"
AGREEMENT = f"{LIST}/{ID}"
TAKE = "/neighbours/oak/take"
MONDAY = date(2026, 6, 8)


@pytest.fixture
def elm(tmp_path: Path) -> Laptop:
    """A neighbour of the pages' community, from whom a week came in."""
    return befriend(Laptop(tmp_path / "data", "oak", NOW_S), tmp_path / "neighbour", MONDAY)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    folder = tmp_path / "data"
    with pages_of(folder, PageSettings(register=register_command(folder))) as opened:
        yield opened


def upload(client: Client, content: bytes, token_from: str = AGREEMENT) -> Answer:
    token = client.get(token_from).field("form_token")
    body, kind = multipart({"form_token": token, "agreement": ID}, "elm.zip", content)
    return client.request("POST", TAKE, body, {**kind, "origin": f"http://{client.host}"})


def test_nothing_agreed_is_a_page_too(pages: Pages) -> None:
    answer = pages.client().get(LIST)
    assert answer.status == 200
    assert "Nothing was agreed" in answer.body
    assert pages.client().get(f"{LIST}/{'f' * 32}").status == 404


def test_given_and_received_stand_side_by_side_for_everybody(pages: Pages, elm: Laptop) -> None:
    answer = pages.client().get(LIST)
    assert answer.status == 200
    assert ">Elm<" in answer.body
    assert "Holds until" in answer.body
    assert "means of soil and air" in answer.body
    agreement_page = pages.client().get(AGREEMENT)
    assert "No place is finer than a square of about 1 km." in agreement_page.body
    assert "form" not in agreement_page.body.partition("<main")[2].partition("</main>")[0]
    german = pages.client(headers={"accept-language": "de"}).get(AGREEMENT)
    assert "Kein Ort ist feiner als ein Quadrat" in german.body


def test_rows_are_for_members_with_their_licence_and_in_no_figure_of_ours(pages: Pages, elm: Laptop) -> None:
    assert pages.client().get(f"{AGREEMENT}/readings").status == 401
    member = pages.signed_in(pages.person(MEMBER))
    rows = member.get(f"{AGREEMENT}/readings")
    assert rows.status == 200
    assert "It was not measured here" in rows.body
    assert "air temperature" in rows.body
    assert f"square around {isolated('51.455')}, {isolated('-2.595')}" in rows.body
    stories_page = member.get(f"{AGREEMENT}/stories")
    assert "<p>It stood here.</p>" in stories_page.body
    assert member.get(f"{AGREEMENT}/withdrawals").status == 404
    for path in ("/communities/oak", "/communities/oak/stories", "/communities/oak/data"):
        assert "The elm" not in member.get(path).body
        assert "Elm" not in member.get(path).body.replace("Elm-Yard", "")


def test_a_steward_takes_in_what_comes_and_reads_why_not(pages: Pages, elm: Laptop) -> None:
    steward = pages.signed_in(pages.person(MEMBER, STEWARD))
    week = (MONDAY - timedelta(days=7), MONDAY - timedelta(days=1))
    content = make(elm, {}, week).content
    first = upload(steward, content)
    assert (first.status, first.header("location")) == (303, f"{AGREEMENT}?taken=0")
    assert "0 rows came in." in steward.get(f"{AGREEMENT}?taken=0").body
    again = upload(steward, content)
    assert again.status == 422
    assert "It is here already" in again.body
    assert "Not taken" in again.body
    assert upload(steward, b"<script>alert(1)</script>").status == 422
    changed = bytearray(make(elm, {}, week).content)
    changed[-200] ^= 1
    assert upload(steward, bytes(changed)).status == 422
    assert upload(steward, b"").status == 422


def test_only_a_steward_takes_and_makes_and_not_over_plain_http(pages: Pages, elm: Laptop) -> None:
    member = pages.signed_in(pages.person(MEMBER))
    steward = pages.person(MEMBER, STEWARD, number=2)
    content = make(elm, {}, (MONDAY - timedelta(days=7), MONDAY - timedelta(days=1))).content
    for client, status in (
        (pages.client(), 401),
        (member, 403),
        (pages.signed_in(steward, host="192.168.1.5:8080", address="192.168.1.9"), 403),
    ):
        body, kind = multipart({"form_token": "", "agreement": ID}, "elm.zip", content)
        headers = {**kind, "origin": f"http://{client.host}"}
        answers = {
            client.request("POST", TAKE, body, headers).status,
            client.post(f"{AGREEMENT}/make", {"form_token": ""}).status,
        }
        assert answers <= {status, 400, 403, 421}
        assert 303 not in answers
    own = pages.signed_in(steward)
    assert own.post(f"{AGREEMENT}/make", {"form_token": "x"}).status == 403


def test_pictures_that_came_in_are_for_members_and_made_here(pages: Pages, elm: Laptop) -> None:
    member, file = pages.signed_in(pages.person(MEMBER)), f"{'b' * 64}.jpg"
    told = member.get(f"{AGREEMENT}/stories").body
    assert f'<img src="{AGREEMENT}/media/{file}" alt="The &lt;b&gt;elm&lt;/b&gt;, before it fell">' in told
    picture = member.get(f"{AGREEMENT}/media/{file}")
    assert (picture.status, picture.header("content-type")) == (200, "image/jpeg")
    assert picture.header("x-content-type-options") == "nosniff"
    assert b"number seven" not in picture.content
    assert pages.client().get(f"{AGREEMENT}/media/{file}").status == 401
    for other in (f"{'c' * 64}.jpg", f"{'b' * 64}.html", "..%2Fregistry.sqlite", "x"):
        assert member.get(f"{AGREEMENT}/media/{other}").status == 404
    assert member.get(f"{AGREEMENT}/media").status == 404
    own = Laptop(elm.data.parents[1] / "data", "oak", NOW_S)
    with own.book() as book:
        [stored] = book.agreements()
    own.revoke(stored.agreement)
    assert member.get(f"{AGREEMENT}/media/{file}").status == 404


def test_what_is_taken_back_still_leaves_after_an_end(pages: Pages, elm: Laptop) -> None:
    steward = pages.signed_in(pages.person(MEMBER, STEWARD))
    own = Laptop(elm.data.parents[1] / "data", "oak", NOW_S)
    with own.book() as book:
        [stored] = book.agreements()
        issued = make(own, {}, (MONDAY, MONDAY + timedelta(days=6)), is_entered=False)
        enter_issued(book.chronicle, issued.manifest, digest_of(issued.signed), {}, (f"{'b' * 32}/1",))
    assert "Take back what was given" not in steward.get(AGREEMENT).body
    own.revoke(stored.agreement)
    ended = steward.get(AGREEMENT).body
    assert "Take back what was given" in ended
    assert "Download the next bundle" not in ended
    assert f'action="{AGREEMENT}/make"' in ended
    # What came in may be taken back there, too.
    assert f'action="{TAKE}"' in ended
    assert "Take back what was given" not in pages.client().get(AGREEMENT).body


@pytest.mark.slow
def test_a_bundle_is_made_by_a_process_that_ends_and_taken_there(tmp_path: Path) -> None:
    """On the clock of today, as the process has it."""
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday() + 21)
    own = Laptop(tmp_path / "data", "oak", time.time())
    with pages_of(tmp_path / "data", PageSettings(register=register_command(tmp_path / "data"))) as pages:
        elm = befriend(own, tmp_path / "neighbour", monday)
        start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC).timestamp()
        plant(own.data, "oak", street(4, first=10), start_s=int(start) + 7 * 86_400)
        steward = pages.signed_in(pages.person(MEMBER, STEWARD))
        token = {"form_token": _token(steward)}
        answer = steward.post(f"{AGREEMENT}/make", token)
        assert (answer.status, answer.header("content-type")) == (200, "application/zip"), answer.body
        assert "oak-to-elm" in answer.header("content-disposition")
        # Number 1 was lost on its way: this one says so.
        with pytest.raises(RefusedBundleError, match="gap"):
            take(elm, answer.content)
        anew = steward.post(f"{AGREEMENT}/make", {**token, "anew": "1"})
        assert take(elm, anew.content).manifest.rows > 0
        refused = steward.post(f"{AGREEMENT}/make", token)
        assert refused.status == 422
        assert "No bundle was made." in refused.body


def _token(client: Client) -> str:
    return client.get("/registry/devices").field("form_token")
