"""A host enters a meal with a dish, a neighbour agrees on their own phone, and is gone when they withdraw."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from commons_parts.stories import consent, story
from sera_store.registry.persons import HOST, MEMBER
from web.browser import PHONE, a_browser
from web.every_page import served
from web.parts import Clock, pages_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
DESK = {"width": 1280, "height": 800}
TITLE, NAME, DISH = "Meal under the lime", "Bo of the blue gate", "Bean stew of the third floor"


def tab(browser: Browser, address: str, session: str, *, has_script: bool, **how: object) -> Page:
    context = browser.new_context(java_script_enabled=has_script, **how)
    if session:
        context.add_cookies([{"name": "sera_session", "value": session, "url": address}])
    return context.new_page()


def enter(page: Page, address: str, day: str) -> str:
    """Enter a meal as a host does; return its address."""
    page.goto(f"{address}/communities/oak/events")
    page.click("main .actions .button")
    page.fill("#title", TITLE)
    page.fill("#first_day", day)
    page.fill("#first_hour", "12:00")
    page.fill("#last_hour", "16:00")
    page.fill("#place", "Lime Street 7")
    page.check("[name=gardens][value=elm-yard]")
    page.check("[name=dishes]")
    page.check("[name=wanted][value=cook]")
    page.check("[name=audience][value=everybody]")
    for use in ("page", "print"):
        page.check(f"[name=uses][value={use}]")
    with page.expect_event("load"):
        page.click("#arrange .button")
    # A house number comes back with what was typed, to be mended.
    assert "number or an address" in page.inner_text("#place-error")
    assert page.input_value("#title") == TITLE
    page.fill("#place", "the courtyard behind the library")
    with page.expect_event("load"):
        page.click("#arrange .button")
    return page.url


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_neighbour_is_named_by_their_own_yes_and_gone_from_everywhere_afterwards(
    tmp_path: Path, chromium: Path, has_script: bool
) -> None:
    data, clock = tmp_path / "data", Clock()
    clock.now_s = time.time()
    day = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
    with pages_of(data, clock=clock) as pages:
        next_year = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%d}"
        pages.installation.shelves.of("oak").give(story(consent=consent(review=next_year)), "member-0003")
        sessions = [
            pages.installation.sessions.begin(pages.person(*roles, number=number).id)
            for number, roles in enumerate(((MEMBER, HOST), (MEMBER,)), 1)
        ]
        with served(SimpleNamespace(pages=pages)) as address, a_browser(chromium) as browser:
            host = tab(browser, address, sessions[0], has_script=has_script, viewport=DESK)
            programme = enter(host, address, day)
            phone = tab(browser, address, sessions[1], has_script=has_script, viewport=PHONE)
            stranger = tab(browser, address, "", has_script=has_script, viewport=PHONE)
            agree(phone, programme)
            addresses = [programme, f"{address}/communities/oak/events", f"{address}/gardens/elm-yard"]
            for page in (host, phone, stranger):
                assert [NAME in text for text in texts(page, addresses)] == [True, False, False]
                assert all(TITLE in text for text in texts(page, addresses))
            assert DISH in texts(stranger, addresses)[0]
            withdraw(phone, programme)
            for page in (host, phone, stranger):
                assert not any(NAME in text for text in texts(page, addresses))
        on_disk = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
        assert NAME.encode() not in on_disk


def agree(page: Page, programme: str) -> None:
    page.goto(programme)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.select_option("#role", "cook")
    page.fill("#name", NAME)
    with page.expect_event("load"):
        page.click("form[action$='/names'] .button")
    page.emulate_media(media="print")
    # Not agreed to on paper: the name is on the screen alone.
    assert not page.is_visible(f"text={NAME}")
    page.emulate_media(media="screen")
    assert page.is_visible(f"text={NAME}")


def withdraw(page: Page, programme: str) -> None:
    page.goto(programme)
    page.click("form[action$='/names/withdraw'] summary")
    with page.expect_event("load"):
        page.click("form[action$='/names/withdraw'] .button.warn")


def texts(page: Page, addresses: list[str]) -> list[str]:
    contents = []
    for address in addresses:
        page.goto(address)
        contents.append(page.content())
    return contents
