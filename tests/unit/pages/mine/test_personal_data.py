"""What is kept about somebody: shown whole, by session or slip, taken back with a receipt, left for good."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sera_pages.accounts.schema import FILE, FOLDER
from sera_store.licence import Licence
from sera_store.registry.persons import MEMBER, STEWARD
from sera_store.release.handouts import FILE as FILE_OF_HANDOUTS
from sera_store.release.handouts import PRINTED, note_handout
from sera_vocabulary import series
from web.arrivals import arrive
from web.parts import count, press

if TYPE_CHECKING:
    from web.parts import Client, Pages


def drawn_slip(client: Client) -> str:
    match = re.search(r"/slip/([0-9a-z]{16})", press(client, "/kept", "/kept/slip").body)
    assert match is not None
    return match[1]


def entries(pages: Pages) -> int:
    counters = [node.id for node in pages.installation.registry.nodes() if node.person]
    return len(pages.installation.view.newest(counters, (series.COUNTS, series.ACTION)))


@pytest.fixture
def member(pages: Pages) -> Client:
    client = pages.signed_in(pages.person(name="Rosa"))
    for number in (1, 2, 3):
        assert count(client, bumblebees=str(number)).status == 303
    arrive(pages)
    return client


def test_everything_is_listed_with_where_how_long_and_who_sees_it(pages: Pages, member: Client) -> None:
    body = member.get("/kept").body
    for text in (
        "3 entries: counts",
        "3 messages as they were sent",
        "Rosa",
        "1 device on",
        "member-0001",
    ):
        assert text in body
    assert body.count('<tr><th scope="row"') == 6
    assert body.count("</button>") == 3 + 1 + 1 + 1 + 1


def test_one_entry_or_all_are_taken_back_and_a_receipt_says_so(pages: Pages, member: Client) -> None:
    assert press(member, "/kept", "/kept/withdraw").header("location") == "/kept?withdrawn=1"
    assert "waits on this computer" in member.get("/kept/receipt").body
    arrive(pages)
    assert entries(pages) == 2
    assert press(member, "/kept", "/kept/withdraw", entry="everything").status == 303
    arrive(pages)
    assert entries(pages) == 0
    receipt = member.get("/kept/receipt").body
    assert "member-0001 took back 3 entries" in receipt
    assert receipt.count("in the journal under number") == 3


def test_the_receipt_lists_what_was_handed_out_of_these_gardens_before(pages: Pages, member: Client) -> None:
    folder, now_s = pages.installation.folder, pages.installation.now_s()
    for name, gardens, made_s in (
        ("before.zip", ("elm-yard",), now_s - 100),
        ("elsewhere.zip", ("mill-court",), now_s - 100),
        ("after.zip", ("elm-yard",), now_s + 86_400),
    ):
        note_handout(folder, "pack", None, gardens, ("", ""), made_s, sha256="00")
        book = folder / FILE_OF_HANDOUTS
        book.write_text(book.read_text().replace(PRINTED, name))
    assert press(member, "/kept", "/kept/withdraw", entry="everything").status == 303
    arrive(pages)
    receipt = member.get("/kept/receipt").body
    assert "before.zip" in receipt
    assert "elsewhere.zip" not in receipt
    assert "after.zip" not in receipt


def test_a_person_chooses_the_licence_of_what_they_count(pages: Pages, member: Client) -> None:
    assert press(member, "/kept", "/kept/licence", licence="mine").status == 422
    answer = press(member, "/kept", "/kept/licence", licence="cc-by-nc")
    assert answer.header("location") == "/kept?licence=1"
    person = pages.installation.registry.person("member-0001")
    assert person is not None
    assert person.licence is Licence.CC_BY_NC
    assert "holds for every file made from now on" in member.get("/kept?licence=1").body
    slip = drawn_slip(member)
    assert press(pages.client(), f"/slip/{slip}", f"/slip/{slip}/licence", licence="cc0").status == 303
    person = pages.installation.registry.person("member-0001")
    assert person is not None
    assert person.licence is Licence.CC0


def test_a_withdrawal_that_is_pressed_twice_is_one(pages: Pages, member: Client) -> None:
    name = re.search(r'name="entry" value="(person-[^"]+)"', member.get("/kept").body)
    assert name is not None
    for _ in range(2):
        press(member, "/kept", "/kept/withdraw", entry=name[1])
    arrive(pages)
    assert entries(pages) == 2
    assert "took back 1 entry" in member.get("/kept/receipt").body


def test_a_slip_opens_the_same_after_the_session_has_ended(pages: Pages, member: Client) -> None:
    slip = drawn_slip(member)
    pages.installation.sessions.end_all("member-0001")
    assert member.get("/kept").status == 401
    stranger = pages.client()
    assert "3 entries" in stranger.get(f"/slip/{slip}").body
    assert press(stranger, f"/slip/{slip}", f"/slip/{slip}/withdraw", entry="everything").status == 303
    arrive(pages)
    assert entries(pages) == 0
    assert "took back 3 entries" in stranger.get(f"/slip/{slip}/receipt").body


def test_a_new_slip_takes_the_place_of_the_one_before(pages: Pages, member: Client) -> None:
    first, second = drawn_slip(member), drawn_slip(member)
    assert pages.client().get(f"/slip/{first}").status == 404
    assert pages.client().get(f"/slip/{second}").status == 200
    files = b"".join(
        path.read_bytes() for path in (pages.installation.folder / FOLDER).glob(f"{FILE}*") if path.is_file()
    )
    assert second.encode() not in files
    assert second not in pages.log.getvalue()


def test_who_leaves_takes_everything_along_and_the_slip_still_proves_it(pages: Pages, member: Client) -> None:
    slip = drawn_slip(member)
    assert press(member, "/kept", "/kept/leave").status == 303
    arrive(pages)
    assert entries(pages) == 0
    person = pages.installation.registry.person("member-0001")
    assert person is not None
    assert person.roles == ()
    assert pages.installation.sessions.of(person.id) == []
    assert pages.installation.names.of(person.id) == ""
    body = pages.client().get(f"/slip/{slip}").body
    assert "You have left" in body
    assert "Rosa" not in body


def test_nobody_sees_or_takes_back_what_is_anothers(pages: Pages, member: Client) -> None:
    other = pages.signed_in(pages.person(number=2))
    assert "There is nothing of yours here" in other.get("/kept").body
    name = re.search(r'name="entry" value="(person-[^"]+)"', member.get("/kept").body)
    assert name is not None
    token = other.get("/kept").field("form_token")
    assert other.post("/kept/withdraw", {"form_token": token, "entry": name[1]}).status == 404
    assert other.post("/kept/withdraw", {"entry": name[1]}).status == 403
    arrive(pages)
    assert entries(pages) == 3


def test_the_only_steward_hands_over_before_they_leave(pages: Pages) -> None:
    client = pages.signed_in(pages.person(MEMBER, STEWARD))
    count(client)
    arrive(pages)
    assert press(client, "/kept", "/kept/leave").status == 409
    arrive(pages)
    assert entries(pages) == 1
    pages.person(STEWARD, number=2)
    assert press(client, "/kept", "/kept/leave").status == 303
