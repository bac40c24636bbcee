"""Pages of `sera up` in a real browser: contrast, labels, nothing sideways, nothing from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from web.browser import count_since, running_pages
from web.page_faults import CONTRASTS, page_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        faint = [(round(ratio, 1), text) for ratio, text in page.evaluate(CONTRASTS, ".skip") if ratio < 4.5]
        assert faint == [], path


def test_pages_that_are_served_fit_have_names_and_room_for_a_finger(running: Running, state: Any) -> None:
    page = opened(running, state, 390, "light")
    for path in PAGES:
        page.goto(running.address + path)
        assert page_faults(page) == [], path
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=ivy]")
    page.click("#start")
    page.wait_for_selector("#counting:not([hidden])")
    # What opens is open by now.
    assert page_faults(page) == []
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
    page.click("summary:has-text('Throw this count away')")
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
    assert page.inner_text("#problem a") == "What was done, or seen? Choose one"
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
