"""The walls: hosts, origins, tokens, sizes, rates, headers, faults, and a log that tells of nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from garden_designs.drawings import START
from sera_pages.application import ROUTES
from sera_pages.installation import PageSettings
from sera_pages.security.limits import FORM_BYTES_MOST, FORMS, REQUESTS
from sera_store.registry.persons import STEWARD
from web.parts import LOOPBACK_HOST, pages_of

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Pages

LAN = "192.168.7.20"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "10.0.0.1"]
)
def test_a_name_that_is_not_ours_is_answered_by_nobody(pages: Pages, host: str) -> None:
    assert pages.client(host=host).get("/").status == 421


def test_a_name_of_the_room_is_ours_once_it_was_opened(tmp_path: Path) -> None:
    with pages_of(tmp_path, PageSettings(names=(LAN,))) as pages:
        assert pages.client(host=f"{LAN}:8080", address="192.168.7.31").get("/").status == 200
        assert pages.client(host="192.168.7.21:8080").get("/").status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8080.evil.example"},
    ],
)
def test_a_form_of_another_site_is_refused_whatever_it_brings(pages: Pages, headers: dict[str, str]) -> None:
    client = pages.signed_in(pages.person())
    token = client.get("/mine").field("form_token")
    assert client.post("/mine/name", {"form_token": token, "name": "Eve"}, **headers).status == 403
    assert client.post("/mine/name", {"form_token": token, "name": "Ada"}).status == 303
    [person] = pages.installation.registry.persons()
    assert pages.installation.names.of(person.id) == "Ada"


def test_without_an_origin_only_a_browsers_word_counts(pages: Pages) -> None:
    client = pages.client()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert client.request("POST", "/join", b"code=x", kind).status == 403
    assert client.request("POST", "/join", b"code=x", {**kind, "sec-fetch-site": "cross-site"}).status == 403
    assert client.request("POST", "/join", b"code=x", {**kind, "sec-fetch-site": "same-origin"}).status == 422


def posts() -> list[str]:
    """The addresses that change something and need a session."""
    paths = [route.path for route in ROUTES if "POST" in (route.methods or ())]
    filled = {"{community}": "oak", "{garden}": "elm-yard", "{counter}": "person-1", "{epoch}": "00000001"}
    for name, value in {
        **filled,
        "{seq:int}": "1",
        "{number:int}": "1",
        "{code}": "x",
        "{item}": "0" * 32,
        "{version:int}": "1",
    }.items():
        paths = [path.replace(name, value) for path in paths]
    # These ask for a code that their holder was given, or for nothing, and for no session.
    open_to_all = ("/join", "/w/", "/slip", "/r/")
    return sorted(
        {
            path
            for path in paths
            if path != "/w"
            and not path.startswith(open_to_all)
            and not path.endswith("/report")
            # What is on the table is reserved with a word, moved and given up by a link, given by a slip.
            and (not path.startswith("/communities/oak/surplus/") or path.endswith("/remove"))
        }
    )


@pytest.mark.parametrize("path", posts())
def test_every_change_needs_a_session_and_the_token_of_that_session(pages: Pages, path: str) -> None:
    path = path.replace("{workshop}", pages.installation.workshops.make("oak").id)
    path = path.replace("{design}", pages.installation.designs.begin("elm-yard", "oak", START).id)
    assert pages.client().post(path, {}).status in (401, 403)
    steward = pages.signed_in(pages.person(STEWARD))
    other = pages.signed_in(pages.person(STEWARD, number=2)).get("/mine").field("form_token")
    for token in ("", "0" * 32, other):
        assert steward.post(path, {"form_token": token}).status in (403, 404)
    assert pages.sent.messages == []


def test_a_form_beyond_the_bound_is_refused_before_it_is_read(pages: Pages) -> None:
    client = pages.client()
    assert client.post("/join", b"code=" + b"x" * FORM_BYTES_MOST).status == 413
    assert client.post("/join", b"code=x", **{"content-length": "9" * 5_000}).status == 413
    lying = {"content-length": "10", "content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/join", b"code=" + b"x" * FORM_BYTES_MOST, **lying)
    assert answer.status == 400


def test_an_address_longer_than_any_of_ours_is_read_by_nobody(pages: Pages) -> None:
    # A number of thousands of digits is none that Python reads.
    for path in (f"/figures/{'9' * 5_000}", f"/{'x' * 2_000}"):
        assert pages.client().get(path).status == 414
    assert "page_failed" not in pages.log.getvalue()
    assert pages.client().get(f"/gardens/{'x' * 1_900}").status == 404


def test_who_asks_too_often_waits_and_nobody_else_does(pages: Pages) -> None:
    flood, phone = pages.client(address="10.0.0.9"), pages.client(address="10.0.0.10")
    statuses = [flood.post("/join", {"code": "x"}).status for _ in range(int(FORMS.at_once) + 20)]
    assert statuses.count(429) >= 15
    assert statuses[0] == 422
    assert phone.post("/join", {"code": "x"}).status == 422
    assert flood.get("/health").status == 200
    assert REQUESTS.at_once > FORMS.at_once


def test_devices_of_one_network_of_ipv6_share_their_rate(pages: Pages) -> None:
    statuses = [
        pages.client(address=f"2001:db8:1:2::{number:x}").post("/join", {"code": "x"}).status
        for number in range(int(FORMS.at_once) + 10)
    ]
    assert 429 in statuses


@pytest.mark.parametrize("path", ["/", "/nothing", "/mine", "/static/sera.css", "/gardens/elm-yard", "/join"])
def test_every_answer_has_the_policy_and_allows_nothing_from_elsewhere(pages: Pages, path: str) -> None:
    answer = pages.client().get(path)
    policy = answer.header("content-security-policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.header("x-content-type-options") == "nosniff"
    assert "<script>" not in answer.body
    assert " style=" not in answer.body


def test_a_fault_gets_a_page_the_same_headers_and_a_line_without_what_was_sent(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret-of-a-variable")

    monkeypatch.setattr("sera_pages.figure_cache.FigureCache.community", fail)
    answer = pages.client().get("/")
    assert answer.status == 500
    assert "fault of Sera" in answer.body
    assert "default-src 'none'" in answer.header("content-security-policy")
    assert "RuntimeError" in pages.log.getvalue()
    assert "secret-of-a-variable" not in answer.body + pages.log.getvalue()


def test_the_log_names_pages_and_no_address_path_or_person(pages: Pages) -> None:
    person = pages.person(name="Ada")
    client = pages.signed_in(person, address="203.0.113.77")
    token = client.get("/mine").field("form_token")
    client.post("/mine/name", {"form_token": token, "name": "Lovelace"})
    client.get("/join/0123456789abcdef")
    lines = [json.loads(line) for line in pages.log.getvalue().splitlines()]
    assert [(line["page"], line["status"]) for line in lines] == [("rename", 303), ("invitation", 404)]
    for word in ("203.0.113", "Ada", "Lovelace", person.id, "0123456789abcdef", token):
        assert word not in pages.log.getvalue()


def test_the_cookie_is_for_no_script_and_for_no_other_site(pages: Pages) -> None:
    code = pages.installation.invitations.make("oak", {"member"}, "a test")
    answer = pages.client().post(f"/join/{code}", {"name": ""})
    cookie = answer.header("set-cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_over_https_by_a_proxy_the_cookie_is_secure_and_the_client_is_the_last_hop(tmp_path: Path) -> None:
    with pages_of(tmp_path, PageSettings(proxied_names=("garden.example",))) as pages:
        code = pages.installation.invitations.make("oak", {STEWARD}, "a test")
        client = pages.client(host="garden.example", scheme="https")
        client.headers = {"x-forwarded-proto": "https", "x-forwarded-for": "6.6.6.6, 198.51.100.4"}
        answer = client.post(f"/join/{code}", {"name": ""})
        assert "Secure" in answer.header("set-cookie")
        assert client.get("/communities/oak/nodes").status == 200


def test_a_header_of_a_proxy_is_believed_of_no_other_machine_and_for_no_other_name(tmp_path: Path) -> None:
    with pages_of(tmp_path, PageSettings(names=(LAN,), proxied_names=("garden.example",))) as pages:
        steward = pages.person(STEWARD)
        for address, host in (("192.168.7.31", f"{LAN}:8080"), ("192.168.7.31", "garden.example")):
            client = pages.signed_in(steward, address=address, host=host)
            client.headers = {"x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1"}
            assert client.get("/communities/oak/nodes").status == 403


def test_over_plain_http_in_a_room_a_steward_may_only_count(tmp_path: Path) -> None:
    with pages_of(tmp_path, PageSettings(names=(LAN,))) as pages:
        steward = pages.person(STEWARD)
        local = pages.signed_in(steward, host=LOOPBACK_HOST)
        room = pages.signed_in(steward, host=f"{LAN}:8080", address="192.168.7.31")
        for part in ("nodes", "people", "dead-letters", "alerts"):
            path = f"/communities/oak/{part}"
            assert (local.get(path).status, room.get(path).status) == (200, 403)
        assert room.get("/gardens/elm-yard/count").status == 200
        # The loopback name from another machine protects nobody.
        fooled = pages.signed_in(steward, host=LOOPBACK_HOST, address="192.168.7.31")
        assert fooled.get("/communities/oak/nodes").status == 403


def test_what_holds_no_secret_travels_compressed_and_a_page_with_a_token_does_not(pages: Pages) -> None:
    drawing = pages.installation.report_folder / "drawings" / "en" / "community-oak.svg"
    drawing.parent.mkdir(parents=True)
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'>" + "<g/>" * 5_000 + "</svg>")
    (pages.installation.report_folder / "index.html").write_text("<p>report</p>" * 500)
    client = pages.signed_in(pages.person())
    client.headers["accept-encoding"] = "gzip"
    for path in ("/drawings/en/community-oak.svg", "/static/sera.css", "/report/"):
        answer = client.get(path)
        assert (answer.status, answer.header("content-encoding")) == (200, "gzip"), path
        assert "accept-encoding" in answer.header("vary").lower(), path
    assert client.get("/mine").header("content-encoding") == ""
    del client.headers["accept-encoding"]
    assert client.get("/drawings/en/community-oak.svg").body == drawing.read_text()
