"""A running installation with its pages, and real browsers on phones in it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from installation_parts import PLACE, running, sera_here
from real_parts import wait_until
from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from sera_store.records.rows import Record

SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
PHONE = {"width": 390, "height": 844}


def settle(data: Path) -> None:
    """A community with two gardens."""
    assert main(["community", "new", "oak", "--title", "Oak Street", "--data", str(data)]) == 0
    for name in ("elm-yard", "mill-court"):
        words = ["garden", "new", name, "--community", "oak", *PLACE, "--data", str(data)]
        assert main(words) == 0


def count_since(page: Page, seconds: int) -> None:
    """Put the beginning of the count that runs on a page back, as if so much time had passed."""
    page.evaluate(
        """seconds => window.sera.transact(['running'], 'readwrite', t => {
             const store = t.objectStore('running');
             store.getAll().onsuccess = e =>
               e.target.result.forEach(one => store.put({...one, began: one.began - seconds}));
           })""",
        seconds,
    )
    page.reload()
    page.wait_for_selector("#counting:not([hidden])")


def own_address() -> str:
    """An address of this machine that is not loopback, or the empty text where it has none."""
    output = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout
    return next((word for word in output.split() if ":" not in word), "")


def invited(data: Path, *words: str) -> str:
    """The path of a new invitation."""
    answer = sera_here("invite", "new", "oak", *words, "--data", data)
    match = re.search(r"/join/\w+", answer.stdout)
    assert match is not None, answer.stderr
    return match[0]


@dataclass
class Running:
    """An installation that runs, and the address of its pages."""

    data: Path
    process: Any
    facts: dict[str, Any]
    address: str
    browser: Browser
    opened: list[BrowserContext] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def phone(self, *, role: str = "member", signed_in: bool = True, **how: Any) -> Page:
        """A phone of its own, with a session of a new person."""
        context = self.browser.new_context(viewport=how.pop("viewport", PHONE), **how)
        self.opened.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._note)
        page.on("request", lambda request: self._note_address(request.url))
        if signed_in:
            page.goto(self.address + invited(self.data, "--role", role))
            page.click("main button")
            page.wait_for_url("**/communities/oak")
        return page

    def _note(self, message: Any) -> None:
        # A network that is away is what some tests are about; a policy that is broken is not.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def _note_address(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.problems.append(f"asked for {url}")

    def records(self, series: str = "counts") -> list[Record]:
        """The current records of a series."""
        with Store.open(self.data / "store") as store:
            rows = store.records.current(series=series, start_s=0, end_s=2**31)
            return [row.record for row in rows]

    def await_records(self, number: int, series: str = "counts") -> list[Record]:
        """Wait until there are so many."""
        wait_until(lambda: len(self.records(series)) >= number, label=f"{number} records of {series}")
        return self.records(series)

    def await_new(self, before: list[Record], series: str = "counts") -> Record:
        """Wait for one more record than there was, and return it."""
        [record] = [record for record in self.await_records(len(before) + 1, series) if record not in before]
        return record

    def kill_pages(self) -> None:
        """End the process that serves the pages with SIGKILL; `sera up` starts it again."""
        os.kill(int(self.facts["pages_pid"]), signal.SIGKILL)

    def await_pages(self) -> None:
        """Wait until the pages answer again under the address that phones use."""
        host, _, port = urlsplit(self.address).netloc.rpartition(":")

        def answers() -> bool:
            connection = HTTPConnection(host.strip("[]"), int(port), timeout=2)
            try:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
            except OSError:
                return False
            finally:
                connection.close()

        wait_until(answers, label="the pages")


@contextmanager
def a_browser(chromium: Path) -> Iterator[Browser]:
    """Start the browser; of the library that drives it there is one at a time."""
    from playwright.sync_api import expect, sync_playwright

    # As patient with what is expected as with all else; by itself the library waits five seconds.
    expect.set_options(timeout=120_000)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(chromium), args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def running_pages(browser: Browser, tmp_path: Path, *more: str, address: str = "") -> Iterator[Running]:
    """Run `sera up` for a browser."""
    data = tmp_path / "data"
    settle(data)
    with running(data, tmp_path / "ready.json", *more) as (process, facts):
        served = facts["page"].rstrip("/")
        if address:
            served = f"http://{address}:{served.rpartition(':')[2]}"
        opened = Running(data, process, facts, served, browser)
        try:
            yield opened
        finally:
            for context in opened.opened:
                context.close()
