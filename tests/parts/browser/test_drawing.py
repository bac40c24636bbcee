"""A bed drawn in real browsers: by finger and keys, by two phones, away from the network, past a kill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from real_parts import wait_until
from sera_commons.designs.document import open_document, read_design
from sera_commons.designs.update_log import UpdateLog
from web.browser import running_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, WebSocketRoute

    from sera_commons.designs.document import Design
    from web.browser import Running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.nats,
    pytest.mark.slow,
    pytest.mark.usefixtures("new_nats", "browser_libraries"),
    pytest.mark.timeout(240),
]
LAVENDER, BORAGE = "Lavandula angustifolia", "Borago officinalis"
SAVED = "#drawing[data-state=kept]"


@pytest.fixture
def running(browser: Browser, tmp_path: Path) -> Iterator[Running]:
    with running_pages(browser, tmp_path) as opened:
        yield opened
        # A server that is away is what some of these are about.
        assert [problem for problem in opened.problems if "ERR_CONNECTION" not in problem] == []


class Network:
    """The way of one page to its server, which can be cut as in a garden behind the house."""

    def __init__(self, page: Page) -> None:
        self.is_cut = False
        self._open: list[WebSocketRoute] = []
        page.route_web_socket("**/live", self._pass)

    def _pass(self, route: WebSocketRoute) -> None:
        if self.is_cut:
            route.close(code=4503)
            return
        route.connect_to_server()
        self._open.append(route)

    def cut(self) -> None:
        self.is_cut = True
        for route in self._open:
            route.close(code=4503)
        self._open.clear()


def begun(page: Page, running: Running) -> str:
    """Begin a bed by the form; return its address."""
    page.goto(f"{running.address}/gardens/elm-yard/designs")
    page.fill("#title", "By the gate")
    page.fill("#width", "4")
    page.fill("#depth", "2")
    page.click("main form button")
    page.wait_for_url("**/designs/*")
    page.wait_for_selector(SAVED)
    return page.url


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector(SAVED)
    return page


def put(page: Page, taxon: str) -> None:
    """Put a plant into the bed, which is then in focus."""
    count = page.locator("#bed g.plant").count()
    page.select_option("#plant", taxon)
    page.click("#add")
    expect(page.locator("#bed g.plant")).to_have_count(count + 1)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def stored_design(running: Running, address: str) -> Design:
    log = UpdateLog.open(running.data)
    try:
        return read_design(open_document(log.updates(address.rpartition("/")[2])))
    finally:
        log.close()


def places(design: Design) -> list[tuple[str, float, float]]:
    return sorted((plant.taxon, plant.at.x, plant.at.y) for plant in design.plants)


def drawn_shapes(page: Page) -> list[tuple[str, str]]:
    """What a page shows: each plant's name with its place in words."""
    return sorted(
        tuple(label.split(", ", 1))
        for label in page.locator("#bed g.plant").evaluate_all(
            "all => all.map(g => g.getAttribute('aria-label'))"
        )
    )


def test_keys_put_move_undo_and_take_out_a_plant_and_each_is_kept(running: Running) -> None:
    page = running.phone()
    address = begun(page, running)
    put(page, LAVENDER)
    page.wait_for_selector(SAVED)
    [(_, x, y)] = places(stored_design(running, address))
    press(page, "ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft")
    page.wait_for_selector(SAVED)
    moved = [(LAVENDER, round(x + 0.09, 3), round(y + 0.05, 3))]
    wait_until(lambda: places(stored_design(running, address)) == moved, label="the moves on disk")
    press(page, "Delete")
    expect(page.locator("#bed g.plant")).to_have_count(0)
    page.click("#undo")
    expect(page.locator("#bed g.plant")).to_have_count(1)
    # However fast the hand was, one press takes back one step: not the moves, nor the plant.
    wait_until(lambda: places(stored_design(running, address)) == moved, label="the plant back where it was")


def test_a_finger_drags_a_plant_and_a_tap_only_chooses_it(running: Running) -> None:
    page = running.phone(has_touch=True)
    address = begun(page, running)
    put(page, LAVENDER)
    page.wait_for_selector(SAVED)
    [(_, x, y)] = places(stored_design(running, address))
    box = page.locator("#bed g.plant").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": px, "y": py} for px, py in points]},
        )

    touch("touchStart", middle)
    touch("touchEnd")
    expect(page.locator("#chosen")).to_be_visible()
    assert places(stored_design(running, address)) == [(LAVENDER, x, y)]
    touch("touchStart", middle)
    for step in range(1, 6):
        touch("touchMove", (middle[0] + 12 * step, middle[1] - 4 * step))
    touch("touchEnd")
    wait_until(
        lambda: places(stored_design(running, address))[0][1] > x + 0.3, label="the plant at its new place"
    )
    assert places(stored_design(running, address))[0][2] > y


def test_a_phone_away_for_an_afternoon_and_one_at_the_bed_end_with_the_same_drawing(running: Running) -> None:
    first = running.phone()
    address = begun(first, running)
    second = running.phone()
    network = Network(second)
    opened(second, address)
    put(first, LAVENDER)
    expect(second.locator("#bed g.plant")).to_have_count(1)
    network.cut()
    second.wait_for_selector("#drawing[data-state=away]")
    put(second, BORAGE)
    press(second, *["ArrowRight", "ArrowUp"] * 12)
    put(second, "Thymus vulgaris")
    second.locator("#bed g.plant").first.focus()
    press(second, *["ArrowUp"] * 6)
    first.locator("#bed g.plant").first.focus()
    press(first, *["ArrowRight"] * 9)
    put(first, "Salvia officinalis")
    first.wait_for_selector(SAVED)
    assert stored_design(running, address).count == 2
    network.is_cut = False
    second.wait_for_selector(SAVED)
    wait_until(lambda: stored_design(running, address).count == 4, label="both drawings on disk")
    for page in (first, second):
        expect(page.locator("#bed g.plant")).to_have_count(4)
    wait_until(lambda: drawn_shapes(first) == drawn_shapes(second), label="one drawing on both phones")
    before = drawn_shapes(first)
    second.reload()
    second.wait_for_selector(SAVED)
    expect(second.locator("#bed g.plant")).to_have_count(4)
    assert drawn_shapes(second) == before


def test_what_was_drawn_without_a_network_is_sent_when_the_page_is_opened_the_next_time(
    running: Running,
) -> None:
    page = running.phone()
    address = begun(page, running)
    page.close()
    page = running.opened[-1].new_page()
    network = Network(page)
    opened(page, address)
    network.cut()
    page.wait_for_selector("#drawing[data-state=away]")
    put(page, LAVENDER)
    # The browser writes a moment later.
    name = address.rpartition("/")[2]
    wait_until(lambda: _rows_in_store(page, name) > 1, label="the change in the browser's store")
    page.close()
    assert stored_design(running, address).count == 0
    again = opened(running.opened[-1].new_page(), address)
    expect(again.locator("#bed g.plant")).to_have_count(1)
    wait_until(lambda: stored_design(running, address).count == 1, label="the plant on disk")


def _rows_in_store(page: Page, design: str) -> int:
    count: int = page.evaluate(
        """design => new Promise(resolve => indexedDB.databases().then(all => {
             const request = indexedDB.open(all.find(one => one.name.includes(design)).name);
             request.onsuccess = () => {
               const db = request.result;
               const counting = db.transaction('updates').objectStore('updates').count();
               counting.onsuccess = () => { db.close(); resolve(counting.result); };
             };
           }))""",
        design,
    )
    return count


def test_drawing_goes_on_while_the_server_is_killed_and_nothing_acknowledged_or_drawn_is_lost(
    running: Running,
) -> None:
    first = running.phone()
    address = begun(first, running)
    second = opened(running.phone(), address)
    put(first, LAVENDER)
    first.wait_for_selector(SAVED)
    acknowledged = places(stored_design(running, address))
    running.kill_pages()
    first.wait_for_selector("#drawing[data-state=away]")
    assert places(stored_design(running, address)) == acknowledged
    put(first, BORAGE)
    put(second, "Thymus vulgaris")
    running.await_pages()
    for page in (first, second):
        page.wait_for_selector(SAVED)
        expect(page.locator("#bed g.plant")).to_have_count(3)
    wait_until(lambda: stored_design(running, address).count == 3, label="all three on disk")


def test_a_copy_of_before_a_drawing_was_begun_again_stays_aside_on_its_phone(running: Running) -> None:
    steward = running.phone(role="steward")
    address = begun(steward, running)
    away = running.phone()
    network = Network(away)
    opened(away, address)
    network.cut()
    away.wait_for_selector("#drawing[data-state=away]")
    put(away, LAVENDER)
    steward.locator("form[action$='/again'] summary").click()
    steward.locator("form[action$='/again'] button").click()
    steward.wait_for_selector(SAVED)
    network.is_cut = False
    away.wait_for_selector("#drawing[data-state=ended]")
    expect(away.locator("#tools")).to_be_hidden()
    assert stored_design(running, address).count == 0
    opened(away, address)
    expect(away.locator("#before")).to_be_visible()
    away.click("#show-copy")
    expect(away.locator("#before li")).to_have_count(1)
    expect(away.locator("#bed g.plant")).to_have_count(0)
    away.click("#drop-copy")
    expect(away.locator("#before")).to_be_hidden()


def test_findings_follow_what_is_drawn_and_point_at_their_plants(running: Running) -> None:
    page = running.phone()
    begun(page, running)
    put(page, LAVENDER)
    press(page, *["ArrowDown"] * 3)
    expect(page.locator("#findings")).to_contain_text("over the edge")
    expect(page.locator("#bed g.plant.looked")).to_have_count(1)


def test_the_bed_is_shown_in_3d_under_the_pages_own_policy(running: Running) -> None:
    page = running.phone()
    begun(page, running)
    put(page, LAVENDER)
    page.wait_for_selector(SAVED)
    page.click("#look")
    wait_until(
        lambda: page.evaluate("document.querySelector('model-viewer')?.loaded === true"), label="the model"
    )
    size: Any = page.evaluate(
        "(d => [d.x, d.y, d.z])(document.querySelector('model-viewer').getDimensions())"
    )
    assert size[0] == pytest.approx(4, abs=0.01)
    assert size[2] == pytest.approx(2, abs=0.01)


def test_a_bed_is_offered_to_the_phones_that_can_set_it_into_the_garden(running: Running) -> None:
    page = running.phone()
    page.goto(begun(page, running))
    expect(page.locator("#apple")).to_be_hidden()
    # As Safari on a phone of Apple answers.
    page.add_init_script("DOMTokenList.prototype.supports = token => token === 'ar'")
    page.reload()
    link = page.locator("a[rel=ar]")
    expect(link).to_be_visible()
    expect(link.locator("img")).to_have_count(1)
    answer = page.request.get(f"{running.address}{link.get_attribute('href')}")
    assert (answer.status, answer.headers["content-type"]) == (200, "model/vnd.usdz+zip")
    page.click("#look")
    viewer = page.locator("model-viewer")
    viewer.wait_for(state="attached")
    expect(viewer).to_have_attribute("ar-modes", "webxr")
    expect(viewer).to_have_attribute("ar-scale", "fixed")


def test_without_script_the_bed_is_a_picture_and_its_forms_work(running: Running) -> None:
    page = running.phone()
    address = begun(page, running)
    put(page, LAVENDER)
    page.wait_for_selector(SAVED)
    session = page.context.cookies()
    plain = running.phone(signed_in=False, java_script_enabled=False)
    plain.context.add_cookies(session)
    plain.goto(address)
    expect(plain.locator("#bed img")).to_be_visible()
    expect(plain.locator("#tools")).to_be_hidden()
    plain.fill("#day", (datetime.now(UTC) - timedelta(days=6)).strftime("%Y-%m-%d"))
    plain.click("form[action$='/planted'] button")
    plain.wait_for_url("**/designs/*?*=1")
    expect(plain.locator("main")).to_contain_text("planted on")
    [record] = running.await_records(1, "action")
    values = dict(zip(record.columns, record.values, strict=True))
    assert values == {"garden_action": 3, "patch_area": 8, "chronicle_entry": 1}
    plain.goto(f"{address}/comparison")
    # The command that compares has answered, with why there is no figure.
    expect(plain.locator("td.refused")).to_contain_text("camera")
