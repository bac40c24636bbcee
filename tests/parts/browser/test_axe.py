"""Every page in every language can be used by everybody: axe finds nothing serious, in light and dark."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from sera_words.language import LANGUAGES
from web.browser import a_browser
from web.every_page import full_pages, served
from web.page_states import ANSWER, ERROR, page_states
from web.pictures import opened_states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from web.every_page import Full
    from web.page_states import PageState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

VIOLATIONS = """rules => axe.run(document, {resultTypes: ['violations'], ...rules})
  .then(result => result.violations.filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`))"""
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
# Of all that axe looks at, the colours alone depend on light and dark.
COLOURS: dict[str, Any] = {"runOnly": ["color-contrast"]}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    with full_pages(tmp_path_factory.mktemp("full")) as opened:
        yield opened


@pytest.fixture(scope="module")
def addresses(full: Full) -> dict[str, tuple[str, str]]:
    """Of each page whose session may see it, and its path."""
    return {
        name: (client.cookies.get("sera_session", ""), path)
        for name, (client, path) in full.addresses().items()
    }


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Full, list[PageState]]]]:
    """Two installations, since forms change them, with what forms answer there."""
    with ExitStack() as stack:
        opened = {
            language: stack.enter_context(full_pages(tmp_path_factory.mktemp(language)))
            for language in ("en", "ar")
        }
        yield {
            language: (full, [state for state in page_states(full) if state.kind in (ERROR, ANSWER)])
            for language, full in opened.items()
        }


@pytest.fixture(scope="module")
def browser(full: Full, addresses: Any, answering: Any, chromium: Path) -> Iterator[Browser]:
    # After the installations: their clients start loops of their own, which this library forbids meanwhile.
    with a_browser(chromium) as started:
        yield started


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_keeps_anybody_from_using_it(
    browser: Browser, full: Full, addresses: dict[str, tuple[str, str]], axe_core: Path, language: str
) -> None:
    script, faults = axe_core.read_text(encoding="utf-8"), []
    with served(full) as address:
        for session in sorted({session for session, _ in addresses.values()}):
            # The policy of the pages forbids scripts of others, this one too.
            context = browser.new_context(viewport={"width": 320, "height": 800}, bypass_csp=True)
            cookies = {"sera_language": language, "sera_session": session}
            context.add_cookies([{"name": k, "value": v, "url": address} for k, v in cookies.items() if v])
            tab = context.new_page()
            for name, (owner, path) in addresses.items():
                if owner != session:
                    continue
                own = f"index.{language}.html" if name == "report" and language != "en" else ""
                tab.goto(address + path + own)
                tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
                tab.evaluate(script)
                tab.emulate_media(color_scheme="light")
                faults += [f"{name}: {fault}" for fault in tab.evaluate(VIOLATIONS, {})]
                tab.emulate_media(color_scheme="dark")
                faults += [f"{name}, dark: {fault}" for fault in tab.evaluate(VIOLATIONS, COLOURS)]
                if (over := tab.evaluate(SIDEWAYS)) > 0:
                    faults.append(f"{name}: sideways by {over}")
            context.close()
    assert faults == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_neither_does_what_a_form_answers(
    browser: Browser, answering: dict[str, tuple[Full, list[PageState]]], axe_core: Path, language: str
) -> None:
    script, faults = axe_core.read_text(encoding="utf-8"), []
    full, states = answering[language]
    assert len(states) > 30
    with served(full) as address:
        for state, tab in opened_states(browser, address, states, language, bypass_csp=True):
            tab.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
            tab.evaluate(script)
            faults += [f"{state.name}: {fault}" for fault in tab.evaluate(VIOLATIONS, {})]
    assert faults == []
