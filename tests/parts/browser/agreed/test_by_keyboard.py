"""What neighbours agree, by keyboard alone: reserve, vote, object, check a claim; the focus is seen."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from web.browser import PHONE, a_browser
from web.every_page import full_pages, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from web.every_page import Full

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MOST_TABS = 60
FOCUS = """selector => {
  const style = getComputedStyle(document.activeElement);
  return [document.activeElement.matches(selector), style.outlineStyle];
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press the tabulator until something has the focus, and is seen to have it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        is_there, outline = page.evaluate(FOCUS, selector)
        if is_there:
            assert outline != "none", selector
            return
    pytest.fail(f"no tabulator leads to {selector} on {page.url}")


def write(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


def enter(page: Page, selector: str) -> None:
    tab_to(page, selector)
    with page.expect_event("load"):
        page.keyboard.press("Enter")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, chromium: Path) -> Iterator[tuple[Full, str, Browser]]:
    with ExitStack() as stack:
        full = stack.enter_context(full_pages(tmp_path_factory.mktemp("full")))
        address = stack.enter_context(served(full))
        yield full, address, stack.enter_context(a_browser(chromium))


def phone(opened: tuple[Full, str, Browser], path: str, *, is_steward: bool = True) -> Page:
    full, address, browser = opened
    context = browser.new_context(viewport=PHONE)
    if is_steward:
        session = full.steward.cookies["sera_session"]
        context.add_cookies([{"name": "sera_session", "value": session, "url": address}])
    page = context.new_page()
    page.goto(address + path)
    return page


def test_something_is_reserved_and_left_to_others(opened: tuple[Full, str, Browser]) -> None:
    page = phone(opened, opened[0].surplus["asked"], is_steward=False)
    write(page, "#portions", "")
    write(page, "#word", "turquoise heron")
    enter(page, "#reserve .button")
    assert "You asked for" in page.content()
    tab_to(page, "details.sure > summary")
    page.keyboard.press("Enter")
    enter(page, ".button.warn")
    assert "turquoise" not in page.content()


def test_a_neighbour_votes_and_then_objects(opened: tuple[Full, str, Browser]) -> None:
    page = phone(opened, f"/communities/oak/decisions/{opened[0].decisions[0]}")
    tab_to(page, "[name=choice]")
    page.keyboard.press("Space")
    enter(page, "#do-vote .button")
    assert "Your vote about this text is kept." in page.content()
    tab_to(page, "details:has(#do-objection) > summary")
    page.keyboard.press("Enter")
    write(page, "#reason", "Too dry.")
    write(page, "#change", "Water it.")
    enter(page, "#do-objection .button")
    assert page.content().count("This objection stands.") == 2


def test_a_claim_is_checked(opened: tuple[Full, str, Browser]) -> None:
    page = phone(opened, "/communities/oak/claims/new")
    write(page, "#title", "Food in our town")
    write(page, "#sentence-1", "In Docks more than half of the people lack a food outlet.")
    write(page, "#district-1", "Docks")
    write(page, "#value-1", "50")
    enter(page, "button[name=go][value=check]")
    assert page.inner_text(".answer .verdict strong") == "Supported"


def test_what_a_neighbouring_community_gave_is_reached(opened: tuple[Full, str, Browser]) -> None:
    page = phone(opened, "/communities/oak/neighbours")
    enter(page, "section .links a")
    enter(page, ".links a[href$='/readings']")
    assert "It was not measured here" in page.content()
