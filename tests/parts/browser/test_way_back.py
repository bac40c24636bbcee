"""Back, Forward and Reload on a phone: the step with what was typed; and an ended session loses nothing."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from sera_store.registry.persons import MEMBER
from web.browser import PHONE, a_browser
from web.every_page import served
from web.parts import pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from sera_store.registry.persons import Person
    from web.parts import Pages

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]
GO_ON = "#tell .actions .button:not(.quiet)"
LOOKING = "/communities/oak/surplus/looking"


@contextmanager
def phone_of(folder: Path, chromium: Path) -> Iterator[tuple[Pages, BrowserContext, str, Person]]:
    """Open an application, and a phone on which a person came in."""
    with pages_of(folder) as pages:
        person = pages.person(MEMBER)
        with served(SimpleNamespace(pages=pages)) as address, a_browser(chromium) as browser:
            phone = browser.new_context(viewport=PHONE)
            come_in(pages, phone, address, person)
            yield pages, phone, address, person


def come_in(pages: Pages, phone: BrowserContext, address: str, person: Person) -> None:
    session = pages.installation.sessions.begin(person.id)
    phone.add_cookies([{"name": "sera_session", "value": session, "url": address}])


def test_the_way_back_and_a_reload_show_each_step_as_it_was_typed(tmp_path: Path, chromium: Path) -> None:
    with phone_of(tmp_path / "data", chromium) as (_, phone, address, _):
        page = phone.new_page()
        page.goto(f"{address}/tell/oak")
        page.fill("#title", "Beans of the moon")
        page.click(GO_ON)
        page.fill("#text", "Sown in the dark.")
        page.click(GO_ON)
        page.wait_for_selector("#plant-1")
        page.go_back()
        assert page.input_value("#text") == "Sown in the dark."
        page.reload()
        assert page.input_value("#text") == "Sown in the dark."
        page.go_back()
        assert page.input_value("#title") == "Beans of the moon"
        page.go_forward()
        page.go_forward()
        page.wait_for_selector("#plant-1")


def test_a_form_that_is_pressed_again_after_the_way_back_enters_nothing(
    tmp_path: Path, chromium: Path
) -> None:
    with phone_of(tmp_path / "data", chromium) as (pages, phone, address, _):
        page = phone.new_page()
        page.goto(f"{address}{LOOKING}")
        page.select_option("#kind", "vegetables")
        page.fill("#what", "Leeks")
        with page.expect_event("load"):
            page.click("#look-for .button")
        page.go_back()
        assert page.input_value("#what") == "Leeks"
        with page.expect_event("load"):
            page.click("#look-for .button")
        assert len(pages.installation.surplus.of("oak").wishes.all()) == 1


def test_what_was_typed_when_a_session_ended_is_sent_after_coming_in_again(
    tmp_path: Path, chromium: Path
) -> None:
    with phone_of(tmp_path / "data", chromium) as (pages, phone, address, person):
        page = phone.new_page()
        page.goto(f"{address}/tell/oak")
        page.fill("#title", "Beans of the sun")
        pages.installation.sessions.end_all(person.id)
        page.click(GO_ON)
        page.wait_for_selector(".typed")
        assert "Beans of the sun" in page.inner_text(".typed")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        come_in(pages, phone, address, pages.person(MEMBER, number=2))
        for _ in range(2):
            with page.expect_event("load"):
                page.click("main form button")
        page.wait_for_selector("#text")
        page.click("#tell .actions .quiet")
        page.wait_for_selector("#title")
        assert page.input_value("#title") == "Beans of the sun"
