"""What somebody meets who comes for the first time, or in a hurry: every page says what is true of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from commons_parts.stories import photo
from commons_parts.story_forms import FormReader, send, story_address, tell
from sera_pages.accounts.cases import HIDE, STORY
from sera_store.registry.persons import CURATOR, HOST, MEMBER, ROLES
from web.parts import press

if TYPE_CHECKING:
    from web.parts import Client, Pages

NOTHING = "There is nothing of yours here"


@pytest.mark.parametrize("role", ROLES)
def test_an_invitation_says_what_its_role_may_do_besides(pages: Pages, role: str) -> None:
    code = pages.installation.invitations.make("oak", {MEMBER, role}, "a test")
    body = pages.client().get(f"/join/{code}").body
    assert "tell stories and recipes" in body
    assert body.count(f"<p>As a {role}") + body.count(f"<p>As {role}") == (role != MEMBER)


def test_an_invitation_of_another_device_invites_to_nothing_new(pages: Pages) -> None:
    person = pages.person(MEMBER, HOST)
    code = pages.installation.invitations.make("oak", person.roles, person.id, person=person.id)
    body = pages.client().get(f"/join/{code}").body
    assert "on this device, too" in body
    assert "You are invited" not in body


def test_who_gave_a_story_and_no_count_is_not_told_that_nothing_is_theirs(teller: Client) -> None:
    assert NOTHING in teller.get("/kept").body
    tell(teller)
    assert NOTHING not in teller.get("/kept").body


def test_the_giver_of_a_hidden_story_is_told_that_it_is_hidden(pages: Pages, teller: Client) -> None:
    path = story_address(tell(teller))
    curator = pages.signed_in(pages.person(MEMBER, CURATOR, number=4))
    report = curator.get(f"{path}/report").body
    # Of one thing there is nothing to choose.
    assert re.search(r'name="about" value="[^"]+" checked', report)
    about = re.search(r'name="about" value="([^"]+)"', report)
    assert about is not None
    curator.post(f"{path}/report", {"about": about[1], "text": "A name without consent"})
    [case] = pages.installation.cases.of("oak")
    assert case.kind == STORY
    press(curator, "/communities/oak/reports", f"/cases/{case.id}", decision=HIDE, reason="asked for")
    body = teller.get(path).body
    assert "A moderator hid this" in body
    assert "Others see it as you chose" not in body


def test_who_tells_their_own_version_reads_the_one_before_while_they_write(teller: Client) -> None:
    path = story_address(tell(teller))
    answer = teller.get(f"/tell/oak?of={path.partition('/stories/')[2]}")
    answer = send(teller, FormReader(answer.body).fields)
    assert "The version that you start from" in answer.body
    assert "A kilogram of broad beans" in answer.body
    assert FormReader(answer.body).fields["ingredients"] == [""]


def test_words_to_a_picture_stay_when_something_else_is_wrong(teller: Client) -> None:
    files = {"photo-1": ("pot.jpg", photo())}
    answer = tell(teller, files, people_asked=[], **{"photo-1-words": "The pot on the stove"})
    assert answer.status == 422
    assert FormReader(answer.body).fields["photo-1-words"] == ["The pot on the stove"]
    assert "Choose the files again" in answer.body


def test_ways_to_what_neighbours_do_stand_before_drawings_and_tables(giver: Client) -> None:
    body = giver.get("/communities/oak").body
    ways = [body.index(f'href="/communities/oak/{page}"') for page in ("stories", "decisions", "surplus")]
    assert max(ways) < body.index("<h2>")
    assert max(ways) < (
        body.find('<figure class="sheet">') if '<figure class="sheet">' in body else len(body)
    )


def test_an_empty_table_says_so_once_and_counts_no_things(giver: Client) -> None:
    body = giver.get("/communities/oak/surplus").body
    assert body.count("Nothing is on the table just now.") == 1
    assert "0 things" not in body


def test_a_problem_says_of_which_plant_it_is(teller: Client) -> None:
    answer = tell(teller, **{"plant-1": "x" * 61})
    assert (answer.status, 'href="#plant-1">Name (Plant 1)' in answer.body) == (422, True)
