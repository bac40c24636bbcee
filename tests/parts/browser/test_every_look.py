"""Every page in each state, language and width: nothing is cut, covered, sideways or too small to press.

And everybody can use it: axe finds nothing serious, in light and dark. Opening a page costs more than looking
at it, so that each is opened once for all that is looked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from sera_command.installation import parts
from sera_words.language import LANGUAGES
from web.every_page import full_pages, served
from web.page_faults import barriers, page_faults
from web.page_states import page_states
from web.pictures import opened_states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from web.every_page import Full
    from web.page_states import PageState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

# Each language on a phone, and the one with the longest words and the one from right to left on all;
# `make soak` looks at each in each.
ALL_WIDTHS = (1920, 1280, 768, 390, 320)
IS_WHOLE = bool(os.environ.get("SERA_EVERY_LOOK"))
WIDTHS = {language: ALL_WIDTHS if IS_WHOLE or language in ("de", "ar") else (390,) for language in LANGUAGES}
# Axe looks at what forms answer, and at colours, in one language from left to right and in the one from right
# to left.
ANSWERS_IN = ("en", "ar")


@dataclass
class Seen:
    """What is wrong with the pages' looks, what axe finds on them, and on how many it has looked."""

    faults: list[str] = field(default_factory=list)
    barriers: list[str] = field(default_factory=list)
    by_axe: int = 0


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
def pages(full: Full) -> set[str]:
    """The names of the pages as they are, before any form is sent."""
    return set(full.addresses())


@pytest.fixture(scope="module")
def seen(browser: Browser, full: Full, states: list[PageState], pages: set[str], language: str) -> Seen:
    """Open each state once, and look."""
    axe, result = parts.find("axe-core"), Seen()
    script = axe.path.read_text(encoding="utf-8") if axe else ""
    with served(full) as address:
        for state, tab in opened_states(browser, address, states, language, script=script):
            for width in WIDTHS[language]:
                tab.set_viewport_size({"width": width, "height": 800})
                result.faults += [f"{state.name} at {width}: {fault}" for fault in page_faults(tab)]
            if axe and (state.name in pages or language in ANSWERS_IN):
                result.by_axe += 1
                found = barriers(tab, colours=IS_WHOLE or language in ANSWERS_IN, in_dark=state.name in pages)
                result.barriers += [f"{state.name}: {fault}" for fault in found]
    return result


def test_every_page_is_whole_at_every_width(seen: Seen) -> None:
    assert seen.faults == []


@pytest.mark.usefixtures("axe_core")
def test_no_page_keeps_anybody_from_using_it(
    seen: Seen, states: list[PageState], pages: set[str], language: str
) -> None:
    assert seen.by_axe == len(states if language in ANSWERS_IN else pages)
    assert seen.barriers == []
