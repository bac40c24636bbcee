"""What a machine looks for on pages is found on small pages that have one fault each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_pages.security.headers import CONTENT_SECURITY_POLICY
from sera_pages.views.pages import STATIC
from web.page_faults import barriers, broken_words, page_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PROBLEM = """<h1>One</h1><ul class="problem"><li>
<a href="#c" style="display:block;min-height:44px">long</a></ul>
<label for="c">Title</label><input id="c" style="height:44px">"""

TYPED = "<h1>One</h1><div dir='rtl'><label for='c'>Place</label><input id='c' style='height:44px'></div>"


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    yield page
    page.close()


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<h1>One</h1><h3>Three</h3>", "a level is left out: 1,3"),
        ("<h1>One</h1><p style='width:900px'>wide</p>", "sideways by"),
        ("<h1>One</h1><button>x</button>", "px: <button>"),
        ("<h1>One</h1><p><a href='/'>alone</a></p>", "px: <a"),
        ("<h1>One</h1><p style='margin-top:-2.2rem'>two</p>", "over one another: One | two"),
        ("<h1>One</h1><p style='width:3rem;overflow:hidden;white-space:nowrap'>cut words</p>", "cut: cut"),
        ("<h1>One</h1><p style='margin-left:-3rem'>outside</p>", "outside: outside"),
        ("<h1>One</h1><input style='width:90px;height:44px'>", "no name"),
        ("<h1 id='a'>One</h1><p id='a'>two</p>", "id twice: a"),
        ("<h1>One</h1><p>in <a href='#b'>words</a></p>", "leads nowhere"),
        (PROBLEM, "a problem without its field"),
        (TYPED, "typed text runs as the page"),
    ],
)
def test_the_look_for_faults_finds_each_kind(tab: Page, markup: str, fault: str) -> None:
    tab.set_content(f"<html lang='en'><title>t</title><body>{markup}</body></html>")
    [page_fault] = page_faults(tab)
    assert fault in page_fault
    tab.set_content("<html lang='en'><title>t</title><h1>One</h1><p>in <a href='/'>words</a></p></html>")
    assert page_faults(tab) == []


STYLE = "p { color: #333; background: #fff } @media (prefers-color-scheme: dark) { p { background: #222 } }"


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<h1>One</h1><label>Name <input></label>", ""),
        ("<input>", "label: <input>"),
        ("<font color='#cccccc'>faint</font>", "color-contrast: <font"),
        ("<details><summary>more</summary><input></details>", "label: <input>"),
        ("<table width='900'><tr><td>wide</table>", "sideways by "),
        ("<p>faint at night</p>", "color-contrast: <p>faint at night</p>, dark"),
    ],
)
def test_what_keeps_people_from_using_a_page_is_found_under_its_policy(
    browser: Browser, axe_core: Path, markup: str, fault: str
) -> None:
    text = f"<!doctype html><html lang='en'><title>t</title><link rel='stylesheet' href='style.css'>{markup}"
    headers = {"content-security-policy": CONTENT_SECURITY_POLICY}

    def answer(route: Route) -> None:
        is_style = route.request.url.endswith(".css")
        kind, body = ("text/css", STYLE) if is_style else ("text/html", text)
        route.fulfill(body=body, headers=headers | {"content-type": kind})

    context = browser.new_context()
    context.add_init_script(axe_core.read_text(encoding="utf-8"))
    context.route("**/*", answer)
    tab = context.new_page()
    tab.goto("https://page.example/")
    found = barriers(tab, colours=True, in_dark=True)
    context.close()
    assert any(one.startswith(fault) for one in found) if fault else found == []


def test_a_long_word_of_a_label_stays_whole(tab: Page) -> None:
    """In each list of facts and each stacked table the column of labels is as wide as its longest word."""
    label = "Gini-Index der Lebensmittelläden über die Einwohner"
    style = (STATIC / "sera.css").read_text(encoding="utf-8")
    facts = f"<dl class='facts'><div><dt>{label}</dt><dd>0,30 {'und so fort ' * 9}</dd></div></dl>"
    rows = (
        f"<table class='stack'><tbody><tr><th scope='row'>{label}</th><td data-label='x'>1</td></tr></table>"
    )
    for width in (320, 390):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.set_content(
            f"<html lang='de'><title>t</title><style>{style}</style><main><h1>Eins</h1>{facts}{rows}</main>"
        )
        assert page_faults(tab) == []
        assert broken_words(tab) == []


def test_a_word_that_a_line_ends_within_is_found(tab: Page) -> None:
    tab.set_content("<h1>Eins</h1><p style='width:5rem;overflow-wrap:break-word'>die Lebensmittelläden</p>")
    assert broken_words(tab) == ["Lebensmittelläden"]
