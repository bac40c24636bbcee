"""A steward hands over: both agree, the old one's rights end or stay as chosen, and there is always one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_store.registry.persons import HOST, MEMBER, STEWARD
from web.parts import press

if TYPE_CHECKING:
    from web.parts import Client, Clock, Pages

PEOPLE, OFFER = "/communities/oak/people", "/communities/oak/handover"


def stewards(pages: Pages) -> list[str]:
    return [person.id for person in pages.installation.registry.persons("oak") if STEWARD in person.roles]


@pytest.fixture
def giver(pages: Pages) -> Client:
    return pages.signed_in(pages.person(STEWARD))


@pytest.fixture
def taker(pages: Pages) -> Client:
    return pages.signed_in(pages.person(HOST, gardens=("elm-yard",), number=2))


@pytest.mark.parametrize(("stays", "after"), [("", ["member-0002"]), ("1", ["member-0001", "member-0002"])])
def test_rights_pass_on_once_both_have_agreed(
    pages: Pages, giver: Client, taker: Client, stays: str, after: list[str]
) -> None:
    assert press(giver, PEOPLE, OFFER, person="member-0002", stays=stays).status == 303
    assert stewards(pages) == ["member-0001"]
    assert press(taker, "/mine", "/handover", accept="1").status == 303
    assert stewards(pages) == after
    person = pages.installation.registry.person("member-0002")
    assert person is not None
    assert (person.roles, person.gardens) == ((HOST, STEWARD), ("elm-yard",))
    assert taker.get(PEOPLE).status == 200
    assert giver.get(PEOPLE).status == (200 if stays else 403)
    # It was answered once.
    token = taker.get("/mine").field("form_token")
    assert taker.post("/handover", {"form_token": token, "accept": "1"}).status == 404


def test_who_declines_or_lets_it_end_changes_nothing(
    pages: Pages, giver: Client, taker: Client, clock: Clock
) -> None:
    press(giver, PEOPLE, OFFER, person="member-0002")
    assert press(taker, "/mine", "/handover", accept="0").status == 303
    press(giver, PEOPLE, OFFER, person="member-0002")
    clock.now_s += 8 * 86_400
    assert "/handover" not in taker.get("/mine").body
    assert stewards(pages) == ["member-0001"]


def test_an_offer_of_who_is_no_steward_any_more_is_none(pages: Pages, giver: Client, taker: Client) -> None:
    press(giver, PEOPLE, OFFER, person="member-0002")
    pages.person(MEMBER)
    assert "/handover" not in taker.get("/mine").body
    assert stewards(pages) == []


def test_only_its_taker_answers_and_not_over_plain_http(pages: Pages, giver: Client, taker: Client) -> None:
    press(giver, PEOPLE, OFFER, person="member-0002")
    other = pages.signed_in(pages.person(MEMBER, number=3))
    token = other.get("/mine").field("form_token")
    assert other.post("/handover", {"form_token": token, "accept": "1"}).status == 404
    person = pages.installation.registry.person("member-0002")
    assert person is not None
    in_the_room = pages.signed_in(person, address="192.168.1.9")
    assert press(in_the_room, "/mine", "/handover", accept="1").status == 403
    assert stewards(pages) == ["member-0001"]
    assert taker.get("/mine").status == 200


@pytest.mark.parametrize("person", ["", "member-0001", "member-0009"])
def test_an_offer_needs_somebody_who_is_here_and_no_steward(pages: Pages, giver: Client, person: str) -> None:
    token = giver.get(PEOPLE).field("form_token")
    assert giver.post(OFFER, {"form_token": token, "person": person}).status == 422
    assert pages.installation.handovers.of("oak") is None
