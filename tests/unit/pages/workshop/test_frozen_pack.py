"""The pack of a frozen workshop leaves only while nothing in it was taken back or is given otherwise."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import pytest
from msgspec import structs

from sera_pages.workshop.remote import pack_path
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.persons import FACILITATOR, MEMBER
from web.arrivals import arrive
from web.parts import count, press

if TYPE_CHECKING:
    from collections.abc import Callable

    from web.parts import Answer, Client, Clock, Pages


class Afternoon(NamedTuple):
    """A workshop in which a member has counted, and who runs it."""

    pages: Pages
    workshop: str
    member: Client
    facilitator: Client

    def freeze(self) -> None:
        """Do as the command does: note what there is, write the file, and note that it was made of that."""
        installation = self.pages.installation
        entry, change = installation.registry.version(), installation.view.last_change()
        self.write()
        installation.workshops.note_frozen(self.workshop, entry, change)

    def write(self) -> None:
        path = pack_path(self.pages.installation.folder, self.workshop)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"a pack")

    def take_back(self) -> None:
        assert press(self.member, "/kept", "/kept/withdraw", entry="everything").status == 303

    def download(self) -> Answer:
        return self.facilitator.get(f"/workshops/{self.workshop}/pack.zip")


@pytest.fixture
def afternoon(pages: Pages, clock: Clock) -> Afternoon:
    workshop = pages.installation.workshops.make("oak", gardens=["elm-yard"])
    member = pages.signed_in(pages.person(MEMBER, number=7))
    facilitator = pages.signed_in(pages.person(FACILITATOR))
    count(member)
    arrive(pages)
    clock.now_s += 60
    return Afternoon(pages, workshop.id, member, facilitator)


def hide(afternoon: Afternoon) -> None:
    registry = afternoon.pages.installation.registry
    garden = registry.garden("elm-yard")
    assert garden is not None
    now_s = int(afternoon.pages.installation.now_s())
    registry.put(structs.replace(garden, consent=ConsentLevel.HIDDEN), since_s=now_s, by="a test")


def take_back(afternoon: Afternoon) -> None:
    afternoon.take_back()
    arrive(afternoon.pages)


def take_back_unsent(afternoon: Afternoon) -> None:
    afternoon.take_back()


@pytest.mark.parametrize("change", [hide, take_back, take_back_unsent])
def test_it_leaves_no_more_after_a_change_until_it_is_made_again(
    afternoon: Afternoon, change: Callable[[Afternoon], None]
) -> None:
    """Also where the change comes within the second in which it was frozen: no clock moves here."""
    afternoon.freeze()
    assert (afternoon.download().status, afternoon.download().body) == (200, "a pack")
    change(afternoon)
    refused = afternoon.download()
    assert refused.status == 409
    assert "a pack" not in refused.body
    arrive(afternoon.pages)
    afternoon.freeze()
    assert afternoon.download().status == 200


def test_what_was_taken_back_before_and_reached_the_store_later_counts_too(
    afternoon: Afternoon, clock: Clock
) -> None:
    afternoon.take_back()
    clock.now_s += 60
    afternoon.freeze()
    arrive(afternoon.pages)
    assert afternoon.download().status == 409


def test_a_file_that_was_touched_or_restored_is_no_newer_for_it(afternoon: Afternoon, clock: Clock) -> None:
    afternoon.freeze()
    take_back(afternoon)
    later_s = clock.now_s + 86_400
    os.utime(pack_path(afternoon.pages.installation.folder, afternoon.workshop), (later_s, later_s))
    assert afternoon.download().status == 409


def test_a_file_of_which_nothing_was_noted_leaves_not_at_all(afternoon: Afternoon) -> None:
    """The process ended between the file and its note."""
    assert afternoon.download().status == 404
    afternoon.write()
    assert afternoon.download().status == 409
