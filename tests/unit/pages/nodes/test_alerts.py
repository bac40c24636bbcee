"""What is wrong is shown to stewards as alerts keep it, in their words, and can be silenced from there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sera_store.alert_book import BOOK_FOLDER, Silence, State, open_book
from sera_store.registry.entities import Community, Garden, Node
from sera_store.registry.persons import FACILITATOR, HOST, MEMBER, STEWARD
from sera_vocabulary.alert_rules import INSTALLATION, LOOK, URGENT

if TYPE_CHECKING:
    from web.parts import Client, Clock, Pages

PATH = "/communities/oak/alerts"
HOUR_S = 3600


@pytest.fixture
def steward(pages: Pages, clock: Clock) -> Client:
    """A steward of a community with a silent node, beside one of another community and an old backup."""
    registry, now_s = pages.installation.registry, int(clock())
    registry.put(Community("bay"), since_s=1, by="a test")
    sea = Garden("sea-yard", "bay", None, "Sea", 51.5, -0.1, "Europe/London")
    registry.put(sea, since_s=1, by="a test")
    registry.put(Node("elm-1", "elm-yard"), since_s=1, by="a test")
    registry.put(Node("sea-1", "sea-yard"), since_s=1, by="a test")
    silent = {"hours": 30.0, "expected": 6.0}
    since = {"since_s": now_s - 30 * HOUR_S, "message_s": now_s - HOUR_S}
    with open_book(pages.installation.folder / BOOK_FOLDER) as book:
        book.put_states(
            {
                "elm-1 silent": State(URGENT, garden="elm-yard", arguments=silent, **since),
                "sea-1 silent": State(URGENT, garden="sea-yard", arguments=silent, **since),
                f"{INSTALLATION} backup_old": State(LOOK, arguments={"days": 3.0}, **since),
                # Not told yet, so that nobody is to see to it.
                "elm-1 drifting": State(since_s=now_s, garden="elm-yard"),
            }
        )
    return pages.signed_in(pages.person(STEWARD))


def silences(pages: Pages, clock: Clock) -> list[Silence]:
    with open_book(pages.installation.folder / BOOK_FOLDER) as book:
        return book.silences(int(clock()))


def test_it_says_what_since_when_and_what_to_look_at_first(steward: Client) -> None:
    body = steward.get(PATH).body
    assert "2 things need somebody." in body
    assert "silent for 30 h; it meant to be back after 6 h" in body
    # 18:00 UTC is an hour later on the clocks of London in June.
    assert re.search(r"Elm-Yard</span>\s*<p>silent.*since 19 June 2026, 19:00<", body)
    assert (
        body.index("elm-1") < body.index("This installation") < body.index("the newest backup is 3 days old")
    )
    for check in ("was its battery low or falling", "does its timer run", ">sera doctor</code>"):
        assert check in body
    assert "sea-1" not in body
    assert "drift" not in body
    assert PATH in steward.get("/communities/oak/nodes").body


def test_where_nothing_is_wrong_it_says_so(pages: Pages) -> None:
    assert "Nothing is wrong" in pages.signed_in(pages.person(STEWARD)).get(PATH).body
    assert not (pages.installation.folder / BOOK_FOLDER).exists()


def test_a_steward_silences_one_thing_for_a_day_and_ends_that(
    steward: Client, pages: Pages, clock: Clock
) -> None:
    token = steward.get(PATH).field("form_token")
    fields = {"form_token": token, "node": "elm-1", "code": "silent"}
    assert steward.post(f"{PATH}/silence", fields).status == 303
    assert silences(pages, clock) == [Silence("elm-1", "silent", int(clock()) + 24 * HOUR_S)]
    assert "silent until" in steward.get(PATH).body
    assert steward.post(f"{PATH}/silence", fields | {"end": "1"}).status == 303
    assert silences(pages, clock) == []
    itself = fields | {"node": INSTALLATION, "code": "backup_old"}
    assert steward.post(f"{PATH}/silence", itself).status == 303
    assert [silence.subject for silence in silences(pages, clock)] == [INSTALLATION]


@pytest.mark.parametrize("wrong", [{"node": "sea-1"}, {"code": "cat"}, {"node": ""}, {"form_token": "x"}])
def test_nothing_else_is_silenced(steward: Client, pages: Pages, clock: Clock, wrong: dict[str, str]) -> None:
    token = steward.get(PATH).field("form_token")
    fields = {"form_token": token, "node": "elm-1", "code": "silent", **wrong}
    assert steward.post(f"{PATH}/silence", fields).status in (403, 404)
    assert silences(pages, clock) == []


@pytest.mark.parametrize("role", [MEMBER, HOST, FACILITATOR])
def test_others_neither_see_nor_silence(pages: Pages, role: str) -> None:
    client = pages.signed_in(pages.person(role))
    assert client.get(PATH).status == 403
    token = client.get("/mine").field("form_token")
    fields = {"form_token": token, "node": "elm-1", "code": "silent"}
    assert client.post(f"{PATH}/silence", fields).status == 403
