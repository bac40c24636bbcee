"""Counting in a real browser on a phone: with and without script, by keyboard, offline, past a kill."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from real_parts import wait_until
from sera_command.main import main
from web.browser import count_since, own_address, running_pages
from web.counts import await_saved, await_text, begin, counted, finish, tap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from web.browser import Running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.nats,
    pytest.mark.slow,
    pytest.mark.usefixtures("new_nats"),
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_pages(browser, tmp_path_factory.mktemp("pages")) as opened:
        yield opened


@pytest.fixture
def room(browser: Browser, tmp_path: Path) -> Iterator[Running]:
    """Pages over plain http on an address that is not loopback: no secure context."""
    address = own_address()
    if not address:
        pytest.skip("this machine has no address besides loopback")
    with running_pages(browser, tmp_path, "--lan", address, address=address) as opened:
        yield opened


def test_a_count_on_a_phone_reaches_the_store_with_its_effort(running: Running) -> None:
    page = running.phone()
    before = running.records()
    begin(page, running.address, flower="lavender")
    tap(page, bumblebees=3, hoverflies=1, beetles=1)
    page.click("#undo")
    assert page.inner_text("[data-group=bumblebees] b") == "3"
    finish(page)
    await_saved(page)
    record = running.await_new(before)
    assert counted(record) == {"bumblebees": 3, "hoverflies": 1}
    values = dict(zip(record.columns, record.values, strict=True))
    assert 0 < (values["awake_s"] or 0) <= 600
    page.goto(f"{running.address}/mine")
    page.wait_for_selector("text=4 insects")
    assert running.problems == []


def test_by_keyboard_alone(running: Running) -> None:
    page = running.phone()
    before = running.records()
    page.goto(f"{running.address}/gardens/mill-court/count")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("input[name=flower][value=bramble]")
    page.keyboard.press("Space")
    page.focus("#start")
    page.keyboard.press("Enter")
    page.wait_for_selector("#counting:not([hidden])")
    assert page.evaluate("document.activeElement.dataset.group") == "bumblebees"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    count_since(page, 400)
    page.focus("#done")
    page.keyboard.press("Enter")
    await_saved(page)
    assert counted(running.await_new(before)) == {"bumblebees": 1, "honeybees": 1}


def test_a_count_goes_on_after_a_reload_and_the_clock_is_that_of_the_wall(running: Running) -> None:
    page = running.phone()
    begin(page, running.address, elapsed_s=0)
    tap(page, wasps=2)
    assert page.is_disabled("#done")
    count_since(page, 585)
    assert page.inner_text("[data-group=wasps] b") == "2"
    expect(page.locator("#left")).to_have_text(re.compile("^0:"))
    await_text(page, "#left", "0:00")
    assert "over" in page.inner_text("#said")
    before = running.records()
    finish(page)
    await_saved(page)
    record = running.await_new(before)
    assert dict(zip(record.columns, record.values, strict=True))["awake_s"] == 600


def test_without_script_the_plain_form_does_the_same(running: Running) -> None:
    page = running.phone(java_script_enabled=False)
    before = running.records()
    page.goto(f"{running.address}/gardens/elm-yard/count")
    assert page.is_hidden("#start")
    page.check("input[name=flower][value=ivy]")
    page.fill("#wasps", "x")
    page.click("text=Done: keep this count")
    assert page.inner_text("#problem a") == "wasps: Write a whole number from 0 to 10,000"
    page.fill("#wasps", "4")
    page.click("text=Done: keep this count")
    page.wait_for_selector("text=Your entry is safe in the journal")
    assert counted(running.await_new(before)) == {"wasps": 4}


def test_a_correction_and_a_withdrawal_leave_what_was_meant(running: Running) -> None:
    page = running.phone(java_script_enabled=False)
    for number in ("5", "6"):
        page.goto(f"{running.address}/gardens/mill-court/count")
        page.check("input[name=flower][value=ivy]")
        page.fill("#beetles", number)
        page.click("text=Done: keep this count")
        page.wait_for_selector("text=Your entry is safe in the journal")
    wait_until(
        lambda: (
            page.goto(f"{running.address}/mine")
            and page.locator(".entries a", has_text="Correct").count() == 2
        ),
        label="both",
    )
    page.locator(".entries a", has_text="Correct").first.click()
    assert page.input_value("#beetles") in ("5", "6")
    page.fill("#beetles", "7")
    page.click("text=Done: keep this count")

    def beetles() -> list[float]:
        return sorted(
            counted(record).get("beetles", 0)
            for record in running.records()
            if counted(record).get("beetles")
        )

    wait_until(lambda: beetles() in ([5, 7], [6, 7]), label="the correction")
    page.goto(f"{running.address}/mine")
    entry = page.locator("li", has_text="7 insects")
    entry.locator("summary", has_text="Take back").click()
    entry.locator("button", has_text="Take back").click()
    wait_until(lambda: beetles() in ([5], [6]), label="the withdrawal")


def test_the_garden_log_is_kept_and_names_its_amount(running: Running) -> None:
    page = running.phone()
    page.goto(f"{running.address}/gardens/elm-yard/log")
    page.check("input[name=action][value=watering]")
    page.fill("#water_depth", "10")
    page.click("text=Keep this")
    await_text(page, "#said", "Kept")
    [record] = running.await_records(1, "action")
    assert dict(zip(record.columns, record.values, strict=True)) == {"garden_action": 1, "water_depth": 10}


def test_two_phones_offline_for_an_hour_over_plain_http_give_each_count_once(room: Running) -> None:
    phones = [room.phone() for _ in range(2)]
    assert phones[0].evaluate("isSecureContext") is False
    for page in phones:
        page.clock.install()
    for number, page in enumerate(phones, 1):
        begin(page, room.address)
        tap(page, hoverflies=number)
        page.context.set_offline(True)
        finish(page)
        await_text(page, "#queue", "waits")
        assert "keeps it" in page.inner_text("#outcome")
        # The clock is moved, and not waited for: the phone tries again and again meanwhile.
        page.clock.fast_forward("01:00:00")
        await_text(page, "#queue", "waits")
    assert room.records() == []
    # The server dies meanwhile, and is started again.
    room.kill_pages()
    for page in phones:
        page.context.set_offline(False)
    # One looks at the page again once the server is reachable, the other one does nothing.
    reloaded, waiting = phones
    room.await_pages()
    reloaded.reload()
    for _ in range(4):
        waiting.clock.fast_forward("00:01:00")
    await_saved(waiting)
    assert sorted(counted(record)["hoverflies"] for record in room.await_records(2)) == [1, 2]
    with_repeats = main(["completeness", "--data", str(room.data)])
    assert with_repeats == 0
    assert len(room.records()) == 2
    assert room.problems == []


def test_a_server_killed_between_journal_and_answer_makes_no_second_count(running: Running) -> None:
    page = running.phone()
    before = running.records()
    begin(page, running.address)
    tap(page, small_insects=9)
    # The answer is lost on its way: the phone has to send again what the journal has.
    lost = []

    def lose(route: object) -> None:
        if not lost:
            lost.append(route.fetch().status)  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/entries", lose)
    finish(page)
    await_saved(page)
    assert lost == [200]
    running.await_new(before)
    assert len([record for record in running.records() if counted(record) == {"small_insects": 9}]) == 1


def test_an_ended_session_keeps_what_is_on_the_phone_until_its_owner_is_back(running: Running) -> None:
    page = running.phone()
    begin(page, running.address)
    tap(page, other_insects=3)
    page.context.clear_cookies()
    finish(page)
    await_text(page, "#queue", "come in again")
    queued = page.evaluate("window.sera.all('queue').then(all => all.length)")
    assert queued == 1


def test_a_number_that_cannot_be_is_shown_before_the_ten_minutes_and_not_after(running: Running) -> None:
    page = running.phone()
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.check("input[name=flower][value=ivy]")
    for wrong in ("x", "-3", "1e9"):
        page.fill("#flower_units", wrong)
        page.click("#start")
        assert page.is_hidden("#counting")
        assert page.evaluate("document.activeElement.id") == "flower_units"
    page.fill("#flower_units", "30")
    page.click("#start")
    page.wait_for_selector("#counting:not([hidden])")


def test_what_can_never_be_kept_is_seen_with_its_reason_and_holds_up_nothing(running: Running) -> None:
    page = running.phone()
    before = running.records()
    page.goto(f"{running.address}/gardens/elm-yard/count")
    page.evaluate("window.sera.enter('elm-yard', 'count', {flower: 'triffid'})")
    begin(page, running.address)
    tap(page, honeybees=2)
    finish(page)
    await_text(page, "#queue", "Choose a flower")
    assert counted(running.await_new(before)) == {"honeybees": 2}
    assert "Kept" not in page.inner_text("#outcome")
    page.click("text=Take it out")
    await_saved(page)
