"""A change is acknowledged once it is on disk, and passed on after that; whoever may not draw is told why."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest

from garden_designs.drawings import START, Phone
from garden_designs.sockets import opened
from sera_commons.designs.document import open_document, read_design
from sera_commons.designs.update_log import UPDATE_BYTES_MOST
from sera_pages.designs import live
from sera_pages.designs.rooms import BYTES, CHANGES, NOT_KEPT_COSTS, SESSION_MOST, Guest
from sera_pages.security.limits import Bucket
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sera_commons.designs.update_log import DesignRow
    from web.parts import Client, Pages

LAVENDER = "Lavandula angustifolia"


@pytest.fixture
def row(pages: Pages) -> DesignRow:
    return pages.installation.designs.begin("elm-yard", "oak", START)


@pytest.fixture
def member(pages: Pages) -> Client:
    return pages.signed_in(pages.person())


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def address(row: DesignRow) -> str:
    return f"/designs/{row.id}/live"


def stored_plants(pages: Pages, row: DesignRow) -> list[str]:
    return [
        plant.id for plant in read_design(open_document(pages.installation.designs.updates(row.id))).plants
    ]


def test_a_change_is_on_disk_when_it_is_acknowledged_and_reaches_the_other_phone(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    async def draw() -> None:
        async with opened(member, address(row)) as first, opened(member, address(row)) as other:
            assert (await first.read())["type"] == (await other.read())["type"] == "websocket.accept"
            answer, missing = await first.greet()
            assert answer["generation"] == row.generation
            phone = Phone(missing)
            await other.greet(base64.b64decode(answer["state"]))
            phone.put("aaaaaaaa", LAVENDER, 1, 0.5)
            number = await first.change(phone.sent[0])
            assert await first.read_text() == {"kept": number}
            assert stored_plants(pages, row) == ["aaaaaaaa"]
            assert await other.read_bytes() == phone.sent[0]

    run(draw())


def test_a_phone_that_was_away_gets_what_it_lacks_and_brings_what_others_lack(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    away = Phone(START)
    away.put("bbbbbbbb", LAVENDER, 0.5, 0.5)
    there = Phone(START)
    there.put("aaaaaaaa", LAVENDER, 1.5, 0.5)
    pages.installation.designs.append(row.id, row.generation, there.sent[0])

    async def come_back() -> None:
        async with opened(member, address(row)) as socket:
            await socket.read()
            answer, missing = await socket.greet(away.document.get_state(), row.generation)
            state = base64.b64decode(answer["state"])
            await socket.change(away.document.get_update(state))
            assert await socket.read_text() == {"kept": 1}
            away.document.apply_update(missing)

    run(come_back())
    assert stored_plants(pages, row) == ["aaaaaaaa", "bbbbbbbb"]
    assert [plant.id for plant in away.design().plants] == ["aaaaaaaa", "bbbbbbbb"]


def test_a_change_that_waits_for_another_is_not_kept_and_all_since_is_asked_for(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    phone = Phone(START)
    for number in range(3):
        phone.put(f"{number:08x}", LAVENDER, 1, 0.5)

    async def skip() -> None:
        async with opened(member, address(row)) as socket:
            await socket.read()
            await socket.greet()
            await socket.change(phone.sent[2])
            again = await socket.read_text()
            assert stored_plants(pages, row) == []
            await socket.change(phone.document.get_update(base64.b64decode(again["again"])))
            assert await socket.read_text() == {"kept": 2}

    run(skip())
    assert len(stored_plants(pages, row)) == 3


def test_a_disk_that_refuses_is_no_acknowledgement_and_nothing_is_passed_on(
    pages: Pages, row: DesignRow, member: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    phone = Phone(START)
    phone.put("aaaaaaaa", LAVENDER, 1, 0.5)

    def refuse(*_: object) -> None:
        raise StoreUnusableError(tmp_path, "disk is full", "free some space")

    async def draw() -> None:
        async with opened(member, address(row)) as first, opened(member, address(row)) as other:
            await first.read(), await other.read()
            await first.greet()
            await other.greet()
            with monkeypatch.context() as patch:
                patch.setattr(type(pages.installation.designs), "append", refuse)
                await first.change(phone.sent[0])
                assert await first.read_close() == live.COME_AGAIN
            assert other.to_page.empty()
            # Whoever comes after it does not find in memory what is not on disk.
            async with opened(member, address(row)) as again:
                await again.read()
                _, missing = await again.greet()
                assert Phone(missing).design().plants == ()

    run(draw())


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", live.UNREADABLE),
        (b"\xff" * 60, live.UNREADABLE),
        (b'{"plants": []}', live.UNREADABLE),
        (bytes(UPDATE_BYTES_MOST + 1), live.TOO_MUCH),
    ],
)
def test_rubbish_closes_the_page_that_sent_it_and_nothing_is_kept(
    pages: Pages, row: DesignRow, member: Client, message: bytes, code: int
) -> None:
    async def send() -> None:
        async with opened(member, address(row)) as socket:
            await socket.read()
            await socket.greet()
            await socket.change(message)
            assert await socket.read_close() == code

    before = pages.installation.designs.updates(row.id)
    run(send())
    assert pages.installation.designs.updates(row.id) == before


@pytest.mark.parametrize(
    "hello", ["", "[]", '{"state": 5}', '{"state": "%%"}', '{"state": "/////w=="}', '{"x": 1}']
)
def test_a_hello_of_another_form_is_refused(row: DesignRow, member: Client, hello: str) -> None:
    async def send() -> None:
        async with opened(member, address(row)) as socket:
            await socket.read()
            await socket.to_server.put({"type": "websocket.receive", "text": hello})
            assert await socket.read_close() == live.UNREADABLE

    run(send())


def test_a_copy_of_another_generation_is_never_merged(pages: Pages, row: DesignRow, member: Client) -> None:
    async def come_back() -> None:
        async with opened(member, address(row)) as socket:
            await socket.read()
            await socket.say(state="AA==", generation="0123456789abcdef")
            assert (await socket.read_text())["generation"] == row.generation
            assert await socket.read_close() == live.OTHER_GENERATION

    run(come_back())


def test_who_draws_while_it_is_begun_again_or_erased_is_sent_away(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    phone = Phone(START)
    phone.put("aaaaaaaa", LAVENDER, 1, 0.5)

    async def draw() -> None:
        async with opened(member, address(row)) as socket:
            await socket.read()
            await socket.greet()
            pages.installation.designs.erase(row.id)
            await socket.change(phone.sent[0])
            assert await socket.read_close() == live.OTHER_GENERATION

    run(draw())


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"origin": ""}, {"origin": "null"}])
def test_only_a_page_of_ours_opens_it(row: DesignRow, member: Client, headers: dict[str, str]) -> None:
    async def knock() -> None:
        async with opened(member, address(row), **headers) as socket:
            assert (await socket.read()) == {"type": "websocket.close", "code": 1008}

    run(knock())


def test_a_stranger_another_community_and_a_design_that_is_none_have_their_codes(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    async def close_code(client: Client, path: str) -> int:
        async with opened(client, path) as socket:
            await socket.read()
            return await socket.read_close()

    elsewhere = pages.installation.designs.begin("mill-court", "beech", START)
    assert asyncio.run(close_code(pages.client(), address(row))) == live.NO_SESSION
    assert asyncio.run(close_code(member, address(elsewhere))) == live.NOT_ALLOWED
    assert asyncio.run(close_code(member, "/designs/none/live")) == live.NO_DESIGN


def test_a_session_that_ends_draws_no_more(
    pages: Pages, row: DesignRow, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone(START)
    for number in range(2):
        phone.put(f"{number:08x}", LAVENDER, 1, 0.5)
    monkeypatch.setattr(live, "_LOOK_AGAIN_S", -1.0)

    async def draw() -> None:
        async with opened(member, address(row)) as socket:
            await socket.read()
            await socket.greet()
            await socket.change(phone.sent[0])
            assert await socket.read_text() == {"kept": 1}
            session = pages.installation.sessions.find(member.cookies["sera_session"])
            assert session is not None
            pages.installation.sessions.end(session.id)
            await socket.change(phone.sent[1])
            assert await socket.read_close() == live.NO_SESSION

    run(draw())
    assert stored_plants(pages, row) == ["00000000"]


def test_a_session_has_so_many_pages_and_no_more(row: DesignRow, member: Client) -> None:
    async def open_many() -> None:
        async def open_session(count: int) -> None:
            async with opened(member, address(row)) as socket:
                await socket.read()
                if count:
                    await socket.greet()
                    await open_session(count - 1)
                else:
                    await socket.say(state="AA==")
                    assert await socket.read_close() == live.TOO_MANY

        await open_session(SESSION_MOST)
        await open_session(SESSION_MOST)

    run(open_many())


def test_who_sends_too_much_is_read_later_and_nothing_is_refused() -> None:
    guest = Guest(Bucket(CHANGES.at_once, 0), Bucket(BYTES.at_once, 0))
    pauses = [guest.pause_s(100, 0) for _ in range(int(CHANGES.at_once) + 5)]
    assert pauses[: int(CHANGES.at_once)] == [0] * int(CHANGES.at_once)
    assert pauses[-1] == pytest.approx(5 / CHANGES.a_second)
    # After a while it is let in at once again.
    assert guest.pause_s(100, 60) == 0
    assert guest.pause_s(int(BYTES.at_once) + 1, 120) > 0


def test_who_comes_again_still_owes_what_was_sent_before(pages: Pages, row: DesignRow) -> None:
    async def send_and_leave() -> tuple[float, float, float]:
        rooms = pages.app.state.rooms
        async with rooms.enter(row, "a session", 0.0) as (_, guest):
            owed_s = guest.pause_s(100, 0.0, int(CHANGES.at_once) + 50)
        async with rooms.enter(row, "a session", 0.0) as (_, guest):
            again_s = guest.pause_s(0, 0.0, 0)
        async with rooms.enter(row, "another", 60.0), rooms.enter(row, "a session", 60.0) as (_, guest):
            return owed_s, again_s, guest.pause_s(0, 60.0, 0)

    assert asyncio.run(send_and_leave()) == (2.0, 2.0, 0.0)


def test_changes_that_wait_for_others_are_read_one_a_second(pages: Pages, row: DesignRow) -> None:
    """Each has the document made anew of all that it is made of."""
    guest = Guest(Bucket(CHANGES.at_once, 0), Bucket(BYTES.at_once, 0))
    pauses = [guest.pause_s(100, 0.0, NOT_KEPT_COSTS) for _ in range(8)]
    assert pauses[:4] == [0.0] * 4
    assert pauses[7] - pauses[6] == pytest.approx(1.0)


def test_a_page_that_reads_too_slowly_comes_again_and_gets_all_at_once() -> None:
    guest = Guest(Bucket(1, 0), Bucket(1, 0))
    for _ in range(guest.waiting.maxsize):
        guest.put(b"x")
    assert not guest.is_behind.is_set()
    guest.put(b"x")
    assert guest.is_behind.is_set()
