"""Phones in the hands of people who use nothing but the keyboard, with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from web.parts import Client

PHONE = {"width": 360, "height": 740}
# No page needs more keys than this from its beginning.
TABS_MOST = 90
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
IS_VISIBLE = """e => e === document.activeElement && e.checkVisibility()
  && (getComputedStyle(e).outlineStyle !== 'none' || e.type === 'radio')"""


class Keys:
    """A phone-sized page of which nothing but the keyboard is used."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def go(self, path: str) -> None:
        """Open a page, which has to be there and to fit."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, path
        self.fits()

    def fits(self) -> None:
        assert self.page.evaluate(SIDEWAYS) <= 0, self.page.url

    def reach(self, selector: str) -> None:
        """Press Tab until something is focused, and is seen to be."""
        goal = self.page.locator(selector).first
        for _ in range(TABS_MOST):
            self.page.keyboard.press("Tab")
            if goal.evaluate(IS_VISIBLE):
                return
        raise AssertionError(f"{selector} is not reached by keys on {self.page.url}")

    def press(self, selector: str) -> None:
        """Reach a button or link of another page, and press it."""
        self.reach(selector)
        # Not any navigation: a page that keeps what was typed replaces its entry of the history.
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        self.fits()

    def write(self, selector: str, text: str) -> None:
        """Reach a field, and write into it in place of what is there."""
        self.reach(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, name: str, value: str) -> None:
        """Reach a group of choices, and go through it by arrows."""
        goal = self.page.locator(f"input[name='{name}'][value='{value}']")
        for _ in range(TABS_MOST):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.name") == name:
                break
        for _ in range(20):
            self.page.keyboard.press("Space")
            if goal.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} of {name} is not reached by keys")

    def sure(self, form: str) -> None:
        """Press what asks twice: the first press changes nothing."""
        self.reach(f"{form} summary")
        before = self.page.url
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(f"{form} details[open] button")
        assert self.page.url == before
        self.press(f"{form} details button")

    def says(self, words: str) -> None:
        assert words in self.page.inner_text("main"), self.page.url


class Phones:
    """Phones in the hands of several people."""

    def __init__(
        self, browser: Browser, address: str, *, has_script: bool, size: dict[str, int] | None = None
    ) -> None:
        self._browser, self._address, self._has_script = browser, address, has_script
        self._size = size or PHONE
        self._opened: list[Page] = []

    def of(self, client: Client | None = None) -> Keys:
        """Open a phone with the session of a client, or with none."""
        context = self._browser.new_context(viewport=self._size, java_script_enabled=self._has_script)  # type: ignore[arg-type]
        if client is not None:
            session = client.cookies["sera_session"]
            context.add_cookies([{"name": "sera_session", "value": session, "url": self._address}])
        page = context.new_page()
        page.set_default_timeout(120_000)
        self._opened.append(page)
        return Keys(page, self._address)

    def close(self) -> None:
        for page in self._opened:
            page.context.close()
