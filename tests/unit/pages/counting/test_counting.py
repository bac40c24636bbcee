"""Counting without a browser: plain forms, a phone's queue, corrections, and what whom is told when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sera_store.registry.persons import HOST, MEMBER, STEWARD
from sera_vocabulary.measurements import GROUP_NAMES
from web.parts import COUNT, NOW_S, count

if TYPE_CHECKING:
    from web.parts import Answer, Client, Pages


def queued(client: Client, counter: str, **changes: Any) -> Answer:
    fields = {
        "flower": "ivy",
        "seconds": "600",
        "ended_s": str(NOW_S - 60),
        **dict.fromkeys(GROUP_NAMES, "0"),
    }
    body = {"person": counter, "epoch": "0000000a", "seq": 1, "kind": "count", "fields": fields} | changes
    token = client.get("/gardens/elm-yard/count").field("form_token")
    headers = {"content-type": "application/json", "x-sera-form": token}
    return client.post("/gardens/elm-yard/entries", json.dumps(body).encode(), **headers)


def test_a_form_is_kept_once_the_journal_has_it(pages: Pages) -> None:
    client = pages.signed_in(pages.person())
    answer = count(client, bumblebees="3")
    assert (answer.status, answer.header("location")) == (303, "/mine?kept=1")
    [(topic, content)] = pages.sent.messages
    [node] = pages.installation.registry.nodes("elm-yard")
    assert topic == f"sera/v1/oak/{node.id}/people"
    assert (node.detector, node.way_in, node.person) == ("person", "pages", "member-0001")
    row = json.loads(content)["r"][0]
    # Noon in London's summer, and ten minutes later.
    assert row[2] % 86_400 == 11 * 3600 + 600
    assert row[5] == 3


def test_a_form_that_the_journal_does_not_take_waits_and_says_so(pages: Pages) -> None:
    client = pages.signed_in(pages.person())
    pages.sent.is_away = True
    answer = count(client)
    assert answer.header("location") == "/mine?waits=1"
    assert "safe on this computer" in client.get("/mine?waits=1").body
    assert len(pages.installation.outbox.waiting()) == 1


def test_a_form_sent_twice_is_one_count(pages: Pages) -> None:
    client = pages.signed_in(pages.person())
    page = client.get("/gardens/elm-yard/count")
    fields = {**COUNT, "form_token": page.field("form_token"), "form": page.field("form")}
    for _ in range(2):
        assert client.post("/gardens/elm-yard/count", fields).status == 303
    assert len({content for _, content in pages.sent.messages}) == 1


def test_a_form_that_was_sent_and_changed_since_is_not_taken_for_kept(pages: Pages) -> None:
    client = pages.signed_in(pages.person())
    page = client.get("/gardens/elm-yard/count")
    fields = {**COUNT, "form_token": page.field("form_token"), "form": page.field("form")}
    assert client.post("/gardens/elm-yard/count", fields).status == 303
    for path, changes in (("elm-yard", {"bumblebees": "8"}), ("mill-court", {})):
        answer = client.post(f"/gardens/{path}/count", fields | changes)
        assert answer.status == 409
        assert "was sent before" in answer.body
    assert len(pages.sent.messages) == 1


@pytest.mark.parametrize(
    ("changes", "output"),
    [
        ({"flower": ""}, "Choose a flower"),
        ({"bumblebees": "-1"}, "a whole number from 0 to 10,000"),
        ({"bumblebees": "1.5"}, "a whole number from 0 to 10,000"),
        ({"bumblebees": "many"}, "a whole number from 0 to 10,000"),
        ({"patch_area": "nan"}, "a number from 0 to 1,000"),
        ({"minutes": "4.9"}, "a number from 5 to 120"),
        ({"begun": "yesterday"}, "a day and a time"),
        ({"begun": "2099-01-01T00:00"}, "has not come yet"),
        ({"air_temperature": "1e9"}, "a number from -50 to 60"),
    ],
)
def test_what_cannot_be_comes_back_with_its_reason_and_all_that_was_typed(
    pages: Pages, changes: dict[str, str], output: str
) -> None:
    client = pages.signed_in(pages.person())
    answer = count(client, wasps="7", **changes)
    assert answer.status == 422
    assert output in answer.body
    assert 'role="alert"' in answer.body
    assert 'value="7"' in answer.body
    assert pages.sent.messages == []


def test_hostile_text_is_shown_as_text(pages: Pages) -> None:
    client = pages.signed_in(pages.person())
    answer = count(client, bumblebees='"><script>alert(1)</script>')
    assert answer.status == 422
    assert "<script>alert" not in answer.body


def test_a_phone_may_send_the_same_entry_again_and_it_is_the_same_bytes(pages: Pages) -> None:
    person = pages.person()
    client = pages.signed_in(person)
    pages.sent.is_away = True
    assert queued(client, person.id).status == 503
    pages.sent.is_away = False
    for _ in range(2):
        answer = queued(client, person.id)
        assert (answer.status, json.loads(answer.body)) == (200, {"kept": True})
    first, second = pages.sent.messages
    assert first == second


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"epoch": "XYZ"}, 400),
        ({"seq": 0}, 400),
        ({"seq": 2**31}, 400),
        ({"kind": "firmware"}, 400),
        ({"more": 1}, 400),
        ({"person": "member-0002"}, 409),
        ({"fields": {"flower": "ivy"}}, 422),
    ],
)
def test_a_queue_that_brings_something_else_is_told_so(
    pages: Pages, changes: dict[str, Any], status: int
) -> None:
    client = pages.signed_in(pages.person())
    answer = queued(client, "member-0001", **changes)
    assert answer.status == status
    assert json.loads(answer.body)["problem"]
    assert pages.sent.messages == []


def test_a_member_of_another_community_does_not_count_here(pages: Pages) -> None:
    from sera_store.registry.entities import Community, Garden
    from sera_store.registry.persons import Person

    registry = pages.installation.registry
    registry.put(Community("ash"), since_s=1, by="a test")
    registry.put(Garden("ash-yard", "ash", None, "", 51.5, -0.1, "Europe/London"), since_s=1, by="a test")
    stranger = Person("member-0009", "ash", roles=(STEWARD,))
    registry.put(stranger, since_s=1, by="a test")
    client = pages.signed_in(stranger)
    assert client.get("/gardens/elm-yard/count").status == 403
    assert client.get("/gardens/ash-yard/count").status == 200
    assert client.get("/communities/oak/people").status == 403


def test_two_people_in_one_garden_have_two_counters_and_one_person_has_one_a_garden(pages: Pages) -> None:
    for number in (1, 2):
        client = pages.signed_in(pages.person(number=number))
        for garden in ("elm-yard", "elm-yard", "mill-court"):
            count(client, garden)
    counters = [topic.split("/")[3] for topic, _ in pages.sent.messages]
    assert len(counters) == 6
    assert len(set(counters)) == 4


def test_a_count_of_last_week_is_known_from_its_own_time_on(pages: Pages) -> None:
    client = pages.signed_in(pages.person())
    count(client, begun="2026-06-20T12:00")
    count(client, begun="2026-06-10T12:00")
    [node] = pages.installation.registry.nodes("elm-yard")
    for _, content in pages.sent.messages:
        assert pages.installation.registry.node(node.id, json.loads(content)["r"][0][2]) is not None


@pytest.mark.parametrize("role", [MEMBER, HOST, STEWARD])
def test_only_host_and_steward_are_told_at_once_that_a_day_is_waited_for(pages: Pages, role: str) -> None:
    client = pages.signed_in(pages.person(role, gardens=("elm-yard",) if role == HOST else ()))
    assert ("a day later" in client.get("/gardens/elm-yard").body) == (role == MEMBER)
    other = client.get("/gardens/mill-court").body
    assert ("a day later" in other) == (role != STEWARD)
