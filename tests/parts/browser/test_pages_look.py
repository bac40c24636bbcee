"""Every page in a real browser: contrast, labels, nothing sideways, nothing from elsewhere, at all sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from web.browser import a_browser, count_since, running_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from web.browser import Running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.nats,
    pytest.mark.slow,
    pytest.mark.usefixtures("new_nats"),
    pytest.mark.timeout(240),
]

# What is looked at, by address; those of stewards are seen by one.
PAGES = (
    "/", "/communities/oak", "/gardens/elm-yard", "/gardens/elm-yard/count", "/gardens/elm-yard/log",
    "/gardens/elm-yard/settings", "/mine",
    "/communities/oak/people", "/communities/oak/nodes", "/communities/oak/dead-letters",
    "/communities/oak/data", "/join", "/join/nothing", "/nothing",
)  # fmt: skip

# Contrast of each text with the nearest background that is not transparent, after WCAG 2.2.
CONTRASTS = """() => {
  const linear = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const lum = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
  const parse = s => s.match(/[\\d.]+/g).map(Number);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility() || element.closest('.skip')) continue;
    let ground = element, colour = [0, 0, 0, 0];
    for (; ground; ground = ground.parentElement) {
      colour = parse(getComputedStyle(ground).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) break;
    }
    if (!ground) colour = [255, 255, 255];
    const a = lum(parse(getComputedStyle(element).color).slice(0, 3)), b = lum(colour.slice(0, 3));
    found.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), text.data.trim().slice(0, 40)]);
  }
  return found;
}"""
# Things that a finger or a screen reader needs: names of fields and buttons, sizes, order of headings, ids.
FAULTS = """() => {
  const faults = [], seen = new Set();
  const name = e => (e.getAttribute('aria-label') || e.textContent || e.alt || '').trim()
    || [...e.querySelectorAll('img')].map(i => i.alt).join('')
    || [...(e.labels || [])].map(l => l.textContent.trim()).join('');
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, button, a, img')) {
    if (e.checkVisibility() && !name(e)) faults.push('no name: ' + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll('button, .button, input[type=text], select, .choice, nav a')) {
    const box = e.getBoundingClientRect();
    if (e.checkVisibility() && box.height < 43.5) faults.push('small: ' + e.outerHTML.slice(0, 60));
  }
  const headings = [...document.querySelectorAll('h1,h2,h3')].filter(h => h.checkVisibility());
  const levels = headings.map(h => +h.tagName[1]);
  if (levels.filter(l => l === 1).length !== 1) faults.push('headings of the first level: ' + levels);
  levels.forEach((level, i) => { if (level > (levels[i - 1] || 0) + 1) faults.push('a level is left out'); });
  for (const e of document.querySelectorAll('[id]')) {
    if (seen.has(e.id)) faults.push('id twice: ' + e.id);
    seen.add(e.id);
  }
  for (const e of document.querySelectorAll('[aria-describedby]')) {
    for (const id of e.getAttribute('aria-describedby').split(/\\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) faults.push('described by nothing: ' + id);
    }
  }
  if (!document.documentElement.lang || !document.title.trim()) faults.push('no language or title');
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) faults.push('sideways by ' + over);
  return faults;
}"""


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with a_browser(chromium) as started:
        yield started


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_pages(browser, tmp_path_factory.mktemp("pages")) as opened:
        yield opened


@pytest.fixture(scope="module")
def state(running: Running) -> Any:
    """The session of a steward who has counted once."""
    page = running.phone(role="steward")
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=ivy]")
    page.click("#start")
    page.click("[data-group=wasps]")
    count_since(page, 600)
    page.click("#done")
    running.await_records(1)
    return page.context.storage_state()


def opened(running: Running, state: Any, width: int, scheme: str) -> Page:
    context = running.browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        storage_state=state,  # type: ignore[arg-type]
    )
    running.opened.append(context)
    page = context.new_page()
    page.on("request", lambda request: running._note_address(request.url))
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(running: Running, state: Any, scheme: str) -> None:
    page = opened(running, state, 390, scheme)
    for path in PAGES:
        page.goto(running.address + path)
        faint = [(round(ratio, 1), text) for ratio, text in page.evaluate(CONTRASTS) if ratio < 4.5]
        assert faint == [], path


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_every_page_fits_has_names_and_room_for_a_finger(running: Running, state: Any, width: int) -> None:
    page = opened(running, state, width, "light")
    for path in PAGES:
        page.goto(running.address + path)
        assert page.evaluate(FAULTS) == [], (path, width)
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=ivy]")
    page.click("#start")
    page.wait_for_selector("#counting:not([hidden])")
    assert page.evaluate(FAULTS) == [], ("counting", width)
    page.click("#discard")
    assert running.problems == []


def test_ten_buttons_and_done_fit_on_a_phone_without_scrolling_the_buttons_away(
    running: Running, state: Any
) -> None:
    page = opened(running, state, 390, "light")
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=ivy]")
    page.click("#start")
    page.wait_for_selector("#counting:not([hidden])")
    box = page.locator("#groups").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 800
    page.click("#discard")


def test_a_wrong_field_is_said_at_the_top_and_beside_it_and_both_lead_to_it(
    running: Running, state: Any
) -> None:
    page = opened(running, state, 390, "light")
    page.goto(f"{running.address}/gardens/elm-yard/log")
    page.evaluate("document.getElementById('log').noValidate = true")
    token = page.input_value("input[name=form_token]")
    page.evaluate("HTMLFormElement.prototype.submit.call(document.getElementById('log'))")
    page.wait_for_selector("#problem")
    assert page.inner_text("#problem a") == "Choose one"
    page.click("#problem a")
    assert page.url.endswith("#action")
    assert page.input_value("input[name=form_token]") == token


def test_the_first_view_is_small(running: Running, state: Any) -> None:
    page = opened(running, state, 390, "light")
    for path in ("/communities/oak", "/gardens/elm-yard/count"):
        size = 0

        def add(response: Any) -> None:
            nonlocal size
            size += len(response.body())

        page.on("response", add)
        page.goto(running.address + path, wait_until="networkidle")
        page.remove_listener("response", add)
        assert 0 < size < 100_000, (path, size)
