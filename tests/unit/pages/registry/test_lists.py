"""What a steward sees of the registry: their community's entries, searched, page by page, with history."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from sera_pages.registry.lists import ROWS_A_PAGE
from sera_store.registry.entities import KINDS, PERSON, Calibration, Community, Garden, Node, ProbePlace
from sera_store.registry.fields import fields_of
from sera_store.registry.persons import CURATOR, FACILITATOR, HOST, MEMBER, STEWARD
from web.registry_desk import steward_desk, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Pages
    from web.registry_desk import StewardDesk

EVERY_PAGE = [
    "/registry", "/registry/garden", "/registry/garden/entry?id=elm-yard", "/registry/garden/new",
    "/registry/garden/import", "/registry/garden/table.csv", "/registry/node/new", "/registry/mapping/new",
    "/registry/community/new", "/registry/district/map", "/registry/devices",
]  # fmt: skip
EVERY_FORM = [
    "/registry/garden/entry", "/registry/garden/new", "/registry/garden/import", "/registry/node/new",
    "/registry/node/files", "/registry/node/key", "/registry/node/flashed", "/registry/mapping/new",
    "/registry/community/new", "/registry/district/map", "/registry/devices", "/registry/devices/rotate",
    "/registry/devices/revoke",
]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[StewardDesk]:
    with steward_desk(tmp_path / "data") as opened:
        yield opened


@pytest.mark.parametrize("kind", ["garden", "limit"])
def test_what_a_form_offers_to_choose_is_said_in_the_words_of_its_language(
    desk: StewardDesk, kind: str
) -> None:
    desk.client.cookies["sera_language"] = "fr"
    form = desk.client.get(f"/registry/{kind}/new").body
    offered = dict(re.findall(r'<option value="([\w-]+)"[^>]*>([^<]+)<', form))
    codes = {code for field in fields_of(kind) for code in field.choices}
    assert codes <= offered.keys()
    assert not codes & {words for code, words in offered.items() if code in codes}


def test_all_kinds_are_listed_with_their_counts(desk: StewardDesk) -> None:
    words = words_of(desk.client.get("/registry"))
    assert "Gardens Entries: 2" in words
    assert "Communities Entries: 1" in words
    for kind in KINDS:
        assert desk.client.get(f"/registry/{kind}").status == 200, kind
    assert desk.client.get("/registry/dragon").status == 404


def test_a_list_is_searched_and_turned_page_by_page(desk: StewardDesk) -> None:
    for number in range(ROWS_A_PAGE + 3):
        desk.registry.put(ProbePlace(f"c-{number:04}", None, 1, 0.1), since_s=1, by="a test")
    first, second = (words_of(desk.client.get(f"/registry/probe?page={page}")) for page in (1, 2))
    assert "c-0000" in first
    assert "c-0052" not in first
    assert "Page 1 of 2" in first
    assert "c-0052" in second
    match = words_of(desk.client.get("/registry/probe?q=C-0052"))
    assert "Entries: 1" in match
    assert "c-0052" in match
    no_match = desk.client.get("/registry/probe?q=%3Cb%3E")
    assert "Nothing here has “<b>” in it." in words_of(no_match)
    assert "<b>" not in no_match.body
    for number in ("0", "99", "-1", "x", "9" * 400):
        assert desk.client.get(f"/registry/probe?page={number}").status == 200


def test_an_entry_is_shown_in_words_with_units_and_dates_and_what_each_change_changed(
    desk: StewardDesk,
) -> None:
    probe = ProbePlace("c-0012 <i>", None, 1, 0.125)
    desk.registry.put(probe, since_s=1_780_000_000, by="a test")
    desk.registry.put(ProbePlace("c-0012 <i>", None, 2, 0.125), since_s=1_790_000_000, by="member-0001")
    calibration = Calibration(
        "one", "c-0012 <i>", "soil_moisture_raw", "soil_moisture", (1.0,), 1_780_000_000
    )
    desk.registry.put(calibration, since_s=1_780_000_000, by="a test")
    answer = desk.client.get("/registry/probe/entry?id=c-0012+%3Ci%3E")
    words = words_of(answer)
    assert "<i>" not in answer.body
    assert "Depth below the surface [m] 0.125" in words
    assert "21 September 2026, 14:13 UTC Position at the node 2 entered" in words
    assert "by you" in words
    assert "28 May 2026, 20:26 UTC Serial of the probe c-0012 <i> Position at the node 1" in words
    assert "Holds from 28 May 2026, 20:26 UTC" in words_of(
        desk.client.get("/registry/calibration/entry?id=one")
    )


@pytest.mark.slow
def test_an_exact_place_and_who_counts_are_in_no_page_and_no_table(desk: StewardDesk) -> None:
    person = Node("c-a1b2c3", "elm-yard", PERSON, person="member-0001")
    desk.registry.put(person, since_s=1, by="a test")
    garden = Garden("exact", "oak", None, "Exact", 51.123456, -0.654321, "Europe/London")
    desk.registry.put(garden, since_s=1, by="a test")
    bodies = [
        desk.client.get(path).body
        for path in ("/registry/garden", "/registry/garden/entry?id=exact", "/registry/garden/table.csv",
                     "/registry/node", "/registry/node/table.csv")
    ]  # fmt: skip
    assert not any(secret in body for body in bodies for secret in ("51.123", "654321", "c-a1b2c3"))
    assert desk.client.get("/registry/node/entry?id=c-a1b2c3").status == 404
    rows = list(csv.DictReader(io.StringIO(bodies[2])))
    assert [row["id"] for row in rows] == ["elm-yard", "exact", "mill-court"]
    assert "latitude" not in rows[0]


@pytest.mark.slow
def test_what_belongs_to_another_community_is_not_there(desk: StewardDesk) -> None:
    registry = desk.registry
    registry.put(Community("ash", "Ash Lane"), since_s=1, by="a test")
    registry.put(Garden("far", "ash", None, "Far", 50.0, 1.0, "Europe/London"), since_s=1, by="a test")
    registry.put(Node("far-1", "far", "camera"), since_s=1, by="a test")
    registry.put(Node("far-1", None, "camera"), since_s=2, by="a test")
    registry.put(ProbePlace("far-probe", "far-1", 1), since_s=1, by="a test")
    registry.put(ProbePlace("far-probe", None, 1), since_s=2, by="a test")
    for kind, name in (("community", "ash"), ("garden", "far"), ("node", "far-1"), ("probe", "far-probe")):
        assert f">{name}<" not in desk.client.get(f"/registry/{kind}").body, kind
        assert desk.client.get(f"/registry/{kind}/entry?id={name}").status == 404, kind
        assert desk.post(f"/registry/{kind}/entry", id=name).status == 404, kind
        assert name not in desk.client.get(f"/registry/{kind}/table.csv").body, kind


@pytest.mark.parametrize("role", [MEMBER, HOST, FACILITATOR, CURATOR])
def test_no_other_role_sees_or_changes_the_registry(pages: Pages, role: str) -> None:
    client = pages.signed_in(pages.person(role))
    token = client.get("/mine").field("form_token")
    for path in EVERY_PAGE:
        assert client.get(path).status == 403, path
    for path in EVERY_FORM:
        assert client.post(path, {"form_token": token}).status == 403, path
    assert "/registry" not in client.get("/mine").body


def test_a_stranger_is_asked_to_come_in_and_over_plain_http_nobody_gets_there(tmp_path: Path) -> None:
    with steward_desk(tmp_path / "data") as desk:
        stranger = desk.pages.client()
        for path in EVERY_PAGE:
            assert stranger.get(path).status == 401, path
        for path in EVERY_FORM:
            assert stranger.post(path, {}).status == 401, path
        steward = desk.pages.person(MEMBER, STEWARD)
        in_the_room = desk.pages.signed_in(steward, address="192.168.7.9")
        for path in EVERY_PAGE:
            assert in_the_room.get(path).status == 403, path


def test_every_form_needs_the_token_of_its_session(desk: StewardDesk) -> None:
    for path in EVERY_FORM:
        assert desk.client.post(path, {"form_token": "0" * 32, "id": "elm-yard"}).status == 403, path
        assert desk.client.post(path, {"form_token": "ü"}).status == 403, path
