"""A giver changes what they agreed to; two keepers open what their group holds; nothing else widens it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from commons_parts.stories import ANNA, consent, photo, story
from commons_parts.story_forms import FormReader, story_address, tell
from sera_commons.items.audiences import Audience
from sera_commons.items.consent import Use
from sera_store.chronicle.drafts import draw_item
from sera_store.registry.persons import MEMBER
from sera_store.release.handouts import note_handout
from web.parts import NOW_S, Clock

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Answer, Client, Pages

LIST = "/communities/oak/stories"
TITLE = "Bean stew of the third floor"


def post(client: Client, path: str, form: str, **changes: Any) -> Answer:
    """Send the form of a page as it stands, but for these fields."""
    fields = FormReader(client.get(path).body, form).fields
    return client.post(path, {**fields, **changes})


@pytest.mark.slow
def test_a_giver_makes_it_narrower_and_learns_where_it_was(
    pages: Pages, teller: Client, tmp_path: Path
) -> None:
    entered = tell(teller, {"photo-1": ("x.jpg", photo())}, naming="none", name="")
    path = story_address(entered)
    name = "/".join(path.split("/")[-2:])
    out = tmp_path / "summer-fair"
    out.mkdir()
    note_handout(pages.installation.folder, "exhibit", out, (), ("", ""), NOW_S, items=[name])
    assert "Change who may see it, and for what" in teller.get(path).body
    changed = post(teller, f"{path}/consent", "consent", audience="community", uses=["page"])
    assert (changed.status, "summer-fair" in changed.body) == (200, True)
    neighbour, stranger = pages.signed_in(pages.person(MEMBER, number=2)), pages.client()
    assert stranger.get(path).status == stranger.get(f"{path}/files/1.jpg").status == 404
    assert TITLE not in stranger.get(f"{LIST}?q=beans").body
    # The old address leads those who may see it to what took its place.
    assert TITLE in neighbour.get(path).body
    assert neighbour.get(f"{path}/files/1.jpg").status == 200
    # The slip that was handed out with it still works, and its receipt names what had it under the first.
    match = re.search(r"/slip/([0-9a-z]{16})", entered.body)
    assert match is not None
    receipt = stranger.post(f"/slip/{match[1]}/story", {})
    assert (receipt.status, "summer-fair" in receipt.body) == (200, True)
    assert neighbour.get(path).status == 404


def test_after_the_day_of_review_its_giver_is_asked_and_agrees_again(
    pages: Pages, teller: Client, clock: Clock
) -> None:
    path = story_address(tell(teller))
    clock.now_s += 2 * 366 * 86_400
    teller = pages.signed_in(pages.person(MEMBER))
    assert pages.client().get(path).status == 404
    assert "has passed" in teller.get(path).body
    assert post(teller, f"{path}/consent", "consent").status == 200
    assert pages.client().get(path).status == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"audience": "f" * 32}, "Choose one of these"),
        ({"naming": "name", "name": ""}, "Write the name to show"),
        ({"name": "x" * 61}, "too long"),
        ({"review": "2020-01-01"}, "within five years"),
        ({"licence": "mine"}, "Choose one of these"),
        ({"story": "77"}, "changed or taken back meanwhile"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_changed(
    pages: Pages, teller: Client, changes: dict[str, Any], words: str
) -> None:
    path = story_address(tell(teller))
    head = pages.installation.shelves.of("oak").chronicle.head()
    answer = post(teller, f"{path}/consent", "consent", **changes)
    assert (answer.status, words in answer.body) == (422, True)
    assert pages.installation.shelves.of("oak").chronicle.head() == head


def test_nobody_else_changes_it(pages: Pages, teller: Client) -> None:
    path = story_address(tell(teller))
    neighbour = pages.signed_in(pages.person(MEMBER, number=2))
    token = neighbour.get("/mine").field("form_token")
    assert neighbour.get(f"{path}/consent").status == 404
    assert neighbour.post(f"{path}/consent", {"form_token": token, "audience": "me"}).status == 404
    assert pages.client().get(f"{path}/consent").status == 401
    assert teller.post(f"{path}/consent", {"audience": "me"}).status == 403
    assert "Change who may see it, and for what" not in neighbour.get(path).body


def test_what_a_child_gave_is_changed_with_a_grown_up(teller: Client) -> None:
    path = story_address(tell(teller, child="1", grown_up="1"))
    answer = post(teller, f"{path}/consent", "consent", audience="community")
    assert (answer.status, "needs the yes of a grown-up" in answer.body) == (422, True)
    assert post(teller, f"{path}/consent", "consent", audience="community", grown_up="1").status == 200


@pytest.fixture
def group_story(pages: Pages) -> tuple[str, Client, Client]:
    """A recipe that the elders hold; two of them."""
    elders = [pages.person(MEMBER, number=number) for number in (5, 6)]
    shelf = pages.installation.shelves.of("oak")
    audience = Audience(id=draw_item(), name="The elders", members=tuple(elder.id for elder in elders))
    shelf.put_audience(audience, ANNA)
    own = consent(audience=audience.id, licence="none", uses=(Use.PAGE,))
    entered = shelf.give(story(consent=own, held_by=audience.id), pages.person(MEMBER, number=7).id)
    first, other = (pages.signed_in(elder) for elder in elders)
    return f"{LIST}/{entered.item_id}/1", first, other


def test_two_keepers_on_their_own_sessions_open_what_their_group_holds(
    pages: Pages, group_story: tuple[str, Client, Client]
) -> None:
    path, first, other = group_story
    wish = {"audience": "everybody", "uses": ["page"], "licence": "cc-by", "asked": "1"}
    assert "Keepers: agree on who may see it" in first.get(path).body
    assert post(first, f"{path}/keepers", "keepers", **wish).status == 303
    assert pages.client().get(path).status == 404
    assert "This yes is yours" in first.get(f"{path}/keepers").body
    page = other.get(f"{path}/keepers").body
    assert "One keeper has agreed" in page
    fields = FormReader(page, "agree-1").fields
    opened = other.post(f"{path}/keepers", {**fields, "asked": "1"})
    assert (opened.status, "Two keepers have agreed" in opened.body) == (200, True)
    public = pages.client().get(path)
    assert (public.status, "CC BY 4.0" in public.body) == (200, True)
    # Cem, who gave it to the elders, was asked for no wider name.
    assert "Anna of the green door" not in public.body
    assert "Your yes to opening" in first.get("/kept").body


def test_a_yes_is_taken_back_before_the_second_comes(
    pages: Pages, group_story: tuple[str, Client, Client]
) -> None:
    path, first, other = group_story
    wish = {"audience": "everybody", "uses": ["page"], "licence": "none", "asked": "1"}
    post(first, f"{path}/keepers", "keepers", **wish)
    fields = FormReader(first.get(f"{path}/keepers").body, "agree-1").fields
    assert first.post(f"{path}/keepers", {**fields, "take_back": "1"}).status == 303
    assert "One keeper has agreed" not in other.get(f"{path}/keepers").body
    assert post(other, f"{path}/keepers", "keepers", **wish).status == 303
    assert pages.client().get(path).status == 404


def test_those_who_are_in_it_are_asked_first_and_what_changes_nothing_is_said(
    group_story: tuple[str, Client, Client],
) -> None:
    path, first, _ = group_story
    answer = post(first, f"{path}/keepers", "keepers", audience="everybody")
    assert (answer.status, "Ask those who are named" in answer.body) == (422, True)
    same = post(first, f"{path}/keepers", "keepers", asked="1")
    assert (same.status, "Nothing would change" in same.body) == (422, True)


def test_who_is_no_keeper_and_who_comes_over_plain_http_cannot_agree(
    pages: Pages, group_story: tuple[str, Client, Client]
) -> None:
    path, first, _ = group_story
    giver = pages.signed_in(pages.person(MEMBER, number=7))
    assert giver.get(path).status == 200
    assert giver.get(f"{path}/keepers").status == 403
    assert "Keepers: agree" not in giver.get(path).body
    assert pages.client().get(f"{path}/keepers").status == 401
    fields = FormReader(first.get(f"{path}/keepers").body, "keepers").fields
    over_http = pages.signed_in(pages.person(MEMBER, number=5), address="192.168.7.31")
    assert over_http.get(path).status == 200
    assert over_http.post(f"{path}/keepers", {**fields, "audience": "everybody"}).status == 403


def test_the_giver_alone_widens_nothing_that_a_group_holds(
    pages: Pages, group_story: tuple[str, Client, Client]
) -> None:
    path, _, _ = group_story
    giver = pages.signed_in(pages.person(MEMBER, number=7))
    wider = post(giver, f"{path}/consent", "consent", audience="community")
    assert (wider.status, "two of its keepers agree" in wider.body) == (422, True)
    assert post(giver, f"{path}/consent", "consent", audience="me").status == 200
    [group] = pages.installation.shelves.of("oak").audiences()
    licensed = tell(giver, audience=group, held="1", licence="cc-by")
    assert (licensed.status, "from two of its keepers" in licensed.body) == (422, True)
