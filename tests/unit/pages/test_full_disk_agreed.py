"""On a full disk what neighbours agree can be read, nothing is half kept, and each form says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commons_parts.story_forms import FormReader, send
from deciding.pages import do, neighbours, proposed
from open_report.town import open_report
from sera_store.registry.persons import MEMBER
from sera_vocabulary.durations import DAY_S, HOUR_S
from sharing.surplus import TABLE, local, place_offer, reserve
from small_disks import IN_MEMORY, SmallDisk, mounted
from web.parts import NOW_S, Clock, pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Pages

FULL = "The disk of this computer is full"
CLAIM = {
    "title": "Food in our town",
    "sentence-1": "In Docks more than half of the people lack a food outlet.",
    "measure-1": "without_outlet",
    "district-1": "docks",
    "comparison-1": "above",
    "value-1": "50",
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with mounted(IN_MEMORY, tmp_path, 12) as item:
        yield item


@pytest.fixture
def pages(disk: SmallDisk, clock: Clock) -> Iterator[Pages]:
    with pages_of(disk.folder / "data", clock=clock) as opened:
        yield opened


def test_what_is_on_the_table_is_read_days_later_and_nothing_of_it_is_changed(
    pages: Pages, disk: SmallDisk, clock: Clock
) -> None:
    giver, guest = pages.signed_in(pages.person(MEMBER)), pages.client()
    link, address = place_offer(giver, until=local(NOW_S + 5 * DAY_S))
    own = reserve(guest, address).header("location").partition("?")[0]
    disk.fill()
    for path, fields in (
        (f"{link}/hand-over", {"word": "blue kettle"}),
        (f"{link}/take-back", {}),
        (f"{own}/give-up", {}),
        (f"{address}/reserve", {"portions": "1", "word": "green kettle"}),
        (f"{TABLE}/looking", {"kind": "eggs"}),
    ):
        answer = giver.post(path, fields)
        assert (answer.status, FULL in answer.body) == (503, True), path
    # A day on the session would note that it was used, and two days on a reservation is over.
    clock.now_s += 49 * HOUR_S
    for path in (TABLE, address, link, f"{TABLE}/looking", "/kept"):
        assert giver.get(path).status == 200, path
    assert guest.get(own).status == 404
    disk.empty()
    assert "3 portions" in giver.get(address).body
    assert reserve(guest, address, portions=3).status == 303


def test_a_claim_comes_back_as_it_was_typed(pages: Pages, disk: SmallDisk, tmp_path: Path) -> None:
    open_report(disk.folder / "data", tmp_path / "town")
    member = pages.signed_in(pages.person(MEMBER))
    claims = "/communities/oak/claims"
    form = FormReader(member.get(f"{claims}/new").body, "claim").fields
    fields = {name: values[0] for name, values in form.items()} | CLAIM | {"go": "keep"}
    disk.fill()
    answer = send(member, fields, None, f"{claims}/new")
    assert answer.status == 422
    assert "There is no room left" in answer.body
    assert 'value="Food in our town"' in answer.body
    disk.empty()
    assert send(member, fields, None, f"{claims}/new").status == 303


def test_a_vote_and_its_taking_back_are_kept_whole_or_not_at_all(pages: Pages, disk: SmallDisk) -> None:
    people = neighbours(pages, 3)
    address = proposed(people[0])
    disk.fill()
    refused = do(people[1], address, "vote", choice="agree")
    assert (refused.status, "There is no room left" in refused.body) == (422, True)
    assert "You have voted" not in people[1].get(address).body
    disk.empty()
    assert do(people[1], address, "vote", choice="agree").status == 303
    disk.fill()
    token = people[1].get("/kept").field("form_token")
    fields = {"form_token": token, "decision": address.rpartition("/")[2]}
    answer = people[1].post("/kept/decisions", fields)
    is_kept = pages.installation.councils.of("oak").votes_of("member-0002") != []
    assert (answer.status, is_kept) in ((303, False), (503, True))
    disk.empty()
