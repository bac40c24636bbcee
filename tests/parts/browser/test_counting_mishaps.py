"""What goes wrong on phones: two tabs, a wrong clock, no storage, another language, a press by accident."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from web.browser import running_pages
from web.counts import await_saved, await_text, begin, counted, finish, tap

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

NO_STORAGE = "IDBFactory.prototype.open = () => { throw new DOMException('blocked', 'SecurityError'); }"
YEAR_S = 365 * 86_400


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_pages(browser, tmp_path_factory.mktemp("pages")) as opened:
        yield opened


def await_number(page: Page, group: str, number: int) -> None:
    expect(page.locator(f"[data-group={group}] b")).to_have_text(str(number))


def test_two_tabs_show_one_count_and_it_is_entered_once(running: Running) -> None:
    first = running.phone()
    second = first.context.new_page()
    second.goto(f"{running.address}/gardens/elm-yard/count")
    before = running.records()
    begin(first, running.address, elapsed_s=590)
    tap(first, wasps=2)
    # What was begun in one tab is there in the other, which was open before.
    second.wait_for_selector("#counting:not([hidden])")
    await_number(second, "wasps", 2)
    tap(second, wasps=1, beetles=1)
    await_number(first, "wasps", 3)
    first.click("#undo")
    await_number(second, "beetles", 0)
    finish(first)
    await_saved(first)
    # The other tab has no count any more that could be entered again.
    second.wait_for_selector("#start", state="visible")
    running.await_records(len(before) + 1)
    assert [counted(record) for record in running.records() if record not in before] == [{"wasps": 3}]


def test_a_count_that_was_entered_in_a_tab_unheard_is_not_entered_by_the_other(running: Running) -> None:
    page = running.phone()
    page.context.add_init_script("delete window.BroadcastChannel")
    before = running.records()
    begin(page, running.address)
    tap(page, honeybees=4)
    other = page.context.new_page()
    other.goto(f"{running.address}/gardens/elm-yard/count")
    other.wait_for_selector("#counting:not([hidden])")
    finish(page)
    await_saved(page)
    other.click("#done")
    other.wait_for_selector("#start", state="visible")
    assert counted(running.await_new(before)) == {"honeybees": 4}
    assert other.evaluate("window.sera.all('queue').then(all => all.length)") == 0


def test_a_count_is_thrown_away_by_two_presses_and_not_by_one(running: Running) -> None:
    page = running.phone()
    begin(page, running.address, elapsed_s=60)
    tap(page, hoverflies=2)
    assert page.is_hidden("#discard")
    page.click("summary:has-text('Throw this count away')")
    assert "cannot be undone" in page.inner_text(".sure")
    page.reload()
    await_number(page, "hoverflies", 2)
    page.click("summary:has-text('Throw this count away')")
    page.click("#discard")
    page.wait_for_selector("#start", state="visible")


@pytest.mark.parametrize("wrong_s", [-YEAR_S, YEAR_S])
def test_a_phone_whose_clock_is_a_year_off_counts_at_the_right_time(running: Running, wrong_s: int) -> None:
    page = running.phone()
    before = running.records()
    page.clock.install(time=dt.datetime.fromtimestamp(time.time() + wrong_s, dt.UTC))
    begin(page, running.address)
    tap(page, beetles=2)
    finish(page)
    page.clock.run_for(10_000)
    await_saved(page)
    record = running.await_new(before)
    assert record.time_s is not None
    assert abs(record.time_s - time.time()) < 900
    assert record.uncertainty_s >= 10


def test_a_clock_that_is_set_back_meanwhile_neither_stops_the_ten_minutes_nor_moves_the_count(
    running: Running,
) -> None:
    page = running.phone()
    before = running.records()
    page.clock.install()
    begin(page, running.address, elapsed_s=590)
    tap(page, wasps=5)
    page.clock.set_system_time(dt.datetime.now(dt.UTC) - dt.timedelta(days=365))
    page.clock.run_for(11_000)
    await_text(page, "#left", "0:00")
    finish(page)
    page.clock.run_for(10_000)
    await_saved(page)
    record = running.await_new(before)
    assert record.time_s is not None
    assert abs(record.time_s - time.time()) < 900


def test_a_browser_that_keeps_nothing_gets_the_plain_forms(running: Running) -> None:
    page = running.phone()
    page.context.add_init_script(NO_STORAGE)
    counts, actions = running.records(), running.records("action")
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=ivy]")
    page.fill("#beetles", "6")
    assert page.is_hidden("#start")
    page.click("text=Done: keep this count")
    page.wait_for_selector("text=Your entry is safe in the journal")
    assert counted(running.await_new(counts)) == {"beetles": 6}
    page.goto(f"{running.address}/gardens/elm-yard/log")
    page.check("input[name=action][value=mowing]")
    page.click("text=Keep this")
    page.wait_for_selector("text=Your entry is safe in the journal")
    running.await_new(actions, "action")


def test_a_count_goes_on_in_another_language(running: Running) -> None:
    page = running.phone()
    before = running.records()
    begin(page, running.address)
    tap(page, bumblebees=1)
    page.goto(f"{running.address}/gardens/elm-yard/count?lang=ar")
    await_number(page, "bumblebees", 1)
    assert page.locator("html").get_attribute("dir") == "rtl"
    tap(page, bumblebees=2)
    finish(page)
    assert counted(running.await_new(before)) == {"bumblebees": 3}


def test_a_form_that_is_half_filled_in_stays_so_in_another_language(running: Running) -> None:
    page = running.phone()
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=thistle]")
    page.fill("#flower_units", "12")
    page.check("input[name=wind_force][value='2']")
    page.click("a[hreflang=de]")
    page.wait_for_selector("text=Distel")
    assert page.is_checked("input[name=flower][value=thistle]")
    assert page.input_value("#flower_units") == "12"
    assert page.is_checked("input[name=wind_force][value='2']")
    # It is kept for the next page alone.
    page.goto(f"{running.address}/gardens/elm-yard/count")
    assert page.input_value("#flower_units") == ""


TWO_PRESSES = """() => new Promise(resolve => {
  const stopped = [];
  addEventListener('submit', event => {
    stopped.push(event.defaultPrevented);
    event.preventDefault();
    if (stopped.length === 2) resolve(stopped);
  });
  const form = document.querySelector('main form');
  form.requestSubmit();
  form.requestSubmit();
})"""


def test_a_form_that_is_pressed_twice_is_sent_once_and_again_after_a_while(running: Running) -> None:
    page = running.phone()
    page.clock.install()
    page.goto(f"{running.address}/mine")
    assert page.evaluate(TWO_PRESSES) == [False, True]
    page.clock.run_for(5_000)
    assert page.evaluate("!document.querySelector('main form').dataset.sent")


def test_what_is_missing_is_said_beside_its_field_before_the_ten_minutes(running: Running) -> None:
    page = running.phone()
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.click("#start")
    assert page.inner_text("#flower .error") == "Choose a flower"
    page.check("input[name=flower][value=ivy]")
    page.fill("#flower_units", "many")
    page.click("#start")
    assert page.locator("#flower .error").count() == 0
    assert page.inner_text(".field.wrong .error") == "Write a whole number from 0 to 100,000"


def test_the_way_back_brings_back_what_was_typed(running: Running) -> None:
    page = running.phone(java_script_enabled=False)
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=lavender]")
    page.fill("#honeybees", "17")
    page.fill("#air_temperature", "21,5")
    page.click(".path a")
    page.wait_for_url("**/gardens/elm-yard")
    page.go_back()
    assert page.is_checked("input[name=flower][value=lavender]")
    assert page.input_value("#honeybees") == "17"
    assert page.input_value("#air_temperature") == "21,5"
