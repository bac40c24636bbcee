"""Every page in each state, language and width: nothing is cut, covered, sideways or too small to press."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sera_words.language import LANGUAGES
from web.browser import a_browser
from web.every_page import full_pages, served
from web.page_faults import page_faults
from web.page_states import page_states
from web.pictures import opened_states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from web.every_page import Full
    from web.page_states import PageState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Each language on a phone, and the one with the longest words and the one from right to left on all;
# `make soak` looks at each in each.
ALL_WIDTHS = (320, 390, 768, 1280, 1920)
IS_WHOLE = bool(os.environ.get("SERA_EVERY_LOOK"))
WIDTHS = {language: ALL_WIDTHS if IS_WHOLE or language in ("de", "ar") else (390,) for language in LANGUAGES}


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, language: str) -> Iterator[Full]:
    # What a form changes is seen on the pages after it: each language begins again.
    with full_pages(tmp_path_factory.mktemp(language)) as opened:
        yield opened


@pytest.fixture(scope="module")
def states(full: Full) -> list[PageState]:
    return page_states(full)


@pytest.fixture(scope="module")
def browser(states: list[PageState], chromium: Path) -> Iterator[Browser]:
    # After the installation: its clients start loops of their own, which this library forbids meanwhile.
    del states
    with a_browser(chromium) as started:
        yield started


def test_every_page_is_whole_at_every_width(
    browser: Browser, full: Full, states: list[PageState], language: str
) -> None:
    faults = []
    with served(full) as address:
        for state, tab in opened_states(browser, address, states, language):
            for width in WIDTHS[language]:
                tab.set_viewport_size({"width": width, "height": 800})
                faults += [f"{state.name} at {width}: {fault}" for fault in page_faults(tab)]
    assert faults == []
