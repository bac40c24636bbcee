"""A workshop: one code for all, numbers that move, a remote, and a slip that finds what was given."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from sera_pages.accounts.participants import MOST
from sera_pages.accounts.schema import FILE, FOLDER
from sera_pages.accounts.workshops import ENDED, FORGET_DAYS, NEXT, PAUSED, RUNNING, WAITING
from sera_pages.errors import RefusedRequestError
from sera_pages.workshop.board import board_of
from sera_pages.workshop.forgetting import forget_due
from sera_pages.workshop.stream import A_SESSION_MOST, Streams
from sera_store.registry.persons import FACILITATOR, MEMBER, STEWARD
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Answer, Client, Clock, Pages

DAY_S = 86_400
IN_THE_ROOM = {"host": "192.168.1.20:8080", "address": "192.168.1.33"}


def join(pages: Pages, code: str, name: str = "") -> tuple[Client, Answer]:
    client = pages.client()
    return client, client.post(f"/w/{code}", {"name": name})


def slip_of(answer: Answer) -> str:
    match = re.search(r"/slip/([0-9a-z]{16})", answer.body)
    assert match is not None
    return match[1]


def run(pages: Pages, client: Client, workshop: str, path: str, **fields: str) -> int:
    token = client.get(f"/workshops/{workshop}/remote").field("form_token")
    return client.post(f"/workshops/{workshop}/{path}", {"form_token": token, **fields}).status


def test_many_come_in_by_one_code_and_each_is_a_drawn_person(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    typed = f" {workshop.code[:3].upper()}-{workshop.code[3:]}"
    assert pages.client().post("/w", {"code": typed}).header("location") == f"/w/{workshop.code}"
    for name in ("Ants", "Bees", ""):
        client, answer = join(pages, workshop.code, name)
        assert answer.status == 200
        assert client.get("/gardens/elm-yard/count").status == 200
        assert client.get(f"/workshops/{workshop.id}").status == 200
    persons = pages.installation.registry.persons("oak")
    assert [person.roles for person in persons] == [(MEMBER,)] * 3
    parts = pages.installation.participants.of(workshop.id)
    assert [(part.number, part.name) for part in parts] == [(1, "Ants"), (2, "Bees"), (3, "")]


def test_what_is_kept_how_long_and_who_sees_it_is_said_before_anything_is_entered(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    page = pages.client().get(f"/w/{workshop.code}").body
    for words in ("What you count, with time and garden", "session go on", "a day later", "take it back"):
        assert words in page
        assert page.index(words) < page.index("<form")


def test_looking_at_a_code_lets_nobody_in(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    assert pages.client().get(f"/w/{workshop.code}").status == 200
    assert pages.installation.participants.of(workshop.id) == []


def test_a_form_that_is_sent_twice_lets_one_in(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    client, _ = join(pages, workshop.code)
    assert client.post(f"/w/{workshop.code}", {"name": ""}).status == 303
    assert len(pages.installation.participants.of(workshop.id)) == 1


def test_who_is_of_the_community_takes_part_as_themselves(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    person = pages.person(STEWARD)
    assert pages.signed_in(person).post(f"/w/{workshop.code}", {"name": "Us"}).status == 200
    [part] = pages.installation.participants.of(workshop.id)
    assert (part.person, part.is_guest) == (person.id, False)


def test_a_name_that_is_too_long_is_refused_beside_its_field(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    _, answer = join(pages, workshop.code, "a" * 25)
    assert answer.status == 422
    assert "at most 24 letters" in answer.body
    assert pages.installation.participants.of(workshop.id) == []


def test_a_workshop_takes_so_many_and_no_more(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    for number in range(MOST):
        assert pages.installation.participants.enter(workshop.id, f"member-{number}", "", is_guest=True)
    assert join(pages, workshop.code)[1].status == 409


def test_a_code_ends_with_its_workshop_by_itself_too(pages: Pages, clock: Clock) -> None:
    first = pages.installation.workshops.make("oak", hours=3)
    second = pages.installation.workshops.make("oak", hours=3, network="WIFI:S:oak;;")
    assert join(pages, first.code)[1].status == 404
    clock.now_s += 3 * 3_600 + 1
    assert join(pages, second.code)[1].status == 404
    ended = pages.installation.workshops.read(second.id)
    assert ended is not None
    assert (ended.state, ended.code, ended.network, ended.ended_s) == (ENDED, "", "", second.ends_s)


@pytest.mark.parametrize("state", [WAITING, RUNNING, PAUSED, ENDED])
def test_a_state_follows_only_those_it_may(pages: Pages, state: str) -> None:
    ways = {WAITING: (), RUNNING: (RUNNING,), PAUSED: (RUNNING, PAUSED), ENDED: (ENDED,)}
    for target in (WAITING, RUNNING, PAUSED, ENDED):
        workshop = pages.installation.workshops.make("oak")
        for step in ways[state]:
            assert pages.installation.workshops.turn(workshop.id, step)
        assert pages.installation.workshops.turn(workshop.id, target) == (target in NEXT[state])


def test_who_runs_a_workshop_starts_pauses_hides_names_and_ends_it(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    facilitator = pages.signed_in(pages.person(FACILITATOR))
    phone, _ = join(pages, workshop.code, "Ants")
    page = f"/workshops/{workshop.id}"
    assert run(pages, facilitator, workshop.id, "turn", state=RUNNING) == 303
    assert "Ants" in phone.get(page).body
    assert run(pages, facilitator, workshop.id, "names", hidden="1") == 303
    assert "Ants" not in facilitator.get(page).body
    assert run(pages, facilitator, workshop.id, "names", hidden="0") == 303
    assert run(pages, facilitator, workshop.id, "names", number="1") == 303
    assert "Ants" not in phone.get(page).body
    assert run(pages, facilitator, workshop.id, "turn", state=PAUSED) == 303
    assert join(pages, workshop.code)[1].status == 409
    assert run(pages, facilitator, workshop.id, "turn", state=ENDED) == 303
    assert join(pages, workshop.code)[1].status == 404
    assert "is over" in phone.get(page).body


def test_nobody_else_runs_or_watches_it(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    phone, _ = join(pages, workshop.code)
    member = pages.signed_in(pages.person(MEMBER, number=7))
    token = phone.get("/mine").field("form_token")
    for path in ("turn", "names", "freeze"):
        assert phone.post(f"/workshops/{workshop.id}/{path}", {"form_token": token}).status == 403
    for client, status in ((phone, 403), (member, 403), (pages.client(), 401)):
        for path in ("/remote", "/wall", "/pack.zip"):
            assert client.get(f"/workshops/{workshop.id}{path}").status == status
        assert client.get("/communities/oak/workshops").status == status
    for client, status in ((phone, 200), (member, 403), (pages.client(), 401)):
        assert client.get(f"/workshops/{workshop.id}").status == status
        if status != 200:
            assert client.get(f"/workshops/{workshop.id}/events").status == status
    read = pages.installation.workshops.read(workshop.id)
    assert read is not None
    assert read.state == WAITING


def test_a_slip_draws_what_it_finds_from_its_code_alone(pages: Pages, tmp_path: Path) -> None:
    workshop = pages.installation.workshops.make("oak")
    phone, answer = join(pages, workshop.code, "Ants")
    slip = slip_of(answer)
    assert pages.client().post("/slip", {"code": slip.upper()}).header("location") == f"/slip/{slip}"
    assert pages.client().get(f"/slip/{slip}").status == 200
    assert pages.client().get("/slip/" + "0" * 16).status == 404
    token = phone.get("/mine").field("form_token")
    drawn = phone.post(f"/workshops/{workshop.id}/slip", {"form_token": token})
    assert pages.client().get(f"/slip/{slip}").status == 404
    assert pages.client().get(f"/slip/{slip_of(drawn)}").status == 200
    files = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).glob(f"{FILE}*"))
    assert slip.encode() not in files
    assert slip not in pages.log.getvalue()


def test_names_and_sessions_go_after_their_days_and_slips_stay(
    pages: Pages, clock: Clock, tmp_path: Path
) -> None:
    workshop = pages.installation.workshops.make("oak", hours=1, forget_days=2)
    phone, answer = join(pages, workshop.code, "Quokkas-of-5b")
    clock.now_s += 3_601 + 2 * DAY_S - 10
    assert forget_due(pages.installation) == []
    assert pages.installation.participants.of(workshop.id)[0].name == "Quokkas-of-5b"
    clock.now_s += 20
    assert forget_due(pages.installation) == [workshop.id]
    assert forget_due(pages.installation) == []
    assert phone.get("/mine").status == 401
    files = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).glob(f"{FILE}*"))
    assert b"Quokkas-of-5b" not in files
    [person] = pages.installation.registry.persons("oak")
    assert person.roles == ()
    assert pages.client().get(f"/slip/{slip_of(answer)}").status == 200


def test_forgetting_leaves_who_was_of_the_community_before(pages: Pages, clock: Clock) -> None:
    workshop = pages.installation.workshops.make("oak", hours=1, forget_days=1)
    person = pages.person(STEWARD)
    client = pages.signed_in(person)
    client.post(f"/w/{workshop.code}", {"name": ""})
    clock.now_s += 3 * DAY_S
    assert forget_due(pages.installation) == [workshop.id]
    assert client.get("/mine").status == 200


def test_a_steward_begins_a_workshop_by_a_button_with_days_within_bounds(pages: Pages) -> None:
    client = pages.signed_in(pages.person(STEWARD))
    token = client.get("/communities/oak/workshops").field("form_token")
    for days, expected in (("3", 3), ("", FORGET_DAYS)):
        fields = {"form_token": token, "forget_days": days, "garden": ["elm-yard", "not-ours"]}
        assert client.post("/communities/oak/workshops", fields).status == 303
        [current] = [workshop for workshop in pages.installation.workshops.all("oak") if workshop.is_open]
        assert (current.forget_days, current.gardens) == (expected, ("elm-yard",))


@pytest.mark.parametrize("days", ["0", "nonsense", "181"])
def test_days_that_cannot_be_are_said_at_their_field_and_end_no_workshop_that_is_open(
    pages: Pages, days: str
) -> None:
    client = pages.signed_in(pages.person(STEWARD))
    running = pages.installation.workshops.make("oak")
    token = client.get("/communities/oak/workshops").field("form_token")
    fields = {"form_token": token, "forget_days": days, "garden": "elm-yard"}
    answer = client.post("/communities/oak/workshops", fields)
    assert answer.status == 422
    assert 'id="forget_days-error"' in answer.body
    assert f'value="{days}"' in answer.body
    assert 'value="elm-yard" checked' in answer.body
    assert [workshop.id for workshop in pages.installation.workshops.all("oak") if workshop.is_open] == [
        running.id
    ]


def test_the_wall_shows_the_address_in_the_room_and_says_where_there_is_none(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak", network="WIFI:T:WPA;S:oak;P:secret;;")
    client = pages.signed_in(pages.person(FACILITATOR))
    page = client.get(f"/workshops/{workshop.id}/wall").body
    assert workshop.code in page
    assert page.count('class="qr"') == 2
    assert "sera room open" in page


def test_streams_are_few_for_each_session(pages: Pages) -> None:
    streams = Streams(pages.installation)
    places = [streams.place("one") for _ in range(A_SESSION_MOST)]
    for place in places:
        place.__enter__()
    with pytest.raises(RefusedRequestError):
        streams.require_place("one")
    streams.require_place("another")
    places[0].__exit__(None, None, None)
    streams.require_place("one")


def test_a_screen_is_told_at_once_when_a_group_comes_in_and_nothing_in_between(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    streams = Streams(pages.installation, glance_s=0.01)

    async def watch() -> list[Any]:
        boards = streams.boards(workshop.id, quiet_s=0.2)
        states = [await anext(boards), await anext(boards)]
        pages.installation.participants.enter(workshop.id, "member-0001", "Ants", is_guest=True)
        states.append(await anext(boards))
        await boards.aclose()
        return states

    first, quiet, moved = asyncio.run(watch())
    assert (first.lines, quiet) == ((), None)
    assert [line.name for line in moved.lines] == ["Ants"]


def test_a_board_without_counts_is_zero_and_says_so(pages: Pages) -> None:
    workshop = pages.installation.workshops.make("oak")
    board = board_of(pages.installation, workshop)
    assert (board.counts, board.insects, board.seconds, board.groups) == (0, 0, 0, ())
    assert len(GROUP_NAMES) == 10
