"""What people do on a phone of 360 px, by keys alone, with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_pages.accounts.workshops import PAUSED, RUNNING
from sera_store.alert_book import BOOK_FOLDER, open_book
from sera_store.registry.persons import STEWARD
from web.every_page import full_pages, served
from web.keyboard import Phones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from web.every_page import Full

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Full]:
    with full_pages(tmp_path / "full") as opened:
        yield opened


@pytest.fixture
def address(full: Full) -> Iterator[str]:
    with served(full) as opened:
        yield opened


@pytest.fixture(params=["with script", "without script"])
def phones(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Phones]:
    opened = Phones(browser, address, has_script=request.param == "with script")
    yield opened
    opened.close()


def test_a_host_changes_title_place_and_soil_and_undoes_it(full: Full, phones: Phones) -> None:
    keys, registry = phones.of(full.steward), full.pages.installation.registry
    keys.go("/gardens/elm-yard/settings")
    keys.write("#title", "Elm House")
    keys.choose("consent", "hidden")
    keys.press("form[action$='/settings'] button")
    garden = registry.garden("elm-yard")
    assert garden is not None
    assert (garden.name, str(garden.consent.value)) == ("Elm House", "hidden")
    keys.go("/gardens/elm-yard/changes")
    keys.press("form[action$='/soil'] button")
    # Nothing was chosen, and nothing is taken for granted.
    keys.says("Choose one")
    assert registry.soil("elm-yard") is None
    keys.reach("#texture")
    keys.page.keyboard.type("loam")
    keys.write("#since-soil", "01022026")
    keys.press("form[action$='/soil'] button")
    keys.says("It is entered")
    assert registry.soil("elm-yard") is not None
    keys.go("/gardens/elm-yard/history")
    keys.says("Elm House")
    keys.press("form[action$='/history'] button")


def test_a_probe_is_put_in_with_its_day(full: Full, phones: Phones) -> None:
    keys = phones.of(full.steward)
    keys.go("/gardens/elm-yard/changes")
    keys.reach("main details summary")
    keys.page.keyboard.press("Enter")
    keys.reach("#position")
    keys.page.keyboard.type("2")
    keys.write("#serial", "c-0044")
    keys.write("#depth", "15")
    keys.press("form[action$='/probes'] button")
    keys.says("c-0044")
    probes = {probe.serial: probe for probe in full.pages.installation.registry.probes("cam-01")}
    assert probes["c-0044"].depth_m == pytest.approx(0.15)


def test_a_neighbour_sees_what_is_kept_draws_a_slip_and_leaves_by_it(full: Full, phones: Phones) -> None:
    keys = phones.of(full.taker)
    keys.go("/kept")
    keys.press("form[action='/kept/slip'] button")
    slip = keys.page.inner_text(".code").strip()
    stranger = phones.of()
    stranger.go("/slip")
    stranger.write("main input[type=text]", slip)
    stranger.press("main form button")
    stranger.says("What is kept about you")
    stranger.sure("form[action$='/leave']")
    stranger.says("You have left")
    person = full.pages.installation.registry.person("member-0002")
    assert person is not None
    assert person.roles == ()


def test_one_entry_is_taken_back_and_asked_once_before(full: Full, phones: Phones) -> None:
    keys = phones.of(full.steward)
    keys.go("/mine")
    keys.sure("form[action$='/withdraw']")
    assert [b"withdraw" in topic.encode() + payload for topic, payload in full.pages.sent.messages] == [True]


def test_all_of_it_is_taken_back_with_a_receipt(full: Full, phones: Phones) -> None:
    keys = phones.of()
    keys.go(f"/slip/{full.slip}")
    keys.sure("form[action$='/withdraw']:has([value=everything])")
    assert any(b"withdraw" in topic.encode() + payload for topic, payload in full.pages.sent.messages)


def test_anybody_reports_and_a_moderator_decides_with_a_reason(full: Full, phones: Phones) -> None:
    stranger = phones.of()
    stranger.go("/gardens/mill-court/report")
    stranger.choose("about", "title")
    stranger.write("#text", "It names a person.")
    stranger.press("form[action$='/report'] button")
    stranger.says("Thank you")
    stranger.press("main a")
    assert stranger.page.url.endswith("/gardens/mill-court")
    keys = phones.of(full.steward)
    keys.go("/communities/oak/reports")
    keys.says("It names a person.")
    section = "section:has-text('Mill-Court')"
    keys.write(f"{section} textarea", "It does.")
    keys.press(f"{section} button[value=hide]")
    assert full.pages.installation.cases.hidden_subjects("title") == {"mill-court"}
    stranger.go("/gardens/mill-court")
    assert "Mill-Court" not in stranger.page.inner_text("main")


def test_a_steward_hands_over_and_the_next_one_accepts(full: Full, phones: Phones) -> None:
    giver, taker, registry = phones.of(full.steward), phones.of(full.taker), full.pages.installation.registry
    giver.go("/communities/oak/people")
    giver.reach("#taker")
    giver.page.keyboard.type("Bo")
    giver.press("form[action$='/handover'] button")
    taker.go("/mine")
    taker.press("form[action='/handover'] button[value='1']")
    stewards = [person.id for person in registry.persons("oak") if STEWARD in person.roles]
    assert stewards == ["member-0002"]
    taker.go("/communities/oak/people")


def test_the_remote_pauses_goes_on_hides_names_and_ends_nothing_by_one_press(
    full: Full, phones: Phones
) -> None:
    keys, workshops = phones.of(), full.pages.installation.workshops
    keys.go(f"/r/{full.remote}")
    for state in (PAUSED, RUNNING):
        keys.press("form[action$='/turn'] button")
        workshop = workshops.read(full.workshop)
        assert workshop is not None
        assert workshop.state == state
    keys.press("form[action$='/names'] button")
    keys.reach("form[action$='/freeze'] summary")
    keys.page.keyboard.press("Enter")
    keys.says("Freezing ends the workshop")
    workshop = workshops.read(full.workshop)
    assert workshop is not None
    assert workshop.are_names_hidden
    assert workshop.is_open
    keys = phones.of(full.steward)
    keys.go(f"/workshops/{full.workshop}/remote")
    keys.sure("form[action$='/turn']:has(details)")
    keys.says("The workshop is over")


def test_the_room_asks_for_an_address_of_this_machine(full: Full, phones: Phones) -> None:
    keys = phones.of(full.steward)
    keys.go("/room")
    keys.write("#address", "8.8.8.8")
    keys.press("form[action='/room'] button[value='1']")
    keys.says("Write an address that this computer has in a network")
    keys.reach("#problem a")
    keys.page.keyboard.press("Enter")
    keys.page.wait_for_url("**#address")


def test_a_steward_silences_an_alert_and_is_told_again(full: Full, phones: Phones) -> None:
    keys, folder = phones.of(full.steward), full.pages.installation.folder / BOOK_FOLDER
    now_s = full.pages.installation.now_s()
    for number in (2, 1):
        keys.go("/communities/oak/alerts")
        keys.press("form[action$='/silence']:has(input[value='cam-01']) button")
        with open_book(folder) as book:
            assert len(book.silences(now_s)) == number


def test_a_language_is_chosen_in_the_foot_and_stays(full: Full, phones: Phones) -> None:
    keys = phones.of(full.steward)
    keys.go("/kept")
    keys.press("a[hreflang=ar]")
    keys.go("/communities/oak/people")
    assert keys.page.locator("html").get_attribute("dir") == "rtl"


def test_paper_holds_no_button_and_no_field(full: Full, phones: Phones) -> None:
    keys = phones.of(full.steward)
    keys.page.emulate_media(media="print")
    garden, inputs = "/gardens/elm-yard", "button:visible, input:visible, select:visible, textarea:visible"
    for path in ("/kept", f"{garden}/changes", f"{garden}/history", "/communities/oak/people"):
        keys.go(path)
        keys.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert keys.page.locator(inputs).count() == 0, path
