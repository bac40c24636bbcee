"""A proposal is decided on phones with its objection lifted; nothing of votes is left in the data folder."""

from __future__ import annotations

import time
from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from deciding.pages import end
from sera_store.registry.persons import MEMBER
from web.browser import PHONE, a_browser
from web.every_page import served
from web.parts import Clock, pages_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from web.parts import Pages

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TITLE = "Leave the north bed unmown"


def phone_of(pages: Pages, browser: Browser, address: str, number: int, *, has_script: bool) -> Page:
    """A phone with the session of a neighbour."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=has_script)
    session = pages.installation.sessions.begin(pages.person(MEMBER, number=number).id)
    context.add_cookies([{"name": "sera_session", "value": session, "url": address}])
    return context.new_page()


def send(page: Page, form: str) -> None:
    with page.expect_event("load"):
        page.click(f"{form} button.button:not(.warn)")


def vote(page: Page, address: str, choice: str) -> None:
    page.goto(address)
    page.check(f"[name=choice][value={choice}]")
    send(page, "#do-vote")


def propose(page: Page, address: str) -> str:
    """Make a proposal, from the community's page on; return its address."""
    page.goto(f"{address}/communities/oak")
    page.click("text=Decisions")
    page.click("text=Make a proposal")
    page.fill("#title", TITLE)
    page.fill("#text", "The north bed is mown in March alone.")
    page.fill("#reasons", "Bumblebees nest there.")
    page.fill("#name", "Ada")
    send(page, "#propose")
    return page.url.partition("?")[0]


def object_and_lift(ada: Page, bo: Page, decision: str) -> None:
    """Let Bo object, Ada change the text so that it meets him, and Bo lift it."""
    bo.goto(decision.rpartition("/")[0])
    bo.click(f"text={TITLE}")
    bo.click("details:has(#do-objection) > summary")
    bo.fill("#reason", "The path grows over.")
    bo.fill("#change", "Mow a hand's width beside it.")
    send(bo, "#do-objection")
    assert "This objection stands." in bo.content()
    assert bo.query_selector("#do-vote") is None
    ada.goto(f"{decision}/change")
    ada.fill("#text", "Mown in March, and a hand's width beside the path.")
    send(ada, "#propose")
    bo.goto(decision)
    bo.fill("#lifting", "That is what I need.")
    send(bo, "form[action$='/lifting']")
    assert "Lifted on" in bo.content()


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_proposal_is_decided_with_its_objection_lifted(
    tmp_path: Path, chromium: Path, has_script: bool
) -> None:
    data, clock = tmp_path / "data", Clock()
    clock.now_s = time.time()
    with ExitStack() as stack:
        pages = stack.enter_context(pages_of(data, clock=clock))
        address = stack.enter_context(served(SimpleNamespace(pages=pages)))
        browser = stack.enter_context(a_browser(chromium))
        ada, bo, *more_pages = [
            phone_of(pages, browser, address, number, has_script=has_script) for number in range(1, 8)
        ]
        decision = propose(ada, address)
        object_and_lift(ada, bo, decision)
        for page in (ada, bo, *more_pages):
            vote(page, decision, "agree")
            assert "Your vote about this text is kept." in page.content()
            assert page.query_selector("[name=choice]:checked") is None
        [(_, state)] = end(pages, clock)
        assert state == "decided"
        ada.goto(decision)
        for words in ("What was decided", "a hand's width beside the path", "7 of 7 took part."):
            assert words in ada.content(), words
        with ada.expect_download() as download:
            ada.click("text=Minutes as a Markdown file")
        assert TITLE in download.value.path().read_text(encoding="utf-8").replace("\\", "")
    assert list(data.glob("deciding/*.sqlite"))
    assert b"agree" not in b"".join(path.read_bytes() for path in data.glob("deciding/*.sqlite*"))
