"""A bundle made on one laptop in a browser is taken in on another, and its rows stand there beside."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import befriend
from coalition.gardens import plant, street
from coalition.laptops import ID, Laptop
from sera_pages.installation import PageSettings
from sera_store.registry.persons import MEMBER, STEWARD, Person
from web.browser import PHONE, a_browser
from web.every_page import served_pages
from web.parts import Clock, pages_of, pages_over
from web.registry_desk import register_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from web.parts import Pages

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]
TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday() + 21)


def sign_in(context: BrowserContext, pages: Pages, community: str, address: str) -> None:
    """Give a browser the session of a new steward."""
    person = Person("member-0077", community, (MEMBER, STEWARD), ())
    pages.installation.registry.put(person, since_s=1, by="a test")
    token = pages.installation.sessions.begin(person.id)
    context.add_cookies([{"name": "sera_session", "value": token, "url": address}])


@pytest.fixture
def laptops(tmp_path: Path) -> Iterator[tuple[Pages, Pages]]:
    """The pages of oak and of elm, with an agreement by which oak gives readings."""
    oak = Laptop(tmp_path / "oak", "oak", time.time())
    clock = Clock()
    clock.now_s = oak.now_s
    with pages_of(oak.data, PageSettings(register=register_command(oak.data)), clock) as oak_pages:
        elm = befriend(oak, tmp_path / "neighbour", MONDAY)
        start = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC).timestamp()
        plant(oak.data, "oak", street(4, first=10), start_s=int(start))
        with pages_over(elm.data, PageSettings(register=register_command(elm.data)), clock) as two:
            yield oak_pages, two


def test_a_bundle_made_on_one_laptop_is_taken_on_another(
    laptops: tuple[Pages, Pages], chromium: Path, tmp_path: Path
) -> None:
    oak, elm = laptops
    with served_pages(oak) as oak_address, served_pages(elm) as elm_address, a_browser(chromium) as browser:
        context = browser.new_context(viewport=PHONE, java_script_enabled=False)
        sign_in(context, oak, "oak", oak_address)
        page = context.new_page()
        page.goto(f"{oak_address}/communities/oak/neighbours")
        page.click("section .links a")
        page.check("[name=anew]")
        with page.expect_download() as download:
            page.click("#make .button")
        bundle = tmp_path / download.value.suggested_filename
        download.value.save_as(bundle)
        assert bundle.name.startswith("oak-to-elm-")
        other = browser.new_context(viewport=PHONE, java_script_enabled=False)
        sign_in(other, elm, "elm", elm_address)
        page = other.new_page()
        page.goto(f"{elm_address}/communities/elm/neighbours/{ID}")
        page.set_input_files("#file", bundle)
        page.click("form[action$='/take'] .button")
        assert "rows came in" in page.inner_text("[role=status]")
        page.click("main .links a")
        assert "It was not measured here" in page.inner_text("main")
        # Two measurements, of one cell and of the whole community.
        assert page.locator("tbody tr").count() == 4
        # A second time it is refused, in a sentence.
        page.goto(f"{elm_address}/communities/elm/neighbours/{ID}")
        page.set_input_files("#file", bundle)
        page.click("form[action$='/take'] .button")
        assert "It is here already" in page.inner_text("#problem")
