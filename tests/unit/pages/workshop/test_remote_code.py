"""The remote on a phone: one workshop, four things, over plain http, as long as the workshop lasts."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from sera_pages.accounts.schema import FILE, FOLDER
from sera_pages.accounts.workshops import ENDED, PAUSED, RUNNING, WAITING
from sera_pages.installation import PageSettings
from sera_store.registry.persons import FACILITATOR, MEMBER
from web.parts import Clock, pages_of, press

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_pages.accounts.workshops import Workshop
    from web.parts import Client, Pages

LAN = "192.168.1.20"
IN_THE_ROOM = {"host": f"{LAN}:8080", "address": "192.168.1.33"}


@pytest.fixture
def pages(tmp_path: Path, clock: Clock) -> Iterator[Pages]:
    """Pages that are open to the room; to freeze, a process that ends well."""
    settings = PageSettings(names=(LAN,), freeze=(sys.executable, "-c", "pass"))
    with pages_of(tmp_path, settings, clock) as opened:
        yield opened


@pytest.fixture
def workshop(pages: Pages) -> Workshop:
    return pages.installation.workshops.make("oak")


def drawn(pages: Pages, workshop: Workshop) -> str:
    facilitator = pages.signed_in(pages.person(FACILITATOR, number=9))
    page = press(facilitator, f"/workshops/{workshop.id}/remote", f"/workshops/{workshop.id}/remote-code")
    match = re.search(rf"http://{LAN}:8080/r/([0-9a-z]{{16}})", page.body)
    assert match is not None
    return match[1]


def state(pages: Pages, workshop: Workshop) -> tuple[str, bool]:
    now = pages.installation.workshops.read(workshop.id)
    assert now is not None
    return now.state, now.are_names_hidden


def test_a_phone_in_the_room_starts_pauses_and_hides_names(pages: Pages, workshop: Workshop) -> None:
    code, phone = drawn(pages, workshop), pages.client(**IN_THE_ROOM)
    page = f"/r/{code}"
    assert press(phone, page, f"{page}/turn").status == 303
    assert state(pages, workshop) == (RUNNING, False)
    assert press(phone, page, f"{page}/turn").status == 303
    assert press(phone, page, f"{page}/names").status == 303
    assert state(pages, workshop) == (PAUSED, True)
    assert not phone.cookies


def test_it_does_nothing_more(pages: Pages, workshop: Workshop) -> None:
    code, phone = drawn(pages, workshop), pages.client(**IN_THE_ROOM)
    other = pages.installation.workshops.make("oak")
    assert pages.client(**IN_THE_ROOM).get(f"/r/{code}").status == 404
    pages.installation.workshops.turn(other.id, ENDED)
    again = pages.installation.workshops.make("oak")
    code = drawn(pages, again)
    assert phone.post(f"/r/{code}/turn", {"state": ENDED}).status == 303
    assert state(pages, again) == (WAITING, False)
    for path in (
        f"/workshops/{again.id}/remote",
        f"/workshops/{again.id}/pack.zip",
        "/communities/oak/people",
    ):
        assert phone.get(path).status == 401
    assert phone.get(f"/r/{code}/pack.zip").status == 404


def test_freezing_ends_the_workshop_and_the_code_with_it(pages: Pages, workshop: Workshop) -> None:
    code, phone = drawn(pages, workshop), pages.client(**IN_THE_ROOM)
    answer = press(phone, f"/r/{code}", f"/r/{code}/freeze")
    assert "The pack is made" in answer.body
    pages.installation.workshops.note_frozen(workshop.id, 0, 0)
    for method, path in ((phone.get, f"/r/{code}"), (phone.get, f"/r/{code}?failed=1")):
        assert method(path).status == 404
    for path in ("turn", "names", "freeze"):
        assert phone.post(f"/r/{code}/{path}", {"state": RUNNING}).status == 404


def test_a_code_ends_with_its_day_and_with_the_next_one(
    pages: Pages, workshop: Workshop, clock: Clock
) -> None:
    first, second = drawn(pages, workshop), drawn(pages, workshop)
    phone = pages.client(**IN_THE_ROOM)
    assert [phone.get(f"/r/{code}").status for code in (first, second)] == [404, 200]
    clock.now_s = workshop.ends_s + 1
    assert phone.get(f"/r/{second}").status == 404


def test_only_who_runs_it_draws_one_and_not_over_plain_http(pages: Pages, workshop: Workshop) -> None:
    path = f"/workshops/{workshop.id}/remote-code"
    for roles, how, status in (
        ((MEMBER,), {}, 403),
        ((FACILITATOR,), IN_THE_ROOM, 403),
        ((FACILITATOR,), {}, 200),
    ):
        client: Client = pages.signed_in(pages.person(*roles), **how)
        token = client.get("/mine").field("form_token")
        assert client.post(path, {"form_token": token}).status == status
    assert pages.client().post(path, {}).status == 401


def test_of_the_code_a_hash_alone_is_kept(pages: Pages, workshop: Workshop) -> None:
    code = drawn(pages, workshop)
    pages.client(**IN_THE_ROOM).post(f"/r/{code}/names", {"hidden": "1"})
    folder = pages.installation.folder / FOLDER
    assert code.encode() not in b"".join(path.read_bytes() for path in folder.glob(f"{FILE}*"))
    assert code not in pages.log.getvalue()
