"""Something given on one phone is reserved on another, moved in its sight, handed over, and forgotten."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from sera_store.registry.persons import MEMBER
from sharing.surplus import TABLE, all_bytes
from web.browser import PHONE, a_browser
from web.every_page import served
from web.parts import Clock, pages_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def press(page: Page, selector: str) -> None:
    with page.expect_event("load"):
        page.click(selector)


def give(page: Page) -> str:
    """Give courgettes as a member does; return the address at which its giver looks after it."""
    page.select_option("#kind", "vegetables")
    page.fill("#what", "Courgettes")
    page.fill("#amount", "6")
    page.fill("#portions", "3")
    page.fill("#place", "Elm Street 12")
    press(page, "#give .button")
    # A house number is asked about, and nothing that was typed is lost.
    page.wait_for_selector("#place-error")
    assert page.input_value("#what") == "Courgettes"
    page.fill("#place", "behind the library")
    page.check("[name=ground][value=raised_bed]")
    press(page, "#give .button")
    return page.url.partition("?")[0]


def move(giver: Page, taker: Page, link: str, reservation: str) -> None:
    """Move what is given; who reserved sees it beside what it was, until they have seen it."""
    giver.goto(link)
    giver.fill("#place", "at the old bakery")
    press(giver, "#move .button")
    taker.goto(reservation)
    assert taker.inner_text(".note.warn ins") == "at the old bakery"
    assert taker.inner_text(".note.warn del") == "behind the library"
    press(taker, ".note.warn .button")
    assert "Something has changed" not in taker.content()


def hand_over(giver: Page, taker: Page, offer: str, reservation: str) -> None:
    """Hand it over by the word; afterwards neither link nor word opens anything."""
    giver.fill("#word", "turquoise heron")
    press(giver, "#hand-over .button")
    assert "4\u00a0kg" in giver.inner_text(".sentence")
    answer = taker.goto(reservation)
    assert answer is not None
    assert answer.status == 404
    taker.goto(offer)
    taker.fill("#known_word", "Turquoise heron")
    press(taker, "#word-form .button")
    assert "Nothing waits here for this word" in taker.content()


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_given_reserved_moved_handed_over_and_forgotten(
    tmp_path: Path, chromium: Path, has_script: bool
) -> None:
    data, clock = tmp_path / "data", Clock()
    clock.now_s = time.time()
    with pages_of(data, clock=clock) as pages:
        session = pages.installation.sessions.begin(pages.person(MEMBER).id)
        with served(SimpleNamespace(pages=pages)) as address, a_browser(chromium) as browser:
            giver_context = browser.new_context(viewport=PHONE, java_script_enabled=has_script)
            giver_context.add_cookies([{"name": "sera_session", "value": session, "url": address}])
            giver = giver_context.new_page()
            giver.goto(f"{address}{TABLE}/give")
            link = give(giver)

            taker = browser.new_context(viewport=PHONE, java_script_enabled=has_script).new_page()
            taker.goto(f"{address}{TABLE}")
            press(taker, "text=Courgettes")
            offer = taker.url
            taker.fill("#portions", "2")
            taker.fill("#word", "Turquoise heron")
            press(taker, "#reserve .button")
            reservation = taker.url.partition("?")[0]
            assert "4\u00a0kg. Your word is asked for" in taker.inner_text("main")

            move(giver, taker, link, reservation)
            hand_over(giver, taker, offer, reservation)
    ticket = reservation.rpartition("/")[2].partition("-")[0]
    database = all_bytes(data)
    for text in (ticket.encode(), b"Turquoise", b"turquoise"):
        assert text not in database
    assert ticket not in pages.log.getvalue()
