"""A bed is changed by a plain form, merged as changes of phones are; its earlier states are looked at."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from commons_parts.story_forms import BOUNDARY, FormReader, multipart
from garden_designs.drawings import START, Phone
from sera_commons.designs.document import (
    Bed,
    Point,
    bed_update,
    open_document,
    read_design,
    rectangle,
)
from sera_commons.errors import DesignError
from web.parts import press

if TYPE_CHECKING:
    from typing import Any

    from sera_commons.designs.document import Design
    from sera_commons.designs.update_log import DesignRow
    from web.parts import Answer, Client, Pages


@pytest.fixture
def member(pages: Pages) -> Client:
    return pages.signed_in(pages.person())


@pytest.fixture
def row(pages: Pages) -> DesignRow:
    """A bed with two plants, put there one after the other."""
    row, phone = pages.installation.designs.begin("elm-yard", "oak", START), Phone(START)
    phone.put("aaaaaaaa", "Lavandula angustifolia", 0.5, 0.5)
    phone.put("bbbbbbbb", "Borago officinalis", 1.5, 0.5)
    for update in phone.sent:
        pages.installation.designs.append(row.id, row.generation, update)
    return row


def drawn(pages: Pages, row: DesignRow) -> Design:
    return read_design(open_document(pages.installation.designs.updates(row.id)))


def change(client: Client, row: DesignRow, page: Answer | None = None, **fields: Any) -> Answer:
    """Fill in the form of a page that was opened, now or before."""
    page = page or client.get(f"/designs/{row.id}/bed")
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    sent = {**FormReader(page.body, "bed-form").fields, **fields}
    return client.post(f"/designs/{row.id}/bed", multipart(sent, {}), **{"content-type": kind})


def test_light_title_and_corners_change_and_plants_stay(pages: Pages, row: DesignRow, member: Client) -> None:
    answer = change(
        member,
        row,
        title="By the wall",
        light="shade",
        paths=["left"],
        **{"x-3": "1,5", "x-5": "0.2", "y-5": "0.6"},
    )
    assert answer.status == 303, answer.body
    design = drawn(pages, row)
    assert design.bed is not None
    assert (design.bed.title, design.bed.light, design.bed.paths) == ("By the wall", "shade", ("left",))
    assert design.bed.outline[2].x == 1.5
    assert design.bed.outline[4] == Point(0.2, 0.6)
    assert len(design.plants) == 2


def test_an_emptied_corner_is_taken_away(pages: Pages, row: DesignRow, member: Client) -> None:
    assert change(member, row, **{"x-2": "", "y-2": ""}).status == 303
    bed = drawn(pages, row).bed
    assert bed is not None
    assert len(bed.outline) == 3


def test_who_changes_the_light_leaves_a_corner_that_somebody_moved_meanwhile(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    bed_page = member.get(f"/designs/{row.id}/bed")
    assert change(member, row, **{"x-3": "1"}).status == 303
    assert change(member, row, bed_page, light="partial").status == 303
    bed = drawn(pages, row).bed
    assert bed is not None
    assert (bed.outline[2].x, bed.light) == (1.0, "partial")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"x-1": "far"}, "x-1-error"),
        ({"x-1": ""}, "x-1-error"),
        ({"x-3": "500"}, "x-3-error"),
        ({"x-2": "100", "x-3": "100"}, "3 to 40 corners"),
        ({f"{axis}-{n}": "" for axis in "xy" for n in (1, 2)}, "3 to 40 corners"),
        ({"light": "neon"}, "Choose"),
    ],
)
def test_a_bed_that_cannot_be_is_said_and_nothing_changes(
    pages: Pages, row: DesignRow, member: Client, fields: dict[str, str], words: str
) -> None:
    before = drawn(pages, row)
    answer = change(member, row, **fields)
    assert (answer.status, words in answer.body) == (422, True)
    if "x-3" in fields and len(fields) == 1:
        assert 'href="#x-3">From the left (Corner 3)' in answer.body
    assert drawn(pages, row) == before


def test_corners_that_cross_are_shown_as_a_finding_and_kept(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    bed = drawn(pages, row).bed
    assert bed is not None
    (x2, y2), (x3, y3) = bed.outline[1], bed.outline[2]
    swapped = {"x-2": str(x3), "y-2": str(y3), "x-3": str(x2), "y-3": str(y2)}
    assert change(member, row, **swapped).status == 303
    assert "crosses itself" in member.get(f"/designs/{row.id}").body


def test_a_stranger_and_a_form_of_another_session_change_nothing(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    assert pages.client().get(f"/designs/{row.id}/bed").status == 401
    assert pages.client().get(f"/designs/{row.id}/earlier").status == 401
    assert pages.client().get(f"/designs/{row.id}/earlier/1.svg").status == 401
    assert change(member, row, form_token="x").status == 403
    assert change(member, row, before="{").status == 303


def test_an_open_page_gets_the_change(pages: Pages, row: DesignRow) -> None:
    before, after = drawn(pages, row).bed, Bed(rectangle(3, 1), "Longer")
    assert before is not None

    async def received() -> bytes:
        rooms = pages.app.state.rooms
        async with rooms.enter(row, "a session", 0.0) as (_, guest):
            await rooms.change(row, lambda document: bed_update(document, before, after))
            update: bytes = guest.waiting.get_nowait()
            return update

    log = pages.installation.designs.updates(row.id)
    copy = open_document([*log, asyncio.run(received())])
    assert read_design(copy) == drawn(pages, row)
    assert drawn(pages, row).bed == after


def test_a_bed_that_nobody_could_read_is_no_change() -> None:
    with pytest.raises(DesignError):
        bed_update(open_document([START]), Bed(rectangle(2, 1)), Bed(rectangle(100, 1)))


def test_earlier_states_are_pictures_to_go_through(pages: Pages, row: DesignRow, member: Client) -> None:
    last = member.get(f"/designs/{row.id}/earlier").body
    assert "After 3 of 3 changes. Plants then: 2." in last
    assert f"/designs/{row.id}/earlier?step=2" in last
    assert "After 1 of 3 changes. Plants then: 0." in member.get(f"/designs/{row.id}/earlier?step=1").body
    pictures = [member.get(f"/designs/{row.id}/earlier/{step}.svg").content for step in (1, 2, 3)]
    assert len(set(pictures)) == 3
    for strange in ("0", "-1", "99", "٣", "1e3", "<b>", "9" * 30):
        assert member.get(f"/designs/{row.id}/earlier?step={strange}").status == 200
    assert len(drawn(pages, row).plants) == 2


def test_who_said_that_a_bed_was_planted_sees_it_and_takes_it_back(
    pages: Pages, row: DesignRow, member: Client
) -> None:
    page = member.get(f"/designs/{row.id}")
    form = {"form_token": page.field("form_token"), "form": page.field("form"), "day": "2026-06-19"}
    assert member.post(f"/designs/{row.id}/planted", form).status == 303
    assert "Beds that you said were planted: 1" in member.get("/kept").body
    other = pages.signed_in(pages.person(number=2))
    assert "Beds that you said" not in other.get("/kept").body
    assert press(member, "/kept", "/kept/designs").status == 303
    assert "Beds that you said" not in member.get("/kept").body
    assert pages.installation.shelves.of("oak").chronicle.is_erased(1)
    assert member.post("/kept/designs", {"form_token": form["form_token"], "entry": "1"}).status == 404
