"""A story told on a phone is on the exhibit, and gone from every output once its slip was used."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from commons_parts.stories import photo, wav
from sera_command.main import main
from sera_store.registry.persons import MEMBER
from web.browser import PHONE, a_browser
from web.every_page import served
from web.parts import Clock, pages_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TITLE = "Lentils of the blue kitchen"


def go_on(page: Page) -> None:
    with page.expect_event("load"):
        page.click("#tell .actions .button:not(.quiet)")


def tell(page: Page, folder: Path) -> str:
    """Tell a recipe as a neighbour does; return the code of its slip."""
    (folder / "pot.jpg").write_bytes(photo())
    (folder / "memo.wav").write_bytes(wav())
    page.check("[name=kind][value=recipe]")
    page.fill("#title", TITLE)
    go_on(page)
    page.fill("#ingredients", "Red lentils\nCumin")
    page.fill("#steps", "Simmer until soft")
    go_on(page)
    page.fill("#plant-1", "broad bean")
    page.select_option("#taxon-1", "Vicia faba")
    page.check("[name=gardens][value=elm-yard]")
    go_on(page)
    go_on(page)
    page.check("[name=audience][value=everybody]")
    go_on(page)
    for use in ("page", "exhibit"):
        page.check(f"[name=uses][value={use}]")
    go_on(page)
    go_on(page)
    page.set_input_files("#photo-1", folder / "pot.jpg")
    page.fill("[name=photo-1-words]", "The pot")
    page.set_input_files("#sound", folder / "memo.wav")
    page.check("[name=people_asked]")
    go_on(page)
    match = re.search(r"/slip/([0-9a-z]{16})", page.content())
    assert match is not None
    return match[1]


def exhibit(data: Path, out: Path) -> str:
    assert main(["exhibit", "build", "--out", str(out), "--data", str(data)]) in (0, 3)
    return "".join(path.read_text(encoding="utf-8") for path in out.glob("*.html"))


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_story_told_on_a_phone_is_on_the_exhibit_and_gone_after_its_slip(
    tmp_path: Path, chromium: Path, has_script: bool
) -> None:
    data, clock = tmp_path / "data", Clock()
    clock.now_s = time.time()
    with pages_of(data, clock=clock) as pages:
        session = pages.installation.sessions.begin(pages.person(MEMBER).id)
        with served(SimpleNamespace(pages=pages)) as address, a_browser(chromium) as browser:
            phone = browser.new_context(viewport=PHONE, java_script_enabled=has_script)
            phone.add_cookies([{"name": "sera_session", "value": session, "url": address}])
            page = phone.new_page()
            page.goto(f"{address}/tell/oak")
            code = tell(page, tmp_path)
            assert TITLE in exhibit(data, tmp_path / "before")

            stranger = browser.new_context(viewport=PHONE, java_script_enabled=has_script).new_page()
            stranger.goto(f"{address}/communities/oak/stories?q=lentils")
            stranger.click(f"text={TITLE}")
            stranger.wait_for_selector(".sheet img")
            story = stranger.url
            stranger.goto(f"{address}/slip/{code}")
            stranger.click(".sure summary")
            with stranger.expect_event("load"):
                stranger.click(".sure .button.warn")
            # The receipt names the exhibit that was handed out, and not the story.
            assert ": before" in stranger.content()
            assert TITLE not in stranger.content()
            for path in (story, f"{story}/files/1.jpg"):
                answer = page.goto(path)
                assert answer is not None
                assert answer.status == 404
            for path in ("stories", "stories?q=lentils", "plants/Vicia_faba"):
                page.goto(f"{address}/communities/oak/{path}")
                assert TITLE not in page.content()
            page.goto(f"{address}/gardens/elm-yard")
            assert TITLE not in page.content()
            assert TITLE not in exhibit(data, tmp_path / "after")
