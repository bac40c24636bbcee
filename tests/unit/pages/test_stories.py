"""A story is told page by page, seen by whom its giver chose, and gone once it is taken back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from commons_parts.stories import ANNA, AUDIENCES, WINTER, consent, photo, wav
from commons_parts.stories import story as story_item
from commons_parts.story_forms import STORY as STORY_FIELDS
from commons_parts.story_forms import FormReader, send, story_address, tell
from sera_pages.accounts.cases import HIDE, STORY
from sera_store.registry.persons import CURATOR, HOST, MEMBER, STEWARD
from web.every_page import full_pages
from web.parts import press

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Client, Clock, Pages

LIST = "/communities/oak/stories"
TITLE = "Bean stew of the third floor"


def test_a_recipe_told_without_script_is_read_with_all_that_its_giver_agreed_to(
    pages: Pages, teller: Client
) -> None:
    files = {"photo-1": ("Number Seven.jpg", photo()), "sound": ("kitchen.wav", wav())}
    answer = tell(teller, files, **{"photo-1-words": "The pot"})
    assert answer.status == 200, answer.body
    stranger = pages.client()
    assert TITLE in stranger.get(LIST).body
    story = stranger.get(story_address(answer))
    for words in (
        TITLE, "as my mother made it", "broad beans", "Simmer slowly",
        "As told by \u2068Grandmother Zeynep\u2069",
        "celery", "bakla", "Vicia faba", "Elm-Yard", "Anna of the green door", "CC BY 4.0", 'alt="The pot"',
    ):  # fmt: skip
        assert words in story.body, words
    assert "Number Seven" not in story.body
    picture = stranger.get(f"{story_address(answer)}/files/1.jpg")
    assert (picture.status, picture.header("content-type")) == (200, "image/jpeg")
    assert b"number seven" not in picture.content
    assert stranger.get(f"{story_address(answer)}/files/2.wav").header("content-type") == "audio/wav"


def test_nothing_is_kept_before_the_last_page_says_so(pages: Pages, teller: Client, tmp_path: Path) -> None:
    answer = teller.get("/tell/oak")
    for _ in range(7):
        answer = send(teller, {**FormReader(answer.body).fields, **STORY_FIELDS})
        assert answer.status == 200
    assert "Look at it once more" in answer.body
    preview = re.sub(r"<form[^>]*>.*?<dl class=\"facts\">", "", answer.body, flags=re.DOTALL)
    for words in ("celery", "Grandmother Zeynep", "as my mother made it", "Elm-Yard", "bakla"):
        assert words in preview, words
    assert pages.installation.shelves.find("oak") is None
    assert not (tmp_path / "chronicle").exists()


@pytest.mark.parametrize(
    ("audience", "seen"),
    [("me", [True, False, False]), ("community", [True, True, False]), ("everybody", [True, True, True])],
)
def test_only_who_was_chosen_sees_it_and_others_are_told_that_there_is_nothing(
    pages: Pages, teller: Client, audience: str, seen: list[bool]
) -> None:
    path = story_address(tell(teller, audience=audience))
    neighbour = pages.signed_in(pages.person(MEMBER, number=2))
    missing = f"{LIST}/{'0' * 32}/1"
    for client, sees in zip((teller, neighbour, pages.client()), seen, strict=True):
        assert (TITLE in client.get(LIST).body) == sees
        assert (TITLE in client.get(f"{LIST}?q=dusk").body) == sees
        assert (TITLE in client.get("/gardens/elm-yard").body) == sees
        assert (TITLE in client.get("/communities/oak/plants/Vicia_faba").body) == sees
        answer = client.get(path)
        assert answer.status == (200 if sees else 404)
        if not sees:
            assert answer.body.replace(path, "") == client.get(missing).body.replace(missing, "")


def test_without_a_use_on_pages_only_its_giver_reads_it(pages: Pages, teller: Client) -> None:
    path = story_address(tell(teller, uses=["exhibit"]))
    assert teller.get(path).status == 200
    assert pages.client().get(path).status == 404


def test_a_name_without_that_persons_yes_is_not_kept(pages: Pages, teller: Client) -> None:
    path = story_address(tell(teller, told_by_yes=[]))
    assert "Zeynep" not in teller.get(path).body


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Write a few words"),
        ({"title": "x" * 121}, "too long"),
        ({"ingredients": "", "steps": ""}, "Write a few words"),
        ({"steps": "x" * 1_000_000}, "too long"),
        ({"plant-1": "x" * 61}, "too long"),
        ({"audience": "f" * 32}, "Choose one of these"),
        ({"naming": "name", "name": ""}, "Write the name to show"),
        ({"review": "2020-01-01"}, "within five years"),
        ({"child": "1"}, "the yes of a grown-up"),
        ({"local_contexts": "TK Label"}, "36 characters"),
        ({"review": ""}, "within five years"),
        # What is ticked beside a choice that would leave it out is asked about.
        ({"allergens_known": "unknown"}, "You ticked allergens"),
        ({"guarded-3": "1"}, "Name the plant"),
        ({"held": "1"}, "No group is chosen above"),
        ({"licence": "mine"}, "Choose one of these"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost_or_kept(
    pages: Pages, teller: Client, changes: dict[str, object], words: str
) -> None:
    answer = tell(teller, **changes)
    assert answer.status == 422
    assert words in answer.body
    assert pages.installation.shelves.find("oak") is None
    if "title" not in changes:
        assert FormReader(answer.body).fields["title"] == [TITLE]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo-1", b"<svg onload=alert(1)>", "types named"),
        ("photo-1", photo()[:200], "damaged"),
        ("sound", b"MZ\x90", "types named"),
        ("sound", wav()[:30], "damaged"),
    ],
)
def test_a_file_that_cannot_be_kept_is_named_and_nothing_is_kept(
    pages: Pages, teller: Client, name: str, content: bytes, words: str
) -> None:
    answer = tell(teller, {name: ("x.jpg", content)})
    assert answer.status == 422
    assert words in answer.body
    assert pages.installation.shelves.find("oak") is None


def test_people_in_a_picture_are_asked_about(teller: Client) -> None:
    answer = tell(teller, {"photo-1": ("x.jpg", photo())}, people_asked=[])
    assert (answer.status, "Ask those who can be seen" in answer.body) == (422, True)


def test_markup_is_shown_as_text(teller: Client) -> None:
    story = teller.get(story_address(tell(teller, title="<script>alert(1)</script>", steps="=1+1 <b>x</b>")))
    assert "<script>alert" not in story.body
    assert "&lt;script&gt;" in story.body
    assert "&lt;b&gt;" in story.body


def test_a_stranger_and_another_community_cannot_tell(pages: Pages, teller: Client) -> None:
    assert pages.client().get("/tell/oak").status == 401
    fields = FormReader(teller.get("/tell/oak").body).fields
    assert send(pages.client(), {**fields, **STORY_FIELDS}).status == 401
    assert send(teller, {**fields, **STORY_FIELDS, "form_token": "x"}).status == 403


def test_another_version_stands_beside_the_first_and_neither_goes_with_the_other(
    pages: Pages, teller: Client
) -> None:
    path = story_address(tell(teller))
    other = pages.signed_in(pages.person(MEMBER, number=2))
    name = "/".join(path.split("/")[-2:])
    second = story_address(tell(other, of=name, title="With mint", version_note="as we make it"))
    assert second.endswith("/2")
    assert "as we make it" in pages.client().get(path).body
    press(teller, "/kept", "/kept/stories")
    assert pages.client().get(path).status == 404
    assert "With mint" in pages.client().get(second).body


def test_whoever_holds_the_slip_takes_it_back_without_a_session_and_gets_a_receipt(
    pages: Pages, teller: Client, tmp_path: Path
) -> None:
    answer = tell(teller, {"photo-1": ("x.jpg", photo())})
    match = re.search(r"/slip/([0-9a-z]{16})", answer.body)
    assert match is not None
    code, path, stranger = match[1], story_address(answer), pages.client()
    assert stranger.post("/slip", {"code": code.upper()}).header("location") == f"/slip/{code}"
    assert TITLE in stranger.get(f"/slip/{code}").body
    receipt = stranger.post(f"/slip/{code}/story", {})
    assert (receipt.status, "Taken back" in receipt.body) == (200, True)
    assert TITLE not in receipt.body
    for client in (teller, stranger):
        assert client.get(path).status == 404
        assert client.get(f"{path}/files/1.jpg").status == 404
        for page in (LIST, f"{LIST}?q=beans", "/gardens/elm-yard", "/communities/oak/plants/Vicia_faba"):
            assert TITLE not in client.get(page).body
    assert stranger.get(f"/slip/{code}").status == 404
    assert stranger.post(f"/slip/{code}/story", {}).status == 404
    on_disk = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert TITLE.encode() not in on_disk


def test_who_leaves_takes_their_stories_along(pages: Pages, teller: Client) -> None:
    path = story_address(tell(teller))
    assert TITLE in teller.get("/kept").body
    press(teller, "/kept", "/kept/leave")
    assert pages.client().get(path).status == 404


def test_a_curator_hides_what_was_reported_from_all_but_its_giver_and_shows_it_again(
    pages: Pages, teller: Client
) -> None:
    path = story_address(tell(teller))
    assert pages.client().post(f"{path}/report", {"about": STORY, "text": "It names me."}).status == 200
    curator = pages.signed_in(pages.person(MEMBER, CURATOR, number=3))
    [case] = pages.installation.cases.of("oak")
    assert TITLE in curator.get("/communities/oak/reports").body
    press(curator, "/communities/oak/reports", f"/cases/{case.id}", decision=HIDE, reason="asked for")
    assert pages.client().get(path).status == 404
    assert teller.get(path).status == 200
    press(curator, "/communities/oak/reports", f"/cases/{case.id}", decision="restore", reason="agreed")
    assert pages.client().get(path).status == 200


@pytest.mark.parametrize(
    ("roles", "status"), [((MEMBER, HOST), 403), ((MEMBER, CURATOR), 200), ((STEWARD,), 200)]
)
def test_an_audience_is_defined_by_curators_and_stewards_and_holds_at_once(
    pages: Pages, teller: Client, roles: tuple[str, ...], status: int
) -> None:
    definer = pages.signed_in(pages.person(*roles, number=4))
    path = "/communities/oak/audiences"
    assert definer.get(path).status == status
    elder = pages.person(MEMBER, number=5)
    token = definer.get("/mine").field("form_token")
    fields = {"form_token": token, "audience": "new", "name": "The elders", "member": [elder.id]}
    assert definer.post(path, fields).status == (303 if status == 200 else 403)
    if status == 200:
        empty = definer.post(path, {**fields, "member": []})
        assert (empty.status, "Tick who is in it" in empty.body) == (422, True)
        [audience] = pages.installation.shelves.of("oak").audiences()
        story = story_address(tell(teller, audience=audience))
        assert pages.signed_in(elder).get(story).status == 200
        assert definer.get(story).status == 404
        wrong = definer.post(path, {**fields, "first": "summer"})
        assert (wrong.status, "month and day" in wrong.body) == (422, True)
        definer.post(path, {"form_token": token, "audience": audience, "remove": "1"})
        assert pages.signed_in(elder).get(story).status == 404


def test_a_plant_that_heals_leads_to_no_garden_and_says_why(pages: Pages, teller: Client) -> None:
    path = story_address(tell(teller, **{"taxon-1": "Calendula officinalis", "plant-1": "marigold"}))
    assert "Elm-Yard" not in teller.get(path).body
    assert TITLE not in pages.client().get("/gardens/elm-yard").body
    plant = pages.client().get("/communities/oak/plants/Calendula_officinalis").body
    assert "No garden is shown" in plant
    assert "Elm-Yard" not in plant


def test_a_poisonous_plant_and_a_look_alike_are_warned_of_with_their_source(
    pages: Pages, teller: Client
) -> None:
    story = teller.get(
        story_address(tell(teller, **{"taxon-1": "Symphytum officinale", "plant-1": "comfrey"}))
    )
    assert "can be mistaken for \u2068Digitalis purpurea\u2069, which is poisonous" in story.body
    assert "eurekalert.org" in story.body
    assert (
        "Very poisonous, after the source"
        in pages.client().get("/communities/oak/plants/Digitalis_purpurea").body
    )


def test_allergens_that_nobody_stated_are_not_none(teller: Client) -> None:
    story = teller.get(story_address(tell(teller, allergens_known="unknown", allergens=[])))
    assert "Not stated. That does not mean that there are none." in story.body


@pytest.mark.slow
def test_a_plant_names_the_nodes_and_visitors_of_its_gardens_and_a_healing_one_none(tmp_path: Path) -> None:
    with full_pages(tmp_path / "full") as full:
        plant = full.pages.client().get("/communities/oak/plants/Vicia_faba").body
        assert "Nodes that measure there: 1" in plant
        assert re.search(r"Came on most of the watched days: hoverflies 100", plant)
        assert "cam-01" not in plant
        healing = full.pages.client().get("/communities/oak/plants/Symphytum_officinale").body
        assert "Nodes that measure" not in healing
        assert "Came on most" not in healing


def test_a_season_begins_with_the_day_of_the_community_and_not_of_greenwich(
    pages: Pages, clock: Clock
) -> None:
    garden = pages.installation.registry.garden("elm-yard")
    assert garden is not None
    auckland = msgspec.structs.replace(garden, timezone="Pacific/Auckland")
    pages.installation.registry.put(auckland, since_s=1, by="a test")
    shelf = pages.installation.shelves.of("oak")
    shelf.put_audience(AUDIENCES[WINTER], ANNA)
    shelf.give(story_item(consent=consent(audience=WINTER)), ANNA)
    neighbour = pages.signed_in(pages.person(MEMBER))
    # In Auckland it is one o'clock on the first of November.
    clock.now_s = datetime(2026, 10, 31, 12, tzinfo=UTC).timestamp()
    assert TITLE in neighbour.get(LIST).body
    clock.now_s -= 2 * 3600
    assert TITLE not in neighbour.get(LIST).body


def test_a_consent_ends_with_the_day_of_the_community(pages: Pages, clock: Clock) -> None:
    garden = pages.installation.registry.garden("elm-yard")
    assert garden is not None
    honolulu = msgspec.structs.replace(garden, timezone="Pacific/Honolulu")
    pages.installation.registry.put(honolulu, since_s=1, by="a test")
    pages.installation.shelves.of("oak").give(story_item(consent=consent(review="2027-06-20")), ANNA)
    # Still the twentieth in Honolulu, for another four hours.
    clock.now_s = datetime(2027, 6, 21, 6, tzinfo=UTC).timestamp()
    assert TITLE in pages.client().get(LIST).body
    clock.now_s += 5 * 3600
    assert TITLE not in pages.client().get(LIST).body
